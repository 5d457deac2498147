"""Strips of stick figures: one row an arm, one column a generation, the same caption's motion in every cell.

All cells of a picture share one camera and one scale, so what differs is the motion. The camera is orthographic and
level: the floor is then a line for near and far feet alike, and a foot below it is truly below it. The poses stand side
by side at equal distances, whether the figure walks or stays, and each cell says how far it travels.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib import colors
from matplotlib.axes import Axes
from matplotlib.collections import EllipseCollection, LineCollection
from matplotlib.figure import Figure
from numpy.typing import NDArray

from plots import style
from plots.corrections import read_corrections
from plots.runs import Experiment
from plots.statistics import Floats
from plots.strips import Skeleton, Strip, read_strips
from plots.style import Picture

POSES = 4
SPACING = 0.55
"""Distance of neighbouring poses on the picture [m]: about the width of a walking figure seen from its side."""
_TURN = np.deg2rad(25.0)  # off the pure side view, so that the far limbs are seen
_ROW_GAP = 0.08  # [inch]
_LABEL = 0.8  # width of the arms' names [inch]
_HEAD = 0.2  # diameter of the head [m]
_SIDE = 0.12  # empty at each side of a cell [m]
_MARGIN, _LOWEST, _HIGHEST = 0.9, -0.6, 2.6  # limits of a cell [m]: one motion that flies off must not shrink others
_PALEST = 0.68  # share of white in the first pose


@dataclass(frozen=True)
class View:
    """What all cells of a picture share."""

    azimuth: float  # of the camera about the vertical, 0 = it looks towards -z [rad]
    box: tuple[float, float, float, float]  # left, right, bottom, top [m]


def draw(experiment: Experiment, out: Path) -> list[Picture]:
    """Strips `strip-1` … of the first captions that occur, and `correction-1` … of motions before and after they were
    corrected; none if the runs kept none.

    Raises:
        ValueError, OSError: a damaged skeleton.json, strips.npz or strips.json; the message names the file.
    """
    pictures = []
    with style.paper():
        for index, strip in enumerate(read_strips(experiment)):
            figure, notes = strip_figure(strip)
            names = ", ".join(arm.name for arm in strip.arms)
            span = f"{strip.generations[0]} to {strip.generations[-1]}"
            title = f"stick figures of “{strip.caption}”, generations {span}: {names}"
            pictures.append(Picture(style.save(figure, out / f"strip-{index + 1}"), title, notes))
        for index, strip in enumerate(read_corrections(experiment)):
            figure, notes = strip_figure(strip)
            title = f"“{strip.caption}”, {strip.heads[0]} and {strip.heads[1]}: {', '.join(a.name for a in strip.arms)}"
            pictures.append(Picture(style.save(figure, out / f"correction-{index + 1}"), title, notes))
    return pictures


def strip_figure(strip: Strip) -> tuple[Figure, tuple[str, ...]]:
    """The picture of one caption, and notes about cells that are empty or do not fit.

    Raises:
        ValueError: the strip has no motion at all.
    """
    view = choose_view(strip)
    left, right, bottom, top = view.box
    rows, columns = len(strip.arms), len(strip.generations)
    cell_width = (style.WIDTH - _LABEL) / columns
    cell_height = cell_width * (top - bottom) / (right - left)
    most = 1.7  # a strip of one or two columns would become a poster
    if cell_height > most:
        cell_width, cell_height = cell_width * most / cell_height, most
    width, above, below = style.WIDTH, 0.44, 0.34
    height = above + below + rows * (cell_height + _ROW_GAP)
    figure = style.new_figure(height)
    figure.set_layout_engine("none")  # exact cells: every metre has the same length on paper
    notes = []
    looks = style.arm_looks([arm.name for arm in strip.arms])
    for row, arm in enumerate(strip.arms):
        low = height - above - (row + 1) * (cell_height + _ROW_GAP)
        figure.text(
            0.06 / width, (low + cell_height / 2) / height, textwrap.fill(arm.label, 13), va="center", fontsize=7,
            weight="bold", color=looks[arm.name].colour,
        )  # fmt: skip
        for column, (generation, head) in enumerate(zip(strip.generations, strip.heads, strict=True)):
            panel = figure.add_axes(
                ((_LABEL + column * cell_width) / width, low / height, cell_width / width, cell_height / height)
            )
            panel.set_gid(f"{arm.name} {generation}")
            panel.set(xlim=(left, right), ylim=(bottom, top))
            panel.axis("off")
            if row == 0:
                panel.set_title(head, loc="center", fontsize=7, pad=2)
            motion = strip.motions.get((arm.name, generation))
            if motion is None:
                panel.text(0.5, 0.4, "not there", transform=panel.transAxes, ha="center", fontsize=6, color="#999999")
                notes.append(f"{arm.name}: no motion of {head}")
                continue
            for problem in draw_motion(panel, motion, strip.skeleton, view, cell_width * 72 / (right - left)):
                notes.append(f"{arm.name}, {head}: {problem}")
    _furniture(figure, strip, view, cell_width)
    return figure, tuple(notes)


def draw_motion(panel: Axes, motion: Floats, skeleton: Skeleton, view: View, points: float) -> list[str]:
    """One cell: floor, then the poses from pale to dark; returns what is wrong with it.

    Args:
        motion: (T, J, 3) [m, y up].
        points: length of a metre on paper [pt].
    """
    left, right, bottom, top = view.box
    edge = 0.3 * _SIDE  # the floor stops short of the neighbouring cells
    panel.plot([left + edge, right - edge], [0.0, 0.0], color="#9a9a9a", linewidth=0.7, zorder=0.5, gid="floor")
    flat, depth = poses(motion, skeleton, view)  # (P, J, 2), (P, J)
    problems = []
    whole: NDArray[np.bool_] = np.all(np.isfinite(flat), axis=-1)
    if not whole.all():
        problems.append("has joints that are not finite")
    shown = np.where(whole[..., None], flat, 0.0)
    across, up = shown[..., 0], shown[..., 1]
    outside = (across < left) | (across > right) | (up < bottom) | (up > top)
    if outside.any():
        problems.append("leaves the picture")
        panel.text(left, top, " leaves view", va="top", fontsize=5, color="#B00000")
    far_from_start = f"{travel(motion, skeleton):.1f} m "
    panel.text(right, top, far_from_start, ha="right", va="top", fontsize=5, color=style.GREY, gid="travel")
    bones = skeleton.bones
    head = skeleton.joints.index("head") if "head" in skeleton.joints else None
    for index, (pose, far) in enumerate(zip(flat, depth, strict=True)):
        white = _PALEST * (1 - index / max(len(flat) - 1, 1))
        order = bones[np.argsort(far[bones].mean(axis=1), kind="stable")]  # far limbs first, near ones over them
        order = order[whole[index][order].all(axis=1)]
        panel.add_collection(
            LineCollection(
                list(pose[order]),
                colors=[_paler(_colour(skeleton.joints[child]), white) for child in order[:, 1]],
                linewidths=float(np.clip(0.036 * points, 0.7, 2.0)),
                capstyle="round",
                joinstyle="round",
                zorder=2 + index,
                gid=f"pose {index}",
            ),
            autolim=False,
        )
        if head is not None and whole[index, head]:
            panel.add_collection(
                EllipseCollection(
                    [_HEAD * 0.8], [_HEAD], [0.0], units="xy", offsets=pose[head : head + 1] + [0.0, 0.4 * _HEAD],
                    offset_transform=panel.transData, facecolors=[_paler(style.TRUNK, white)], linewidths=0.0,
                    zorder=2 + index,
                ),
                autolim=False,
            )  # fmt: skip
    return problems


def project(points: Floats, azimuth: float) -> tuple[Floats, Floats]:
    """Orthographic projection by a level camera.

    Args:
        points: (..., 3) [m, y up].
        azimuth: where the camera stands about the vertical: 0 on +z, 90 degrees on +x [rad].

    Returns:
        (..., 2): right and up on the picture [m]; (...): towards the camera [m].
    """
    c, s = np.cos(azimuth), np.sin(azimuth)
    flat = np.stack([c * points[..., 0] - s * points[..., 2], points[..., 1]], axis=-1)
    return flat, s * points[..., 0] + c * points[..., 2]


def poses(motion: Floats, skeleton: Skeleton, view: View) -> tuple[Floats, Floats]:
    """The poses of a cell on the picture, (P, J, 2), and their depths, (P, J); pose i's root stands at i * SPACING."""
    flat, depth = project(motion[_frames(len(motion))], view.azimuth)
    flat[..., 0] += (SPACING * np.arange(len(flat)) - flat[:, skeleton.root, 0])[:, None]
    return flat, depth


