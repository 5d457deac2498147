"""The law of the authors' sampler, without sampling it."""

import numpy as np
import pytest

from theory.rejection import BINS, second_moments

POINTS = np.random.default_rng(0).standard_normal((40, 25, 2))


def test_always_correcting_gives_the_target():
    assert second_moments(POINTS, np.inf) == pytest.approx(np.ones(40), abs=1e-6)
    assert second_moments(POINTS, np.inf, clipped=False) == pytest.approx(np.ones(40), abs=1e-6)


def test_unclipped_and_uncorrected_is_the_histogram_itself():
    """By hand: numpy's histogram, and the second moment of a uniform law in each of its cells."""
    for points, found in zip(
        POINTS[:10], second_moments(POINTS[:10], 0.0, clipped=False, wide_first=False), strict=True
    ):
        table, *edges = np.histogram2d(*points.T, bins=BINS)
        total = 0.0
        for axis, edge in enumerate(edges):
            square = (edge[1:] ** 3 - edge[:-1] ** 3) / (3 * np.diff(edge))  # of a uniform law in a bin
            total += (table.sum(axis=1 - axis) / table.sum()) @ square
        assert found == pytest.approx(total / 2, rel=1e-12)


def test_quadrature_has_converged():
    for gamma in (0.0, 0.3):
        assert second_moments(POINTS, gamma, order=4) == pytest.approx(
            second_moments(POINTS, gamma, order=10), abs=2e-4
        )


def _sampled(points, gamma, count, rng):
    """Rejection as the authors do it, point by point in effect: the second moment and its standard error."""
    t = gamma / (1 + gamma)
    table, x_edges, y_edges = np.histogram2d(*points.T, bins=BINS, density=True)
    draws = rng.standard_normal((count, 2))
    peak = 1 / (2 * np.pi)
    target = peak * np.exp(-(draws**2).sum(axis=1) / 2)
    place = [((draws[:, axis] - edges[0]) / (edges[1] - edges[0])).astype(int)  # towards 0, as int() does
             for axis, edges in enumerate((x_edges, y_edges))]  # fmt: skip
    below = [(draws[:, axis] - edges[0]) / (edges[1] - edges[0]) <= -1 for axis, edges in enumerate((x_edges, y_edges))]
    inside = (place[0] < BINS) & (place[1] < BINS) & ~below[0] & ~below[1]
    density = np.where(inside, table[tuple(np.clip(x, 0, BINS - 1) for x in place)], 0.0)
    mixture = (1 - t) * density + t * target
    constant = ((1 - t) * table.max() + t * peak) / peak
    kept = draws[rng.random(count) < mixture / (constant * target)]
    square = (kept**2).sum(axis=1) / 2
    return square.mean(), square.std() / np.sqrt(len(square))


@pytest.mark.parametrize("gamma", [0.0, 0.3])
def test_draws_have_the_computed_second_moment(gamma):
    """Bonferroni at 1e-4 over five sets of points; the law without clipping is told apart on all of them together."""
    rng = np.random.default_rng(1)
    right, wrong = (second_moments(POINTS[:5], gamma, clipped=clipped, order=10) for clipped in (True, False))
    scores = []
    for points, value, other in zip(POINTS[:5], right, wrong, strict=True):
        mean, error = _sampled(points, gamma, 400_000, rng)
        scores.append([(mean - value) / error, (mean - other) / error])
    assert np.abs(scores)[:, 0].max() < 4.3
    assert np.abs(scores)[:, 1].max() > 4.3


@pytest.mark.parametrize(
    ("points", "message"),
    [
        (POINTS[0], "must have shape"),
        (np.zeros((3, 25, 3)), "must have shape"),
        (np.zeros((3, 25, 2)), "span a box"),
        (np.full((3, 25, 2), np.nan), "span a box"),
        (np.zeros((3, 0, 2)), "at least two"),
    ],
)
def test_points_without_a_box_are_refused(points, message):
    with pytest.raises(ValueError, match=message):
        second_moments(points, 0.5)


def test_a_negative_strength_is_refused():
    with pytest.raises(ValueError, match="gamma must be >= 0"):
        second_moments(POINTS, -1.0)
