"""The further models: fused ensembles equal point-wise loops in law, follow theory, resume; bad input is refused."""

from dataclasses import replace

import numpy as np
import pytest
from support import deterministic

from loop import ArrayBatch, FolderStore, MemoryStore, NoCorrection, RunConfig, run, schedule_named
from loop.ensemble import EnsembleConfig, run_ensemble
from theory.checks.check import score_bound
from theory.regression import error_path, fit_error
from toy.finite import FiniteEnsemble, FiniteSpaceProblem
from toy.kernel import KernelDensityProblem, KernelEnsemble
from toy.laws import NormalMixture, ring
from toy.mixture import GaussianMixtureProblem
from toy.modes import sliced_wasserstein2
from toy.regression import LinearRegressionProblem
from toy.regression_ensemble import RegressionEnsemble, gram
from toy.selectors import Curation, TableReward

THREE = {"truth": (0.2, 0.3, 0.5), "rewards": (2.0, 1.0, 0.0)}


MODELS = {
    "kde": (
        KernelDensityProblem(8),
        KernelDensityProblem(8).ideal,
        None,
        lambda g, x, s: KernelEnsemble(g, x, 8, schedule=s),
    ),
    "finite": (
        FiniteSpaceProblem(8, **THREE),
        FiniteSpaceProblem(8, **THREE).ideal,
        None,
        lambda g, x, s: FiniteEnsemble(g, x, 8, **THREE, schedule=s),
    ),
    "curated": (
        FiniteSpaceProblem(8, **THREE),
        FiniteSpaceProblem(8, **THREE).ideal,
        Curation(3, TableReward(THREE["rewards"])),
        lambda g, x, s: FiniteEnsemble(g, x, 8, **THREE, K=3, schedule=s),
    ),
    "regression": (
        LinearRegressionProblem(9, (2.0, -1.0)),
        LinearRegressionProblem(9, (2.0, -1.0)).ideal,
        None,
        lambda g, x, s: RegressionEnsemble(g, x, 9, 2, s),
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("schedule", ["augment", "replace", "fresh", "accumulate"])
@pytest.mark.parametrize("name", MODELS)
def test_equal_in_law_to_the_pointwise_engine(name, schedule):
    """Means of every measure after 3 generations, 500 point-wise and 12,800 fused runs; Bonferroni at 1 %.

    The ensemble's second cell, gamma = inf, must be told apart in some measure.
    """
    problem, corrector, selector, ensemble = MODELS[name]
    gamma, lam, generations, runs = 0.2, 2.0, 3, 500
    rule = replace(schedule_named(schedule, lam), selector=selector)
    rows = [
        [*run(problem, corrector(gamma), rule, RunConfig(seed, generations), MemoryStore())][-1].measures
        for seed in range(runs)
    ]
    fused = run_ensemble(ensemble((gamma, np.inf), (lam, lam), schedule), EnsembleConfig(99, 12_800, generations))
    bound, rejected = score_bound(len(fused)), []
    for measure, curve in fused.items():
        one, two = np.array([row[measure] for row in rows]), curve[-1, :, 0]
        error = np.hypot(one.std() / np.sqrt(runs), two.std() / np.sqrt(len(two))) + 1e-12
        assert abs(one.mean() - two.mean()) < bound * error, measure
        rejected.append(abs(one.mean() - curve[-1, :, 1].mean()) > bound * error)
    assert any(rejected)


ENSEMBLES = {
    "kde": lambda **more: KernelEnsemble(**{"gammas": (0.0, 1.0), "lams": (0.5, 2.0), "n": 10, **more}),
    "finite": lambda **more: FiniteEnsemble(**{"gammas": (0.0, 1.0), "lams": (0.5, 2.0), "n": 10, "K": 2, **more}),
    "regression": lambda **more: RegressionEnsemble(**{"gammas": (0.0, 1.0), "lams": (0.7, 2.0), "n": 10,
                                                       "dimension": 2, **more}),
}  # fmt: skip


@pytest.mark.parametrize("schedule", ["augment", "replace", "fresh", "accumulate"])
@pytest.mark.parametrize("name", ENSEMBLES)
def test_cells_seeds_and_interruptions_change_nothing(name, schedule, tmp_path):
    make = ENSEMBLES[name]
    both = run_ensemble(make(schedule=schedule), EnsembleConfig(3, 70, 5))
    alone = run_ensemble(make(schedule=schedule, gammas=(1.0,), lams=(2.0,)), EnsembleConfig(3, 5, 5))
    assert all(np.array_equal(both[measure][:, :5, 1:], alone[measure]) for measure in both)
    run_ensemble(make(schedule=schedule), EnsembleConfig(3, 10, 2), tmp_path / "run")
    resumed = run_ensemble(make(schedule=schedule), EnsembleConfig(3, 70, 5), tmp_path / "run")
    assert all(np.array_equal(both[measure], resumed[measure]) for measure in both)
    with pytest.raises(ValueError, match="n: started with 10, now 11"):
        run_ensemble(make(schedule=schedule, n=11), EnsembleConfig(3, 70, 5), tmp_path / "run")


def scores(ensemble, measure, runs=4096, generations=12, skip=0):
    """Standard scores of the mean of a measure in each generation after `skip` and cell against its own theory."""
    curve = run_ensemble(ensemble, EnsembleConfig(0, runs, generations))[measure][skip:]
    expected = ensemble.expected(generations)[measure][skip:]
    return (curve.mean(axis=1) - expected) / (curve.std(axis=1, ddof=1) / np.sqrt(runs)), curve


@pytest.mark.parametrize("schedule", ["augment", "replace", "fresh"])
def test_kernel_second_moment(schedule):
    """R19 for three strengths; one blur in all, h^2, is rejected."""
    ensemble = KernelEnsemble((0.3, 1.0, np.inf), (2.0,) * 3, 20, 0.6, schedule)
    found, curve = scores(ensemble, "second_moment")
    assert np.abs(found).max() < score_bound(found.size)
    error = curve[-1, :, 0].std() / 64
    assert abs(curve[-1, :, 0].mean() - 1.36) > score_bound(found.size) * error


def test_kernel_without_data_or_correction_grows_by_one_blur_a_generation():
    found, _ = scores(KernelEnsemble((0.0,), (1.0,), 50, 0.4, "replace"), "second_moment", generations=4)
    assert np.abs(found).max() < score_bound(found.size)
    assert KernelEnsemble((0.0,), (1.0,), schedule="accumulate").expected(3)["second_moment"].shape == (4, 1)


@pytest.mark.parametrize("schedule", ["augment", "replace", "fresh", "accumulate"])
@pytest.mark.parametrize("K", [1, 3])
def test_finite_space_follows_the_population(schedule, K):
    """n = 10^7: nonlinear terms of order 1e-7 against standard errors of 1e-5; a neighbouring K is rejected."""
    ensemble = FiniteEnsemble((0.0, 1.0), (2.0, 0.5), 10**7, **THREE, K=K, schedule=schedule)
    found, curve = scores(ensemble, "top_mass", runs=256, generations=6)
    assert np.abs(found).max() < score_bound(found.size)
    other = replace(ensemble, K=K + 1).expected(6)["top_mass"]
    gap = np.abs(curve.mean(axis=1) - other)[1:] / (curve.std(axis=1)[1:] / 16)
    assert gap.max() > score_bound(found.size)


@pytest.mark.parametrize("schedule", ["replace", "fresh", "accumulate"])
def test_regression_error(schedule):
    """n = 20, d = 3: every generation and strength that theory covers."""
    ensemble = RegressionEnsemble((0.0, 0.3, 1.0, np.inf), (1.0,) * 4, 20, 3, schedule)
    found, curve = scores(ensemble, "error2", generations=10)
    known = found[np.isfinite(found)]
    assert known.size in (22, 44) and np.abs(known).max() < score_bound(known.size)
    mean, error = curve[-1, :, 0].mean(), curve[-1, :, 0].std() / 64
    grown = fit_error(20, 3) * 11  # replaced without correction: one more fit's error in every generation
    assert (abs(mean - grown) < 5 * error) == (schedule == "replace")


def test_accumulated_error_is_bounded_by_pi_squared_over_six():
    for n, d in ((20, 3), (8, 5), (1000, 10)):
        path = error_path(n, n, d, 0.0, 2000, "accumulate")
        assert (np.diff(path) > 0).all() and path[-1] < np.pi**2 / 6 * fit_error(n, d)
        assert error_path(n, n, d, 0.0, 2000, "replace")[-1] == pytest.approx(2001 * fit_error(n, d))


@pytest.mark.parametrize("count", [0, 1, 2, 3, 10])
def test_gram_matrix_of_few_inputs(count):
    """E X^T X = count I, rank min(count, d)."""
    matrices = gram(np.full(20_000, float(count)), 3, np.random.default_rng(count))
    error = matrices.std(axis=0) / np.sqrt(len(matrices))
    assert (np.abs(matrices.mean(axis=0) - count * np.eye(3)) <= 5 * error + 1e-12).all()
    assert (np.linalg.matrix_rank(matrices[:50], tol=1e-9) == min(count, 3)).all()


def test_mixture_loses_modes_without_correction_and_keeps_them_with_it(tmp_path):
    """Fully synthetic, 20 generations, 4 seeds: modes are lost; the ideal corrector keeps them."""
    problem = GaussianMixtureProblem(60, ring(6), 6)
    ends = {}
    for gamma in (0.0, 5.0):
        ends[gamma] = [
            [*run(problem, problem.ideal(gamma), schedule_named("replace", 1.0), RunConfig(seed, 20), MemoryStore())][
                -1
            ]
            for seed in range(4)
        ]
    lost = {gamma: np.mean([record.measures["lost_modes"] for record in ends[gamma]]) for gamma in ends}
    distance = {gamma: np.mean([record.measures["sliced_w2"] for record in ends[gamma]]) for gamma in ends}
    assert lost[0.0] > 0.5 > lost[5.0] and distance[0.0] > 2 * distance[5.0]


@pytest.mark.parametrize(
    "problem",
    [
        GaussianMixtureProblem(30, ring(3), 3),
        KernelDensityProblem(10),
        FiniteSpaceProblem(10),
        LinearRegressionProblem(10, (1.0, 2.0)),
    ],
    ids=lambda problem: type(problem).__name__,
)
def test_runs_resume_bit_for_bit(problem, tmp_path):
    def go(folder, generations):
        rule = schedule_named("accumulate", 1.0)
        return [*run(problem, NoCorrection(), rule, RunConfig(1, generations), FolderStore(folder))]

    whole = go(tmp_path / "whole", 3)
    go(tmp_path / "part", 1)
    assert go(tmp_path / "part", 3) == whole
    assert deterministic(tmp_path / "part") == deterministic(tmp_path / "whole")


def test_mixture_is_fitted_and_measured_right():
    """Two far modes with weights 1:3: weights and means within 5 standard errors; distance of a shift is the shift."""
    truth, n = NormalMixture((0.25, 0.75), ((0.0, 0.0), (20.0, 0.0))), 4000
    problem = GaussianMixtureProblem(n, truth, 2)
    rng = np.random.default_rng(0)
    model = problem.fit(None, problem.real(0, rng), rng)
    order = np.argsort(model.means[:, 0])
    assert np.abs(model.weights[order] - [0.25, 0.75]).max() < 5 * np.sqrt(0.25 * 0.75 / n)
    assert np.abs(model.means[order] - truth.means).max() < 5 / np.sqrt(n / 4)
    assert np.allclose(problem.mode_shares(np.array([[1.0, 0], [19, 0], [25, 1]])), [1 / 3, 2 / 3])
    points = rng.normal(size=(100, 2))
    assert sliced_wasserstein2(points, points + [3.0, 0.0], np.eye(2)) == pytest.approx(np.sqrt(9 / 2))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: KernelEnsemble((-1.0,), (1.0,)), "gamma must be >= 0"),
        (lambda: KernelEnsemble((1.0,), (-1.0,)), "lam must be >= 0"),
        (lambda: KernelEnsemble((1.0, 2.0), (1.0,)), "one gamma and one lam per cell"),
        (lambda: KernelEnsemble((1.0,), (1.0,), schedule="magic"), "schedule must be one of augment, replace"),
        (lambda: FiniteEnsemble((1.0,), (1.0,), schedule="ramp-accumulate"), "schedule must be one of .* here"),
        (lambda: KernelEnsemble((1.0,), (0.001,), schedule="replace"), "must be >= 1 for 'replace'"),
        (lambda: KernelDensityProblem(0), "n must be >= 1"),
        (lambda: KernelDensityProblem(5, float("nan")), "width must be >= 0"),
        (lambda: FiniteSpaceProblem(0), "n must be >= 1"),
        (lambda: FiniteSpaceProblem(5, (0.5, 0.4)), "truth must be >= 0 with sum 1"),
        (lambda: FiniteSpaceProblem(5, (0.5, 0.5), (1.0,)), "one reward per point"),
        (lambda: FiniteEnsemble((0.0,), (1.0,), K=0), "K must be >= 1"),
        (lambda: FiniteEnsemble((0.0,), (1.0,), K=10**6), "at most 20000 ways"),
        (lambda: RegressionEnsemble((0.0,), (1.0,), 6), "n must be >= 7"),
        (lambda: RegressionEnsemble((0.0,), (0.1,), 50), "must be >= 7 for 'replace'"),
        (lambda: RegressionEnsemble((0.0,), (1.0,), noise=0.0), "noise must be > 0"),
        (lambda: LinearRegressionProblem(50, (float("inf"),)), "weights must be finite"),
        (lambda: error_path(50, 5, 5, 0.0, 3, "replace"), "needs >= 7 samples"),
        (lambda: error_path(50, 50, 5, 0.0, 3, "magic"), "schedule must be one of"),
        (lambda: GaussianMixtureProblem(10), "n must be >= 2 real points per component"),
        (lambda: GaussianMixtureProblem(10, components=0), "components must be >= 1"),
        (lambda: sliced_wasserstein2(np.ones((2, 1)), np.ones((3, 1)), np.ones((1, 1))), "one shape"),
    ],
)
def test_bad_settings_are_refused(make, message):
    with pytest.raises(ValueError, match=message) as caught:
        make()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("problem", "shape"),
    [(GaussianMixtureProblem(), (20, 2)), (KernelDensityProblem(), (20,)), (LinearRegressionProblem(), (20, 6))],
    ids=["mixture", "kde", "regression"],
)
def test_nan_data_are_refused(problem, shape):
    with pytest.raises(ValueError, match="must be finite, got nan"):
        problem.fit(None, ArrayBatch(np.full(shape, np.nan)), np.random.default_rng(0))
