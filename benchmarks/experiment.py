"""What the motion experiment costs beside its work: `python benchmarks/experiment.py [--preset laptop] ...`.

1. An arm in a process of its own: the share of its time outside fit, sample, correct and measure (reading data, the
   hashes and writes of whole generations, the motions for pictures), and its largest resident memory.
2. Nine arms on one core and on two, from one generation 0: how many times faster, beside what the machine gives two
   processes that only count. Of use where nothing else runs; the bound by CPU seconds, at any time: what the order of
   the arms allows, where the last one runs alone.

Defaults (smoke, 2 generations): two or three minutes. In full: --preset laptop --generations 3, half an hour.
"""

import argparse
import multiprocessing
import resource
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from loop.campaign import SHARED, Task, costs
from loop.progress import silent
from loop.workers import warm_up
from motion.experiment.arms import LoopConfig, weight_of
from motion.experiment.campaign import Experiment, Settings, execute, run_arm
from motion.experiment.named import PAPER_ARMS
from motion.experiment.presets import preset_named

STAGES = ("fit", "sample", "correct", "measure")
COUNT = 30_000_000


def seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def in_process(target: Callable[..., None], *args: Any) -> dict[str, float]:
    """What `target(connection, *args)` sends from a new process."""
    context = multiprocessing.get_context("spawn")
    reader, writer = context.Pipe(duplex=False)
    process = context.Process(target=target, args=(writer, *args))
    process.start()
    writer.close()  # only the process has it now: its death ends the wait
    found: dict[str, float] = reader.recv()
    process.join()
    return found


def arm(writer: Connection, task: Task[Settings]) -> None:
    """An arm as a worker runs it: what it imports is there before."""
    import torch._dynamo  # noqa: F401  (by the first step of an optimiser)

    used = time.process_time()
    wall = seconds(lambda: run_arm(task, lambda message: None))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # of KiB
    writer.send({"wall": wall, "cpu": time.process_time() - used, "peak_gib": peak})


def count() -> None:
    total = 0
    for i in range(COUNT):
        total += i


def machine() -> float:
    """What two processes that only count get done, in units of what one does."""
    alone = seconds(count)
    context = multiprocessing.get_context("spawn")
    pipes = [context.Pipe() for _ in range(2)]
    both = [context.Process(target=counted, args=(pipe,)) for pipe in pipes]
    for process in both:
        process.start()
    for end, _ in pipes:
        end.recv()  # imported
    for end, _ in pipes:
        end.send("go")
    shared = float(max(end.recv() for end, _ in pipes))
    for process in both:
        process.join()
    return 2 * alone / shared


def counted(pipe: tuple[Connection, Connection]) -> None:
    end = pipe[1]
    end.send("here")
    end.recv()
    end.send(seconds(count))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", default="smoke")
    parser.add_argument("--generations", type=int, default=2)
    parser.add_argument("--n", type=int, default=64)
    parser.add_argument("--first-steps", type=int, default=100, help="of generation 0, which is not what is timed")
    parser.add_argument("--arms", nargs="+", default=["real", "synthetic", "corrected"], help="of the first part")
    parser.add_argument("--nine", nargs="*", default=list(PAPER_ARMS), help="of the second part; none: leave it out")
    chosen = parser.parse_args()
    preset = replace(preset_named(chosen.preset), n=chosen.n, first_steps=chosen.first_steps)
    with tempfile.TemporaryDirectory() as name:
        base = Experiment(Path(name) / "base", preset, arms=("real",), generations=0)
        execute(base, silent)
        shutil.rmtree(base.out / "real")
        print(f"{chosen.preset}, n = {chosen.n}, {chosen.generations} generations; an arm in its own process:")
        print(f"{'arm':24} {'s':>7} {'outside':>8} {'CPU s':>7} {'peak GiB':>8}")
        for kind in chosen.arms:
            found = in_process(arm, Task(base.out, kind, 0, chosen.generations, base.settings))
            stages = sum(cost["seconds"].get(stage, 0.0) for cost in costs(base.out, kind, [0]) for stage in STAGES)
            outside = 1 - stages / found["wall"]
            print(
                f"{kind:24} {found['wall']:7.1f} {outside:8.1%} {found['cpu']:7.1f} {found['peak_gib']:8.2f}",
                flush=True,
            )
        if not chosen.nine:
            return
        warm_up(("motion.experiment.campaign", "torch._dynamo"))
        walls, used = {}, {}
        before = machine()
        for workers in (1, 2):
            out = Path(name) / f"on-{workers}"
            for part in ("data", SHARED):
                shutil.copytree(base.out / part, out / part)
            nine = replace(base, out=out, arms=tuple(chosen.nine), generations=chosen.generations, workers=workers)
            walls[workers] = seconds(lambda: execute(nine, silent))  # noqa: B023
            used[workers] = {kind: sum(one["cpu_seconds"] for one in costs(out, kind, [0])) for kind in chosen.nine}
        after = machine()
        cores = [0.0, 0.0]
        for kind in sorted(chosen.nine, key=lambda kind: -weight_of(kind, LoopConfig())):
            cores[cores.index(min(cores))] += used[1][kind]
        alone, both = (sum(used[workers].values()) for workers in (1, 2))
        print(
            f"{len(chosen.nine)} arms: {walls[1]:.0f} s on one core ({alone:.0f} CPU seconds in generations), "
            f"{walls[2]:.0f} s on two ({both:.0f}): {walls[1] / walls[2]:.2f} times; "
            f"by CPU seconds at most {alone / max(cores):.2f}; "
            f"two processes that count: {before:.2f} times before, {after:.2f} after"
        )


if __name__ == "__main__":
    main()
