"""The corrector of the authors' Gaussian toy, re-enacted, and two repaired forms of it; two dimensions, target N(0, I).

It takes the 10 x 10 histogram of the synthetic points over their bounding box and draws as many new points from the
mixture (1-t) histogram + t target, t = gamma/(1+gamma). gamma = 0 is no identity: it resamples the histogram.

official: rejection from the target with M = max mixture / max target. That is no bound on their ratio, so the tails are
cut. Bins are looked up by int(), which rounds towards 0, so the lowest ones are as wide as two.
floorfix: the same with bins looked up by floor.
exact: draws from the mixture itself.

Source: Gillman et al.'s published Gaussian example, from a description of what it does; `theory.rejection` has the
exact law of the first two.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loop import ArrayBatch, Corrected, kept_share
from loop.corrector import Scope

Array = NDArray[np.float64]
FORMS = ("official", "floorfix", "exact")
BINS = 10
_PEAK = 1 / (2 * np.pi)  # of the target's density
_ROUND = 128  # candidates of one round of rejection
_MOST_ROUNDS = 2000  # the toy needs about 2 and at most some 10; without a limit a far histogram would never end


@dataclass(frozen=True)
class Histogram:
    """Densities of R sets of points. low, step: (R, 2) corner and bin width. table: (R, 100) density, 0 outside."""

    low: Array
    step: Array
    table: Array

    def at(self, points: Array, lookup: Callable[[Array], Array]) -> Array:
        """Density at points (R, m, 2) whose place in bins `lookup` turns into bin numbers, (R, m)."""
        place = lookup((points - self.low[:, None]) / self.step[:, None])
        inside = ((place >= 0) & (place < BINS)).all(axis=-1)
        cell = np.where(inside, place[..., 0] * BINS + place[..., 1], 0).astype(np.int64)
        return np.where(inside, np.take_along_axis(self.table, cell, axis=1), 0.0)


def histogram(points: Array) -> tuple[Histogram, NDArray[np.int64]]:
    """The histograms of points (R, k, 2), k >= 1, and the bins the points lie in, (R, k, 2).

    A box without width is widened by half a unit to both sides.
    """
    low, high = points.min(axis=1), points.max(axis=1)
    flat = high <= low
    low, high = np.where(flat, low - 0.5, low), np.where(flat, high + 0.5, high)
    step = (high - low) / BINS
    cells = np.clip((points - low[:, None]) / step[:, None], 0, BINS - 1).astype(np.int64)
    rows, k = points.shape[:2]
    flat_cells = (np.arange(rows)[:, None] * BINS + cells[..., 0]) * BINS + cells[..., 1]
    count = np.bincount(flat_cells.ravel(), minlength=rows * BINS**2).reshape(rows, BINS**2)
    return Histogram(low, step, count / (k * step.prod(axis=1))[:, None]), cells


def redraw(
    points: Array, kept: Array, group: NDArray[np.int64], form: str, rng: np.random.Generator, groups: int | None = None
) -> Array:
    """New points in place of `points`, (R, k, 2).

    Args:
        kept: (R,) a = 1/(1+gamma) = 1-t.
        group: (R,) rows of the same number read the same random numbers (a run's cells, compared in pairs); numbers
            from 0 up. A row's result depends on its own points, its own number and the stream alone.
        form: one of `FORMS`.
        groups: for how many numbers is drawn; by default up to the largest.
    """
    if form not in FORMS:
        raise ValueError(f"the histogram's form must be one of {', '.join(FORMS)}, got {form!r}; choose one of them")
    if points.shape[-1] != 2:
        raise ValueError(
            f"the histogram corrector is two-dimensional, got dimension {points.shape[-1]}; use the mixture"
        )
    if points.shape[1] == 0:
        return points.copy()
    if not np.isfinite(points).all():
        raise ValueError("points must be finite, got nan or inf; the loop before this corrector has diverged")
    drawn = int(group.max()) + 1 if groups is None else groups
    if form == "exact":
        return _exact(points, kept, group, drawn, rng)
    return _rejected(points, kept, group, drawn, np.trunc if form == "official" else np.floor, rng)


def _exact(points: Array, kept: Array, group: NDArray[np.int64], groups: int, rng: np.random.Generator) -> Array:
    """A point of the histogram is uniform in the bin of a point chosen at random."""
    k = points.shape[1]
    found, cells = histogram(points)
    share, which = rng.random((groups, k))[group], rng.integers(0, k, (groups, k))[group]
    within, fresh = rng.random((groups, k, 2))[group], rng.standard_normal((groups, k, 2))[group]
    chosen = np.take_along_axis(cells, which[..., None], axis=1) + within
    uniform = found.low[:, None] + chosen * found.step[:, None]
    return np.where((share < kept[:, None])[..., None], uniform, fresh)


def _rejected(
    points: Array,
    kept: Array,
    group: NDArray[np.int64],
    groups: int,
    lookup: Callable[[Array], Array],
    rng: np.random.Generator,
) -> Array:
    """Rounds of candidates from the target; a row takes the first k that it accepts."""
    k = points.shape[1]
    found, _ = histogram(points)
    constant = kept * found.table.max(axis=1) + (1 - kept) * _PEAK  # M times the target's peak
    out = np.empty_like(points)
    have = np.zeros(len(points), dtype=np.int64)
    open_rows = np.arange(len(points))
    for _ in range(_MOST_ROUNDS):
        if not open_rows.size:
            return out
        candidates, u = rng.standard_normal((groups, _ROUND, 2)), rng.random((groups, _ROUND))
        shape = np.exp(-(candidates**2).sum(axis=-1) / 2)  # target / its peak
        own, a = group[open_rows], kept[open_rows, None]
        here = Histogram(found.low[open_rows], found.step[open_rows], found.table[open_rows])
        mixture = a * here.at(candidates[own], lookup) + (1 - a) * _PEAK * shape[own]
        accepted = u[own] * constant[open_rows, None] * shape[own] <= mixture
        place = have[open_rows, None] + np.cumsum(accepted, axis=1) - 1
        row, column = np.nonzero(accepted & (place < k))
        out[open_rows[row], place[row, column]] = candidates[own[row], column]
        have[open_rows] = np.minimum(place[:, -1] + 1, k)
        open_rows = open_rows[have[open_rows] < k]
    raise ValueError(
        f"rejection accepted too few of {_MOST_ROUNDS * _ROUND:,} candidates: the points' box is too small or "
        "lies where the target has no mass; take gamma > 0, form='exact' or the mixture"
    )


@dataclass(frozen=True)
class HistogramReference:
    """`redraw` as a corrector of points (n, 2). All samples are picked; moved is the distance from the old sample of
    the same number to the new one, which have nothing else to do with each other."""

    gamma: float
    form: str = "official"
    scope: Scope = "batch"

    def __post_init__(self) -> None:
        kept_share(self.gamma)
        if self.form not in FORMS:
            raise ValueError(f"form must be one of {', '.join(FORMS)}, got {self.form!r}; choose one of them")

    def __call__(self, batch: ArrayBatch, rng: np.random.Generator) -> Corrected[ArrayBatch]:
        points = batch.samples
        if points.ndim != 2:
            raise ValueError(f"the histogram corrector wants points (n, 2), got shape {points.shape}; use the mixture")
        one = np.zeros(1, dtype=np.int64)
        new = redraw(points[None], np.array([kept_share(self.gamma)]), one, self.form, rng)[0]
        n = len(batch)
        return Corrected(ArrayBatch(new), np.linalg.norm(new - points, axis=1), np.ones(n, bool), np.zeros(n, bool))

    def describe(self) -> dict[str, Any]:
        return {"name": "histogram-reference", "form": self.form, "gamma": self.gamma}
