import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from plots.statistics import band, holm, log_slope, paired_difference, paired_p, standard_error

numbers = st.floats(-1e3, 1e3, allow_nan=False)


@given(arrays(float, st.tuples(st.integers(2, 6), st.integers(1, 3)), elements=numbers))
def test_band_is_the_t_interval_of_scipy(values):
    got = band(values, axis=0)
    se = values.std(axis=0, ddof=1) / np.sqrt(len(values))
    low, high = stats.t.interval(0.95, len(values) - 1, loc=values.mean(axis=0), scale=np.where(se > 0, se, 1.0))
    low, high = (np.where(se > 0, edge, values.mean(axis=0)) for edge in (low, high))
    scale = np.abs(values).max() + 1.0
    np.testing.assert_allclose(got.mean, values.mean(axis=0), atol=1e-12 * scale)
    np.testing.assert_allclose(got.se, se, atol=1e-9 * scale)
    np.testing.assert_allclose(got.low, low, atol=1e-7 * scale)
    np.testing.assert_allclose(got.high, high, atol=1e-7 * scale)
    np.testing.assert_array_equal(standard_error(values.T, axis=1), got.se)


def test_band_covers_the_mean_as_often_as_it_says():
    runs, n = 20_000, 4
    values = np.random.default_rng(0).normal(3.0, 2.0, (n, runs))
    got = band(values, axis=0)
    covered = ((got.low <= 3.0) & (got.high >= 3.0)).mean()
    error = np.sqrt(0.95 * 0.05 / runs)
    assert abs(covered - 0.95) < 5 * error
    normal = np.abs(values.mean(axis=0) - 3.0) < 1.96 * got.se  # the wrong alternative: a normal quantile
    assert normal.mean() < 0.95 - 5 * error
    biased = values.std(axis=0, ddof=0) / np.sqrt(n)  # and: the deviation with n in the denominator
    assert not np.allclose(got.se, biased, rtol=0.05)


def test_one_run_has_a_mean_and_no_band():
    got = band(np.array([[1.0], [2.0]]), axis=1)
    np.testing.assert_array_equal(got.mean, [1.0, 2.0])
    assert np.isnan(got.low).all() and np.isnan(got.high).all() and np.isnan(got.se).all()
    np.testing.assert_array_equal(got.count, [1, 1])


def test_values_that_are_not_finite_are_left_out_and_counted():
    values = np.array([[1.0, 3.0, np.nan], [np.inf, 2.0, -np.inf], [np.nan, np.nan, np.inf]])
    got = band(values, axis=1)
    np.testing.assert_array_equal(got.mean, [2.0, 2.0, np.nan])
    np.testing.assert_array_equal(got.count, [2, 1, 0])
    np.testing.assert_array_equal(np.isfinite(got.low), [True, False, False])
    assert got.se[0] == pytest.approx(1.0)  # deviation sqrt(2) of two values, over sqrt 2


def test_band_keeps_the_other_axes():
    values = np.random.default_rng(1).normal(size=(5, 7, 3))
    got = band(values, axis=1)
    assert got.mean.shape == got.low.shape == got.count.shape == (5, 3)
    np.testing.assert_allclose(got.mean, values.mean(axis=1))


@pytest.mark.parametrize("level", [0.0, 1.0, float("nan")])
def test_band_refuses_a_level_outside_0_1(level):
    with pytest.raises(ValueError, match="level"):
        band([1.0, 2.0], axis=0, level=level)


def test_band_refuses_an_axis_that_is_not_there():
    with pytest.raises(ValueError, match="axis"):
        band([1.0, 2.0], axis=1)


@given(st.floats(-1, 1), st.floats(0.1, 10), st.integers(2, 30))
def test_log_slope_of_exponentials_is_their_rate(rate, start, generations):
    t = np.arange(generations, dtype=float)
    values = start * np.exp(rate * t)[:, None] * np.array([1.0, 2.0, 0.5])
    got = log_slope(t, values)
    assert got.value == pytest.approx(rate, abs=1e-9)
    assert got.halfwidth == pytest.approx(0.0, abs=1e-8)
    assert got.count == 3


