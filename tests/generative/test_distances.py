"""Frechet distance, diversity and neighbours against references and wrong formulas."""

import numpy as np
import pytest
import scipy.linalg
from scipy.stats import binomtest

from generative.distances import Share, diversity, frechet, kid, knn_action, knn_labels, nearest_distance


def textbook(x, y):
    """The formula as HumanML3D's evaluation has it, with scipy's general root."""
    c, k = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    shift = x.mean(0) - y.mean(0)
    return shift @ shift + np.trace(c) + np.trace(k) - 2 * np.trace(scipy.linalg.sqrtm(c @ k)).real


def correlated(rng, n, d, scale=1.0, shift=0.0):
    return rng.normal(size=(n, d)) @ rng.normal(size=(d, d)) * scale + shift


def test_frechet_is_the_textbook_formula():
    rng = np.random.default_rng(0)
    for d in (2, 7, 20):
        x, y = correlated(rng, 200, d), correlated(rng, 150, d, 1.5, 0.3)
        assert np.isclose(frechet(x, y).value, textbook(x, y), rtol=1e-8)
        c, k = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
        shift = np.sum((x.mean(0) - y.mean(0)) ** 2)
        without_cross_term = shift + np.trace(c) + np.trace(k)
        roots_apart = (
            shift + np.trace(c) + np.trace(k) - 2 * np.trace(scipy.linalg.sqrtm(c) @ scipy.linalg.sqrtm(k)).real
        )
        assert not np.isclose(frechet(x, y).value, without_cross_term, rtol=1e-2)
        assert not np.isclose(frechet(x, y).value, roots_apart, rtol=1e-3)


def test_frechet_of_gaussians_with_known_moments():
    """Whitened samples have exactly zero mean and unit covariance, so the analytic value is met to rounding."""
    rng = np.random.default_rng(1)

    def exact(n, d):
        z = rng.normal(size=(n, d))
        z -= z.mean(0)
        return z @ np.linalg.inv(np.linalg.cholesky(np.cov(z, rowvar=False))).T

    x, y = exact(100, 5), exact(80, 5)
    scale, shift = np.array([0.5, 1, 2, 3, 4]), np.array([1.0, 0, 0, -2, 0])
    assert np.isclose(frechet(x, y * scale + shift).value, 5 + np.sum((scale - 1) ** 2), rtol=1e-10)
    assert frechet(x, x).value < 1e-9 and np.isclose(frechet(x, x + shift).value, 5.0)


def test_frechet_with_fewer_samples_than_dimensions():
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(10, 30)), rng.normal(size=(12, 30))
    result = frechet(x, y)
    assert result.rank_deficient and (result.n, result.d) == ((10, 12), 30)
    # The same through the Gram matrix: the singular values of X Y^T / sqrt((n-1)(m-1)).
    cross = np.linalg.svd((x - x.mean(0)) @ (y - y.mean(0)).T, compute_uv=False).sum() / np.sqrt(9 * 11)
    exact = np.sum((x.mean(0) - y.mean(0)) ** 2) + x.var(0, ddof=1).sum() + y.var(0, ddof=1).sum() - 2 * cross
    assert np.isclose(result.value, exact, rtol=1e-10)
    assert frechet(x, x).value < 1e-9
    many = rng.normal(size=(80, 30))  # one set with enough samples, one without
    assert np.isclose(frechet(x, many).value, textbook(x, many), rtol=1e-6)
    assert np.isclose(frechet(many, x).value, frechet(x, many).value, rtol=1e-10)
    assert not frechet(rng.normal(size=(50, 3)), rng.normal(size=(50, 3))).rank_deficient


def test_frechet_floor_falls_with_n():
    """One law against itself is biased upward, the more the fewer samples: why the floor is reported."""
    rng = np.random.default_rng(3)
    few, many = (
        [frechet(rng.normal(size=(n, 10)), rng.normal(size=(n, 10))).value for _ in range(20)] for n in (30, 300)
    )
    assert min(few) > max(many) > 0


