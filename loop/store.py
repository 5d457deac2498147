"""Where generations are kept: a run folder, or memory for sweeps that need no disk."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar, cast

from loop import files
from loop.batch import Batch
from loop.keep import Keep
from loop.records import Record, RunFolder, generations, read_record

M = TypeVar("M")
B = TypeVar("B", bound=Batch)
B_co = TypeVar("B_co", bound=Batch, covariant=True)
Illustrate = Callable[[Path], None]
"""Writes a generation's files for pictures into its folder."""


class Keeper(Protocol[M, B_co]):
    """The part of a problem that a store needs."""

    def save(self, model: M, folder: Path) -> None: ...
    def load(self, folder: Path) -> M: ...
    def load_batch(self, folder: Path) -> B_co: ...


class Store(Protocol[M, B]):
    """Whole generations, written once and read back. Use inside `opened`."""

    def opened(self, kind: str, identity: Mapping[str, Any], keeper: Keeper[M, B]) -> AbstractContextManager[None]: ...
    def fingerprint_of(self, start: Path) -> str: ...
    def adopt(self, start: Path) -> None: ...
    def last(self) -> int: ...
    def work(self, generation: int) -> Path | None: ...
    def record(self, generation: int) -> Record: ...
    def model(self, generation: int) -> M: ...
    def corrected(self, generation: int) -> B: ...
    def put(
        self, record: Record, cost: Mapping[str, Any], model: M, corrected: B | None, illustrate: Illustrate
    ) -> None: ...


def _start_fingerprint(start: Path) -> str:
    """Of the deterministic part of a generation folder: its record and its model."""
    if not (start / "record.json").is_file() or not (start / "model").is_dir():
        raise ValueError(f"{start} is no generation: record.json or model/ is missing; name a gen-0000 folder")
    return files.fingerprint(start / "record.json") + files.fingerprint(start / "model")


@dataclass
class FolderStore(Generic[M, B]):
    """A run folder on disk: survives crashes, resumes, holds a lock. keep: which models stay, see `Keep`."""

    folder: Path
    keep: Keep = Keep()
    _keeper: Keeper[M, B] | None = field(default=None, init=False)

    @property
    def _run(self) -> RunFolder:
        return RunFolder(self.folder)

    @contextmanager
    def opened(self, kind: str, identity: Mapping[str, Any], keeper: Keeper[M, B]) -> Iterator[None]:
        with self._run.opened(kind, identity):
            self._keeper = keeper
            yield

    def fingerprint_of(self, start: Path) -> str:
        return _start_fingerprint(start)

    def adopt(self, start: Path) -> None:
        """Take over a shared generation 0: its files, byte for byte."""

        def write(folder: Path) -> None:
            shutil.copytree(start, folder, dirs_exist_ok=True)

        self._run.commit(0, write)

    def last(self) -> int:
        return self._run.last()

    def work(self, generation: int) -> Path | None:
        return self._run.work(generation)

    def record(self, generation: int) -> Record:
        return Record(**read_record(self._run.path(generation)))

    def model(self, generation: int) -> M:
        folder = self._run.path(generation) / "model"
        self._verify(generation, "model", folder)
        return cast(Keeper[M, B], self._keeper).load(folder)

    def corrected(self, generation: int) -> B:
        folder = self._run.path(generation) / "corrected"
        self._verify(generation, "corrected", folder)
        return cast(Keeper[M, B], self._keeper).load_batch(folder)

    def _verify(self, generation: int, part: str, folder: Path) -> None:
        if not folder.is_dir():
            raise ValueError(
                f"{folder} was not kept, or has been removed; the generations that --keep names have theirs"
            )
        if files.fingerprint(folder) != self.record(generation).fingerprints.get(part):
            raise ValueError(f"{folder} is damaged: it does not match the fingerprint in record.json; restore it")

    def put(
        self, record: Record, cost: Mapping[str, Any], model: M, corrected: B | None, illustrate: Illustrate
    ) -> None:
        def write(folder: Path) -> None:
            prints = {}
            (folder / "model").mkdir()
            keeper = cast(Keeper[M, B], self._keeper)
            keeper.save(model, folder / "model")
            prints["model"] = files.fingerprint(folder / "model")
            if corrected is not None:
                (folder / "corrected").mkdir()
                corrected.save(folder / "corrected")
                prints["corrected"] = files.fingerprint(folder / "corrected")
            illustrate(folder)
            files.write_json(folder / "record.json", replace(record, fingerprints=prints).to_json())
            files.write_json(folder / "cost.json", cost)

        self._run.commit(record.generation, write)
        # after the newest is whole; what a crash leaves here goes the next time
        for generation in self.keep.dropped(generations(self.folder)):
            files.remove(self._run.path(generation) / "model")


@dataclass
class MemoryStore(Generic[M, B]):
    """Generations in memory; a second `run` over the same store continues."""

    records: list[Record] = field(default_factory=list)
    costs: list[Mapping[str, Any]] = field(default_factory=list)
    _models: dict[int, M] = field(default_factory=dict)
    _corrected: dict[int, B] = field(default_factory=dict)
    _identity: Any = None

    @contextmanager
    def opened(self, kind: str, identity: Mapping[str, Any], keeper: Keeper[M, B]) -> Iterator[None]:
        wanted = files.to_json({"kind": kind, **identity})
        if self._identity is None:
            self._identity = wanted
        found = files.differences(self._identity, wanted)
        if found:
            raise ValueError(f"this store belongs to another config ({'; '.join(found)}); make a new store")
        self._keeper = keeper
        yield

    def fingerprint_of(self, start: Path) -> str:
        return _start_fingerprint(start)

    def adopt(self, start: Path) -> None:
        self.records.append(Record(**read_record(start)))
        self.costs.append({})
        self._models[0] = self._keeper.load(start / "model")

    def last(self) -> int:
        return len(self.records) - 1

    def work(self, generation: int) -> Path | None:
        return None

    def record(self, generation: int) -> Record:
        return self.records[generation]

    def model(self, generation: int) -> M:
        return self._models[generation]

    def corrected(self, generation: int) -> B:
        return self._corrected[generation]

    def put(
        self, record: Record, cost: Mapping[str, Any], model: M, corrected: B | None, illustrate: Illustrate
    ) -> None:
        self.records.append(record)
        self.costs.append(cost)
        self._models = {record.generation: model}  # only the newest is ever read again
        if corrected is not None:
            self._corrected[record.generation] = corrected
