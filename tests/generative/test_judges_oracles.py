"""Judges against loops written out, scipy and scikit-learn."""

import itertools
from math import comb

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import mannwhitneyu, norm
from sklearn.metrics.pairwise import polynomial_kernel

from generative.distances import frechet, frechet_gaussians, kid
from generative.judges import (
    TooFew,
    diversity_with_error,
    fid,
    fid_infinity,
    kid_with_error,
    memorisation,
    multimodality,
    neighbours,
    text_match,
)
from generative.judges import pairs as pairs_module
from generative.judges.estimate import jackknife
from generative.judges.memorisation import statistics
from generative.judges.neighbours import shares
from generative.judges.pairs import nearest
from generative.judges.text_match import _deal
from loop.seeds import stream

numbers = st.floats(-10, 10)
spreads = st.floats(0, 10)


def two_sets(n=40, m=30, d=4, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)) @ rng.normal(size=(d, d)), rng.normal(0.3, 1.2, size=(m, d))


@given(arrays(float, (2, 4), elements=numbers), arrays(float, (2, 4), elements=spreads), st.integers(0, 99))
def test_frechet_of_commuting_gaussians_is_exact(means, spread, seed):
    """In any common basis: |shift|^2 + sum (s - t)^2 of the standard deviations, also where some are 0."""
    basis = scipy.linalg.qr(np.random.default_rng(seed).normal(size=(4, 4)))[0]
    covariances = [(basis * s**2) @ basis.T for s in spread]
    exact = np.sum((means[0] - means[1]) ** 2) + np.sum((spread[0] - spread[1]) ** 2)
    # A root turns rounding of 1e-16 C into 1e-8 sqrt(C), twice.
    assert np.isclose(
        frechet_gaussians(means[0], covariances[0], means[1], covariances[1]), exact, rtol=1e-6, atol=1e-4
    )


def test_frechet_of_gaussians_in_one_dimension_and_of_fitted_moments():
    one = np.array([[4.0]])
    assert np.isclose(frechet_gaussians(np.array([1.0]), one, np.array([4.0]), one * 4), 9 + 4, rtol=1e-12)
    x, y = two_sets()
    moments = [(s.mean(0), np.cov(s, rowvar=False)) for s in (x, y)]
    got = frechet_gaussians(*moments[0], *moments[1])
    textbook = np.sum((x.mean(0) - y.mean(0)) ** 2) + np.trace(
        moments[0][1] + moments[1][1] - 2 * scipy.linalg.sqrtm(moments[0][1] @ moments[1][1]).real
    )
    assert np.isclose(got, textbook, rtol=1e-6) and np.isclose(got, frechet(x, y).value, rtol=1e-9)
    assert fid(x, y).value == frechet(x, y).value
    with pytest.raises(ValueError, match="cov_y must be symmetric"):
        frechet_gaussians(np.zeros(2), np.eye(2), np.zeros(2), np.array([[1.0, 0.5], [0, 1]]))
    with pytest.raises(ValueError, match="cov_x must have shape"):
        frechet_gaussians(np.zeros(2), np.eye(3), np.zeros(2), np.eye(2))
    with pytest.raises(ValueError, match="means must have one shape"):
        frechet_gaussians(np.zeros(2), np.eye(2), np.zeros(3), np.eye(3))


def test_fid_warns_of_few_samples_and_says_n_and_d():
    found = fid(*two_sets(20, 9, 5))
    assert (found.n, found.d) == ((20, 9), 5) and "n = 9 < 2 d = 10" in found.note and np.isnan(found.se)
    assert fid(*two_sets(20, 30, 5)).note == ""


def test_fid_infinity_of_a_line_is_its_intercept():
    """By hand: the means over parts at 1, 2, 3, 4 parts, and the least-squares line."""
    x, y = two_sets(41, 40)
    rng = stream(3, 0, "fid infinity: parts")
    lx, ly = rng.permutation(41), rng.permutation(40)
    rows = []
    for parts in (1, 2, 3, 4):
        found = [(x[lx % parts == part], y[ly % parts == part]) for part in range(parts)]
        inverse = np.mean([1 / len(a) + 1 / len(b) for a, b in found])
        rows.append((1, inverse, np.mean([frechet(a, b).value for a, b in found])))
    table = np.array(rows)
    intercept = np.linalg.lstsq(table[:, :2], table[:, 2], rcond=None)[0][0]
    assert np.isclose(fid_infinity(x, y, seed=3, groups=0).value, intercept)
    with pytest.raises(TooFew, match=r"fid_infinity of 4 features needs n >= 20, got 19; draw more"):
        fid_infinity(x[:19], y)


def test_kid_is_scikit_learns_kernel_and_the_plain_one():
    x, y = two_sets()
    n, m = len(x), len(y)

    def kernel(a, b):
        return polynomial_kernel(a, b, degree=3, gamma=1 / 4, coef0=1)

    own = [(k.sum() - np.trace(k)) / (len(k) * (len(k) - 1)) for k in (kernel(x, x), kernel(y, y))]
    want = sum(own) - 2 * kernel(x, y).mean()
    assert np.isclose(kid_with_error(x, y).value, want, rtol=1e-10) and np.isclose(kid(x, y), want, rtol=1e-10)
    assert kid_with_error(x, y).n == (n, m)
    with pytest.raises(TooFew, match="kid needs n >= 4"):
        kid_with_error(x[:3], y)


