"""The tree of a BVH file made to perform other joints: what a correction changed is put into the file's own channels.

The joints that turn our bones, and the one that carries the body, get new channels; all others (fingers, eyes, twists)
keep theirs to the digit, and so do names, offsets, order and frame rate. A bone is turned the shortest way from where
its parent's change has brought it, so that twists stay the file's. Legs bend so that ankles are where they should be,
on the file's own bones.

What is lost: a correction is known at 20 frames a second, so the changed channels carry nothing faster than 9 Hz in
files of a higher rate; joints with fewer than three angles keep them; where the file's bones are not as long as the
motion's, joints miss their places by the difference.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motion.data.bvh import Bvh
from motion.data.bvh_body import BvhBody
from motion.kinematics import rotations as rot
from motion.kinematics.hierarchy import POSITIONS, ROTATIONS, Hierarchy, local_rotations
from motion.kinematics.limbs import two_bone
from motion.kinematics.resample import low_pass, resample
from motion.kinematics.skeleton import FPS, N_JOINTS, PARENTS, J

Float = NDArray[np.float64]
Floats = NDArray[np.floating[Any]]

_LEGS = {J[f"{side}_knee"]: J[f"{side}_ankle"] for side in ("left", "right")}
"""The ankle below each knee. A foot must be where it stands; of an arm the direction of its bones is more."""


def refit(bvh: Bvh, body: BvhBody, joints: Float) -> Float:
    """Channel values (T, C) with which the file's tree performs `joints`, at the file's frame rate.

    Args:
        bvh: the file; T rows.
        body: where our joints lie in its tree.
        joints: (F, 22, 3) [m], y up, at 20 frames a second, F as `resample` makes of T rows.

    Raises:
        ValueError: another number of frames, or no joint with three positions carries the body.
    """
    tree = body.tree
    carrier = _carrier(tree, body)
    aims = _aims(tree, body)
    turned = [k for k in range(len(tree.names)) if k in aims or k == carrier]
    local = {k: _smooth(_turns(tree, k, bvh.values), bvh.fps) for k in turned}  # (T, 4)
    place = _smooth_places(tree, carrier, bvh)  # (T, 3)
    coarse = np.stack([
        _coarse(local[k] if k in local else _turns(tree, k, bvh.values), bvh.fps) for k in range(len(tree.names))
    ])  # fmt: skip
    if coarse.shape[1] != len(joints):
        raise ValueError(f"the motion must have {coarse.shape[1]} frames at {FPS} a second, got {len(joints)}")
    offsets = _offsets(tree, bvh)
    offsets[carrier] = resample(place, bvh.fps, antialias=False)
    solved = _Solve(tree, body, carrier, aims, rot.unit(coarse).astype(float), offsets, body.to_file(joints))
    values = bvh.values.copy()
    for k in turned:
        change = rot.multiply(solved.local[k], rot.inverse(solved.was[k]))
        turns = rot.unit(rot.multiply(_fine(change, bvh, turn=True), local[k]))
        _write_angles(tree, k, turns, values)
    _write_places(tree, carrier, place + _fine(solved.place - offsets[carrier], bvh, turn=False), values)
    return values


class _Solve:
    """The tree at 20 frames a second, joint after joint; everything in the file's unit and axes.

    was, local: (J, F, 4) each joint's turn in its parent's frame, before and after; place: (F, 3) of the carrier in
    its parent's frame, after.
    """

    def __init__(
        self, tree: Hierarchy, body: BvhBody, carrier: int, aims: dict[int, list[int]], was: Float, offsets: Float,
        target: Float,
    ) -> None:  # fmt: skip
        self.tree, self.aims, self.was, self.offsets = tree, aims, was, offsets
        self.local = was.copy()
        count, frames = was.shape[:2]
        self.old_turn, self.old_place = np.empty((count, frames, 4)), np.empty((count, frames, 3))
        self.turn, self.at = np.empty((count, frames, 4)), np.empty((count, frames, 3))
        for k in range(count):
            self.old_turn[k], self.old_place[k] = self._follow(k, self.old_turn, self.old_place, was)
        self.points = body.points(self.old_place.swapaxes(0, 1))  # (F, 22, 3)
        shift = np.zeros((frames, 3))
        for _ in range(2):  # a second time where a joint between the carrier and the hips has moved the pelvis off
            self.local[:], self.target = was, target.copy()
            for k in range(count):
                self.turn[k], self.at[k] = self._follow(k, self.turn, self.at, self.local)
                if k == carrier:
                    self._carry(k, shift)
                elif k in aims:
                    self._aim(k)
            shift = target[:, 0] - body.points(self.at.swapaxes(0, 1))[:, 0]
        self.place = self._inside(carrier, self.at[carrier])

    def _follow(self, k: int, turn: Float, at: Float, local: Float) -> tuple[Floats, Floats]:
        parent = self.tree.parents[k]
        if parent < 0:
            return local[k], self.offsets[k]
        return rot.multiply(turn[parent], local[k]), at[parent] + rot.rotate(turn[parent], self.offsets[k])

    def _inside(self, k: int, at: Float) -> Floats:
        """A place of joint k in its parent's frame."""
        parent = self.tree.parents[k]
        if parent < 0:
            return at
        return rot.rotate(rot.inverse(self.turn[parent]), at - self.at[parent])

    def _carry(self, k: int, shift: Float) -> None:
        """The joint that carries the body: the pelvis comes to its place and `shift` beyond, its bones are turned as
        they fit best."""
        rest = self.points - self.points[:, :1]
        aims = self.aims.get(k, [])
        if aims:
            self._turn(k, rest[:, aims], (self.target - self.target[:, :1])[:, aims])
        arm = self._carried(k, self.points[:, 0] - self.old_place[k])
        self.at[k] = self.target[:, 0] - arm + shift

    def _aim(self, k: int) -> None:
        aims = self.aims[k]
        for joint in aims:
            end = _LEGS.get(joint)
            if end is not None:
                bones = self.points[:, joint] - self.old_place[k], self.points[:, end] - self.points[:, joint]
                first, second = (float(np.median(np.linalg.norm(bone, axis=-1))) for bone in bones)
                pole = self.target[:, joint] - self.at[k]
                self.target[:, joint] = two_bone(self.at[k], self.target[:, end], first, second, pole)
        self._turn(k, self.points[:, aims] - self.old_place[k][:, None], self.target[:, aims] - self.at[k][:, None])

    def _carried(self, k: int, arm: Float) -> Floats:
        """A vector (F, ..., 3) of the old motion, fixed to joint k, after its turn."""
        change = rot.multiply(self.turn[k], rot.inverse(self.old_turn[k]))
        return rot.rotate(change.reshape(len(change), *[1] * (arm.ndim - 2), 4), arm)

    def _turn(self, k: int, arms: Float, wanted: Float) -> None:
        """Turn joint k so that its arms (F, a, 3) of the old motion point as wanted, from where it has come to."""
        now = self._carried(k, arms)
        if now.shape[1] == 1:
            step = rot.between(now[:, 0], wanted[:, 0])
        else:
            step = _best_turn(now, wanted)
        self.turn[k] = rot.unit(rot.multiply(step, self.turn[k]))
        parent = self.tree.parents[k]
        above = rot.inverse(self.turn[parent]) if parent >= 0 else np.array([1.0, 0.0, 0.0, 0.0])
        self.local[k] = rot.multiply(above, self.turn[k])


