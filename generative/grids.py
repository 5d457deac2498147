"""Where the solver "adams" looks at the model: half log-SNRs, one table for few evaluations and a formula for many."""

from __future__ import annotations

import numpy as np

from generative.schedule import LAMBDA_RANGE, Floats

FORMULA = (-1.85, 4.67, 0.78, 0.1)
"""b, c and the parts of a step left free before the first and after the last node, see `formula`."""

TABLE: dict[int, tuple[float, ...]] = {
    3: (-1.426, -0.279, 1.5),
    4: (-1.877, -0.592, 0.682, 2.557),
    5: (-2.126, -0.938, 0.061, 0.974, 2.32),
    6: (-2.21, -1.05, -0.162, 0.524, 1.437, 2.84),
    7: (-2.378, -1.236, -0.447, 0.274, 0.898, 1.915, 3.309),
    8: (-2.391, -1.33, -0.615, 0.082, 0.623, 1.359, 2.346, 3.735),
    9: (-2.406, -1.492, -0.828, -0.12, 0.386, 0.967, 1.687, 2.683, 3.907),
    10: (-2.431, -1.561, -0.933, -0.287, 0.207, 0.656, 1.269, 1.937, 2.93, 3.753),
    11: (-2.454, -1.61, -1.0, -0.397, 0.094, 0.507, 0.992, 1.523, 2.291, 3.123, 3.853),
    12: (-2.546, -1.721, -1.123, -0.546, -0.064, 0.338, 0.713, 1.25, 1.72, 2.503, 3.222, 3.912),
    13: (-2.506, -1.657, -1.107, -0.594, -0.146, 0.227, 0.542, 1.025, 1.401, 2.03, 2.699, 3.275, 4.0),
    14: (-2.543, -1.709, -1.172, -0.676, -0.234, 0.127, 0.444, 0.827, 1.219, 1.641, 2.26, 2.844, 3.339, 4.068),
    15: (-2.539, -1.797, -1.251, -0.79, -0.32, 0.012, 0.362, 0.596, 1.051, 1.292, 1.869, 2.337, 2.977, 3.443, 4.167),
    16: (
        -2.553, -1.764, -1.25, -0.827, -0.378, -0.059, 0.261, 0.477, 0.897, 1.16,
        1.56, 2.066, 2.555, 3.053, 3.491, 4.193,
    ),
}  # fmt: skip
"""Found by `benchmarks/sampler_grid.py`, which also says what for."""


def formula(steps: int, parameters: tuple[float, ...] = FORMULA) -> Floats:
    """Even in s = log((1 + e^(lambda-b)) / (1 + e^(lambda-c))), within LAMBDA_RANGE, (steps,), rising.

    That is even in alpha below b, where little happens, in log-SNR between, and in sigma above c, where all but the
    narrowest laws are done. Beyond some 200 nothing is gained: the range ends, and the slope at the first node is taken
    over ever shorter steps (0.2 % of the variance at 1000 and v = 30).
    """
    b, c, before, after = parameters
    whole = c - b
    unit = whole / (steps - 1 + before + after)
    low, high = (np.logaddexp(0, end - b) - np.logaddexp(0, end - c) for end in LAMBDA_RANGE)
    s = np.linspace(max(before * unit, low), min(whole - after * unit, high), steps)
    return np.asarray(np.log(np.expm1(s)) - np.log(np.exp(-b) - np.exp(s - c)))


def grid(steps: int) -> Floats:
    """The half log-SNRs of so many evaluations, (steps,), rising."""
    return np.array(TABLE[steps]) if steps in TABLE else formula(steps)
