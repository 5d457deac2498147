"""Root motion and joint rotations: what an animation file holds, for the uniform body.

| dims | content | unit |
|---|---|---|
| 0:4 | root as in `hml263`: half the yaw step, velocity x, z, height | rad/frame, m/frame, m |
| 4:136 | rotations of joints 0..21, the first two matrix columns each | - |

The frame of a joint turns the canonical direction of the bone that ENDS in it (HumanML3D's convention, so bones that
are not rigid to each other, as at the hips, come back too) and is stored relative to its true parent's frame; the
pelvis, which ends no bone, relative to the heading. HumanML3D's own rotations leave the pelvis out and start the arms
from the heading.

What the joints say about a frame and what is free:

* pelvis: all of it. Its +x goes along the hips (right to left), its +y as near as that allows to spine1.
* spine3: all of it. Its +y goes along its bone, its +x as near as that allows to the collars (right to left). The neck
  has a rotation of its own and adds nothing.
* every other joint: two of three angles. The twist about its own bone is free: joints do not show it. We take the
  smallest rotation from the parent's frame, which has none; so a twist that a mocap file holds (a forearm's, the
  head's turn) is NOT here, and neither is one of a pose whose second directions vanish or run along the first.

Bone lengths are not stored: `decode` gives the uniform body, so joints come back only if they had its bone lengths.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from motion.features import hml263
from motion.features.hml263 import Float32, Floats, Floor
from motion.kinematics import rotations as rot
from motion.kinematics.skeleton import BONE_LENGTHS, N_JOINTS, PARENTS, RAW_DIRECTIONS, J

DIM = 4 + 6 * N_JOINTS
GROUPS: tuple[slice, ...] = (*hml263.GROUPS[:3], slice(4, DIM))
ROTATIONS = GROUPS[3]

_X, _Y = np.eye(3)[:2]


def encode(joints: Floats, *, floor: Floor = "clip", heading: Floats | None = None) -> Float32:
    """Features of clips, (..., T+1, 22, 3) [m, y up] -> (..., T, 136).

    Args:
        joints, floor, heading: see `hml263.encode`. Bone lengths are read nowhere; only directions are.

    Raises:
        ValueError: see `hml263.encode`.
    """
    return hml263.in_blocks(_write, joints, DIM, floor=floor, heading=heading)


def decode(features: Floats) -> Float32:
    """Joints of features on the uniform body, (..., T, 136) -> (..., T, 22, 3) [m], starting at x = z = 0, facing +z.

    Columns that are not orthonormal (generated ones) are made so by Gram-Schmidt.

    Raises:
        ValueError: the last axis is not 136, there is no frame, or two columns are zero or parallel (padding is).
    """
    d = hml263.checked_features(features, DIM)
    motions = d.reshape(-1, *d.shape[-2:])
    out = np.empty((*motions.shape[:2], N_JOINTS, 3), dtype=np.float32)
    for block in hml263.blocks(*motions.shape[:2]):
        rows = motions[block]
        local = joints_by_rotations(rot.from_6d(rows[..., ROTATIONS].reshape(*rows.shape[:2], N_JOINTS, 6)))
        local[..., 1] += rows[..., None, 3]
        out[block] = hml263.world_joints(local[..., 1:, :], *hml263.root_path(rows))
    return out.reshape(*d.shape[:-1], N_JOINTS, 3)


def joints_by_rotations(
    local: Floats, frame_parents: Sequence[int] = PARENTS, bone_lengths: Floats = BONE_LENGTHS
) -> Floats:
    """Forward kinematics, (..., 22, 3, 3) -> joints less the root, (..., 22, 3) [m].

    Args:
        local: matrices of the joints' rotations; the root's is the frame of all.
        frame_parents: the joint whose frame each joint's rotation is relative to, before it in order; not the root's.
        bone_lengths: of the bone that ends in each joint, (22,) or broadcasting to (..., 22) [m].
    """
    # Components in front: sums over them add long runs, and a batch and its members one by one give the same bits.
    turns = np.ascontiguousarray(np.moveaxis(local, (-3, -2, -1), (0, 1, 2)))  # (22, 3, 3, ...)
    joints = np.zeros((N_JOINTS, 3, *turns.shape[3:]))
    frames = np.empty_like(turns)
    frames[0] = turns[0]
    for j in range(1, N_JOINTS):
        parent = frames[frame_parents[j]]
        frames[j] = (parent[:, :, None] * turns[j][None]).sum(axis=1)
        # A canonical direction is a coordinate axis or its opposite: a column of the frame.
        axis = int(np.abs(RAW_DIRECTIONS[j]).argmax())
        joints[j] = joints[PARENTS[j]] + frames[j][:, axis] * (RAW_DIRECTIONS[j, axis] * bone_lengths[..., j])
    return np.moveaxis(joints, (0, 1), (-2, -1))


def _write(p: Floats, heading: Floats, out: Float32) -> None:
    """All dims of placed clips, see `hml263.in_blocks`."""
    hml263.write_root(p, heading, out)
    local = np.empty((*out.shape[:-1], N_JOINTS, 3))
    local[..., 0, 0::2] = 0
    local[..., 0, 1] = p[..., :-1, 0, 1]
    local[..., 1:, :] = hml263.local_positions(p, heading)
    out[..., ROTATIONS] = rot.to_6d(_local_rotations(local)).reshape(*out.shape[:-1], -1)


def _local_rotations(joints: Floats) -> Floats:
    """Rotation of each joint relative to its parent's frame, (..., 22, 3) in the heading frame -> (..., 22, 4)."""
    hips = joints[..., J["left_hip"], :] - joints[..., J["right_hip"], :]
    collars = joints[..., J["left_collar"], :] - joints[..., J["right_collar"], :]
    local = np.empty((*joints.shape[:-1], 4))
    local[..., 0, :] = _turn(_X, hips, _Y, joints[..., J["spine1"], :] - joints[..., 0, :])
    frames = local.copy()  # relative to the heading
    for j in range(1, N_JOINTS):  # parents come before their children
        back = rot.inverse(frames[..., PARENTS[j], :])
        bone = rot.rotate(back, joints[..., j, :] - joints[..., PARENTS[j], :])
        if j == J["spine3"]:
            local[..., j, :] = _turn(_Y, bone, _X, rot.rotate(back, collars))
        else:
            local[..., j, :] = rot.between(RAW_DIRECTIONS[j], bone)
        frames[..., j, :] = rot.multiply(frames[..., PARENTS[j], :], local[..., j, :])
    return local


def _turn(first: Floats, to: Floats, second: Floats, towards: Floats) -> Floats:
    """The rotation that takes unit vector `first` to direction `to` and brings `second` nearest to `towards`.

    `second` is at right angles to `first`, both (3,); to, towards: (..., 3) -> (..., 4). Where `towards` is zero or
    along `to` it decides nothing: the shortest rotation, no twist.
    """
    swing = rot.between(first, to)
    side = rot.rotate(rot.inverse(swing), towards)
    angle = np.arctan2((side * np.cross(first, second)).sum(axis=-1), (side * second).sum(axis=-1))
    twist = np.concatenate([np.cos(angle / 2)[..., None], np.sin(angle / 2)[..., None] * first], axis=-1)
    return rot.multiply(swing, twist)
