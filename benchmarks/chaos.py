"""What an experiment survives: `python benchmarks/chaos.py [--kills 20] [--tiny] [--workers 2|ray] ...`.

At random moments of `scsc motion run` (preset smoke; --tiny: seconds) the driver or a worker is killed by -9, or its
disk is filled up (a small tmpfs, which needs the right to mount one; who lacks it is told, and those moments go to the
other two). Then the same command goes on. One row a disturbance: whole generations just before it and once it is over,
what the status said then, whether it said the truth (before, too: who runs, and how far it is), and how long processes
outlived it. At the end of each run every file that does not tell of times must have the bytes of an undisturbed run,
and no generation that was whole may have been made again. Exit status 1 where something was lost or a status lied.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import numpy as np
from watched import Experiment, is_alive, pid_of, told

from loop.records import holder

TINY = """presets.PRESETS["smoke"] = presets.Preset(
    frames=32, n=6, reference=20, evaluation=12, generations=8, first_steps=6, steps=3, width=16, layers=1, heads=2,
    batch_size=4, sampler_steps=3,
)
"""
SCRIPT = """import sys
from motion.experiment import presets
{tiny}from scsc.main import main
if __name__ == "__main__":
    sys.exit(main(["motion", "run", *sys.argv[1:]]))
"""
DISK = 600  # MB of the small disk
OUTLIVE = 10.0  # s that processes have to end after their driver


@dataclass
class Row:
    """One disturbance."""

    run: int
    who: str
    second: float
    moment: str
    before: int
    after: int = 0
    said: str = ""
    outlived: float = 0.0
    faults: list[str] = field(default_factory=list)

    HEAD: ClassVar[str] = (
        f"{'run':>3} {'who':7} {'at s':>6} {'generations':>11} {'outlived s':>10}  moment; status; faults"
    )

    def __str__(self) -> str:
        return (
            f"{self.run:3} {self.who:7} {self.second:6.1f} {self.before:5} {self.after:5} {self.outlived:10.2f}  "
            f"{self.moment}; {self.said}; {'; '.join(self.faults) or 'none'}"
        )


def disturb(experiment: Experiment, process: subprocess.Popen[bytes], row: Row, fill: Path | None) -> None:
    """One disturbance; returns when it is over: whoever dies of it is dead."""
    workers = experiment.workers(process.pid)
    row.before = len(experiment.whole())
    kept = experiment.whole()
    row.faults += told(experiment, process.pid)[1]
    begin = time.monotonic()
    if row.who == "worker":
        name = sorted(workers)[int(row.second * 1000) % len(workers)]
        row.moment = f"{name}, generation {sum(key.startswith(name) for key in kept)}"
        os.kill(workers[name], signal.SIGKILL)
        gone = [workers[name]]
    else:
        row.moment = f"{len(workers)} workers" if workers else "driver alone"
        gone = [process.pid, *workers.values()]
        if row.who == "driver":
            process.kill()
        else:
            assert fill is not None
            while process.poll() is None and time.monotonic() < begin + 120:
                _fill(fill)
                time.sleep(0.02)
        process.wait()
        error = experiment.said()
        wanted = -signal.SIGKILL if row.who == "driver" else 2
        if row.who == "disk" and process.returncode == 0:
            row.moment += ", at its end"
        elif process.returncode != wanted or "Traceback" in error:
            row.faults.append(f"ended with {process.returncode}: {error.splitlines()[-1:]}")
        elif row.who == "disk" and "make room" not in error:
            row.faults.append(f"said {error!r}")
    dead = time.monotonic()
    while any(is_alive(pid) for pid in gone) and time.monotonic() < dead + OUTLIVE:
        time.sleep(0.01)
    row.outlived = time.monotonic() - dead
    if any(is_alive(pid) for pid in gone):
        row.faults.append("a process goes on")
    if fill is not None:
        fill.unlink(missing_ok=True)
    now = experiment.whole()
    row.after = len(now)
    lost = [name for name, inode in kept.items() if now.get(name) != inode]
    row.faults += [f"lost {name}" for name in lost]
    row.said, wrong = told(experiment, process.pid if row.who == "worker" else None)
    row.faults += wrong


def _fill(path: Path) -> None:
    with contextlib.suppress(OSError), open(path, "ab", buffering=0) as file:
        room = os.statvfs(path.parent)
        os.posix_fallocate(file.fileno(), file.tell(), max(room.f_bavail * room.f_frsize, 1))


@contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """Mount one; whether it could be."""
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK}m", "tmpfs", str(folder)], capture_output=True, text=True
    )
    if made.returncode:
        print(f"no small disk, so that none is filled up: {made.stderr.strip()}")
    try:
        yield not made.returncode
    finally:
        if not made.returncode:
            subprocess.run(["umount", str(folder)], check=True)


def leg(
    experiment: Experiment, number: int, kinds: list[str], window: float, rng: np.random.Generator, fill: Path | None
) -> tuple[bool, list[Row]]:
    """The command once, with disturbances until it ends: whether it is finished, and a row for each of them.

    kinds: what is still to come; what has come is taken away.
    """
    process, rows = experiment.start(), []
    begin = time.monotonic()

    def works() -> bool:
        """It has begun; and there is a worker where one is to be killed."""
        if pid_of(holder(experiment.out)) != process.pid:
            return False
        return kinds[0] != "worker" or bool(experiment.workers(process.pid))

    while kinds and process.poll() is None:
        while process.poll() is None and not works():
            time.sleep(0.02)
        moment = time.monotonic() + rng.uniform(0, window)
        while process.poll() is None and not (time.monotonic() > moment and works()):
            time.sleep(0.02)
        if process.poll() is None:
            rows.append(Row(number, kinds.pop(0), time.monotonic() - begin, "", 0))
            disturb(experiment, process, rows[-1], fill)
            print(rows[-1], flush=True)
    process.wait()
    if process.returncode and not rows:
        raise RuntimeError(experiment.said())
    return process.returncode == 0, rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--tiny", action="store_true")
    parser.add_argument("--workers", default="2")
    parser.add_argument("--window", type=float, help="s of work before a disturbance, at most; a quarter of a run")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--arms", nargs="+", default=["real", "synthetic", "corrected", "ideal"])
    chosen = parser.parse_args()
    rng = np.random.default_rng(chosen.seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        script = folder / "experiment.py"
        script.write_text(SCRIPT.format(tiny=TINY if chosen.tiny else ""))
        words = ("--workers", chosen.workers, "--arms", *chosen.arms)
        reference = Experiment(script, folder / "whole", words)
        begin = time.monotonic()
        process = reference.start()
        if process.wait():
            raise RuntimeError(reference.said())
        seconds = time.monotonic() - begin
        expected, window = reference.digest(), chosen.window or seconds / 4
        print(f"undisturbed: {seconds:.0f} s, {len(reference.whole())} generations, {len(expected)} files", flush=True)
        (folder / "disk").mkdir()
        with small_disk(folder / "disk") as is_small:
            kinds = ["driver", "worker", "disk"] if is_small else ["driver", "worker"]
            left = [kinds[i % len(kinds)] for i in rng.permutation(chosen.kills)]
            return _report(*_disturbed(script, folder / "disk", words, left, window, rng, is_small, expected))


def _disturbed(
    script: Path, disk: Path, words: tuple[str, ...], left: list[str], window: float, rng: np.random.Generator,
    is_small: bool, expected: dict[str, str],
) -> tuple[list[Row], list[str]]:  # fmt: skip
    """Runs until nothing is left to come: all rows, and in what the runs differ from an undisturbed one."""
    print(Row.HEAD)
    rows: list[Row] = []
    wrong: list[str] = []
    number = 0
    while left:
        number += 1
        experiment = Experiment(script, disk / f"run-{number}", words)
        kept: dict[str, int] = {}
        finished = False
        while not finished:
            finished, more = leg(experiment, number, left, window, rng, disk / "ballast" if is_small else None)
            rows += more
            now = experiment.whole()
            wrong += [f"run {number}: {name} was made again" for name, inode in kept.items() if now.get(name) != inode]
            kept = now
        found = experiment.digest()
        wrong += [f"run {number}: {name}" for name in {*found, *expected} if found.get(name) != expected.get(name)]
        print(f"run {number}: finished, {'equal' if found == expected else 'NOT EQUAL'}", flush=True)
        subprocess.run(["rm", "-rf", str(experiment.out)], check=True)
    return rows, wrong


def _report(rows: list[Row], wrong: list[str]) -> int:
    faults = sum(bool(row.faults) for row in rows)
    by = {who: sum(row.who == who for row in rows) for who in ("driver", "worker", "disk")}
    print(
        f"{len(rows)} disturbances ({', '.join(f'{count} {who}' for who, count in by.items())}): {faults} with faults; "
        f"{len({row.run for row in rows})} runs, {len(wrong)} differences from an undisturbed one"
    )
    for line in wrong[:20]:
        print(line)
    return 1 if faults or wrong else 0


if __name__ == "__main__":
    sys.exit(main())
