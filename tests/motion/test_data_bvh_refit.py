"""Other joints put into a BVH's own channels: where they come to lie, what stays to the digit, what is refused."""

from dataclasses import replace

import numpy as np
import pytest
from packs import mixamo
from scipy.ndimage import gaussian_filter1d

from motion.data.bvh import Bvh, parse_bvh, read_bvh
from motion.data.bvh_body import body_of, own_joints
from motion.data.bvh_refit import refit
from motion.data.bvh_write import bvh_text, write_bvh
from motion.data.procedural import generate
from motion.kinematics.bodies import draw_body, on_body
from motion.kinematics.resample import resample
from motion.kinematics.rotations import rotate
from motion.kinematics.skeleton import PARENTS, J
from motion.physics.ik import ANKLES

WALK, WAVE = (clip.joints.astype(float) for clip in generate(2, frames=60, seed=4, kinds=("walk", "wave left")))


def another(joints):
    """The motion, moved, turned and deformed smoothly, on its own bones: what a correction does, and more of it."""
    rng = np.random.default_rng(0)
    noise = gaussian_filter1d(rng.normal(0, 1, joints.shape), 6, axis=0)
    shaken = joints + 0.05 * noise / noise.std() + [0.3, 0.02, -0.1]
    out = joints.copy()
    out[:, 0] = shaken[:, 0]
    for j in range(1, 22):  # bones keep their lengths, and the hips and the chest their shapes
        bone = shaken[:, j] - shaken[:, PARENTS[j]]
        if PARENTS[j] in (0, 9):
            bone = joints[:, j] - joints[:, PARENTS[j]]
        length = np.linalg.norm(joints[:, j] - joints[:, PARENTS[j]], axis=-1, keepdims=True)
        out[:, j] = out[:, PARENTS[j]] + bone / np.linalg.norm(bone, axis=-1, keepdims=True) * length
    return out


def at(bvh, values, path):
    return resample(own_joints(Bvh(bvh.tree, values, bvh.fps), path), bvh.fps)


@pytest.mark.parametrize("fps", [20, 30, 60, 120, 15])
@pytest.mark.parametrize("motion", [WALK, WAVE], ids=["walk", "wave"])
def test_other_joints_come_to_their_places_at_any_frame_rate(tmp_path, motion, fps):
    body = on_body(motion, draw_body(np.random.default_rng(1)))  # some other person
    fine = resample(body, 20, fps, antialias=False)
    path = tmp_path / "a.bvh"
    write_bvh(path, fine, fps=fps)
    bvh = read_bvh(path)
    own = at(bvh, bvh.values, path)
    wanted = another(own)
    values = refit(bvh, body_of(bvh, path), wanted)
    assert values.shape == bvh.values.shape
    got = at(bvh, values, path)
    assert np.linalg.norm(wanted - own, axis=-1).mean() > 0.1
    away = np.linalg.norm(got - wanted, axis=-1)
    assert away.mean() < (1e-6 if fps == 20 else 0.001) and away[3:-3].max() < 0.04, (away.mean(), away.max())


def test_an_unchanged_motion_comes_back(tmp_path):
    path = tmp_path / "a.bvh"
    write_bvh(path, resample(WALK, 20, 60), fps=60)
    bvh = read_bvh(path)
    values = refit(bvh, body_of(bvh, path), at(bvh, bvh.values, path))
    assert np.abs(at(bvh, values, path) - at(bvh, bvh.values, path)).max() < 0.01


def test_fingers_names_and_what_no_bone_needs_stay_to_the_digit(tmp_path):
    """A hand below the wrist, and a twist: channels of their own keep their values, whatever the arm does."""
    path = tmp_path / "a.bvh"
    write_bvh(path, WALK)
    head, rows = path.read_text().split("MOTION\n")
    hand = (
        "JOINT finger\n{\nOFFSET 0 -5 0\nCHANNELS 3 Zrotation Xrotation Yrotation\nEnd Site\n{\nOFFSET 0 -3 0\n}\n}\n"
    )
    end = head.index("End Site", head.index("JOINT left_wrist"))
    close = head.index("}", end) + 1
    path.write_text(head[:end] + hand + head[close:] + "MOTION\n" + rows)
    names = read_order(path)
    extra = np.random.default_rng(0).uniform(-90, 90, (60, 3)).round(3)
    numbers = np.array([line.split() for line in rows.splitlines()[2:]], float)
    where = names.index("finger.Zrotation")
    numbers = np.insert(numbers, [where] * 3, extra, axis=1)
    text = path.read_text().split("MOTION\n")[0] + "MOTION\nFrames: 60\nFrame Time: 0.05\n"
    path.write_text(text + "\n".join(" ".join(map(str, row)) for row in numbers) + "\n")
    bvh = read_bvh(path)
    values = refit(bvh, body_of(bvh, path), another(at(bvh, bvh.values, path)))
    finger = bvh.tree.columns[bvh.tree.index("finger")]
    assert np.array_equal(values[:, finger : finger + 3], extra)
    changed = np.flatnonzero(np.abs(values - bvh.values).max(axis=0) > 0)
    assert finger not in changed and len(changed) > 40
    again = parse_bvh(bvh_text(bvh.tree, values, bvh.fps).encode(), "b.bvh")
    assert again.tree.names == bvh.tree.names and np.array_equal(again.tree.offsets, bvh.tree.offsets)


