"""Correctors and selectors of the toy loops against theory; tolerances are 5 standard errors derived where used."""

import math
from dataclasses import dataclass

import numpy as np
import pytest

from loop import ArrayBatch, Augment, MemoryStore, Mixture, RunConfig, run
from theory.curation import choice_weight
from theory.formulas import shrink_limit, wrong_weight
from theory.updates import trained, transport_step
from toy.correctors import KMeansProjection, Redraw, Shrink, Transport, wrong_target
from toy.gaussian import Gaussian, GaussianProblem
from toy.laws import Finite, Normal, NormalMixture, ring
from toy.selectors import Curation, LikelihoodRank, QuadraticReward, TableReward


@dataclass(frozen=True)
class Displaced(GaussianProblem):
    """Begins at N(0, beginning), not at the fit of the real data."""

    beginning: float = 1.0

    def fit(self, previous, training, rng, work=None):
        if previous is None:
            return Gaussian(np.zeros(1), np.array([[self.beginning]]))
        return super().fit(previous, training, rng, work)


def models(problem, corrector, lam, generations):
    """(mean, variance) of each generation, one dimension."""
    store = MemoryStore()
    found = []
    for _ in run(problem, corrector, Augment(lam), RunConfig(0, generations), store):
        model = store.model(len(found))
        found.append((float(model.mean[0]), float(model.covariance[0, 0])))
    return np.array(found)


def test_the_wrong_target_settles_between_both():
    """T6: m = w q; the mean's law: (1-s)/(1-r) of the real error, and AR(1) noise s^2 C/(k (1-r^2))."""
    n, lam, gamma, q = 4000, 2.0, 1.0, 2.0
    s, a, k = lam / (1 + lam), 1 / (1 + gamma), lam * n
    found = models(GaussianProblem(n, 1), Mixture(wrong_target((q,)), gamma), lam, 30)[-1]
    w = wrong_weight(s, a)
    v = 1 + w * (1 - w) * q**2  # variance of the mixture (1-w) N(0,1) + w N(q,1)
    C = a * v + (1 - a) + a * (1 - a) * (q * (1 - w)) ** 2
    r = s * a
    error = np.sqrt(((1 - s) / (1 - r)) ** 2 / n + s**2 * C / (k * (1 - r**2)))
    assert abs(found[0] - w * q) < 5 * error
    assert abs(found[0] - s * (1 - a) * q) > 5 * error, "rejects one generation's share of corrected samples"


def test_shrinking_settles_under_dispersed():
    """T7: v = (1-s)/(1-s a^2); a sample variance of m Gaussian points has relative variance 2/m."""
    n, lam, a = 4000, 2.0, 0.7
    s, k = lam / (1 + lam), lam * n
    found = models(GaussianProblem(n, 1), Shrink(a), lam, 30)[-1, 1]
    v, factor = shrink_limit(s, a), s * a**2
    error = np.sqrt(((1 - s) / (1 - factor)) ** 2 * 2 / n + (factor * v) ** 2 * 2 / (k * (1 - factor**2)))
    assert abs(found - v) < 5 * error
    assert abs(found - 1) > 5 * error, "rejects the ideal corrector's limit"


@pytest.mark.parametrize("first", [1.0, 4.0])
def test_transport_keeps_the_truth_and_contracts(first):
    """T7: each generation's variance; noise (1-s) sqrt(2/n) + s m^2 sqrt(2/k), kept by at most r = s a for v >= 1."""
    n, lam, a, generations = 20_000, 2.0, 0.5, 6
    s, k = lam / (1 + lam), lam * n
    found = models(Displaced(n, 1, beginning=first), Transport(a, Normal()), lam, generations)[:, 1]
    v, moved2 = [first], (a * math.sqrt(first) + 1 - a) ** 2
    ideal = [first]
    for _ in range(generations):
        v.append(transport_step(v[-1], s=s, a=a, sqrt=math.sqrt))
        ideal.append(trained(1, a * ideal[-1] + 1 - a, s=s))
    error = ((1 - s) * np.sqrt(2 / n) + s * moved2 * np.sqrt(2 / k)) / (1 - s * a)
    assert np.abs(found - v).max() < 5 * error
    if first > 1:
        assert np.abs(found - ideal).max() > 5 * error, "rejects the ideal mixture's variances"
        local = found[2:] - 1
        assert local[1] < s * local[0], "contracts faster than without a corrector"


def test_assignment_equals_sorting_on_a_line():
    points = np.random.default_rng(0).normal(3, 2, (60, 1))
    flat = ArrayBatch(np.hstack([points, np.zeros((60, 1))]))

    @dataclass(frozen=True)
    class Line:
        def draw(self, count, rng):
            return np.hstack([Normal().draw(count, rng), np.zeros((count, 1))])

    one = Transport(0.2, Normal())(ArrayBatch(points), np.random.default_rng(1)).samples.samples
    two = Transport(0.2, Line())(flat, np.random.default_rng(1)).samples.samples
    assert np.allclose(one[:, 0], two[:, 0], atol=1e-12) and not two[:, 1].any()


def test_projection_on_centres_under_disperses():
    """Distortion of the best quantiser of N(0,1) with 3, 4 levels: .1902, .1175 (Max 1960); the loop loses variance."""
    n = 20_000
    x = np.random.default_rng(0).normal(size=(n, 1))
    projection = KMeansProjection.fitted(x, 3)
    image = projection(ArrayBatch(x), np.random.default_rng(1)).samples
    squared = (image.samples - x)[:, 0] ** 2
    error = squared.std() / np.sqrt(n) + 5e-5
    assert abs(squared.mean() - 0.1902) < 5 * error and abs(squared.mean() - 0.1175) > 5 * error
    assert image.samples.var() < x.var()
    again = projection(image, np.random.default_rng(1))
    assert np.array_equal(again.samples.samples, image.samples) and not again.moved.any()
    found = models(GaussianProblem(n, 1), projection, 2.0, 5)[-1, 1]
    assert found < 1 - 5 * np.sqrt(2 / n)


