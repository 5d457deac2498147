"""A moving stick figure as a GIF or a film, or several side by side."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from numpy.typing import NDArray
from PIL import Image

from plots import style

_TURN = np.deg2rad(35.0)  # between front and side view
_MOST = 400  # pictures in one GIF: 20 seconds at 20 a second
_DPI = 72


def write_gif(
    joints: NDArray[np.floating[Any]],
    parents: tuple[int, ...],
    fps: float,
    path: Path,
    title: str,
    names: Sequence[str] = (),
) -> int:
    """Draw every frame, the camera following the pelvis at a fixed scale; the floor has a mark every metre.

    Args:
        joints: (T, J, 3) [m, y up].
        parents: of each joint, -1 for the root.
        fps: frames a second; GIFs know hundredths of a second only.
        names: of the joints; with them left and right limbs get colours of their own.

    Returns:
        How many frames were drawn: a long motion is cut at 400.

    Raises:
        ValueError: no frames, or another number of joints.
        OSError: the file cannot be written.
    """
    return write_side_by_side({"": joints}, parents, fps, path, title, names)


def write_side_by_side(
    motions: Mapping[str, NDArray[np.floating[Any]]],
    parents: tuple[int, ...],
    fps: float,
    path: Path,
    title: str,
    names: Sequence[str] = (),
) -> int:
    """The same for several motions of one length, each in a panel under its name, all at one scale.

    Raises:
        ValueError: also where there is no motion, or lengths differ.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph", UserWarning)  # a title in another script shows boxes: no harm
        pictures = [
            Image.fromarray(one).convert("P", palette=Image.Palette.ADAPTIVE, colors=32)
            for one in _pictures(motions, parents, title, names)
        ]
    out = io.BytesIO()
    pictures[0].save(
        out, format="GIF", save_all=True, append_images=pictures[1:], duration=round(1000 / fps), loop=0, optimize=False
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    style.write_whole(path, out.getvalue())
    return len(pictures)


def write_mp4(
    joints: NDArray[np.floating[Any]],
    parents: tuple[int, ...],
    fps: float,
    path: Path,
    title: str,
    names: Sequence[str] = (),
) -> int:
    """As `write_gif`, as a film; needs the optional library imageio with its ffmpeg.

    Raises:
        ValueError: also where the library is missing.
    """
    writer = film_writer()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph", UserWarning)
        pictures = list(_pictures({"": joints}, parents, title, names))
    # Films want even sides; the last row or column is margin.
    even = [one[: len(one) // 2 * 2, : one.shape[1] // 2 * 2, :3] for one in pictures]
    path.parent.mkdir(parents=True, exist_ok=True)
    out = io.BytesIO()
    writer.mimwrite(out, even, format="mp4", fps=fps, macro_block_size=2)
    style.write_whole(path, out.getvalue())
    return len(pictures)


def film_writer() -> Any:
    """The library that writes films.

    Raises:
        ValueError: it is not installed.
    """
    try:
        import imageio.v2 as imageio
        import imageio_ffmpeg  # noqa: F401  (what imageio writes films with)
    except ImportError:
        raise ValueError(
            "an .mp4 needs the libraries imageio and imageio-ffmpeg: pip install imageio imageio-ffmpeg; or choose .gif"
        ) from None
    return imageio


def _pictures(
    motions: Mapping[str, NDArray[np.floating[Any]]], parents: tuple[int, ...], title: str, names: Sequence[str]
) -> Iterator[NDArray[np.uint8]]:
    """Every frame as (height, width, 4)."""
    for joints in motions.values():
        if joints.ndim != 3 or joints.shape[1:] != (len(parents), 3) or not len(joints):
            raise ValueError(f"joints must have shape (T >= 1, {len(parents)}, 3), got {joints.shape}; give a motion")
    if len({len(joints) for joints in motions.values()}) != 1:
        raise ValueError("motions side by side must be one or more, of one length; cut the longer ones")
    shown = [np.asarray(joints[:_MOST], dtype=np.float64) for joints in motions.values()]
    height = max(2.0, *(float(joints[..., 1].max()) + 0.2 for joints in shown))
    sides = _sides(names, parents)
    bones = np.array([(parent, child) for child, parent in enumerate(parents) if parent >= 0])
    with style.paper():
        figure = style.new_figure(3.2, 3.2 * len(shown))
        figure.set_dpi(_DPI)
        style.headline(figure, title)
        panels = [
            _Panel(panel, name, joints, bones, height, sides)
            for panel, (name, joints) in zip(
                np.atleast_1d(figure.subplots(1, len(shown))), zip(motions, shown, strict=True), strict=True
            )
        ]
        figure.draw_without_rendering()
        figure.set_layout_engine("none")  # where things stand is settled; again for every frame it takes half the time
        canvas: Any = FigureCanvasAgg(figure)  # untyped
        for frame in range(len(shown[0])):
            for panel in panels:
                panel.show(frame)
            canvas.draw()
            yield np.array(canvas.buffer_rgba())


def _sides(names: Sequence[str], parents: tuple[int, ...]) -> list[str]:
    """A colour for each bone, by the side that its lower joint's name tells; without names all black."""
    lower = [name.lower() for name in names] or [""] * len(parents)
    if len(lower) != len(parents):
        raise ValueError(f"names must be one a joint ({len(parents)}), got {len(lower)}; pass all or none")
    found = [style.LEFT if "left" in name else style.RIGHT if "right" in name else "black" for name in lower]
    return [colour for colour, parent in zip(found, parents, strict=True) if parent >= 0]


class _Panel:
    """One motion (T, J, 3) on axes of its own, the camera following its pelvis."""

    def __init__(
        self,
        axes: Axes,
        name: str,
        joints: NDArray[np.float64],
        bones: NDArray[np.int64],
        height: float,
        colours: Sequence[str],
    ) -> None:
        across = np.array([np.cos(_TURN), 0.0, -np.sin(_TURN)])
        self.places = np.stack([joints @ across, joints[..., 1]], axis=-1)  # (T, J, 2)
        self.axes, self.bones, self.height = axes, bones, height
        axes.set_aspect("equal")
        axes.grid(False)
        axes.set_yticks([])
        axes.set_xticks([])
        axes.set_ylim(-0.15, height)
        axes.spines[:].set_visible(False)
        axes.set_title(name)
        axes.axhline(0.0, color=style.GREY, linewidth=0.8)
        self.limbs = LineCollection([], linewidths=2.0, colors=list(colours))
        for place, (side, colour) in enumerate((("left", style.LEFT), ("right", style.RIGHT))):
            if colour in colours:  # the key, in a corner that no motion reaches
                axes.text(0.01 + 0.11 * place, 0.99, side, transform=axes.transAxes, va="top", fontsize=7, color=colour)
        axes.add_collection(self.limbs)
        self.marks = axes.scatter([], [], s=6, color=style.GREY, zorder=1)

    def show(self, frame: int) -> None:
        places = self.places[frame]
        middle = float(places[0, 0])
        self.axes.set_xlim(middle - self.height / 2, middle + self.height / 2)
        metres = np.arange(np.floor(middle - self.height), np.ceil(middle + self.height) + 1)
        self.marks.set_offsets(np.column_stack([metres, np.zeros_like(metres)]))
        self.limbs.set_segments(places[self.bones])
