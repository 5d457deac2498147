"""All judges in one table: every measure with its interval, its real-versus-real floor, and what it was made from."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from generative.distances import check_pair, frechet
from generative.judges.estimate import Estimate, TooFew
from generative.judges.fid import fid, fid_infinity
from generative.judges.floor import against_floor
from generative.judges.kernel import kid_with_error
from generative.judges.memorisation import from_distances, statistics
from generative.judges.neighbours import NAMES, K, neighbours, shares
from generative.judges.pairs import nearest
from generative.judges.spread import diversity_with_error, multimodality
from generative.judges.text_match import POOL, TOP, text_match
from loop import files

Float64 = NDArray[np.float64]

SPLITS = 20
"""Ways to halve the real data for the floors."""


@dataclass(frozen=True)
class Row:
    """One measure.

    value, low, high: of all samples, 95 %. matched, floor: of samples and of real data against real data, both of
    `floor_n` against `floor_n`, means over splits; floor_low, floor_high: 2.5 and 97.5 percentile of single splits.
    For a measure that needs no second set floor is that of the real data, with its own 95 % interval, and matched the
    value. nan: not known, and the note says why.
    """

    name: str
    value: float
    low: float
    high: float
    n: tuple[int, ...]
    d: int
    note: str
    matched: float = math.nan
    floor: float = math.nan
    floor_low: float = math.nan
    floor_high: float = math.nan
    floor_n: int = 0


@dataclass(frozen=True)
class Verdict:
    """Rows in the order of the module's measures; what was not asked for is not there."""

    rows: tuple[Row, ...]
    seed: int

    def __getitem__(self, name: str) -> Row:
        for row in self.rows:
            if row.name == name:
                return row
        raise KeyError(f"no measure {name!r} in this verdict; it has {', '.join(row.name for row in self.rows)}")

    def to_json(self) -> dict[str, Any]:
        """Strict JSON; what is not known is the string "nan"."""
        found: dict[str, Any] = files.to_json({"seed": self.seed, "rows": [asdict(row) for row in self.rows]})
        return found


def judge(
    samples: Float64,
    real: Float64,
    *,
    texts: Float64 | None = None,
    captions: Sequence[str] | None = None,
    real_texts: Float64 | None = None,
    real_captions: Sequence[str] | None = None,
    repeats: Float64 | None = None,
    training: Float64 | None = None,
    k: int = K,
    seed: int = 0,
    floors: bool = True,
) -> Verdict:
    """Judge embeddings of samples (n, d) against those of real data (m, d) that neither model nor encoder has seen.

    A measure that has too few samples gets a row of nan with the note "not measured: ... needs n >= ..."; called by
    itself it raises. Wrong shapes and values that are not finite raise here too.

    Args:
        texts, captions: embeddings (n, d) and strings of what a sample was drawn for: R-precision, matching distance.
        real_texts, real_captions: the same of the real data, for the floor of those.
        repeats: several samples of each of some captions, (captions, repeats, d): multimodality.
        training: embeddings (t, d) of the model's training set, apart from `real`: memorisation.
        k: neighbours of precision, recall, density, coverage.
        floors: False leaves out the real data's own values, and the samples' beside them, which take most of the time.

    Raises:
        ValueError: shapes do not fit, or values are not finite.
    """
    if captions is not None and texts is None:
        raise ValueError("captions need texts, their embeddings (n, d), got none; pass both or neither")
    check_pair(samples, real)
    d = samples.shape[1]
    both = (len(samples), len(real))
    rows: list[Row] = []
    for names, estimates, measure in _of_two_sets(samples, real, k, seed):
        found = _attempt(names, both, d, estimates)
        rows += _with_floor(found, measure, samples, real, seed) if floors else found
    spread = _attempt(("diversity",), both[:1], d, lambda: [diversity_with_error(samples)])
    rows += _beside(spread, [diversity_with_error(real)] if len(real) > 2 else None) if floors else spread
    if texts is not None:
        rows += _text(samples, texts, captions, real if floors else None, real_texts, real_captions, seed)
    if repeats is not None:
        rows += _attempt(("multimodality",), repeats.shape[:1], d, lambda: [multimodality(repeats)])
    if training is not None:
        check_pair(training, real)
        rows += _memorised(nearest(samples, training), nearest(real, training), d, seed, floors)
    return Verdict(tuple(rows), seed)


Measure = Callable[[Float64, Float64], ArrayLike]
Estimates = Callable[[], Sequence[Estimate]]


