"""Noise that the bones betray: bones keep their lengths, so what those do over time is noise, frequency by frequency.

A Wiener filter with that noise takes from each joint what it would be expected to hold of it. A motion of rigid bones
has none and stays, however fast it is. Derived here, measured.
"""

from __future__ import annotations

import numpy as np
from scipy.fft import dct, idct
from scipy.ndimage import uniform_filter1d

from motion.kinematics.skeleton import PARENTS
from motion.physics.quaternions import Floats

WIDTH = 5
"""Frequencies over which a spectrum is averaged."""
SHARE = 2.0
"""Noise of a joint's coordinate over half of the bones', which it would be if joints erred by themselves; a generator's
joints err together, of which bones show less."""
RIGID = 1e-5
"""Bones whose lengths scatter by less are rigid: nothing is filtered [m]."""


def denoise(joints: Floats) -> Floats:
    """`joints` (n, T, 22, 3) [m] without the noise that their bones' lengths show, clip by clip.

    In the cosine transform over time (no edges), frequency by frequency: N, half the mean power of the 21 lengths
    times `SHARE`; P, of a joint's coordinate, the mean of the three; each averaged over neighbouring frequencies. The
    joint keeps the share max(0, 1 - N/P). Its mean stays.
    """
    bones = joints[:, :, 1:] - joints[:, :, PARENTS[1:]]
    lengths = np.sqrt((bones * bones).sum(axis=-1))
    away = lengths - lengths.mean(axis=1, keepdims=True)
    noisy = np.flatnonzero(np.sqrt((away * away).mean(axis=(1, 2))) > RIGID)
    result = joints.copy()
    if noisy.size:
        noise = 0.5 * SHARE * _smooth((dct(away[noisy], axis=1, norm="ortho") ** 2).mean(axis=-1))
        waves = dct(joints[noisy], axis=1, norm="ortho")
        power = _smooth((waves * waves).mean(axis=-1))
        kept = np.clip(1.0 - noise[..., None] / np.maximum(power, 1e-30), 0.0, 1.0)
        kept[:, 0] = 1.0
        result[noisy] = idct(kept[..., None] * waves, axis=1, norm="ortho")
    return result


def _smooth(spectrum: Floats) -> Floats:
    result: Floats = uniform_filter1d(spectrum, WIDTH, axis=1, mode="nearest")
    return result
