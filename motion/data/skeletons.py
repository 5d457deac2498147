"""The skeletons of known BVH files, and how each gives our 22 joints."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from motion.data.arrays import checked
from motion.data.bvh import Bvh
from motion.kinematics.hierarchy import Hierarchy, forward
from motion.kinematics.skeleton import JOINTS

Float = NDArray[np.float64]
Mapped = tuple[Hierarchy, dict[str, str], float]
"""A tree, the name in it of each of our joints, metres per unit."""

CMU_UNIT = 2.54 / 0.45 / 100
"""Metres per unit of the ASF/AMC files of the CMU database and what was converted from them unscaled."""
_TURNS_AT_ONCE = 300_000
_THORAX = 1.004  # thorax bone over the upper back bone: lost in the conversions, ratio measured on ASF files
_WRIST = 0.5  # wrist bone over the forearm bone: the same
CLAVICLE = 0.35
"""Place of the collar joint along the clavicle of skeletons without one."""


def known_skeleton(tree: Hierarchy) -> str:
    """Which known skeleton a tree is: mb, max, raw31, daz, bandai, ours; "" if none."""
    for name, first in _FIRST_NAMES.items():
        if tree.names[: len(first)] == first:
            return name
    return ""


def body_joints(bvh: Bvh, frames: slice = slice(None)) -> Float:
    """Our 22 joints on the subject's own body, (T, 22, 3) [m], y up, at the file's frame rate.

    The pelvis is the middle of the hip joints: files disagree on where their root is.

    Raises:
        ValueError: the skeleton is none of the known ones, lacks a joint, or is kilometres away.
    """
    tree, names, unit = known_tree(bvh.tree)
    needed = tree.only(names[j] for j in JOINTS)
    return checked(unit * joint_places(needed, bvh.values[frames], [names[j] for j in JOINTS]), "the motion")


def known_tree(tree: Hierarchy) -> Mapped:
    """The tree of a known skeleton with points for those of our joints that it lacks, their names in it, and the unit.

    Raises:
        ValueError: the skeleton is none of the known ones, or lacks a joint.
    """
    kind = known_skeleton(tree)
    if not kind:
        raise ValueError(
            f"the skeleton begins {', '.join(tree.names[:4])[:200]}: none of {', '.join(_FIRST_NAMES)}; "
            "convert the motion to .npy joints (T, 22, 3)"
        )
    return _MAPS[kind](tree)


def joint_places(tree: Hierarchy, values: Float, names: Sequence[str]) -> Float:
    """Positions (T, len(names), 3) of named joints [file's unit], some thousand frames at once to spare memory."""
    chosen = [tree.index(name) for name in names]
    step = _TURNS_AT_ONCE // len(tree.names)
    starts = range(0, len(values), step)
    return np.concatenate([forward(tree, values[k : k + step])[0][:, chosen] for k in starts])


def _point(tree: Hierarchy, name: str, parent: str, offset: Float) -> Hierarchy:
    """The tree with one more joint, without channels."""
    return Hierarchy(
        (*tree.names, name),
        (*tree.parents, tree.index(parent)),
        np.concatenate([tree.offsets, offset[None]]),
        (*tree.channels, ()),
        (*tree.columns, 0),
    )


def _offset(tree: Hierarchy, name: str) -> Float:
    offset: Float = tree.offsets[tree.index(name)]
    return offset


def _moved(tree: Hierarchy, name: str, offset: Float) -> Hierarchy:
    """The tree with another offset for one joint."""
    offsets = tree.offsets.copy()
    offsets[tree.index(name)] = offset
    return replace(tree, offsets=offsets)


def _mb(tree: Hierarchy) -> Mapped:
    """MotionBuilder-friendly: the 31 joints of the ASF files, less the thorax and wrist bones, which are put back."""
    thorax = _THORAX * _offset(tree, "Spine1")
    for name in ("Neck", "LeftShoulder", "RightShoulder"):
        tree = _moved(tree, name, thorax)
    for side in ("Left", "Right"):
        tree = _moved(tree, f"{side}FingerBase", _WRIST * _offset(tree, f"{side}Hand"))
        tree = _point(tree, f"{side}.collar", f"{side}Shoulder", CLAVICLE * _offset(tree, f"{side}Arm"))
    middle = (_offset(tree, "LeftUpLeg") + _offset(tree, "RightUpLeg")) / 2
    tree = _point(tree, "pelvis", "Hips", middle)
    names = {"pelvis": "pelvis", "spine1": "LowerBack", "spine2": "Spine", "spine3": "Spine1", "neck": "Neck1"}
    names["head"] = "Head"
    parts = {"hip": "UpLeg", "knee": "Leg", "ankle": "Foot", "foot": "ToeBase", "collar": ".collar",
             "shoulder": "Arm", "elbow": "ForeArm", "wrist": "FingerBase"}  # fmt: skip
    for ours, theirs in parts.items():
        names |= {f"left_{ours}": f"Left{theirs}", f"right_{ours}": f"Right{theirs}"}
    return tree, names, CMU_UNIT


_MB_ORDER = (
    "Hips", "LHipJoint", "LeftUpLeg", "LeftLeg", "LeftFoot", "LeftToeBase", "RHipJoint", "RightUpLeg", "RightLeg",
    "RightFoot", "RightToeBase", "LowerBack", "Spine", "Spine1", "Neck", "Neck1", "Head", "LeftShoulder", "LeftArm",
    "LeftForeArm", "LeftHand", "LeftFingerBase", "LeftHandIndex1", "LThumb", "RightShoulder", "RightArm",
    "RightForeArm", "RightHand", "RightFingerBase", "RightHandIndex1", "RThumb",
)  # fmt: skip


def _renamed_mb(tree: Hierarchy) -> Mapped:
    """The same tree under other names (3ds Max, ASF): same order of joints."""
    real = [j for j, channels in enumerate(tree.channels) if channels]
    if len(real) != len(_MB_ORDER):
        raise ValueError(f"the skeleton must have {len(_MB_ORDER)} joints, got {len(real)}; is the file whole?")
    names = list(tree.names)
    for j, name in zip(real, _MB_ORDER, strict=True):
        names[j] = name
    return _mb(replace(tree, names=tuple(names)))


def _daz(tree: Hierarchy) -> Mapped:
    """Daz-friendly: one skeleton for all subjects, centimetres, the root below the hip joints."""
    hips = [_offset(tree, f"{s}Buttock") + _offset(tree, f"{s}Thigh") for s in "lr"]
    middle = (hips[0] + hips[1]) / 2
    tree = _point(tree, "pelvis", "hip", middle)
    tree = _point(tree, "lower spine", "hip", middle + 0.6 * (_offset(tree, "abdomen") - middle))
    names = {"pelvis": "pelvis", "spine1": "lower spine", "spine2": "abdomen", "spine3": "chest", "neck": "neck"}
    names["head"] = "head"
    parts = {"hip": "Thigh", "knee": "Shin", "ankle": "Foot", "foot": "Foot.end", "collar": ".collar",
             "shoulder": "Shldr", "elbow": "ForeArm", "wrist": "Hand"}  # fmt: skip
    for side, letter in (("left", "l"), ("right", "r")):
        tree = _point(tree, f"{letter}.collar", f"{letter}Collar", CLAVICLE * _offset(tree, f"{letter}Shldr"))
        names |= {f"{side}_{ours}": f"{letter}{theirs}" for ours, theirs in parts.items()}
    return tree, names, 0.01


def _bandai(tree: Hierarchy) -> Mapped:
    """Bandai-Namco: one skeleton, centimetres; the bones' own x axes point along them."""
    middle = (_offset(tree, "UpperLeg_L") + _offset(tree, "UpperLeg_R")) / 2
    tree = _point(tree, "pelvis", "Hips", middle)
    tree = _point(tree, "upper chest", "Chest", 0.3 * _offset(tree, "Neck"))
    names = {"pelvis": "pelvis", "spine1": "Spine", "spine2": "Chest", "spine3": "upper chest", "neck": "Neck"}
    names["head"] = "Head"
    parts = {"hip": "UpperLeg", "knee": "LowerLeg", "ankle": "Foot", "foot": "Toes", "collar": "Shoulder",
             "shoulder": "UpperArm", "elbow": "LowerArm", "wrist": "Hand"}  # fmt: skip
    for side, letter in (("left", "L"), ("right", "R")):
        names |= {f"{side}_{ours}": f"{theirs}_{letter}" for ours, theirs in parts.items()}
    return tree, names, 0.01


def _ours(tree: Hierarchy) -> Mapped:
    """What `bvh_write` writes: our own names, centimetres."""
    return tree, {name: name for name in JOINTS}, 0.01


_FIRST_NAMES: dict[str, tuple[str, ...]] = {
    "mb": ("Hips", "LHipJoint", "LeftUpLeg"),
    "max": ("Hips", "LHipJoint", "LeftHip"),
    "raw31": ("hip", "lhipjoint", "lfemur"),
    "daz": ("hip", "abdomen", "chest"),
    "bandai": ("joint_Root", "Hips", "Spine", "Chest"),
    "ours": ("pelvis", "left_hip_turn", "left_hip"),
}
_MAPS: dict[str, Callable[[Hierarchy], Mapped]] = {
    "mb": _mb,
    "max": _renamed_mb,
    "raw31": _renamed_mb,
    "daz": _daz,
    "bandai": _bandai,
    "ours": _ours,
}
