"""T13 [D]: exact moments up to weight 4 of the Gaussian loop in one dimension, as a closed linear map.

Target N(0, 1). State of a generation: delta and v, mean and variance of the model; u and w, mean and maximum-likelihood
variance of the real set. A monomial delta^i v^j u^p w^q has weight i + 2j + p + 2q. One generation maps the
expectations of all monomials of weight <= 4 linearly into themselves, because the samples' power sums have
expectations that are polynomials in the model's moments of the same weight.

So E(v - 1)^2 is exact, and so are the standard errors of simulated E delta^2 and E v, where tails are heavy and a
sample's own standard error lies.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from theory import updates
from theory.hypotheses import HypothesisError, whole
from theory.moments import Normalisation, Regime, checked, first_points
from theory.polynomial import Number, Polynomial, Powers, monomials, variables

Floats = NDArray[np.float64]
WEIGHT = 4


def corrected_moments(delta: Number, v: Number, *, a: Number, bias: Number = 1) -> tuple[Number, ...]:
    """Raw moments 1 to 4 of one corrected sample: N(delta, bias v) with probability a, else N(0, 1)."""
    var = bias * v
    model = (
        delta,
        delta**2 + var,
        delta**3 + 3 * (delta * var),
        delta**4 + 6 * (delta**2 * var) + 3 * var**2,
    )
    return tuple(a * own + (1 - a) * target for own, target in zip(model, (0, 1, 0, 3), strict=True))


def power_sum_moments(k: Number, m1: Number, m2: Number, m3: Number, m4: Number) -> dict[tuple[int, int], Number]:
    """E S1^p S2^q of k independent draws with raw moments m1..m4, for all p + 2q <= 4; S1 = sum y, S2 = sum y^2."""
    k2, k3, k4 = k * (k - 1), k * (k - 1) * (k - 2), k * (k - 1) * (k - 2) * (k - 3)
    return {
        (0, 0): 1,
        (1, 0): k * m1,
        (2, 0): k * m2 + k2 * m1**2,
        (3, 0): k * m3 + 3 * k2 * (m2 * m1) + k3 * m1**3,
        (4, 0): k * m4 + 4 * k2 * (m3 * m1) + 3 * k2 * m2**2 + 6 * k3 * (m2 * m1**2) + k4 * m1**4,
        (0, 1): k * m2,
        (1, 1): k * m3 + k2 * (m1 * m2),
        (2, 1): k * m4 + 2 * k2 * (m3 * m1) + k2 * m2**2 + k3 * (m1**2 * m2),
        (0, 2): k * m4 + k2 * m2**2,
    }


def real_moment(i: int, j: int, n: Number) -> Number:
    """E u^i w^j of n points of N(0, 1): u ~ N(0, 1/n) and n w ~ chi^2 of n - 1 degrees of freedom, independent."""
    mean = {0: 1, 2: 1 / n, 4: 3 / n**2}.get(i, 0)
    return mean * (1, (n - 1) / n, (n - 1) * (n + 1) / n**2)[j]


def weight_map(
    *,
    n: Number,
    k: Number,
    s: Number,
    a: Number,
    bias: Number,
    nu: Number,
    regime: Regime,
    moments: Callable[..., tuple[Number, ...]] = corrected_moments,
) -> dict[Powers, Polynomial]:
    """E[monomial after one generation] as a polynomial in the state, for every monomial of weight <= 4.

    The state is (delta, v, u, w) with a fixed real set, (delta, v) otherwise. Numbers of any kind: floats, arrays of
    equal shape, sympy symbols. `moments` gives the raw moments 1 to 4 of one corrected sample.
    """
    delta, v, u, w, mean, square = variables(6)  # the last two: S1/k and S2/k of the synthetic points
    new_delta = (1 - s) * u + s * mean
    new_v = nu * ((1 - s) * w + s * (square - mean**2) + s * (1 - s) * (u - mean) ** 2)
    sums = power_sum_moments(k, *moments(delta, v, a=a, bias=bias))
    expected = {(p, q): value * (1 / k ** (p + q)) for (p, q), value in sums.items()}
    deltas, vs = _powers(new_delta, WEIGHT), _powers(new_v, WEIGHT // 2)
    if regime != "fixed":
        return {(i, j): _expect(deltas[i] * vs[j], expected, n) for i, j in monomials((1, 2), WEIGHT)}
    own = {(i, j): _expect(deltas[i] * vs[j], expected, None) for i, j in monomials((1, 2), WEIGHT)}
    return {(i, j, p, q): own[i, j] * u**p * w**q for i, j, p, q in monomials((1, 2, 1, 2), WEIGHT)}


def _powers(base: Polynomial, most: int) -> list[Polynomial]:
    found = [base**0]
    for _ in range(most):
        found.append(found[-1] * base)
    return found


def _expect(polynomial: Polynomial, sums: dict[tuple[int, int], Number], n: Number | None) -> Polynomial:
    """Expectation over the synthetic points, and with n also over fresh real ones; a polynomial in the state."""
    total = Polynomial({(0,) * 6: 0})
    for (i, j, p, q, r, t), value in polynomial.terms.items():
        left = 1 if n is None else real_moment(p, q, n)
        if n is not None and isinstance(left, int) and left == 0:
            continue
        kept = (i, j, p, q, 0, 0) if n is None else (i, j, 0, 0, 0, 0)
        total = total + Polynomial({kept: value * left}) * sums[r, t]
    return total


@dataclass(frozen=True)
class FourthPath:
    """Exact expectations over generations 0..G, each (G+1,) [target variance 1]."""

    delta2: Floats  # E delta^2
    delta4: Floats  # E delta^4
    v: Floats  # E v
    v2: Floats  # E v^2

    @property
    def variance_error(self) -> Floats:
        """E (v - 1)^2."""
        return self.v2 - 2 * self.v + 1

    def standard_error(self, name: str, runs: int) -> Floats:
        """Exact standard error of the mean of `runs` independent values of delta^2 ("delta2") or of v ("v")."""
        known = {"delta2": (self.delta2, self.delta4), "v": (self.v, self.v2)}
        if name not in known:
            raise ValueError(f"name must be 'delta2' or 'v', got {name!r}; choose one of them")
        runs = whole("runs", runs, 1, "choose such a value")
        first, second = known[name]
        return np.asarray(np.sqrt(np.maximum(second - first**2, 0.0) / runs))


@dataclass(frozen=True)
class FourthMoments:
    """The weight-4 system of one loop; arguments and refusals as in `theory.moments.moments`, and k >= 1.

    n and k may be arrays of equal shape: then every result has these axes last, and `path` costs one product each.
    first: points of generation 0, as in `theory.moments.first_points`.
    """

    n: Any
    k: Any
    gamma: float
    regime: Regime = "fixed"
    normalisation: Normalisation = "mle"
    bias: float = 1.0
    first: int | None = None

    def __post_init__(self) -> None:
        if np.shape(self.n) != np.shape(self.k) or not np.size(self.n):
            raise ValueError(
                f"n and k must have one shape and an entry, got {np.shape(self.n)} and {np.shape(self.k)}; "
                "repeat the shorter one"
            )
        for n, k in zip(np.ravel(self.n).tolist(), np.ravel(self.k).tolist(), strict=True):
            checked(n, k, self.gamma, self.regime, self.normalisation, self.bias)
            if k < 1:
                raise ValueError(f"k must be >= 1 synthetic point for the fourth moments, got {k}; take k >= 1")
            first_points(n, self.regime, self.normalisation, self.first)
        if self.regime == "fixed" and self.first is not None and len({n == self.first for n in np.ravel(self.n)}) > 1:
            raise ValueError(f"first = {self.first} must equal every n or none of them, got both; split the arrays")

    @cached_property
    def basis(self) -> tuple[Powers, ...]:
        """Exponents of the monomials, the constant first."""
        return monomials((1, 2, 1, 2) if self.regime == "fixed" else (1, 2), WEIGHT)

    @cached_property
    def matrix(self) -> Floats:
        """The map of the expectations, (..., m, m); its first row keeps the constant."""
        n, k = (np.asarray(value, dtype=float) for value in (self.n, self.k))
        N = k if self.regime == "none" else n + k
        rows = weight_map(
            n=n,
            k=k,
            s=k / N,
            a=float(updates.kept_share(self.gamma)),
            bias=float(self.bias),
            nu=1.0 if self.normalisation == "mle" else N / (N - 1),
            regime=self.regime,
        )
        place = {powers: index for index, powers in enumerate(self.basis)}
        matrix = np.zeros((len(place), len(place), *k.shape))
        for powers, polynomial in rows.items():
            for state, value in polynomial.terms.items():
                matrix[place[powers], place[state[: len(powers)]]] += value
        return np.moveaxis(matrix, (0, 1), (-2, -1))

    @cached_property
    def start(self) -> Floats:
        """Expectations of generation 0, (..., m): fitted to the n real points, or to `first`.

        More than the n points of a fixed real set are one generation whose `first` - n points are all from the target.
        """
        if self.regime == "fixed" and self.first is not None and np.all(np.asarray(self.n) < self.first):
            added = self.first - np.asarray(self.n)
            begin = FourthMoments(self.n, added, float("inf"), "fixed", self.normalisation)
            return np.asarray((begin.matrix @ begin.start[..., None])[..., 0])
        n = np.asarray(self.n if self.first is None else np.broadcast_to(self.first, np.shape(self.n)), dtype=float)
        factor = 1.0 if self.normalisation == "mle" else n / (n - 1)
        columns = []
        for powers in self.basis:
            i, j, p, q = (*powers, 0, 0)[:4]
            columns.append(np.broadcast_to(factor**j * real_moment(i + p, j + q, n), n.shape))
        return np.stack(columns, axis=-1)

    def path(self, generations: int) -> FourthPath:
        """Generations 0 to `generations`."""
        generations = whole("generations", generations, 0, "choose such a value")
        states = np.empty((generations + 1, *self.start.shape))
        states[0] = self.start
        for generation in range(generations):
            states[generation + 1] = (self.matrix @ states[generation][..., None])[..., 0]
        return self._named(states)

    def stationary(self) -> FourthPath:
        """The limit, whatever the start; fields without the generation axis.

        Raises:
            HypothesisError: the fourth moments do not settle (radius >= 1), though the second ones may.
        """
        worst = float(np.max(self.radius))
        if worst >= 1 - 1e-12:
            raise HypothesisError(
                f"the fourth moments do not settle (spectral radius {worst:.6g} >= 1); take a larger gamma or k, "
                "or normalisation='mle'"
            )
        moving, offset = self.matrix[..., 1:, 1:], self.matrix[..., 1:, :1]
        # A fixed real set's own moments do not move: their block of the map is the identity, so they are put in.
        held = np.array([not any(powers[:2]) for powers in self.basis[1:]])
        known = self.start[..., 1:][..., held]
        inner = moving[..., ~held, :]
        constant = offset[..., ~held, 0] + (inner[..., held] @ known[..., None])[..., 0]
        found = np.linalg.solve(np.eye(int((~held).sum())) - inner[..., ~held], constant[..., None])[..., 0]
        state = np.empty((*found.shape[:-1], len(self.basis)))
        state[..., 0] = 1.0
        state[..., 1:][..., held], state[..., 1:][..., ~held] = known, found
        return self._named(state)

    @cached_property
    def radius(self) -> Floats:
        """Spectral radius of the moving part: below 1 the fourth moments settle from every start."""
        moving = np.array([any(powers[:2]) for powers in self.basis])
        return np.asarray(np.abs(np.linalg.eigvals(self.matrix[..., moving, :][..., moving])).max(axis=-1))

    def _named(self, states: Floats) -> FourthPath:
        names = {"delta2": (2, 0), "delta4": (4, 0), "v": (0, 1), "v2": (0, 2)}
        extra = (0, 0) if self.regime == "fixed" else ()
        return FourthPath(**{name: states[..., self.basis.index((*powers, *extra))] for name, powers in names.items()})
