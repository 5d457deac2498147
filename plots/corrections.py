"""What correctors did to a few training motions, read for strips: as they were drawn, and as they were trained on."""

from __future__ import annotations

import re
from pathlib import Path

from plots.runs import Arm, Experiment
from plots.statistics import Floats
from plots.strips import CAPTIONS, Skeleton, Strip, read_cell, same_skeleton

NAME = "corrections.npz"
_SIDES = ("before", "after")


def read_corrections(experiment: Experiment) -> list[Strip]:
    """The motions of the newest generation in which most of the correcting arms kept some, by the first seed of each:
    one strip a caption, one row an arm, columns 0 (as drawn) and 1 (corrected).

    Raises:
        ValueError, OSError: a damaged skeleton.json, corrections.npz or corrections.json; the message names the file.
    """
    found: list[tuple[Arm, Path, dict[int, Path]]] = []
    for arm in experiment.arms:
        run = next((folder for folder in arm.folders if _files(folder)), None)
        if run is not None:
            found.append((arm, run, _files(run)))
    if not found:
        return []
    counts = [generation for _, _, kept in found for generation in kept]
    newest = max(set(counts), key=lambda generation: (counts.count(generation), generation))
    skeleton: Skeleton | None = None
    arms, motions = [], {}
    for arm, run, kept in found:
        if newest not in kept:
            continue
        skeleton = same_skeleton(skeleton, run / "skeleton.json")
        arms.append(arm)
        for column, side in enumerate(_SIDES):
            for key, motion in read_cell(kept[newest], skeleton, side).items():
                motions[key, arm.name, column] = motion
    if skeleton is None:
        return []
    titles = (f"generation {newest}, as drawn", "corrected")
    keys = list(dict.fromkeys(key for key, _, _ in motions))[:CAPTIONS]
    return [Strip(key[0], skeleton, tuple(arms), (0, 1), _of(motions, key), titles) for key in keys]


def _of(motions: dict[tuple[tuple[str, int], str, int], Floats], key: tuple[str, int]) -> dict[tuple[str, int], Floats]:
    return {(arm, column): motion for (own, arm, column), motion in motions.items() if own == key}


def _files(run: Path) -> dict[int, Path]:
    """generation -> corrections.npz, of whole generations."""
    return {
        int(path.parent.name[4:]): path
        for path in run.glob(f"gen-*/{NAME}")
        if re.fullmatch(r"gen-\d{4,}", path.parent.name)
    }
