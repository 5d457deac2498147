"""Maps over a plane whose axes are a log scale and a log scale that reaches zero: axes, bands, labelled contours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.scale import SymmetricalLogTransform
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullFormatter
from scipy.ndimage import map_coordinates

from plots.statistics import Floats

Place = tuple[float, float]
_LINEAR = 0.45  # matplotlib's linscale: the linear part, zero to the threshold, is as high as half a decade


def log_axis(low: float, high: float, points: int) -> Floats:
    """`points` values from low to high, evenly spaced on a log axis, (points,)."""
    values: Floats = np.geomspace(low, high, points)
    return values


def zero_log_axis(threshold: float, high: float, points: int) -> Floats:
    """`points` values from 0 to high, evenly spaced as `frame` draws them: linear up to threshold, then log."""
    scale = SymmetricalLogTransform(10, threshold, _LINEAR)
    top = float(scale.transform(np.array([high]))[0])
    values: Floats = scale.inverted().transform(np.linspace(0, top, points))
    values[[0, -1]] = 0.0, high  # the inverse rounds
    return values


def frame(panel: Axes, x: Floats, y: Floats, threshold: float, x_label: str, y_label: str) -> None:
    """Scales, limits, ticks and labels: x on a log axis, y on one that is linear below `threshold`."""
    panel.set_xscale("log")
    panel.set_yscale("symlog", linthresh=threshold, linscale=_LINEAR)
    panel.set_xlim(x[0], x[-1])
    panel.set_ylim(y[0], y[-1])
    number = FuncFormatter(lambda value, _: _number(value))
    decades = np.log10(np.array([threshold, y[-1]]))
    exponents = np.arange(np.ceil(decades[0] - 1e-9), np.floor(decades[1] + 1e-9) + 1)
    panel.xaxis.set_major_locator(LogLocator(numticks=12))
    panel.yaxis.set_major_locator(FixedLocator([0.0, *(10.0**exponents)]))
    panel.yaxis.set_minor_locator(FixedLocator(np.outer(10.0**exponents, np.arange(2, 10)).ravel().tolist()))
    for axis in (panel.xaxis, panel.yaxis):
        axis.set_major_formatter(number)
        axis.set_minor_formatter(NullFormatter())
    panel.set_xlabel(x_label)
    panel.set_ylabel(y_label)
    panel.grid(False)  # contours are the lines to read here
    panel.spines[["top", "right"]].set_visible(True)


def _number(value: float) -> str:
    """A tick: plain digits for everyday sizes, else a power of ten."""
    if value == 0 or 0.9e-4 < value < 1.1e3:
        return f"{value:g}"
    return f"$10^{{{round(np.log10(value))}}}$"


def shades(name: str, count: int, low: float, high: float) -> list[str]:
    """`count` colours of a matplotlib map, evenly spaced from share low to share high of it."""
    return [to_hex(matplotlib.colormaps[name](share)) for share in np.linspace(low, high, count)]


def bands(panel: Axes, x: Floats, y: Floats, field: Floats, edges: Sequence[float], colours: Sequence[str]) -> None:
    """Areas between neighbouring `edges` (rising) of the field (len(y), len(x)); nan stays empty."""
    panel.contourf(x, y, np.ma.masked_invalid(field), levels=list(edges), colors=list(colours), zorder=1)


def contours(
    panel: Axes,
    x: Floats,
    y: Floats,
    field: Floats,
    levels: Sequence[float],
    *,
    along: tuple[Place, Place] | None = None,
    names: Mapping[float, str] | None = None,
    width: float = 0.6,
    gid: str = "contours",
) -> None:
    """Contours with their level written where they first cross the segment `along`.

    Labels follow their line as it lies on the page, so lay the figure out before.

    Args:
        field: (len(y), len(x)) on axes evenly spaced as drawn; nan where there is nothing.
        levels: rising, > 0; those that the field does not reach are left out.
        along: two points in axes shares (0 to 1); labels that would touch another or the frame are left out. Without it
            the lines stay bare.
        names: what to write for a level; the level itself if not given.
    """
    low, high = np.nanmin(field) * (1 + 1e-9), np.nanmax(field) * (1 - 1e-9)  # a plateau's rounding is no contour
    there = [level for level in levels if low < level < high]
    if not there:
        return
    lines = panel.contour(
        x, y, np.ma.masked_invalid(field), levels=there, colors="black", linewidths=width, linestyles="-", zorder=3
    )
    lines.set_gid(gid)
    if along is None:
        return
    to_data = panel.transAxes + panel.transData.inverted()
    places = [tuple(to_data.transform(place)) for place in crossings(field, there, along)]
    if not places:
        return
    written = {level: f"{level:g}" for level in there} if names is None else dict(names)
    for text in panel.clabel(lines, fmt=written, fontsize=6.5, manual=places, inline_spacing=2):
        text.set_path_effects(halo())


def crossings(field: Floats, levels: Sequence[float], along: tuple[Place, Place], apart: float = 0.06) -> list[Place]:
    """Where each level is first met along a segment, in axes shares; none near another or the frame.

    Args:
        field: (rows, columns), evenly spaced over the axes.
        apart: least distance of two places; half of it to the frame.
    """
    steps = np.linspace(0, 1, 1000)
    xs, ys = (start + steps * (end - start) for start, end in zip(*along, strict=True))
    rows, columns = field.shape
    values = map_coordinates(field, [ys * (rows - 1), xs * (columns - 1)], order=1)
    found: list[Place] = []
    for level in levels:
        above = values > level
        met = np.flatnonzero((above[1:] != above[:-1]) & np.isfinite(values[1:] + values[:-1]))
        if len(met):
            place = float(xs[met[0]]), float(ys[met[0]])
            inside = all(apart / 2 <= share <= 1 - apart / 2 for share in place)
            if inside and all(np.hypot(place[0] - x, place[1] - y) > apart for x, y in found):
                found.append(place)
    return found


def halo() -> list[patheffects.AbstractPathEffect]:
    """A white rim, so that words are legible on any shade and over any line."""
    return [patheffects.withStroke(linewidth=1.8, foreground="white", alpha=0.85)]


def words(panel: Axes, text: str, place: tuple[float, float], **kind: object) -> None:
    """Words inside a map at a point in axes shares."""
    settings = {"fontsize": 7, "ha": "center", "va": "center", "zorder": 6, **kind}
    panel.text(*place, text, transform=panel.transAxes, path_effects=halo(), **settings)  # type: ignore[arg-type]
