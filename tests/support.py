"""What several test files need: two small correctors, the files of a run as they are compared, files of
images, distances of motions, Ctrl-C."""

import signal
from dataclasses import dataclass
from typing import Any

import numpy as np

from loop import ArrayBatch, Corrected
from loop.corrector import Scope


@dataclass(frozen=True)
class Shrink:
    """Halves every sample; fails (keeps it) beyond `limit`."""

    limit: float = 2.0
    scope: Scope = "sample"

    def __call__(self, batch, rng):
        failed = np.abs(batch.samples[:, 0]) > self.limit
        out = np.where(failed[:, None], batch.samples, 0.5 * batch.samples)
        return Corrected(ArrayBatch(out), np.abs(out - batch.samples).sum(1), np.ones(len(batch), bool), failed)

    def describe(self) -> dict[str, Any]:
        return {"name": "shrink", "limit": self.limit}


@dataclass(frozen=True)
class Centre:
    """Subtracts the batch mean: a corrector of scope batch."""

    scope: Scope = "batch"

    def __call__(self, batch, rng):
        out = batch.samples - batch.samples.mean(0)
        n = len(batch)
        return Corrected(ArrayBatch(out), np.abs(out - batch.samples).sum(1), np.ones(n, bool), np.zeros(n, bool))

    def describe(self) -> dict[str, Any]:
        return {"name": "centre"}


def near(batch):
    return np.abs(batch.samples[:, 0]) < 0.5


def deterministic(folder):
    """Every byte of every file below a run folder that must not depend on interruptions."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in {"cost.json", ".lock", ".holder"}
    }


BVH_HEAD = """HIERARCHY
ROOT hip
{
  OFFSET 1 2 3
  CHANNELS 6 Xposition Yposition Zposition Zrotation Yrotation Xrotation
  JOINT knee
  {
    OFFSET 0 -4.5 0
    CHANNELS 3 Zrotation Xrotation Yrotation
    End Site
    {
      OFFSET 0 0 1e0
    }
  }
}
MOTION
"""
"""A small tree; `Frames:`, `Frame Time:` and rows of nine numbers follow."""


def idx(array):
    """The bytes of an IDX file."""
    shape = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return bytes([0, 0, 8, array.ndim]) + shape + array.astype(np.uint8).tobytes()


def is_refused(outcome, text):
    """That a command (its status, stdout, stderr) was refused in one line that holds `text`."""
    code, _, error = outcome
    assert code == 2, error
    assert error.startswith("scsc: error: ") and error.count("\n") == 1, error
    assert text in error, error


def distance(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Mean joint distance of each motion, (n, T, 22, 3) [m] twice -> (n,)."""
    return np.linalg.norm(a - b, axis=-1).mean(axis=(1, 2))


def hear_interrupts() -> None:
    """A `preexec_fn`: a shell has its background jobs, and so what tests start there, ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
