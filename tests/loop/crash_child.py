"""A run that may kill itself: at its N-th file operation, half-way through a write. Started by test_crash.py."""

import builtins
import os
import signal
import sys
from pathlib import Path

import numpy as np

from loop import Accumulate, FolderStore, RunConfig, run
from toy.gaussian import GaussianProblem, ideal


class Slow(GaussianProblem):
    """A Gaussian whose fit keeps a checkpoint in work/, as long trainings do."""

    def fit(self, previous, training, rng, work=None):
        total, begin = np.zeros(self.dimension), 0
        path = work / "state.npz"
        if path.exists():
            with np.load(path, allow_pickle=False) as file:
                total, begin = file["total"], int(file["begin"])
                rng.bit_generator.state = {
                    "bit_generator": "PCG64",
                    "state": {"state": int(str(file["state"])), "inc": int(str(file["inc"]))},
                    "has_uint32": 0,
                    "uinteger": 0,
                }
        for step in range(begin, 4):
            total = total + rng.standard_normal(self.dimension)  # as a stochastic optimiser would
            state = rng.bit_generator.state["state"]
            with open(work / "state.tmp", "wb") as file:
                np.savez(file, total=total, begin=step + 1, state=str(state["state"]), inc=str(state["inc"]))
            os.replace(work / "state.tmp", path)
        model = super().fit(previous, training, rng)
        return type(model)(model.mean + 1e-3 * total, model.covariance)


def arm(countdown):
    """Kill -9 this process at its `countdown`-th write-like operation, after writing half of what was asked."""
    left = [countdown]

    def tick(half):
        left[0] -= 1
        if left[0] == 0:
            half()
            os.kill(os.getpid(), signal.SIGKILL)

    real_open, real_replace, real_rename, real_mkdir = builtins.open, os.replace, os.rename, os.mkdir

    def opened(file, mode="r", *args, **kwargs):
        if "w" in mode or "x" in mode:
            handle = real_open(file, mode, *args, **kwargs)
            write = handle.write

            class Wrapped:
                def write(self, data):
                    def half():
                        write(data[: len(data) // 2])
                        handle.flush()

                    tick(half)
                    return write(data)

                def __getattr__(self, name):
                    return getattr(handle, name)

                def __enter__(self):
                    handle.__enter__()
                    return self

                def __exit__(self, *args):
                    return handle.__exit__(*args)

            return Wrapped()
        return real_open(file, mode, *args, **kwargs)

    def before(operation):
        def wrapped(*args, **kwargs):
            tick(lambda: None)
            return operation(*args, **kwargs)

        return wrapped

    builtins.open = opened
    os.replace, os.rename, os.mkdir = before(real_replace), before(real_rename), before(real_mkdir)


if __name__ == "__main__":
    folder, generations, countdown = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    if countdown:
        arm(countdown)
    records = run(Slow(2000, 3), ideal(1.0), Accumulate(0.5), RunConfig(1, generations), FolderStore(folder), None)
    for record in records:
        print(record.generation, flush=True)
