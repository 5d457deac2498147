"""One table of all judges of drawn motions: likeness to real ones, agreement with captions, plausibility, copies.

Every row is the same for real motions where that can be: a floor of real against real, or the real motions' own value.
Nothing here stops at few motions: a measure that needs more is a row that says so.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from generative.distances import Share, agreement, chance_agreement, knn_labels
from generative.judges import Verdict, judge
from generative.judges.estimate import Estimate, mean_of
from generative.judges.verdict import Row
from loop import files
from motion.batch import MotionBatch
from motion.evaluation.embedder import Embedder
from motion.evaluation.judging import judge_motions
from motion.evaluation.kinematics import KINEMATIC_DIM
from motion.evaluation.rules import SIDES, kind_of
from motion.experiment.measures import Ruler
from motion.features.hml263 import decode
from motion.plausibility import UNITS, measure

Float64 = NDArray[np.float64]

KINEMATIC = "kinematic"
LEARNED = "learned"
CAPTIONS = "captions"
PLAUSIBLE = "plausibility"
NEIGHBOURS = 5
_SHARES = (
    "precision", "recall", "coverage", "memorised_share", "r_precision_1", "r_precision_2", "r_precision_3"
)  # fmt: skip


@dataclass(frozen=True)
class Line:
    """A row of the table with what it belongs to. unit: "" for a number without one."""

    group: str
    unit: str
    row: Row

    def to_json(self) -> dict[str, Any]:
        found: dict[str, Any] = files.to_json({"group": self.group, "unit": self.unit, **asdict(self.row)})
        return found


@dataclass(frozen=True)
class Truth:
    """The real motions that samples are held against.

    real: none of them known to the model. by_rules: their actions are what `motion.evaluation.rules` names, so that
        action and side of a sample can be read off its joints. train: what the model was trained on; None: not known.
    """

    real: MotionBatch
    by_rules: bool = False
    train: MotionBatch | None = None


def evaluate(
    samples: MotionBatch,
    truth: Truth,
    *,
    repeats: Sequence[MotionBatch] | None = None,
    embedder: Embedder | None = None,
    seed: int = 0,
) -> tuple[Line, ...]:
    """All measures of samples.

    Args:
        samples: with the captions and actions that they were drawn for ("" where unknown).
        repeats: for each of some captions several samples, equally many; for multimodality.
        embedder: a learned evaluator; None leaves its rows out.

    Raises:
        ValueError: fewer than 2 samples or real motions.
    """
    for name, batch in (("samples", samples), ("real motions", truth.real)):
        if len(batch) < 2:
            raise ValueError(f"evaluation needs at least 2 {name}, got {len(batch)}; draw more or use more data")
    ruler = Ruler.fit(truth.real)
    training = truth.train if truth.train is not None and len(truth.train) > 1 else None
    statistics = judge(
        ruler.kinematics(samples), ruler.kinematics(truth.real), seed=seed,
        repeats=None if repeats is None else np.stack([ruler.kinematics(one) for one in repeats]),
        training=None if training is None else ruler.kinematics(training),
    )  # fmt: skip
    lines = _lines(KINEMATIC, statistics)
    if embedder is not None:
        lines += _lines(
            LEARNED, judge_motions(embedder, samples, truth.real, training=training, repeats=repeats, seed=seed)
        )
    lines += _neighbours(ruler, samples, truth.real)
    if truth.by_rules:
        lines += _rules(samples, truth.real)
    lines += _plausible(samples, truth.real)
    return tuple(lines)


def over_replications(found: Sequence[tuple[Line, ...]]) -> tuple[Line, ...]:
    """Rows of several draws of the samples as one: means, and the T2M interval 1.96 s / sqrt(R), which holds what was
    drawn anew, not the real motions. One draw, and a row that is the same in all, keep their own intervals."""
    if len(found) == 1:
        return found[0]
    lines = []
    for several in zip(*found, strict=True):
        values = np.array([line.row.value for line in several])
        half = 1.96 * float(values.std()) / math.sqrt(len(values))
        mean = float(values.mean())
        first = several[0].row
        if not half > 0:  # also nan
            lines.append(several[0])
            continue
        row = replace(
            first, value=mean, low=mean - half, high=mean + half,
            matched=float(np.mean([line.row.matched for line in several])),
        )  # fmt: skip
        lines.append(replace(several[0], row=row))
    return tuple(lines)


def _lines(group: str, verdict: Verdict) -> list[Line]:
    return [Line(group, "share" if row.name in _SHARES else "", row) for row in verdict.rows]


def _neighbours(ruler: Ruler, samples: MotionBatch, real: MotionBatch) -> list[Line]:
    """How often the nearest real motions show the action that was asked for; of a real one, the nearest others."""
    name = "action_by_neighbours"
    known = np.array([bool(action) for action in samples.actions])
    labels = np.array(real.actions)
    if not known.any():
        return [_unknown(name, "the actions that the captions ask for are not known", KINEMATIC_DIM)]
    if len(set(real.actions) - {""}) < 2 or len(real) <= NEIGHBOURS:
        return [_unknown(name, "needs real motions of at least 2 known actions", KINEMATIC_DIM)]
    named = labels != ""
    reference, their = ruler.features[named], labels[named].tolist()
    asked = [action for action in samples.actions if action]
    found = knn_labels(reference, their, ruler.kinematics(samples)[known], min(NEIGHBOURS, len(reference)))
    half = np.arange(len(reference)) % 2 == 0  # one half labels the other
    if half.sum() >= NEIGHBOURS and not half.all():
        other = [label for label, left in zip(their, half, strict=True) if not left]
        mine = [label for label, left in zip(their, half, strict=True) if left]
        floor: Share | None = agreement(knn_labels(reference[half], mine, reference[~half], NEIGHBOURS), other)
    else:
        floor = None
    note = f"chance {chance_agreement(found, asked):.2f}"
    return [_share(name, agreement(found, asked), floor, note, KINEMATIC_DIM)]


def _rules(samples: MotionBatch, real: MotionBatch) -> list[Line]:
    """Action, and side where the action is right, as rules read them off the joints of procedural motions."""
    asked = [action for action in samples.actions if action]
    if not asked:
        why = "the actions that the captions ask for are not known"
        return [_unknown("action_by_rules", why), _unknown("side_by_rules", why)]
    known = samples.take(np.flatnonzero([bool(action) for action in samples.actions]))
    found, theirs = _kinds(known), _kinds(real)
    lines = [_share("action_by_rules", agreement(found, asked), agreement(theirs, real.actions), "")]
    side, real_side = _sides(found, asked), _sides(theirs, real.actions)
    if side is None:
        return [*lines, _unknown("side_by_rules", "no sample of a one-sided action has its action right")]
    return [*lines, _share("side_by_rules", side, real_side, f"of the {side.n} whose action is right; chance 0.50")]


def _kinds(batch: MotionBatch) -> list[str]:
    joints = decode(batch.features)
    return [kind_of(one[:length]) for one, length in zip(joints, batch.lengths, strict=True)]


def _sides(found: Iterable[str], asked: Iterable[str]) -> Share | None:
    """Of motions whose action is right but for its side: how often the side is."""
    pairs = [(a.rsplit(" ", 1), b.rsplit(" ", 1)) for a, b in zip(found, asked, strict=True)]
    sided = [(a, b) for a, b in pairs if b[-1] in SIDES and a[0] == b[0] and a[-1] in SIDES]
    return Share(sum(a == b for a, b in sided), len(sided)) if sided else None


def _plausible(samples: MotionBatch, real: MotionBatch) -> list[Line]:
    """Means of the plausibility measures of samples and of real motions."""
    ours, theirs = (measure(decode(batch.features), batch.lengths) for batch in (samples, real))
    lines = []
    for name, unit in UNITS.items():
        mine, other = ours[name][np.isfinite(ours[name])], theirs[name][np.isfinite(theirs[name])]
        if len(mine) < 2 or len(other) < 2:
            lines.append(replace(_unknown(name, "needs at least 2 motions of 4 frames or more"), group=PLAUSIBLE))
            continue
        lost = len(samples) - len(mine)
        lines.append(Line(PLAUSIBLE, unit, _row(name, mean_of(mine, 0), mean_of(other, 0), _lost(lost))))
    return lines


def _lost(count: int) -> str:
    return f"{count} motions have none" if count else ""


def _row(name: str, ours: Estimate, real: Estimate, note: str) -> Row:
    return Row(
        name, ours.value, ours.low, ours.high, ours.n, ours.d, note,
        matched=ours.value, floor=real.value, floor_low=real.low, floor_high=real.high, floor_n=real.n[0],
    )  # fmt: skip


def _share(name: str, ours: Share, real: Share | None, note: str, d: int = 0) -> Line:
    """A share with its Wilson interval, and that of real motions."""
    row = Row(name, ours.rate, ours.low, ours.high, (ours.n,), d, note, matched=ours.rate)
    if real is not None:
        row = replace(row, floor=real.rate, floor_low=real.low, floor_high=real.high, floor_n=real.n)
    return Line(CAPTIONS, "share", row)


def _unknown(name: str, why: str, d: int = 0) -> Line:
    return Line(CAPTIONS, "share", Row(name, math.nan, math.nan, math.nan, (0,), d, f"not measured: {why}"))
