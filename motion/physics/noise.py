"""Noise that the bones betray: bones keep their lengths, so what those do over time is noise.

How much is read where no movement is, at fast frequencies, and taken to be as much at slow ones (white): lengths
that change as slowly as limbs move say that limbs are drawn too short, not that joints tremble. Where that, too, was
held for noise, a tenth of the trunk's sway went with it in each pass, and a model retrained ten times on such samples,
their bones mended before, ended at a Frechet distance of 36.2; at 30.6 where slow noise had the power of fast noise and
bones were left; at 28.7 on samples as drawn. A Wiener filter takes from each joint what it would be expected to hold
of the noise. A motion of rigid bones has none and stays, however fast it is. Derived here, measured.
"""

from __future__ import annotations

import numpy as np
from scipy.fft import dct, idct
from scipy.ndimage import uniform_filter1d

from motion.kinematics.skeleton import FPS, PARENTS
from motion.physics.quaternions import Floats

WIDTH = 5
"""Frequencies over which a spectrum is averaged."""
SHARE = 4.0
"""Noise of a joint's coordinate over half of the bones', which it would be if joints erred by themselves; a generator's
joints err together, of which bones show less."""
FAST = 10 / 3
"""Nobody moves at these frequencies and above, to speak of [Hz]."""
RIGID = 1e-5
"""Bones whose lengths scatter by less are rigid: nothing is filtered [m]."""


def denoise(joints: Floats) -> Floats:
    """`joints` (n, T, 22, 3) [m] without the noise that their bones' lengths show, clip by clip.

    In the cosine transform over time (no edges), frequency by frequency: N, half the mean power of the 21 lengths
    times `SHARE`, but below `FAST` no more than its mean from there on; P, of a joint's coordinate, the mean of the
    three; each averaged over neighbouring frequencies. The joint keeps the share max(0, 1 - N/P). Its mean stays.
    """
    bones = joints[:, :, 1:] - joints[:, :, PARENTS[1:]]
    lengths = np.sqrt((bones * bones).sum(axis=-1))
    away = lengths - lengths.mean(axis=1, keepdims=True)
    noisy = np.flatnonzero(np.sqrt((away * away).mean(axis=(1, 2))) > RIGID)
    result = joints.copy()
    if noisy.size:
        noise = 0.5 * SHARE * _smooth((dct(away[noisy], axis=1, norm="ortho") ** 2).mean(axis=-1))
        fast = min(round(2 * FAST / FPS * joints.shape[1]), joints.shape[1] - 1)
        noise[:, :fast] = np.minimum(noise[:, :fast], noise[:, fast:].mean(axis=1, keepdims=True))
        waves = dct(joints[noisy], axis=1, norm="ortho")
        power = _smooth((waves * waves).mean(axis=-1))
        kept = np.clip(1.0 - noise[..., None] / np.maximum(power, 1e-30), 0.0, 1.0)
        kept[:, 0] = 1.0
        result[noisy] = idct(kept[..., None] * waves, axis=1, norm="ortho")
    return result


def _smooth(spectrum: Floats) -> Floats:
    result: Floats = uniform_filter1d(spectrum, WIDTH, axis=1, mode="nearest")
    return result
