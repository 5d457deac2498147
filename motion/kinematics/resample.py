"""Motions at any frame rate brought to 20 frames a second."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import convolve1d

from motion.kinematics.skeleton import FPS

Float = NDArray[np.float64]

_MAX_RATIO = 100  # the filter's length, and the work, grow with it
_MAX_FRAMES = 400_000  # 5.5 hours
_HALF_PERIODS = 8  # half length of the low-pass filter, in periods of the output rate


def decimation(fps: float, to: float = FPS) -> int | None:
    """How many frames to step so that `fps` becomes `to` exactly (within 0.1 %), or None."""
    step = round(fps / to)
    return step if step >= 1 and abs(step * to / fps - 1.0) < 1e-3 else None


def resample(joints: Float, fps: float, to: float = FPS, *, antialias: bool = True) -> Float:
    """Joint positions at another frame rate.

    Frame k of the result is at k/to seconds, up to the last stored frame. Where frames are dropped, a zero-phase
    low-pass (windowed sinc, 0.9 of the new Nyquist frequency, ends extended by point reflection) removes first what
    the new rate cannot carry; then a cubic spline is read between frames. Straight lines in time stay as they are.
    With `antialias=False` and a whole ratio the kept frames are the stored ones: the way HumanML3D was cut.

    Args:
        joints: (T, ...) at `fps`.
        fps: stored frame rate [1/s].
        to: wanted frame rate [1/s].

    Raises:
        ValueError: a rate that is not positive, a change that cannot be meant, or fewer than two frames.
    """
    if not (fps > 0 and to > 0 and np.isfinite(fps) and np.isfinite(to)):
        raise ValueError(f"frame rates must be positive numbers, got {fps!r} and {to!r}; say the true rate")
    if fps / to > _MAX_RATIO or len(joints) * to / fps > _MAX_FRAMES:
        raise ValueError(
            f"{len(joints)} frames at {fps:g} a second cannot become {to:g} a second: at most {_MAX_RATIO} times fewer "
            f"and {_MAX_FRAMES} in all; say the true rate, or cut the motion"
        )
    if len(joints) < 2:
        raise ValueError(f"resampling needs at least 2 frames, got {len(joints)}; leave the clip out")
    step = decimation(fps, to)
    smooth = low_pass(joints, fps, to) if antialias else np.asarray(joints, float)
    if step is not None:
        return smooth[::step]
    from scipy.interpolate import CubicSpline  # half a second to import, and many motions need no spline

    count = int(np.floor((len(joints) - 1) / fps * to + 1e-6)) + 1
    times = np.minimum(np.arange(count) * (fps / to), len(joints) - 1.0)
    moved: Float = CubicSpline(np.arange(len(joints)), smooth, axis=0)(times)
    return moved


def low_pass(joints: Float, fps: float, to: float, every: int = 1) -> Float:
    """Values (T, ...) at `fps` less what the lower rate `to` cannot carry, as in `resample`; unchanged where `to` is no
    lower rate. Of the result only each `every`th frame is worked out and returned, from the first on."""
    if not to < fps * (1 - 1e-3):
        return np.asarray(joints, float)[::every]
    half = int(np.ceil(_HALF_PERIODS * fps / to))
    kernel = np.sinc(0.9 * to / fps * np.arange(-half, half + 1)) * np.hamming(2 * half + 1)
    kernel /= kernel.sum()
    # Point reflection keeps value and slope at the ends; a clip shorter than the filter is reflected again.
    padded = np.asarray(joints, float)
    missing = half
    while missing > 0:
        wide = min(missing, len(padded) - 1)
        before = 2 * padded[:1] - padded[wide:0:-1]
        after = 2 * padded[-1:] - padded[-2 : -wide - 2 : -1]
        padded = np.concatenate([before, padded, after])
        missing -= wide
    if every == 1:
        filtered: Float = convolve1d(padded, kernel, axis=0)[half : half + len(joints)]
        return filtered
    from scipy.signal import upfirdn  # half a second to import, and many motions need none

    lead = -2 * half % every  # so that the first frame wanted is one that is worked out
    padded = np.concatenate([np.zeros((lead, *padded.shape[1:])), padded])
    first = (2 * half + lead) // every
    kept: Float = upfirdn(kernel, padded, 1, every, axis=0)[first : first + -(-len(joints) // every)]
    return kept
