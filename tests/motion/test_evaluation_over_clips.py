"""Means over clips: textbook values without captures, wider errors with them, Holm by hand."""

import math

import numpy as np
import pytest
from scipy import stats

from motion.evaluation.over_clips import Mean, difference, holm, mean, ratio, root_mean_square


def test_without_captures_they_are_the_textbook_s():
    rng = np.random.default_rng(0)
    x, y = rng.normal(1, 1, 40), rng.normal(1.3, 1, 40)
    found = mean(x)
    assert found.value == pytest.approx(x.mean()) and found.se == pytest.approx(stats.sem(x)) and found.n == 40
    gap = difference(x, y)
    known = stats.ttest_rel(x, y)
    assert gap.value == pytest.approx((x - y).mean()) and gap.p == pytest.approx(known.pvalue)
    assert gap.value / gap.se == pytest.approx(known.statistic)


def test_copies_of_a_capture_add_nothing():
    x = np.random.default_rng(1).normal(size=12)
    thrice, owners = np.repeat(x, 3), [f"c{i // 3}" for i in range(36)]
    assert mean(thrice, owners).se == pytest.approx(mean(x).se)
    assert mean(thrice).se < 0.7 * mean(x).se  # what ignoring the captures would claim
    assert difference(thrice, np.zeros(36), owners).p == pytest.approx(difference(x, np.zeros(12)).p)
    assert ratio(thrice, thrice + 9, owners).se == pytest.approx(ratio(x, x + 9).se)


def test_errors_of_ratio_and_root_are_those_of_repeated_draws():
    rng = np.random.default_rng(2)
    ratios, roots, errors = [], [], []
    for _ in range(400):
        before = rng.gamma(4.0, 1.0, 60)
        after = 0.8 * before + rng.gamma(1.0, 0.2, 60)
        found, root = ratio(after, before), root_mean_square(before**2)
        ratios.append(found.value)
        roots.append(root.value)
        errors.append((found.se, root.se))
    assert np.mean(ratios) == pytest.approx(0.85, abs=0.003)
    claimed = np.mean(errors, axis=0)
    for values, error in ((ratios, claimed[0]), (roots, claimed[1])):
        assert np.std(values) == pytest.approx(error, rel=0.15)  # 400 draws: 3.5 % each


def test_nothing_and_what_is_not_finite():
    assert ratio([0, 0], [0, 0]) == Mean(1.0, 0.0, 2) and ratio([0, 0], [0, 0], nothing=0.0).value == 0
    assert ratio([1, 0], [0, 0]).value == math.inf
    found = mean([1.0, math.nan, 3.0])
    assert found.value == 2 and found.n == 2
    assert mean([math.nan]).n == 0 and math.isnan(mean([math.nan]).value)
    assert math.isnan(mean([1.0, 2.0], ["a", "a"]).se) and math.isnan(difference([1, 2], [0, 0], ["a", "a"]).p)
    assert difference([1, 2], [1, 2]).p == 1 and difference([2, 3], [1, 2]).p == 0
    assert root_mean_square([0.0, 0.0]) == Mean(0.0, 0.0, 2)
    for wrong in (lambda: mean([1, 2], ["a"]), lambda: ratio([1, 2], [1]), lambda: mean([[1.0]])):
        with pytest.raises(ValueError, match="one entry per clip"):
            wrong()


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    found = holm([0.03, math.nan, 0.6])
    assert found[0] == pytest.approx(0.06) and math.isnan(found[1]) and found[2] == 0.6