def test_log_slope_interval_holds_although_generations_depend_on_each_other():
    repeats, seeds, rate = 800, 5, 0.1
    t = np.arange(20.0)
    rng = np.random.default_rng(2)
    noise = np.cumsum(rng.normal(0, 0.2, (repeats, len(t), seeds)), axis=1)  # a random walk in the logarithm
    slopes = [log_slope(t, np.exp(rate * t[:, None] + walk)) for walk in noise]
    covered = np.mean([slope.low <= rate <= slope.high for slope in slopes])
    error = np.sqrt(0.95 * 0.05 / repeats)
    assert abs(covered - 0.95) < 5 * error
    one_line = [stats.linregress(t, (rate * t[:, None] + walk).mean(axis=1)) for walk in noise]  # the wrong alternative
    quantile = stats.t.ppf(0.975, len(t) - 2)
    by_residuals = np.mean([abs(line.slope - rate) < quantile * line.stderr for line in one_line])
    assert by_residuals < 0.95 - 5 * error


def test_log_slope_without_usable_values_or_with_one_seed():
    t = np.arange(3.0)
    assert np.isnan(log_slope(t, np.full((3, 2), -1.0)).value)
    assert np.isnan(log_slope(t[:1], np.ones((1, 2))).value)
    one = log_slope(t, np.exp(t)[:, None])
    assert one.value == pytest.approx(1.0) and np.isnan(one.low) and one.count == 1
    holed = np.exp(t)[:, None] * np.array([1.0, 1.0])
    holed[1, 0] = np.nan
    holed[0, 1] = 0.0
    assert log_slope(t, holed).value == pytest.approx(1.0)
    with pytest.raises(ValueError, match="transpose"):
        log_slope(t, np.ones((2, 3)))


def test_paired_difference_is_that_of_scipy_and_uses_the_pairs():
    rng = np.random.default_rng(3)
    shared = rng.normal(0, 10, 8)  # what arms with the same seed have in common
    one, two = shared + rng.normal(1, 0.1, 8), shared + rng.normal(0, 0.1, 8)
    got = paired_difference(one, two, axis=0)
    interval = stats.ttest_rel(one, two).confidence_interval(0.95)
    assert float(got.low) == pytest.approx(interval.low) and float(got.high) == pytest.approx(interval.high)
    unpaired = stats.ttest_ind(one, two).confidence_interval(0.95)
    assert interval.low > 0.5 and unpaired.low < 0  # the unpaired comparison would see nothing
    assert int(paired_difference([1.0, np.inf, 2.0], [0.0, np.inf, 0.0], axis=0).count) == 2
    with pytest.raises(ValueError, match="align the seeds"):
        paired_difference([1.0], [1.0, 2.0], axis=0)


def test_paired_p_is_scipys_and_holm_is_by_hand():
    rng = np.random.default_rng(0)
    for n in (2, 5, 30):
        one, two = rng.normal(size=n), rng.normal(0.5, 1, size=n)
        assert np.isclose(paired_p(one, two), stats.ttest_rel(one, two).pvalue, rtol=1e-10)
    assert np.isnan(paired_p([1.0], [2.0])) and paired_p([1.0, 2.0], [1.0, 2.0]) == 1.0
    assert paired_p([2.0, 3.0], [1.0, 2.0]) == 0.0
    assert np.allclose(holm([0.01, 0.04, 0.03]), [0.03, 0.06, 0.06])
    found = holm([0.5, float("nan"), 0.001])
    assert np.isnan(found[1]) and found[0] == 0.5 and found[2] == 0.002
    assert holm([0.9, 0.8]) == [1.0, 1.0] and holm([]) == []
