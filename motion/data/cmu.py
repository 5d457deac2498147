"""The pack of CMU trials: a `trials.csv` and one BVH a trial."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from motion.data.arrays import rate, whole
from motion.data.bvh import read_bvh
from motion.data.clip import Clip
from motion.data.skeletons import body_joints
from motion.kinematics.resample import decimation, resample
from motion.kinematics.retarget import retarget

LICENCE = (
    "CMU Graphics Lab Motion Capture Database (mocap.cs.cmu.edu): free for all uses, not to be resold directly; "
    "created with funding from NSF EIA-0196217"
)
COLUMNS = ("trial", "action", "frames", "fps", "skip_first", "glitch_frames", "cmu_description", "kitml_text")

_BY_WORD = (
    # What the description says comes before the pack's keyword class, which puts unlike motions together.
    ("forward jumps", "jump"), ("jumping jacks", "exercise"), ("laugh", "laugh"), ("drink", "drink"),
    ("salsa", "salsa"), ("mawashigeri", "kick"), ("yokogeri", "kick"), ("syutouuke", "fight"), ("navigate", "walk"),
    ("wave", "wave"), ("dribble", "dribble"),
)  # fmt: skip
_BY_CLASS = {
    "climb/hang": "climb", "throw/ball": "dribble", "punch/fight": "fight", "sit/stand": "sit",
    "wave/gesture": "wave", "pick/lift": "pick up", "turn/veer": "turn", "daily": "",
}  # fmt: skip
_PROPS = ("climb", "sit on", "uneven terrain", "ladder", "steps")


def action_of(row: Mapping[str, str]) -> str:
    """The label that near motions share: the description's word, else the keyword class."""
    text = row["cmu_description"].lower()
    for word, action in _BY_WORD:
        if word in text:
            return action
    return _BY_CLASS.get(row["action"], row["action"])


def is_flat(row: Mapping[str, str]) -> bool:
    """False where something else than the floor carries the person: playground, ladder, stool, steps, terrain."""
    text = row["cmu_description"].lower()
    return not any(word in text for word in _PROPS)


def captions_of(row: Mapping[str, str]) -> tuple[str, ...]:
    """CMU's own words and the KIT-ML sentence, where they say something."""
    found = (row["cmu_description"].strip(), row["kitml_text"].strip())
    return tuple(text for text in found if text and text.lower() != "unknown")


def read_trial(folder: Path, row: Mapping[str, str], source: str) -> Clip:
    """One trial on the uniform body at 20 frames a second.

    Where the stored rate is a multiple of 20, every n-th stored frame is taken as it is, beginning with the first:
    those are the frames that HumanML3D cut. `skip_first` drops frames from the front afterwards.

    Raises:
        ValueError: the file is malformed, or not what `trials.csv` says.
    """
    name = row["trial"]
    bvh = read_bvh(folder / "bvh" / f"{name}.bvh.gz")
    stored = len(bvh.values)
    if stored != whole(row["frames"], "frames"):
        raise ValueError(f"{name}: trials.csv says {row['frames']} frames, the file has {stored}; fetch the pack again")
    fps = rate(row["fps"])
    step = decimation(fps)
    joints = body_joints(bvh, slice(None, None, step)) if step else resample(body_joints(bvh), fps)
    per_frame = fps / 20.0
    first = int(np.ceil(whole(row["skip_first"] or "0", "skip_first") / per_frame - 1e-9))
    kept = np.arange(first, len(joints))
    if len(kept) < 2:
        raise ValueError(f"{name}: trials.csv skips {row['skip_first']} frames of {stored}; leave the trial out")
    failed = np.sort(np.array([whole(g, "glitch_frames") for g in row["glitch_frames"].split()], dtype=float))
    # A stored frame that failed spoils its neighbours' velocities: every kept frame within one step of it is marked.
    times = kept * per_frame
    near = np.searchsorted(failed, times + per_frame, "right") > np.searchsorted(failed, times - per_frame, "left")
    return Clip(
        name,
        retarget(joints[first:]).astype(np.float32),
        captions_of(row),
        action_of(row),
        source,
        LICENCE,
        is_flat(row),
        tuple(int(g) for g in np.flatnonzero(near)),
    )
