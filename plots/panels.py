"""Measures against generations: one panel a measure, one line an arm, a band over seeds."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from plots import legends, style
from plots.runs import Arm, Experiment
from plots.statistics import Band, Floats, band
from plots.style import Picture

COLUMNS = 3
ROWS = 4
"""Lambdas on one picture of an ensemble."""
MANY = 4
"""With more arms than that, titles name only the lowest and the highest."""
_SMALL_PRINT = "below each title: means at the last generation"
LOG_RATIO = 30.0  # a larger range is drawn on a log axis: on a linear one the small arms would lie on the axis


@dataclass(frozen=True)
class Measure:
    """What a panel says about its measure."""

    title: str
    unit: str
    better: str  # what a good arm does


def number(value: float) -> str:
    """A strength or a weight in a title or legend."""
    return "∞" if np.isinf(value) else f"{value:g}"


def lambda_pages(
    lam: Floats, figure_of: Callable[[Floats], tuple[Figure, str, tuple[str, ...]]], out: Path
) -> list[Picture]:
    """Pictures `out`/curves of an ensemble, a row for each lambda, `ROWS` of them on one.

    figure_of: lambdas -> figure, its title and notes.
    """
    lams = np.unique(lam)
    pictures = []
    with style.paper():
        for at in range(0, len(lams), ROWS):
            figure, title, notes = figure_of(lams[at : at + ROWS])
            stem = "curves" if len(lams) <= ROWS else f"curves-{at // ROWS + 1}"
            pictures.append(Picture(style.save(figure, out / stem), title, notes))
    return pictures


def grid_figure(
    measures: Sequence[str],
    experiment: Experiment,
    known: Mapping[str, Measure],
    title: str,
    notes: Sequence[str] = (),
) -> Figure:
    """One panel for each of `measures`, over all arms that have it.

    Each panel's title gives the last mean of every arm; arms of one seed have no band and their legend says so.
    """
    columns = min(COLUMNS, len(measures))
    rows = -(-len(measures) // columns)
    width = style.WIDTH if columns > 1 else style.WIDTH / 2
    bands = "; bands: 95 % of the mean over seeds" if len(experiment.arms) > MANY else ""
    below = [_SMALL_PRINT + bands, *_shortened(notes)]
    figure = style.new_figure(2.0 * rows + 0.75 + 0.12 * len(below), width)
    axes = figure.subplots(rows, columns, squeeze=False)
    for index, name in enumerate(measures):
        panel = axes.flat[index]
        look = described(name, known)
        unit = experiment.units.get(name, look.unit)
        draw_measure(panel, name, experiment, Measure(look.title, unit, look.better))
        if index + columns >= len(measures):
            panel.set_xlabel("generation")
    for panel in axes.flat[len(measures) :]:
        panel.remove()
    style.headline(figure, title)
    handles = legend_handles(experiment, any(name in experiment.floor for name in measures))
    legend = figure.legend(
        handles=handles,
        loc="outside lower left",
        ncols=2 if width > 4 else 1,
        title="\n".join(below) or None,
        title_fontproperties={"size": 6},
        alignment="left",
    )
    legend.get_title().set_color(style.GREY)
    return figure


def described(name: str, known: Mapping[str, Measure]) -> Measure:
    """The table's entry; a measure that is not in it goes under its own name, without a unit."""
    return known.get(name) or Measure(name.replace("_", " "), "", "")


def draw_measure(panel: Axes, name: str, experiment: Experiment, measure: Measure) -> None:
    """One panel; the lines carry the arms' names as gids, so that a reader of the figure finds them."""
    looks = style.arm_looks([arm.name for arm in experiment.arms])
    drawn: list[float] = []
    last: list[tuple[float, str]] = []
    for arm in experiment.arms:
        over_seeds = band(arm.values(name), axis=1)
        if not np.isfinite(over_seeds.mean).any():
            continue
        draw_band(panel, arm.generations, over_seeds, looks[arm.name], arm.name)
        kept = over_seeds.mean[np.isfinite(over_seeds.mean)]
        drawn += kept.tolist()
        last.append((float(kept[-1]), f"{arm.name}\xa0{short(kept[-1])}"))
    floor = experiment.floor.get(name)
    if floor is not None:
        panel.axhline(floor, color=style.FLOOR_COLOUR, linestyle=":", linewidth=1.2, zorder=1.5, gid="floor")
    style.scale_axis(panel, [*drawn, floor] if floor is not None and floor > 0 else drawn, LOG_RATIO)
    heading = measure.title + (f" — {measure.better}" if measure.better else "")
    if len(last) > MANY:
        detail = f"lowest {min(last)[1]}\nhighest {max(last)[1]}"  # arms' names are long
    else:
        detail = textwrap.fill(" · ".join(words for _, words in last), 42)
    head_panel(panel, textwrap.fill(heading, 28), detail.replace("\xa0", " "))
    panel.set_ylabel(measure.unit)
    panel.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    panel.margins(x=0.04)


def head_panel(panel: Axes, heading: str, detail: str) -> None:
    """A title and, below it in small grey, the numbers that it stands on (one or more lines)."""
    panel.set_title(heading, pad=5 + 7.5 * (1 + detail.count("\n")))
    panel.annotate(
        detail, (0, 1), (0, 4), xycoords="axes fraction", textcoords="offset points", fontsize=6, color=style.GREY
    )


def draw_band(panel: Axes, generations: Floats, over_seeds: Band, look: style.Look, gid: str) -> None:
    """The mean as a line and its interval as an area (as a bar where there is only one generation).

    Generations that were not measured are passed over, so a measure taken every other generation is still a line.
    """
    there = np.isfinite(over_seeds.mean)
    x, mean, low, high = generations[there], over_seeds.mean[there], over_seeds.low[there], over_seeds.high[there]
    every = max(1, len(x) // 12)
    panel.plot(x, mean, color=look.colour, linestyle=look.line, marker=look.marker, markevery=every, gid=gid)
    several = np.isfinite(low)
    x, mean, low, high = x[several], mean[several], low[several], high[several]
    if len(x) == 1:
        panel.errorbar(x, mean, high - mean, color=look.colour, capsize=2)
    elif len(x):
        panel.fill_between(x, low, high, color=look.colour, alpha=0.18, linewidth=0, gid=f"band {gid}")


def legend_handles(experiment: Experiment, with_floor: bool) -> list[Line2D]:
    """One entry an arm, saying how many seeds stand behind it."""
    looks = style.arm_looks([arm.name for arm in experiment.arms])
    handles = []
    for arm in experiment.arms:
        if not len(arm.generations):
            continue
        look = looks[arm.name]
        words = seeds_in_words(arm)
        label = f"{arm.label} ({words if len(experiment.arms) <= MANY else words.split(',')[0]})"
        handles.append(legends.entry(look, label))
    if with_floor:
        handles.append(legends.floor())
    return handles


def seeds_in_words(arm: Arm) -> str:
    """How many seeds an arm has, and what its band is."""
    count = sum(1 for finished in arm.finished if finished)
    return "1 seed, no band" if count == 1 else f"{count} seeds, 95 % band of the mean"


def _shortened(notes: Sequence[str], most: int = 8) -> list[str]:
    """At most `most` lines below a picture; the command prints all of them."""
    kept = [textwrap.shorten(note, 130, placeholder=" …") for note in notes[:most]]
    return kept + [f"and {len(notes) - most} more"] * (len(notes) > most)


def short(value: float) -> str:
    """Three significant digits, no exponent for everyday sizes."""
    return f"{value:.3g}" if not 1000 <= abs(value) < 1e6 else f"{value:.0f}"
