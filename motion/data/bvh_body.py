"""Where our 22 joints lie in the tree of a BVH file, known or mapped: what reading and writing back share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from motion.data.bvh import Bvh
from motion.data.skeleton_map import UP, ends_of, map_of, mapped_joints
from motion.data.skeletons import body_joints, known_skeleton, known_tree
from motion.kinematics.hierarchy import Hierarchy
from motion.kinematics.skeleton import JOINTS

Float = NDArray[np.float64]


@dataclass(frozen=True)
class BvhBody:
    """How a file's tree gives our joints.

    tree: the file's, with points added that have no channels; reads the file's rows of values.
    ends: for each of our joints two joints of the tree and the share of the way from the first to the second.
    unit: metres per unit of the file.
    axes: the file's axes that become our x, y (up), z.
    """

    tree: Hierarchy
    ends: tuple[tuple[int, int, float], ...]
    unit: float
    axes: tuple[int, int, int]

    def to_file(self, places: Float) -> Float:
        """Places (..., 3) [m] in our axes, in the file's axes and unit."""
        turned = np.empty_like(places)
        turned[..., self.axes] = places
        return turned / self.unit

    def points(self, places: Float) -> Float:
        """Our joints (..., 22, 3) of the tree's joints (..., J, 3), in one unit."""
        first, second, share = (np.array(part) for part in zip(*self.ends, strict=True))
        start = places[..., first, :]
        return np.asarray(start + share[:, None] * (places[..., second, :] - start), np.float64)


def own_joints(bvh: Bvh, path: Path) -> Float:
    """Our 22 joints on the subject's own body, (T, 22, 3) [m], y up, at the file's frame rate.

    A skeleton that is none of the known ones is read by the `map.json` beside the file, or by guessing.

    Raises:
        ValueError: a joint is not found, or is kilometres away.
    """
    if known_skeleton(bvh.tree):
        return body_joints(bvh)
    return mapped_joints(bvh, map_of(bvh.tree, path.parent), path.name)


def body_of(bvh: Bvh, path: Path) -> BvhBody:
    """How the tree gives our joints; for a file of which `own_joints` found them."""
    if known_skeleton(bvh.tree):
        tree, names, unit = known_tree(bvh.tree)
        ends = tuple((tree.index(names[joint]), tree.index(names[joint]), 0.0) for joint in JOINTS)
        return BvhBody(tree, ends, unit, UP["y"])
    chosen = map_of(bvh.tree, path.parent)
    named = [ends_of(chosen.joints[joint]) for joint in JOINTS]
    ends = tuple((bvh.tree.index(first), bvh.tree.index(second), share) for first, second, share in named)
    return BvhBody(bvh.tree, ends, chosen.unit_m, UP[chosen.up])
