"""The simulated Gaussian loop follows the exact moments of theory and its golden numbers."""

import numpy as np
import pytest
from scipy import stats

from loop.ensemble import EnsembleConfig, run_ensemble
from theory.moments import moments
from toy.gaussian_ensemble import GaussianEnsemble
from toy.prediction import predicted

GAMMAS = (0.0, 0.3, 1.0, np.inf)


@pytest.mark.slow
@pytest.mark.parametrize(("schedule", "regime"), [("augment", "fixed"), ("fresh", "fresh"), ("replace", "none")])
def test_moments_of_every_generation(schedule, regime):
    """M and S of generations 1..12 and four strengths; Bonferroni at 1 %, and the wrong regimes are rejected.

    Only gamma >= 0.3 is compared without real data: below that the tails are heavy and a sample's own standard error
    lies (spec R5).
    """
    n, lam, d, generations, runs = 20, 0.5, 2, 12, 6400
    gammas = GAMMAS[1:] if schedule == "replace" else GAMMAS
    cells = (lam,) * len(gammas)
    out = run_ensemble(GaussianEnsemble(gammas, cells, n, d, schedule), EnsembleConfig(1, runs, generations))
    comparisons = 2 * generations * len(gammas)
    bound = stats.norm.isf(0.01 / (2 * comparisons))

    def worst(which):
        found = 0.0
        for cell, gamma in enumerate(gammas):
            theory = moments(n, round(lam * n), gamma, generations, regime=which)
            for name, expected in [("mean_error2", theory.M), ("variance", theory.S)]:
                sample = out[name][1:, :, cell]
                z = (sample.mean(1) - expected[1:]) / (sample.std(1, ddof=1) / np.sqrt(runs))
                found = max(found, float(np.abs(z).max()))
        return found

    assert worst(regime) < bound
    for wrong in {"fixed", "fresh", "none"} - {regime}:
        assert worst(wrong) > bound, f"cannot tell {regime} from {wrong}"


@pytest.mark.slow
def test_golden_stationary_distances():
    """n = 50, k = 25, d = 2: E W2 of the spec (its SE .0007), ours after 60 generations; 4 joint standard errors."""
    golden = {0.0: 0.2808, 0.1: 0.2704, 0.3: 0.2561, 1.0: 0.2346, 5.0: 0.2139}
    runs = 4096
    problem = GaussianEnsemble(tuple(golden), (0.5,) * len(golden))
    w2 = run_ensemble(problem, EnsembleConfig(2, runs, 60))["w2"]
    error = np.hypot(w2[-1].std(0) / np.sqrt(runs), 0.0007)
    z = (w2[-1].mean(0) - list(golden.values())) / error
    assert np.all(np.abs(z) < 4), z
    shifted = (w2[-1].mean(0) - [*list(golden.values())[1:], 0.2525]) / error
    assert np.all(np.abs(shifted) > 4), "neighbouring strengths are told apart"
    start = (w2[0].mean(0) - 0.2525) / error
    assert np.all(np.abs(start) < 4)


def test_prediction_covers_what_theory_covers():
    assert predicted(50, 25, 1.0, 3, "accumulate") is None
    assert predicted(50, 0, 1.0, 3, "augment") is None
    assert predicted(50, 25, 0.0, 200, "augment")[-1] == pytest.approx(5 / 201, abs=1e-9)
