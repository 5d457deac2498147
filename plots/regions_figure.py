"""The picture of `plots.regions`: certificate, exact rate, stationary error, collapse without real data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from plots import planes, regions, style
from plots.panels import head_panel
from plots.regions import Collapse, Maps, Plane
from plots.style import Picture
from theory import updates

_RATES = (0.01, 0.03, 0.1, 0.3, 0.5, 0.7, 0.9)
_BELOW = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
_ABOVE = (1.1, 1.2, 1.3, 1.4)
_VARIANCES = (0.1, 0.25, 0.75, 0.9, 0.99, 0.999)
_BOUNDARY = "#D55E00"
_NOTHING = {"facecolor": "#ececec", "edgecolor": "#bdbdbd", "hatch": "////", "linewidth": 0.0, "zorder": 2.0}
_LAM, _GAMMA = "λ, synthetic per real sample", "γ, strength of the correction"
_K = "k, synthetic samples of a generation"


def draw(plane: Plane, found: Maps, out: Path) -> Picture:
    """The picture of a plane and its maps, as `out`/regions.png and .pdf.

    Raises:
        OSError: the folder cannot be made or written.
    """
    with style.paper():
        figure, title, notes = regions_figure(plane, found)
        return Picture(style.save(figure, out / "regions"), title, notes)


def regions_figure(plane: Plane, found: Maps) -> tuple[Figure, str, tuple[str, ...]]:
    """Four panels; returns the figure, its title, and notes on what the panels rest on."""
    figure = style.new_figure(6.7)
    (certificate, rate), (error, collapse) = figure.subplots(2, 2)
    without = regions.collapse()
    for panel in (certificate, rate, error):
        planes.frame(panel, found.lam, found.gamma, regions.GAMMA_LINEAR, _LAM, _GAMMA)
    planes.frame(collapse, without.k, without.gamma, regions.COLLAPSE_GAMMA[0], _K, _GAMMA)
    for panel, (heading, detail) in zip((certificate, rate, error, collapse), _words(plane, found), strict=True):
        head_panel(panel, heading, detail)
    share = 100 * regions.certified_share(found)
    title = f"Every λ is locally stable; the published theorem certifies {share:.0f} % of this plane"
    style.headline(figure, title)
    figure.draw_without_rendering()  # lays out: the labels of contours need the final sizes
    _draw_certificate(certificate, plane, found)
    _draw_rate(rate, found)
    _draw_error(error, found)
    _draw_collapse(collapse, without)
    notes = (
        f"published: Theorem 4.3 as a third-party note quotes it, e = εL/α = {plane.e:g}; exact: derived here, "
        "for the ideal corrector",
        "stationary error: expected squared error of the mean, Gaussian loop, maximum likelihood, ideal corrector; "
        "k = λn is not rounded",
        "no real data: the expected variance; its law has a heavy tail, so a typical run lies lower",
    )
    return figure, title, notes


def _words(plane: Plane, found: Maps) -> list[tuple[str, str]]:
    """Heading and small print of the four panels."""
    limit = "1" if plane.e == 0 else f"1/(1 + e) = {1 / (1 + plane.e):.3g}"
    worse = bool((found.stationary_error > 1 + 1e-9).any())
    better = "γ ≥ 1: always better than real data alone" if worse else "Never worse than the real data alone"
    real = "fixed real set" if plane.regime == "fixed" else "fresh real data"
    bold = "bold: 1, the n real points alone" if worse else "1: the n real points alone"
    return [
        (
            f"Published certificate: none for λ ≥ {limit}",
            f"Theorem 4.3: factor a u/(1 − u) where below 1;\na = 1/(1 + γ), u = λ(1 + e), e = {plane.e:g}",
        ),
        (
            "Exact local rate: below 1 everywhere",
            f"a λμ/(1 + λμ), μ = {plane.mu:g};\ndashed: where the published certificate ends",
        ),
        (better, f"stationary error of the mean n M∞, n = {_count(plane.n)}, k = λn;\n{real}; {bold}"),
        (
            "No real data: collapse below γ ≈ 1/(2k)",
            "stationary variance S∞ = 1 − 1/(k − a²(k − 1));\nbold: S∞ = ½; dashed: γ = 1/(2k)",
        ),
    ]


def _count(n: int) -> str:
    return f"{n}" if n < 10**6 else f"{n:.3g}"


def _draw_certificate(panel: Axes, plane: Plane, found: Maps) -> None:
    u = found.lam[None, :] * (1 + plane.e)
    inverse = (1 - u) / (updates.kept_share(found.gamma[:, None]) * u)  # of the factor, which has a pole at u = 1
    names = {1 / level: f"{level:g}" for level in _RATES[::-1]}
    edges = [1.0, *names, max(2 / _RATES[0], float(inverse.max()))]
    planes.bands(panel, found.lam, found.gamma, inverse, edges, _rate_shades()[::-1])
    panel.fill_betweenx(found.gamma, found.boundary, found.lam[-1], gid="no statement", **_NOTHING)  # type: ignore[arg-type]
    crowded = [level for level in names if level < 3]  # near the boundary: as in the panel beside it, no room to say so
    planes.contours(panel, found.lam, found.gamma, inverse, crowded)
    spaced = [level for level in names if level > 3]
    planes.contours(panel, found.lam, found.gamma, inverse, spaced, along=((0.0, 0.85), (0.5, 0.2)), names=names)
    _draw_boundary(panel, found, "-")
    left = np.log(found.boundary.max() / found.lam[0]) / np.log(found.lam[-1] / found.lam[0])
    planes.words(panel, "no statement", ((1 + left) / 2, 0.5), fontsize=9)


def _draw_rate(panel: Axes, found: Maps) -> None:
    planes.bands(panel, found.lam, found.gamma, found.exact, [0, *_RATES, 1], _rate_shades())
    planes.contours(panel, found.lam, found.gamma, found.exact, _RATES, along=((0.78, 1.0), (0.88, 0.0)))
    _draw_boundary(panel, found, "--")


def _draw_boundary(panel: Axes, found: Maps, line: str) -> None:
    panel.plot(
        found.boundary, found.gamma, color=_BOUNDARY, linestyle=line, linewidth=1.8, zorder=5, gid="published boundary"
    )


def _rate_shades() -> list[str]:
    return planes.shades("Purples", len(_RATES) + 1, 0.02, 0.72)


def _draw_error(panel: Axes, found: Maps) -> None:
    field = found.stationary_error
    colours = planes.shades("Blues_r", len(_BELOW) + 1, 0.3, 0.97)
    colours += planes.shades("Oranges", len(_ABOVE) + 1, 0.18, 0.6)
    planes.bands(panel, found.lam, found.gamma, field, [0, *_BELOW, 1, *_ABOVE, 2], colours)
    planes.contours(panel, found.lam, found.gamma, field, _BELOW, along=((0.3, 0.9), (1.0, 0.9)))
    planes.contours(panel, found.lam, found.gamma, field, _ABOVE, along=((0.28, 0.48), (0.68, 0.0)))
    planes.contours(
        panel, found.lam, found.gamma, field, [1.0], along=((0.3, 0.2), (0.3, 0.9)), width=2.0, gid="as good as real"
    )
    there = np.isfinite(field[0])
    if not there.all():  # a generation cannot have less than one synthetic point
        first = int(there.argmax())
        panel.axvspan(found.lam[0], found.lam[first], gid="no synthetic point", **_NOTHING)  # type: ignore[arg-type]
        planes.words(panel, "k < 1", (first / (len(there) - 1) / 2, 0.85), rotation=90)


def _draw_collapse(panel: Axes, without: Collapse) -> None:
    colours = planes.shades("Oranges_r", 3, 0.4, 0.82) + planes.shades("Blues", len(_VARIANCES) - 1, 0.03, 0.6)
    levels = sorted([*_VARIANCES, 0.5])
    planes.bands(panel, without.k, without.gamma, without.variance, [0, *levels, 1], colours)
    planes.contours(panel, without.k, without.gamma, without.variance, _VARIANCES, along=((0.3, 0.1), (0.85, 1.0)))
    panel.plot(without.k, without.half, color="black", linewidth=2.4, zorder=4, gid="half-sample rule")
    panel.plot(without.k, 1 / (2 * without.k), color="white", linestyle="--", linewidth=1.0, zorder=5, gid="1/(2k)")
    planes.words(panel, "collapse", (0.25, 0.15), fontsize=9)
