"""The loop: a problem, a corrector and a schedule, run over generations.

Generation 0 is fitted on real data. Each later generation samples its predecessor, corrects the samples, mixes them
with real ones as the schedule says, and fits. Every generation reads its predecessor from the store, also when nothing
crashed; randomness comes from (seed, generation, stage); so an interrupted run that is started again equals an
uninterrupted one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import numpy as np

from loop.batch import Batch
from loop.corrector import Corrected, Corrector
from loop.provenance import Clock, peak_memory_mb, surroundings
from loop.records import Record
from loop.schedule import Choice, Schedule
from loop.seeds import stream
from loop.store import Store

M = TypeVar("M")
B = TypeVar("B", bound=Batch)


@dataclass(frozen=True)
class Request(Generic[B]):
    """What to sample: `count` samples; where `real` is given, for conditions drawn from its samples."""

    count: int
    real: B


class Problem(Protocol[M, B]):
    """A generative model and its data, as the loop sees them.

    The methods with a body may be left out by an implementation that inherits from this class.
    """

    def describe(self) -> dict[str, Any]:
        """Everything that decides its results, as JSON: enters the identity of a run."""
        ...

    def data(self) -> dict[str, Any]:
        """Name and fingerprint of the real data, as JSON: stands in every record."""
        ...

    def real(self, generation: int, rng: np.random.Generator) -> B:
        """The real training set: for generation 0 the fixed one, for others a fresh one."""
        ...

    def fit(self, previous: M | None, training: B, rng: np.random.Generator, work: Path | None = None) -> M:
        """Fit on `training`, starting from `previous` if the problem says so; checkpoints go into `work`."""
        ...

    def sample(self, model: M, request: Request[B], rng: np.random.Generator) -> B: ...

    def measure(
        self, model: M, synthetic: B | None, corrected: B | None, rng: np.random.Generator
    ) -> Mapping[str, Any]: ...

    def save(self, model: M, folder: Path) -> None: ...

    def load(self, folder: Path) -> M: ...

    def load_batch(self, folder: Path) -> B:
        """Read back what `Batch.save` wrote."""
        ...

    def illustrate(
        self, model: M, synthetic: B | None, corrected: B | None, folder: Path, rng: np.random.Generator
    ) -> None:
        """Write small deterministic files for pictures into the generation's folder; by default none.

        synthetic, corrected: what the model's predecessor made for it, before and after correction, if anything.
        """
        return None


@dataclass(frozen=True)
class RunConfig:
    """seed: of every stream of the run. generations: how many follow generation 0 (not part of the identity)."""

    seed: int = 0
    generations: int = 10
    kind: str = "run"

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise ValueError(f"seed must be >= 0, got {self.seed}; choose a non-negative whole number")
        if self.generations < 0:
            raise ValueError(f"generations must be >= 0, got {self.generations}; 0 fits on real data only")


def run(
    problem: Problem[M, B],
    corrector: Corrector[B],
    schedule: Schedule,
    config: RunConfig,
    store: Store[M, B],
    start: Path | None = None,
) -> Iterator[Record]:
    """Run the loop; yields every generation's record in order, stored ones first.

    start: folder of a generation 0 to share (`gen-0000` of another run); its fingerprint is part of the identity.

    Raises:
        ValueError: the store belongs to another config or process, or is damaged.
    """
    identity = {
        "seed": config.seed,
        "schedule": schedule.describe(),
        "corrector": corrector.describe(),
        "problem": problem.describe(),
        "start": None if start is None else store.fingerprint_of(start),
    }
    with store.opened(config.kind, identity, problem):
        if start is not None and store.last() < 0:
            store.adopt(start)
        for generation in range(config.generations + 1):
            if generation > store.last():
                _advance(problem, corrector, schedule, config.seed, generation, store)
            yield store.record(generation)


def _advance(
    problem: Problem[M, B],
    corrector: Corrector[B],
    schedule: Schedule,
    seed: int,
    generation: int,
    store: Store[M, B],
) -> None:
    """Make one generation and commit it."""
    clock = Clock()
    with clock.stage("real"):
        which = schedule.real_generation(generation)
        fixed = problem.real(0, stream(seed, 0, "real"))
        real = fixed if which == 0 else None if which is None else problem.real(which, stream(seed, which, "real"))
    previous: M | None = None
    synthetic: B | None = None
    done: Corrected[B] | None = None
    with clock.stage("load"):
        if generation > 0:
            previous = store.model(generation - 1)
    count = schedule.request(len(fixed if real is None else real)) if generation > 0 else 0
    if previous is not None and count > 0:
        with clock.stage("sample"):
            synthetic = _sample(problem, previous, schedule, count, fixed if real is None else real, seed, generation)
        with clock.stage("correct"):
            done = corrector(synthetic, stream(seed, generation, "correct"))
        if len(done.samples) != len(synthetic):
            raise ValueError(
                f"corrector {corrector.describe()} returned {len(done.samples)} of {len(synthetic)} samples"
            )
    with clock.stage("load"):
        earlier = schedule.history(generation) if count > 0 else range(0)
        parts = [real, *(store.corrected(past) for past in earlier), None if done is None else done.samples]
        n_real, training = _training(schedule, generation, parts, seed)
    with clock.stage("fit"):
        model = problem.fit(previous, training, stream(seed, generation, "fit"), store.work(generation))
    corrected = None if done is None else done.samples
    with clock.stage("measure"):
        measures = dict(problem.measure(model, synthetic, corrected, stream(seed, generation, "measure")))
    record = Record(
        generation,
        seed,
        measures,
        _summary(done),
        {"real": n_real, "synthetic": len(training) - n_real},
        {},
        problem.data(),
    )
    keep = done is not None and generation in schedule.history(generation + 1)
    cost = {
        "seconds": clock.seconds,
        "cpu_seconds": clock.cpu_seconds,
        "peak_memory_mb": peak_memory_mb(),
        **surroundings(),
    }

    def illustrate(folder: Path) -> None:
        problem.illustrate(model, synthetic, corrected, folder, stream(seed, generation, "show"))

    store.put(record, cost, model, corrected if keep else None, illustrate)


def _sample(problem: Problem[M, B], model: M, schedule: Schedule, count: int, real: B, seed: int, generation: int) -> B:
    """`count` synthetic samples; with a selector the ones it keeps of K times as many."""
    selector = schedule.selector
    wanted = count if selector is None else count * selector.candidates_per_sample
    drawn = problem.sample(model, Request(wanted, real), stream(seed, generation, "sample"))
    if len(drawn) != wanted:
        raise ValueError(f"the problem sampled {len(drawn)} of {wanted} samples; it must return as many as asked for")
    return drawn if selector is None else selector(drawn, count, stream(seed, generation, "select"))


def _training(schedule: Schedule, generation: int, parts: Sequence[B | None], seed: int) -> tuple[int, B]:
    """The training set, real samples first, and how many of it are real.

    parts: the real set, earlier batches, the generation's own; None for what there is not.
    """
    sizes = [0 if part is None else len(part) for part in parts]
    if generation == 0:
        choices: list[Choice] = [None] * len(parts)
    else:
        choices = schedule.choose(generation, sizes, stream(seed, generation, "choose"))
    counts = [size if choice is None else len(choice) for size, choice in zip(sizes, choices, strict=True)]
    chosen = [
        part if choice is None else part.take(choice)
        for part, choice, count in zip(parts, choices, counts, strict=True)
        if part is not None and count > 0
    ]
    if not chosen:
        raise ValueError(f"generation {generation} has nothing to train on; raise lam or keep the real data")
    return counts[0], chosen[0].concat(*chosen[1:]) if len(chosen) > 1 else chosen[0]


def _summary(done: Corrected[Any] | None) -> dict[str, Any]:
    """What the corrector did, in numbers: the mean distance is over the samples that it moved, a note's over those that
    have one."""
    if done is None:
        return {}
    applied = done.picked & ~done.failed
    known = {name: values[np.isfinite(values)] for name, values in done.notes.items()}
    return {
        "samples": len(done.samples),
        "picked": int(done.picked.sum()),
        "failed": int(done.failed.sum()),
        "moved_mean": float(done.moved[applied].mean()) if applied.any() else 0.0,
        "moved_max": float(done.moved.max(initial=0.0)),
        **{f"{name}_mean": float(values.mean()) for name, values in known.items() if len(values)},
    }
