"""The 263-dim motion representation of HumanML3D (Guo et al. 2022) and its inverse, vectorised over clips and frames.

From T+1 frames of 22 joints (metres, y up) come T rows:

| dims | content | unit |
|---|---|---|
| 0 | half the yaw from frame t to t+1 | rad/frame |
| 1:3 | root velocity x, z in the heading frame of t+1 | m/frame |
| 3 | root height | m |
| 4:67 | joints 1..21 less the root's x, z, in the heading frame of t (height absolute) | m |
| 67:193 | local rotations of joints 1..21, first two matrix columns each | - |
| 193:259 | velocities of the 22 joints in the heading frame of t | m/frame |
| 259:263 | contact of left ankle, left toe, right ankle, right toe | 0/1 |

HumanML3D's quirks are kept: the heading takes the hips with the opposite sign of the shoulders, the rotations of every
chain (the arms too) start from the heading, contact is a speed test without a height test. One thing is put right: the
yaw step is taken from the quaternion with w >= 0. HumanML3D takes the arcsine of whichever sign comes, so a character
that turns through the direction straight behind gets that one step with the wrong sign, and the recovered path
bends by twice the step from there on.

Source: https://github.com/EricGuo5513/HumanML3D (motion_representation), reimplemented.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from motion.kinematics import rotations as rot
from motion.kinematics.retarget import across
from motion.kinematics.skeleton import CHAINS, FEET_LEFT, FEET_RIGHT, N_JOINTS, RAW_DIRECTIONS, J

Floats = NDArray[np.floating[Any]]
Float32 = NDArray[np.float32]
Writer = Callable[[Floats, Floats, Float32], None]
Floor = Literal["clip", "given"]

DIM = 263
GROUPS: tuple[slice, ...] = (
    slice(0, 1), slice(1, 3), slice(3, 4), slice(4, 67), slice(67, 193), slice(193, 259), slice(259, 263),
)  # fmt: skip
"""The seven groups of the table above; the normaliser shares one std inside each."""
YAW, ROOT_VELOCITY, ROOT_HEIGHT, POSITIONS, ROTATIONS, VELOCITIES, CONTACTS = GROUPS

CONTACT_SPEED2 = 0.002
"""A foot joint touches the ground when it moves less than this per frame [m^2] (0.894 m/s at 20 fps)."""
HEADING_SIGMA = 20.0
"""Width of the Gaussian that smooths the heading [frames]."""

_BLOCK = 3000
"""Frames worked on at once, see `blocks`; by measurement, 1000 to 6000 are about as good."""
_FORWARD = np.array([0.0, 0.0, 1.0])


def encode(joints: Floats, *, floor: Floor = "clip", heading: Floats | None = None) -> Float32:
    """Features of clips: (..., T+1, 22, 3) [m, y up] -> (..., T, 263).

    Every clip is moved so that its first root stands at x = z = 0 and it first faces +z.

    Args:
        joints: at least two frames.
        heading: rotations from the world into the frames in which the features are told, (..., T+1, 4), such as
            `stated_heading` gives; left out: read off hips and shoulders, and smoothed. With it no clip is turned.
        floor: "clip" lowers each clip until its lowest joint touches y = 0, as HumanML3D does; "given" keeps heights
            (a motion that floats or sinks keeps doing so: the choice for generated and corrected motions).

    Raises:
        ValueError: the shape is another one, or a value is not finite.
    """
    return in_blocks(_write, joints, DIM, floor=floor, heading=heading)


def in_blocks(write: Writer, joints: Floats, dim: int, *, floor: Floor, heading: Floats | None = None) -> Float32:
    """Rows of features that `write` fills in, some clips at a time: (..., T+1, 22, 3) [m] -> (..., T, dim).

    Args:
        write: gets placed clips (n, T+1, 22, 3), their headings (n, T+1, 4), the rows to fill (n, T, dim).
        joints, floor, heading: see `encode`.

    Raises:
        ValueError: see `encode`.
    """
    p: Floats = np.asarray(joints, dtype=np.float64)
    if p.ndim < 3 or p.shape[-2:] != (N_JOINTS, 3) or p.shape[-3] < 2:
        raise ValueError(f"joints must have shape (..., T+1 >= 2, {N_JOINTS}, 3), got {p.shape}; give one frame more")
    if not np.all(np.isfinite(p)):
        raise ValueError(f"joints must be finite, got {int((~np.isfinite(p)).sum())} nan or inf; drop those clips")
    clips = p.reshape(-1, *p.shape[-3:])
    out = np.empty((len(clips), p.shape[-3] - 1, dim), dtype=np.float32)
    given = None if heading is None else heading.reshape(-1, p.shape[-3], 4)
    for block in blocks(len(clips), p.shape[-3]):
        placed = place(clips[block], floor=floor, turned=given is None)
        write(placed, smoothed_heading(placed) if given is None else given[block], out[block])
    return out.reshape(*p.shape[:-3], *out.shape[1:])


def blocks(clips: int, frames: int) -> Iterator[slice]:
    """Slices of clips to work on one after the other, so that the work arrays stay in the processor's cache."""
    size = max(1, _BLOCK // frames)
    return (slice(start, start + size) for start in range(0, clips, size))


def write_core(p: Floats, heading: Floats, out: Float32) -> None:
    """Dims 0:67 of placed clips, see `in_blocks`."""
    write_root(p, heading, out)
    out[..., POSITIONS] = local_positions(p, heading).reshape(*out.shape[:-1], -1)


def write_root(p: Floats, heading: Floats, out: Float32) -> None:
    """Dims 0:4 of placed clips, see `in_blocks`."""
    now, after = heading[..., :-1, :], heading[..., 1:, :]
    turn = rot.multiply(after, rot.inverse(now))
    turn = np.where(turn[..., :1] < 0, -turn, turn)
    out[..., 0] = np.arcsin(np.clip(turn[..., 2], -1, 1))
    out[..., ROOT_VELOCITY] = rot.rotate(after, np.diff(p[..., 0, :], axis=-2))[..., 0::2]
    out[..., 3] = p[..., :-1, 0, 1]


def local_positions(p: Floats, heading: Floats) -> Floats:
    """Joints 1..21 less the root's x, z in the heading frame, (..., T+1, 22, 3) -> (..., T, 21, 3) [m]."""
    local = p[..., :-1, 1:, :].copy()
    local[..., 0::2] -= p[..., :-1, :1, 0::2]
    return rot.rotate(heading[..., :-1, None, :], local)


def _write(p: Floats, heading: Floats, out: Float32) -> None:
    """All 263 dims of placed clips, see `in_blocks`."""
    write_core(p, heading, out)
    now, rows = heading[..., :-1, :], out.shape[:-1]
    step = np.diff(p, axis=-3)  # (..., T, 22, 3)
    feet = (step[..., [*FEET_LEFT, *FEET_RIGHT], :] ** 2).sum(axis=-1)
    out[..., ROTATIONS] = rot.to_6d(_chain_rotations(p[..., :-1, :, :], now)).reshape(*rows, -1)
    out[..., VELOCITIES] = rot.rotate(now[..., None, :], step).reshape(*rows, -1)
    out[..., CONTACTS] = feet < CONTACT_SPEED2


def decode(features: Floats, *, extra: bool = False) -> Float32:
    """Joints of features: (..., T, 263) -> (..., T, 22, 3) [m], starting at x = z = 0, facing +z.

    Only dims 0:67 are read (HumanML3D's `recover_from_ric`). With `extra` one frame more comes back, moved from the
    last one by its velocities (dims 193:259), so that `encode(decode(x, extra=True), floor="given")` has T rows again.

    Raises:
        ValueError: the last axis is not 263, or there is no frame.
    """
    d = checked_features(features, DIM)
    joints, to_world = recover(d)
    if extra:
        velocity = d[..., -1:, VELOCITIES].reshape(*d.shape[:-2], 1, N_JOINTS, 3)
        last = joints[..., -1:, :, :] + rot.rotate(to_world[..., -1:, None, :], velocity)
        joints = np.concatenate([joints, last], axis=-3)
    return joints.astype(np.float32)


def checked_features(features: Floats, dim: int) -> Floats:
    """The features in double precision.

    Raises:
        ValueError: not (..., T >= 1, dim).
    """
    d: Floats = np.asarray(features, dtype=np.float64)
    if d.ndim < 2 or d.shape[-1] != dim or d.shape[-2] < 1:
        raise ValueError(f"features must have shape (..., T >= 1, {dim}), got {d.shape}")
    return d


def recover(d: Floats) -> tuple[Floats, Floats]:
    """Joints from dims 0:67, (..., T, >= 67) -> (..., T, 22, 3) [m], and the turn from heading to world (..., T, 4)."""
    to_world, root = root_path(d)
    return world_joints(d[..., POSITIONS].reshape(*d.shape[:-1], N_JOINTS - 1, 3), to_world, root), to_world


def root_path(d: Floats) -> tuple[Floats, Floats]:
    """Turn from the heading frame to the world (..., T, 4) and root (..., T, 3) [m] from dims 0:4."""
    to_world = rot.inverse(stated_heading(d)[..., :-1, :])
    step = np.zeros((*d.shape[:-1], 3))
    step[..., 1:, 0::2] = d[..., :-1, ROOT_VELOCITY]
    root = np.cumsum(rot.rotate(to_world, step), axis=-2)
    root[..., 1] = d[..., 3]
    return to_world, root


def stated_heading(features: Floats) -> Floats:
    """What turns the world into the heading frame by dim 0, (..., T, >= 1) -> (..., T+1, 4); identity at frame 0.

    Of an encoded clip the smoothed heading; a generated motion may face elsewhere, and is told in it all the same.
    """
    half = np.zeros((*features.shape[:-2], features.shape[-2] + 1))
    half[..., 1:] = np.cumsum(np.asarray(features[..., 0], np.float64), axis=-1)
    return rot.about_y(2 * half)


def world_joints(local: Floats, to_world: Floats, root: Floats) -> Floats:
    """All joints (..., T, 22, 3) [m] from what `local_positions` gives (..., T, 21, 3) and `root_path`; undoes it."""
    joints = np.empty((*root.shape[:-1], N_JOINTS, 3))
    joints[..., 0, :] = root
    joints[..., 1:, :] = rot.rotate(to_world[..., None, :], local)
    joints[..., 1:, 0::2] += root[..., None, 0::2]
    return joints


def last_frame(features: Floats, lengths: NDArray[np.int64], joints: Float32) -> Float32:
    """The frame that follows each motion's last one, (n, 22, 3): moved by the last row's velocities."""
    d = np.asarray(features, dtype=np.float64)
    row = np.arange(len(d))
    to_world = rot.inverse(stated_heading(d)[row, lengths - 1])
    velocity = d[row, lengths - 1, VELOCITIES].reshape(-1, N_JOINTS, 3)
    moved = rot.rotate(to_world[:, None, :], velocity)
    return np.asarray(joints[row, lengths - 1] + moved, dtype=np.float32)


def place(joints: Floats, *, floor: Floor = "clip", turned: bool = True) -> Floats:
    """The same clips with the first root at x = z = 0, first facing +z if `turned`, the floor as `encode` states it."""
    p = joints.copy()
    if floor == "clip":
        p[..., 1] -= p[..., 1].min(axis=(-2, -1), keepdims=True)
    elif floor != "given":
        raise ValueError(f"floor must be 'clip' or 'given', got {floor!r}")
    p[..., 0::2] -= p[..., :1, :1, 0::2]
    if not turned:
        return p
    turn = rot.between(_forward(across(p[..., 0, :, :])), _FORWARD)
    return rot.rotate(turn[..., None, None, :], p)


def smoothed_heading(joints: Floats) -> Floats:
    """Rotation about y from the world into the heading frame, (..., T, 22, 3) -> (..., T, 4); identity at frame 0.

    The hips enter with the opposite sign of `place`: HumanML3D unpacks the same four indices in another order there.
    """
    crossed = (joints[..., J["left_hip"], :] - joints[..., J["right_hip"], :]) + (
        joints[..., J["right_shoulder"], :] - joints[..., J["left_shoulder"], :]
    )
    forward = gaussian_filter1d(_forward(crossed), HEADING_SIGMA, axis=-2, mode="nearest")
    heading = rot.between(forward, _FORWARD)
    heading[..., 0, :] = [1.0, 0.0, 0.0, 0.0]
    return heading


def _forward(to_right: Floats) -> Floats:
    """Horizontal forward direction up x to_right, (..., 3); its length is the horizontal share of unit `to_right`."""
    a = rot.unit(to_right)
    return np.stack([a[..., 2], np.zeros_like(a[..., 0]), -a[..., 0]], axis=-1)


def _chain_rotations(joints: Floats, heading: Floats) -> Floats:
    """Local rotations of joints 1..21, (..., T, 22, 3) -> (..., T, 21, 4); every chain starts from the heading."""
    local = np.zeros((*joints.shape[:-2], N_JOINTS, 4))
    for chain in CHAINS:
        parent = heading
        for start, end in zip(chain[:-1], chain[1:], strict=True):
            bone = rot.between(RAW_DIRECTIONS[end], joints[..., end, :] - joints[..., start, :])
            local[..., end, :] = rot.multiply(rot.inverse(parent), bone)
            parent = bone  # parent * local, without the rounding
    return local[..., 1:, :]
