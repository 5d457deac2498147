"""Quaternion helpers against scipy's rotations and against their own algebra."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from motion.kinematics import rotations as rot

RNG = np.random.default_rng(0)
Q = rot.unit(RNG.normal(size=(50, 4)))
P = rot.unit(RNG.normal(size=(50, 4)))
V = RNG.normal(size=(50, 3))


def scipy_of(q):
    return Rotation.from_quat(q[..., [1, 2, 3, 0]])


def test_products_matrices_and_rotations_agree_with_scipy():
    assert np.allclose(rot.to_matrix(rot.multiply(P, Q)), (scipy_of(P) * scipy_of(Q)).as_matrix(), atol=1e-14)
    assert np.allclose(rot.rotate(Q, V), scipy_of(Q).apply(V), atol=1e-14)
    assert np.allclose(rot.to_matrix(Q), scipy_of(Q).as_matrix(), atol=1e-14)
    assert np.allclose(rot.rotate(rot.inverse(Q), rot.rotate(Q, V)), V, atol=1e-14)
    assert not np.allclose(rot.to_matrix(rot.multiply(Q, P)), (scipy_of(P) * scipy_of(Q)).as_matrix(), atol=0.1)


def test_about_y_turns_forward_to_the_left():
    assert np.allclose(rot.rotate(rot.about_y(np.array(np.pi / 2)), np.array([0.0, 0, 1])), [1, 0, 0], atol=1e-15)


unit_axes = st.sampled_from([np.eye(3)[i] * s for i in range(3) for s in (1.0, -1.0)])
directions = st.tuples(*[st.floats(-1, 1)] * 3).map(np.array).filter(lambda v: np.linalg.norm(v) > 1e-3) | unit_axes


@given(a=directions, b=directions)
def test_between_turns_one_direction_into_the_other_by_the_shortest_way(a, b):
    q = rot.between(a, b)
    assert np.allclose(rot.rotate(q, rot.unit(a)), rot.unit(b), atol=1e-7)
    angle = 2 * np.arccos(min(1.0, q[0]))
    assert np.isclose(np.cos(angle), rot.unit(a) @ rot.unit(b), atol=1e-7) and q[0] >= 0


@pytest.mark.parametrize("a", [*np.eye(3), [0.6, 0.0, -0.8], [0.1, 0.2, -0.3]])
def test_between_opposite_directions_is_half_a_turn(a):
    a = np.asarray(a, float)
    for eps in (0.0, 1e-12, 1e-6):
        q = rot.between(a, -a + eps)
        assert np.all(np.isfinite(q))
        assert np.allclose(rot.rotate(q, rot.unit(a)), rot.unit(-a + eps), atol=1e-7)


def test_between_opposite_headings_stays_about_the_vertical():
    q = rot.between([0.0, 0, -1], [0.0, 0, 1])
    assert np.allclose(np.abs(q), [0, 0, 1, 0])


def test_a_zero_direction_gives_the_identity():
    assert np.array_equal(rot.between(np.zeros(3), [0.0, 0, 1]), [1, 0, 0, 0])


def test_six_numbers_are_columns_and_come_back():
    d6 = rot.to_6d(Q)
    matrix = rot.to_matrix(Q)
    assert np.array_equal(d6[:, :3], matrix[:, :, 0]) and np.array_equal(d6[:, 3:], matrix[:, :, 1])
    assert np.allclose(rot.from_6d(d6 * 3.0), matrix, atol=1e-14)
    rows = np.concatenate([matrix[:, 0, :], matrix[:, 1, :]], axis=-1)
    assert not np.allclose(d6, rows, atol=0.1)  # rejects the row convention


def test_six_numbers_without_two_directions_are_refused():
    with pytest.raises(ValueError, match="neither zero nor parallel"):
        rot.from_6d(np.array([1.0, 0, 0, 2, 0, 0]))
    with pytest.raises(ValueError, match="neither zero nor parallel"):
        rot.from_6d(np.zeros(6))


def test_a_batch_gives_the_bits_of_its_members():
    assert all(np.array_equal(rot.rotate(Q, V)[i], rot.rotate(Q[i], V[i])) for i in range(50))
    assert all(np.array_equal(rot.between(V, P[:, 1:])[i], rot.between(V[i], P[i, 1:])) for i in range(50))
