"""The histogram corrector: its exact second moment, its support, and rows that do not depend on each other."""

import numpy as np
import pytest

from loop import ArrayBatch
from theory.rejection import second_moments
from toy.histogram import BINS, FORMS, HistogramReference, histogram, redraw

FLAGS = {
    "official": {"clipped": True, "wide_first": True},
    "floorfix": {"clipped": True, "wide_first": False},
    "exact": {"clipped": False, "wide_first": False},
}
QUOTED = {0.0: 0.689, 0.1: 0.731, 1.0: 0.862}


def redrawn(points, gamma, form, seed=0):
    rows = len(points)
    return redraw(points, np.full(rows, 1 / (1 + gamma)), np.arange(rows), form, np.random.default_rng(seed))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("gamma", [0.0, 0.1, 1.0])
def test_second_moment_is_the_exact_one(form, gamma):
    """25 points of N(0, I), 2500 sets: difference from each set's exact value, 5 standard errors.

    The other forms' exact values are rejected (official against floorfix only where the histogram matters).
    """
    points = np.random.default_rng(1).standard_normal((2500, 25, 2))
    got = (redrawn(points, gamma, form) ** 2).mean(axis=(1, 2))
    for other in FORMS:
        gap = got - second_moments(points, gamma, **FLAGS[other])
        score = abs(gap.mean()) / (gap.std() / np.sqrt(len(gap)))
        if other == form:
            assert score < 5
        elif gamma < 1:
            assert score > 5, other
    if form == "official":
        assert abs(got.mean() - QUOTED[gamma]) < 5 * np.hypot(got.std() / np.sqrt(len(got)), 0.003)


def test_mixture_share_and_infinite_strength():
    far = 40 + np.random.default_rng(0).random((2000, 25, 2))  # a histogram accepted too few
    share = (redrawn(far, 0.25, "exact") > 20).all(axis=-1).mean()
    assert abs(share - 0.8) < 5 * np.sqrt(0.16 / 50_000)
    for form in FORMS:
        always = redrawn(far, np.inf, form)
        assert abs(always.mean()) < 5 / np.sqrt(always.size) and abs((always**2).mean() - 1) < 5 * np.sqrt(
            2 / always.size
        )


@pytest.mark.parametrize(("form", "below"), [("official", True), ("floorfix", False), ("exact", False)])
def test_only_the_official_form_leaves_the_box_and_only_downwards(form, below):
    points = np.random.default_rng(2).uniform(-1, 1, (500, 25, 2))
    low, high = points.min(axis=1, keepdims=True), points.max(axis=1, keepdims=True)
    step = (high - low) / BINS
    new = redrawn(points, 0.0, form)
    assert (new <= high).all()
    assert (new > low - step).all()
    assert bool((new < low).any()) is below


def test_the_table_is_that_of_numpy():
    points = np.random.default_rng(3).standard_normal((6, 25, 2))
    found, cells = histogram(points)
    for row, table, low, step in zip(points, found.table, found.low, found.step, strict=True):
        wanted, x, y = np.histogram2d(row[:, 0], row[:, 1], bins=BINS, density=True)
        np.testing.assert_allclose(table.reshape(BINS, BINS), wanted)
        np.testing.assert_allclose(low + BINS * step, [x[-1], y[-1]])
    assert cells.min() == 0 and cells.max() == BINS - 1


@pytest.mark.parametrize("form", FORMS)
def test_rows_do_not_depend_on_their_company(form):
    points = np.random.default_rng(4).standard_normal((6, 9, 2))
    kept, group = np.array([1.0, 0.5, 0.1] * 2), np.array([0, 0, 0, 1, 1, 1])
    together = redraw(points, kept, group, form, np.random.default_rng(5))
    part = redraw(points[[1, 4]], kept[[1, 4]], group[[1, 4]], form, np.random.default_rng(5))
    assert np.array_equal(together[[1, 4]], part)


@pytest.mark.parametrize("form", FORMS)
def test_points_without_a_box(form):
    """All points in one place (a collapsed run), one point, none at all: finite results of the right number."""
    for points in (np.zeros((5, 2)), np.ones((1, 2)), np.zeros((0, 2))):
        new = HistogramReference(0.0, form)(ArrayBatch(points), np.random.default_rng(0)).samples.samples
        assert new.shape == points.shape and np.isfinite(new).all()


def test_bad_input():
    with pytest.raises(ValueError, match="form must be one of official, floorfix, exact"):
        HistogramReference(1.0, "fast")
    with pytest.raises(ValueError, match="gamma must be >= 0"):
        HistogramReference(-1.0)
    with pytest.raises(ValueError, match="two-dimensional, got dimension 3"):
        HistogramReference(1.0)(ArrayBatch(np.zeros((4, 3))), np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"points \(n, 2\)"):
        HistogramReference(1.0)(ArrayBatch(np.zeros(4)), np.random.default_rng(0))


def test_it_never_hangs():
    with pytest.raises(ValueError, match="accepted too few"):
        redrawn(np.random.default_rng(0).uniform(30, 31, (1, 5, 2)), 0.0, "official")
    with pytest.raises(ValueError, match="points must be finite"):
        redrawn(np.full((1, 5, 2), np.nan), 0.0, "official")
