"""One look for all pictures: colours, line styles and markers that stay with an arm, and files written whole.

Colours are those of Okabe and Ito (Color Universal Design, 2008), told apart with the common colour-vision
deficiencies; line style and marker differ as well, so a picture also works in grey.
"""

from __future__ import annotations

import io
import os
import tempfile
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import matplotlib
from matplotlib import style as _mpl_style
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
    "pdf.fonttype": 42,  # editable text; publishers refuse type 3
}


Line = Literal["-", "--", "-.", ":"] | tuple[float, Sequence[float]]


@dataclass(frozen=True)
class Look:
    """How one arm is drawn, in every picture."""

    colour: str
    line: Line
    marker: str


@dataclass(frozen=True)
class Picture:
    """A picture on disk: `path` is the PNG, a PDF of the same name lies beside it."""

    path: Path
    title: str  # what is seen, one line
    notes: tuple[str, ...] = ()  # what is missing or was left out, numbers behind the title

    @property
    def pdf(self) -> Path:
        """The same picture as PDF."""
        return self.path.with_suffix(".pdf")


ARMS: dict[str, Look] = {
    "real": Look("#009E73", "-", "o"),
    "synthetic": Look("#D55E00", "--", "s"),
    "corrected": Look("#0072B2", "-.", "^"),
}
_OTHERS = ("#CC79A7", "#000000", "#56B4E9", "#E69F00", "#8C6D31")
_LINES: tuple[Line, ...] = ("-", "--", "-.", (0, (5, 1)), (0, (3, 1, 1, 1, 1, 1)))
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")


def arm_looks(names: Sequence[str]) -> dict[str, Look]:
    """The look of each arm: the three main arms have their own for ever, others follow their order in `names`."""
    others = [name for name in names if name not in ARMS]
    turns = [divmod(index, len(_OTHERS)) for index in range(len(others))]  # a colour comes again with another line
    looks = {
        name: Look(
            _OTHERS[index], _LINES[(index + turn + 3) % len(_LINES)], _MARKERS[(index + 3 * turn + 3) % len(_MARKERS)]
        )
        for name, (turn, index) in zip(others, turns, strict=True)
    }
    return {name: ARMS.get(name) or looks[name] for name in names}


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


def new_figure(height: float, width: float = WIDTH) -> Figure:
    """An empty figure on the Agg canvas (no display, no pyplot state), sizes in inches."""
    figure = Figure(figsize=(width, height), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def headline(figure: Figure, title: str) -> None:
    """The title of the whole picture, over its full width; matplotlib neither wraps nor shrinks one."""
    wrapped = textwrap.fill(title, int(figure.get_figwidth() * 11.5))
    figure.suptitle(wrapped, x=0.01, ha="left", weight="bold")


def save(figure: Figure, stem: Path) -> Path:
    """Write `stem`.png and `stem`.pdf, each whole or not at all; returns the PNG's path.

    Neither holds a date or a version, so the same input gives the same bytes.

    Raises:
        OSError: the folder cannot be made or written.
    """
    stem.parent.mkdir(parents=True, exist_ok=True)
    with paper():
        for suffix, metadata in ((".png", {"Software": None}), (".pdf", {"CreationDate": None, "Producer": None})):
            buffer = io.BytesIO()
            figure.savefig(buffer, format=suffix[1:], dpi=DPI, metadata=metadata)
            _write(stem.with_name(stem.name + suffix), buffer.getvalue())
    return stem.with_name(stem.name + ".png")


def _write(path: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(name, 0o644)  # mkstemp's 0600 would lock readers out of a shared folder
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