def test_frechet_refuses_what_it_cannot_measure():
    good = np.random.default_rng(0).normal(size=(5, 3))
    for x, y, text in (
        (good[:1], good, "x must hold at least 2"),
        (good, good[:, :2], "same width"),
        (good, np.full((4, 3), np.nan), "y must be finite"),
    ):
        with pytest.raises(ValueError, match=text):
            frechet(x, y)


def test_diversity_is_the_mean_distance_of_different_samples():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 4))
    distances = np.linalg.norm(x[:, None] - x[None], axis=-1)
    apart = distances[~np.eye(60, dtype=bool)]
    pairs = 200_000
    got = diversity(x, pairs, np.random.default_rng(1))
    assert abs(got - apart.mean()) < 5 * apart.std() / np.sqrt(pairs)
    assert abs(got - distances.mean()) > 5 * apart.std() / np.sqrt(pairs)  # a sample paired with itself lowers it
    assert got == diversity(x, pairs, np.random.default_rng(1))
    assert np.isclose(diversity(np.array([[0.0], [2.0]]), 5, rng), 2.0)  # never a sample with itself
    with pytest.raises(ValueError, match="at least 2 samples"):
        diversity(x[:1], 5, rng)


def test_nearest_distance_finds_copies():
    rng = np.random.default_rng(0)
    reference, query = rng.normal(size=(40, 6)), rng.normal(size=(10, 6))
    brute = np.linalg.norm(query[:, None] - reference[None], axis=-1).min(axis=1)
    assert np.allclose(nearest_distance(query, reference), brute)
    assert np.allclose(nearest_distance(reference[3:5], reference), 0)
    with pytest.raises(ValueError, match="at least one reference"):
        nearest_distance(query, reference[:0])


@pytest.mark.parametrize(("hits", "n"), [(0, 20), (7, 20), (20, 20), (300, 1000)])
def test_share_is_the_wilson_interval(hits, n):
    interval = binomtest(hits, n).proportion_ci(method="wilson")
    share = Share(hits, n)
    assert np.allclose([share.low, share.high], [interval.low, interval.high]) and share.rate == hits / n


def test_knn_votes_and_breaks_ties_by_distance():
    real = np.array([[0.0], [1.0], [1.1], [5.0]])
    labels = ["near", "pair", "pair", "far"]
    query = np.array([[0.1], [6.0]])
    assert knn_labels(real, labels, query, 1) == ("near", "far")
    assert knn_labels(real, labels, query, 3) == ("pair", "pair")
    assert knn_labels(real, labels, query, 2) == ("near", "far")  # one vote each: the nearest decides
    share = knn_action(real, labels, query, ["near", "pair"], k=1)
    assert (share.hits, share.n) == (1, 2)
    with pytest.raises(ValueError, match="k must be 1 to 4"):
        knn_labels(real, labels, query, 5)
    with pytest.raises(ValueError, match="one entry per real"):
        knn_labels(real, labels[:2], query, 1)
    with pytest.raises(ValueError, match="one entry per query"):
        knn_action(real, labels, query, ["near"], k=1)


def test_kid_is_the_sum_over_pairs_and_zero_on_average_for_one_law():
    """Against loops over pairs; over 200 pairs of samples of one law the mean is 0 within 5 standard errors, and that
    of a shifted law is not."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(7, 3)), rng.normal(size=(5, 3))

    def kernel(a, b):
        return (a @ b / 3 + 1) ** 3

    own = [np.mean([kernel(s[i], s[j]) for i in range(len(s)) for j in range(len(s)) if i != j]) for s in (x, y)]
    assert np.isclose(kid(x, y), sum(own) - 2 * np.mean([kernel(a, b) for a in x for b in y]))
    for shift, same in ((0.0, True), (0.5, False)):
        values = [kid(rng.normal(size=(20, 3)), rng.normal(shift, 1, size=(35, 3))) for _ in range(200)]
        assert (abs(np.mean(values)) < 5 * np.std(values, ddof=1) / np.sqrt(200)) == same
    with pytest.raises(ValueError, match="same width"):
        kid(x, y[:, :2])
    with pytest.raises(ValueError, match="at least 2"):
        kid(x, y[:1])
