"""One look for all pictures: colours, line styles and markers that stay with an arm, and files written whole.

Colours are those of Okabe and Ito (Color Universal Design, 2008), told apart with the common colour-vision
deficiencies; line style and marker differ as well, so a picture also works in grey.
"""

from __future__ import annotations

import io
import os
import re
import tempfile
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import matplotlib
from matplotlib import style as _mpl_style
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

WIDTH = 7.0
"""Width of a picture: the text width of a two-column paper [inch]."""
DPI = 150
FLOOR_COLOUR = "#444444"
GREY = "#555555"
"""Small print."""
LEFT, RIGHT, TRUNK = "#7B3294", "#E69F00", "#333333"
"""Limbs of a stick figure: purple and orange differ in lightness too, and are no arm's colour."""

_SETTINGS: dict[str, Any] = {
    "font.family": "DejaVu Sans",  # comes with matplotlib, so pictures are equal on every machine
    "font.size": 8.0,
    "axes.titlesize": 8.0,
    "axes.titlelocation": "left",
    "axes.labelsize": 8.0,
    "axes.grid": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": "#e3e3e3",
    "grid.linewidth": 0.5,
    "xtick.labelsize": 7.0,
    "ytick.labelsize": 7.0,
    "legend.fontsize": 7.0,
    "legend.frameon": False,
    "lines.linewidth": 1.4,
    "lines.markersize": 3.5,
    "figure.titlesize": 9.0,
    "svg.hashsalt": "scsc",  # names inside an SVG are random without it
    "pdf.fonttype": 42,  # editable text; publishers refuse type 3
}


_FORMATS: dict[str, dict[str, Any]] = {
    ".png": {"Software": None},
    ".pdf": {"CreationDate": None, "Producer": None},
    ".svg": {"Date": None, "Creator": None},
}
"""What is written, with the metadata that would change from day to day or from version to version."""

Scale = Literal["auto", "log", "linear"]
_scale: ContextVar[Scale] = ContextVar("scale", default="auto")
_WIDE = 10.0  # auto: a larger range is drawn on a log axis, as collapse and correction are exponential

Line = Literal["-", "--", "-.", ":"] | tuple[float, Sequence[float]]


@dataclass(frozen=True)
class Look:
    """How one arm is drawn, in every picture."""

    colour: str
    line: Line
    marker: str


@dataclass(frozen=True)
class Picture:
    """A picture on disk: `path` is the PNG, a PDF and an SVG of the same name lie beside it."""

    path: Path
    title: str  # what is seen, one line
    notes: tuple[str, ...] = ()  # what is missing or was left out, numbers behind the title

    @property
    def pdf(self) -> Path:
        """The same picture as PDF."""
        return self.path.with_suffix(".pdf")

    @property
    def svg(self) -> Path:
        """The same picture as SVG."""
        return self.path.with_suffix(".svg")


ARMS: dict[str, Look] = {
    "real": Look("#009E73", "-", "o"),
    "synthetic": Look("#D55E00", "--", "s"),
    "corrected": Look("#0072B2", "-.", "^"),
}
_OTHERS = ("#CC79A7", "#000000", "#56B4E9", "#E69F00", "#8C6D31")
_LINES: tuple[Line, ...] = ("-", "--", "-.", (0, (5, 1)), (0, (3, 1, 1, 1, 1, 1)))
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")


FAMILIES: dict[str, Look] = {
    "baseline": ARMS["real"],
    "uncorrected": ARMS["synthetic"],
    "k-means": ARMS["corrected"],
    "ideal": Look("#AA3377", ":", "D"),
    "redraw": Look("#AA3377", ":", "D"),
}
"""Arms named KIND, KIND-LAMBDA or KIND-LAMBDA-gGAMMA, as `uncorrected-0.5`: a family has its colour, later ones are
darker."""
_NAME = re.compile(r"(?P<kind>.+?)-(?P<lam>[0-9.]+(?:e[-+]?[0-9]+)?)(?:-g(?P<gamma>[0-9.]+(?:e[-+]?[0-9]+)?))?")


def split_arm(name: str) -> tuple[str, str] | None:
    """Kind and lambda of an arm's name; None where it has no lambda."""
    match = _NAME.fullmatch(name)
    return None if match is None else (match["kind"], match["lam"])


