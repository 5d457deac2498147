"""Ensembles: many runs (seeds x cells of gamma and lambda) as one array program.

Seeds are computed in blocks of 64, each with one stream per (generation, stage); a block is always computed whole, so
seed i's result depends neither on how many seeds are run nor on the process that runs them. A finished block keeps its
state, from which more generations continue, unless that is larger than `STATE_LIMIT`: then they begin anew, with the
same result.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from loop import files
from loop.progress import Report, silent
from loop.records import claim, locked
from loop.seeds import stream
from loop.workers import Send, run_tasks, warm_up

BLOCK = 64
STATE_LIMIT = 2**22
"""Largest state that is kept with a finished block [bytes]; checkpoints under way are kept whatever their size."""
Array = NDArray[np.float64]
State = dict[str, Array]


@dataclass(frozen=True)
class Block:
    """64 consecutive seeds, and where their randomness comes from.

    rows: how many of them, from the first on, are wanted. A problem may compute only those, but draws for all 64.
    """

    seed: int
    index: int
    rows: int = BLOCK

    def stream(self, generation: int, stage: str) -> np.random.Generator:
        return stream(self.seed, generation, stage, self.index)


class EnsembleProblem(Protocol):
    """A loop whose generation is arithmetic on arrays with leading axes (64 seeds, or the block's rows; C cells)."""

    def describe(self) -> dict[str, Any]: ...

    def start(self, block: Block) -> State:
        """Generation 0; arrays (64, C, ...)."""
        ...

    def step(self, state: State, generation: int, block: Block) -> State: ...

    def measure(self, state: State) -> Mapping[str, Array]:
        """Each (64, C)."""
        ...


@dataclass(frozen=True)
class EnsembleConfig:
    """runs: seeds. checkpoint_every: generations between checkpoints of a block; 0 = only finished blocks are kept."""

    seed: int = 0
    runs: int = 64
    generations: int = 50
    checkpoint_every: int = 0

    def __post_init__(self) -> None:
        for name, least in [("seed", 0), ("runs", 1), ("generations", 0), ("checkpoint_every", 0)]:
            if getattr(self, name) < least:
                raise ValueError(f"{name} must be >= {least}, got {getattr(self, name)}; choose such a whole number")


Curves = dict[str, Array]  # name -> (generations + 1, runs, C)


def run_ensemble(
    problem: EnsembleProblem,
    config: EnsembleConfig,
    folder: Path | None = None,
    report: Report = silent,
    extra: Mapping[str, Array] | None = None,
    workers: int = 1,
) -> Curves:
    """All curves of an ensemble; with `folder`, kept there and resumed block by block.

    The folder ends with `config.json` and `curves.npz` (the curves, `generation` (G,), and `extra` arrays). Blocks and
    generations may be added later: `runs` and `generations` are not part of the identity.

    workers: processes among which the blocks are shared out, 0 = one a core; the result does not depend on it.
    """
    if workers < 0:
        raise ValueError(f"workers must be >= 0 (0 = one a core), got {workers}; choose such a whole number")
    blocks = -(-config.runs // BLOCK)
    total = blocks * config.generations

    processes = min(workers or os.cpu_count() or 1, blocks)
    if processes > 1:
        warm_up([type(problem).__module__])

    def all_blocks() -> Curves:
        done = [0] * blocks
        parts: dict[int, Curves] = {}

        def heard(name: str, message: tuple[Any, ...]) -> None:
            if message[0] == "curves":
                parts[int(name)] = message[1]
            else:
                done[int(name)] = message[1]
                report("generations", sum(done), total)

        tasks = [_Task(problem, config, index, folder) for index in range(blocks)]
        run_tasks(_run_block, tasks, heard, workers=processes)
        joined = [parts[index] for index in range(blocks)]
        return {name: np.concatenate([part[name] for part in joined], axis=1)[:, : config.runs] for name in joined[0]}

    if folder is None:
        return all_blocks()
    with locked(folder):
        claim(folder, "toy-ensemble", {"seed": config.seed, **problem.describe()})
        (folder / "blocks").mkdir(exist_ok=True)
        curves = all_blocks()
        generation = np.arange(config.generations + 1, dtype=float)
        seeds = np.arange(config.runs, dtype=float)
        files.write_arrays(folder / "curves.npz", {**curves, "generation": generation, "seed": seeds, **(extra or {})})
    return curves


@dataclass(frozen=True)
class _Task:
    """One block, as a worker gets it."""

    problem: EnsembleProblem
    config: EnsembleConfig
    index: int
    folder: Path | None

    @property
    def name(self) -> str:
        return str(self.index)


def _run_block(task: _Task, send: Send) -> None:
    wanted = BLOCK if task.folder is not None else min(BLOCK, task.config.runs - task.index * BLOCK)
    block = Block(task.config.seed, task.index, wanted)
    keep = None if task.folder is None else task.folder / "blocks" / f"block-{task.index:05d}.npz"
    curves = _block_curves(task.problem, task.config, block, keep, lambda done: send(("done", done)))
    send(("curves", curves))


def _block_curves(
    problem: EnsembleProblem, config: EnsembleConfig, block: Block, keep: Path | None, report: Callable[[int], None]
) -> Curves:
    """One block's curves, (generations + 1, 64, C); continues from `keep` if that is there."""
    state: State = {}
    rows: list[Mapping[str, Array]] = []
    if keep is not None and keep.exists():
        state, rows = _read_block(keep)
        rows = rows[: config.generations + 1]
    if not rows or (not state and len(rows) <= config.generations):
        state = problem.start(block)
        rows = [problem.measure(state)]
    for generation in range(len(rows), config.generations + 1):
        state = problem.step(state, generation, block)
        rows.append(problem.measure(state))
        if generation % 16 == 0:
            report(generation)
        if keep is not None and config.checkpoint_every and generation % config.checkpoint_every == 0:
            _write_block(keep, state, rows)
    report(config.generations)
    if keep is not None and _stored_rows(keep) < len(rows):
        small = sum(value.nbytes for value in state.values()) <= STATE_LIMIT
        _write_block(keep, state if small else {}, rows)
    return {name: np.stack([row[name] for row in rows]) for name in rows[0]}


def _stored_rows(path: Path) -> int:
    if not path.exists():
        return 0
    with np.load(path, allow_pickle=False) as file:
        return max(len(file[name]) for name in file.files if name.startswith("row."))


def _write_block(path: Path, state: State, rows: list[Mapping[str, Array]]) -> None:
    arrays = {f"state.{name}": value for name, value in state.items()}
    arrays |= {f"row.{name}": np.stack([row[name] for row in rows]) for name in rows[0]}
    files.write_arrays(path, arrays)


def _read_block(path: Path) -> tuple[State, list[Mapping[str, Array]]]:
    with np.load(path, allow_pickle=False) as file:
        state = {name.removeprefix("state."): file[name] for name in file.files if name.startswith("state.")}
        curves = {name.removeprefix("row."): file[name] for name in file.files if name.startswith("row.")}
    count = len(next(iter(curves.values())))
    return state, [{name: value[i] for name, value in curves.items()} for i in range(count)]
