"""Single stages before the simulation: what leans is put upright, what no body holds is taken away."""

import numpy as np
from support import distance

from motion.evaluation.corruptions import clip_streams, corruption_named
from motion.physics import PhysicsSettings, correct_joints
from motion.physics.balance import balance
from motion.physics.bones import nearest_rigid
from motion.physics.ik import bone_lengths


def test_a_leaning_motion_is_put_upright_and_an_upright_one_left(clean: np.ndarray) -> None:
    lengths = np.full(len(clean), clean.shape[1])
    leaning = corruption_named("leaning")(clean, lengths, clip_streams("leaning", [str(i) for i in range(len(clean))]))
    np.testing.assert_array_equal(balance(clean), clean)
    before, after = (distance(motion, clean) for motion in (leaning, balance(leaning)))
    assert np.median(after) < 0.35 * np.median(before)
    np.testing.assert_array_equal(balance(balance(leaning)), balance(leaning))
    weightless = correct_joints(leaning, settings=PhysicsSettings(gravity=0.0))
    assert np.nanmax(weightless.shifts["balance"]) == 0  # without weight nothing falls over


def test_the_nearest_body_takes_noise_away(clean: np.ndarray) -> None:
    noise = np.random.default_rng(3).normal(0, 0.01, clean.shape)
    found = nearest_rigid(clean + noise, None)
    size = bone_lengths(found)
    np.testing.assert_allclose(size, np.broadcast_to(bone_lengths(clean), size.shape), atol=2e-4)
    # of 66 directions of white noise the 21 along the bones go: a root of 45 / 66 stays, not all and not half
    share = np.sqrt(((found - clean) ** 2).mean() / (noise**2).mean())
    assert abs(share - np.sqrt(45 / 66)) < 0.03
    np.testing.assert_allclose(nearest_rigid(clean, None), clean, atol=1e-5)
    heaps = np.zeros((1, 4, 22, 3))
    assert np.isfinite(nearest_rigid(heaps, None)).all()
