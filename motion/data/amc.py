"""A folder of CMU's own files: motions `.amc`, their skeletons `.asf`, captions in a `.txt` of the motion's name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from motion.data.acclaim import Motion, Skeleton, bone_ends, read_amc, read_asf
from motion.data.arrays import checked
from motion.data.clip import Clip
from motion.data.npy import LICENCE, read_captions
from motion.data.skeletons import CLAVICLE
from motion.kinematics.resample import resample
from motion.kinematics.retarget import retarget
from motion.kinematics.skeleton import JOINTS

_ENDS = {
    # The bone of CMU's skeleton that ends in each of our joints; the same places as those of the BVH conversions.
    "spine1": "root", "spine2": "lowerback", "spine3": "upperback", "neck": "lowerneck", "head": "upperneck",
    "left_hip": "lhipjoint", "left_knee": "lfemur", "left_ankle": "ltibia", "left_foot": "lfoot",
    "left_shoulder": "lclavicle", "left_elbow": "lhumerus", "left_wrist": "lwrist",
}  # fmt: skip
_BONES = _ENDS | {
    name.replace("left", "right"): f"r{bone[1:]}" for name, bone in _ENDS.items() if name.startswith("left")
}


def asf_of(path: Path) -> Path:
    """The skeleton of a motion SUBJECT_TRIAL.amc: that name's .asf, SUBJECT.asf, or the only one of the folder.

    Raises:
        ValueError: there is none, or several and none of those names.
    """
    subject = path.stem.partition("_")[0]
    for name in dict.fromkeys((path.stem, subject)):
        if name and (path.parent / f"{name}.asf").is_file():
            return path.parent / f"{name}.asf"
    found = sorted(p for p in path.parent.iterdir() if p.name.lower().endswith(".asf"))
    if len(found) != 1:
        raise ValueError(
            f"{path.name}: expected its skeleton {path.stem}.asf, {subject}.asf or one .asf for all beside it, "
            f"found {len(found)}; add it"
        )
    return found[0]


def cmu_joints(skeleton: Skeleton, motion: Motion) -> NDArray[np.float64]:
    """Our 22 joints (T, 22, 3) [m], y up, at the motion's frame rate; the pelvis is midway between the hip joints.

    Raises:
        ValueError: the skeleton lacks a bone of CMU's.
    """
    ends = dict(zip(_BONES, np.moveaxis(bone_ends(skeleton, motion, list(_BONES.values())), 1, 0), strict=True))
    chest = bone_ends(skeleton, motion, ["thorax"])[:, 0]
    for side in ("left", "right"):
        ends[f"{side}_collar"] = chest + CLAVICLE * (ends[f"{side}_shoulder"] - chest)
    ends["pelvis"] = (ends["left_hip"] + ends["right_hip"]) / 2
    return np.stack([ends[name] for name in JOINTS], axis=1)


def read_trial(path: Path, source: str) -> Clip:
    """An `.amc` with its captions, put on the uniform body at 20 frames a second.

    Raises:
        ValueError: see `read_asf`, `read_amc`, `asf_of` and `cmu_joints`.
        OSError: a file cannot be opened.
    """
    skeleton = read_asf(asf_of(path))
    motion = read_amc(path, skeleton)
    joints = checked(cmu_joints(skeleton, motion), path.name)
    joints = retarget(resample(joints, motion.fps))
    return Clip(path.stem, joints.astype(np.float32), read_captions(path.with_suffix(".txt")), "", source, LICENCE)
