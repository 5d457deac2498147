"""Stability against generations for the arms of an image experiment, and what their models draw."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from loop.records import generation_name
from plots import style
from plots.findings import draw_pages
from plots.folders import NothingToPlot, read_arrays
from plots.panels import Measure
from plots.runs import Arm, Experiment, read_experiment
from plots.style import Picture

MEASURES: dict[str, Measure] = {
    "fid": Measure("FID on the judge's features", "no unit", "lower is better"),
    "kid": Measure("KID within digits", "no unit", "lower is better"),
    "accepted": Measure("Accepted by the judge", "share", "near real is better"),
    "diversity": Measure("Diversity within digits", "of the real", "near real is better"),
    "diversity_lowest": Measure("Diversity, lowest digit", "of the real", "near real is better"),
    "nearest_train": Measure("Nearest training image", "pixel range", ""),
}
OTHER: dict[str, Measure] = {
    "loss": Measure("Training loss", "no unit", ""),
    "kid_before_correction": Measure("KID before correction", "no unit", ""),
    "kid_after_correction": Measure("KID after correction", "no unit", ""),
}
_COLUMNS = 3
"""Generations on the picture of images: the first, the middle one, the last."""

_DEEP = 3
"""Images of each digit on that picture."""

Tiles = NDArray[np.uint8]  # (digits, images, H, W)


def draw(folder: Path, out: Path) -> list[Picture]:
    """All pictures of an image experiment, an arm's folder of seeds, or one run.

    Raises:
        NothingToPlot: no generation is finished.
        ValueError, OSError: damaged or unreadable files, named in the message.
    """
    experiment = read_experiment(folder)
    measured = {name for arm in experiment.arms for name in arm.measured}
    pages = [
        ("stability", [name for name in MEASURES if name in measured]),
        ("further", [name for name in OTHER if name in measured]),
    ]
    pictures = draw_pages(pages, experiment, {**MEASURES, **OTHER}, out)
    real = folder / "real.npz"
    with style.paper():
        drawn = images_figure(experiment, _tiles(real) if real.is_file() else None)
        if drawn is not None:
            figure, title = drawn
            pictures.append(Picture(style.save(figure, out / "images"), title))
    if not pictures:
        raise NothingToPlot(f"{folder} holds nothing to plot: its records have no numbers and there are no images")
    return pictures


def images_figure(experiment: Experiment, real: Tiles | None) -> tuple[Figure, str] | None:
    """What the models of the first seed draw: a row an arm, a column a generation; None where nothing was kept."""
    rows = []
    for arm in experiment.arms:
        found = _kept(arm)
        if found:
            rows.append((arm, found))
    if not rows:
        return None
    last = max(generation for _, found in rows for generation in found)
    columns = sorted({0, last // 2, last})
    extra = real is not None
    figure = style.new_figure(0.5 * len(rows) + 0.6)
    axes = figure.subplots(len(rows), len(columns) + extra, squeeze=False)
    for line, (arm, found) in zip(axes, rows, strict=True):
        shown = [found.get(generation) for generation in columns] + ([real] if extra else [])
        for panel, tiles in zip(line, shown, strict=True):
            panel.set_xticks([]), panel.set_yticks([])
            panel.grid(False)
            panel.spines[:].set_visible(False)
            if tiles is not None:
                panel.imshow(mosaic(tiles), cmap="gray_r", vmin=0, vmax=255, interpolation="nearest")
        line[0].set_ylabel(arm.label.replace(", ", "\n"), fontsize=6, rotation=0, ha="right", va="center")
    heads = [f"generation {generation}" for generation in columns] + (["real"] if extra else [])
    for panel, words in zip(axes[0], heads, strict=True):
        panel.set_title(words)
    title = f"What the models draw, digits 0 to 9, generation {columns[0]} to {last}, first seed"
    style.headline(figure, title)
    return figure, title


def mosaic(tiles: Tiles) -> NDArray[np.uint8]:
    """One image: digits from left to right, up to `_DEEP` of each above each other."""
    digits, _, height, width = tiles.shape
    shown = tiles[:, :_DEEP]
    return shown.transpose(1, 2, 0, 3).reshape(shown.shape[1] * height, digits * width)


def _kept(arm: Arm) -> dict[int, Tiles]:
    """generation -> images of the arm's first seed, where they were kept."""
    if not arm.folders:
        return {}
    folder = arm.folders[0]
    found = {}
    for generation in arm.generations.astype(int).tolist():
        path = folder / generation_name(generation) / "shown.npz"
        if path.is_file():
            found[generation] = _tiles(path)
    return found


def _tiles(path: Path) -> Tiles:
    """Images of a file, (digits, m, H, W).

    Raises:
        ValueError: damaged, or no images; the message names the file.
    """
    images = np.asarray(read_arrays(path, {"images": 4})["images"])
    if images.dtype != np.uint8 or 0 in images.shape:
        raise ValueError(
            f"{path}: images must be bytes, (digits, m, H, W), got {images.dtype} {images.shape}; run it again"
        )
    return images
