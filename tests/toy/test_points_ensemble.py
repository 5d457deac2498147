"""The ensemble with points: independent of company, resumable, equal in law to the engine and to the sums."""

import numpy as np
import pytest

from loop import MemoryStore, RunConfig, run, schedule_named
from loop.ensemble import EnsembleConfig, run_ensemble
from loop.schedule import SCHEDULES
from theory.accumulation import mean_field
from toy.ensembles import SideBySide, gaussian_loop
from toy.gaussian import GaussianProblem, ideal
from toy.gaussian_ensemble import GaussianEnsemble
from toy.histogram import HistogramReference
from toy.points_ensemble import CORRECTORS, PointsEnsemble


def curves(folder=None, runs=70, generations=6, every=0, workers=1, **more):
    problem = PointsEnsemble(**{"gammas": (0.0, 1.0), "n": 12, **more})
    return run_ensemble(problem, EnsembleConfig(3, runs, generations, every), folder, workers=workers)


def same(one, two):
    return one.keys() == two.keys() and all(np.array_equal(one[name], two[name]) for name in one)


@pytest.mark.parametrize(
    ("schedule", "corrector"),
    [
        (schedule, corrector)
        for schedule in SCHEDULES
        for corrector in ("mixture", "histogram-official", "histogram-exact")
        if (schedule, corrector) != ("replace", "histogram-official")  # refuses, see below
    ],
)
def test_seeds_and_cells_do_not_depend_on_the_others(schedule, corrector):
    both = curves(schedule=schedule, corrector=corrector)
    fewer = curves(runs=5, schedule=schedule, corrector=corrector)
    alone = curves(gammas=(1.0,), schedule=schedule, corrector=corrector)
    for name, value in both.items():
        assert np.array_equal(value[:, :5], fewer[name]), name
        assert np.array_equal(value[..., 1:], alone[name]), name
        assert np.isfinite(value).all()


def test_workers_change_nothing(tmp_path):
    workers = 2
    assert same(curves(workers=workers), curves())
    assert same(curves(tmp_path / "many", workers=workers), curves(tmp_path / "one"))
    names = sorted(path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*.npz"))
    assert len(names) == 3
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "many" / name).read_bytes(), name


@pytest.mark.parametrize("limit", [None, 0])
@pytest.mark.parametrize("schedule", ["ramp-accumulate", "accumulate-subsample"])
def test_folder_resumes_and_extends(tmp_path, monkeypatch, schedule, limit):
    """Also where the state is too large to be kept with a finished block."""
    if limit is not None:
        monkeypatch.setattr("loop.ensemble.STATE_LIMIT", limit)
    whole = curves(tmp_path / "whole", generations=9, schedule=schedule)
    part = tmp_path / "part"
    curves(part, runs=10, generations=4, every=2, schedule=schedule)
    curves(part, generations=6, schedule=schedule)
    assert same(curves(part, generations=9, schedule=schedule), whole)
    assert same(curves(None, generations=9, schedule=schedule), whole)
    assert (part / "curves.npz").read_bytes() == (tmp_path / "whole/curves.npz").read_bytes()
    with np.load(part / "blocks/block-00000.npz") as block:
        assert any(name.startswith("state.") for name in block.files) is (limit is None)


