"""Where simulation meets theory: the exact expectation of what the Gaussian loop measures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from theory.accumulation import mean_field
from theory.fourth import FourthMoments
from theory.moments import Regime, moments
from toy.gaussian import GaussianProblem

Floats = NDArray[np.float64]
REGIMES: dict[str, Regime] = {"augment": "fixed", "fresh": "fresh", "replace": "none"}
"""The theory's name of each schedule that it covers; `mix` is fixed, or none where no real point is left."""


class Loop(Protocol):
    """The part of an ensemble that decides its moments; `k` and `real_counts` are points of a generation, by cell."""

    @property
    def problem(self) -> GaussianProblem: ...
    @property
    def schedule(self) -> str: ...
    @property
    def corrector(self) -> str: ...
    @property
    def gammas(self) -> tuple[float, ...]: ...
    @property
    def k(self) -> tuple[int, ...]: ...
    @property
    def real_counts(self) -> tuple[int, ...]: ...


@dataclass(frozen=True)
class Expected:
    """Expectations of a cell over generations, each (generations + 1,), in units of the target's variance; None where
    theory has no closed form.

    mean_error2: E |mu - mu*|^2/d. variance: E tr(Sigma)/d. mean_product: E (mu - mu*).(mu_real - mu*)/d, with the mean
    of the fixed real set.
    """

    mean_error2: Floats | None = None
    variance: Floats | None = None
    mean_product: Floats | None = None

    def of(self, name: str) -> Floats | None:
        """By the name of the measure."""
        return {field: getattr(self, field) for field in self.__dataclass_fields__}.get(name)


def _arguments(loop: Loop, cell: int) -> dict[str, Any] | None:
    """What `theory.moments` wants to know of a cell; None where it does not cover the schedule."""
    problem, real, k = loop.problem, loop.real_counts[cell], loop.k[cell]
    if loop.corrector != "mixture":
        return None
    if loop.schedule == "mix":
        regime: Regime = "fixed" if real else "none"
        sizes = {"n": real, "first": problem.n} if real else {"n": problem.n, "first": problem.n}
    elif loop.schedule in REGIMES:
        regime = REGIMES[loop.schedule]
        sizes = {"n": problem.n, "first": problem.n if problem.first is None else problem.first}
    else:
        return None
    return {
        **sizes,
        "k": k,
        "gamma": loop.gammas[cell],
        "regime": regime,
        "normalisation": problem.normalisation,
        "bias": problem.bias,
    }


def expected(loop: Loop, cell: int, generations: int) -> Expected:
    """What theory says about a cell, for its normalisation, bias and first fit; nothing about other correctors.

    Source: theory.moments; for `ramp-accumulate` only the product with the real mean, from theory.accumulation.
    """
    known = _arguments(loop, cell)
    if known is not None:
        path = moments(generations=generations, **known)
        return Expected(path.M, path.S, path.P if known["regime"] == "fixed" else None)
    if loop.schedule == "ramp-accumulate" and loop.corrector == "mixture" and loop.k[cell] > 0:
        n = loop.problem.n
        return Expected(mean_product=mean_field(generations, loop.gammas[cell], n, loop.k[cell]) / n)
    return Expected()


def exact_errors(loop: Loop, cell: int, generations: int, runs: int) -> dict[str, Floats]:
    """Exact standard errors of the mean over `runs` runs, each (generations + 1,), in one dimension.

    Where tails are heavy (no real data, little correction) a sample's own standard error lies; these do not.

    Raises:
        ValueError: not one dimension, no synthetic points, or a schedule without exact moments.
    """
    known = _arguments(loop, cell)
    if loop.problem.dimension != 1 or known is None or loop.k[cell] < 1:
        raise ValueError(
            f"exact standard errors need dimension 1, k >= 1 and a schedule that theory covers, got dimension "
            f"{loop.problem.dimension}, k = {loop.k[cell]}, {loop.schedule!r}; use the sample's own"
        )
    path = FourthMoments(**known).path(generations)
    return {"mean_error2": path.standard_error("delta2", runs), "variance": path.standard_error("v", runs)}
