"""Curves of the toy loops, with the theory's curve over the measured one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from loop.records import read_config
from plots import legends, measures, panels, style
from plots.curves import Curves, read_curves, theory_of
from plots.findings import draw_pages
from plots.folders import ENSEMBLE, NothingToPlot, kind_of
from plots.panels import Measure
from plots.runs import read_experiment
from plots.statistics import Band, Floats, band
from plots.style import Look, Picture

MEASURES: dict[str, Measure] = {
    "w2": Measure("Wasserstein-2 distance to the truth", "target units", "lower is better"),
    "mean_error2": Measure("Squared error of the mean / d", "target units²", "lower is better"),
}


def draw(folder: Path, out: Path) -> list[Picture]:
    """All pictures of a toy ensemble, or of a point-wise toy run.

    Args:
        folder: what the run wrote.
        out: where the pictures go; made if missing.

    Raises:
        NothingToPlot: no generation is finished.
        ValueError, OSError: damaged or unreadable files, named in the message.
    """
    if kind_of(folder) != ENSEMBLE:
        experiment = read_experiment(folder)
        names = list(dict.fromkeys(name for arm in experiment.arms for name in arm.measured))
        pictures = draw_pages([("measures", names)], experiment, MEASURES, out)
        if not pictures:
            raise NothingToPlot(f"{folder} holds nothing to plot: its records have no numbers")
        return pictures
    if _problem(folder) != "gaussian":
        return measures.draw(folder, out)
    curves = read_curves(folder)
    return panels.lambda_pages(curves.lam, lambda lams: curves_figure(curves, lams), out)


def _problem(folder: Path) -> str:
    """The name of the ensemble's problem; the Gaussian loop where none is stored."""
    identity = read_config(folder).get("identity")
    problem = identity.get("problem") if isinstance(identity, Mapping) else None
    return str(problem.get("name", "gaussian")) if isinstance(problem, Mapping) else "gaussian"


def curves_figure(curves: Curves, lams: Floats) -> tuple[Figure, str, tuple[str, ...]]:
    """One row a lambda: W2, squared error of the mean, and where it was kept the variance, with the theory's curves.

    Returns:
        The figure, its title, and notes (how often theory lies in the band, or why there is no theory curve).
    """
    gammas = np.unique(curves.gamma)
    looks = dict(zip(gammas.tolist(), style.ordered_looks(len(gammas)), strict=True))
    seeds = curves.w2.shape[1]
    entries = len(gammas) + 2  # of the legend, at most: theory and published values too
    height = 2.3 * len(lams) + 0.95 + 0.16 * (entries > 10 or ("reference_w2" in curves.more and entries > 7))
    figure = style.new_figure(height)
    columns = ["mean_error2"] + ["variance"] * ("variance" in curves.more)
    axes = figure.subplots(len(lams), 1 + len(columns), squeeze=False)
    notes: list[str] = []
    with_theory = False
    for row, lam in zip(axes, lams, strict=True):
        cells = _cells(curves, lam)
        distances = {gamma: band(curves.w2[:, :, cell], axis=1) for gamma, cell in cells.items()}
        _panel(row[0], curves.generation, distances, looks, [])
        _references(row[0], curves, cells, looks)
        panels.head_panel(row[0], f"λ = {panels.number(lam)}: distance to the truth", f"last: {_range(distances)}")
        row[0].set_ylabel("$W_2$ [target units]")
        for panel, name in zip(row[1:], columns, strict=True):
            agreement, drawn = _against_theory(panel, curves, cells, looks, name)
            with_theory |= drawn
            if name == "mean_error2":
                notes.append(f"λ = {panels.number(lam)}: {agreement}")
            heading, unit = _HEADINGS[name]
            panels.head_panel(panel, heading if len(columns) > 1 else f"λ = {panels.number(lam)}: {heading}", agreement)
            panel.set_ylabel(unit)
    for panel in axes[-1]:
        panel.set_xlabel("generation")
    title = _title(curves, lams)
    style.headline(figure, title)
    handles = [legends.entry(looks[gamma], f"γ = {panels.number(gamma)}") for gamma in gammas.tolist()]
    if with_theory:
        handles.append(legends.theory("theory, exact"))
    if "reference_w2" in curves.more:
        handles.append(legends.published())
    legends.below(figure, handles, 7 if "reference_w2" in curves.more else 9, legends.bands_in_words([seeds]))
    return figure, title, tuple(notes)


_HEADINGS = {
    "mean_error2": ("squared error of the mean", "$|\\mu-\\mu^*|^2/d$ [target units²]"),
    "variance": ("variance", "tr Σ$/d$ [target units²]"),
}


