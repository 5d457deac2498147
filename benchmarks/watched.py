"""An experiment as `chaos.py` watches it: from outside, by its folder and its processes. Does nothing by itself."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from loop.records import holder
from loop.status import RunStatus, status_of

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Experiment:
    """The command, and the folder that it works in."""

    script: Path
    out: Path
    words: tuple[str, ...]

    def start(self) -> subprocess.Popen[bytes]:
        """What it says goes into a file, so that nobody need read it."""
        command = [sys.executable, str(self.script), "--out", str(self.out), *self.words]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
        with open(self.script.with_suffix(".err"), "wb") as errors:
            return subprocess.Popen(
                command, stdout=subprocess.DEVNULL, stderr=errors, cwd=ROOT, env=environment, start_new_session=True
            )

    def said(self) -> str:
        """On stderr, by the command that was started last."""
        return self.script.with_suffix(".err").read_text().strip()

    def whole(self) -> dict[str, int]:
        """Whole generations, and which folder (inode) each is: one that is made again is another."""
        return {str(path.relative_to(self.out)): path.stat().st_ino for path in self.out.glob("*/seed-*/gen-????")}

    def workers(self, driver: int) -> dict[str, int]:
        """Processes other than the driver that hold a run's folder now."""
        named = {f"{run.parent.name}/{run.name}": pid_of(holder(run)) for run in self.out.glob("*/seed-*")}
        return {name: pid for name, pid in named.items() if pid not in (0, driver)}

    def status(self) -> list[RunStatus]:
        """What `scsc motion status` tells; nothing while there is no experiment.json."""
        return status_of(self.out) if (self.out / "experiment.json").exists() else []

    def digest(self) -> dict[str, str]:
        """Of every file that must not depend on disturbances."""
        found = {}
        for path in sorted(self.out.rglob("*")):
            if path.is_file() and path.name not in {"cost.json", ".lock", ".holder"}:
                content = path.read_bytes()
                if path.name == "experiment.json":  # says by which command, which names the folder
                    content = json.dumps({**json.loads(content), "command": ""}).encode()
                found[str(path.relative_to(self.out))] = hashlib.sha256(content).hexdigest()
        return found


def pid_of(held: str) -> int:
    found = re.match(r"process (\d+)", held)
    return int(found[1]) if found else 0


def is_alive(pid: int) -> bool:
    """A process that is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def told(experiment: Experiment, driver: int | None) -> tuple[str, list[str]]:
    """What the status says, and in what it is wrong. driver: the process that runs it, None where nobody does."""
    before = experiment.whole()
    by, runs = holder(experiment.out), experiment.status()
    after = experiment.whole()
    faults = []
    if driver is None and by:
        faults.append(f"says that it is run by {by}")
    if driver is not None and pid_of(by) != driver and is_alive(driver):
        faults.append(f"says that it is run by {by or 'nobody'}, not by {driver}")
    for run in runs:
        name = f"{run.arm}/seed-{run.seed:04d}/"
        least, most = (sum(key.startswith(name) for key in keys) for keys in (before, after))
        if not least <= run.finished <= most:
            faults.append(f"counts {run.finished} of {name}, there are {least}")
        if (run.state == "done") != (run.finished > run.planned):
            faults.append(f"calls {name} {run.state}")
        if run.state in ("running", "paused") and driver is None:
            faults.append(f"calls {name} {run.state} where nobody runs it")
    states = [run.state for run in runs]
    counts = ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))
    return f"{'runs' if by else 'stopped'}; {counts or 'no runs yet'}", faults
