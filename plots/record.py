"""Small records of figures: means, standard errors and theory of every line, with the command that made the runs.

A record redraws its figure without the runs, on any machine.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import stdtrit

from plots import lines, measures
from plots.folders import ENSEMBLE, kind_of, read_json
from plots.lines import Line
from plots.measures import read_measures
from plots.runs import read_experiment
from plots.statistics import LEVEL, Band, Floats
from plots.style import Look, Picture

FORMAT = 1
MOST_BYTES = 300_000
"""A record is small: it is kept beside the code."""
_POINTS = 101  # generations kept at most; the first and the last always
_DIGITS = 5  # significant ones


@dataclass(frozen=True)
class FigureRecord:
    """What a figure shows. made: versions and machine; result: what a command concluded, as JSON."""

    name: str
    title: str
    command: str
    lines: tuple[Line, ...]
    shown: tuple[str, ...]
    floor: Mapping[str, float]
    made: Mapping[str, Any]
    result: Mapping[str, Any]


def collect(
    runs: Sequence[tuple[Path, str]], name: str, title: str, command: str, *, made: Mapping[str, Any],
    result: Mapping[str, Any], shown: Sequence[str] = (),
) -> FigureRecord:  # fmt: skip
    """The record of one experiment, or of one or several ensembles.

    Args:
        runs: folder and label.
        command: what made them.
        shown: the figure's measures, in order; left out: the arms' known ones, or those that all ensembles have.

    Raises:
        ValueError: folders of different kinds, or damaged ones.
    """
    kinds = {kind_of(folder) for folder, _ in runs}
    floor: Mapping[str, float] = {}
    if kinds == {ENSEMBLE}:
        drawn = lines.of_ensembles([(label, read_measures(folder)) for folder, label in runs])
        suited = lines.common_measures(drawn, measures.COLUMNS) if not shown else []
    elif len(runs) == 1:
        experiment = read_experiment(runs[0][0])
        drawn, floor = lines.of_experiment(experiment), experiment.floor
        suited = [key for key in lines.KNOWN if all(key in line.bands for line in drawn)]
    else:
        raise ValueError(f"a record is of ensembles or of one experiment, got kinds {sorted(map(str, kinds))}")
    shown = [key for key in shown if any(key in line.bands for line in drawn)] or suited
    floor = {key: value for key, value in floor.items() if key in shown}
    return FigureRecord(name, title, command, tuple(drawn), tuple(shown), floor, made, result)


def to_json(record: FigureRecord) -> dict[str, Any]:
    """As JSON; nan is null, numbers have five significant digits.

    Raises:
        ValueError: it would be larger than `MOST_BYTES`.
    """
    found = {
        "format": FORMAT, "name": record.name, "title": record.title, "command": record.command,
        "made": dict(record.made), "shown": list(record.shown), "result": dict(record.result),
        "floor": {key: _number(value) for key, value in record.floor.items()},
        "lines": [_line(line, record.shown) for line in record.lines],
    }  # fmt: skip
    size = len(dumped(found))
    if size > MOST_BYTES:
        raise ValueError(
            f"the record of {record.name} must be at most {MOST_BYTES} bytes, got {size}; keep fewer lines"
        )
    return found


def dumped(value: Mapping[str, Any]) -> str:
    """The text of a record's file, one line a line of the figure."""
    head = json.dumps({key: part for key, part in value.items() if key != "lines"}, ensure_ascii=False, allow_nan=False)
    rows = ",\n ".join(json.dumps(line, ensure_ascii=False, allow_nan=False) for line in value["lines"])
    return f'{head[:-1]}, "lines": [\n {rows}\n]}}\n'


def _line(line: Line, shown: Sequence[str]) -> dict[str, Any]:
    last = len(line.generation) - 1
    kept = np.unique(np.round(np.linspace(0, last, min(_POINTS, last + 1))).astype(int))
    return {
        "label": line.label,
        "look": [line.look.colour, line.look.line, line.look.marker],
        "generation": line.generation[kept].astype(int).tolist(),
        "runs": line.runs,
        "mean": {key: _numbers(line.bands[key].mean[kept]) for key in shown if key in line.bands},
        "se": {key: _numbers(line.bands[key].se[kept]) for key in shown if key in line.bands},
        "theory": {key: _numbers(line.theory[key][kept]) for key in shown if key in line.theory},
        "published": {key: [_numbers(part) for part in parts] for key, parts in line.published.items() if key in shown},
    }


def _number(value: float) -> float | None:
    return float(f"{value:.{_DIGITS}g}") if math.isfinite(value) else None


def _numbers(values: Floats) -> list[float | None]:
    return [_number(float(value)) for value in values]


def read(path: Path) -> FigureRecord:
    """What `to_json` made.

    Raises:
        ValueError: damaged, or of another version; the message names the file.
        OSError: missing or unreadable.
    """
    stored = read_json(path)
    if stored.get("format") != FORMAT:
        raise ValueError(f"{path} must have format {FORMAT}, got {stored.get('format')!r}; another version wrote it")
    try:
        return FigureRecord(
            stored["name"], stored["title"], stored["command"], tuple(_read_line(line) for line in stored["lines"]),
            tuple(stored["shown"]), stored["floor"], stored["made"], stored["result"],
        )  # fmt: skip
    except (KeyError, TypeError, ValueError, IndexError) as problem:
        raise ValueError(f"{path} lacks what a record has ({problem!r:.80}); make it again") from None


def _read_line(stored: Mapping[str, Any]) -> Line:
    def array(values: Sequence[float | None]) -> Floats:
        return np.array([math.nan if value is None else value for value in values], dtype=float)

    colour, style, marker = stored["look"]
    runs = int(stored["runs"])
    t = float(stdtrit(runs - 1, 0.5 + LEVEL / 2)) if runs > 1 else math.nan
    bands = {}
    for key, values in stored["mean"].items():
        mean, se = array(values), array(stored["se"][key])
        bands[key] = Band(mean, se, mean - t * se, mean + t * se, np.full(len(mean), runs))
    generation = np.array(stored["generation"], dtype=float)
    line: Any = style if isinstance(style, str) else (float(style[0]), tuple(style[1]))
    theory = {key: array(values) for key, values in stored["theory"].items()}
    published = {}
    for key, parts in stored["published"].items():
        at, mean, se = map(array, parts)
        published[key] = (at, mean, se)
    return Line(stored["label"], generation, bands, Look(colour, line, marker), theory, published)


def draw(record: FigureRecord, out: Path) -> Picture:
    """The record's figure, `out`/NAME.png, .pdf and .svg."""
    return lines.draw(record.lines, record.shown, record.title, out / record.name, floor=record.floor)


def draw_beside(script: str, out: Path = Path("runs/figures")) -> Picture:
    """The figure of a script `a_figure.py` from `records/a-figure.json` beside it."""
    path = Path(script)
    return draw(read(path.parent / "records" / f"{path.stem.replace('_', '-')}.json"), out)
