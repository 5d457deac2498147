"""Curves of any toy ensemble: each measure over generations, with the theory's curve where the ensemble stored one.

`curves.npz` holds `generation` (G,), `gamma` and `lam` (C,), every measure as (G, S, C), and for a measure that theory
knows `<measure>_theory`, (G, C), nan where it does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from plots import legends, panels, style
from plots.folders import NothingToPlot, array_names, curves_of, read_arrays
from plots.panels import Measure, described
from plots.statistics import Band, Floats, band
from plots.style import Look, Picture

MEASURES: dict[str, Measure] = {
    "second_moment": Measure("Second moment of the model", "target units²", "truth 1"),
    "variance": Measure("Variance of the model", "target units²", "truth 1"),
    "mean_error2": Measure("Squared error of the mean", "target units²", "lower is better"),
    "sliced_w2": Measure("Sliced Wasserstein-2 distance", "sample units", "lower is better"),
    "lost_modes": Measure("Modes lost", "modes", "lower is better"),
    "least_share": Measure("Rarest mode", "share / its weight", "truth 1"),
    "top_mass": Measure("Mass of the best points", "", ""),
    "reward": Measure("Expected $e^{reward}$", "", ""),
    "kl": Measure("Divergence from the truth", "nat", "lower is better"),
    "error2": Measure("Squared error of the weights", "weight units²", "lower is better"),
    "w2": Measure("Wasserstein-2 distance to the truth", "target units", "lower is better"),
}
_PUBLISHED = {"reference_generation": 1, "reference_w2": 2, "reference_se": 2}
COLUMNS = 3
"""Measures on one picture; those with a theory come first, all stand in the file."""


@dataclass(frozen=True)
class MeasuredCurves:
    """A toy ensemble: G generations, S seeds, C cells (each a gamma and a lambda)."""

    generation: Floats  # (G,)
    gamma: Floats  # (C,)
    lam: Floats  # (C,)
    measures: Mapping[str, Floats]  # name -> (G, S, C)
    theory: Mapping[str, Floats]  # name -> (G, C), nan where there is none
    identity: Mapping[str, Any]
    published: tuple[Floats, Floats, Floats] | None = None
    """Values of W2 to compare with: their generations (R,), means and standard errors (R, C)."""

    @property
    def shown(self) -> tuple[str, ...]:
        """The measures of the picture, those with a theory first."""
        return tuple(sorted(self.measures, key=lambda name: name not in self.theory)[:COLUMNS])


def read_measures(folder: Path) -> MeasuredCurves:
    """The curves of an ensemble folder.

    Raises:
        ValueError: a damaged file or arrays that do not fit together; the message names the file.
        NothingToPlot: the ensemble has no curves yet.
    """
    identity, path = curves_of(folder)
    axes = {"generation": 1, "gamma": 1, "lam": 1}
    names = [name for name in array_names(path) if name not in {*axes, "seed", *_PUBLISHED}]
    axes |= {name: 2 if name.endswith("_theory") else 3 for name in names}
    arrays = {name: np.asarray(value, dtype=np.float64) for name, value in read_arrays(path, axes).items()}
    measures = {name: arrays[name] for name in names if axes[name] == 3}
    theory = {name.removesuffix("_theory"): arrays[name] for name in names if axes[name] == 2}
    if not measures:
        raise NothingToPlot(f"{path} holds nothing to plot: no measure")
    seeds = next(iter(measures.values())).shape[1]
    cells = (len(arrays["generation"]), seeds, len(arrays["gamma"]))
    for name in names:
        wanted = cells if axes[name] == 3 else (cells[0], cells[2])
        if arrays[name].shape != wanted or len(arrays["lam"]) != cells[2]:
            raise ValueError(
                f"{path}: {name} must have the shape {wanted} of generations, seeds and cells, got "
                f"{arrays[name].shape} with {len(arrays['lam'])} lam; run it again"
            )
    if 0 in cells:
        raise NothingToPlot(f"{path} holds nothing to plot: (generations, seeds, cells) = {cells}")
    found = read_arrays(path, {}, _PUBLISHED)
    published = tuple(np.asarray(found[name], dtype=np.float64) for name in _PUBLISHED) if len(found) == 3 else None
    if published and {part.shape for part in published[1:]} != {(len(published[0]), cells[2])}:
        raise ValueError(f"{path}: reference values must be one a generation and cell; run it again")
    return MeasuredCurves(
        arrays["generation"],
        arrays["gamma"],
        arrays["lam"],
        measures,
        theory,
        identity,
        published,  # type: ignore[arg-type]
    )


def draw(folder: Path, out: Path) -> list[Picture]:
    """All pictures of an ensemble, a row a lambda, a column a measure; raises as `read_measures`."""
    curves = read_measures(folder)
    return panels.lambda_pages(curves.lam, lambda lams: measures_figure(curves, lams), out)


def measures_figure(curves: MeasuredCurves, lams: Floats) -> tuple[Figure, str, tuple[str, ...]]:
    """The figure, its title, and notes: how often theory lies in the band of each row and measure."""
    gammas = np.unique(curves.gamma).tolist()
    looks = dict(zip(gammas, style.ordered_looks(len(gammas)), strict=True))
    shown = curves.shown
    figure = style.new_figure(2.3 * len(lams) + 0.95)
    axes = figure.subplots(len(lams), len(shown), squeeze=False)
    notes = []
    for row, lam in zip(axes, lams, strict=True):
        cells = {float(curves.gamma[cell]): int(cell) for cell in np.flatnonzero(curves.lam == lam)}
        for panel, name in zip(row, shown, strict=True):
            agreement = _panel(panel, curves, name, cells, looks)
            look = described(name, MEASURES)
            panels.head_panel(panel, look.title, f"λ = {panels.number(lam)}" + (f": {agreement}" if agreement else ""))
            panel.set_ylabel(look.unit)
            if agreement:
                notes.append(f"λ = {panels.number(lam)}, {name}: {agreement}")
    for panel in axes[-1]:
        panel.set_xlabel("generation")
    title = _title(curves)
    style.headline(figure, title)
    handles = [legends.entry(look, f"γ = {panels.number(gamma)}") for gamma, look in looks.items()]
    if curves.theory:
        handles.append(legends.theory())
    legends.below(figure, handles, 9, legends.bands_in_words([curves.measures[shown[0]].shape[1]]))
    return figure, title, tuple(notes)


def _panel(
    panel: Axes, curves: MeasuredCurves, name: str, cells: Mapping[float, int], looks: Mapping[float, Look]
) -> str:
    """One measure at one lambda; how often its theory lies in the band, "" where there is none."""
    inside: list[bool] = []
    drawn: list[float] = []
    for gamma in sorted(cells):
        over_seeds = band(curves.measures[name][:, :, cells[gamma]], axis=1)
        panels.draw_band(panel, curves.generation, over_seeds, looks[gamma], f"gamma {gamma:g}")
        drawn += over_seeds.mean[np.isfinite(over_seeds.mean)].tolist()
        theory = curves.theory.get(name)
        if theory is not None and np.isfinite(theory[:, cells[gamma]]).any():
            value = theory[:, cells[gamma]]
            panel.plot(
                curves.generation,
                value,
                color="black",
                linestyle="--",
                linewidth=0.9,
                zorder=3,
                gid=f"theory {gamma:g}",
            )
            inside += _inside(over_seeds, value)
            drawn += value[np.isfinite(value)].tolist()
    style.scale_axis(panel, drawn)
    panel.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    return f"theory in the band at {100 * np.mean(inside):.0f} % of points" if inside else ""


def _inside(over_seeds: Band, value: Floats) -> list[bool]:
    """Whether theory lies in the band, where both are known and the band has a width."""
    tested = np.isfinite(value) & np.isfinite(over_seeds.low)
    hit: list[bool] = ((over_seeds.low <= value) & (value <= over_seeds.high))[tested].tolist()
    return hit


def _title(curves: MeasuredCurves) -> str:
    """What was run, and the first measure's last means over all cells."""
    problem, schedule = curves.identity.get("problem"), curves.identity.get("schedule")
    name = problem.get("name", "toy") if isinstance(problem, Mapping) else "toy"
    rule = schedule.get("name", "?") if isinstance(schedule, Mapping) else "?"
    measure = curves.shown[0]
    last = np.nanmean(curves.measures[measure][-1], axis=0)  # (C,)
    weak, strong = int(np.argmin(curves.gamma)), int(np.argmax(curves.gamma))
    text = f"{panels.short(float(last[weak]))} at γ = {panels.number(curves.gamma[weak])}"
    if curves.gamma[weak] != curves.gamma[strong]:
        text += f", {panels.short(float(last[strong]))} at γ = {panels.number(curves.gamma[strong])}"
    label = described(measure, MEASURES).title
    return f"{name} loop, schedule {rule}: {label} after {curves.generation[-1]:.0f} generations {text}"
