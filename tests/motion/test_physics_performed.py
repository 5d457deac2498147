"""Clips performed by the simulated body: one by one as together; what fails stays and says so."""

from dataclasses import replace

import numpy as np
import pytest

from motion.data.procedural import generate
from motion.physics import perform
from motion.physics.performed import FAILED


def test_a_clip_does_not_depend_on_the_others():
    clips = generate(4, frames=30, seed=1)
    done = perform(clips)
    (alone,) = perform(clips[2:3])
    assert np.array_equal(alone.joints, done[2].joints) and alone.joints.dtype == np.float32
    for clip, other in zip(clips, done, strict=True):
        assert replace(other, joints=clip.joints) == replace(clip, joints=clip.joints)
        apart = np.linalg.norm(other.joints - clip.joints, axis=-1).mean()
        assert 1e-5 < apart < 0.05 and other.joints[..., 1].min() == pytest.approx(0, abs=1e-6)
    assert perform([]) == ()


def test_what_cannot_be_performed_stays(monkeypatch):
    from motion.physics import performed as module

    clips = generate(2, frames=30, seed=1)
    real = module.correct_joints

    def fails_at_the_second(joints, settings):
        done = real(joints, settings=settings)
        done.success[1] = False
        done.joints[1] = joints[1]
        return done

    monkeypatch.setattr(module, "correct_joints", fails_at_the_second)
    done = perform(clips)
    assert done[0].notes == () and done[1].notes == (FAILED,)
    assert np.abs(done[1].joints - clips[1].joints).max() < 1e-6


def test_lengths_must_agree():
    with pytest.raises(ValueError, match="one length"):
        perform([*generate(1, frames=30, seed=1), *generate(1, frames=31, seed=1)])
