"""Do the judges' values and errors mean what they say? Many draws, tolerances from their scatter, wrong theories."""

import numpy as np
import pytest
from scipy.stats import betabinom, binom

from generative.distances import frechet, frechet_gaussians
from generative.judges import (
    diversity_with_error,
    expected_coverage,
    fid,
    fid_infinity,
    kid_with_error,
    neighbours,
    text_match,
)
from generative.judges.kernel import parts
from generative.judges.memorisation import from_distances, statistics
from generative.judges.neighbours import shares


def mean_and_error(values):
    values = np.asarray(values, dtype=float)
    return values.mean(axis=0), values.std(axis=0, ddof=1) / np.sqrt(len(values))


def cube(rng, n, shift=0.0):
    """Uniform in a cube: bounded, so that the cubic kernel's fourth moments are estimated well."""
    return rng.uniform(-1, 1, size=(n, 3)) + shift


def test_kid_is_unbiased_within_its_own_errors_and_the_v_statistic_is_not():
    """300 pairs of one law: the mean lies within 3 of its derived errors of 0 (false alarm 0.3 %); with the samples'
    own kernels k(x, x) left in the mean it does not."""
    rng = np.random.default_rng(0)
    values, squares, biased = [], [], []
    for _ in range(300):
        x, y = cube(rng, 20), cube(rng, 35)
        found = kid_with_error(x, y)
        values.append(found.value)
        squares.append(found.se**2)
        own = [((s @ s.T / 3 + 1) ** 3).mean() for s in (x, y)]
        biased.append(sum(own) - 2 * ((x @ y.T / 3 + 1) ** 3).mean())
    error = np.sqrt(np.mean(squares) / 300)
    assert abs(np.mean(values)) < 3 * error < abs(np.mean(biased))


def test_kid_error_for_one_law_and_for_two():
    """One law: the variance is S, and the jackknife's twice as large is rejected. Two laws: jackknife less S; S alone
    is rejected. 5 errors of the mean of (value - mean)^2 - variance, false alarm 6e-7 each."""
    rng = np.random.default_rng(1)
    for shift, right, wrong in ((0.0, lambda j, s: s, lambda j, s: j), (0.4, lambda j, s: j - s, lambda j, s: s)):
        found = np.array([parts(cube(rng, 40, shift), cube(rng, 50)) for _ in range(1000)])
        scatter = (found[:, 0] - found[:, 0].mean()) ** 2
        for theory, holds in ((right, True), (wrong, False)):
            mean, error = mean_and_error(scatter - theory(found[:, 1], found[:, 2]))
            assert (abs(mean) < 5 * error) == holds


def test_fid_infinity_finds_the_distance_of_the_laws_and_fid_does_not():
    """Two Gaussians 0.5 apart with known distance, 100 draws: within 4 errors; the plain distance is far above."""
    rng = np.random.default_rng(0)
    d, scale = 5, np.array([0.7, 1, 1, 1.2, 1.5])
    truth = frechet_gaussians(np.zeros(d), np.eye(d), np.full(d, 0.2), np.diag(scale**2))
    plain, infinite = [], []
    for _ in range(100):
        x, y = rng.normal(size=(150, d)), rng.normal(size=(200, d)) * scale + 0.2
        plain.append(frechet(x, y).value)
        infinite.append(fid_infinity(x, y, groups=0).value)
    for values, holds in ((infinite, True), (plain, False)):
        mean, error = mean_and_error(values)
        assert (abs(mean - truth) < 4 * error) == holds


@pytest.mark.parametrize("shift", [0.0, 0.6])
def test_intervals_of_fid_are_careful_and_of_diversity_right(shift):
    """60 draws: mean of se^2 over the variance of values, whose relative error is sqrt(2/60) = 0.18 and more with
    heavy tails, so bounds lie 0.5 to 0.6 of the theory away: 1, for FID of one law 2 (Efron and Stein)."""
    rng = np.random.default_rng(2)
    found = []
    for _ in range(60):
        x, y = rng.normal(size=(60, 3)) + shift, rng.normal(size=(80, 3))
        distance, spread = fid(x, y), diversity_with_error(x)
        found.append((distance.value, distance.se, spread.value, spread.se))
    table = np.array(found)
    of_fid, of_spread = ((table[:, i + 1] ** 2).mean() / table[:, i].var(ddof=1) for i in (0, 2))
    assert 0.5 < of_fid < 3.2 and 0.5 < of_spread < 1.6
    naive = (table[:, 3] / 2) ** 2  # as if the rows' means were independent values: half the error
    assert naive.mean() / table[:, 2].var(ddof=1) < 0.5


