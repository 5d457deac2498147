"""Where simulation meets theory: the exact expectation of what the Gaussian loop measures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from theory.moments import moments

REGIMES = {"augment": "fixed", "fresh": "fresh", "replace": "none"}
"""The theory's name of each schedule that it covers."""


def predicted(n: int, k: int, gamma: float, generations: int, schedule: str) -> NDArray[np.float64] | None:
    """E |mu - mu*|^2 / d over generations, (generations + 1,), in units of the target's variance.

    None where theory has no closed form: schedules that accumulate, or no synthetic points at all.
    """
    if schedule not in REGIMES or k < 1:
        return None
    return np.asarray(moments(n, k, gamma, generations, regime=REGIMES[schedule]).M, dtype=float)  # type: ignore[arg-type]
