"""The fused Gaussian ensemble: independent of blocks and cells, resumable, equal in law to the point-wise engine."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import linalg

from loop import MemoryStore, RunConfig, run, schedule_named
from loop.ensemble import EnsembleConfig, run_ensemble
from toy.gaussian import GaussianProblem, covariance_root, ideal, wasserstein2
from toy.gaussian_ensemble import GaussianEnsemble
from toy.groups import Group, pooled, standard_group


def group_of(points):
    mean = points.mean(0)
    return Group(np.array(float(len(points))), mean, (points - mean).T @ (points - mean))


@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 3), st.integers(0, 2**31))
def test_pooling_is_that_of_the_points(n, m, d, seed):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(0, 1, (n, d)), rng.normal(3, 2, (m, d))
    both, direct = pooled(group_of(x), group_of(y)), group_of(np.concatenate([x, y]))
    assert np.allclose(both.mean, direct.mean, atol=1e-12)
    assert np.allclose(both.scatter, direct.scatter, atol=1e-10)
    assert both.count == n + m


@pytest.mark.parametrize("count", [0, 1, 2, 3, 10])
def test_scatter_has_the_law_of_points(count):
    """E scatter = (k-1) I, E det by the chi^2 product, rank at most k-1, mean of variance 1/k."""
    d, m = 3, 40_000
    group = standard_group(np.full(m, float(count)), d, np.random.default_rng(count))
    expected = max(count - 1, 0) * np.eye(d)
    error = group.scatter.std(0) / np.sqrt(m)
    assert np.all(np.abs(group.scatter.mean(0) - expected) <= 5 * error + 1e-12)
    rank = np.linalg.matrix_rank(group.scatter[:50], tol=1e-9)
    assert np.all(rank == min(max(count - 1, 0), d))
    if count:
        assert abs(group.mean.var() * count - 1) < 5 * np.sqrt(2 / (m * d))
    else:
        assert not group.mean.any()


@settings(max_examples=30)
@given(hnp.arrays(float, (3, 3), elements=st.floats(-2, 2)), hnp.arrays(float, 3, elements=st.floats(-2, 2)))
def test_wasserstein_against_the_matrix_root(root, mean):
    covariance = root @ root.T
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", linalg.LinAlgWarning)  # the singular case is meant
        reference = mean @ mean + np.trace(covariance + np.eye(3) - 2 * np.real(linalg.sqrtm(covariance)))
    assert wasserstein2(mean, covariance) == pytest.approx(np.sqrt(max(reference, 0)), abs=1e-5)


def curves(folder=None, runs=80, generations=6, every=0, gammas=(0.0, 1.0), lams=(0.5, 0.5), **more):
    problem = GaussianEnsemble(gammas, lams, **{"n": 20, "dimension": 2, **more})
    return run_ensemble(problem, EnsembleConfig(3, runs, generations, every), folder)


def same(one, two):
    return all(np.array_equal(one[name], two[name]) for name in one)


@pytest.mark.parametrize("d", [1, 2])
@settings(max_examples=30)
@given(data=st.data())
def test_small_dimensions_have_closed_forms(d, data):
    root = data.draw(hnp.arrays(float, (d, d), elements=st.floats(-2, 2)))
    covariance = root @ root.T
    found = covariance_root(covariance)
    assert np.allclose(found @ found.T, covariance, atol=1e-12)
    values = np.maximum(np.linalg.eigvalsh(covariance), 0)
    assert wasserstein2(np.ones(d), covariance) == pytest.approx(
        np.sqrt(d + ((np.sqrt(values) - 1) ** 2).sum()), abs=1e-6
    )


def test_singular_covariances_have_a_root_whatever_their_company():
    good = np.diag([1.0, 2.0, 3.0])
    flat = np.diag([1.0, 1.0, 0.0]) - 1e-3 * np.diag([0, 0, 1.0])  # rounding may leave a negative eigenvalue
    both = covariance_root(np.stack([good, flat]))
    assert np.array_equal(both[0], covariance_root(good))
    assert np.allclose(both[1] @ both[1].T, np.diag([1.0, 1.0, 0.0]), atol=1e-12)


@pytest.mark.parametrize("schedule", ["augment", "replace", "fresh", "accumulate", "mix"])
def test_seeds_and_cells_do_not_depend_on_the_others(schedule):
    both = curves(schedule=schedule)
    fewer = curves(runs=5, schedule=schedule)
    assert all(np.array_equal(both[name][:, :5], fewer[name]) for name in both)
    alone = curves(gammas=(1.0,), lams=(0.5,), schedule=schedule)
    assert all(np.array_equal(both[name][..., 1:], alone[name]) for name in both)
    assert not np.array_equal(both["w2"][:, :16], both["w2"][:, 64:80]), "blocks have streams of their own"


def test_folder_resumes_and_extends(tmp_path):
    whole = curves(tmp_path / "whole", generations=9)
    part = tmp_path / "part"
    curves(part, runs=10, generations=4, every=2)
    curves(part, runs=80, generations=6)
    assert same(curves(part, generations=9), whole)
    assert same(curves(None, generations=9), whole)
    for name in ("curves.npz", "config.json", "blocks/block-00000.npz"):
        assert (part / name).read_bytes() == (tmp_path / "whole" / name).read_bytes(), name
    shorter = curves(part, generations=3)
    assert np.array_equal(shorter["w2"], whole["w2"][:4])
    with pytest.raises(ValueError, match="n: started with 20, now 30"):
        curves(part, n=30)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("schedule", "more"),
    [
        *((name, {}) for name in ("augment", "replace", "fresh", "accumulate", "mix")),
        ("fresh", {"normalisation": "unbiased", "bias": 0.6, "first": 20}),
    ],
)
def test_equal_in_law_to_the_pointwise_engine(schedule, more):
    """Means of every measure after 4 generations, 640 point-wise against 12,800 fused runs; 5 standard errors.

    The same comparison rejects a fused loop of another strength, so it could fail.
    """
    n, lam, gamma, d, generations, runs = 8, 2.0, 0.2, 2, 4, 640
    problem = GaussianProblem(n, d, **more)
    rows = [
        [*run(problem, ideal(gamma), schedule_named(schedule, lam), RunConfig(seed, generations), MemoryStore())][-1]
        for seed in range(runs)
    ]
    fused = run_ensemble(
        GaussianEnsemble((gamma, np.inf), (lam, lam), n, d, schedule, **more), EnsembleConfig(99, 12_800, generations)
    )
    rejected = []
    for name in ("w2", "mean_error2", "variance"):
        one = np.array([record.measures[name] for record in rows])
        two = fused[name][-1, :, 0]
        error = np.hypot(one.std() / np.sqrt(len(one)), two.std() / np.sqrt(len(two)))
        assert abs(one.mean() - two.mean()) < 5 * error, name
        rejected.append(abs(one.mean() - fused[name][-1, :, 1].mean()) > 5 * error)
    assert any(rejected)


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"n": 1}, "n must be >= 2"),
        ({"dimension": 0}, "dimension must be >= 1"),
        ({"gammas": (-1.0, 0.0)}, "gamma must be >= 0"),
        ({"lams": (0.5, float("nan"))}, "lam must be"),
        ({"gammas": (1.0,)}, "one gamma and one lam"),
        ({"schedule": "none"}, "schedule must be one of"),
        ({"schedule": "ramp-accumulate"}, "schedule must be one of"),
        ({"normalisation": "ml"}, "normalisation must be 'mle' or 'unbiased'"),
        ({"bias": 1.2}, "bias must lie in"),
        ({"bias": float("nan")}, "bias must lie in"),
        ({"first": 30}, "only 'fresh' allows it"),
        ({"first": 1, "schedule": "fresh"}, "first must be >= 2"),
        ({"schedule": "replace", "lams": (0.05, 0.05)}, "must be >= 2 for 'replace'"),
    ],
)
def test_bad_input(more, text):
    with pytest.raises(ValueError, match=text):
        curves(**more)


def test_no_synthetic_samples_stays_where_it_began():
    out = curves(lams=(0.0, 0.0))
    assert np.allclose(out["w2"][0], out["w2"][-1])


def test_infinite_strength_is_a_fresh_sample_each_time():
    """Without real data and gamma = inf the model is fitted on k fresh target points: E |mean|^2/d = 1/k."""
    out = curves(gammas=(np.inf, 0.0), schedule="replace", runs=2000, generations=5)
    error2 = out["mean_error2"][-1]
    bound = 5 * np.sqrt(2 / (2 * 2000)) / 10
    assert abs(error2[:, 0].mean() - 1 / 10) < bound
    assert abs(error2[:, 1].mean() - 1 / 10) > bound, "no correction drifts"
