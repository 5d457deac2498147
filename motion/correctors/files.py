"""Correcting files of motion into a folder: one at a time, in several processes, resumable, each whole or absent.

OUT/<name>                the corrected motion, of the same kind as its input; an uncorrected one as it was
OUT/records/<name>.json   what happened to it: fingerprints, distances, forces, plausibility before and after
OUT/<name>.gif            before and after, if asked for
OUT/report.json           settings and the records of all files of the last command
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loop import files
from loop.progress import Report, silent
from loop.records import locked
from loop.workers import Send, run_tasks
from motion.correctors.one_file import correct_file
from motion.data.arrays import contents
from motion.data.motion_file import SUFFIXES, input_fingerprint, read_motion
from motion.joint_corrector import JointCorrector

FORMAT = 1
Draw = Callable[[NDArray[np.float64], NDArray[np.float64], Path, str], None]
"""Draws joints before and after (T, 22, 3) [m] into a file, with a title."""
RECORDS, REPORT = "records", "report.json"


@dataclass(frozen=True)
class Item:
    """A file to correct. name: its path below the output folder, with slashes."""

    source: Path
    name: str


@dataclass(frozen=True)
class _Share:
    """What one process does."""

    name: str
    items: tuple[Item, ...]


def find_inputs(inputs: Sequence[Path]) -> tuple[Item, ...]:
    """The files that are named, and all motions in folders that are named, with their sub-folders, by name.

    Raises:
        ValueError: none, another kind of file, a folder without motions, or two of one name.
        FileNotFoundError: something is not there.
    """
    if not inputs:
        raise ValueError("name at least one file or folder of motions to correct, got none")
    items = [item for given in inputs for item in _items(given)]
    seen: dict[str, Path] = {}
    for item in items:
        if item.name in seen:
            raise ValueError(
                f"{seen[item.name]} and {item.source} would both become {item.name}; correct them into two folders"
            )
        seen[item.name] = item.source
    return tuple(items)


def _items(given: Path) -> Iterator[Item]:
    if not given.exists():
        raise FileNotFoundError(2, "No such file or folder", str(given))
    if not given.is_dir():
        if not given.name.lower().endswith(SUFFIXES):
            raise ValueError(f"{given}: expected a name that ends in {', '.join(SUFFIXES)}; convert the motion")
        yield Item(given, given.name)
        return
    found = []
    for base, folders, names in os.walk(given):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in names:
            path = Path(base, name)
            if name.lower().endswith(SUFFIXES) and not name.startswith(".") and path.is_file():
                found.append(Item(path, path.relative_to(given).as_posix()))
    if not found:
        raise ValueError(f"{given} has no file that ends in {', '.join(SUFFIXES)}; name a folder that has")
    yield from sorted(found, key=lambda item: item.name)


def check_out(inputs: Sequence[Path], out: Path) -> None:
    """Refuse to write into, around or over what is read.

    Raises:
        ValueError: `out` is, holds or lies in an input.
    """
    target = out.resolve()
    if out.exists() and not out.is_dir():
        raise ValueError(f"--out must name a folder, {out} is a file; choose another")
    for given in inputs:
        source = given.resolve()
        inside = source == target or source.is_relative_to(target)
        if inside or (given.is_dir() and target.is_relative_to(source)):
            raise ValueError(f"--out {out} and the input {given} lie in one another; choose another --out")


def correct_files(
    inputs: Sequence[Path],
    out: Path,
    corrector: JointCorrector,
    *,
    seed: int = 0,
    skip_bad: bool = False,
    workers: int = 1,
    report: Report = silent,
) -> dict[str, Any]:
    """Correct all motions of `inputs` into `out`; the report, as it stands in report.json.

    Files that are done already with the same input and settings are not done again. A motion that the corrector fails
    at, or that is too short, too long or no person, is kept as it was and says why in its record. A file that cannot
    be read stops the work, or with `skip_bad` is left out and listed.

    Args:
        seed: of the random streams, one a file: by its name, so neither workers nor other files matter.
        workers: processes; the result does not depend on it.
        report: told (stage, files done, files in all).

    Raises:
        ValueError, OSError: bad inputs (see `find_inputs`, `check_out`), a bad file, or `out` is in use.
    """
    if workers < 1:
        raise ValueError(f"workers must be >= 1, got {workers}; 1 works in this process")
    if seed < 0:
        raise ValueError(f"seed must be >= 0, got {seed}; choose a non-negative whole number")
    items = find_inputs(inputs)
    check_out(inputs, out)
    settings = files.to_json({"format": FORMAT, "corrector": corrector.describe(), "seed": seed})
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()
    found: dict[str, Mapping[str, Any]] = {}
    with locked(out):
        for item in items:
            done = _done(item, out, digest)
            if done is not None:
                found[item.name] = done
        missing = [item for item in items if item.name not in found]
        report("correcting", len(found), len(items))

        def heard(_: str, message: tuple[Any, ...]) -> None:
            found[message[0]["file"]] = message[0]
            report("correcting", len(found), len(items))

        work = partial(_work, corrector=corrector, seed=seed, digest=digest, out=out, skip_bad=skip_bad)
        run_tasks(work, _shares(missing, workers), heard, workers=workers)
        records = [found[item.name] for item in items]
        counts = {result: sum(one["result"] == result for one in records) for result in ("corrected", "kept", "bad")}
        told = {"settings": settings, "counts": {"files": len(items), **counts}, "files": records}
        files.write_json(out / REPORT, told)
    return told


def draw_missing(
    sources: Mapping[str, Path],
    records: Sequence[Mapping[str, Any]],
    out: Path,
    draw: Draw,
    workers: int,
    report: Report = silent,
) -> None:
    """Pictures OUT/<name>.gif of motions before and after, for records that have none yet, over several processes.

    sources: the input of each name. draw: what draws one, in any process.
    """
    wanted = [Item(sources[one["file"]], one["file"]) for one in records if one["result"] != "bad"]
    missing = [item for item in wanted if not gif_path(out, item.name).is_file()]
    left = {item.name for item in missing}
    report("drawing", len(wanted) - len(left), len(wanted))

    def heard(_: str, message: tuple[Any, ...]) -> None:
        left.discard(message[0])  # a process that is begun again tells of a picture again
        report("drawing", len(wanted) - len(left), len(wanted))

    run_tasks(partial(_draw, out=out, draw=draw), _shares(missing, workers), heard, workers=workers)


def _draw(share: _Share, send: Send, *, out: Path, draw: Draw) -> None:
    for item in share.items:
        motion = read_motion(item.source)
        after = motion.parsed(contents(out / item.name))
        draw(motion.joints, after, gif_path(out, item.name), item.name)
        send((item.name,))


def gif_path(out: Path, name: str) -> Path:
    return out / f"{name}.gif"


def record_path(out: Path, name: str) -> Path:
    return out / RECORDS / f"{name}.json"


def _done(item: Item, out: Path, digest: str) -> Mapping[str, Any] | None:
    """The record of a file that need not be done again; one that could not be read is tried again."""
    path, output = record_path(out, item.name), out / item.name
    if not (path.is_file() and output.is_file()):
        return None
    try:
        record = files.read_json(path)
        same = record["settings"] == digest and record["output"] == files.fingerprint(output)
        return record if same and record["input"] == input_fingerprint(item.source) else None
    except (ValueError, KeyError, TypeError):
        return None


def _shares(items: Sequence[Item], workers: int) -> list[_Share]:
    """The files dealt out to processes, large ones first, each to the one with least to read."""
    dealt: list[list[Item]] = [[] for _ in range(max(1, min(workers, len(items))))]
    load = [0] * len(dealt)
    for item in sorted(items, key=lambda item: (-item.source.stat().st_size, item.name)):
        least = load.index(min(load))
        dealt[least].append(item)
        load[least] += item.source.stat().st_size
    return [_Share(f"share {k}", tuple(part)) for k, part in enumerate(dealt) if part]


def _work(
    share: _Share, send: Send, *, corrector: JointCorrector, seed: int, digest: str, out: Path, skip_bad: bool
) -> None:
    """Body of a process: each file's output, then its record, then word of it."""
    for item in share.items:
        output, path = out / item.name, record_path(out, item.name)
        for old in (path, gif_path(out, item.name)):  # they speak of an output that is about to go
            old.unlink(missing_ok=True)
        try:
            content, record = correct_file(item.source, item.name, corrector, seed)
        except (ValueError, OSError) as problem:
            reason = " ".join(str(problem).split()).removeprefix(f"{item.source.name}: ")
            if not skip_bad:
                raise ValueError(f"{item.source}: {reason}; --skip-bad leaves such files out") from None
            output.unlink(missing_ok=True)
            send(({"file": item.name, "result": "bad", "reason": reason},))
            continue
        output.parent.mkdir(parents=True, exist_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write_bytes(output, content)
        record |= {"settings": digest, "output": hashlib.sha256(content).hexdigest()}
        record = files.to_json(record)
        files.write_json(path, record)
        send((record,))
