"""Sample motions of an experiment, read for the strips: the same caption's motion in every arm and generation."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plots.folders import read_arrays, read_json
from plots.runs import Arm, Experiment
from plots.statistics import Floats

COLUMNS = 6
"""Generations of a strip at most."""
CAPTIONS = 3
"""Strips drawn at most, one a caption."""


@dataclass(frozen=True)
class Skeleton:
    """The tree of a run's joints: names, parent of each (-1 for the root), frames per second."""

    joints: tuple[str, ...]
    parents: tuple[int, ...]
    fps: float

    @property
    def root(self) -> int:
        """Index of the joint without a parent."""
        return self.parents.index(-1)

    @property
    def bones(self) -> NDArray[np.int64]:
        """(parent, child) of every bone, (B, 2)."""
        return np.array([(parent, child) for child, parent in enumerate(self.parents) if parent >= 0], dtype=np.int64)


@dataclass(frozen=True)
class Strip:
    """The same caption's motion in each (arm, generation) that has it."""

    caption: str
    skeleton: Skeleton
    arms: tuple[Arm, ...]
    generations: tuple[int, ...]
    motions: dict[tuple[str, int], Floats]  # (arm, generation) -> (T, J, 3) [m, y up]
    titles: tuple[str, ...] = ()  # of the columns, where these are no generations

    @property
    def heads(self) -> tuple[str, ...]:
        """What stands over the columns."""
        return self.titles or tuple(f"generation {generation}" for generation in self.generations)


def read_skeleton(path: Path) -> Skeleton:
    """A run's skeleton.json.

    Raises:
        ValueError: no tree of named joints; the message names the file.
    """
    stored = read_json(path)
    joints, parents, fps = stored.get("joints"), stored.get("parents"), stored.get("fps")
    whole = (
        isinstance(joints, list)
        and isinstance(parents, list)
        and len(joints) == len(parents) > 1
        and all(isinstance(parent, int) and -1 <= parent < len(joints) for parent in parents)
        and parents.count(-1) == 1
        and isinstance(fps, int | float)
        and fps > 0
    )
    if not whole:
        raise ValueError(
            f"{path} must hold joints, one parent each (-1 for one root), and fps > 0; run the experiment again"
        )
    return Skeleton(tuple(map(str, joints or ())), tuple(parents or ()), float(fps or 0))


def same_skeleton(known: Skeleton | None, path: Path) -> Skeleton:
    """A run's skeleton.json, that of all its companions; None: it is the first.

    Raises:
        ValueError: another one, or damaged; the message names the file.
    """
    own = read_skeleton(path)
    if known is not None and own != known:
        raise ValueError(f"{path} differs from that of the other arms; plot those arms apart")
    return own


def read_strips(experiment: Experiment) -> list[Strip]:
    """The sample motions of the first seed of each arm that kept some, matched by caption.

    A caption that occurs twice is matched by its position among the equal ones.
    """
    cells: dict[tuple[str, int], dict[tuple[str, int], Floats]] = {}  # (arm, generation) -> (caption, nth) -> motion
    skeleton: Skeleton | None = None
    arms = []
    for arm in experiment.arms:
        run = next((folder for folder in arm.folders if _strip_files(folder)), None)
        if run is None:
            continue
        skeleton = same_skeleton(skeleton, run / "skeleton.json")
        arms.append(arm)
        for generation, path in _strip_files(run).items():
            cells[arm.name, generation] = read_cell(path, skeleton)
    if skeleton is None:
        return []
    generations = _spread([generation for _, generation in cells])
    keys = list(dict.fromkeys(key for cell in cells.values() for key in cell))[:CAPTIONS]
    return [
        Strip(
            key[0],
            skeleton,
            tuple(arms),
            tuple(generations),
            {place: cell[key] for place, cell in cells.items() if key in cell and place[1] in generations},
        )
        for key in keys
    ]


def _spread(generations: Sequence[int]) -> list[int]:
    """At most `COLUMNS` of the generations: first, last, and evenly between."""
    all_of_them = np.unique(generations)
    picked = np.unique(np.round(np.linspace(0, len(all_of_them) - 1, min(COLUMNS, len(all_of_them)))).astype(int))
    return [int(generation) for generation in all_of_them[picked]]


def _strip_files(run: Path) -> dict[int, Path]:
    """generation -> strips.npz, of whole generations, sorted."""
    found = {
        int(path.parent.name[4:]): path
        for path in run.glob("gen-*/strips.npz")
        if re.fullmatch(r"gen-\d{4,}", path.parent.name)
    }
    return dict(sorted(found.items()))


def read_cell(path: Path, skeleton: Skeleton, name: str = "joints") -> dict[tuple[str, int], Floats]:
    """(caption, how many equal captions came before) -> motion without its padding; name: of the array.

    Raises:
        ValueError, OSError: damaged or unreadable, or captions that do not fit; the message names the file.
    """
    arrays: dict[str, Any] = read_arrays(path, {name: 4}, {"lengths": 1})
    joints = np.asarray(arrays[name], dtype=np.float64)
    words = read_json(path.with_suffix(".json")).get("captions")
    if not isinstance(words, list) or len(words) != len(joints):
        raise ValueError(f"{path.with_suffix('.json')} must hold one caption per motion ({len(joints)}); run it again")
    if joints.shape[2:] != (len(skeleton.joints), 3) or joints.shape[1] < 1:
        raise ValueError(
            f"{path}: {name} must be (motions, frames, {len(skeleton.joints)}, 3), got {joints.shape}; run it again"
        )
    lengths = arrays.get("lengths", np.full(len(joints), joints.shape[1]))
    if len(lengths) != len(joints) or ((lengths < 1) | (lengths > joints.shape[1])).any():
        raise ValueError(f"{path}: lengths must be 1 to {joints.shape[1]}, one per motion; run it again")
    cell: dict[tuple[str, int], Floats] = {}
    for caption, motion, length in zip(map(str, words), joints, lengths, strict=True):
        before = sum(1 for known, _ in cell if known == caption)
        cell[caption, before] = motion[: int(length)]
    return cell