def test_density_and_coverage_of_one_law_have_their_exact_means():
    """Draws of 12 and 15: density 1, coverage by counting (0.970). Balls that count their own centre as neighbour, and
    coverage's limit of many samples (0.947), are rejected by the same 4 errors; a draw's coverage scatters by 0.08, so
    8 errors are less than the 0.0225 between the theories from 810 draws on."""
    rng = np.random.default_rng(3)
    k = 5
    pairs = [(rng.normal(size=(12, 2)), rng.normal(size=(15, 2))) for _ in range(900)]
    mean, error = mean_and_error([shares(x, y, k) for x, y in pairs])
    expected = expected_coverage(12, 15, k)
    assert abs(mean[2] - 1) < 4 * error[2] < abs((k - 1) / k - 1)
    assert abs(mean[3] - expected) < 4 * error[3] < abs(mean[3] - (1 - (15 / 27) ** k))


def test_neighbour_errors_are_careful():
    """40 draws of one law: the jackknife's variance is not below the scatter (1 less 2 errors of 0.22)."""
    rng = np.random.default_rng(4)
    found = []
    for _ in range(40):
        one = neighbours(rng.normal(size=(50, 3)), rng.normal(size=(60, 3)))
        found.append([(e.value, e.se) for e in (one.precision, one.recall, one.density, one.coverage)])
    table = np.array(found)
    ratio = (table[..., 1] ** 2).mean(axis=0) / table[..., 0].var(axis=0, ddof=1)
    assert np.all(ratio > 0.55)


def test_redrawing_with_replacement_would_bias_distances_and_neighbours():
    """Why there is no bootstrap for them: of one law, 30 redraws of both sets lie on average more than 5 of their
    errors above the Frechet distance and below the coverage of the samples as they are."""
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=(2, 100, 4))
    redrawn = []
    for _ in range(30):
        a, b = x[rng.integers(100, size=100)], y[rng.integers(100, size=100)]
        redrawn.append((frechet(a, b).value, shares(a, b)[3]))
    mean, error = mean_and_error(redrawn)
    assert mean[0] > frechet(x, y).value + 5 * error[0] and mean[1] < shares(x, y)[3] - 5 * error[1]


def test_r_precision_without_sense_is_at_chance_also_with_equal_captions():
    """Samples that have nothing to do with texts; 8 captions over 960 pairs. k/32 is right for T2M's rule only."""
    rng = np.random.default_rng(6)
    samples, texts = rng.normal(size=(2, 960, 5))
    codes = rng.integers(8, size=960)
    ours = text_match(samples, texts, [str(code) for code in codes])
    t2m = text_match(samples, texts, [str(code) for code in codes], equal_captions_hit=False, remainder="drop")
    for place, k in enumerate((1, 2, 3)):
        # Hits of a pool share its samples: the error between pools, not the binomial one.
        assert abs(ours.top[place].value - ours.chance[place]) < 4 * ours.top[place].se
        assert abs(ours.top[place].value - k / 32) > 4 * ours.top[place].se
        assert abs(t2m.top[place].value - k / 32) < 4 * max(t2m.top[place].se, np.sqrt(k / 32 / 960))
    assert t2m.chance == (1 / 32, 2 / 32, 3 / 32)


def test_memorised_share_follows_its_exact_law():
    """3000 draws of 30 samples and 39 held-out, r = 2: mean and variance of the count are the beta-binomial's, which
    knows that the quantile is itself estimated; the binomial's variance is rejected. p is below 5 % in at most 5 %."""
    rng = np.random.default_rng(7)
    counts = np.array([30 * statistics(rng.random(30), rng.random(39))[0] for _ in range(3000)])
    law, naive = betabinom(30, 2, 38), binom(30, 2 / 40)
    mean, error = mean_and_error(counts)
    assert abs(mean - law.mean()) < 4 * error
    square, its_error = mean_and_error((counts - law.mean()) ** 2)
    assert abs(square - law.var()) < 4 * its_error < abs(square - naive.var())
    p = law.sf(np.round(counts) - 1)
    assert np.mean(p <= 0.05) < 0.05 + 4 * np.sqrt(0.05 * 0.95 / 3000)
    one = from_distances(np.arange(30.0), np.arange(39.0) + 0.5, 1)
    assert np.isclose(one.p, law.sf(round(one.share.value * 30) - 1))
