"""One motion in one file, of any kind that is corrected: as joints, and written back as it came.

.npy of joints (T, 22, 3), .npy of features (T, 263 | 67 | 136: the width tells the representation), .bvh and .bvh.gz.
"""

from __future__ import annotations

import gzip
import hashlib
import io
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motion.data.arrays import as_floats, checked, contents, parse_array
from motion.data.bvh import Bvh, parse_bvh, unpacked
from motion.data.bvh_body import body_of, own_joints
from motion.data.bvh_refit import refit
from motion.data.bvh_write import bvh_text
from motion.data.checks import check_orientation, guess_unit
from motion.data.skeleton_map import MAP_FILE
from motion.features.padded import decode_clips, encode_changes, encode_clips
from motion.features.representation import REPRESENTATIONS, Representation
from motion.kinematics.resample import resample
from motion.kinematics.skeleton import N_JOINTS, J

Float = NDArray[np.float64]

SUFFIXES = (".npy", ".bvh", ".bvh.gz")
SOLE = 0.05
"""How high the toe joints of a BVH may stand over its floor: that much is the sole, more is floating [m]."""
_TOES = [J["left_foot"], J["right_foot"]]


@dataclass(frozen=True)
class MotionFile(ABC):
    """A motion and the way back into its file.

    path: where it was read; its name decides how it is written.
    joints: (T, 22, 3) [m], y up, floor at y = 0, 20 fps, finite; T is 1 or more.
    notes: what was put right on reading, in words; writing puts it back.
    fault: why no corrector should try it, "" if there is nothing.
    """

    path: Path
    joints: Float
    notes: tuple[str, ...]
    fault: str

    @abstractmethod
    def content(self, joints: Float, *, anew: bool = False) -> bytes:
        """What the file holds if its motion is `joints`, as many frames as its own.

        anew: these are another motion's, of which the file's own numbers say nothing.

        Raises:
            ValueError: it cannot hold such a motion.
        """

    @abstractmethod
    def parsed(self, content: bytes) -> Float:
        """The joints that such content holds, with this file's unit and floor.

        Raises:
            ValueError: it is damaged.
        """


def read_motion(path: Path) -> MotionFile:
    """Read a file of motion, of the kind that its name and shape tell.

    Raises:
        ValueError: another kind of file, damaged, or not finite; a message of one line.
        OSError: it cannot be opened.
    """
    name = path.name.lower()
    if name.endswith((".bvh", ".bvh.gz")):
        return _read_bvh(path)
    if name.endswith(".npy"):
        return _read_npy(path)
    raise ValueError(f"{path.name}: expected a name that ends in {', '.join(SUFFIXES)}; convert the motion")


def input_fingerprint(path: Path) -> str:
    """sha256 over all that `read_motion` reads.

    Raises:
        ValueError, OSError: no ordinary file, too large, or it cannot be opened.
    """
    digest = hashlib.sha256(contents(path))
    beside = path.parent / MAP_FILE
    if not path.name.lower().endswith(".npy") and beside.is_file():
        digest.update(contents(beside))
    return digest.hexdigest()


@dataclass(frozen=True)
class JointsFile(MotionFile):
    """Joints in an .npy. unit: metres of its unit; dtype: of its numbers, floating."""

    unit: float
    dtype: np.dtype[Any]

    def content(self, joints: Float, *, anew: bool = False) -> bytes:
        return _npy((joints / self.unit).astype(self.dtype))

    def parsed(self, content: bytes) -> Float:
        return as_floats(parse_array(content, self.path.name)) * self.unit


@dataclass(frozen=True)
class FeaturesFile(MotionFile):
    """Features in an .npy, T rows of T+1 frames; they begin at x = z = 0 facing +z, whatever the joints do.

    Those of a motion that is moved change by what the move changes, see `motion.features.padded.encode_changes`.
    features: (T, dim) as they were read.
    """

    representation: Representation
    dtype: np.dtype[Any]
    features: Float

    def content(self, joints: Float, *, anew: bool = False) -> bytes:
        kind = self.representation
        if anew:
            features, _ = encode_clips(kind, [joints], len(joints) - 1, floor="given")
        else:
            features = encode_changes(kind, self.features[None].astype(np.float32), [self.joints], [joints])
        return _npy(features[0].astype(self.dtype))

    def parsed(self, content: bytes) -> Float:
        return _decoded(self.representation, as_floats(parse_array(content, self.path.name)))


