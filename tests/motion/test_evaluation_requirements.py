"""What a corrector must show: bounds met and missed, and what is judged."""

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from motion.data.procedural import generate
from motion.evaluation.gates import Gates, measure_gates
from motion.evaluation.over_clips import Mean
from motion.evaluation.repair import repair_test
from motion.evaluation.requirements import Requirement, requirements
from motion.joint_corrector import CorrectedJoints, JointCorrector, mean_distance

N, FRAMES = 10, 41
LENGTHS = np.full(N, FRAMES)
CAPTIONS = [""] * N


@dataclass(frozen=True)
class Does(JointCorrector):
    """A corrector that does `change` to joints."""

    called: str = "does"
    change: Any = None

    @property
    def name(self):
        return self.called

    def correct(self, joints, lengths, captions, rng):
        found = self.change(joints)
        return CorrectedJoints(found, mean_distance(found, joints, lengths), np.ones(N, bool))


@pytest.fixture(scope="module")
def clean() -> np.ndarray:
    return np.stack([clip.joints for clip in generate(N, frames=FRAMES, seed=4)]).astype(float)


@pytest.fixture(scope="module")
def gates(clean) -> Gates:
    return measure_gates(Does(change=lambda x: x + [0.0, 0.02, 0.0]), clean, LENGTHS, CAPTIONS)


@pytest.mark.parametrize(
    ("value", "sense", "mark"),
    [
        (5.0, "<=", "aim"), (10.0, "<=", "aim"), (15.0, "<=", "reach"), (25.0, "<=", "missed"), (math.nan, "<=", "-"),
        (-5.0, "+-", "aim"), (-15.0, "+-", "reach"), (15.0, "+-", "reach"), (-30.0, "+-", "missed"),
        (30.0, ">=", "aim"), (22.0, ">=", "reach"), (15.0, ">=", "missed"),
    ],
)  # fmt: skip
def test_marks(value, sense, mark):
    reach, aim = (20.0, 25.0) if sense == ">=" else (20.0, 10.0)
    assert Requirement("x", reach, aim, value, 0.0, sense).mark == mark


def test_doing_nothing_harms_nothing(clean):
    found = requirements(measure_gates(Does(change=lambda x: x.copy()), clean, LENGTHS, CAPTIONS))
    assert len(found) == 14
    by_mark = {mark: {row.measure.split(" [")[0] for row in found if row.mark == mark} for mark in ("reach", "-")}
    assert by_mark["reach"] == {"skating, after / before"}  # as it was is allowed, half is the aim
    assert {row.split(" to ")[0] for row in by_mark["-"]} == {"E_g", "E_mpjpe", "residual force"}


def test_the_group_that_changes_most_counts_but_not_contacts(gates):
    def largest(of: Gates) -> Requirement:
        return next(row for row in requirements(of) if row.measure.startswith("largest change"))

    found = largest(gates)
    height, places = (gates.change[name].value for name in ("root height", "positions"))
    assert "(positions)" in found.measure
    assert found.value == pytest.approx(math.sqrt((height**2 + 63 * places**2) / 64))
    flipped = gates.change | {"contacts": Mean(9.0, 0.1, N)}
    assert largest(replace(gates, change=flipped)) == found
    turned = gates.change | {"yaw": Mean(9.0, 0.1, N)}
    assert "(root velocity)" in largest(replace(gates, change=turned)).measure


def test_speed_may_neither_fall_nor_rise(gates):
    for value, marks in ((0.99, "reach"), (1.01, "reach"), (0.97, "missed"), (1.03, "missed"), (1.004, "aim")):
        changed = replace(gates, speed={"once": Mean(value, 0.001, N), "ten": Mean(1.0, 0.0, N)})
        row = next(row for row in requirements(changed) if row.measure == "mean speed, once [%]")
        assert row.mark == marks and row.value == pytest.approx(100 * (value - 1)) and row.se == pytest.approx(0.1)


def test_kinds_are_counted_against_the_rivals(clean, gates):
    half = Does(called="does", change=lambda x: 0.5 * (x + clean))
    quarter = Does(called="quarter", change=lambda x: 0.75 * x + 0.25 * clean)
    test = repair_test([half, quarter], clean, LENGTHS, CAPTIONS, [f"clip {i}" for i in range(N)])
    first, second = requirements(gates, test, [["quarter", "does"]])[-2:]
    assert first.measure == "kinds that end nearer to the clean clip, of 8" and first.value == 8
    assert second.measure == "of these, better than quarter" and second.value == 8 and math.isnan(second.se)
    last = requirements(replace(gates, corrector="quarter"), test, [["does"]])[-1]
    assert last.measure == "of these, better than does" and (last.value, last.mark) == (0, "missed")
