"""One file of motion corrected: its new content and the record of what happened."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loop.seeds import stream
from motion.data.arrays import contents
from motion.data.motion_file import MotionFile, input_fingerprint, read_motion
from motion.joint_corrector import JointCorrector, mean_distance
from motion.kinematics.skeleton import FPS
from motion.physics import JointsReport
from motion.physics.ground import UNEVEN, ground_range
from motion.plausibility import UNITS, measure

Floats = NDArray[np.float64]

LONGEST = 24_000
"""Frames of a motion that is corrected, 20 minutes: in one piece, with up to 2 GB of memory."""


def correct_file(path: Path, name: str, corrector: JointCorrector, seed: int) -> tuple[bytes, dict[str, Any]]:
    """What the corrected file holds, and its record; the bytes of the input where nothing was corrected.

    The record: `file` (the name), `input` (sha256), `result` (corrected | kept), `reason` (why kept), `notes`,
    `frames` (at 20 fps), `moved_mm` (mean joint distance; 0 where kept), `written_mm` (mean distance of the joints that
    the file then holds from the corrector's), `before` and `after` (plausibility; after: of what was written), and of
    physics `residual_force` [body weights], `residual_torque` [N m], `tracking_mm`, `rung`, `stages_mm` (how far each
    stage moved the joints).

    Raises:
        ValueError: the file cannot be read; a message of one line.
        OSError: it cannot be opened.
    """
    motion = read_motion(path)
    record: dict[str, Any] = {
        "file": name, "input": input_fingerprint(path), "result": "kept", "reason": _hopeless(motion, corrector),
        "notes": _notes(motion), "frames": len(motion.joints), "seconds": len(motion.joints) / FPS,
        "moved_mm": 0.0, "written_mm": 0.0, "before": _plausibility(motion.joints),
    }  # fmt: skip
    content = None
    if not record["reason"]:
        content, told = _corrected(motion, name, corrector, seed)
        record |= told
    record.setdefault("after", record["before"])
    return contents(path) if content is None else content, record


def _notes(motion: MotionFile) -> list[str]:
    """What was put right on reading, and what the user should know."""
    notes = [f"{note}, and is so again" for note in motion.notes]
    ground = float(ground_range(motion.joints[None])[0])
    if ground > UNEVEN:
        notes.append(f"feet rest on ground of up to {1e3 * ground:.0f} mm; stairs and props are put on a flat floor")
    return notes


def _hopeless(motion: MotionFile, corrector: JointCorrector) -> str:
    """Why a motion is not even tried, "" if it is."""
    frames = len(motion.joints)
    if motion.fault:
        return motion.fault
    if frames < corrector.shortest:
        return f"too short: {frames} frames at {FPS} a second, {corrector.name} needs {corrector.shortest}"
    if frames > LONGEST:
        return f"too long: {frames} frames at {FPS} a second, at most {LONGEST}; cut it"
    return ""


def _corrected(
    motion: MotionFile, name: str, corrector: JointCorrector, seed: int
) -> tuple[bytes | None, dict[str, Any]]:
    """New content, None where the motion stays as it was, and what the record says of it."""
    size = np.array([len(motion.joints)])
    try:
        found = corrector.correct(motion.joints[None], size, ("",), stream(seed, 0, f"correct {name}"))
        if not found.success[0]:
            return None, {"reason": corrector.failure}
        told = {"result": "corrected", "moved_mm": 1e3 * float(found.moved[0]), **_physics(found)}
        if np.array_equal(found.joints[0], motion.joints):
            return None, told  # to the digit
        content = motion.content(found.joints[0], anew=bool(found.encoded_anew[0]))
        written = motion.parsed(content)
    except ValueError as problem:  # no sound result, or one that this kind of file cannot hold
        return None, {"reason": " ".join(str(problem).split())}
    away = mean_distance(written[None], found.joints, size)
    return content, told | {"written_mm": 1e3 * float(away[0]), "after": _plausibility(written)}


def _physics(found: Any) -> dict[str, Any]:
    if not isinstance(found, JointsReport):
        return {}
    told: dict[str, Any] = {"stages_mm": {stage: 1e3 * float(moved[0]) for stage, moved in found.shifts.items()}}
    if found.rung[0] >= 0:
        told |= {
            "residual_force": float(found.residual_force[0]), "residual_torque": float(found.residual_torque[0]),
            "tracking_mm": 1e3 * float(found.tracking[0]), "rung": int(found.rung[0]),
        }  # fmt: skip
    return told


def _plausibility(joints: Floats) -> dict[str, float]:
    found = measure(joints[None])
    return {name: float(found[name][0]) for name in UNITS}
