"""Plain folders: joints as `.npy`, or BVH, each with its captions in a `.txt` of the same name."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from motion.data.arrays import as_floats, checked, read_array, text_lines
from motion.data.bvh import read_bvh
from motion.data.bvh_body import own_joints
from motion.data.checks import bad, check_joints, upright
from motion.data.clip import Clip
from motion.kinematics.resample import resample
from motion.kinematics.retarget import retarget
from motion.kinematics.skeleton import N_JOINTS

LICENCE = "the user's own data; terms not stated"
_HUMANML3D_TAIL = re.compile(r"#[^#]*#[^#]*#[^#]*$")  # tokens, begin and end of the described part


def read_captions(path: Path) -> tuple[str, ...]:
    """One caption a line; a HumanML3D tail (`#tokens#begin#end`) is cut off. Empty lines do not count.

    Raises:
        ValueError: the file is missing, no UTF-8 text, too large, or has no caption.
    """
    try:
        lines = text_lines(path)
    except FileNotFoundError:
        raise ValueError(
            f"{path.name}: expected captions in this file, found no file; write one caption a line"
        ) from None
    captions = tuple(text for line in lines if (text := _HUMANML3D_TAIL.sub("", line).strip()))
    if not captions:
        raise ValueError(f"{path.name}: expected at least one caption, found an empty file; write one caption a line")
    return captions


def read_joints(path: Path) -> NDArray[np.float64]:
    """Joints (T, 22, 3) [m], y up, 20 frames a second, as stored.

    Raises:
        ValueError: not such an array, or not finite.
    """
    joints = read_array(path)
    if joints.dtype.kind not in "fiu":
        raise ValueError(f"{path.name}: expected an array of numbers (T, {N_JOINTS}, 3), found {joints.dtype}")
    if joints.ndim != 3 or joints.shape[1:] != (N_JOINTS, 3) or len(joints) < 2:
        raise ValueError(
            f"{path.name}: expected joints of shape (T, {N_JOINTS}, 3) with T >= 2, found {joints.shape}; "
            "recover joints from features first"
        )
    return checked(as_floats(joints), path.name)


def read_npy(path: Path, source: str) -> Clip:
    """A `.npy` of joints with its captions, put upright and on the uniform body; what was put right is in its notes.

    Raises:
        ValueError: a body that is not rigid, of a size that no unit explains, or files that are malformed.
    """
    joints, notes = upright(read_joints(path))
    wrong = bad(check_joints(joints))
    if wrong:
        raise ValueError(f"{path.name}: {wrong[0]}")
    motion = retarget(joints).astype(np.float32)
    captions = read_captions(path.with_suffix(".txt"))
    return Clip(path.stem, motion, captions, "", source, LICENCE, notes=notes)


def stem_of(path: Path) -> str:
    """The clip's name: the file's without .bvh, .bvh.gz, .npy, .npz or .amc."""
    return re.sub(r"(\.bvh(\.gz)?|\.np[yz]|\.amc)$", "", path.name, flags=re.IGNORECASE)


def read_plain_bvh(path: Path, source: str) -> Clip:
    """A BVH with its captions, put on the uniform body at 20 frames a second.

    A skeleton that is none of the known ones is read by the folder's `map.json`, or by guessing (`skeleton_map`).
    """
    bvh = read_bvh(path)
    joints = retarget(resample(own_joints(bvh, path), bvh.fps)).astype(np.float32)
    name = stem_of(path)
    return Clip(name, joints, read_captions(path.with_name(f"{name}.txt")), "", source, LICENCE)
