"""Archives as in AMASS (`.npz` of SMPL-H or SMPL-X poses), posed with a body model that the user has.

Joints need no mesh: J = J_regressor (v_template + shapedirs betas), then the chain of rotations. The model's folder
is put or linked as `body_model` into the folder of the motions, with GENDER/model.npz or SMPLH_GENDER.npz, or
SMPLX_GENDER.npz; it is never part of this project, and only plain arrays of it are read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motion.data.arrays import as_floats, checked, read_archive
from motion.data.clip import Clip
from motion.data.npy import read_captions
from motion.kinematics.resample import resample
from motion.kinematics.retarget import retarget
from motion.kinematics.skeleton import N_JOINTS, PARENTS

Float = NDArray[np.float64]

LICENCE = "AMASS (Mahmood et al. 2019) and its body models: non-commercial research; not to be passed on"
MODEL_DIR = "body_model"
_KINDS = {156: "SMPLH", 165: "SMPLX"}
_GENDERS = ("female", "male", "neutral")
_RATES = ("mocap_framerate", "mocap_frame_rate")
_LARGEST = 1e6


@dataclass(frozen=True)
class Body:
    """Joints of a body model: (22, 3) [m] of the mean shape, and (22, 3, B) their change with each shape parameter."""

    mean: Float
    change: Float


def motions(folder: Path) -> list[Path]:
    """The archives of a folder, but for the `shape.npz` that AMASS puts beside them."""
    return [path for path in sorted(folder.glob("*.npz")) if path.name != "shape.npz"]


def models(folder: Path) -> list[Path]:
    """The files of body models in a folder of motions."""
    return sorted((folder / MODEL_DIR).rglob("*.npz"))


def model_for(path: Path, columns: int, gender: str) -> Path:
    """The file of the body model that a motion of so many pose columns needs.

    Raises:
        ValueError: it is not there; the message says what to put where.
    """
    base, kind = path.parent / MODEL_DIR, _KINDS[columns]
    names = [f"{kind}_{gender.upper()}.npz", f"{kind.lower()}/{gender}/model.npz"]
    names += [f"{gender}/model.npz"] if kind == "SMPLH" else []  # as SMPL-H is given out
    site = "mano" if kind == "SMPLH" else "smpl-x"
    found = next((base / name for name in names if (base / name).is_file()), None)
    if found is None:
        raise ValueError(
            f"{path.name}: its poses need a {kind} body model; put or link one as {MODEL_DIR}/{names[0]} or "
            f"{MODEL_DIR}/{names[-1]} beside it (terms and files: {site}.is.tue.mpg.de), "
            "or convert the motion to .npy joints (T, 22, 3)"
        )
    return found


def read_body(path: Path) -> Body:
    """The joints of a body model's `.npz` with v_template, shapedirs, J_regressor and kintree_table.

    Raises:
        ValueError: an array is missing, pickled, of another shape or not finite, or the first 22 joints are not ours.
        OSError: the file cannot be opened.
    """
    wanted = ("v_template", "shapedirs", "J_regressor", "kintree_table")
    found = read_archive(path, wanted)
    _all_there(path, found, wanted)
    numbers = [_numbers(path, found, name) for name in wanted]
    vertices, shapes, regressor, tree = numbers
    joints, count = regressor.shape if regressor.ndim == 2 else (0, 0)
    fits = (
        vertices.shape == (count, 3)
        and shapes.ndim == 3
        and shapes.shape[:2] == (count, 3)
        and tree.shape == (2, joints)
        and joints >= N_JOINTS
    )
    if not fits:
        shown = ", ".join(f"{name} {array.shape}" for name, array in zip(wanted, numbers, strict=True))
        raise ValueError(f"{path.name}: expected a body of V vertices and J >= 22 joints, found {shown}")
    if tuple(tree[0, 1:N_JOINTS].tolist()) != PARENTS[1:]:
        raise ValueError(f"{path.name}: expected the first 22 joints to be those of SMPL, found another tree")
    chosen = regressor[:N_JOINTS]
    return Body(chosen @ vertices, np.einsum("jv,vcb->jcb", chosen, shapes, optimize=True))


@lru_cache(maxsize=3)
def _cached(path: Path, changed: int) -> Body:
    return read_body(path)


def posed(body: Body, betas: Float, poses: Float, trans: Float) -> Float:
    """Joints of a posed body, (T, 22, 3) [m] in the model's axes.

    Args:
        body: the model's joints.
        betas: (B,) shape; parameters that the model has not are left out.
        poses: (T, >= 66) axis times angle [rad] of each joint in its parent's frame.
        trans: (T, 3) [m].
    """
    used = min(len(betas), body.change.shape[-1])
    rest = body.mean + body.change[..., :used] @ betas[:used]
    turns = _rotations(poses[:, : 3 * N_JOINTS].reshape(len(poses), N_JOINTS, 3))
    joints = np.empty((len(poses), N_JOINTS, 3))
    joints[:, 0] = rest[0] + trans
    for j, parent in enumerate(PARENTS):
        if parent >= 0:
            joints[:, j] = joints[:, parent] + turns[:, parent] @ (rest[j] - rest[parent])
            turns[:, j] = turns[:, parent] @ turns[:, j]
    return joints


def _rotations(vectors: Float) -> Float:
    """Matrices (..., 3, 3) of axis times angle (..., 3) [rad] (Rodrigues); zero gives the identity."""
    angle = np.linalg.norm(vectors, axis=-1)[..., None, None]
    x, y, z = np.moveaxis(vectors, -1, 0)
    zero = np.zeros_like(x)
    cross = np.stack([zero, -z, y, z, zero, -x, -y, x, zero], axis=-1).reshape(*x.shape, 3, 3)
    # np.sinc(t / pi) = sin(t) / t, and (1 - cos t) / t^2 = sinc(t / 2 pi)^2 / 2: no division by zero.
    turned: Float = (
        np.eye(3) + np.sinc(angle / np.pi) * cross + 0.5 * np.sinc(angle / (2 * np.pi)) ** 2 * (cross @ cross)
    )
    return turned


def read_motion(path: Path, source: str) -> Clip:
    """An archive with its captions in a `.txt` of its name, put on the uniform body at 20 frames a second.

    AMASS has z up: (x, y, z) becomes (-x, z, y), as in HumanML3D.

    Raises:
        ValueError: an array is missing, pickled or malformed, or the body model is not there or not one.
        OSError: a file cannot be opened.
    """
    found = read_archive(path, ("poses", "trans", "betas", "gender", *_RATES))
    rates = [name for name in _RATES if name in found]
    _all_there(path, found, ("poses", "trans", "betas", "gender", *(rates or _RATES[:1])))
    poses, trans, betas, rate = (_numbers(path, found, name) for name in ("poses", "trans", "betas", rates[0]))
    frames = len(poses) if poses.ndim else 0
    if poses.ndim != 2 or poses.shape[1] not in _KINDS or frames < 2:
        raise ValueError(f"{path.name}: expected poses of shape (T >= 2, 156) or (T, 165), found {poses.shape}")
    if trans.shape != (frames, 3) or betas.ndim != 1 or rate.size != 1:
        raise ValueError(
            f"{path.name}: expected trans ({frames}, 3), betas (B,) and one frame rate, found {trans.shape}, "
            f"{betas.shape} and {rate.shape}"
        )
    fps = float(rate.reshape(-1)[0])
    if not 1 <= fps <= 1000:
        raise ValueError(f"{path.name}: expected {rates[0]} between 1 and 1000, found {fps:g}; correct it")
    model = model_for(path, poses.shape[1], _gender(path, found["gender"]))
    body = _cached(model, model.stat().st_mtime_ns)
    joints = checked(posed(body, betas, poses, trans), path.name) * np.array([-1.0, 1.0, 1.0])
    joints = retarget(resample(joints[..., [0, 2, 1]], fps))
    return Clip(path.stem, joints.astype(np.float32), read_captions(path.with_suffix(".txt")), "", source, LICENCE)


def _all_there(path: Path, found: Mapping[str, NDArray[Any]], wanted: tuple[str, ...]) -> None:
    missing = [name for name in wanted if name not in found]
    if missing:
        raise ValueError(f"{path.name}: expected arrays {', '.join(wanted)}, {missing[0]!r} is missing; fetch it again")


def _numbers(path: Path, found: Mapping[str, NDArray[Any]], name: str) -> Float:
    array = found[name]
    if array.dtype.kind not in "fiu":
        raise ValueError(f"{path.name}: expected numbers in {name!r}, found {array.dtype}; fetch it again")
    values = as_floats(array)
    if name == "kintree_table":  # the root's parent is -1, kept without a sign
        return values
    if not (np.abs(values) < _LARGEST).all():
        raise ValueError(f"{path.name}: expected finite numbers below 1e6 in {name!r}, found others; fetch it again")
    return values


def _gender(path: Path, array: NDArray[Any]) -> str:
    if array.size == 1 and array.dtype.kind in "US" and array.dtype.itemsize <= 64:
        value = array.reshape(-1)[0]
        said = value.decode("ascii", "replace") if isinstance(value, bytes) else str(value)
        said = said.removeprefix("b'").removesuffix("'").lower()
        if said in _GENDERS:
            return said
    raise ValueError(f"{path.name}: expected gender to be {', '.join(_GENDERS)}, found something else; correct it")
