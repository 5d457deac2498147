"""Ensembles: many runs (seeds x cells of gamma and lambda) as one array program.

Seeds are computed in blocks of 64, each with one stream per (generation, stage); a block is always computed whole, so
seed i's result depends neither on how many seeds are run nor on the process that runs them.
"""

from __future__ import annotations

import io
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

BLOCK = 64
Array = NDArray[np.float64]
State = dict[str, Array]


@dataclass(frozen=True)
class Block:
    """64 consecutive seeds, and where their randomness comes from."""

    seed: int
    index: int

    def stream(self, generation: int, stage: str) -> np.random.Generator:
        return stream(self.seed, generation, stage, self.index)


class EnsembleProblem(Protocol):
    """A loop whose generation is arithmetic on arrays with leading axes (64 seeds, C cells)."""

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
) -> Curves:
    """All curves of an ensemble; with `folder`, kept there and resumed block by block.

    The folder ends with `config.json` and `curves.npz` (the curves, `generation` (G,), and `extra` arrays). Blocks and
    generations may be added later: `runs` and `generations` are not part of the identity.
    """
    blocks = -(-config.runs // BLOCK)
    total = blocks * config.generations

    def one(index: int) -> Curves:
        block = Block(config.seed, index)
        keep = None if folder is None else folder / "blocks" / f"block-{index:05d}.npz"
        return _block_curves(
            problem, config, block, keep, lambda done: report("generations", index * config.generations + done, total)
        )

    if folder is None:
        parts = [one(index) for index in range(blocks)]
        return _join(parts, config.runs)
    with locked(folder):
        claim(folder, "toy-ensemble", {"seed": config.seed, **problem.describe()})
        (folder / "blocks").mkdir(exist_ok=True)
        parts = [one(index) for index in range(blocks)]
        curves = _join(parts, config.runs)
        generation = np.arange(config.generations + 1, dtype=float)
        seeds = np.arange(config.runs, dtype=float)
        _write_arrays(folder / "curves.npz", {**curves, "generation": generation, "seed": seeds, **(extra or {})})
    return curves


def _block_curves(
    problem: EnsembleProblem, config: EnsembleConfig, block: Block, keep: Path | None, report: Callable[[int], None]
) -> Curves:
    """One block's curves, (generations + 1, 64, C); continues from `keep` if that is there."""
    rows: list[Mapping[str, Array]] = []
    if keep is not None and keep.exists():
        state, rows = _read_block(keep)
        rows = rows[: config.generations + 1]
    else:
        state = problem.start(block)
        rows.append(problem.measure(state))
    for generation in range(len(rows), config.generations + 1):
        state = problem.step(state, generation, block)
        rows.append(problem.measure(state))
        if generation % 16 == 0:
            report(generation)
        if keep is not None and config.checkpoint_every and generation % config.checkpoint_every == 0:
            _write_block(keep, state, rows)
    report(config.generations)
    if keep is not None and _stored_rows(keep) < len(rows):
        _write_block(keep, state, rows)
    return {name: np.stack([row[name] for row in rows]) for name in rows[0]}


def _join(parts: list[Curves], runs: int) -> Curves:
    return {name: np.concatenate([part[name] for part in parts], axis=1)[:, :runs] for name in parts[0]}


def _stored_rows(path: Path) -> int:
    if not path.exists():
        return 0
    with np.load(path, allow_pickle=False) as file:
        return max(len(file[name]) for name in file.files if name.startswith("row."))


def _write_block(path: Path, state: State, rows: list[Mapping[str, Array]]) -> None:
    arrays = {f"state.{name}": value for name, value in state.items()}
    arrays |= {f"row.{name}": np.stack([row[name] for row in rows]) for name in rows[0]}
    _write_arrays(path, arrays)


def _read_block(path: Path) -> tuple[State, list[Mapping[str, Array]]]:
    with np.load(path, allow_pickle=False) as file:
        state = {name.removeprefix("state."): file[name] for name in file.files if name.startswith("state.")}
        curves = {name.removeprefix("row."): file[name] for name in file.files if name.startswith("row.")}
    count = len(next(iter(curves.values())))
    return state, [{name: value[i] for name, value in curves.items()} for i in range(count)]


def _write_arrays(path: Path, arrays: Mapping[str, Array]) -> None:
    """An .npz that is whole or absent."""
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]  # numpy's stub mistakes the names for its own flags
    files.write_bytes(path, buffer.getvalue())
