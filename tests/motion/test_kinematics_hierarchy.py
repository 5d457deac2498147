"""Forward kinematics of Euler trees, the uniform body, two-bone legs: against scipy and by their own laws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from motion.kinematics.hierarchy import Hierarchy, axis_matrices, forward
from motion.kinematics.limbs import two_bone


def tree(order, root_channels=("Xposition", "Yposition", "Zposition")):
    turns = tuple(f"{axis}rotation" for axis in order)
    return Hierarchy(
        ("root", "middle", "tip", "tip.end"),
        (-1, 0, 1, 2),
        np.array([[9.0, 9, 9], [0, 1, 0], [0.5, 0, 0], [0, 0, 2]]),
        ((*root_channels, *turns), turns, turns, ()),
        (0, len(root_channels) + 3, len(root_channels) + 6, len(root_channels) + 9),
    )


@pytest.mark.parametrize("order", ["XYZ", "ZXY", "ZYX", "YXZ", "YZX", "XZY", "ZXZ"])
def test_any_euler_order_agrees_with_scipy(order):
    rng = np.random.default_rng(1)
    values = rng.uniform(-170, 170, (20, 12))
    positions, rotations = forward(tree(order), values)
    own = [Rotation.from_euler(order, values[:, 3 + 3 * j : 6 + 3 * j], degrees=True) for j in range(3)]
    turned, place = own[0], values[:, :3]
    for joint, offset in ((1, [0, 1, 0]), (2, [0.5, 0, 0]), (3, [0, 0, 2])):
        place = place + turned.apply(offset)
        assert np.allclose(positions[:, joint], place, atol=1e-12)
        turned = turned * own[joint] if joint < 3 else turned
    assert np.allclose(rotations[:, 3], turned.as_matrix(), atol=1e-12)
    if order != order[::-1]:  # has power: the axes fixed instead of moving with the joint is another pose
        wrong = Rotation.from_euler(order.lower(), values[:, 3:6], degrees=True)
        assert not np.allclose(rotations[:, 0], wrong.as_matrix(), atol=1e-2)


def test_position_channels_replace_the_offset_and_a_missing_one_keeps_it():
    values = np.zeros((1, 11))
    values[0, :2] = 1.0, 2.0
    positions, _ = forward(tree("ZXY", ("Xposition", "Zposition")), values)
    assert np.array_equal(positions[0, 0], [1.0, 9.0, 2.0])  # not [10, 9, 11]: channels do not add


def test_a_cut_tree_gives_the_same_joints():
    values = np.random.default_rng(2).uniform(-90, 90, (5, 12))
    whole, cut = tree("ZXY"), tree("ZXY").only(["tip"])
    assert cut.names == ("root", "middle", "tip")
    assert np.array_equal(forward(cut, values)[0], forward(whole, values)[0][:, :3])
    with pytest.raises(ValueError, match="no joint 'toe'"):
        whole.only(["toe"])


def test_axis_matrices_turn_right_handed():
    quarter = np.array(np.pi / 2)
    for axis in range(3):
        one, two = np.eye(3)[(axis + 1) % 3], np.eye(3)[(axis + 2) % 3]
        assert np.allclose(axis_matrices(axis, quarter) @ one, two)


bones = st.floats(0.1, 0.6)


@given(bones, bones, st.floats(0.02, 0.98), st.integers(0, 2**32 - 1))
def test_two_bones_keep_their_lengths_and_bend_to_the_pole(first, second, share, seed):
    rng = np.random.default_rng(seed)
    shortest = abs(first - second)
    distance = shortest + share * (first + second - shortest)
    direction = rng.normal(size=3)
    direction /= np.linalg.norm(direction)
    pole = np.cross(direction, rng.normal(size=3)) + rng.normal() * direction
    root = rng.normal(size=3)
    end = root + distance * direction
    middle = two_bone(root, end, first, second, pole)
    # The worst rounding is where the height is small against the bones: sqrt of eps.
    assert abs(np.linalg.norm(middle - root) - first) < 1e-7
    assert abs(np.linalg.norm(end - middle) - second) < 1e-7
    assert (middle - root) @ pole - (middle - root) @ direction * (pole @ direction) >= -1e-9
    assert abs(np.linalg.det([middle - root, direction, pole])) < 1e-7 * (1 + np.linalg.norm(pole))


def test_out_of_reach_the_leg_is_straight():
    middle = two_bone(np.zeros(3), np.array([0, -2.0, 0]), 0.4, 0.4, np.array([0, 0, 1.0]))
    assert np.allclose(middle, [0, -0.4, 0])
