"""A moving stick figure as a GIF."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.collections import LineCollection
from numpy.typing import NDArray
from PIL import Image

from plots import style

_TURN = np.deg2rad(35.0)  # between front and side view
_MOST = 400  # pictures in one GIF: 20 seconds at 20 a second
_DPI = 72


def write_gif(joints: NDArray[np.floating[Any]], parents: tuple[int, ...], fps: float, path: Path, title: str) -> int:
    """Draw every frame, the camera following the pelvis at a fixed scale; the floor has a mark every metre.

    Args:
        joints: (T, J, 3) [m, y up].
        parents: of each joint, -1 for the root.
        fps: frames a second; GIFs know hundredths of a second only.

    Returns:
        How many frames were drawn: a long motion is cut at 400.

    Raises:
        ValueError: no frames, or another number of joints.
        OSError: the file cannot be written.
    """
    if joints.ndim != 3 or joints.shape[1:] != (len(parents), 3) or not len(joints):
        raise ValueError(f"joints must have shape (T >= 1, {len(parents)}, 3), got {joints.shape}; give a motion")
    shown = np.asarray(joints[:_MOST], dtype=np.float64)
    across = np.array([np.cos(_TURN), 0.0, -np.sin(_TURN)])
    places = np.stack([shown @ across, shown[..., 1]], axis=-1)  # (T, J, 2)
    bones = np.array([(parent, child) for child, parent in enumerate(parents) if parent >= 0])
    height = max(2.0, float(shown[..., 1].max()) + 0.2)
    with style.paper():
        figure = style.new_figure(3.2, 3.2)
        figure.set_dpi(_DPI)
        panel = figure.subplots()
        panel.set_aspect("equal")
        panel.grid(False)
        panel.set_yticks([])
        panel.spines[:].set_visible(False)
        panel.axhline(0.0, color=style.GREY, linewidth=0.8)
        style.headline(figure, title)
        limbs = LineCollection([], linewidths=2.0, colors="black")
        panel.add_collection(limbs)
        marks = panel.scatter([], [], s=6, color=style.GREY, zorder=1)
        pictures = []
        for frame in places:
            middle = float(frame[0, 0])
            panel.set_xlim(middle - height / 2, middle + height / 2)
            panel.set_ylim(-0.15, height)
            panel.set_xticks([])
            metres = np.arange(np.floor(middle - height), np.ceil(middle + height) + 1)
            marks.set_offsets(np.column_stack([metres, np.zeros_like(metres)]))
            limbs.set_segments(frame[bones])
            buffer = io.BytesIO()
            figure.savefig(buffer, format="png", dpi=_DPI)
            pictures.append(Image.open(buffer).convert("P", palette=Image.Palette.ADAPTIVE, colors=32))
    out = io.BytesIO()
    pictures[0].save(
        out, format="GIF", save_all=True, append_images=pictures[1:], duration=round(1000 / fps), loop=0, optimize=False
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    style.write_whole(path, out.getvalue())
    return len(pictures)