def _of_two_sets(
    samples: Float64, real: Float64, k: int, seed: int
) -> Iterator[tuple[tuple[str, ...], Estimates, Measure]]:
    """Names, estimates, and the measure itself without its error."""
    yield ("fid",), lambda: [fid(samples, real, seed=seed)], lambda x, y: [frechet(x, y).value]
    yield (
        ("fid_infinity",),
        lambda: [fid_infinity(samples, real, seed=seed)],
        lambda x, y: [fid_infinity(x, y, seed=seed, groups=0).value],
    )
    yield ("kid",), lambda: [kid_with_error(samples, real)], lambda x, y: [kid_with_error(x, y).value]

    def four() -> Sequence[Estimate]:
        found = neighbours(samples, real, k=k, seed=seed)
        return [getattr(found, name) for name in NAMES]

    yield NAMES, four, lambda x, y: shares(x, y, k)


def _attempt(names: tuple[str, ...], n: tuple[int, ...], d: int, estimates: Estimates) -> list[Row]:
    """Rows without a floor; where there are too few samples, rows that say so."""
    try:
        found = list(estimates())
    except TooFew as problem:
        found = [Estimate(*(math.nan,) * 4, n, d, f"not measured: {problem}")] * len(names)
    return [Row(name, e.value, e.low, e.high, e.n, e.d, e.note) for name, e in zip(names, found, strict=True)]


def _with_floor(rows: list[Row], measure: Measure, samples: Float64, real: Float64, seed: int) -> list[Row]:
    """The rows of one measure with floors and matched values; a note where the halves are too small."""
    if all(math.isnan(row.value) for row in rows):
        return rows
    try:
        found = against_floor(measure, samples, real, replications=SPLITS, seed=seed)
    except TooFew as problem:
        return [_noted(row, f"no floor: {problem}") for row in rows]
    numbers = zip(rows, found.value.mean, found.floor.mean, *found.floor.percentiles, strict=True)
    return [
        replace(
            row, matched=float(value), floor=float(floor), floor_low=float(low), floor_high=float(high), floor_n=found.n
        )
        for row, value, floor, low, high in numbers
    ]  # fmt: skip


def _beside(rows: list[Row], real: Sequence[Estimate] | None) -> list[Row]:
    """The rows of a measure of one set, with that of the real data as floor."""
    if real is None:
        return [_noted(row, "no floor: the same of the real data is not known") for row in rows]
    return [
        replace(row, matched=row.value, floor=e.value, floor_low=e.low, floor_high=e.high, floor_n=e.n[0])
        for row, e in zip(rows, real, strict=True)
    ]


def _noted(row: Row, note: str) -> Row:
    return replace(row, note="; ".join(text for text in (row.note, note) if text))


def _text(
    samples: Float64,
    texts: Float64,
    captions: Sequence[str] | None,
    real: Float64 | None,
    real_texts: Float64 | None,
    real_captions: Sequence[str] | None,
    seed: int,
) -> list[Row]:
    """R-precision at 1, 2, 3 and the matching distance, the real data's own as floor; real: None asks for none."""

    def of(embeddings: Float64, asked: Float64, strings: Sequence[str] | None) -> list[Estimate]:
        found = text_match(embeddings, asked, strings, seed=seed)
        top = [replace(e, note=f"chance {chance:.3f}") for e, chance in zip(found.top, found.chance, strict=True)]
        return [*top, found.distance]

    names = (*(f"r_precision_{k}" for k in TOP), "matching_distance")
    rows = _attempt(names, (len(samples),), samples.shape[1], lambda: of(samples, texts, captions))
    if real is None:
        return rows
    known = real_texts is not None and len(real) >= POOL
    return _beside(rows, of(real, real_texts, real_captions) if real_texts is not None and known else None)


def _memorised(samples: Float64, held_out: Float64, d: int, seed: int, floors: bool) -> list[Row]:
    """Of distances (n,) and (m,) to the training set."""

    def estimates() -> Sequence[Estimate]:
        found = from_distances(samples, held_out, d, seed=seed)
        expected = f"expected {found.expected:.3f}, p of more {found.p:.2g}"
        return [replace(found.share, note=expected), replace(found.c_t, note=f"p of copies {found.p_t:.2g}")]

    rows = _attempt(("memorised_share", "c_t"), (len(samples), len(held_out)), d, estimates)
    if not floors:
        return rows
    columns = samples[:, None], held_out[:, None]
    return _with_floor(rows, lambda x, y: statistics(x[:, 0], y[:, 0]), *columns, seed)
