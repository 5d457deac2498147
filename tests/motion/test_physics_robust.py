"""Whatever comes in: a corrected motion or a marked one as it was; never a nan, never another motion's result."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from motion.data.procedural import generate
from motion.physics import JointsReport, correct_joints

FRAMES = 40
RNG = np.random.default_rng(0)
CLEAN = generate(1, frames=FRAMES, seed=5)[0].joints.astype(float)
NO_PERSON = {
    "random joints": RNG.normal(size=CLEAN.shape),
    "random joints, wide": RNG.uniform(-50, 50, CLEAN.shape),
    "all joints in the origin": np.zeros(CLEAN.shape),
    "all joints in one moving point": np.broadcast_to(RNG.normal(size=(FRAMES, 1, 3)), CLEAN.shape).copy(),
    "in centimetres": 100 * CLEAN,
    "in millimetres": 1e3 * CLEAN,
    "in inches": CLEAN / 0.0254,
    "in kilometres": CLEAN / 1e3,
    "1e10 times too large": 1e10 * CLEAN,
    "1e150 times too large": 1e150 * CLEAN,
}
NOT_FOLLOWED = {
    "thrown 50 m from one frame to the next": np.where(
        np.arange(FRAMES)[:, None, None] > 20, CLEAN + [50, 0, 0], CLEAN
    ),
    "150 m a second": CLEAN + np.linspace(0, 300, FRAMES)[:, None, None] * [1, 0, 0],
}
STRANGE = {
    "100 m from the origin": CLEAN + [100, 0, -70],
    "a kilometre away": CLEAN + [1000, 0, 0],
    "100 m in the air": CLEAN + [0, 100, 0],
    "of half the size": 0.5 * CLEAN,
    "upside down": CLEAN * [1, -1, 1] + [0, 2, 0],
    "without height": CLEAN * [1, 0, 1],
}
ALL = {"clean": CLEAN, **NO_PERSON, **NOT_FOLLOWED, **STRANGE}


@pytest.fixture(scope="module")
def report() -> JointsReport:
    return correct_joints(np.stack(list(ALL.values())))


@pytest.mark.parametrize("name", [*NO_PERSON, *NOT_FOLLOWED])
def test_what_is_no_motion_of_a_person_is_marked_and_kept(report: JointsReport, name: str) -> None:
    index = list(ALL).index(name)
    assert not report.success[index]
    np.testing.assert_array_equal(report.joints[index], ALL[name])
    assert report.moved[index] == 0 and report.rung[index] == -1 and np.isnan(report.residual_force[index])


@pytest.mark.parametrize("name", ["clean", *STRANGE])
def test_strange_motions_come_out_finite(report: JointsReport, name: str) -> None:
    index = list(ALL).index(name)
    assert np.isfinite(report.joints[index]).all()
    if not report.success[index]:
        np.testing.assert_array_equal(report.joints[index], ALL[name])


@pytest.mark.parametrize("name", ["100 m from the origin", "a kilometre away"])
def test_where_a_motion_stands_changes_nothing(report: JointsReport, name: str) -> None:
    away = ALL[name] - CLEAN
    found = report.joints[list(ALL).index(name)] - away
    # the place is added to and taken from every joint: a few units in the last place of a kilometre
    np.testing.assert_allclose(found, report.joints[0], rtol=0, atol=1e-9)
    assert report.success[list(ALL).index(name)]


def test_no_motion_gets_anothers_result(report: JointsReport) -> None:
    for index, joints in enumerate(ALL.values()):
        alone = correct_joints(joints[None])
        np.testing.assert_array_equal(alone.joints[0], report.joints[index])
        assert alone.success[0] == report.success[index]


def test_one_frame_is_too_short_and_kept() -> None:
    found = correct_joints(CLEAN[None, :1])
    assert not found.success[0]
    np.testing.assert_array_equal(found.joints[0], CLEAN[:1])


def test_nothing_is_written_where_one_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """MuJoCo keeps a log of its warnings in the working directory."""
    monkeypatch.chdir(tmp_path)
    correct_joints(np.stack([*NO_PERSON.values(), *NOT_FOLLOWED.values()]))
    assert not list(tmp_path.iterdir())
