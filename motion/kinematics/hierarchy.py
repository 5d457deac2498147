"""Any tree of joints with Euler channels (a BVH hierarchy) and its forward kinematics."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]

POSITIONS = ("Xposition", "Yposition", "Zposition")
ROTATIONS = ("Xrotation", "Yrotation", "Zrotation")


@dataclass(frozen=True)
class Hierarchy:
    """A tree of joints, parents before children.

    names: one a joint; an end site is a joint without channels, named after its parent with ".end".
    parents: index of each joint's parent, -1 for the root.
    offsets: (J, 3) place of each joint in its parent's frame [the file's unit].
    channels: names of each joint's channels in the order of the file (XYZ "position", "rotation").
    columns: where each joint's channels begin in a row of values.
    """

    names: tuple[str, ...]
    parents: tuple[int, ...]
    offsets: Float
    channels: tuple[tuple[str, ...], ...]
    columns: tuple[int, ...]

    def index(self, name: str) -> int:
        """The joint's number; ValueError if there is none of that name."""
        try:
            return self.names.index(name)
        except ValueError:
            some = ", ".join(self.names[:8])[:400]
            raise ValueError(f"the skeleton has no joint {name[:40]!r}; it has {some}, ...") from None

    def only(self, names: Iterable[str]) -> Hierarchy:
        """The tree cut down to the named joints and their ancestors; reads the same rows of values."""
        kept: set[int] = set()
        for name in names:
            joint = self.index(name)
            while joint >= 0 and joint not in kept:
                kept.add(joint)
                joint = self.parents[joint]
        order = sorted(kept)
        new = {old: i for i, old in enumerate(order)} | {-1: -1}
        return Hierarchy(
            tuple(self.names[j] for j in order),
            tuple(new[self.parents[j]] for j in order),
            self.offsets[order],
            tuple(self.channels[j] for j in order),
            tuple(self.columns[j] for j in order),
        )


def axis_matrices(axis: int, angle: Float) -> Float:
    """Rotations about a coordinate axis (0 x, 1 y, 2 z), right-handed: (...) [rad] -> (..., 3, 3)."""
    c, s = np.cos(angle), np.sin(angle)
    a, b = (axis + 1) % 3, (axis + 2) % 3
    matrix = np.zeros((*np.shape(angle), 3, 3))
    matrix[..., axis, axis] = 1.0
    matrix[..., a, a] = matrix[..., b, b] = c
    matrix[..., b, a] = s
    matrix[..., a, b] = -s
    return matrix


def local_rotations(tree: Hierarchy, values: Float) -> Float:
    """Rotation of each joint in its parent's frame: rows (T, C) with angles in degrees -> (J, T, 3, 3).

    The channels multiply in the order of the file: R = R_first R_second R_third (the BVH convention).
    """
    turns = [[(ROTATIONS.index(c), tree.columns[j] + k) for k, c in enumerate(tree.channels[j]) if c in ROTATIONS]
             for j in range(len(tree.names))]  # fmt: skip
    result = np.broadcast_to(np.eye(3), (len(turns), len(values), 3, 3)).copy()
    for place in range(max((len(turn) for turn in turns), default=0)):
        for axis in range(3):
            chosen = [j for j, turn in enumerate(turns) if len(turn) > place and turn[place][0] == axis]
            if not chosen:
                continue
            angles = np.radians(values[:, [turns[j][place][1] for j in chosen]].T)  # (chosen, T)
            step = axis_matrices(axis, angles)
            result[chosen] = step if place == 0 else result[chosen] @ step
    return result


def forward(tree: Hierarchy, values: Float) -> tuple[Float, Float]:
    """Forward kinematics, vectorised over frames.

    Args:
        tree: J joints.
        values: (T, C) channel values, positions in the file's unit, angles in degrees.

    Returns:
        Positions (T, J, 3) in the file's unit and global rotations (T, J, 3, 3). A position channel REPLACES that
        component of the joint's offset (the convention of the CMU and Bandai-Namco files).
    """
    local = local_rotations(tree, values)
    n, frames = len(tree.names), len(values)
    offsets = np.broadcast_to(tree.offsets[:, None], (n, frames, 3)).copy()
    for j, channels in enumerate(tree.channels):
        for k, channel in enumerate(channels):
            if channel in POSITIONS:
                offsets[j, :, POSITIONS.index(channel)] = values[:, tree.columns[j] + k]
    rotations, positions = np.empty((n, frames, 3, 3)), np.empty((n, frames, 3))
    for j, parent in enumerate(tree.parents):
        if parent < 0:
            rotations[j], positions[j] = local[j], offsets[j]
        else:
            rotations[j] = rotations[parent] @ local[j]
            positions[j] = positions[parent] + np.einsum("tij,tj->ti", rotations[parent], offsets[j])
    return positions.swapaxes(0, 1), rotations.swapaxes(0, 1)
