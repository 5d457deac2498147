"""Unit quaternions (w, x, y, z) on numpy arrays: the few operations that the motion representations need.

Everything is elementwise over leading axes (no matrix product over a batch axis), so a batch and its members one by
one give the same bits. Quaternions rotate column vectors: `rotate(q, v)` is q v q^-1, and `multiply(p, q)` is "first
q, then p".
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.floating[Any]]

_PARALLEL = 1e-9  # below this norm of (1 + cos, sin) two unit vectors count as exactly opposite


def multiply(p: Floats, q: Floats) -> Floats:
    """Hamilton product of (..., 4) and (..., 4): the rotation q followed by p."""
    pw, px, py, pz = np.moveaxis(p, -1, 0)
    qw, qx, qy, qz = np.moveaxis(q, -1, 0)
    return np.stack(
        [
            pw * qw - px * qx - py * qy - pz * qz,
            pw * qx + px * qw + py * qz - pz * qy,
            pw * qy - px * qz + py * qw + pz * qx,
            pw * qz + px * qy - py * qx + pz * qw,
        ],
        axis=-1,
    )


def inverse(q: Floats) -> Floats:
    """Inverse of unit quaternions, (..., 4)."""
    return q * np.array([1.0, -1.0, -1.0, -1.0], dtype=q.dtype)


def rotate(q: Floats, v: Floats) -> Floats:
    """Vectors (..., 3) rotated by unit quaternions (..., 4); the leading axes broadcast."""
    w, x, y, z = np.moveaxis(q, -1, 0)
    a, b, c = np.moveaxis(v, -1, 0)
    # t = 2 u x v, then v + w t + u x t: about half the products of the sandwich.
    t0, t1, t2 = 2 * (y * c - z * b), 2 * (z * a - x * c), 2 * (x * b - y * a)
    return np.stack(
        [a + w * t0 + (y * t2 - z * t1), b + w * t1 + (z * t0 - x * t2), c + w * t2 + (x * t1 - y * t0)], axis=-1
    )


def about_y(angle: Floats) -> Floats:
    """Rotation by `angle` [rad] about +y, (...) -> (..., 4)."""
    zero = np.zeros_like(angle)
    return np.stack([np.cos(angle / 2), zero, np.sin(angle / 2), zero], axis=-1)


def unit(v: Floats) -> Floats:
    """Vectors divided by their length, (..., k); a zero vector stays zero."""
    length = np.sqrt((v * v).sum(axis=-1, keepdims=True))
    return v / np.where(length > 0, length, 1)


def between(start: ArrayLike, end: ArrayLike) -> Floats:
    """The shortest rotation that turns direction `start` into `end`, (..., 3) x (..., 3) -> (..., 4), with w >= 0.

    Exactly opposite directions: half a turn about start x X (about start x Y when start is along X), so that for
    horizontal directions off X the axis is vertical. A zero vector on either side gives the identity.
    """
    a, b = np.broadcast_arrays(unit(np.asarray(start, float)), unit(np.asarray(end, float)))
    a0, a1, a2 = np.moveaxis(a, -1, 0)
    b0, b1, b2 = np.moveaxis(b, -1, 0)
    q = np.stack([1 + (a0 * b0 + a1 * b1 + a2 * b2), a1 * b2 - a2 * b1, a2 * b0 - a0 * b2, a0 * b1 - a1 * b0], axis=-1)
    opposite = (q * q).sum(axis=-1) < _PARALLEL**2
    if np.any(opposite):
        zero = np.zeros_like(a0)
        across_x, across_y = np.stack([zero, a2, -a1], axis=-1), np.stack([-a2, zero, a0], axis=-1)
        axis = unit(np.where((np.abs(a0) < 0.9)[..., None], across_x, across_y))
        q = np.where(opposite[..., None], np.concatenate([zero[..., None], axis], axis=-1), q)
    return unit(q)


def to_matrix(q: Floats) -> Floats:
    """Rotation matrices (..., 3, 3) of unit quaternions (..., 4)."""
    w, x, y, z = np.moveaxis(q, -1, 0)
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def to_6d(q: Floats) -> Floats:
    """The first two COLUMNS of the rotation matrix, one after the other, (..., 4) -> (..., 6).

    Source: Zhou et al. 2019, "On the continuity of rotation representations"; HumanML3D takes columns too.
    """
    matrix = to_matrix(q)
    return np.concatenate([matrix[..., :, 0], matrix[..., :, 1]], axis=-1)


def from_6d(d6: Floats) -> Floats:
    """Rotation matrices (..., 3, 3) from two columns (..., 6), by Gram-Schmidt; undoes `to_6d`.

    Raises:
        ValueError: the columns are zero or parallel, so that they span no rotation.
    """
    first = unit(np.asarray(d6)[..., :3])
    second = np.asarray(d6)[..., 3:]
    second = second - (first * second).sum(axis=-1, keepdims=True) * first
    if np.any((second * second).sum(axis=-1) < 1e-20) or np.any((first * first).sum(axis=-1) < 0.5):
        raise ValueError("6D rotations need two columns that are neither zero nor parallel; check the features")
    second = unit(second)
    return np.stack([first, second, np.cross(first, second)], axis=-1)
