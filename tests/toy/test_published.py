"""The re-enacted sampler reproduces the published toy, its repaired forms do not; the presets and their verdicts."""

import numpy as np
import pytest

from loop.ensemble import EnsembleConfig, run_ensemble
from theory.mad import FIGURE_LIMITS
from toy.points_ensemble import PointsEnsemble
from toy.presets import PRESETS, preset
from toy.published import GAMMAS, GOLDEN, against_golden, against_ideal
from toy.report import rows, theory_arrays
from toy.verdicts import reference_arrays, verdict


@pytest.mark.slow
def test_the_official_sampler_agrees_with_the_published_table():
    """All 16 comparisons at 1 % together, t with 9 degrees of freedom; 64 seeds of our own."""
    w2 = run_ensemble(preset("official-gaussian").parts[0].loop, EnsembleConfig(0, 64, 500))["w2"]
    found = against_golden(w2)
    assert len(found) == 16 and all(one.agrees for one in found), found
    assert 5.0 < found[0].bound < 5.2


@pytest.mark.slow
@pytest.mark.parametrize("form", ["floorfix", "exact"])
def test_its_repaired_forms_are_rejected_without_correction(form):
    """By the same comparison; a cell does not depend on the others, so gamma = 0 alone is that of the preset."""
    problem = PointsEnsemble((0.0,), corrector=f"histogram-{form}")
    found = against_golden(run_ensemble(problem, EnsembleConfig(0, 128, 500))["w2"], (0.0,))
    assert any(not one.agrees for one in found), found


@pytest.mark.slow
def test_the_ideal_mixture_agrees_with_another_implementation_and_the_mean_field():
    loop = preset("exact-gaussian").parts[0].loop
    curves = run_ensemble(loop, EnsembleConfig(0, 128, 500))
    theory = theory_arrays(loop, 500)["mean_product_theory"]
    found = against_ideal(curves, theory)
    assert len(found) == 12 and all(one.agrees for one in found), found
    wrong = against_ideal({**curves, "w2": curves["w2"][..., ::-1]}, 2 * theory)
    assert not any(one.agrees for one in wrong if one.gamma != 0.1 and one.what == "W2")
    assert any(not one.agrees for one in wrong if one.what == "mean product")


def test_the_golden_table_is_whole():
    """Its last columns as published: a run that equals the table scores 0, one standard deviation off is seen."""
    for generation, table in GOLDEN.items():
        means = np.array([mean for mean, _ in table])
        assert len(table) == len(GAMMAS) and (np.diff(means) < 0).all(), "W2 falls with gamma"
        w2 = np.full((generation + 1, 1000, len(GAMMAS)), means)
        assert all(one.score == pytest.approx(0) for one in against_golden(w2) if one.generation == generation)
        w2 += 2 * np.array([sd for _, sd in table])
        assert not any(one.agrees for one in against_golden(w2) if one.generation == generation)


def test_mad_runs_to_its_limit_from_any_first_fit():
    """A shortened run in 100 dimensions: 24 generations of b = .8 are within 1 of the limit, the first fit is far."""
    parts = {part.folder: part.loop for part in preset("mad").parts}
    assert len(parts) == 4 and set(FIGURE_LIMITS) == {loop.bias for loop in parts.values()}
    w2 = run_ensemble(parts["bias-0.8-first-1000"], EnsembleConfig(0, 2, 16))["w2"]
    assert abs((w2[-1] ** 2).mean() - FIGURE_LIMITS[0.8]) < 1
    assert abs((w2[0] ** 2).mean() - 2.68) < 0.2


@pytest.mark.parametrize("name", PRESETS)
def test_too_little_is_no_verdict(name):
    chosen = preset(name)
    zeros = np.ones((3, 4, len(chosen.parts[0].loop.gammas)))
    judged = verdict(chosen, [{"w2": zeros, "mean_product": zeros}] * len(chosen.parts))
    assert judged.as_expected and not judged.comparisons and "too few" in judged.words


def test_reference_values_travel_with_the_run():
    chosen = preset("official-gaussian")
    found = reference_arrays(chosen, 200)
    assert found["reference_generation"].tolist() == [100] and found["reference_w2"].shape == (1, 8)
    assert found["reference_se"][0, 0] == pytest.approx(0.0553 / np.sqrt(10))
    assert reference_arrays(preset("mad"), 200) == {}


def test_rows_hold_measured_and_expected():
    loop = preset("exact-gaussian").parts[0].loop
    curves = run_ensemble(loop, EnsembleConfig(0, 3, 2))
    found = rows(loop, curves, part="ideal")
    assert len(found) == 8 * 3
    row = found[-1]
    assert (row["part"], row["gamma"], row["lam"], row["generation"], row["n_runs"]) == ("ideal", 5.0, 0.5, 2, 3)
    assert row["w2_mean"] == curves["w2"][2, :, 7].mean() and row["w2_squared"] >= row["w2_mean"] ** 2
    assert row["mean_error2_theory"] is None and row["mean_product_theory"] > 0
    single = rows(loop, run_ensemble(loop, EnsembleConfig(0, 1, 2)))
    assert np.isnan(single[0]["w2_se"])


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("magic",), "preset must be one of official-gaussian, exact-gaussian, mad"),
        (("official-gaussian", "fast"), "sampler must be one of official, floorfix, exact"),
        (("mad", "exact"), "sampler belongs to official-gaussian"),
    ],
)
def test_bad_names(arguments, text):
    with pytest.raises(ValueError, match=text):
        preset(*arguments)