def _best_turn(now: Floats, wanted: Floats) -> Floats:
    """The rotations (F, 4) that bring vectors (F, a, 3) nearest to others; where they leave a twist open, none."""
    from scipy.spatial.transform import Rotation

    product = np.einsum("fai,faj->fij", wanted, now)
    size = np.sqrt((product**2).sum(axis=(1, 2)))
    u, _, vt = np.linalg.svd(product + (1e-6 * size + 1e-12)[:, None, None] * np.eye(3))
    u[..., -1] *= np.linalg.det(u @ vt)[:, None]
    quaternion = Rotation.from_matrix(u @ vt).as_quat()
    return np.asarray(quaternion[:, [3, 0, 1, 2]], float)


def _aims(tree: Hierarchy, body: BvhBody) -> dict[int, list[int]]:
    """Which of our joints each joint of the tree brings to its place: those whose bone it turns."""
    found: dict[int, list[int]] = {}
    for joint in range(1, N_JOINTS):
        ends = {*body.ends[joint][:2], *body.ends[PARENTS[joint]][:2]}
        owner = _common(tree, ends)
        if owner not in body.ends[joint][:2] and _is_free(tree, owner):
            found.setdefault(owner, []).append(joint)
    return found


def _common(tree: Hierarchy, joints: set[int]) -> int:
    """The nearest common ancestor of joints, or the one of them that is it."""
    lines = [set(_line(tree, joint)) for joint in joints]
    return max(set.intersection(*lines))  # parents come first


