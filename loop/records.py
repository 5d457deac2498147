"""The run folder: whole generations, the config check, the lock; and its readers.

config.json          format, kind, identity; written once, compared at each start
gen-0003/            a whole generation, or absent
  record.json        what is deterministic: measures, counts, fingerprints
  cost.json          what is not: seconds (wall by stage, CPU), memory, host, versions, commit
  model/             written by Problem.save
  corrected/         the corrected samples, while the schedule needs them
work/gen-0004/       training checkpoints of the generation under way
"""

from __future__ import annotations

import os
import re
import shutil
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from loop import files

FORMAT = 1
_PATIENCE = 2.0  # seconds: workers of a run that was just killed need a moment to notice
_GENERATION = re.compile(r"gen-(\d{4,})")
_NAMED = re.compile(r"process (\d+) on (.+)")


@dataclass(frozen=True)
class Record:
    """One generation, as it was measured.

    measures: scalars by name; units stand in the problem's documentation.
    correction: counts and mean distance of the corrector, empty where nothing was corrected.
    training: how many samples it was fitted on, real and synthetic.
    fingerprints: SHA-256 of the model and of the samples that were kept.
    data: name and fingerprint of the real data.
    """

    generation: int
    seed: int
    measures: Mapping[str, Any]
    correction: Mapping[str, Any] = field(default_factory=dict)
    training: Mapping[str, int] = field(default_factory=dict)
    fingerprints: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        names = ("generation", "seed", "measures", "correction", "training", "fingerprints", "data")
        return {name: files.to_json(getattr(self, name)) for name in names}


def generation_name(generation: int) -> str:
    return f"gen-{generation:04d}"


def read_config(folder: Path) -> dict[str, Any]:
    """The config of a run or ensemble folder.

    Raises:
        ValueError: no such folder, no config in it, or a damaged one.
    """
    path = folder / "config.json"
    if not path.is_file():
        raise ValueError(f"{folder} holds no run: config.json is missing; name the folder that --out named")
    config = files.read_json(path)
    if not isinstance(config, dict) or config.get("format") != FORMAT:
        raise ValueError(f"{path} has not format {FORMAT}; it was written by another version or is damaged")
    return config


def read_records(folder: Path) -> list[dict[str, Any]]:
    """The records of all whole generations, in order; measures that JSON cannot hold (nan, inf) are floats again."""
    records = []
    for generation in generations(folder):
        records.append(read_record(folder / generation_name(generation)))
    return records


def read_record(generation: Path) -> dict[str, Any]:
    """The record of one generation's folder; nan and inf are floats again.

    Raises:
        ValueError: it is damaged.
    """
    path = generation / "record.json"
    record = files.read_json(path)
    if not isinstance(record, dict) or not isinstance(record.get("measures"), dict):
        raise ValueError(f"{path} holds no measures; restore it or start a new --out")
    record["measures"] = {
        name: float(value) if value in ("nan", "inf", "-inf") else value for name, value in record["measures"].items()
    }
    return record


def generations(folder: Path) -> list[int]:
    """The whole generations in a run folder, sorted."""
    if not folder.is_dir():
        return []
    found = (_GENERATION.fullmatch(item.name) for item in folder.iterdir())
    return sorted(int(match[1]) for match in found if match)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder for this process alone.

    Raises:
        ValueError: another process holds it; the message names that process.
    """
    folder.mkdir(parents=True, exist_ok=True)
    holder = folder / ".holder"
    lock = FileLock(folder / ".lock", timeout=_PATIENCE)
    try:
        lock.acquire()
    except Timeout:
        who = holder.read_text(encoding="utf-8").strip() if holder.exists() else "another process"
        raise ValueError(f"{folder} is in use by {who}; wait for it, stop it, or choose another --out") from None
    try:
        try:
            holder.write_text(f"process {os.getpid()} on {socket.gethostname()}", encoding="utf-8")
        except OSError as problem:
            problem.filename = problem.filename or str(holder)  # a full disk names none
            raise
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def holder(folder: Path) -> str:
    """Who holds the folder now, "" if nobody does. It is told by the lock, which ends with its process however that
    ended, not by what a process once wrote."""
    path, named = folder / ".lock", folder / ".holder"
    if not path.exists() or _is_free(path):
        return ""
    try:
        found = _NAMED.fullmatch(named.read_text(encoding="utf-8").strip())
    except FileNotFoundError:
        found = None
    if found is None or (found[2] == socket.gethostname() and not _is_alive(int(found[1]))):
        return "another process"  # it has the lock and not yet said who it is
    return found[0]


def _is_free(lock: Path) -> bool:
    """Asked through a shared lock where there are such, so that two who ask do not take each other for the holder."""
    try:
        import fcntl
    except ImportError:
        try:
            with FileLock(lock, timeout=0):
                return True
        except Timeout:
            return False
    with open(lock, "rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return False
    return True


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def claim(folder: Path, kind: str, identity: Mapping[str, Any]) -> None:
    """Store the identity of a run once; refuse a different one.

    Raises:
        ValueError: the folder belongs to another config; names every field with both values.
    """
    path = folder / "config.json"
    wanted = {"format": FORMAT, "kind": kind, "identity": files.to_json(identity)}
    if not path.exists():
        files.write_json(path, wanted)
        return
    found = files.differences(read_config(folder), wanted)
    if found:
        text = "; ".join(entry.removeprefix("identity.") for entry in found)
        raise ValueError(f"{folder} belongs to another config ({text}); choose a new --out or the old values")


@dataclass(frozen=True)
class RunFolder:
    """A run on disk. Use inside `opened`, which locks it, checks the config and clears what a crash left."""

    folder: Path

    @contextmanager
    def opened(self, kind: str, identity: Mapping[str, Any]) -> Iterator[None]:
        with locked(self.folder):
            claim(self.folder, kind, identity)
            for leftover in self.folder.glob("*.partial"):
                shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
            self._clear_work(self.last())
            yield

    def last(self) -> int:
        """The newest whole generation; -1 when there is none.

        Raises:
            ValueError: a generation in between is missing.
        """
        found = generations(self.folder)
        if found != list(range(len(found))):
            missing = sorted(set(range(found[-1])) - set(found))
            raise ValueError(f"{self.folder} lacks generation {missing[0]}; restore it or start a new --out")
        return len(found) - 1

    def path(self, generation: int) -> Path:
        return self.folder / generation_name(generation)

    def work(self, generation: int) -> Path:
        """Where the fit of `generation` keeps its checkpoints; gone once the generation is whole."""
        folder = self.folder / "work" / generation_name(generation)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def commit(self, generation: int, write: Callable[[Path], None]) -> None:
        """Make one generation whole: write it aside, force it to the disk, rename it."""
        with files.whole_folder(self.path(generation)) as partial:
            write(partial)
        self._clear_work(generation)

    def _clear_work(self, generation: int) -> None:
        work = self.folder / "work"
        if work.is_dir():
            for item in work.iterdir():
                match = _GENERATION.fullmatch(item.name)
                if match and int(match[1]) <= generation:
                    files.remove(item)
            if not any(work.iterdir()):
                work.rmdir()
