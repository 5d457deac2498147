"""Each fault of a motion is found by its rule, with its frame, and a good motion has none."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motion.data.checks import FATAL, bad, check_clip, check_joints, guess_unit, guess_up, upright
from motion.data.npy import read_npy
from motion.data.procedural import generate
from motion.kinematics.retarget import turn
from motion.kinematics.skeleton import J

CLIPS = generate(40, frames=61, seed=3)


def joints(index=0):
    return CLIPS[index].joints.astype(float).copy()


def rules(findings):
    return [finding.rule for finding in findings]


def test_good_motions_have_no_findings():
    for clip in CLIPS:
        assert check_joints(clip.joints.astype(float)) == () and check_clip(clip) == ()


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_not_finite(value):
    p = joints()
    p[7, 3, 1] = value
    (found,) = check_joints(p)
    assert (found.rule, found.frame) == ("not finite", 7) and bad([found])


@pytest.mark.parametrize(("axis", "sign"), [(2, 1.0), (0, -1.0), (1, -1.0)])
def test_another_axis_is_found_and_turned_without_mirroring(axis, sign):
    p = joints(5)
    up = np.zeros(3)
    up[axis] = sign
    side = np.eye(3)[(axis + 1) % 3]
    basis = np.stack([side, up, np.cross(side, up)])
    stored = p @ basis  # new coordinates of the same motion
    assert "up axis" in rules(check_joints(stored)) and guess_up(stored) == (axis, sign)
    back, notes = upright(stored)
    assert check_joints(back) == () and "turned to +y" in notes[0]
    assert np.allclose(back[..., 1], p[..., 1]), "heights are as before"
    gaps = np.linalg.norm(back[:, :, None] - back[:, None], axis=-1) - np.linalg.norm(
        p[:, :, None] - p[:, None], axis=-1
    )
    assert np.abs(gaps).max() < 1e-9
    sides = [np.linalg.det(np.stack([m[0, J["left_hip"]] - m[0, J["right_hip"]], m[0, J["head"]] - m[0, 0],
                                     m[0, J["left_foot"]] - m[0, J["left_ankle"]]])) for m in (p, back)]  # fmt: skip
    assert np.sign(sides[0]) == np.sign(sides[1]), "left stays left"


@pytest.mark.parametrize(("unit", "name"), [(0.01, "cm"), (0.001, "mm"), (0.0254, "inch"), (0.3048, "foot")])
def test_another_unit_is_found_and_scaled(unit, name):
    p = joints(2)
    found = check_joints(p / unit)
    assert rules(found)[0] == "unit" and name in found[0].text and guess_unit(p / unit) == unit
    back, notes = upright(p / unit)
    assert np.allclose(back, p) and notes == (f"unit was {name}, scaled to m",)


def test_a_size_that_no_unit_explains_is_bad():
    found = check_joints(joints() * 7.0)
    assert rules(found) == ["unit"] and "no usual unit" in found[0].text
    assert upright(joints() * 7.0)[1] == ()


def test_a_bone_that_stretches_is_named():
    p = joints()
    p[20:, J["left_wrist"]] += (
        0.1 * (p[20:, J["left_wrist"]] - p[20:, J["left_elbow"]]) * np.linspace(0, 4, 41)[:, None]
    )
    (found,) = [one for one in check_joints(p) if one.rule == "bone length"]
    assert "left_wrist" in found.text and bad([found])
    p = joints()
    p[:, J["left_wrist"]] += 0.02 * (p[:, J["left_wrist"]] - p[:, J["left_elbow"]])
    assert check_joints(p) == (), "a longer arm is no fault, and a constant one is rigid"


def walk():
    return next(clip for clip in generate(200, frames=121, seed=1) if clip.action == "walk")


def test_a_sloping_floor_and_a_foot_below_it():
    p = walk().joints.astype(float)
    assert check_joints(p) == ()
    along = turn(p, 0.3)
    along[..., 1] += 0.06 * along[..., 2]
    assert rules(check_joints(along)) == ["sloping floor"]
    assert "5.7 %" in check_joints(along)[0].text, "the part of the slope along the way: 6 % cos 0.3"
    sunk = p.copy()
    sunk[85:, :, 1] -= 0.12
    found = check_joints(sunk)
    assert rules(found) == ["below floor"] and found[0].frame >= 85 and not bad(found)


def test_speed_stillness_and_length_of_clips():
    clip = CLIPS[0]
    p = clip.joints.copy()
    p[30, J["right_wrist"], 0] += 3.0
    found = check_clip(replace(clip, joints=p))
    assert rules(found) == ["teleport"] and found[0].frame == 30 and "right_wrist" in found[0].text and bad(found)
    p = clip.joints.copy()
    p[10:25] = p[10]
    found = check_clip(replace(clip, joints=p))
    assert rules(found) == ["frozen"] and found[0].frame == 10 and "14 frames" in found[0].text
    p[10:18] = p[10]
    p[18:25] = clip.joints[18:25]
    assert check_clip(replace(clip, joints=p)) == (), "seven frames may be still"
    for frames, wrong in ((39, True), (40, False), (61, False)):
        assert (rules(check_clip(replace(clip, joints=clip.joints[:frames]))) == ["length"]) == wrong


def test_a_file_of_another_axis_and_unit_is_read_and_says_so(tmp_path):
    clip = CLIPS[5]
    stored = clip.joints.astype(float)[..., [0, 2, 1]] * [100, -100, 100]  # z up, in cm
    np.save(tmp_path / "a.npy", stored)
    (tmp_path / "a.txt").write_text("a person moves")
    found = read_npy(tmp_path / "a.npy", "mine")
    assert found.notes == ("up axis was +z, turned to +y", "unit was cm, scaled to m")
    assert np.abs(found.joints - clip.joints).max() < 1e-4
    stretched = clip.joints.astype(float)
    stretched[::2, J["head"]] += 0.1
    np.save(tmp_path / "b.npy", stretched)
    (tmp_path / "b.txt").write_text("a person moves")
    with pytest.raises(ValueError, match="b.npy: bone length at frame"):
        read_npy(tmp_path / "b.npy", "mine")


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 60), st.integers(0, 2**31), st.sampled_from([1e-6, 1.0, 1e6]))
def test_any_joints_are_checked_without_a_crash(frames, seed, scale):
    p = np.random.default_rng(seed).normal(size=(frames, 22, 3)) * scale
    assert all(str(finding).count("\n") == 0 for finding in check_joints(p))
    assert all(finding.rule in (*FATAL, "below floor", "sloping floor") for finding in check_joints(p))


def test_another_shape_is_refused():
    with pytest.raises(ValueError, match="22, 3"):
        check_joints(np.zeros((5, 21, 3)))