def read_order(path):
    """Every channel of the file in its order, as joint.channel."""
    found, joint = [], ""
    for line in path.read_text().splitlines():
        words = line.split()
        if words[:1] in (["ROOT"], ["JOINT"]):
            joint = words[1]
        elif words[:1] == ["CHANNELS"]:
            found += [f"{joint}.{channel}" for channel in words[2:]]
    return found


def test_a_strange_skeleton_with_z_up_in_inches_is_moved_in_its_own_axes(tmp_path):
    path = tmp_path / "a.bvh"
    write_bvh(path, WALK)
    path.write_text(mixamo(path.read_text()))
    bvh = read_bvh(path)
    body = body_of(bvh, path)
    wanted = another(at(bvh, bvh.values, path))
    assert np.linalg.norm(at(bvh, refit(bvh, body, wanted), path) - wanted, axis=-1).mean() < 0.005
    turned = replace(body, axes=(1, 2, 0), unit=0.0254)
    places = np.random.default_rng(0).normal(size=(5, 22, 3))
    np.testing.assert_allclose(turned.to_file(places)[..., turned.axes] * 0.0254, places, atol=1e-12)


def test_a_hip_joint_below_the_one_that_carries_the_body_is_turned_in_place(tmp_path):
    """A root with positions, the pelvis 5 cm from it with angles only: the root makes up for what the turn moves."""
    path = tmp_path / "a.bvh"
    write_bvh(path, WALK)
    head, rows = path.read_text().split("MOTION\n")
    turns = "CHANNELS 3 Zrotation Xrotation Yrotation"
    root = f"ROOT world\n{{\nOFFSET 0 0 0\nCHANNELS 6 Xposition Yposition Zposition {turns[11:]}\n"
    inner = (
        head.removeprefix("HIERARCHY\n")
        .replace("ROOT pelvis", "JOINT pelvis", 1)
        .replace("OFFSET 0.000000 0.000000 0.000000", "OFFSET 0 4 3", 1)
    )
    inner = inner.replace("CHANNELS 6 Xposition Yposition Zposition Zrotation", "CHANNELS 3 Zrotation", 1)
    numbers = np.array([line.split() for line in rows.splitlines()[2:]], float)
    numbers = np.concatenate([numbers[:, :3] - [0, 4, 3], np.zeros((60, 3)), numbers[:, 3:]], axis=1)
    lines = "\n".join(" ".join(map(str, row)) for row in numbers)
    path.write_text(f"HIERARCHY\n{root}{inner}}}\nMOTION\nFrames: 60\nFrame Time: 0.05\n{lines}\n")
    bvh = read_bvh(path)
    own = at(bvh, bvh.values, path)
    np.testing.assert_allclose(own[:, J["left_knee"]], WALK[:, J["left_knee"]], atol=1e-4)
    half = np.array([np.cos(0.2), 0.0, 0.0, np.sin(0.2)])
    wanted = rotate(half, own - own[:, :1]) + own[:, :1] + [0.0, 0.1, 0.0]  # leans 23 degrees
    values = refit(bvh, body_of(bvh, path), wanted)
    assert np.array_equal(values[:, 3:6], bvh.values[:, 3:6]), "the root keeps its angles"
    assert np.linalg.norm(at(bvh, values, path) - wanted, axis=-1).max() < 1e-3


def test_feet_are_where_they_should_be_although_bones_differ(tmp_path):
    """The wanted motion is on legs 1 % longer: knees make up for it, ankles meet their places."""
    path = tmp_path / "a.bvh"
    bent = next(c for c in generate(40, frames=60, seed=4) if c.action == "squat").joints[20:50].astype(float)
    write_bvh(path, bent)
    bvh = read_bvh(path)
    wanted = at(bvh, bvh.values, path)
    upper = [j for j in range(22) if j not in (J["left_ankle"], J["right_ankle"], J["left_foot"], J["right_foot"])]
    wanted[:, upper, 1] += 0.01
    got = at(bvh, refit(bvh, body_of(bvh, path), wanted), path)
    away = np.linalg.norm(got - wanted, axis=-1)
    assert away[:, ANKLES].max() < 1e-3 and away.max() < 0.03


def test_what_cannot_be_moved_is_refused(tmp_path):
    path = tmp_path / "a.bvh"
    write_bvh(path, WALK)
    bvh = read_bvh(path)
    body = body_of(bvh, path)
    with pytest.raises(ValueError, match="must have 60 frames"):
        refit(bvh, body, WALK[:59])
    fixed = replace(bvh.tree, channels=(("Zrotation", "Xrotation", "Yrotation"), *bvh.tree.channels[1:]))
    with pytest.raises(ValueError, match="no joint with three position channels"):
        refit(bvh, replace(body, tree=fixed), WALK)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    ["cmu/bvh/07_01", "cmu/bvh/60_01", "cmu/bvh/14_04", "bandai/bvh/dataset-1_kick_normal_001"],
)
def test_corrected_captures_are_written_on_their_own_skeletons(shared_data, name):
    from motion.physics import PhysicsSettings, correct_joints

    path = shared_data / f"{name}.bvh.gz"
    bvh = read_bvh(path)
    own = at(bvh, bvh.values, path)
    wanted = correct_joints(own[None], None, PhysicsSettings(body="clip")).joints[0]
    got = at(bvh, refit(bvh, body_of(bvh, path), wanted), path)
    away = np.linalg.norm(got - wanted, axis=-1).mean()
    assert away < 0.1 * np.linalg.norm(wanted - own, axis=-1).mean()
