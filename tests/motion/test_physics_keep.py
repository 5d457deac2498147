"""What is taken of the simulation: nothing where the body performs the reference, and nothing where it stumbles."""

import numpy as np
import pytest

from motion.data.procedural import generate
from motion.physics import PhysicsSettings, correct_joints, ik
from motion.physics.correct import simulate
from motion.physics.ik import Pose
from motion.physics.keep import kept
from motion.physics.tracker import Track, smoothed

FRAMES = 30


@pytest.fixture(scope="module")
def clean() -> np.ndarray:
    return np.stack([clip.joints for clip in generate(10, frames=FRAMES, seed=11)]).astype(float)


def test_what_the_body_performs_stays_and_what_it_does_not_is_replaced(clean: np.ndarray) -> None:
    performed = correct_joints(clean, settings=PhysicsSettings(tolerance=None))
    tight, wide = (
        correct_joints(clean, settings=PhysicsSettings(tolerance=(low, 2 * low), stumble=(1.0, 2.0)))
        for low in (1e-6, 0.4)
    )
    good = performed.success
    np.testing.assert_allclose(tight.joints[good], performed.joints[good], atol=1e-3)
    np.testing.assert_allclose(tight.kept[good], 0.0, atol=1e-6)
    np.testing.assert_array_equal(wide.kept[good], 1.0)
    np.testing.assert_array_equal(wide.residual_force, performed.residual_force)
    with pytest.raises(ValueError, match="tolerance must be two rising distances"):
        PhysicsSettings(tolerance=(0.05, 0.02))


def test_of_a_stumble_nothing_is_taken(clean: np.ndarray) -> None:
    """Beside a moment in which the body is too far off the reference stays, elsewhere it may not."""
    always = PhysicsSettings(tolerance=(0.0, 1e-6), stumble=(1e-6, 2e-6))
    wide = PhysicsSettings(tolerance=(0.4, 0.8))
    stays, same = (correct_joints(clean, settings=settings) for settings in (always, wide))
    np.testing.assert_allclose(stays.kept[stays.success], 1.0)
    np.testing.assert_allclose(stays.joints, same.joints, atol=1e-9)
    distance = np.zeros((1, 80))
    distance[0, 40] = 0.2
    distance[0, 5:15] = 0.08
    pose = Pose(np.zeros((1, 80, 3)), np.tile([1.0, 0, 0, 0], (1, 80, 22, 1)))
    moved = Pose(np.ones((1, 80, 3)), pose.rotations)
    track = Track(moved, np.zeros((1, 80, 22, 3)), distance, np.zeros(1), np.zeros(1), np.zeros(1, np.int64))
    root = kept(pose, track, (0.025, 0.05), (0.12, 0.15))[0].root[0, :, 0]
    assert root[10] > 0.9, "a long departure is taken"
    assert root[35:46].max() == 0.0, "a stumble is not"
    with pytest.raises(ValueError, match="stumble must be two rising distances"):
        PhysicsSettings(stumble=(0.2, 0.1))


def test_a_moment_far_off_asks_for_more_help(clean: np.ndarray) -> None:
    """A mean over the clip hides a jump that fails: the least help is that with which every moment is performed."""
    skeleton, pose = ik.solve(clean)
    hides, sees = (simulate(skeleton, pose, PhysicsSettings(depart=depart)) for depart in (None, 0.02))
    last = len(PhysicsSettings().ladder) - 1
    worst = [smoothed(track.distance).max(axis=1) for track in (hides, sees)]
    assert ((worst[0] > 0.02) & (hides.rung < last)).any()
    assert ((worst[1] <= 0.02) | (sees.rung == last)).all()
    np.testing.assert_array_equal(sees.rung >= hides.rung, True)
    enough = worst[0] <= 0.02
    assert enough.any()
    np.testing.assert_array_equal(sees.rung[enough], hides.rung[enough])
    np.testing.assert_array_equal(sees.joints[enough], hides.joints[enough])
    with pytest.raises(ValueError, match="depart must be a distance"):
        PhysicsSettings(depart=0.0)


def test_a_motion_of_which_all_stays_is_its_reference(clean: np.ndarray) -> None:
    """Its feet stand already: they are not planted a second time."""
    found, still = correct_joints(clean), correct_joints(clean, settings=PhysicsSettings(simulate=False))
    stays = found.kept == 1.0
    assert stays.sum() >= 5
    np.testing.assert_array_equal(found.joints[stays], still.joints[stays])
    assert found.shifts["hold"][stays].max() == 0.0
