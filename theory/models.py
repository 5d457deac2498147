"""What the rates need of a model at theta*, and models for which it is known."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from theory import updates
from theory.hessians import pair
from theory.hypotheses import Hypothesis, HypothesisError
from theory.logistic import logistic_curvature, logistic_distance
from theory.rates import relative_gap

Floats = NDArray[np.float64]
LOGISTIC_LIPSCHITZ = 1 / (3 * math.sqrt(3))
"""Largest slope of -1/2 sech^2(x/2), the Hessian of the logistic location: at tanh^2(x/2) = 1/3."""


@dataclass(frozen=True, eq=False)
class ModelAtOptimum:
    """A model at theta* = argmax E_data log p_theta; p is its number of parameters.

    mu: largest eigenvalue of A^-1 B, which alone decides the exact rate.
    alpha: smallest eigenvalue of -A.
    eps: W1 distance of p_theta* to the data law [units of x]; None: not known.
    lipschitz: L, Lipschitz constant in x of the Hessian of log p_theta* [1/(units of x)]; inf: there is none; None:
        not known.
    A, B: E_data and E_p_theta* of the Hessian of log p at theta*, (p, p); None where only mu and alpha are known.
    tag: how well these numbers are known, a key of `hypotheses.TAGS`.
    """

    name: str
    mu: float
    alpha: float
    eps: float | None
    lipschitz: float | None
    A: Floats | None = None
    B: Floats | None = None
    tag: str = "D"
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not (self.mu >= 0 and math.isfinite(self.mu)):
            raise ValueError(f"mu must be >= 0 and finite (an eigenvalue of A^-1 B), got {self.mu!r}; choose another")
        relative_gap(0.0, 0.0, self.alpha)
        for name, value in (("eps", self.eps), ("lipschitz", self.lipschitz)):
            if value is not None and not value >= 0:
                raise ValueError(f"{name} must be >= 0, got {value!r}; choose such a value")

    def gap(self) -> float:
        """e = eps L/alpha, for the bounds that rest on a Lipschitz constant.

        Raises:
            HypothesisError: eps or L is unknown or unbounded, or mu > 1 + e shows that they do not cover this model.
        """
        if self.lipschitz is None:
            raise HypothesisError("lipschitz (L) is not known: the bounds by eps*L/alpha need it; give it or use mu")
        if self.eps is None and 0 < self.lipschitz < math.inf:
            raise HypothesisError("eps (W1 of model and data) is not known: the bounds by eps*L/alpha need it; give it")
        e = relative_gap(self.eps or 0.0, self.lipschitz, self.alpha)
        if self.mu > (1 + e) * (1 + 1e-9):
            raise HypothesisError(
                f"mu = {self.mu:g} exceeds 1 + eps*L/alpha = {1 + e:g}: the bounds need eps, lipschitz and alpha "
                "that cover this loop",
                Hypothesis("mu <= 1 + e", self.mu, 1 + e, False),
            )
        return e


def from_numbers(
    *, mu: float | None = None, eps: float = 0.0, lipschitz: float = 0.0, alpha: float = 1.0
) -> ModelAtOptimum:
    """A model of which only the numbers in the rates are known; without mu an exponential family, mu = 1.

    Raises:
        ValueError: a number is negative or nan, or mu is inf.
        HypothesisError: alpha is not positive and finite.
    """
    notes = ("mu = 1, an exponential family in natural parameters; give mu for another model",) if mu is None else ()
    return ModelAtOptimum("numbers", 1.0 if mu is None else mu, alpha, eps, lipschitz, notes=notes)


def from_hessians(
    A: ArrayLike,
    B: ArrayLike,
    eps: float | None = None,
    lipschitz: float | None = None,
    *,
    name: str = "hessians",
    notes: tuple[str, ...] = (),
) -> ModelAtOptimum:
    """A model given by A and B, each (p, p) or a number; without eps and L the bounds use A and B alone.

    Raises:
        ValueError, HypothesisError: as `hessians.pair`; eps or lipschitz is negative or nan.
    """
    found = pair(A, B)
    return ModelAtOptimum(name, float(found.mu[-1]), found.alpha, eps, lipschitz, A=found.A, B=found.B, notes=notes)


def gaussian(dimension: int = 1, parameters: Literal["natural", "mean-covariance"] = "natural") -> ModelAtOptimum:
    """T4 [D]: the Gaussian family on data with mean 0 and covariance I; the data need not be Gaussian.

    A = B in all parameters, as the Hessian at theta* is linear in (x, x x^T), whose means model and data share: mu = 1.
    Other means and covariances are another parametrisation, which leaves mu alone. The parameters stand in the order
    d means, d variances, d(d-1)/2 covariances (or the coefficients of x_i, x_i^2, x_i x_j), so p = d(d+3)/2.

    Raises:
        ValueError: dimension not in 1..40, or unknown parameters.
    """
    if not 1 <= dimension <= 40:
        raise ValueError(f"dimension must be in 1..40, got {dimension!r}; no rate depends on it, so take 40 for more")
    if parameters not in ("natural", "mean-covariance"):
        raise ValueError(f"parameters must be natural or mean-covariance, got {parameters!r}; choose one of them")
    natural = parameters == "natural"
    fisher = np.ones(dimension * (dimension + 3) // 2)  # natural: Var x_i = Var x_i x_j = 1, Var x_i^2 = 2
    fisher[dimension : 2 * dimension] = 2.0 if natural else 0.5
    note = (
        "natural parameters: the Hessian does not depend on x, L = 0; the exact rate is global in mean parameters"
        if natural
        else "(mean, covariance): the Hessian is quadratic in x, L = inf; natural parameters have L = 0"
    )
    A = np.diag(-fisher)
    lipschitz = 0.0 if natural else math.inf
    return from_hessians(A, A, None, lipschitz, name=f"gaussian, d = {dimension}, {parameters}", notes=(note,))


def logistic(width: float) -> ModelAtOptimum:
    """T5 [D]: the location of a logistic law of scale 1 on data N(0, width^2): a Lipschitz Hessian, theta* = 0.

    Raises:
        ValueError: width not in [0.001, 10000].
    """
    if not 1e-3 <= width <= 1e4:
        raise ValueError(
            f"width must be in [0.001, 10000] (data N(0, width^2), model of scale 1), got {width!r}; choose such a one"
        )
    return from_hessians(
        logistic_curvature(width),
        -1 / 3,
        logistic_distance(width),
        LOGISTIC_LIPSCHITZ,
        name=f"logistic location, width {width:g}",
    )


def curved(m1: float, m2: float) -> ModelAtOptimum:
    """T5 [D]: N(theta, theta^2), theta > 0, on data with raw moments m1 and m2: mu = 3/(2 + m1/theta*).

    Raises:
        ValueError: the moments are not finite, impossible (m2 < m1^2) or all zero, or theta* is beyond the floats.
    """
    if not (math.isfinite(m1) and math.isfinite(m2)):
        raise ValueError(
            f"m1 and m2 must be finite (the data's raw moments), got {m1!r} and {m2!r}; choose such values"
        )
    if m2 < m1 * m1:
        raise ValueError(f"m2 must be >= m1^2 (a variance is >= 0), got m1 = {m1!r}, m2 = {m2!r}; choose a larger m2")
    theta = updates.curved_fit(m1, m2, sqrt=math.sqrt)
    if not 1e-150 < theta < 1e150:
        raise ValueError(
            f"theta* must be positive and in the range of floats, m1 = {m1!r}, m2 = {m2!r} give {theta!r}; "
            "take data that are not all 0, or rescale x"
        )
    return from_hessians(
        -(2 + m1 / theta) / theta**2,
        -3 / theta**2,
        None,
        math.inf,
        name=f"curved N(theta, theta^2), theta* = {theta:.7g}",
        notes=("the Hessian is quadratic in x: L = inf",),
    )
