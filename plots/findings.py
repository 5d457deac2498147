"""What the pictures of an experiment show, in words and numbers, and the pages they stand on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from plots import panels, style
from plots.panels import Measure
from plots.runs import Arm, Experiment
from plots.statistics import band, log_slope, paired_difference
from plots.style import Picture

PER_PAGE = 18
"""Panels on one picture."""


def draw_pages(
    pages: Sequence[tuple[str, Sequence[str]]], experiment: Experiment, known: Mapping[str, Measure], out: Path
) -> list[Picture]:
    """One picture for each (file name, measures), more where a page overflows; the first measure gives the title."""
    pictures = []
    with style.paper():
        for stem, names in pages:
            chunks = [names[at : at + PER_PAGE] for at in range(0, len(names), PER_PAGE)]
            for index, chunk in enumerate(chunks):
                title = seen(experiment, chunk[0], known)
                figure = panels.grid_figure(chunk, experiment, known, title, experiment.notes)
                path = style.save(figure, out / (f"{stem}-{index + 1}" if len(chunks) > 1 else stem))
                pictures.append(Picture(path, title, (*experiment.notes, *numbers(experiment, chunk[0]))))
    return pictures


def seen(experiment: Experiment, measure: str, known: Mapping[str, Measure]) -> str:
    """The picture's title: how the measure moved in each arm."""
    label = panels.described(measure, known).title
    ends = {arm.name: _ends(arm, measure) for arm in experiment.arms}
    spans = {name: (end[0][0], end[1][0]) for name, end in ends.items() if end is not None}
    if len(spans) > panels.MANY:
        last = sorted((end[1][1], name) for name, end in ends.items() if end is not None)
        ends = {name: ends[name] for _, name in (last[0], last[-1])}
        label += f", lowest and highest of {len(spans)} arms"
        spans = {name: spans[name] for name in ends}
    common = len(set(spans.values())) == 1
    parts = []
    for name, end in ends.items():
        if end is None:
            continue
        (begin, first), (stop, value) = end
        change = f"{panels.short(first)} → {panels.short(value)}" if stop > begin else panels.short(value)
        parts.append(f"{name} {change}" + ("" if common else f" ({_span(begin, stop)})"))
    over = f", {_span(*next(iter(spans.values())))}" if common else ""
    return f"{label}{over}: {', '.join(parts)}"


def _span(begin: float, end: float) -> str:
    return f"generation {begin:.0f} → {end:.0f}" if end > begin else f"generation {begin:.0f}"


def numbers(experiment: Experiment, measure: str) -> tuple[str, ...]:
    """The statements behind the picture: growth per generation, and arms compared seed by seed."""
    found = []
    for arm in experiment.arms:
        slope = log_slope(arm.generations, arm.values(measure))
        if np.isfinite(slope.value):
            interval = (
                f"95 % interval {np.exp(slope.low):.3f} to {np.exp(slope.high):.3f}, {slope.count} seeds"
                if np.isfinite(slope.low)
                else f"{slope.count} seed, no interval"
            )
            found.append(f"{measure} of {arm.name}: times {np.exp(slope.value):.3f} a generation ({interval})")
    arms = {arm.name: arm for arm in experiment.arms}
    for one, two in pairs_of(list(arms)):
        found += _compared(arms[one], arms[two], measure)
    return tuple(found)


def pairs_of(names: Sequence[str]) -> list[tuple[str, str]]:
    """Which arms are compared: a corrected one with the uncorrected one beside it, that one with real data alone.

    Motion's arms are `corrected` and `synthetic`; with several lambdas there are `uncorrected-1`, `k-means-1` ... and
    one `baseline`.
    """
    found = [("corrected", "synthetic")]
    for name in names:
        kind, lam = style.split_arm(name) or ("", "")
        if kind == "uncorrected":
            found.append((name, "baseline"))
        elif kind:
            found.append((name, f"uncorrected-{lam}"))
    return [(one, two) for one, two in found if one in names and two in names]


def _compared(one: Arm, two: Arm, measure: str) -> list[str]:
    """`one - two` at the last generation that both have, over the seeds that both have."""
    names = [folder.name for folder in two.folders]
    pairs = [(index, names.index(folder.name)) for index, folder in enumerate(one.folders) if folder.name in names]
    common = np.intersect1d(one.generations, two.generations)
    if not pairs or not len(common):
        return []
    last = common[-1]
    first = one.values(measure)[one.generations == last][0][[a for a, _ in pairs]]
    second = two.values(measure)[two.generations == last][0][[b for _, b in pairs]]
    gap = paired_difference(first, second, axis=0)
    if not np.isfinite(gap.low):
        return []
    return [
        f"{measure} at generation {last:.0f}, {one.name} minus {two.name}, {int(gap.count)} paired seeds: "
        f"{float(gap.mean):.3g} (95 % interval {float(gap.low):.3g} to {float(gap.high):.3g})"
    ]


def _ends(arm: Arm, measure: str) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """(generation, mean) at both ends of the arm's curve."""
    over_seeds = band(arm.values(measure), axis=1)
    at = np.flatnonzero(np.isfinite(over_seeds.mean))
    if not len(at):
        return None
    first, last = at[0], at[-1]
    return (
        (float(arm.generations[first]), float(over_seeds.mean[first])),
        (float(arm.generations[last]), float(over_seeds.mean[last])),
    )
