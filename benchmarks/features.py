"""What the 263-dim encoding costs, beside the same written plainly: loops over clips, frames and joints.

    python -m benchmarks.features [clips] [frames]

Prints seconds of one core for all clips, and the ratio to the plain code, timed in the same run on a few clips and
scaled. The plain code is checked against the library on those clips.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from motion.data.procedural import generate
from motion.features.hml263 import encode
from motion.features.representation import REPRESENTATIONS
from motion.kinematics.skeleton import CHAINS, RAW_DIRECTIONS

Array = NDArray[Any]

PLAIN_CLIPS = 8


def qmul(p: Array, q: Array) -> Array:
    w, x, y, z = p
    a, b, c, d = q
    return np.array(
        [
            w * a - x * b - y * c - z * d,
            w * b + x * a + y * d - z * c,
            w * c - x * d + y * a + z * b,
            w * d + x * c - y * b + z * a,
        ]
    )


def qinv(q: Array) -> Array:
    return np.array([q[0], -q[1], -q[2], -q[3]])


def qbetween(a: Array, b: Array) -> Array:
    a, b = a / np.linalg.norm(a), b / np.linalg.norm(b)
    q = np.concatenate([[1 + a @ b], np.cross(a, b)])
    return np.asarray(q / np.linalg.norm(q))


def qmatrix(q: Array) -> Array:
    w, x, y, z = q
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def plain(joints: Array) -> Array:
    """One clip as HumanML3D describes it, frame by frame, (T+1, 22, 3) -> (T, 263)."""
    p, up, front = joints.astype(float), np.array([0.0, 1, 0]), np.array([0.0, 0, 1])
    p[..., 1] -= p[..., 1].min()
    p -= p[0, 0] * [1, 0, 1]
    across = p[0, 2] - p[0, 1] + p[0, 17] - p[0, 16]
    first = qmatrix(qbetween(np.cross(up, across), front))
    for t in range(len(p)):
        for j in range(22):
            p[t, j] = first @ p[t, j]
    forward = []
    for t in range(len(p)):
        across = p[t, 1] - p[t, 2] + p[t, 17] - p[t, 16]
        forward.append(np.cross(up, across / np.linalg.norm(across)))
    forward = gaussian_filter1d(np.array(forward), 20, axis=0, mode="nearest")
    heading = [qbetween(f, front) for f in forward]
    heading[0] = np.array([1.0, 0, 0, 0])
    rows = []
    for t in range(len(p) - 1):
        now, after, step = heading[t], heading[t + 1], p[t + 1] - p[t]
        turn = qmul(after, qinv(now))
        velocity = qmatrix(after) @ step[0]
        matrix = qmatrix(now)
        positions = [matrix @ (p[t, j] - p[t, 0] * [1, 0, 1]) for j in range(1, 22)]
        rotations = np.zeros((22, 6))
        for chain in CHAINS:
            frame = now
            for start, end in zip(chain[:-1], chain[1:], strict=True):
                local = qmul(qinv(frame), qbetween(RAW_DIRECTIONS[end], p[t, end] - p[t, start]))
                frame = qmul(frame, local)
                rotations[end] = qmatrix(local)[:, :2].T.ravel()
        velocities = [matrix @ step[j] for j in range(22)]
        contacts = [float(step[j] @ step[j] < 0.002) for j in (7, 10, 8, 11)]
        root = [np.arcsin(turn[2] * np.sign(turn[0])), velocity[0], velocity[2], p[t, 0, 1]]
        rows.append(np.concatenate([root, *positions, *rotations[1:], *velocities, contacts]))
    return np.array(rows, dtype=np.float32)


def seconds(call: Callable[[], object], repeats: int = 3) -> float:
    """Least processor time of a few calls [s]; nothing here uses more than one thread."""
    best = float("inf")
    for _ in range(repeats):
        start = time.process_time()
        call()
        best = min(best, time.process_time() - start)
    return best


def main(clips: int = 1000, frames: int = 100) -> None:
    some = np.stack([clip.joints for clip in generate(min(clips, 100), frames=frames + 1, seed=0)])
    joints = some[np.arange(clips) % len(some)]
    few = joints[:PLAIN_CLIPS]
    made = np.stack([plain(clip) for clip in few])
    error = np.abs(made - encode(few)).max()
    assert error < 1e-5, f"the plain code computes something else: {error}"
    slow = seconds(lambda: [plain(clip) for clip in few], repeats=2) / len(few) * clips
    print(f"{clips} clips of {frames} frames, seconds of one core; largest difference to the plain code {error:.1e}")
    print(f"{'plain loops (scaled from ' + str(len(few)) + ' clips)':34s} {slow:8.2f} s")
    for kind in REPRESENTATIONS:
        features = kind.encode(joints, floor="clip")
        encoding = seconds(partial(kind.encode, joints, floor="clip"))
        ratio = f"  {slow / encoding:6.0f} x faster than plain" if kind.name == "hml263" else ""
        print(f"{kind.name + ' encode':34s} {encoding:8.2f} s{ratio}")
        print(f"{kind.name + ' decode':34s} {seconds(partial(kind.decode, features)):8.2f} s")


if __name__ == "__main__":
    main(*(int(value) for value in sys.argv[1:]))