def _against_theory(
    panel: Axes, curves: Curves, cells: Mapping[float, int], looks: Mapping[float, Look], name: str
) -> tuple[str, bool]:
    """Draw a measure's bands with the theory's curves; how well they agree, and whether there was any theory."""
    values = curves.mean_error2 if name == "mean_error2" else curves.more[name]
    bands = {gamma: band(values[:, :, cell], axis=1) for gamma, cell in cells.items()}
    predicted = {gamma: theory_of(curves, cell, name) for gamma, cell in cells.items()}
    known = {gamma: value for gamma, value in predicted.items() if value is not None}
    for gamma, value in known.items():
        panel.plot(
            curves.generation, value, color="black", linestyle="--", linewidth=0.9, zorder=3, gid=f"theory {gamma:g}"
        )
    _panel(panel, curves.generation, bands, looks, list(known.values()))
    return _agreement(bands, known, curves.w2.shape[1]), bool(known)


def _references(panel: Axes, curves: Curves, cells: Mapping[float, int], looks: Mapping[float, Look]) -> None:
    """Values to compare with, as bars of two standard errors."""
    if {"reference_generation", "reference_w2", "reference_se"} <= set(curves.more):
        for gamma, cell in cells.items():
            panel.errorbar(
                curves.more["reference_generation"], curves.more["reference_w2"][:, cell],
                2 * curves.more["reference_se"][:, cell], fmt="_", color=looks[gamma].colour, ecolor="black",
                elinewidth=0.8, capsize=2, zorder=4, gid=f"reference {gamma:g}",
            )  # fmt: skip


def _cells(curves: Curves, lam: float) -> dict[float, int]:
    """gamma -> cell, for one lambda, gammas rising."""
    found = [int(cell) for cell in np.flatnonzero(curves.lam == lam)]
    return {float(curves.gamma[cell]): cell for cell in sorted(found, key=lambda cell: curves.gamma[cell])}


def _panel(
    panel: Axes, generation: Floats, bands: Mapping[float, Band], looks: Mapping[float, Look], theory: list[Floats]
) -> None:
    for gamma, over_seeds in bands.items():
        panels.draw_band(panel, generation, over_seeds, looks[gamma], f"gamma {gamma:g}")
    means = np.concatenate([over_seeds.mean for over_seeds in bands.values()] + theory)
    style.scale_axis(panel, means[np.isfinite(means) & (means > 0)].tolist())
    panel.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))


def _agreement(errors: Mapping[float, Band], predicted: Mapping[float, Floats], seeds: int) -> str:
    """How often the theory lies inside the measured band (95 % expected, neighbours depend on each other)."""
    if not predicted:
        return "no exact theory curve for this schedule"
    if seeds < 2:
        return "theory dashed, one seed cannot test it"
    inside = np.concatenate(
        [(errors[gamma].low <= value) & (value <= errors[gamma].high) for gamma, value in predicted.items()]
    )
    return f"theory in the 95 % band at {100 * inside.mean():.0f} % of points"


def _range(bands: Mapping[float, Band]) -> str:
    """The last mean at the weakest and at the strongest correction."""
    ends = [(gamma, float(over_seeds.mean[-1])) for gamma, over_seeds in bands.items()]
    picked = [ends[0], ends[-1]] if len(ends) > 1 else ends
    return " · ".join(f"{panels.short(value)} at γ = {panels.number(gamma)}" for gamma, value in picked)


def _title(curves: Curves, lams: Floats) -> str:
    schedule = curves.identity.get("schedule", {})
    name = schedule.get("name", "?") if isinstance(schedule, Mapping) else "?"
    n, d = (curves.identity.get(key, "?") for key in ("n", "dimension"))
    corrector = curves.identity.get("corrector", {})
    kind = corrector.get("name", "mixture") if isinstance(corrector, Mapping) else "mixture"
    sampler = "" if kind == "mixture" else f", {kind}"
    words = f"Gaussian loop, schedule {name}{sampler}, n = {n}, d = {d}"
    last = band(curves.w2[-1], axis=0).mean  # (C,)
    cells = [_cells(curves, lam) for lam in lams]
    if any(len(row) < 2 for row in cells):
        return f"{words}: W2 to the truth after {curves.generation[-1]:.0f} generations {_span(last)}"
    ends = [(list(row.items())[0], list(row.items())[-1]) for row in cells]
    weak, strong = sorted({low[0] for low, _ in ends}), sorted({high[0] for _, high in ends})
    factors = np.array([last[high] / last[low] if last[low] > 0 else np.nan for (_, low), (_, high) in ends])
    low_name, high_name = ("/".join(map(panels.number, values)) for values in (weak, strong))
    return f"{words}: final W2 at γ = {high_name} is {_span(factors)} times that at γ = {low_name}"


def _span(values: Floats) -> str:
    low, high = (panels.short(float(value)) for value in (values.min(), values.max()))
    return low if low == high else f"{low} to {high}"
