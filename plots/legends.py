"""What stands below a picture: its lines in words, and what the bands are."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from plots import style
from plots.style import Look


def entry(look: Look, label: str) -> Line2D:
    """A curve."""
    return Line2D([], [], color=look.colour, linestyle=look.line, marker=look.marker, label=label)


def theory(label: str = "theory", width: float = 0.9) -> Line2D:
    """The dashed curve of theory."""
    return Line2D([], [], color="black", linestyle="--", linewidth=width, label=label)


def published() -> Line2D:
    """Values to compare with."""
    return Line2D([], [], color="black", linestyle="", marker="_", label="published, ± 2 SE")


def floor() -> Line2D:
    """The dotted floor."""
    return Line2D([], [], color=style.FLOOR_COLOUR, linestyle=":", label="real against real (floor)")


def bands_in_words(seeds: Sequence[int]) -> str:
    """What the bands are, of curves of so many seeds."""
    if max(seeds, default=0) <= 1:
        return "1 seed, no band"
    return f"{' or '.join(map(str, sorted(set(seeds))))} seeds, 95 % band of the mean"


def below(figure: Figure, handles: Sequence[Line2D], columns: int, words: str) -> None:
    """One legend of all panels, with small print above it."""
    legend = figure.legend(
        handles=handles, loc="outside lower left", ncols=min(len(handles), columns), columnspacing=1.2, title=words,
        title_fontproperties={"size": 6}, alignment="left",
    )  # fmt: skip
    legend.get_title().set_color(style.GREY)
