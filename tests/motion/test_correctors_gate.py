"""A corrector behind the plausibility gate."""

import numpy as np

from motion.correctors import PlausibilityGate, RegroundCorrector
from motion.correctors.gated import GatedCorrector
from motion.data.procedural import generate


def test_a_gated_corrector_of_joints_is_the_gate_around_it():
    """The same motions stay as `around` lets stay, to the bit; the others are the corrector's."""
    joints = np.stack([clip.joints for clip in generate(60, frames=32, seed=31)]).astype(float)
    gate = PlausibilityGate.fit(joints[:50])
    some = joints[50:].copy()
    some[::2, :, :, 1] += 0.1  # floats: outside
    lengths = np.full(len(some), 32)
    inner = RegroundCorrector()
    found = GatedCorrector(corrector=inner, gate=gate).correct(some, lengths, [""] * 10, np.random.default_rng(0))
    alone = inner.correct(some, lengths, [""] * 10, np.random.default_rng(0))
    within = np.array([gate.within(clip) for clip in some])
    assert not within[::2].any() and within[1::2].mean() >= 0.6
    np.testing.assert_array_equal(found.joints[within], some[within])
    np.testing.assert_array_equal(found.joints[~within], alone.joints[~within])
    assert (found.moved[within] == 0).all() and found.success.all()