def _families(names: Sequence[str]) -> dict[str, Look]:
    """The looks of the names that belong to a family; within it light to dark in the order of `names`."""
    members: dict[str, list[str]] = {}
    for name in names:
        kind = name if name in FAMILIES else (split_arm(name) or ("", ""))[0]
        if kind in FAMILIES:
            members.setdefault(kind, []).append(name)
    looks = {}
    for kind, inside in members.items():
        base = FAMILIES[kind]
        for index, name in enumerate(inside):
            white = 0.55 * (1 - (index + 1) / len(inside))
            red, green, blue = (c + (1 - c) * white for c in matplotlib.colors.to_rgb(base.colour))
            shade = matplotlib.colors.to_hex((red, green, blue)) if white else base.colour
            marker = (
                base.marker if len(inside) == 1 else _MARKERS[(_MARKERS.index(base.marker) + index) % len(_MARKERS)]
            )
            looks[name] = Look(shade, base.line, marker)
    return looks


def arm_looks(names: Sequence[str]) -> dict[str, Look]:
    """The look of each arm: the main arms have their own for ever, others follow their order in `names`.

    Families share a colour where several of their members are there, see `FAMILIES`.
    """
    kept = {**_families(names), **{name: ARMS[name] for name in names if name in ARMS}}
    others = [name for name in names if name not in kept]
    turns = [divmod(index, len(_OTHERS)) for index in range(len(others))]  # a colour comes again with another line
    looks = {
        name: Look(
            _OTHERS[index], _LINES[(index + turn + 3) % len(_LINES)], _MARKERS[(index + 3 * turn + 3) % len(_MARKERS)]
        )
        for name, (turn, index) in zip(others, turns, strict=True)
    }
    return {name: kept.get(name) or looks[name] for name in names}


def ordered_looks(count: int) -> list[Look]:
    """Looks for `count` values of an ordered parameter (a correction strength): dark to light, viridis without the
    palest fifth."""
    colours = matplotlib.colormaps["viridis"]
    shares = [index / max(count - 1, 1) * 0.85 for index in range(count)]
    return [
        Look(matplotlib.colors.to_hex(colours(share)), _LINES[index % len(_LINES)], _MARKERS[index % len(_MARKERS)])
        for index, share in enumerate(shares)
    ]


@contextmanager
def paper() -> Iterator[None]:
    """The settings of all pictures, whatever the user's matplotlibrc says; restored afterwards."""
    with _mpl_style.context(["default", _SETTINGS]):
        yield


@contextmanager
def scaled(scale: Scale) -> Iterator[None]:
    """Which axis the curves of loops and experiments are drawn on while this lasts: auto chooses by their range."""
    token = _scale.set(scale)
    try:
        yield
    finally:
        _scale.reset(token)


def scale_axis(panel: Axes, values: Sequence[float], wide: float = _WIDE) -> None:
    """Make the measure's axis logarithmic where that is asked for or suits the values (mean curves, floors, theory).

    Values that are not positive have no place on it: with "log" they are cut off, with "auto" one of them keeps the
    axis linear.
    """
    chosen = _scale.get()
    positive = [value for value in values if 0 < value < float("inf")]
    if not positive or chosen == "linear":
        return
    low, high = min(positive), max(positive)
    if chosen == "log" or (low == min(values) and high / low > wide):
        panel.set_yscale("log", nonpositive="clip")
        panel.set_ylim(low / 1.4, high * 1.4)


def new_figure(height: float, width: float = WIDTH) -> Figure:
    """An empty figure on the Agg canvas (no display, no pyplot state), sizes in inches."""
    figure = Figure(figsize=(width, height), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def headline(figure: Figure, title: str) -> None:
    """The title of the whole picture, over its full width; matplotlib neither wraps nor shrinks one."""
    wrapped = textwrap.fill(title, int(figure.get_figwidth() * 11.5))
    figure.suptitle(wrapped, x=0.01, ha="left", weight="bold", parse_math=False)


def save(figure: Figure, stem: Path) -> Path:
    """Write `stem`.png, .pdf and .svg, each whole or not at all; returns the PNG's path.

    None holds a date or a version, so the same input gives the same bytes.

    Raises:
        OSError: the folder cannot be made or written.
    """
    stem.parent.mkdir(parents=True, exist_ok=True)
    with paper():
        for suffix, metadata in _FORMATS.items():
            buffer = io.BytesIO()
            figure.savefig(buffer, format=suffix[1:], dpi=DPI, metadata=metadata)
            write_whole(stem.with_name(stem.name + suffix), buffer.getvalue())
    return stem.with_name(stem.name + ".png")


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is whole or the old one stays."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(name, 0o644)  # mkstemp's 0600 would lock readers out of a shared folder
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
