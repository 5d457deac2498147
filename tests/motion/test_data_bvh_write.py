"""Motions written as BVH come back: ours to a hundredth of a millimetre, any tree as it was read."""

import gzip

import numpy as np
import pytest
from support import BVH_HEAD

from motion.data.bvh import parse_bvh, read_bvh
from motion.data.bvh_write import bvh_text, write_bvh, write_tree
from motion.data.pack import load_pack
from motion.data.procedural import KINDS, generate
from motion.data.skeletons import body_joints, known_skeleton
from motion.kinematics.hierarchy import Hierarchy, forward, local_rotations
from motion.kinematics.retarget import from_directions
from motion.kinematics.skeleton import RAW_DIRECTIONS

TEXT = (
    BVH_HEAD
    + """Frames: 2
Frame Time: 0.05
0 1 0 90 0 0 0.5 -0.25 +3
1 1 0 0 0 0 0 0 0
"""
)
CLIPS = generate(2 * len(KINDS), frames=40, seed=3)


def test_every_kind_of_motion_comes_back(tmp_path):
    for clip in CLIPS:
        path = tmp_path / "a.bvh"
        assert write_bvh(path, clip.joints) < 1e-6
        bvh = read_bvh(path)
        assert known_skeleton(bvh.tree) == "ours" and bvh.fps == pytest.approx(20)
        assert np.abs(body_joints(bvh) - clip.joints).max() < 1e-5  # 0.01 mm


def test_any_directions_of_the_bones_come_back(tmp_path):
    """Bones that point anywhere, straight up against their rest included: no rigid hips, no smooth motion."""
    rng = np.random.default_rng(0)
    directions = rng.normal(size=(200, 22, 3))
    directions /= np.linalg.norm(directions, axis=-1, keepdims=True)
    directions[0] = RAW_DIRECTIONS
    directions[1] = -RAW_DIRECTIONS
    directions[2:5] = np.eye(3)[:, None]
    joints = from_directions(rng.normal(size=(200, 3)), directions)
    assert write_bvh(tmp_path / "a.bvh.gz", joints, fps=60) < 1e-9
    bvh = read_bvh(tmp_path / "a.bvh.gz")
    assert np.abs(body_joints(bvh) - joints).max() < 1e-5 and bvh.fps == pytest.approx(60)
    assert np.allclose(bvh.values[0, 3:], 0)  # the rest pose has no angles


def test_a_folder_of_written_motions_is_a_pack(tmp_path):
    for clip in CLIPS[:2]:
        write_bvh(tmp_path / f"{clip.name}.bvh", clip.joints)
        (tmp_path / f"{clip.name}.txt").write_text("\n".join(clip.captions))
    got = {clip.name: clip for clip in load_pack(tmp_path).clips}
    for clip in CLIPS[:2]:
        assert np.abs(got[clip.name].joints - clip.joints).max() < 5e-4
    first = (tmp_path / f"{CLIPS[0].name}.bvh").read_bytes()
    write_bvh(tmp_path / f"{CLIPS[0].name}.bvh", CLIPS[0].joints)
    assert (tmp_path / f"{CLIPS[0].name}.bvh").read_bytes() == first


def test_bones_that_stretch_are_measured(tmp_path):
    joints = CLIPS[0].joints.copy()
    joints[:5, 15, 1] += 0.1
    assert write_bvh(tmp_path / "a.bvh", joints) == pytest.approx(0.1, abs=0.05)


def test_any_tree_is_written_as_it_was_read(tmp_path):
    bvh = parse_bvh(TEXT.encode(), "a.bvh")
    write_tree(tmp_path / "a.bvh.gz", bvh.tree, bvh.values, bvh.fps)
    again = read_bvh(tmp_path / "a.bvh.gz")
    assert again.tree.names == bvh.tree.names and again.tree.channels == bvh.tree.channels
    assert np.array_equal(again.tree.offsets, bvh.tree.offsets) and np.array_equal(again.values, bvh.values)
    # Children that do not follow their parents at once: columns are put in the order of the file.
    turns = ("Zrotation", "Xrotation", "Yrotation")
    tree = Hierarchy(("a", "b", "c", "d"), (-1, 0, 0, 1), np.ones((4, 3)), (turns,) * 4, (0, 3, 6, 9))
    values = np.arange(12.0)[None]
    parsed = parse_bvh(bvh_text(tree, values, 30).encode(), "b.bvh")
    for name in "abcd":
        joint, other = tree.index(name), parsed.tree.index(name)
        assert np.allclose(forward(tree, values)[0][:, joint], forward(parsed.tree, parsed.values)[0][:, other])
        assert np.allclose(local_rotations(tree, values)[joint], local_rotations(parsed.tree, parsed.values)[other])
    deep = 900
    chain = Hierarchy(tuple(f"j{i}" for i in range(deep)), tuple(range(-1, deep - 1)), np.zeros((deep, 3)),
                      (turns,) + ((),) * (deep - 1), (0,) + (3,) * (deep - 1))  # fmt: skip
    assert len(parse_bvh(bvh_text(chain, np.zeros((1, 3)), 30).encode(), "deep.bvh").tree.names) == deep + 1


def test_what_cannot_be_written_is_refused(tmp_path):
    joints = CLIPS[0].joints
    for path, wrong, fps, message in (
        ("a.txt", joints, 20, "must end in .bvh"),
        ("a.bvh", joints[0], 20, "must have shape"),
        ("a.bvh", joints[:0], 20, "must have shape"),
        ("a.bvh", joints * np.nan, 20, "must be finite"),
        ("a.bvh", joints, 0, "frame rate"),
        ("a.bvh", joints, np.nan, "frame rate"),
    ):
        with pytest.raises(ValueError, match=message):
            write_bvh(tmp_path / path, wrong, fps)
    bvh = parse_bvh(TEXT.encode(), "a.bvh")
    with pytest.raises(ValueError, match="one column a channel"):
        write_tree(tmp_path / "a.bvh", bvh.tree, bvh.values[:, 1:], 30)
    assert list(tmp_path.iterdir()) == []
    write_bvh(tmp_path / "a.bvh.gz", joints)
    assert gzip.decompress((tmp_path / "a.bvh.gz").read_bytes()).startswith(b"HIERARCHY\nROOT pelvis")
