"""The repair test: real motions are spoiled in known ways; does a corrector bring them nearer to what they were?

The clean motion is known, so no network and no other motions judge. All correctors get the same spoiled motions, so
every comparison is paired over clips. "Nearer" and "better" are said only where a paired t test, after Holm's
correction over the kinds, says so at 5 %.

The headline is the absolute distance. A corrector that puts motions on the floor moves them by a constant, which the
clean motion may not share (a captured floor is a centimetre off); the levelled distance shows how much of the result is
that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loop import files
from loop.progress import Report, silent
from loop.seeds import stream
from motion.evaluation.corruptions import CORRUPTIONS, Corruption, clip_streams
from motion.evaluation.gates import checked
from motion.evaluation.movement import MEASURES, distances
from motion.evaluation.over_clips import Difference, Mean, difference, holm, mean
from motion.joint_corrector import JointCorrector

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEVEL = 0.05
SPOILED = "spoiled"
"""Stands for the motions before any corrector."""


@dataclass(frozen=True)
class Outcome:
    """One corrector on one kind. before, after: mean distance to the clean motion [mm]. change: after - before; p:
    its paired t test after Holm's correction over the kinds. success: share of motions with an answer.
    """

    kind: str
    corrector: str
    before: Mean
    after: Mean
    change: Difference
    p: float
    success: float

    @property
    def nearer(self) -> bool:
        """Ends nearer to the clean motion than the spoiled one was."""
        return self.change.value < 0 and self.p < LEVEL


@dataclass(frozen=True)
class Comparison:
    """One corrector against another on one kind. difference: of their distances to the clean motion, the first less
    the second [mm]; p: its paired t test after Holm's correction over the kinds.
    """

    kind: str
    corrector: str
    other: str
    difference: Difference
    p: float

    @property
    def better(self) -> bool:
        """The first ends nearer to the clean motion than the second."""
        return self.difference.value < 0 and self.p < LEVEL


@dataclass(frozen=True)
class RepairTest:
    """What correctors did to spoiled motions.

    kinds, correctors: names. captures: (n,) what each motion was cut from, for errors.
    away: (kind, `SPOILED` or corrector, measure of `MEASURES`) -> (n,) distance to the clean motion [mm]; a failed
        motion's is that of the spoiled one, which the corrector returns.
    success: (kind, corrector) -> (n,).
    """

    kinds: tuple[str, ...]
    correctors: tuple[str, ...]
    captures: tuple[str, ...]
    away: Mapping[tuple[str, str, str], Floats]
    success: Mapping[tuple[str, str], NDArray[np.bool_]]

    def outcomes(self, corrector: str, measure: str = MEASURES[0]) -> list[Outcome]:
        """One a kind."""
        found = []
        for kind in self.kinds:
            before, after = (self.away[kind, who, measure] for who in (SPOILED, corrector))
            found.append((mean(before, self.captures), mean(after, self.captures), self._gap(before, after)))
        adjusted = holm([change.p for _, _, change in found])
        return [
            Outcome(kind, corrector, *one, p, float(self.success[kind, corrector].mean()))
            for kind, one, p in zip(self.kinds, found, adjusted, strict=True)
        ]

    def comparisons(self, corrector: str, other: str, measure: str = MEASURES[0]) -> list[Comparison]:
        """One a kind."""
        gaps = [self._gap(*(self.away[kind, who, measure] for who in (other, corrector))) for kind in self.kinds]
        adjusted = holm([gap.p for gap in gaps])
        return [
            Comparison(kind, corrector, other, gap, p) for kind, gap, p in zip(self.kinds, gaps, adjusted, strict=True)
        ]

    def nearer(self, corrector: str, measure: str = MEASURES[0]) -> tuple[str, ...]:
        """The kinds that end nearer to the clean motion."""
        return tuple(one.kind for one in self.outcomes(corrector, measure) if one.nearer)

    def better(self, corrector: str, others: Sequence[str], measure: str = MEASURES[0]) -> tuple[str, ...]:
        """Of these the kinds in which every one of the others ends further away."""
        kinds = set(self.nearer(corrector, measure))
        for other in others:
            kinds &= {one.kind for one in self.comparisons(corrector, other, measure) if one.better}
        return tuple(kind for kind in self.kinds if kind in kinds)

    def to_json(self) -> dict[str, Any]:
        """Outcomes and comparisons of all correctors by all measures, as strict JSON."""
        pairs = [(one, two) for one in self.correctors for two in self.correctors if one != two]
        found: dict[str, Any] = files.to_json(
            {
                measure: {
                    "outcomes": [
                        asdict(row) | {"nearer": row.nearer}
                        for name in self.correctors
                        for row in self.outcomes(name, measure)
                    ],
                    "comparisons": [
                        asdict(row) | {"better": row.better}
                        for pair in pairs
                        for row in self.comparisons(*pair, measure)
                    ],
                }
                for measure in MEASURES
            }
        )
        return found

    def _gap(self, before: Floats, after: Floats) -> Difference:
        return difference(after, before, self.captures)


def repair_test(
    correctors: Sequence[JointCorrector],
    joints: Floats,
    lengths: Ints,
    captions: Sequence[str],
    names: Sequence[str],
    captures: Sequence[str] | None = None,
    *,
    kinds: Sequence[Corruption] = CORRUPTIONS,
    seed: int = 0,
    report: Report = silent,
) -> RepairTest:
    """Spoil real motions in every way and let every corrector have each.

    Args:
        correctors: of different names.
        joints: (n, F, 22, 3) [m], floor at y = 0, 20 fps; clean. lengths: (n,) valid frames. captions: n texts.
        names: of the motions; each decides how its motion is spoiled, whatever the others.
        captures: what each motion was cut from; None: each from its own.
        seed: of the corruptions, and of the correctors' streams: the same for all correctors.

    Raises:
        ValueError: sizes do not fit, two correctors of one name, or a corrector returns another shape or nan.
    """
    called = [corrector.name for corrector in correctors]
    if len(set(called)) < len(called) or SPOILED in called:
        raise ValueError(f"correctors must have names of their own (not {SPOILED!r}), got {called}; rename one")
    owners = [str(i) for i in range(len(joints))] if captures is None else [str(capture) for capture in captures]
    away: dict[tuple[str, str, str], Floats] = {}
    success: dict[tuple[str, str], NDArray[np.bool_]] = {}
    total = len(kinds) * len(correctors)
    for kind in kinds:
        spoiled = kind(joints, lengths, clip_streams(kind.name, names, seed))
        for measure, gap in distances(spoiled, joints, lengths).items():
            away[kind.name, SPOILED, measure] = _millimetres(gap)
        for corrector in correctors:
            found = checked(corrector, spoiled, lengths, captions, stream(seed, 0, f"repair {kind.name}"))
            for measure, gap in distances(found.joints, joints, lengths).items():
                away[kind.name, corrector.name, measure] = _millimetres(gap)
            success[kind.name, corrector.name] = found.success
            report("repairs", len(success), total)
    return RepairTest(tuple(kind.name for kind in kinds), tuple(called), tuple(owners), away, success)


def _millimetres(metres: Floats) -> Floats:
    """Distances without the rounding of doubles: a paired test would find a difference in it."""
    result: Floats = np.round(1e3 * metres, 9)
    return result
