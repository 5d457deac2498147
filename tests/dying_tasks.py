"""Tasks for tests/loop/test_workers.py, in a module of their own as other processes import it."""

import os
import signal
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Task:
    """Counts to `steps` in its folder; dies by -9 at step `dies` as long as it has died less than `times`."""

    folder: Path
    name: str
    steps: int = 5
    dies: int = 3
    times: int = 0


def work(task, send):
    folder = task.folder / task.name
    folder.mkdir(exist_ok=True)
    (folder / f"process-{os.getpid()}").touch()
    for step in range(task.steps):
        if (folder / f"step-{step}").exists():
            continue
        if step == task.dies and len(list(folder.glob("death-*"))) < task.times:
            (folder / f"death-{os.getpid()}").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        if task.name == "mistake":
            raise ValueError("wrong")
        if task.name == "disk":
            raise OSError(28, "No space left on device", "some/file")
        if task.name == "fault":
            raise KeyError("a bug")
        (folder / f"step-{step}").touch()
        send(("step", step))
    send(("end",))  # a message like any other