def brute_shares(samples, real, k):
    def radius(s, i):
        return sorted(np.linalg.norm(s[i] - s[j]) for j in range(len(s)) if j != i)[k - 1]

    def inside(point, s, i):
        return np.linalg.norm(point - s[i]) <= radius(s, i)

    precision = np.mean([any(inside(p, real, i) for i in range(len(real))) for p in samples])
    recall = np.mean([any(inside(p, samples, i) for i in range(len(samples))) for p in real])
    density = np.mean([sum(inside(p, real, i) for i in range(len(real))) / k for p in samples])
    coverage = np.mean([any(inside(p, real, i) for p in samples) for i in range(len(real))])
    return [precision, recall, density, coverage]


@pytest.mark.parametrize("k", [1, 3, 5])
def test_neighbours_are_the_loops(k):
    samples, real = two_sets(16, 13, 3)
    found = neighbours(samples, real, k=k)
    got = [found.precision.value, found.recall.value, found.density.value, found.coverage.value]
    assert np.allclose(got, brute_shares(samples, real, k), rtol=1e-12)
    with pytest.raises(TooFew, match=f"k = {k} needs n >= {k + 1}, got {k}"):
        neighbours(samples, real[:k], k=k)
    with pytest.raises(ValueError, match="k must be at least 1"):
        neighbours(samples, real, k=0)


def test_blocks_change_nothing(monkeypatch):
    samples, real = two_sets(50, 33)
    whole = shares(samples, real), kid_with_error(samples, real), diversity_with_error(samples), nearest(samples, real)
    monkeypatch.setattr(pairs_module, "_ENTRIES", 100)
    assert len(list(pairs_module.blocks(50, 33))) == 17
    parts = shares(samples, real), kid_with_error(samples, real), diversity_with_error(samples), nearest(samples, real)
    assert np.array_equal(whole[0], parts[0]) and np.array_equal(whole[3], parts[3])
    assert np.isclose(whole[1].value, parts[1].value) and np.isclose(whole[1].se, parts[1].se)
    assert np.isclose(whole[2].value, parts[2].value)
    brute = np.linalg.norm(samples[:, None] - real[None], axis=-1).min(axis=1)
    assert np.allclose(whole[3], brute) and np.all(nearest(real[:4], real) == 0.0)
    with pytest.raises(ValueError, match="at least 1 sample"):
        nearest(samples, real[:0])


def test_diversity_is_the_mean_over_pairs():
    x, _ = two_sets()
    every = [np.linalg.norm(a - b) for a, b in itertools.combinations(x, 2)]
    assert np.isclose(diversity_with_error(x).value, np.mean(every), rtol=1e-10)
    drawn = diversity_with_error(x, pairs=20, seed=1)
    assert drawn.n == (20,) and drawn.low < np.mean(every) < drawn.high
    assert drawn == diversity_with_error(x, pairs=20, seed=1) != diversity_with_error(x, pairs=20, seed=2)
    with pytest.raises(TooFew, match="diversity of 300 disjoint pairs needs n >= 600, got 40"):
        diversity_with_error(x, pairs=300)


