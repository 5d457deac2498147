"""Randomness from a position (seed, generation, stage), never from carried state."""

from __future__ import annotations

import zlib

import numpy as np


def stream(seed: int, generation: int, stage: str, *index: int) -> np.random.Generator:
    """The generator of one stage of one generation.

    The same position gives the same stream in every process and after every restart; different positions give
    independent ones. `index` extends the position, for example to one sample or to one block of an ensemble.
    """
    if seed < 0:
        raise ValueError(f"seed must be >= 0, got {seed}; choose a non-negative whole number")
    return np.random.default_rng([seed, generation, zlib.crc32(stage.encode()), *index])
