"""Motions that a tiny model can learn: their level depends on one word; padded with zeros."""

import numpy as np

from motion.batch import MotionBatch


def toy_batch(n=6, seed=0):
    """Not human, 3 to 10 frames long."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(3, 11, size=n)
    up = np.arange(n) % 2 == 0
    features = (np.where(up, 2.0, -2.0)[:, None, None] + 0.5 * rng.normal(size=(n, 10, 263))).astype(np.float32)
    features[np.arange(10) >= lengths[:, None]] = 0
    captions = tuple("someone goes up" if u else "someone goes down now" for u in up)
    return MotionBatch(features, lengths, captions, tuple("ud"[int(not u)] for u in up), tuple(map(str, range(n))))