@dataclass(frozen=True)
class BvhFile(MotionFile):
    """A BVH. bvh: as it was read; sole: height of its standing toe joints over its floor, taken off `joints` [m]."""

    bvh: Bvh
    sole: float

    def content(self, joints: Float, *, anew: bool = False) -> bytes:
        values = refit(self.bvh, body_of(self.bvh, self.path), joints + np.array([0.0, self.sole, 0.0]))
        text = bvh_text(self.bvh.tree, values, self.bvh.fps).encode()
        return gzip.compress(text, mtime=0) if self.path.name.lower().endswith(".gz") else text

    def parsed(self, content: bytes) -> Float:
        bvh = parse_bvh(unpacked(content, self.path.name), self.path.name)
        lowered: Float = _at_20(bvh, self.path) - np.array([0.0, self.sole, 0.0])
        return lowered


def _read_npy(path: Path) -> MotionFile:
    array = parse_array(contents(path), path.name)
    kinds = {kind.dim: kind for kind in REPRESENTATIONS}
    is_joints = array.ndim == 3 and array.shape[1:] == (N_JOINTS, 3)
    if array.dtype.kind not in "fiu" or not (is_joints or (array.ndim == 2 and array.shape[1] in kinds)):
        widths = ", ".join(map(str, kinds))
        raise ValueError(
            f"{path.name}: expected numbers (T, {N_JOINTS}, 3) or features (T, {widths}), found {array.dtype} "
            f"{array.shape}; save one motion a file"
        )
    values = as_floats(array)
    dtype = array.dtype if array.dtype.kind == "f" and array.dtype.itemsize >= 4 else np.dtype(np.float32)
    if is_joints:
        joints = checked(values, path.name)
        unit = guess_unit(joints) or 1.0
        notes = () if unit == 1.0 else (f"its unit is {unit:g} m",)
        found = next(iter(check_orientation(joints * unit)), None)
        return JointsFile(path, joints * unit, notes, str(found or ""), unit, dtype)
    wrong = ~np.isfinite(values)
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        raise ValueError(
            f"{path.name}: expected finite features, found {values[row, column]:g} in row {row}, column {column}; "
            "repair it"
        )
    kind = kinds[values.shape[1]]
    joints = checked(_decoded(kind, values), path.name)
    return FeaturesFile(path, joints, (), _no_person(joints), kind, dtype, values)


def _read_bvh(path: Path) -> MotionFile:
    bvh = parse_bvh(unpacked(contents(path), path.name), path.name)
    joints = _at_20(bvh, path)
    # Toe joints lie in the foot: that they stand some centimetres over the floor is no fault of the motion.
    standing = float(np.quantile(joints[:, _TOES, 1].min(axis=1), 0.25))
    sole = float(np.clip(standing, 0.0, SOLE))
    joints = joints - np.array([0.0, sole, 0.0])
    return BvhFile(path, joints, (), _no_person(joints), bvh, sole)


def _at_20(bvh: Bvh, path: Path) -> Float:
    own = own_joints(bvh, path)
    return resample(own, bvh.fps) if len(own) > 1 else own


def _decoded(kind: Representation, features: Float) -> Float:
    return decode_clips(kind, features[None], np.array([len(features)]))[0].astype(np.float64)


def _no_person(joints: Float) -> str:
    """A fault where the joints, in the unit that their kind of file states, are not as large as people are."""
    unit = guess_unit(joints)
    found = [finding for finding in check_orientation(joints) if finding.rule == "unit"] if unit != 1.0 else []
    return str(found[0]) if found else ""


def _npy(array: NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()
