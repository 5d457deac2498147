"""The simulated Gaussian loop follows the exact moments of theory and its golden numbers."""

import dataclasses

import numpy as np
import pytest
from scipy import stats

from loop.ensemble import EnsembleConfig, run_ensemble
from theory.moments import moments
from toy.gaussian_ensemble import GaussianEnsemble
from toy.prediction import exact_errors, expected

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
            for name, values in [("mean_error2", theory.M), ("variance", theory.S)]:
                sample = out[name][1:, :, cell]
                z = (sample.mean(1) - values[1:]) / (sample.std(1, ddof=1) / np.sqrt(runs))
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


SETTINGS = [
    {"schedule": schedule, "normalisation": normalisation, "bias": bias, "lams": (lam,) * 3, "first": first}
    for schedule, lam, first in (
        ("augment", 0.5, None), ("fresh", 2.0, 7), ("fresh", 0.5, 40), ("replace", 1.0, None), ("mix", 1.0, None),
        ("mix", np.inf, None),
    )
    for normalisation in ("mle", "unbiased")
    for bias in (1.0, 0.7)
]  # fmt: skip


def scores(problem, curves, theory, runs):
    """Exact standard scores of M and S in generations >= 0, d = 1."""
    generations = len(curves["w2"]) - 1
    found = []
    for cell in range(len(problem.gammas)):
        expectation, errors = expected(theory, cell, generations), exact_errors(theory, cell, generations, runs)
        for name in ("mean_error2", "variance"):
            found.append((curves[name][:, :, cell].mean(axis=1) - expectation.of(name)) / errors[name])
    return np.array(found)


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda s: f"{s['schedule']}-{s['normalisation']}-{s['bias']}")
def test_measured_and_expected_never_part(setting):
    """E delta^2 and E v of generations 0 to 8 with exact errors; Bonferroni at 1 % over all settings.

    The same scores reject the loop of another normalisation, bias or first fit.
    """
    runs, generations = 4096, 8
    problem = GaussianEnsemble((0.3, 1.0, np.inf), n=16, dimension=1, **setting)
    curves = run_ensemble(problem, EnsembleConfig(7, runs, generations))
    bound = stats.norm.isf(0.01 / (2 * 6 * (generations + 1) * len(SETTINGS)))
    assert np.abs(scores(problem, curves, problem, runs)).max() < bound
    other = {"mle": "unbiased", "unbiased": "mle"}[problem.normalisation]
    wrong = [dataclasses.replace(problem, normalisation=other), dataclasses.replace(problem, bias=0.85)]
    if problem.first is not None:
        wrong.append(dataclasses.replace(problem, first=problem.n))
    for theory in wrong:
        assert np.abs(scores(problem, curves, theory, runs)).max() > bound


def test_prediction_covers_what_theory_covers():
    def of(schedule, lam, gamma=0.0):
        return expected(GaussianEnsemble((gamma,), (lam,), schedule=schedule), 0, 200)

    assert of("accumulate", 0.5).mean_error2 is None
    assert np.allclose(of("augment", 0.0).mean_error2, 1 / 50), "no synthetic points: the fit of the real ones"
    assert of("augment", 0.5).mean_error2[-1] == pytest.approx(5 / 201, abs=1e-9)
    assert of("replace", 0.5).mean_product is None
    with pytest.raises(ValueError, match="need dimension 1"):
        exact_errors(GaussianEnsemble((0.0,), (0.5,)), 0, 5, 100)