def travel(motion: Floats, skeleton: Skeleton) -> float:
    """The largest horizontal distance of the root from where it started [m]; nan where it is not finite."""
    root = motion[:, skeleton.root][:, [0, 2]]
    return float(np.hypot(*(root - root[0]).T).max())


def choose_view(strip: Strip) -> View:
    """The camera that suits the first motion, and a box wide enough for all (up to a limit).

    A motion that travels is seen from its side, going right; one that stays is seen from its front, half turned.

    Raises:
        ValueError: the strip has no motion.
    """
    if not strip.motions:
        raise ValueError("a strip needs at least one motion, got none; keep sample motions in the runs")
    usable = [motion for motion in strip.motions.values() if np.isfinite(motion).all()]
    end = (POSES - 1) * SPACING
    if not usable:
        return View(0.0, (-_MARGIN, end + _MARGIN, -0.2, 2.0))
    first = usable[0]
    way = first[-1, strip.skeleton.root] - first[0, strip.skeleton.root]
    if np.hypot(way[0], way[2]) > 0.5:
        azimuth = float(np.arctan2(-way[2], way[0])) - _TURN
    else:
        azimuth = _facing(first, strip.skeleton) + 2 * _TURN
    shape = View(azimuth, (0.0, 0.0, 0.0, 0.0))
    flat = np.concatenate([poses(motion, strip.skeleton, shape)[0].reshape(-1, 2) for motion in usable])
    left, bottom = flat.min(axis=0) - [_SIDE, 0.08]
    right, top = flat.max(axis=0) + [_SIDE, _HEAD + 0.16]  # above: the head and a line of print
    return View(
        azimuth,
        (
            float(max(left, -_MARGIN)),
            float(min(right, end + _MARGIN)),
            float(min(max(bottom, _LOWEST), -0.1)),
            float(max(min(top, _HIGHEST), 1.0)),
        ),
    )


