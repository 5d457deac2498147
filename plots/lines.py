"""Curves as lines with bands, whatever they come from: cells of ensembles, arms of experiments, records."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from matplotlib.ticker import MaxNLocator

from plots import digits, legends, measures, motion, panels, style
from plots.folders import NothingToPlot
from plots.measures import MeasuredCurves
from plots.panels import Measure, described
from plots.runs import Experiment
from plots.statistics import Band, Floats, band
from plots.style import Look, Picture

KNOWN: dict[str, Measure] = {
    **motion.OTHER, **motion.MEASURES, **digits.OTHER, **digits.MEASURES, **measures.MEASURES,
}  # fmt: skip
"""Every measure that is known by name."""


@dataclass(frozen=True)
class Line:
    """One curve for each measure. label: tells it from the others."""

    label: str
    generation: Floats  # (G,)
    bands: Mapping[str, Band]  # measure -> (G,)
    look: Look
    theory: Mapping[str, Floats] = field(default_factory=dict)  # measure -> (G,), nan where unknown
    published: Mapping[str, tuple[Floats, Floats, Floats]] = field(default_factory=dict)
    """measure -> values to compare with: generations, means, standard errors, (R,) each."""

    @property
    def runs(self) -> int:
        """Independent runs behind it, the most of any measure."""
        return max((int(over.count.max(initial=0)) for over in self.bands.values()), default=0)


def of_ensembles(parts: Sequence[tuple[str, MeasuredCurves]]) -> list[Line]:
    """Every cell of every ensemble; a colour a run, a line style a cell."""
    several = len(parts) > 1
    colours = list(style.arm_looks([name for name, _ in parts]).values())
    found = []
    for (name, curves), base in zip(parts, colours, strict=True):
        styles = style.ordered_looks(len(curves.gamma))
        for cell in range(len(curves.gamma)):
            words = [name] * several
            for symbol, values in (("γ", curves.gamma), ("λ", curves.lam)):
                if len(np.unique(values)) > 1:
                    words.append(f"{symbol} = {panels.number(float(values[cell]))}")
            look = styles[cell]
            if several:
                look = base if len(styles) == 1 else Look(base.colour, look.line, look.marker)
            bands = {key: band(values[:, :, cell], axis=1) for key, values in curves.measures.items()}
            theory = {key: values[:, cell] for key, values in curves.theory.items()}
            theory = {key: values for key, values in theory.items() if np.isfinite(values).any()}
            published = {}
            if curves.published is not None:
                at, mean, se = curves.published
                published["w2"] = (at, mean[:, cell], se[:, cell])
            found.append(Line(", ".join(words) or name, curves.generation, bands, look, theory, published))
    return found


def of_experiment(experiment: Experiment) -> list[Line]:
    """Every arm that has begun."""
    looks = style.arm_looks([arm.name for arm in experiment.arms])
    return [
        Line(arm.label, arm.generations, {key: band(arm.values(key), axis=1) for key in arm.measured}, looks[arm.name])
        for arm in experiment.arms
        if len(arm.generations)
    ]


def common_measures(lines: Sequence[Line], most: int) -> list[str]:
    """The measures that all lines have, those with a theory first.

    Raises:
        NothingToPlot: there is none.
    """
    shared = [name for name in lines[0].bands if all(name in line.bands for line in lines)]
    if not shared:
        raise NothingToPlot(
            f"{', '.join(line.label for line in lines)} have no measure in common; draw them one by one"
        )
    known = {name for line in lines for name in line.theory}
    return sorted(shared, key=lambda name: name not in known)[:most]


def draw(
    lines: Sequence[Line], shown: Sequence[str], title: str, stem: Path, *, floor: Mapping[str, float] | None = None,
    notes: tuple[str, ...] = (),
) -> Picture:  # fmt: skip
    """One panel a measure, theory dashed, floors dotted; the picture's title ends with how the first measure ends.

    Writes `stem`.png, .pdf and .svg.
    """
    columns = min(panels.COLUMNS, len(shown))
    rows = -(-len(shown) // columns)
    with style.paper():
        figure = style.new_figure(2.1 * rows + 0.7 + 0.14 * -(-len(lines) // 3))
        axes = figure.subplots(rows, columns, squeeze=False)
        for panel, name in zip(axes.flat, shown, strict=False):
            drawn: list[float] = []
            for line in lines:
                if name not in line.bands:
                    continue
                over = line.bands[name]
                panels.draw_band(panel, line.generation, over, line.look, line.label)
                drawn += over.mean[np.isfinite(over.mean)].tolist()
                if name in line.theory:
                    values = line.theory[name]
                    panel.plot(line.generation, values, color="black", linestyle="--", linewidth=0.8, zorder=3)
                    drawn += values[np.isfinite(values)].tolist()
            for line in lines:
                if name in line.published:
                    at, mean, se = line.published[name]
                    panel.errorbar(at, mean, 2 * se, fmt="_", color=line.look.colour, ecolor="black", elinewidth=0.8,
                                   capsize=2, zorder=4)  # fmt: skip
            if floor and name in floor:
                panel.axhline(floor[name], color=style.FLOOR_COLOUR, linestyle=":", linewidth=1.2, zorder=1.5)
            style.scale_axis(panel, drawn)
            look = described(name, KNOWN)
            panels.head_panel(panel, textwrap.fill(look.title, 32), look.better or " ")
            panel.set_ylabel(look.unit)
            panel.set_xlabel("generation")
            panel.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
        for panel in axes.flat[len(shown) :]:
            panel.remove()
        handles = [legends.entry(line.look, line.label) for line in lines]
        if any(line.theory for line in lines):
            handles.append(legends.theory(width=0.8))
        if any(line.published for line in lines):
            handles.append(legends.published())
        if floor and set(floor) & set(shown):
            handles.append(legends.floor())
        figure.legend(
            handles=handles, loc="outside lower left", ncols=3, alignment="left",
            title=legends.bands_in_words([line.runs for line in lines]), title_fontproperties={"size": 6},
        )  # fmt: skip
        full = f"{title}: {_ends(lines, shown[0])}"
        style.headline(figure, full)
        return Picture(style.save(figure, stem), full, notes)


def _ends(lines: Sequence[Line], name: str) -> str:
    """The lowest and the highest last mean of a measure."""
    ends = {}
    for line in lines:
        if name in line.bands:
            kept = line.bands[name].mean[np.isfinite(line.bands[name].mean)]
            if len(kept):
                ends[line.label] = float(kept[-1])
    if not ends:
        return "nothing finite was measured"
    low, high = min(ends, key=ends.__getitem__), max(ends, key=ends.__getitem__)
    head = described(name, KNOWN).title
    return f"{head} at the end {panels.short(ends[low])} ({low}) to {panels.short(ends[high])} ({high})"