def test_multimodality_is_the_loop():
    x = np.random.default_rng(0).normal(size=(6, 5, 3))
    each = [np.mean([np.linalg.norm(a - b) for a, b in itertools.combinations(one, 2)]) for one in x]
    found = multimodality(x)
    assert np.isclose(found.value, np.mean(each)) and np.isclose(found.se, np.std(each, ddof=1) / np.sqrt(6))
    many = multimodality(x, pairs=200_000)
    # All pairs equally likely: the error of the mean over 200,000 pairs is below spread / sqrt(200,000).
    assert abs(many.value - found.value) < 5 * 2 / np.sqrt(200_000)
    assert multimodality(np.zeros((4, 2, 3)), pairs=10).value == 0.0
    for bad, text in (
        (x[:1], "captions >= 2"), (x[:, :1], "repeats >= 2"), (x[0], "must have shape"), (x * np.nan, "must be finite"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=text):
            multimodality(bad)
    with pytest.raises(ValueError, match="pairs must be at least 1"):
        multimodality(x, pairs=0)


@given(
    arrays(int, (4, 1), elements=st.integers(0, 2)),
    arrays(int, (4, 1), elements=st.integers(0, 2)),
    st.lists(st.sampled_from("ab"), min_size=4, max_size=4) | st.none(),
    st.booleans(),
)
@settings(deadline=None)
def test_r_precision_is_the_ranking_over_all_orders_of_ties(samples, texts, captions, equal):
    """One pool of 4 with many equal distances: the share of the 24 orders in which the first k hold a match."""
    found = text_match(samples.astype(float), texts.astype(float), captions, pool=4, equal_captions_hit=equal)
    orders = list(itertools.permutations(range(4)))
    for k, top, chance in zip((1, 2, 3), found.top, found.chance, strict=True):
        hits, blind = [], []
        for i in range(4):
            same = [j for j in range(4) if j == i or (equal and captions is not None and captions[i] == captions[j])]
            blind.append(1 - comb(4 - len(same), k) / comb(4, k))
            for order in orders:
                ranked = sorted(order, key=lambda j: abs(int(samples[j, 0]) - int(texts[i, 0])))
                hits.append(any(j in same for j in ranked[:k]))
        assert np.isclose(top.value, np.mean(hits)) and np.isclose(chance, np.mean(blind))


def test_r_precision_pools_and_the_remainder():
    """70 pairs: two pools and 6 more, which are filled up with 26 distractors, or dropped as in T2M."""
    rng = np.random.default_rng(0)
    samples = rng.normal(size=(70, 3))
    texts = samples + rng.normal(size=samples.shape)
    filled, dropped = (text_match(samples, texts, remainder=kind) for kind in ("fill", "drop"))
    assert (filled.counted, filled.left_out, dropped.counted, dropped.left_out) == (70, 0, 64, 6)
    assert np.isclose(filled.distance.value, np.linalg.norm(samples - texts, axis=1).mean())
    pools, counts = _deal(70, 32, "fill", np.random.default_rng(1))
    assert pools.shape == (3, 32) and sorted(pools[counts]) == list(range(70))
    assert all(len(set(pool)) == 32 for pool in pools)
    perfect = text_match(samples, samples)
    assert [top.value for top in perfect.top] == [1.0, 1.0, 1.0] and perfect.top[0].low < 1.0 == perfect.top[0].high
    point = text_match(np.zeros((70, 3)), texts)
    assert np.allclose([top.value for top in point.top], [1 / 32, 2 / 32, 3 / 32])  # not all, not none
    for call, text in (
        (lambda: text_match(samples[:31], texts[:31]), "R-precision needs n >= 32, got 31; draw more"),
        (lambda: text_match(samples, texts[:9]), "one shape"),
        (lambda: text_match(samples, texts * np.nan), "must be finite"),
        (lambda: text_match(samples, texts, ["a"]), "one per sample"),
        (lambda: text_match(samples, texts, remainder="keep"), "'fill' or 'drop', got 'keep'"),
    ):
        with pytest.raises(ValueError, match=text):
            call()


def test_equal_captions_are_no_misses_unless_asked():
    """Two captions only, each sample on its caption's place: always a hit; by index alone a matter of luck."""
    captions = ["walk", "run"] * 32
    places = np.array([[0.0], [9.0]] * 32)
    ours = text_match(places, places, captions)
    t2m = text_match(places, places, captions, equal_captions_hit=False, remainder="drop")
    assert ours.top[0].value == 1.0 and ours.chance[0] > 0.4
    assert t2m.top[0].value < 0.1 and t2m.chance[0] == 1 / 32


def test_c_t_is_scipys_mann_whitney_also_with_ties():
    rng = np.random.default_rng(0)
    for samples, held_out in (
        (rng.random(50), rng.random(40) + 0.1),
        (rng.integers(5, size=60).astype(float), rng.integers(6, size=30).astype(float)),
    ):
        p = mannwhitneyu(samples, held_out, alternative="less", method="asymptotic", use_continuity=False).pvalue
        assert np.isclose(norm.cdf(statistics(samples, held_out)[1]), p, rtol=1e-10)
    assert statistics(np.ones(30), np.ones(30))[1] == 0.0
    with pytest.raises(TooFew, match="memorisation needs held-out n >= 19, got 18"):
        memorisation(*(rng.normal(size=(n, 2)) for n in (20, 20, 18)))


def test_memorised_share_by_hand():
    training, held_out = np.zeros((2, 1)), np.arange(1.0, 40.0)[:, None]  # 39: the second smallest is the quantile
    found = memorisation(np.array([[0.5], [1.0], [1.5], [2.0], [30.0]]), training, held_out)
    assert found.share.value == 3 / 5 and found.expected == 2 / 40


def test_jackknife_of_a_linear_measure_is_the_variance_of_group_means():
    """Two sets of 20 in 10 groups of 2: se^2 of a difference of means is the sum of var(group means) / 10."""
    x, y = np.random.default_rng(0).normal(size=(2, 20))

    def measure(i, j):
        return np.array([x[i].mean() - y[j].mean()])

    value, se = jackknife(measure, (20, 20), 10, np.random.default_rng(5))
    rng, want = np.random.default_rng(5), 0.0
    for one in (x, y):
        group = rng.permutation(20) % 10
        want += np.var([one[group == g].mean() for g in range(10)], ddof=1) / 10
    assert np.isclose(value[0], x.mean() - y.mean()) and np.isclose(se[0] ** 2, want)
    assert np.isnan(jackknife(measure, (19, 20), 10, rng)[1][0])
