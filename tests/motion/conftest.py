"""Packs that the readers' tests copy and spoil, motions that correctors get."""

import numpy as np
import pytest
from packs import good_packs

from motion.data.procedural import generate


@pytest.fixture(scope="session")
def folders(tmp_path_factory):
    """A good folder of each kind, by name; copy before you change one."""
    return good_packs(tmp_path_factory.mktemp("good"))


@pytest.fixture(scope="session")
def clean() -> np.ndarray:
    """Ten procedural motions of 30 frames; who needs others has a fixture of that name."""
    return np.stack([clip.joints for clip in generate(10, frames=30, seed=11)]).astype(float)
