"""Stairs and props are told from a flat floor."""

from __future__ import annotations

import numpy as np

from motion.data.pack import load_pack
from motion.data.procedural import generate
from motion.physics import correct_joints
from motion.physics.ground import UNEVEN, ground_range

FLAT = np.stack([clip.joints for clip in generate(34, frames=60, seed=3)]).astype(float)


def test_the_drawn_motions_stand_on_a_floor_and_steps_are_told() -> None:
    assert ground_range(FLAT).max() < UNEVEN
    idle = FLAT[:1].repeat(2, axis=0)
    idle[:] = generate(1, frames=60, seed=3, kinds=("idle",))[0].joints
    idle[1] += np.where(np.arange(60) < 30, 0.3, 0.0)[:, None, None] * [0.0, 1.0, 0.0]
    flat, stepped = correct_joints(idle).ground
    assert flat < 0.01 and abs(stepped - 0.3) < 0.01


def test_one_frame_shows_no_ground() -> None:
    assert ground_range(FLAT[:, :1]).tolist() == [0.0] * len(FLAT)


def test_stairs_and_props_of_real_captures(shared_data) -> None:
    """By their descriptions; who sits on a low stool has the feet on the floor."""
    words = ("playground - climb", "climb ladder", "climb 3 steps", "high stool", "uneven", "swing legs")
    found = {}
    for clip in load_pack(shared_data / "cmu").clips:
        asked = any(word in " ".join(clip.captions) for word in words)
        found[clip.name] = (asked, bool(ground_range(clip.joints[None].astype(float))[0] > UNEVEN))
    asked, told = np.array(list(found.values())).T
    assert asked.sum() >= 25
    assert told[asked].all()
    assert told[~asked].sum() <= 2
