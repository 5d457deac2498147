"""The pack of Bandai-Namco motions: a `clips.csv` and one BVH a clip."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from motion.data.arrays import rate, whole
from motion.data.bvh import read_bvh
from motion.data.clip import Clip
from motion.data.skeletons import body_joints
from motion.kinematics.resample import resample
from motion.kinematics.retarget import retarget

LICENCE = "Bandai-Namco-Research-Motiondataset, (c) 2022 Bandai Namco Research Inc.: CC BY-NC 4.0 (non-commercial)"
COLUMNS = ("clip", "content", "style", "frames", "fps", "template_sentence")

PLAIN = {
    "bow": "a person bows",
    "bye": "a person waves goodbye",
    "byebye": "a person waves goodbye with both hands",
    "call": "a person calls someone over",
    "dash": "a person dashes forward",
    "guide": "a person gestures to show the way",
    "kick": "a person kicks",
    "punch": "a person punches",
    "raise-up-both-hands": "a person raises both hands",
    "raise-up-left-hand": "a person raises the left hand",
    "raise-up-right-hand": "a person raises the right hand",
    "run": "a person runs forward",
    "slash": "a person slashes with a weapon",
    "walk": "a person walks forward",
    "walk-back": "a person walks backwards",
    "walk-left": "a person walks to the left",
    "walk-right": "a person walks to the right",
    "walk-turn-left": "a person walks and turns left",
    "walk-turn-right": "a person walks and turns right",
    "wave-both-hands": "a person waves both hands",
    "wave-left-hand": "a person waves the left hand",
    "wave-right-hand": "a person waves the right hand",
}
"""The sentence of each content class without its style."""

SAME_MOVEMENT = {"bye": "wave-right-hand", "byebye": "wave-both-hands", "dash": "run"}
"""Content classes that differ in name only: a goodbye is waved with the right hand, and neighbours mix them up."""


def captions_of(row: Mapping[str, str]) -> tuple[str, ...]:
    """The pack's sentence, and the same without style; one sentence where they agree."""
    plain = PLAIN.get(row["content"], f"a person does: {row['content'].replace('-', ' ')}")
    return tuple(dict.fromkeys(text for text in (row["template_sentence"].strip(), plain) if text))


def action_of(row: Mapping[str, str]) -> str:
    """The pack's content class, names for the same movement made one."""
    return SAME_MOVEMENT.get(row["content"], row["content"])


def read_clip(folder: Path, row: Mapping[str, str], source: str) -> Clip:
    """One clip on the uniform body at 20 frames a second; see `action_of` for its label.

    Raises:
        ValueError: the file is malformed, or not what `clips.csv` says.
    """
    name = row["clip"]
    bvh = read_bvh(folder / "bvh" / f"{name}.bvh.gz")
    if len(bvh.values) != whole(row["frames"], "frames"):
        raise ValueError(
            f"{name}: clips.csv says {row['frames']} frames, the file has {len(bvh.values)}; fetch the pack again"
        )
    joints = resample(body_joints(bvh), rate(row["fps"]))
    return Clip(name, retarget(joints).astype(np.float32), captions_of(row), action_of(row), source, LICENCE)
