"""All pictures of whatever a folder holds."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from types import ModuleType

from plots import digits, motion, toy
from plots.folders import DIGITS, MOTION, NothingToPlot, find, kind_of
from plots.style import Picture


def draw_all(folder: Path, out: Path) -> list[Picture]:
    """Draw a run, an experiment, an ensemble, or all of those in a folder, each into its own sub-folder of `out`.

    Args:
        folder: what a run wrote, or a folder that contains such folders.
        out: where the pictures go; made if missing.

    Returns:
        The pictures; where some of several folders have nothing to draw yet, the first picture's notes say so.

    Raises:
        NothingToPlot: there is nothing to draw at all.
        ValueError, OSError: damaged or unreadable files, named in the message.
    """
    pictures: list[Picture] = []
    empty: list[NothingToPlot] = []
    for found in find(folder):
        try:
            pictures += _room(found).draw(found, out / found.relative_to(folder))
        except NothingToPlot as nothing:
            empty.append(nothing)
    if not pictures:
        raise empty[0]
    if empty:
        notes = (*(str(nothing) for nothing in empty), *pictures[0].notes)
        pictures[0] = dataclasses.replace(pictures[0], notes=notes)
    return pictures


def _room(folder: Path) -> ModuleType:
    """The module that draws what a folder holds."""
    kind = str(kind_of(folder)).removesuffix("-experiment")
    return {MOTION: motion, DIGITS: digits}.get(kind, toy)
