"""What was measured, as folders and files of it say: theory reports, ensembles, experiments, one-step tests, audits."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from loop.records import read_config
from plots.folders import DEPTH, read_arrays, read_json
from plots.runs import Arm, Experiment, read_experiment
from plots.statistics import Floats


@dataclass(frozen=True)
class Runs:
    """One experiment. about: its experiment.json."""

    folder: Path
    about: Mapping[str, Any]
    experiment: Experiment

    @property
    def data(self) -> str:
        """What it was run on, in words."""
        preset = self.about["identity"].get("problem", {}).get("preset", {})
        known = self.about["identity"].get("data", {})
        size = f", n = {preset['n']}" if "n" in preset else ""
        performed = ", performed" if preset.get("performed") else ""
        return f"{known.get('source', 'digits')}{performed}{size} ({self.folder.name})"

    @property
    def command(self) -> str:
        return str(self.about.get("command", ""))

    def arm(self, name: str) -> Arm | None:
        """The arm, if it has a generation after the first."""
        found = [arm for arm in self.experiment.arms if arm.name == name and len(arm.generations) > 1]
        return found[0] if found else None

    def arms(self, *names: str) -> list[Arm] | None:
        """All of these, or None."""
        found = [arm for name in names if (arm := self.arm(name)) is not None]
        return found if len(found) == len(names) else None


@dataclass(frozen=True)
class Rows:
    """Rows of a report, and the file that they came from. problem: of a one-step test, what its generators learn."""

    path: Path
    rows: Sequence[Mapping[str, Any]]
    problem: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Ensemble:
    """A toy ensemble: w2 (G, runs, C) over generations 0, 1, ..., runs and cells of gamma (C,). identity: what its
    config.json says it is."""

    folder: Path
    identity: Mapping[str, Any]
    gamma: Floats
    w2: Floats

    @property
    def schedule(self) -> str:
        return str(self.identity.get("schedule", {}).get("name"))

    @property
    def corrector(self) -> str:
        return str(self.identity.get("corrector", {}).get("name"))

    @property
    def generations(self) -> int:
        return len(self.w2) - 1

    @property
    def runs(self) -> int:
        return int(self.w2.shape[1])

    @property
    def data(self) -> str:
        return f"Gaussian toy, {self.corrector} ({self.folder.name})"

    @property
    def command(self) -> str:
        return f"scsc toy preset {'exact' if self.corrector == 'mixture' else 'official'}-gaussian"

    def matches(self, other: Ensemble) -> bool:
        """The same but for the corrector."""
        return {**self.identity, "corrector": None} == {**other.identity, "corrector": None}


@dataclass
class Evidence:
    """All that was found."""

    theory: list[Rows] = field(default_factory=list)
    motion: list[Runs] = field(default_factory=list)
    digits: list[Runs] = field(default_factory=list)
    ensembles: list[Ensemble] = field(default_factory=list)
    steps: list[Rows] = field(default_factory=list)
    audits: list[tuple[Path, Mapping[str, Any]]] = field(default_factory=list)


def gather(paths: Sequence[Path]) -> Evidence:
    """Read experiments and ensembles (folders, or folders that hold some) and reports (JSON, also in those folders).

    Raises:
        ValueError: nothing was named, or a named file is damaged or of another kind.
        OSError: something is not there.
    """
    if not paths:
        raise ValueError("name at least one folder of experiments or report of --json, got none")
    found = Evidence()
    for path in paths:
        if not path.exists():
            raise FileNotFoundError(2, "No such file or folder", str(path))
        if path.is_dir():
            before = _count(found)
            for folder in _experiments(path, DEPTH):
                _experiment(folder, found)
            for report in sorted(path.glob("*.json")):
                _report(report, found)
            if _count(found) == before:
                raise ValueError(f"{path} holds no experiment and no report; name what --out or --json named")
        elif not _report(path, found):
            raise ValueError(f"{path} is no report of theory, motion correct --test or audit; name what --json named")
    return found


def final(arm: Arm, measure: str, others: Sequence[Arm] = ()) -> Floats:
    """Values (S,) at the last generation that all of the arms have."""
    last = min(a.generations[-1] for a in (arm, *others))
    return np.asarray(arm.values(measure)[int(np.searchsorted(arm.generations, last))])


def paired(first: Arm, second: Arm, one: Floats, two: Floats) -> tuple[Floats, Floats]:
    """Values (S,) of two arms by seed, those that both have."""
    at = {folder.name: k for k, folder in enumerate(second.folders)}
    both = [(k, at[folder.name]) for k, folder in enumerate(first.folders) if folder.name in at]
    return np.array([one[k] for k, _ in both]), np.array([two[k] for _, k in both])


def _count(found: Evidence) -> int:
    parts = (found.theory, found.motion, found.digits, found.ensembles, found.steps, found.audits)
    return sum(len(part) for part in parts)


def _experiments(folder: Path, depth: int) -> Iterator[Path]:
    if (folder / "experiment.json").is_file() or (folder / "curves.npz").is_file():
        yield folder
    elif depth:
        for inner in sorted(entry for entry in folder.iterdir() if entry.is_dir() and not entry.name.startswith(".")):
            yield from _experiments(inner, depth - 1)


def _experiment(folder: Path, found: Evidence) -> None:
    if (folder / "curves.npz").is_file():
        arrays = read_arrays(folder / "curves.npz", {}, {"w2": 3, "gamma": 1})
        if len(arrays) == 2:  # other toys measure other things, of which no claim speaks
            identity = read_config(folder)["identity"]
            found.ensembles.append(Ensemble(folder, identity, arrays["gamma"], arrays["w2"]))
        return
    about = read_json(folder / "experiment.json")
    target = {"motion-experiment": found.motion, "digits-experiment": found.digits}.get(str(about.get("kind")))
    if target is not None:
        target.append(Runs(folder, about, read_experiment(folder)))


def _report(path: Path, found: Evidence) -> bool:
    """Take in a JSON report; False if it is none that decides a claim."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as problem:
        raise ValueError(f"{path} is not readable JSON ({problem}); make it again") from None
    if isinstance(content, list) and content and all(isinstance(row, dict) and "claims" in row for row in content):
        found.theory.append(Rows(path, content))
    elif isinstance(content, dict) and isinstance(content.get("audit"), dict):
        found.audits.append((path, content["audit"]))
    elif isinstance(content, dict) and _is_steps(content.get("rows")):
        learned = content.get("problem")
        found.steps.append(Rows(path, content["rows"], learned if isinstance(learned, dict) else {}))
    else:
        return False
    return True


def _is_steps(rows: Any) -> bool:
    wanted = {"corrector", "generation", "ratio", "low", "high"}
    return isinstance(rows, list) and bool(rows) and all(isinstance(row, dict) and wanted <= set(row) for row in rows)
