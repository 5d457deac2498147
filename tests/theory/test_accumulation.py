"""The authors' accumulating toy in the mean field."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from theory.accumulation import mean_field, ramp_counts, training_size
from theory.formulas import forgetting_exponent, ramp_path


def test_golden_counts_and_mean_field():
    assert [training_size(g) for g in (1, 10, 100, 500)] == [75, 185, 1275, 6075]
    golden = {0.1: 0.500637, 0.3: 0.184437, 1.0: 0.038225, 3.0: 0.014721}
    for gamma, value in golden.items():
        assert mean_field(500, gamma)[-1] == pytest.approx(value, abs=5e-7)


@given(st.integers(1, 2000), st.integers(1, 100))
def test_counts_rise_to_the_whole_batch(generation, per):
    counts = ramp_counts(generation, per)
    assert len(counts) == generation and counts[-1] == per and counts[0] >= 0
    assert (np.diff(counts) >= 0).all() and (counts <= per).all()
    assert abs(counts.sum() - per * (generation + 1) / 2) <= generation


def test_no_correction_with_a_fixed_set_keeps_its_error():
    assert mean_field(50, 0.0) == pytest.approx(np.ones(51), abs=1e-13)
    assert mean_field(50, 0.0, n=0) == pytest.approx(np.ones(51), abs=1e-13)


def test_always_correcting_leaves_the_real_share():
    path = mean_field(20, math.inf)
    assert path[1:] == pytest.approx([50 / training_size(g) for g in range(1, 21)], rel=1e-13)
    assert (mean_field(20, math.inf, n=0)[1:] == 0).all()


@given(st.floats(0.01, 20))
def test_more_correction_forgets_faster(gamma):
    weak, strong = mean_field(60, gamma), mean_field(60, 1.5 * gamma)
    assert (strong[1:] <= weak[1:] * (1 + 1e-12)).all()
    exact = [ramp_path(g, 1 / (1 + gamma), gamma=math.gamma) for g in range(1, 61)]
    assert mean_field(60, gamma, n=0, rounded=False)[1:] == pytest.approx(exact, rel=1e-10)
    assert 0 < forgetting_exponent(gamma) < 2


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ramp_counts(0), "generation must be a whole number >= 1"),
        (lambda: mean_field(-1, 0.5), "generations must be a whole number"),
        (lambda: mean_field(5, -0.5), "gamma must be >= 0"),
        (lambda: mean_field(5, math.nan), "gamma must be >= 0"),
        (lambda: mean_field(5, 0.5, n=-1), "n must be >= 0"),
        (lambda: mean_field(5, 0.5, n=math.nan), "n must be >= 0"),
    ],
)
def test_bad_settings_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
