"""Procedural motions on bodies of their own: proportions that differ, the same motion, feet that stand all the same."""

import numpy as np
import pytest

from motion.data.procedural import KINDS, Drawing, embodied, generate
from motion.kinematics.bodies import SHAPE, SIZE
from motion.kinematics.retarget import bone_vectors, heading, retarget
from motion.kinematics.skeleton import BONE_LENGTHS, J
from motion.plausibility import measure

N = 4 * len(KINDS)
PLAIN = generate(N, frames=60, seed=17)
BODIES = generate(N, frames=60, seed=17, bodies=True)
OURS = np.stack([clip.joints for clip in PLAIN]).astype(float)
THEIRS = np.stack([clip.joints for clip in BODIES]).astype(float)
LENGTHS = np.linalg.norm(bone_vectors(THEIRS), axis=-1)  # (n, T, 22)
LEGS = LENGTHS[:, 0, J["left_knee"]] / BONE_LENGTHS[J["left_knee"]]


def test_nothing_but_the_body_changes():
    for own, plain in zip(BODIES, PLAIN, strict=True):
        assert (own.name, own.captions, own.action, own.licence) == (
            plain.name, plain.captions, plain.action, plain.licence,
        )  # fmt: skip
        assert np.abs(retarget(own.joints.astype(float)) - plain.joints).max() < 1e-5
    assert np.abs(retarget(THEIRS[0] * 1.01) - retarget(THEIRS[0])).max() < 1e-5, "size is undone"
    assert np.abs(retarget(THEIRS[0]) - retarget(THEIRS[5])).max() > 0.01, "has power"


def test_every_clip_has_a_rigid_body_of_its_own():
    assert (LENGTHS.std(axis=1) < 1e-6).all(), "rigid, to the rounding of float32"
    bones = LENGTHS[:, 0, 1:] / BONE_LENGTHS[1:]
    wanted = np.hypot(SIZE, SHAPE)  # of the logarithms; the extremes of stature are left out
    assert (np.abs(np.log(bones).std(axis=0) - wanted) < 5 * wanted / np.sqrt(2 * N)).all()
    assert len(np.unique(bones.round(6), axis=0)) == N
    other = generate(3, frames=60, seed=18, bodies=True)
    assert abs(np.linalg.norm(bone_vectors(other[0].joints), axis=-1)[0, 4] - LENGTHS[0, 0, 4]) > 1e-3


def test_feet_stand_and_do_not_slide():
    """The measures are those of the uniform body, lengths times the legs' factor; with an own shin they are not."""
    plain, own = measure(OURS), measure(THEIRS)
    assert own["penetration"].max() == 0 == THEIRS[..., 1].min()
    assert own["bone_variation"].max() < 1e-3
    for name in ("floating", "skating"):
        assert own[name].mean() < 1.05 * plain[name].mean(), name
    toes = [J["left_foot"], J["right_foot"]]
    still = (OURS[:, 1:, toes, 1] < 1e-6) & (OURS[:, :-1, toes, 1] < 1e-6)
    slide = np.linalg.norm(np.diff(THEIRS[:, :, toes], axis=1)[..., [0, 2]], axis=-1)
    assert still.mean() > 0.2 and slide[still].max() < 1e-4
    assert THEIRS[:, 1:, toes, 1][still].max() < 1e-5
    step = np.linalg.norm(np.diff(OURS[:, :, toes], axis=1)[..., [0, 2]], axis=-1)
    assert np.allclose(slide, step * LEGS[:, None, None], atol=1e-5)
    from motion.kinematics.bodies import on_body

    crooked = BONE_LENGTHS.copy()
    crooked[[J["left_ankle"], J["right_ankle"]]] *= 1.06
    bad = np.stack([on_body(joints, crooked) for joints in OURS])
    assert measure(bad)["skating"].mean() > 1.5 * plain["skating"].mean()


def test_they_begin_where_the_others_begin():
    assert np.abs(THEIRS[:, 0, 0, [0, 2]]).max() < 1e-6
    assert max(abs(float(heading(joints[0]))) for joints in THEIRS) < 0.02


def test_a_clip_depends_on_its_number_only():
    few = generate(5, frames=60, seed=17, bodies=True)
    for a, b in zip(few, BODIES, strict=False):
        assert np.array_equal(a.joints, b.joints)
    drawing = Drawing(60, 17, bodies=True)
    assert np.array_equal(drawing.clip(40).joints, BODIES[40].joints) and drawing.name(40) == BODIES[40].name
    assert [drawing.kind(i) for i in range(N)] == [clip.action for clip in BODIES]
    assert np.array_equal(embodied(PLAIN[7], 17, 7).joints, BODIES[7].joints)


def test_the_drawing_is_checked():
    with pytest.raises(ValueError, match="kinds must be some of"):
        Drawing(60, 0, ())
    with pytest.raises(ValueError, match="frames must be between"):
        Drawing(6, 0)