def corrector_of(name, gamma):
    return ideal(gamma) if name == "mixture" else HistogramReference(gamma, name.removeprefix("histogram-"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("schedule", "corrector", "more"),
    [
        *((name, "mixture", {}) for name in SCHEDULES),
        ("accumulate", "histogram-official", {}),
        ("ramp-accumulate", "histogram-exact", {}),
        ("fresh", "mixture", {"normalisation": "unbiased", "bias": 0.6, "first": 20}),
    ],
)
def test_equal_in_law_to_the_pointwise_engine(schedule, corrector, more):
    """Means of every measure after 5 generations, 512 point-wise against 6400 runs; 5 standard errors.

    The same comparison rejects another strength, so it could fail.
    """
    n, lam, gamma, generations, runs = 8, 1.0, 0.2, 5, 512
    problem = GaussianProblem(n, 2, **more)
    rows = [
        [*run(problem, corrector_of(corrector, gamma), schedule_named(schedule, lam), RunConfig(seed, generations),
              MemoryStore())][-1]
        for seed in range(runs)
    ]  # fmt: skip
    many = run_ensemble(
        PointsEnsemble((gamma, np.inf), lam, n, 2, schedule, corrector, **more), EnsembleConfig(99, 6400, generations)
    )
    rejected = []
    for name in ("w2", "mean_error2", "variance"):
        one, two = np.array([record.measures[name] for record in rows]), many[name][-1, :, 0]
        error = np.hypot(one.std() / np.sqrt(len(one)), two.std() / np.sqrt(len(two)))
        assert abs(one.mean() - two.mean()) < 5 * error, name
        rejected.append(abs(one.mean() - many[name][-1, :, 1].mean()) > 5 * error)
    assert any(rejected)


@pytest.mark.parametrize("schedule", ["augment", "replace", "fresh", "accumulate", "mix"])
def test_equal_in_law_to_the_sums(schedule):
    runs = 6400
    setting = {"n": 10, "dimension": 2, "schedule": schedule, "normalisation": "unbiased", "bias": 0.9}
    one = run_ensemble(PointsEnsemble((0.5,), 1.0, **setting), EnsembleConfig(1, runs, 4))
    two = run_ensemble(GaussianEnsemble((0.5,), (1.0,), **setting), EnsembleConfig(2, runs, 4))
    for name, other in two.items():
        x, y = one[name][-1, :, 0], other[-1, :, 0]
        assert abs(x.mean() - y.mean()) < 5 * np.hypot(x.std(), y.std()) / np.sqrt(runs), name


def test_the_ramp_follows_the_mean_field():
    """E (mu - mu*).(mu_real - mu*)/d is mean_field/n exactly; 40 generations, 5 standard errors, 5120 runs.

    Rejected: plain accumulation, and the mean field of another strength.
    """
    gammas, n, runs = (0.0, 0.1, 1.0), 20, 5120
    for schedule, fits in (("ramp-accumulate", True), ("accumulate", False)):
        problem = PointsEnsemble(gammas, 0.5, n, 2, schedule)
        product = run_ensemble(problem, EnsembleConfig(5, runs, 40))["mean_product"]
        theory = np.stack([mean_field(40, gamma, n, 10) / n for gamma in gammas], axis=1)
        score = np.abs(product.mean(axis=1) - theory) / (product.std(axis=1, ddof=1) / np.sqrt(runs))
        assert bool(score.max() < 5) is fits
    other = mean_field(40, 0.2, n, 10) / n
    assert np.abs(product[:, :, 1].mean(axis=1) - other).max() > 5 * product[:, :, 1].std() / np.sqrt(runs)


def test_the_fastest_ensemble_of_the_law():
    assert isinstance(gaussian_loop((0.0,), (0.5, 1.0)), GaussianEnsemble)
    assert isinstance(gaussian_loop((0.0,), (0.5,), schedule="ramp-accumulate"), PointsEnsemble)
    both = gaussian_loop((0.0, 1.0), (0.5, 1.0), 12, corrector="histogram-exact")
    assert isinstance(both, SideBySide)
    assert both.describe()["lam"] == [0.5, 0.5, 1.0, 1.0] and both.k == (6, 6, 12, 12)
    found = run_ensemble(both, EnsembleConfig(0, 5, 3))
    for part, lam in enumerate((0.5, 1.0)):
        alone = PointsEnsemble((0.0, 1.0), lam, 12, 2, "augment", "histogram-exact")
        one = run_ensemble(alone, EnsembleConfig(0, 5, 3))
        assert all(np.array_equal(found[name][..., 2 * part : 2 * part + 2], one[name]) for name in one)


@pytest.mark.parametrize(
    ("setting", "text"),
    [
        ({"gammas": ()}, "at least one gamma"),
        ({"gammas": (-1.0,)}, "gamma must be >= 0"),
        ({"corrector": "magic"}, f"corrector must be one of {', '.join(CORRECTORS)}"),
        ({"corrector": "histogram-official", "dimension": 3}, "dimension must be 2"),
        ({"schedule": "magic"}, "schedule must be one of augment"),
        ({"schedule": "replace", "lam": 0.1}, "must be >= 2 for 'replace'"),
        ({"first": 30}, "only 'fresh' allows it"),
        ({"lam": float("inf")}, "lam must be >= 0 and finite"),
    ],
)
def test_bad_input(setting, text):
    with pytest.raises(ValueError, match=text):
        curves(**setting)


def test_a_box_too_small_for_the_official_sampler_is_an_error():
    with pytest.raises(ValueError, match="accepted too few"):
        curves(runs=64, generations=12, schedule="replace", corrector="histogram-official")


def test_more_bad_input():
    with pytest.raises(ValueError, match="workers must be >= 0"):
        curves(workers=-1)
    with pytest.raises(ValueError, match="at least one gamma and one lam"):
        gaussian_loop((), ())
    with pytest.raises(ValueError, match="corrector must be one of mixture"):
        gaussian_loop((0.0,), corrector="magic")
