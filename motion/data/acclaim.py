"""Acclaim skeletons (.asf) and their motions (.amc), as CMU publishes them; what is wrong is a ValueError of a line."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from motion.data.arrays import text_lines
from motion.kinematics.hierarchy import axis_matrices

Float = NDArray[np.float64]

FPS = 120.0
"""Frames a second of a motion that does not say its own in `:samples-per-second`."""
MAX_BONES = 200
MAX_FRAMES = 200_000
_ASF_BYTES, _AMC_BYTES = 2**20, 128 * 2**20
_INCH = 0.0254
_LARGEST = 1e6
_TURNS_AT_ONCE = 300_000
_DOFS = ("tx", "ty", "tz", "rx", "ry", "rz")


@dataclass(frozen=True)
class Bone:
    """One bone, the root having length zero.

    parent: index of the bone at whose end it begins, -1 for the root.
    vector: (3,) from its beginning to its end with all angles zero [file's unit].
    axis: (3, 3) its own axes in the world with all angles zero.
    dofs: what a motion gives for it, in order, of tx ty tz [file's unit], rx ry rz [degrees].
    """

    name: str
    parent: int
    vector: Float
    axis: Float
    dofs: tuple[str, ...]


@dataclass(frozen=True)
class Skeleton:
    """Bones with the root first and parents before children; metres per unit of length."""

    bones: tuple[Bone, ...]
    unit_m: float


@dataclass(frozen=True)
class Motion:
    """Rows (T, D) of values in the order of the bones and of their dofs; frames a second."""

    values: Float
    fps: float


def bone_ends(skeleton: Skeleton, motion: Motion, names: Sequence[str]) -> Float:
    """Ends of the named bones, (T, len(names), 3) [m]; "root" is the root itself.

    A bone turns about its own axes by C M C^-1, where C is its axis and M the product of its dofs, the first one
    applied first.

    Raises:
        ValueError: the skeleton has no bone of that name.
    """
    known = [bone.name for bone in skeleton.bones]
    for name in names:
        if name not in known:
            some = ", ".join(known)[:300]
            raise ValueError(f"the skeleton must have the bones of CMU's, it has no {name!r}; it has {some}")
    chosen = [known.index(name) for name in names]
    step = max(1, _TURNS_AT_ONCE // len(known))
    starts = range(0, len(motion.values), step)
    parts = [_ends(skeleton, motion.values[k : k + step])[:, chosen] for k in starts]
    return skeleton.unit_m * np.concatenate(parts)


def _ends(skeleton: Skeleton, values: Float) -> Float:
    frames = len(values)
    turns: list[Float] = []
    ends: list[Float] = []
    column = 0
    for bone in skeleton.bones:
        own = np.broadcast_to(np.eye(3), (frames, 3, 3))
        shift = np.zeros((frames, 3))
        for dof in bone.dofs:
            axis = "xyz".index(dof[1])
            if dof[0] == "r":
                own = axis_matrices(axis, np.radians(values[:, column])) @ own
            else:
                shift[:, axis] = values[:, column]
            column += 1
        own = bone.axis @ own @ bone.axis.T
        if bone.parent < 0:
            turns.append(own)
            ends.append(bone.vector + shift)
        else:
            turns.append(turns[bone.parent] @ own)
            ends.append(ends[bone.parent] + turns[-1] @ bone.vector)
    return np.stack(ends, axis=1)


class _Lines:
    """The words of each line that says something, with the number of the line for messages."""

    def __init__(self, path: Path, limit: int) -> None:
        self.name = path.name
        self.number = 0
        self.lines = text_lines(path, limit)

    def __iter__(self) -> Iterator[list[str]]:
        for number, line in enumerate(self.lines, 1):
            self.number = number
            words = line.partition("#")[0].split()
            if words:
                yield words

    def wrong(self, expected: str, found: object = "") -> ValueError:
        shown = f", found {str(found)[:40]!r}" if found != "" else ""
        return ValueError(f"{self.name}, line {self.number}: expected {expected}{shown}")

    def numbers(self, words: Sequence[str], count: int, what: str) -> Float:
        if len(words) != count:
            raise self.wrong(f"{count} numbers for {what[:40]}", " ".join(words))
        return np.array([self.number_of(word, what) for word in words])

    def number_of(self, word: str, what: str) -> float:
        try:
            value = math.nan if "_" in word or len(word) > 40 else float(word)
        except ValueError:
            value = math.nan
        if not abs(value) < _LARGEST:
            raise self.wrong(f"a finite number for {what[:40]}", word)
        return value

    def axes(self, angles: Sequence[str], order: str, what: str, per_unit: float) -> Float:
        """The rotation of three angles about x, y, z taken in an order such as XYZ, the first applied first."""
        if sorted(order.lower()) != ["x", "y", "z"]:
            raise self.wrong(f"an order of axes like XYZ for {what[:40]}", order)
        matrix = np.eye(3)
        values = self.numbers(angles, 3, what)
        for letter, angle in zip(order.lower(), values, strict=True):
            matrix = axis_matrices("xyz".index(letter), np.asarray(angle * per_unit)) @ matrix
        return matrix

    def dofs(self, words: Sequence[str], allowed: Sequence[str]) -> tuple[str, ...]:
        """Degrees of freedom; "l", a length that changes, is none that we know."""
        found = tuple(word.lower() for word in words)
        if not set(found) <= set(allowed) or len(set(found)) < len(found):
            raise self.wrong(f"degrees of freedom, each once, of {' '.join(allowed)}", " ".join(words))
        return found


def read_asf(path: Path) -> Skeleton:
    """The skeleton of an `.asf` file.

    Lengths are in units of 1/`length` inches (CMU: 0.45), angles in degrees unless `angle rad` is said.

    Raises:
        ValueError: no such file (with its line), or too large.
        OSError: it cannot be opened.
    """
    lines = _Lines(path, _ASF_BYTES)
    bones: dict[str, Bone] = {}
    parents: dict[str, str] = {}
    root: dict[str, list[str]] = {}
    bone: dict[str, list[str]] | None = None
    section, length, per_angle = "", 1.0, math.pi / 180
    for words in lines:
        key, rest = words[0].lower(), words[1:]
        if key.startswith(":"):
            if bone is not None:
                raise lines.wrong("`end` of the bone before", words[0])
            section = key
        elif section == ":units" and key == "length":
            length = float(lines.numbers(rest, 1, "length")[0])
            if not 1e-4 <= length <= 1e4:
                raise lines.wrong("a unit of length between 1e-4 and 1e4", rest[0])
        elif section == ":units" and key == "angle":
            if rest[:1] not in (["deg"], ["rad"]):
                raise lines.wrong("`angle deg` or `angle rad`", " ".join(rest))
            per_angle = math.pi / 180 if rest[0] == "deg" else 1.0
        elif section == ":root":
            root[key] = rest
        elif section == ":bonedata" and key == "begin":
            bone = {}
        elif section == ":bonedata" and bone is not None and key == "end":
            made = _bone(lines, bone, per_angle)
            if made.name in bones or made.name == "root" or len(bones) >= MAX_BONES:
                raise lines.wrong(f"at most {MAX_BONES} bones, each name once", made.name)
            bones[made.name] = made
            bone = None
        elif section == ":bonedata" and bone is not None:
            bone.setdefault(key, rest)
        elif section == ":hierarchy" and key not in ("begin", "end"):
            for child in rest:
                if child not in bones or child in parents:
                    raise lines.wrong("bones of :bonedata, each with one parent", child)
                parents[child] = words[0]
    if bone is not None or not bones:
        raise lines.wrong("whole bones in :bonedata")
    order = root.get("order", ["TX", "TY", "TZ", "RX", "RY", "RZ"])
    at = lines.numbers(root.get("position", ["0"] * 3), 3, "the root's position")
    facing = root.get("orientation", ["0"] * 3)
    axis = lines.axes(facing, "".join(root.get("axis", ["XYZ"])), "the root's orientation", per_angle)
    made_root = Bone("root", -1, at, axis, lines.dofs(order, _DOFS))
    return Skeleton(_ordered(made_root, bones, parents, path.name), _INCH / length)


def _bone(lines: _Lines, said: dict[str, list[str]], per_angle: float) -> Bone:
    for key in ("name", "direction", "length", "axis"):
        if not said.get(key):
            raise lines.wrong(f"`{key}` in the bone that ends here")
    name = said["name"][0]
    vector = lines.numbers(said["direction"], 3, "direction") * lines.numbers(said["length"], 1, "length")
    axis = lines.axes(said["axis"][:3], "".join(said["axis"][3:]), "axis", per_angle)
    return Bone(name, -1, vector, axis, lines.dofs(said.get("dof", []), _DOFS[3:]))


def _ordered(root: Bone, bones: dict[str, Bone], parents: dict[str, str], where: str) -> tuple[Bone, ...]:
    """Root first, parents before children; ValueError for a bone that does not hang on the root."""
    found = [root]
    children: dict[str, list[str]] = {}
    for child, parent in parents.items():
        children.setdefault(parent, []).append(child)
    for at, bone in enumerate(found):
        for child in children.get(bone.name, []):
            own = bones[child]
            found.append(Bone(child, at, own.vector, own.axis, own.dofs))
    if len(found) <= len(bones):
        lost = next(name for name in bones if name not in {bone.name for bone in found})
        raise ValueError(f"{where}: expected every bone in :hierarchy below root, {lost[:40]!r} is not; correct it")
    return tuple(found)


def read_amc(path: Path, skeleton: Skeleton) -> Motion:
    """The motion of an `.amc` file: for each frame its number, and a line of values for every bone that moves.

    Raises:
        ValueError: no such file (with its line), values in radians, a frame without some bone, or too large.
        OSError: it cannot be opened.
    """
    lines = _Lines(path, _AMC_BYTES)
    starts = np.cumsum([0, *(len(bone.dofs) for bone in skeleton.bones)])
    places = {b.name: (int(s), len(b.dofs)) for b, s in zip(skeleton.bones, starts[:-1], strict=True) if b.dofs}
    rows: list[list[float]] = []
    seen: set[str] = set()
    fps, first = FPS, 0
    for words in lines:
        key = words[0].lower()
        if key == ":radians":
            raise lines.wrong("`:DEGREES`", words[0])
        if key == ":samples-per-second":
            fps = float(lines.numbers(words[1:], 1, "the frame rate")[0])
            if not 1 <= fps <= 1000:
                raise lines.wrong("a frame rate between 1 and 1000", words[1])
        elif key.startswith(":"):
            continue
        elif len(words) == 1 and key.isascii() and key.isdigit() and len(key) < 10:
            if rows and len(seen) < len(places):
                raise lines.wrong(f"a line for {next(n for n in places if n not in seen)} before the next frame")
            first = first if rows else int(key)
            if int(key) != first + len(rows) or len(rows) >= MAX_FRAMES:
                raise lines.wrong(f"frame {first + len(rows)}, of at most {MAX_FRAMES}", key)
            rows.append([0.0] * int(starts[-1]))
            seen = set()
        elif not rows or words[0] not in places or words[0] in seen:
            raise lines.wrong("a frame's number, or a bone that moves, once in a frame", words[0])
        else:
            start, count = places[words[0]]
            rows[-1][start : start + count] = lines.numbers(words[1:], count, words[0]).tolist()
            seen.add(words[0])
    if not rows or len(seen) < len(places):
        raise lines.wrong("whole frames, each with a line for every bone that moves")
    return Motion(np.array(rows), fps)
