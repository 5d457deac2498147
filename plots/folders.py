"""What a folder holds and how its files are read: a damaged file is an error of one line that names it."""

from __future__ import annotations

import io
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loop.records import read_config

MOTION, DIGITS, TOY, ENSEMBLE = "motion", "digits", "toy", "toy-ensemble"
RUNS = (MOTION, DIGITS, TOY)
EXPERIMENTS = tuple(f"{kind}-experiment" for kind in RUNS)
KINDS = (*RUNS, *EXPERIMENTS, ENSEMBLE)
DEPTH = 4
"""How many levels below a named folder are searched for run folders."""
_SEED = re.compile(r"seed-\d+")
_INSIDE = re.compile(r"gen-.*|seed-.*|plots|work|blocks|\..*|.*\.partial")  # parts of a run, never runs by themselves


class NothingToPlot(ValueError):
    """A readable folder without anything to draw (yet)."""


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object.

    Raises:
        ValueError: truncated or no object; the message names the file.
        OSError: missing or unreadable.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as problem:
        raise ValueError(f"{path} is not readable JSON ({problem}); restore it or run that part again") from None
    if not isinstance(found, dict):
        raise ValueError(f"{path} must hold a JSON object, got {type(found).__name__}; restore it or run again")
    return found


def read_arrays(path: Path, required: Mapping[str, int], optional: Mapping[str, int] | None = None) -> dict[str, Any]:
    """Arrays of an .npz file, read without pickle.

    Args:
        required: name -> number of axes; must be there.
        optional: the same for arrays that may be absent.

    Raises:
        ValueError: corrupt file, missing array, wrong number of axes or no numbers; the message names the file.
        OSError: missing or unreadable.
    """
    wanted = {**required, **(optional or {})}
    content = io.BytesIO(path.read_bytes())  # from memory: an OSError below is then damage, not a missing file
    try:
        file = np.lib.npyio.NpzFile(content, allow_pickle=False)
        found: dict[str, NDArray[Any]] = {name: file[name] for name in wanted if name in file.files}
    except Exception as problem:  # a damaged archive makes zipfile, zlib and numpy raise a dozen unrelated types
        reason = " ".join(str(problem).split()) or type(problem).__name__
        raise ValueError(f"{path} is not a readable npz file ({reason}); restore it or run that part again") from None
    for name, axes in wanted.items():
        if name not in found:
            if name in required:
                raise ValueError(
                    f"{path} must hold the array {name!r}; it was written by another version or is damaged"
                )
            continue
        if found[name].ndim != axes or found[name].dtype.kind not in "fiu":
            raise ValueError(
                f"{path}: {name!r} must be numbers with {axes} axes, got {found[name].dtype} {found[name].shape}; "
                "run that part again"
            )
    return found


def curves_of(folder: Path) -> tuple[dict[str, Any], Path]:
    """The identity of an ensemble, {} where none is stored, and its file of curves.

    Raises:
        NothingToPlot: the ensemble has no curves yet.
    """
    identity = read_config(folder).get("identity", {})
    path = folder / "curves.npz"
    if not path.exists():
        raise NothingToPlot(f"{folder} holds nothing to plot: curves.npz is missing; let the ensemble finish first")
    return identity if isinstance(identity, dict) else {}, path


def array_names(path: Path) -> list[str]:
    """The names of the arrays in an .npz file; raises as `read_arrays`."""
    content = io.BytesIO(path.read_bytes())
    try:
        return list(np.lib.npyio.NpzFile(content, allow_pickle=False).files)
    except Exception as problem:
        reason = " ".join(str(problem).split()) or type(problem).__name__
        raise ValueError(f"{path} is not a readable npz file ({reason}); restore it or run that part again") from None


def seed_folders(folder: Path) -> list[Path]:
    """The runs of one arm, `seed-0000`, `seed-0001` …, sorted by number."""
    if not folder.is_dir():
        return []
    found = [item for item in folder.iterdir() if _SEED.fullmatch(item.name) and item.is_dir()]
    return sorted(found, key=lambda item: int(item.name[5:]))


def kind_of(folder: Path) -> str | None:
    """One of `KINDS`; None when the folder itself is no run of ours (its sub-folders may be).

    A folder of seeds (`seed-0000` …) has the kind of its runs.

    Raises:
        ValueError: it says it is a run, but of another format or kind, or its config is damaged.
    """
    if (folder / "experiment.json").is_file():
        found, path = read_json(folder / "experiment.json"), folder / "experiment.json"
        if found.get("format") != 1:
            raise ValueError(f"{path} must have format 1, got {found.get('format')!r}; another version wrote it")
    elif (folder / "config.json").is_file():
        if not {"format", "kind"} & set(read_json(folder / "config.json")):
            return None  # somebody else's config.json
        found, path = read_config(folder), folder / "config.json"
    else:
        runs = [run for run in seed_folders(folder) if (run / "config.json").is_file()]
        return kind_of(runs[0]) if runs else None
    kind = found.get("kind")
    if kind not in KINDS:
        raise ValueError(f"{path}: kind must be one of {', '.join(KINDS)}, got {kind!r}; another version wrote it")
    return str(kind)


def find(folder: Path) -> list[Path]:
    """The folders to draw: `folder` itself if it is one of ours, else all below it, sorted, at most `DEPTH` deep.

    Raises:
        OSError: no such folder.
        ValueError: it is a file, or nothing of ours is in it.
    """
    if not folder.exists():
        raise FileNotFoundError(2, os.strerror(2), str(folder))
    if not folder.is_dir():
        raise ValueError(f"{folder} must be a folder that a run wrote, got a file; name the folder it lies in")
    found = _below(folder, DEPTH)
    if not found:
        raise NothingToPlot(f"{folder} holds nothing to plot: no run, experiment or ensemble; name what --out named")
    return found


def _below(folder: Path, depth: int) -> list[Path]:
    if kind_of(folder) is not None:
        return [folder]
    if depth == 0:
        return []
    inner = sorted(item for item in folder.iterdir() if item.is_dir() and not _INSIDE.fullmatch(item.name))
    return [found for item in inner for found in _below(item, depth - 1)]
