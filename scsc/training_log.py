"""A training as its command watches it: bars, a log of loss and speed beside the run, an interrupt that loses no step.

SEED_FOLDER/training.json: legs, one a process that worked on it (its steps that were timed, and their seconds), and
the smoothed loss every tenth step. Not deterministic, never compared.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from loop import files
from loop.progress import Listener

LOG = "training.json"
_EVERY = 100  # steps between writes: as often as there is a checkpoint


class TrainingLog:
    """A `Listener` that passes on what it is told, keeps the log, and stops between two steps when asked to."""

    def __init__(self, listener: Listener, path: Path) -> None:
        self._listener, self._path = listener, path
        stored: dict[str, Any] = files.read_json(path) if path.exists() else {}
        self._legs: list[dict[str, Any]] = stored.get("legs", [])
        self._loss: list[list[float]] = stored.get("loss", [])
        self._first: tuple[int, float] | None = None
        self._value = float("nan")
        self._stop = False
        self.training = False  # True between the first and the last step

    def numbers(self, stage: str, values: Mapping[str, float]) -> None:
        self._value = values.get("loss", float("nan"))
        self._listener.numbers(stage, values)

    def __call__(self, stage: str, done: int, total: int) -> None:
        self._listener(stage, done, total)
        if stage != "train":
            return
        now = time.perf_counter()
        if self._first is None:
            self._first = (done, now)
            self._loss = [pair for pair in self._loss if pair[0] < done]
            self._legs.append({"steps": 0, "seconds": 0.0})
        self._legs[-1] = {"steps": done - self._first[0], "seconds": now - self._first[1]}
        self._loss.append([done, self._value])
        self.training = done < total
        if done % _EVERY == 0 or not self.training or self._stop:
            files.write_json(self._path, {"legs": self._legs, "loss": self._loss})
        if self._stop and self.training:
            raise KeyboardInterrupt

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Within, the first Ctrl-C ends training after at most ten more steps; outside of training, and the second
        one, at once."""

        def pressed(*_: object) -> None:
            if self._stop or not self.training:
                raise KeyboardInterrupt
            self._stop = True
            print("scsc: stopping at the next tenth step; Ctrl-C again stops at once", file=sys.stderr)

        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.signal(signal.SIGINT, pressed)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)


def speed(path: Path) -> float | None:
    """Steps a second over all legs of a log; None where none was timed."""
    if not path.exists():
        return None
    legs = files.read_json(path)["legs"]
    steps, seconds = (sum(leg[key] for leg in legs) for key in ("steps", "seconds"))
    return steps / seconds if steps and seconds else None
