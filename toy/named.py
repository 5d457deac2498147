"""Correctors and selectors of the point-wise toy loops by name, for a truth on points with a known density."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loop import ArrayBatch, Corrector, Mixture, Selector, kept_share
from toy.correctors import KMeansProjection, Redraw, Shrink, Transport
from toy.laws import Law
from toy.selectors import Curation, LikelihoodRank, QuadraticReward

OFFSET = 0.5
"""By how much the wrong target lies beside the truth, along the first axis [sample units]."""
CENTRES = 16
_DRAWN = 2000  # points of the truth that the centres are fitted on
CANDIDATES = 2
REWARD_CENTRE, REWARD_TAU2 = 1.0, 4.0


@dataclass(frozen=True)
class Choice:
    """corrector: of a strength gamma. selector: what chooses among candidates before, or None."""

    corrector: Callable[[float], Corrector[ArrayBatch]]
    selector: Selector[ArrayBatch] | None = None


@dataclass(frozen=True)
class Displaced:
    """A law, shifted by `offset` along the first axis."""

    law: Law
    offset: float = OFFSET

    def draw(self, count: int, rng: np.random.Generator) -> NDArray[Any]:
        fresh = self.law.draw(count, rng).copy()
        fresh[:, 0] += self.offset
        return fresh

    def describe(self) -> dict[str, Any]:
        return {"name": "displaced", "offset": self.offset, "law": self.law.describe()}


def _ideal(law: Law, dimension: int) -> Choice:
    return Choice(lambda gamma: Mixture(Redraw(law), gamma))


def _k_means(law: Law, dimension: int) -> Choice:
    projection = KMeansProjection.fitted(law.draw(_DRAWN, np.random.default_rng(0)), CENTRES)
    return Choice(lambda gamma: Mixture(projection, gamma))


def _curation(law: Law, dimension: int) -> Choice:
    centre = (REWARD_CENTRE, *[0.0] * (dimension - 1))
    return Choice(_ideal(law, dimension).corrector, Curation(CANDIDATES, QuadraticReward(centre, REWARD_TAU2)))


_KINDS: dict[str, Callable[[Law, int], Choice]] = {
    "ideal": _ideal,
    "wrong-target": lambda law, dimension: Choice(lambda gamma: Mixture(Redraw(Displaced(law)), gamma)),
    "shrink": lambda law, dimension: Choice(lambda gamma: Shrink(kept_share(gamma))),
    "transport": lambda law, dimension: Choice(lambda gamma: Transport(kept_share(gamma), law)),
    "k-means": _k_means,
    "curation": _curation,
    "likelihood-rank": lambda law, dimension: Choice(_ideal(law, dimension).corrector, LikelihoodRank(CANDIDATES, law)),
}
NAMES = tuple(_KINDS)
"""With a = 1/(1+gamma): ideal redraws the share 1-a from the truth, wrong-target from beside it, shrink multiplies by
a, transport goes the share 1-a of the way to fresh draws, k-means projects the share 1-a on 16 centres of the truth.
curation keeps one of two candidates by the reward -|x - e1|^2/8, likelihood-rank the likelier half; the ideal corrector
follows both."""


def choice_named(name: str, law: Law, dimension: int) -> Choice:
    """The choice `name` for the truth `law` on points of `dimension` coordinates.

    Raises:
        ValueError: unknown name.
    """
    if name not in _KINDS:
        raise ValueError(f"corrector must be one of {', '.join(NAMES)}, got {name!r}; choose one of them")
    return _KINDS[name](law, dimension)
