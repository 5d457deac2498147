"""A folder laid out as HumanML3D: joints or features, captions with time tags, split lists, mirrored copies."""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from motion.data.arrays import as_floats, checked, read_array, text_lines
from motion.data.clip import Clip
from motion.data.npy import read_joints
from motion.features.hml263 import DIM, decode
from motion.kinematics.retarget import bone_vectors, ground, heading, turn, uniform_body
from motion.kinematics.skeleton import BONE_LENGTHS, FPS

LICENCE = "HumanML3D (Guo et al. 2022) on AMASS motions: terms of AMASS, non-commercial research; not to be passed on"
SPLITS = ("train", "val", "test")
LISTS = (*SPLITS, "all")
JOINTS_DIR, FEATURES_DIR, TEXTS_DIR = "new_joints", "new_joint_vecs", "texts"

_LIST_BYTES = 16 * 2**20
_MAX_SPANS = 26  # one letter each
_ROUNDING = 1e-3  # [m] a bone that differs by less has the uniform body's length
Span = tuple[int, int] | None
"""First frame and the one after the last; None is the whole motion."""


def is_humanml3d(folder: Path) -> bool:
    """True for a folder with texts/ beside new_joints/ or new_joint_vecs/."""
    return (folder / TEXTS_DIR).is_dir() and any((folder / name).is_dir() for name in (JOINTS_DIR, FEATURES_DIR))


def motions_dir(folder: Path) -> str:
    """The folder that is read: joints where there are some, else features."""
    return JOINTS_DIR if (folder / JOINTS_DIR).is_dir() else FEATURES_DIR


def source_motion(name: str) -> str:
    """The motion that a clip was made from: "B_M001234" and "M001234" come from "001234"; never split these apart."""
    return re.sub(r"^([A-Z]_)?M?(?=.)", "", name)


def list_motions(folder: Path) -> tuple[list[Path], dict[str, str]]:
    """The lists that were found, and the split of each motion's name in their order ("" for one in all.txt only).

    Without any list every file counts, sorted by name.

    Raises:
        ValueError: a name that is no plain file name, or stands in two splits.
        OSError: a list cannot be opened.
    """
    lists = [path for name in LISTS if (path := folder / f"{name}.txt").is_file()]
    split: dict[str, str] = {}
    for path in lists:
        for number, line in enumerate(text_lines(path, _LIST_BYTES), 1):
            name = line.strip()
            if not name:
                continue
            # A name is part of a path: it must not lead out of the folder.
            if not all(c.isalnum() or c in "-_." for c in name) or not name.strip(".") or len(name) > 200:
                raise ValueError(f"{path.name}, line {number}: expected a plain name, found {name[:40]!r}; correct it")
            if path.stem == "all":
                split.setdefault(name, "")
            elif split.setdefault(name, path.stem) != path.stem:
                raise ValueError(
                    f"{path.name}, line {number}: {name} stands in {split[name]}.txt too; it must be in one split"
                )
    if not lists:
        split = {path.stem: "" for path in sorted((folder / motions_dir(folder)).glob("*.npy"))}
    return lists, split


def read_texts(path: Path) -> dict[Span, tuple[str, ...]]:
    """Captions by the stretch that they describe, from lines `caption#tokens#f_tag#to_tag` (tags in seconds).

    (0, 0) and NaN mean the whole motion; a line without tags is a caption of it too. Frames are int(tag * 20).

    Raises:
        ValueError: a missing file, a tag that is no time, no caption, or more than 26 stretches.
    """
    try:
        lines = text_lines(path)
    except FileNotFoundError:
        raise ValueError(f"{path.name}: expected captions in texts/, found no file; leave the motion out") from None
    found: dict[Span, tuple[str, ...]] = {}
    for number, line in enumerate(lines, 1):
        parts = line.strip().split("#")
        caption = parts[0].strip()
        if not caption:
            continue
        if len(parts) not in (1, 4):
            raise ValueError(f"{path.name}, line {number}: expected `caption#tokens#from#to`, found {len(parts)} parts")
        span = _span(parts[2:], f"{path.name}, line {number}") if len(parts) == 4 else None
        if caption not in found.get(span, ()):
            found[span] = (*found.get(span, ()), caption)
    if not found:
        raise ValueError(f"{path.name}: expected at least one caption, found none; write one a line")
    if len(found) - (None in found) > _MAX_SPANS:
        raise ValueError(f"{path.name}: expected at most {_MAX_SPANS} described stretches, found {len(found)}")
    return found