def _line(tree: Hierarchy, joint: int) -> list[int]:
    """A joint and its ancestors."""
    found = [joint]
    while (joint := tree.parents[joint]) >= 0:
        found.append(joint)
    return found


def _is_free(tree: Hierarchy, joint: int) -> bool:
    return all(name in tree.channels[joint] for name in ROTATIONS)


def _carrier(tree: Hierarchy, body: BvhBody) -> int:
    """The lowest joint with three positions that carries all of ours."""
    whole = _common(tree, {joint for end in body.ends for joint in end[:2]})
    for joint in _line(tree, whole):
        if all(name in tree.channels[joint] for name in POSITIONS):
            return joint
    raise ValueError("no joint with three position channels carries the whole body, so it cannot be moved")


def _turns(tree: Hierarchy, joint: int, values: Float) -> Float:
    """Turns of one joint in its parent's frame, (T, 4)."""
    from scipy.spatial.transform import Rotation

    columns = tree.columns[joint]
    alone = Hierarchy(("",), (-1,), np.zeros((1, 3)), (tree.channels[joint],), (0,))
    rows = values[:, columns : columns + len(tree.channels[joint])]
    quaternion = Rotation.from_matrix(local_rotations(alone, rows)[0]).as_quat()
    return np.asarray(_continuous(quaternion[:, [3, 0, 1, 2]]), float)


def _continuous(turns: Floats) -> Floats:
    """The same turns (T, 4), signs chosen so that neighbours lie in one half-sphere."""
    steps = np.where((turns[1:] * turns[:-1]).sum(axis=-1) < 0, -1.0, 1.0)
    result: Floats = turns * np.concatenate([[1.0], np.cumprod(steps)])[:, None]
    return result


def _smooth(turns: Float, fps: float) -> Float:
    return np.asarray(rot.unit(low_pass(turns, fps, FPS)), float)


def _coarse(turns: Float, fps: float) -> Float:
    return resample(turns, fps, antialias=False)


def _smooth_places(tree: Hierarchy, joint: int, bvh: Bvh) -> Float:
    columns = [tree.columns[joint] + tree.channels[joint].index(name) for name in POSITIONS]
    return low_pass(bvh.values[:, columns], bvh.fps, FPS)


def _offsets(tree: Hierarchy, bvh: Bvh) -> Float:
    """Place of every joint in its parent's frame at 20 frames a second, (J, F, 3)."""
    frames = len(resample(bvh.values[:, :1], bvh.fps, antialias=False))
    result = np.broadcast_to(tree.offsets[:, None], (len(tree.names), frames, 3)).copy()
    for joint, channels in enumerate(tree.channels):
        for k, channel in enumerate(channels):
            if channel in POSITIONS:
                column = tree.columns[joint] + k
                result[joint, :, POSITIONS.index(channel)] = resample(bvh.values[:, column], bvh.fps, antialias=False)
    return result


def _fine(change: Floats, bvh: Bvh, *, turn: bool) -> Float:
    """A change (F, k) known at 20 frames a second, at the file's T rows; after the last one it stays as it is."""
    rows = len(bvh.values)
    fine = resample(np.asarray(_continuous(change) if turn else change, float), FPS, bvh.fps, antialias=False)[:rows]
    held = np.concatenate([fine, np.repeat(fine[-1:], rows - len(fine), axis=0)])
    return np.asarray(rot.unit(held) if turn else held, float)


def _write_angles(tree: Hierarchy, joint: int, turns: Floats, values: Float) -> None:
    """Put turns (T, 4) into a joint's channels [degrees], without jumps, near to what stood there."""
    from scipy.spatial.transform import Rotation

    names = [name for name in tree.channels[joint] if name in ROTATIONS]
    columns = [tree.columns[joint] + tree.channels[joint].index(name) for name in names]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # at the pole one angle is free: scipy takes it as 0, and warns
        angles = Rotation.from_quat(turns[:, [1, 2, 3, 0]]).as_euler("".join(name[0] for name in names), degrees=True)
    angles = np.unwrap(angles, period=360.0, axis=0)
    values[:, columns] = angles - 360.0 * np.round((angles[:1] - values[:1, columns]) / 360.0)


def _write_places(tree: Hierarchy, joint: int, places: Float, values: Float) -> None:
    for axis, name in enumerate(POSITIONS):
        values[:, tree.columns[joint] + tree.channels[joint].index(name)] = places[:, axis]
