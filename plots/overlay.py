"""Several ensembles that differ in one setting, in one picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from plots import legends, panels, style, toy
from plots.curves import read_curves, theory_of
from plots.statistics import band
from plots.style import Picture


def draw_parts(parts: Sequence[tuple[Path, str]], title: str, out: Path) -> list[Picture]:
    """The pictures of a preset: of its one ensemble, or all of them together.

    Args:
        parts: folder and label of each ensemble; of several, the first cell is drawn.
        title: what they are, the beginning of the picture's title.

    Raises:
        NothingToPlot: an ensemble has no curves.
        ValueError, OSError: damaged or unreadable files, named in the message.
    """
    if len(parts) == 1:
        return toy.draw(parts[0][0], out)
    read = [(read_curves(folder), label) for folder, label in parts]
    looks = style.arm_looks([label for _, label in read])
    with style.paper():
        figure = style.new_figure(3.0)
        distance, variance = figure.subplots(1, 2)
        ends = []
        for curves, label in read:
            squared = band(curves.w2[:, :, 0] ** 2, axis=1)
            panels.draw_band(distance, curves.generation, squared, looks[label], label)
            ends.append(f"{panels.short(float(squared.mean[-1]))}")
            if "variance" in curves.more:
                spread = band(curves.more["variance"][:, :, 0], axis=1)
                panels.draw_band(variance, curves.generation, spread, looks[label], label)
            theory = theory_of(curves, 0, "variance")
            if theory is not None:
                variance.plot(curves.generation, theory, color="black", linestyle="--", linewidth=0.9, zorder=3)
        panels.head_panel(distance, "squared distance to the truth", "last: " + " · ".join(ends))
        panels.head_panel(variance, "variance", "dashed: theory, exact")
        distance.set_ylabel("$W_2^2$ [target units²]")
        variance.set_ylabel("tr Σ$/d$ [target units²]")
        for panel in (distance, variance):
            panel.set_xlabel("generation")
            panel.set_ylim(0, None)
        seeds = min(curves.w2.shape[1] for curves, _ in read)
        handles = [legends.entry(looks[label], label) for _, label in read]
        words = legends.bands_in_words([seeds])
        figure.legend(handles=handles, loc="outside lower left", ncols=2, title=words, alignment="left")
        last = int(np.max(read[0][0].generation))
        full = f"{title}: squared W2 after {last} generations {', '.join(ends)}"
        style.headline(figure, full)
        return [Picture(style.save(figure, out / "overlay"), full)]
