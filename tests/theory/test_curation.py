"""Curation on finite spaces: limits of H_K, invariances, bounds on random laws, refusals."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from theory.curation import choice_weight, curate, divergence, divergence_bound, expected_reward, least_rise
from theory.formulas import curation_sup, sharper_gain, tilted_path, two_point_ratio

SEEDS = st.integers(0, 2**32 - 1)
CANDIDATES = st.integers(2, 7)


def _problem(seed, m=4, spread=2.0):
    rng = np.random.default_rng(seed)
    return rng.dirichlet(np.ones(m)), rng.normal(0, spread, m)


@given(SEEDS, CANDIDATES, st.floats(-1e3, 1e3))
def test_the_weight_is_a_law_and_ignores_a_constant(seed, K, constant):
    p, reward = _problem(seed)
    found = choice_weight(p, reward, K)
    assert (p * found).sum() == pytest.approx(1, abs=1e-12)
    assert (found <= K * (1 + 1e-12)).all() and (found >= 0).all()
    assert choice_weight(p, reward + constant, K) == pytest.approx(found, rel=1e-9)
    assert choice_weight(p, np.full(4, constant), K) == pytest.approx(np.ones(4), rel=1e-12)
    order = np.argsort(reward)
    assert (np.diff(found[order]) >= -1e-12).all(), "a better point never gets a smaller weight"


def test_many_candidates_choose_by_the_tilted_law():
    """H_K - e^r/E e^r is O(1/K): halved when K doubles, within a tenth."""
    p, reward = np.array([0.5, 0.5]), np.array([0.0, 0.7])
    limit = np.exp(reward) / expected_reward(p, reward)[0]
    gaps = [np.abs(choice_weight(p, reward, K) - limit).max() for K in (100, 200)]
    assert gaps[1] / gaps[0] == pytest.approx(0.5, rel=0.1) and gaps[1] < 0.01


def test_large_rewards_do_not_overflow():
    found = choice_weight(np.array([0.5, 0.5]), np.array([-700.0, 700.0]), 2)
    assert found == pytest.approx([0.5, 1.5])


@settings(max_examples=50)
@given(SEEDS, CANDIDATES, st.floats(0.01, 0.99))
def test_real_data_hold_the_law_and_the_reward_stays_up(seed, K, share):
    p, reward = _problem(seed)
    lam, law = share / (K - 1), p
    start, variance = expected_reward(p, reward)
    gain = sharper_gain(lam) * least_rise(variance, reward, K)
    for _ in range(20):
        law = curate(law, reward, K, lam, p)
        assert (law / p).max() <= curation_sup(K, lam) * (1 + 1e-12)
        assert 0 <= divergence(law, p) + 1e-15 and divergence(law, p) <= divergence_bound(K, lam) + 1e-12
        assert expected_reward(law, reward)[0] >= start + gain - 1e-12 * np.exp(reward.max())


def test_two_points_and_gaussians():
    p, seen = np.array([0.5, 0.5]), []
    for _ in range(5):
        p = curate(p, np.array([0.0, 1.0]), 2)
        seen.append(p[1])
    assert seen == pytest.approx([0.61552929, 0.72489069, 0.81704803, 0.88612555, 0.93275644], abs=5e-9)
    assert two_point_ratio(2, math.e) == pytest.approx(0.5378828, abs=5e-8)
    assert tilted_path(0.0, 1.0, 20, centre=1.0, tau2=4.0) == pytest.approx((0.833333, 0.166667), abs=5e-7)


def test_the_divergence_bound_ends_where_the_theorem_does():
    assert divergence_bound(3, 0.5) == math.inf and divergence_bound(3, 7.0) == math.inf
    assert divergence_bound(3, 0.0) == 0 and divergence_bound(2, 0.5) == pytest.approx(math.log(2))
    assert divergence(np.array([0.0, 1.0]), np.array([0.5, 0.5])) == pytest.approx(math.log(2))


HALF, REWARD = np.array([0.5, 0.5]), np.array([0.0, 1.0])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: choice_weight(HALF, REWARD, 1), "K must be a whole number >= 2"),
        (lambda: choice_weight(HALF, REWARD, 2.5), "K must be a whole number"),
        (lambda: choice_weight(np.array([0.7, 0.7]), REWARD, 2), "p must be a law"),
        (lambda: choice_weight(np.array([-0.5, 1.5]), REWARD, 2), "p must be a law"),
        (lambda: choice_weight(np.array([math.nan, 1.0]), REWARD, 2), "p must be a law"),
        (lambda: choice_weight(HALF, np.array([0.0]), 2), "the same shape"),
        (lambda: choice_weight(HALF, np.array([0.0, math.inf]), 2), "reward must be finite"),
        (lambda: curate(HALF, REWARD, 2, 0.5), "there is no reference law"),
        (lambda: curate(HALF, REWARD, 2, -1.0, HALF), "lam must be >= 0"),
        (lambda: curate(HALF, REWARD, 2, math.nan, HALF), "lam must be >= 0"),
        (lambda: curate(HALF, REWARD, 2, 0.5, np.array([1.0, 1.0])), "reference must be a law"),
        (lambda: divergence_bound(1, 0.1), "K must be a whole number >= 2"),
        (lambda: divergence_bound(2, math.nan), "lam must be >= 0"),
    ],
)
def test_what_is_no_curation_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