def read_tokens(folder: Path) -> dict[str, tuple[str, ...]]:
    """The `word/POS` tokens of every caption in a HumanML3D folder's texts/; for evaluators that read them.

    A caption without tokens, or with one that is no `word/POS`, is left out; the first of equal captions counts.

    Raises:
        ValueError: a text file that is too large or not UTF-8. OSError: one cannot be opened.
    """
    found: dict[str, tuple[str, ...]] = {}
    for path in sorted((folder / TEXTS_DIR).glob("*.txt")):
        for line in text_lines(path):
            caption, _, rest = line.strip().partition("#")
            tokens = tuple(rest.partition("#")[0].split())
            if tokens and all(word and tag for word, _, tag in (token.rpartition("/") for token in tokens)):
                found.setdefault(caption.strip(), tokens)
    return found


def _span(tags: list[str], where: str) -> Span:
    seconds = []
    for tag in tags:
        try:
            value = math.inf if "_" in tag else float(tag)
        except ValueError:
            value = math.inf
        value = 0.0 if math.isnan(value) else value
        if not 0 <= value < 1e6:
            raise ValueError(f"{where}: expected a time in seconds, found {tag[:40]!r}; 0.0 is the whole motion")
        seconds.append(value)
    return None if seconds == [0.0, 0.0] else (int(seconds[0] * FPS), int(seconds[1] * FPS))


def read_motion(path: Path) -> NDArray[np.float64]:
    """Joints (T, 22, 3) [m] on the uniform body, floor at y = 0, beginning at x = z = 0 and facing +z.

    A file of features (T, 263) is decoded. HumanML3D's skeleton is that of one subject, whose bones differ from our
    uniform body's by up to 2.2 cm: a motion on it is retargeted like any other, so that all sources have one body. A
    motion that has our bones already (within 1 mm in every frame) is only placed.

    Raises:
        ValueError: another array, or joints that are not finite.
        OSError: the file cannot be opened.
    """
    if path.parent.name == FEATURES_DIR:
        features = read_array(path)
        if features.dtype.kind not in "fiu" or features.ndim != 2 or features.shape[1] != DIM or len(features) < 2:
            raise ValueError(
                f"{path.name}: expected features of shape (T, {DIM}) with T >= 2, found {features.dtype} "
                f"{features.shape}; fetch it again"
            )
        numbers = as_floats(features)
        if not (np.abs(numbers) < 1e6).all():
            raise ValueError(f"{path.name}: expected finite features below 1e6, found others; fetch it again")
        joints = checked(decode(numbers).astype(float), path.name)
    else:
        joints = read_joints(path)
    lengths = np.linalg.norm(bone_vectors(joints), axis=-1)
    ours = bool((np.abs(lengths - BONE_LENGTHS) < _ROUNDING).all())
    return _placed(ground(joints if ours else uniform_body(joints)))


def _placed(joints: NDArray[np.float64]) -> NDArray[np.float64]:
    """At x = z = 0 and facing +z in the first frame; heights stay."""
    return turn(joints - joints[0, 0] * np.array([1.0, 0.0, 1.0]), -float(heading(joints[0])))


def read_clips(folder: Path, name: str, split: str, source: str) -> tuple[list[Clip], list[tuple[str, str]]]:
    """The clips of one motion, and (name, reason) of described stretches that hold fewer than two frames.

    The whole motion keeps its name; stretches are "A_NAME", "B_NAME", ... in the order of the text file (HumanML3D
    draws the letters at random, and makes two motions of a stretch that two captions describe: here it is one).
    Heights in a stretch are over the floor of the whole motion.

    Raises:
        ValueError: see `read_motion` and `read_texts`.
        OSError: the motion's file cannot be opened.
    """
    texts = read_texts(folder / TEXTS_DIR / f"{name}.txt")
    joints = read_motion(folder / motions_dir(folder) / f"{name}.npy")
    clips: list[Clip] = []
    short: list[tuple[str, str]] = []
    letters = iter("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    for span, captions in texts.items():
        part, title = (joints, name) if span is None else (joints[slice(*span)], f"{next(letters)}_{name}")
        if len(part) < 2:
            short.append((title, f"frames {span} of a motion of {len(joints)}: fewer than two"))
            continue
        clips.append(Clip(title, _placed(part).astype(np.float32), captions, "", source, LICENCE, split=split))
    return clips, short