def test_curation_has_the_law_of_the_choice():
    """Shares of the kept labels against p H_K; the limit of many candidates is rejected."""
    p, reward, K, n = np.array([0.4, 0.3, 0.2, 0.1]), np.array([0.0, 0.5, 1.0, 2.0]), 3, 50_000
    rng = np.random.default_rng(0)
    candidates = ArrayBatch(Finite(tuple(p)).draw(K * n, rng))
    kept = Curation(K, TableReward(tuple(reward)))(candidates, n, rng)
    share = np.bincount(kept.samples, minlength=4) / n
    exact, limit = p * choice_weight(p, reward, K), p * np.exp(reward) / (p @ np.exp(reward))
    error = np.sqrt(exact * (1 - exact) / n)
    assert (np.abs(share - exact) < 5 * error).all()
    assert (np.abs(share - limit) > 5 * error).any()


def test_rank_keeps_the_centre():
    """The likelier half of N(0,1) is |x| < .6745, of variance 1 - 4 c phi(c) = .142; x^2 <= c^2 bounds the error."""
    n, c = 20_000, 0.6744897501960817
    candidates = ArrayBatch(np.random.default_rng(0).normal(size=(2 * n, 1)))
    kept = LikelihoodRank(2, Normal())(candidates, n, np.random.default_rng(1)).samples
    expected = 1 - 4 * c * math.exp(-(c**2) / 2) / math.sqrt(2 * math.pi)
    error = c**2 / np.sqrt(n)
    assert abs(kept.var() - expected) < 5 * error
    assert abs(kept.var() - 0.5) > 5 * error
    assert np.abs(kept).max() < c + 5 * np.sqrt(0.25 / (2 * n)) / 0.3178


def test_densities_are_those_of_the_draws():
    """Mean log-density over own draws against the entropy of N(m, s^2 I), and mixture against its parts."""
    law = Normal((1.0, -2.0), 0.5)
    values = law.log_density(law.draw(20_000, np.random.default_rng(0)))
    entropy = 1 + math.log(2 * math.pi * 0.25)  # d = 2; the log-density's variance is d/2 = 1
    assert abs(values.mean() + entropy) < 5 / np.sqrt(20_000)
    two = NormalMixture((0.3, 0.7), ((0.0,), (4.0,)))
    x = np.linspace(-3, 7, 50)[:, None]
    direct = np.log(0.3 * np.exp(Normal((0.0,)).log_density(x)) + 0.7 * np.exp(Normal((4.0,)).log_density(x)))
    assert np.allclose(two.log_density(x), direct)
    assert abs(two.draw(20_000, np.random.default_rng(1)).mean() - 2.8) < 5 * np.sqrt((1 + 0.21 * 16) / 20_000)
    assert np.allclose(Finite((0.25, 0.75)).log_density(np.array([1, 0])), np.log([0.75, 0.25]))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Shrink(1.5), r"a must be in \[0, 1\]"),
        (lambda: Transport(float("nan"), Normal()), r"a must be in \[0, 1\]"),
        (lambda: wrong_target((math.nan,)), "mean must be finite"),
        (lambda: Normal((0.0,), -1.0), "deviation must be > 0"),
        (lambda: Finite((0.5, 0.6)), "sum 1"),
        (lambda: NormalMixture((0.5, 0.5), ((0.0,),)), "one weight per mean"),
        (lambda: ring(0), "modes must be >= 1"),
        (lambda: KMeansProjection.fitted(np.array([[np.nan], [1.0]]), 1), "drop nan"),
        (lambda: KMeansProjection.fitted(np.ones((3, 1)), 4), "m must be between"),
        (lambda: KMeansProjection(np.array([[np.inf]])), "centres must be finite"),
        (lambda: Curation(1, TableReward((0.0,))), "K must be >= 2"),
        (lambda: LikelihoodRank(0, Normal()), "K must be >= 2"),
        (lambda: QuadraticReward((0.0,), 0.0), "tau2 must be > 0"),
        (lambda: TableReward((math.inf,)), "rewards must be finite"),
    ],
)
def test_bad_settings_are_refused(make, message):
    with pytest.raises(ValueError, match=message) as caught:
        make()
    assert "\n" not in str(caught.value)


def test_bad_samples_are_refused():
    rng, nan = np.random.default_rng(0), ArrayBatch(np.full((4, 1), np.nan))
    with pytest.raises(ValueError, match="rewards are not finite"):
        Curation(2, QuadraticReward((0.0,), 1.0))(nan, 2, rng)
    with pytest.raises(ValueError, match="log-densities are nan"):
        LikelihoodRank(2, Normal())(nan, 2, rng)
    with pytest.raises(ValueError, match="shape"):
        Redraw(Normal((0.0, 0.0)))(nan, rng)
    with pytest.raises(ValueError, match="1 dimensions"):
        Transport(0.5, Normal((0.0, 0.0)))(nan, rng)
    with pytest.raises(ValueError, match=r"samples \(n, d\)"):
        Transport(0.5, Normal())(ArrayBatch(np.zeros(3)), rng)
    assert np.isfinite(Redraw(Normal())(nan, rng).samples.samples).all()