def _facing(motion: Floats, skeleton: Skeleton) -> float:
    """Azimuth of a camera in front of the first pose, from its hips; 0 without named hips."""
    if not {"left_hip", "right_hip"} <= set(skeleton.joints):
        return 0.0
    across = motion[0, skeleton.joints.index("left_hip")] - motion[0, skeleton.joints.index("right_hip")]
    return float(np.arctan2(-across[2], across[0]))  # the figure looks along across x up


def _frames(count: int) -> NDArray[np.int64]:
    return np.unique(np.round(np.linspace(0, count - 1, min(POSES, count))).astype(np.int64))


def _furniture(figure: Figure, strip: Strip, view: View, cell_width: float) -> None:
    """Caption on top; below, what colours and shades mean, and a metre."""
    width, height = figure.get_size_inches()
    caption = textwrap.shorten(strip.caption, 110, placeholder=" …")
    figure.text(0.06 / width, 1 - 0.2 / height, f"“{caption}”", weight="bold", fontsize=8.5)
    seconds = max(len(motion) for motion in strip.motions.values()) / strip.skeleton.fps
    at = _LABEL
    time = f"pale to dark: 0 to {seconds:.1f} s, poses side by side; m: how far the root travels"
    for text, colour in (("left limbs", style.LEFT), ("right limbs", style.RIGHT), (time, style.GREY)):
        figure.text(at / width, 0.1 / height, text, fontsize=6.5, color=colour)
        at += 0.047 * len(text) + 0.16
    metre = cell_width / (view.box[1] - view.box[0])
    bar = figure.add_axes(((width - 0.12 - metre) / width, 0.08 / height, metre / width, 0.16 / height))
    bar.set(xlim=(0, 1), ylim=(0, 1))
    bar.plot([0, 1], [0.1, 0.1], color=style.GREY, linewidth=1.2, clip_on=False, gid="metre")
    bar.text(0.5, 0.3, "1 m", ha="center", va="bottom", fontsize=6, color=style.GREY)
    bar.axis("off")


def _colour(joint: str) -> str:
    """Of the bone that ends in a joint: by the side that its name tells."""
    return style.LEFT if "left" in joint.lower() else style.RIGHT if "right" in joint.lower() else style.TRUNK


def _paler(colour: str, white: float) -> tuple[float, float, float]:
    """Mixed with white, not transparent: where poses overlap, transparency would darken the early ones again."""
    red, green, blue = (channel + (1 - channel) * white for channel in colors.to_rgb(colour))
    return red, green, blue
