"""Quaternion helpers that inverse kinematics and tracking need beside `motion.kinematics.rotations` (wxyz, unit).

Arithmetic is elementwise (no matrix product over the clip axis), so that a clip's numbers do not depend on which
other clips share the array.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from motion.kinematics.rotations import to_matrix, unit

Floats = NDArray[np.floating[Any]]


def dot(a: Floats, b: Floats) -> Floats:
    """Inner product over the last axis, kept with length 1."""
    result: Floats = (a * b).sum(axis=-1, keepdims=True)
    return result


def from_matrix(m: Floats) -> Floats:
    """Quaternions (..., 4) of rotation matrices (..., 3, 3), by the largest of four forms (Shepperd 1978)."""
    xx, yy, zz = m[..., 0, 0], m[..., 1, 1], m[..., 2, 2]
    a, b, c = m[..., 2, 1], m[..., 0, 2], m[..., 1, 0]
    d, e, f = m[..., 1, 2], m[..., 2, 0], m[..., 0, 1]
    forms = np.stack(
        [
            np.stack([1 + xx + yy + zz, a - d, b - e, c - f], axis=-1),
            np.stack([a - d, 1 + xx - yy - zz, c + f, b + e], axis=-1),
            np.stack([b - e, c + f, 1 - xx + yy - zz, a + d], axis=-1),
            np.stack([c - f, b + e, a + d, 1 - xx - yy + zz], axis=-1),
        ],
        axis=-2,
    )
    size = np.stack([forms[..., k, k] for k in range(4)], axis=-1)
    best = np.take_along_axis(forms, size.argmax(axis=-1)[..., None, None], axis=-2)[..., 0, :]
    return unit(best)


def from_axes(x: Floats, y: Floats, z: Floats) -> Floats:
    """Quaternions of the frames whose axes are the orthonormal (..., 3) x, y, z."""
    return from_matrix(np.stack([x, y, z], axis=-1))


def rotation_vector(q: Floats) -> Floats:
    """Axis times angle [rad], (..., 4) -> (..., 3), angle in [0, pi]."""
    q = np.where(q[..., :1] < 0, -q, q)
    sine = np.sqrt(dot(q[..., 1:], q[..., 1:]))
    angle = 2 * np.arctan2(sine, q[..., :1])
    # below 1e-8 the quotient is 2 to machine precision
    return q[..., 1:] * np.where(sine > 1e-8, angle / np.maximum(sine, 1e-8), 2.0)


def nearest_rotation(m: Floats) -> Floats:
    """The rotations nearest to (..., 3, 3) matrices in the Frobenius norm (Kabsch's solution), as quaternions."""
    u, _, vt = np.linalg.svd(m)
    sign = np.sign(np.linalg.det(u) * np.linalg.det(vt))
    u = u * np.stack([np.ones_like(sign), np.ones_like(sign), sign], axis=-1)[..., None, :]
    return from_matrix((u[..., :, :, None] * vt[..., None, :, :]).sum(axis=-2))


def kabsch(template: Floats, points: Floats) -> Floats:
    """Rotations (..., 4) that best turn `template` (..., k, 3) into `points` (..., k, 3), both about their origin."""
    return nearest_rotation((points[..., :, :, None] * template[..., :, None, :]).sum(axis=-3))


def mean_rotation(q: Floats, axis: int) -> Floats:
    """Chordal mean of rotations (..., 4) along `axis`."""
    return nearest_rotation(to_matrix(q).mean(axis=axis))


def continuous(q: Floats, axis: int) -> Floats:
    """The same rotations with signs chosen so that neighbours along `axis` lie in one half-sphere."""
    q = np.moveaxis(q, axis, 0)
    steps = np.where((q[1:] * q[:-1]).sum(axis=-1) < 0, -1.0, 1.0)
    signs = np.concatenate([np.ones_like(steps[:1]), np.cumprod(steps, axis=0)])
    return np.moveaxis(q * signs[..., None], 0, axis)


def body_rates(q: Floats, rate: Floats) -> Floats:
    """Angular velocity in the rotating frame [rad/s] from q and its time derivative, (..., 4) -> (..., 3).

    With the second derivative in place of `rate` it gives the angular acceleration, as the omega x omega term of
    q* q'' is real.
    """
    w, v = q[..., :1], q[..., 1:]
    return 2 * (w * rate[..., 1:] - rate[..., :1] * v - np.cross(v, rate[..., 1:]))
