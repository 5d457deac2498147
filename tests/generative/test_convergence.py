"""Every sampler comes to the exact variance as its steps shrink, at the rate of its order.

With error C h^p (1 + c h + ..), dividing h by f divides the error by f^p (1 + c (h - h/f) + ..), and doing so again by
f^p (1 + c (h - h/f)/f + ..): the ratio's distance from f^p shrinks by f. The tests allow it to shrink by 0.75 only, and
a hundredth for the next order in h.
"""

import numpy as np
import pytest

from generative.exact import gaussian_variances
from generative.samplers import SamplerConfig
from generative.schedule import LAMBDA_RANGE, half_log_snr, scales_of

VARIANCES = np.array([0.03, 0.1, 1.0, 10.0])

# Steps so that h is divided evenly: DDIM and DDPM round to whole levels, so their n - 1 must divide 999.
RUNS = [
    ("dpm++2m", 2, 2, (65, 129, 257)),
    ("ddim", 1, 3, (112, 334, 1000)),
    ("ddpm", 1, 3, (112, 334, 1000)),
    ("flow-euler", 1, 2, (32, 64, 128)),
    ("flow-heun", 2, 2, (63, 127, 255)),
]


def limit(solver, v):
    """Kept share of the variance for steps without end: 1 but for the ends that the solver leaves out.

    These three begin with variance 1 where the law's is D = alpha^2 v + sigma^2, and end with the estimate of
    x_0; DPM-Solver++ on its range, DDIM and DDPM at levels 999 and 0.
    """
    if solver not in ("dpm++2m", "ddim", "ddpm"):
        return np.ones_like(v)
    ends = LAMBDA_RANGE if solver == "dpm++2m" else half_log_snr()[[-1, 0]]
    (a, s), (b, t) = (scales_of(end) for end in ends)
    return (b**2 * v / (b**2 * v + t**2)) / (a**2 * v + s**2)


def errors(solver, steps, v):
    kept = gaussian_variances(SamplerConfig(solver=solver, steps=steps), v) / v
    return kept - limit(solver, v)


@pytest.mark.parametrize(("solver", "order", "factor", "steps"), RUNS)
def test_errors_fall_with_the_order(solver, order, factor, steps):
    v = np.array([0.3, 3.0]) if solver == "flow-heun" else np.array([0.3, 1.0, 3.0])
    e = [errors(solver, n, v) for n in steps]
    early, late = (e[i] / e[i + 1] / factor**order - 1 for i in (0, 1))
    assert np.all(np.abs(late) < 0.75 * np.abs(early) + 0.01)
    assert np.all(np.abs(late) < 0.1)


@pytest.mark.parametrize(("solver", "order", "factor", "steps"), RUNS)
def test_the_variance_becomes_exact(solver, order, factor, steps):
    """Extrapolated to h = 0 from the last two runs (Richardson); what the limit leaves out is below 0.5 %."""
    before, last = (errors(solver, n, VARIANCES) for n in steps[1:])
    left = last + (last - before) / (factor**order - 1)
    assert np.abs(left).max() < 0.005
    assert np.abs(limit(solver, VARIANCES) - 1).max() < 0.005


def test_adams_becomes_exact():
    for steps, most in ((50, 3e-4), (200, 5e-5)):
        assert np.abs(errors("adams", steps, VARIANCES)).max() < most
