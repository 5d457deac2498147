"""Writing motions as BVH: any tree with its rows of channel values, or 22 joints by the turns of their bones."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loop import files
from motion.kinematics import rotations as rot
from motion.kinematics.hierarchy import POSITIONS, Hierarchy, forward
from motion.kinematics.retarget import bone_vectors
from motion.kinematics.skeleton import FPS, JOINTS, N_JOINTS, PARENTS, RAW_DIRECTIONS

Float = NDArray[np.float64]
Floats = NDArray[np.floating[Any]]

UNIT = 0.01
"""Metres per unit of the files that are written."""
TURN = "_turn"
"""Ending of the joints without length that turn single bones of a joint with several."""
_ZXY = ("Zrotation", "Xrotation", "Yrotation")
_FORKS = (0, 9)  # joints with several children: the pelvis and the chest


def write_bvh(path: Path, joints: Floats, fps: float = FPS) -> float:
    """A motion of 22 joints as `.bvh` or, packed, `.bvh.gz` [centimetres, degrees]; an older file is replaced.

    Every bone gets the median of its length over time, so that positions are exact (to the rounding of the decimals,
    0.01 mm) for a motion on a rigid body such as the uniform one. Bones point along the canonical directions when all
    angles are zero. The bones that leave the pelvis and the chest turn separately, by joints without length.

    Args:
        path: ends in .bvh or .bvh.gz.
        joints: (T, 22, 3) [m], y up.
        fps: frame rate [1/s].

    Returns:
        The largest distance of a written joint from the given one [m].

    Raises:
        ValueError: another ending or shape, no frame, a value that is not finite, or a frame rate outside [1, 1000].
        OSError: the file cannot be written.
    """
    tree, values = as_channels(joints)
    written = forward(tree, values)[0][:, [tree.index(name) for name in JOINTS]] * UNIT
    _write(path, bvh_text(tree, values, fps))
    return float(np.linalg.norm(written - joints, axis=-1).max())


def write_tree(path: Path, tree: Hierarchy, values: Floats, fps: float) -> None:
    """Any tree with rows (T, C) of channel values [file's unit, degrees] as .bvh or .bvh.gz; raises as `write_bvh`."""
    _write(path, bvh_text(tree, values, fps))


def as_channels(joints: Floats) -> tuple[Hierarchy, Float]:
    """The tree of a 22-joint motion (T, 22, 3) [m] and its rows of channel values [cm, degrees].

    Raises:
        ValueError: another shape, no frame, or a value that is not finite.
    """
    places = np.asarray(joints, float)
    if places.ndim != 3 or places.shape[1:] != (N_JOINTS, 3) or len(places) < 1:
        raise ValueError(f"joints must have shape (T >= 1, {N_JOINTS}, 3), got {places.shape}; give one motion")
    if not np.isfinite(places).all():
        raise ValueError("joints must be finite, got nan or inf; repair the motion or leave it out")
    bones = bone_vectors(places)
    lengths = np.median(np.linalg.norm(bones, axis=-1), axis=0)
    tree = _tree(lengths / UNIT)
    rows = [places[:, 0] / UNIT]
    turns: dict[str, Floats] = {}  # of each written joint, in the world
    for j, name in enumerate(tree.names):
        if not tree.channels[j]:
            continue
        parent = tree.names[tree.parents[j]] if j else ""
        above = turns[parent] if j else np.broadcast_to([1.0, 0.0, 0.0, 0.0], (len(places), 4))
        turns[name] = _turn_of(name, above, bones)
        matrix = rot.to_matrix(rot.multiply(rot.inverse(above), turns[name]))
        rows.append(np.degrees(_zxy_angles(matrix)))
    return tree, np.concatenate(rows, axis=1)


def bvh_text(tree: Hierarchy, values: Floats, fps: float) -> str:
    """The text of a BVH file; joints without channels must be end sites or carry children.

    Raises:
        ValueError: rows that do not fit the tree's channels, values that are not finite, or an unusable frame rate.
    """
    columns = sum(len(channels) for channels in tree.channels)
    if values.ndim != 2 or values.shape[1] != columns or len(values) < 1:
        raise ValueError(f"values must have shape (T >= 1, {columns}), one column a channel, got {values.shape}")
    if not (np.isfinite(values).all() and np.isfinite(tree.offsets).all()):
        raise ValueError("values and offsets must be finite, got nan or inf; repair the motion")
    if not 1 <= fps <= 1000:
        raise ValueError(f"the frame rate must lie between 1 and 1000, got {fps!r}; say the true rate")
    order: list[int] = []
    header = _hierarchy(tree, order)
    taken = [tree.columns[j] + k for j in order for k in range(len(tree.channels[j]))]
    numbers = np.round(np.asarray(values, float)[:, taken], 5) + 0.0  # no -0
    rows = "\n".join(" ".join(f"{x:.5f}".rstrip("0").rstrip(".") for x in row) for row in numbers.tolist())
    return f"{header}MOTION\nFrames: {len(values)}\nFrame Time: {1 / fps:.10f}\n{rows}\n"


def _hierarchy(tree: Hierarchy, order: list[int]) -> str:
    """The HIERARCHY part; `order` receives the joints as they are written."""
    lines = ["HIERARCHY\n"]
    children: list[list[int]] = [[] for _ in tree.names]
    for j, parent in enumerate(tree.parents):
        if parent >= 0:
            children[parent].append(j)
    todo: list[tuple[int, int]] = [(0, 0)]  # joint or -1 for a closing brace, depth; a deep tree needs no recursion
    while todo:
        j, depth = todo.pop()
        pad = "  " * min(depth, 40)
        if j < 0:
            lines.append(f"{pad}}}\n")
            continue
        order.append(j)
        end = tree.names[j].endswith(".end")
        title = "End Site" if end else f"{'JOINT' if depth else 'ROOT'} {tree.names[j]}"
        offset = " ".join(f"{x + 0.0:.6f}" for x in np.round(tree.offsets[j], 6))
        lines.append(f"{pad}{title}\n{pad}{{\n{pad}  OFFSET {offset}\n")
        if not end:
            lines.append(f"{pad}  CHANNELS {' '.join([str(len(tree.channels[j])), *tree.channels[j]])}\n")
            if not children[j]:
                lines.append(f"{pad}  End Site\n{pad}  {{\n{pad}    OFFSET 0 0 0\n{pad}  }}\n")
        todo.append((-1, depth))
        todo += [(child, depth + 1) for child in reversed(children[j])]
    return "".join(lines)


def _tree(lengths: Float) -> Hierarchy:
    """Our 22 joints, those that carry bones with channels, and the joints without length at the forks."""
    names, parents, offsets = ["pelvis"], [-1], [np.zeros(3)]
    channels: list[tuple[str, ...]] = [POSITIONS + _ZXY]

    def add(name: str, parent: str, offset: Float, turns: tuple[str, ...]) -> None:
        names.append(name)
        parents.append(names.index(parent))
        offsets.append(offset)
        channels.append(turns)

    def visit(j: int) -> None:
        for child in (c for c in range(N_JOINTS) if PARENTS[c] == j):
            parent = JOINTS[j]
            if j in _FORKS:
                add(JOINTS[child] + TURN, parent, np.zeros(3), _ZXY)
                parent = JOINTS[child] + TURN
            add(JOINTS[child], parent, RAW_DIRECTIONS[child] * lengths[child], _ZXY if child in PARENTS else ())
            visit(child)

    visit(0)
    counts = [len(c) for c in channels]
    columns = tuple(int(c) for c in np.cumsum([0, *counts[:-1]]))
    return Hierarchy(tuple(names), tuple(parents), np.array(offsets), tuple(channels), columns)


def _turn_of(name: str, above: Floats, bones: Float) -> Floats:
    """World rotation (T, 4) of a written joint: the shortest one from its parent's that puts its bone in place.

    A joint with several bones takes the rotation that fits them best together.
    """
    joint = JOINTS.index(name.removesuffix(TURN))
    children = [joint] if name.endswith(TURN) else [c for c in range(N_JOINTS) if PARENTS[c] == joint]
    if joint in _FORKS and not name.endswith(TURN):
        return _best_fit(RAW_DIRECTIONS[children], rot.unit(bones[:, children]))
    start = rot.rotate(above, np.broadcast_to(RAW_DIRECTIONS[children[0]], (len(above), 3)))
    return rot.multiply(rot.between(start, bones[:, children[0]]), above)


def _best_fit(rest: Float, now: Floats) -> Floats:
    """The rotations (T, 4) that bring directions (k, 3) closest to (T, k, 3) in the sense of least squares."""
    from scipy.spatial.transform import Rotation

    u, _, vt = np.linalg.svd(np.einsum("tki,kj->tij", now, rest))
    sign = np.linalg.det(u @ vt)
    u[..., -1] *= sign[:, None]
    quaternion = Rotation.from_matrix(u @ vt).as_quat()
    return np.asarray(quaternion[:, [3, 0, 1, 2]], float)


def _zxy_angles(matrix: Floats) -> Floats:
    """Angles (T, 3) [rad] about z, x, y with matrix = Rz Rx Ry; at the pole (x = +-90 degrees) y is 0."""
    level = np.hypot(matrix[..., 2, 0], matrix[..., 2, 2])
    pole = level < 1e-9
    x = np.arctan2(matrix[..., 2, 1], level)
    y = np.where(pole, 0.0, np.arctan2(-matrix[..., 2, 0], matrix[..., 2, 2]))
    at_pole = np.arctan2(matrix[..., 1, 0], matrix[..., 0, 0])
    z = np.where(pole, at_pole, np.arctan2(-matrix[..., 0, 1], matrix[..., 1, 1]))
    return np.stack([z, x, y], axis=-1)


def _write(path: Path, text: str) -> None:
    name = path.name.lower()
    if not name.endswith((".bvh", ".bvh.gz")):
        raise ValueError(f"{path.name}: the name must end in .bvh or .bvh.gz; rename it")
    data = text.encode()
    files.write_bytes(path, gzip.compress(data, mtime=0) if name.endswith(".gz") else data)
