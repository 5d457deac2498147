"""The maps hold what theory says of single points; the picture shows them, the same bytes each time."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from plots import planes, regions, regions_figure, style
from plots.regions import Plane
from theory import rates
from theory.hypotheses import HypothesisError
from theory.moments import stationary

LAM = st.floats(1e-3, 1e6)
GAMMA = st.just(0.0) | st.floats(0, 1e6)
SMALL = Plane(points=16)


def _axes(values):
    return np.array(values, dtype=float)


@given(lams=st.lists(LAM, min_size=1, max_size=5), gammas=st.lists(GAMMA, min_size=1, max_size=5), e=st.floats(0, 0.99))
def test_published_is_rate_published_point_by_point(lams, gammas, e):
    grid = regions.published(_axes(lams)[None, :], _axes(gammas)[:, None], e)
    assert grid.shape == (len(gammas), len(lams))
    for row, gamma in enumerate(gammas):
        for column, lam in enumerate(lams):
            assert grid[row, column] == pytest.approx(rates.rate_published(lam, gamma, e).value, rel=1e-14)
    limits = [rates.lam_max_published(gamma, e) for gamma in gammas]
    np.testing.assert_allclose(regions.boundary(_axes(gammas), e), limits, rtol=1e-14)


@given(lams=st.lists(LAM, min_size=1, max_size=5), gammas=st.lists(GAMMA, min_size=1, max_size=5), mu=st.floats(0, 2))
def test_exact_is_rate_from_spectrum_point_by_point(lams, gammas, mu):
    grid = regions.exact(_axes(lams)[None, :], _axes(gammas)[:, None], mu)
    wanted = [[rates.rate_from_spectrum(lam, gamma, mu).value for lam in lams] for gamma in gammas]
    np.testing.assert_allclose(grid, wanted, rtol=1e-14)
    assert (grid < 1).all()


@given(
    n=st.integers(1, 10_000),
    ks=st.lists(st.integers(1, 100_000), min_size=1, max_size=4),
    gammas=st.lists(GAMMA, min_size=1, max_size=4),
    regime=st.sampled_from(regions.REGIMES),
)
def test_stationary_error_is_that_of_the_moments_point_by_point(n, ks, gammas, regime):
    grid = regions.stationary_error(_axes(ks)[None, :] / n, _axes(gammas)[:, None], n, regime)
    wanted = [[n * stationary(n, k, gamma, regime).M for k in ks] for gamma in gammas]
    # the linear system behind `stationary` loses up to 1/(1 - r^2), at most about lam: 1e5 * 2e-16
    np.testing.assert_allclose(grid, wanted, rtol=1e-10)


@given(k=st.integers(2, 100_000), gamma=st.floats(1e-6, 1e6))
def test_collapse_is_that_of_the_moments(k, gamma):
    found = regions.stationary_variance(_axes([k]), _axes([gamma]))[0]
    assert found == pytest.approx(stationary(2, k, gamma, "none").S, rel=1e-6, abs=1e-9)
    assert regions.stationary_variance(_axes([k]), _axes([0.0]))[0] == pytest.approx(0, abs=1e-9)


def test_half_sample_rule():
    k = _axes([2, 10, 100, 1000])
    gamma = regions.half_sample(k)
    assert gamma[0] == math.inf
    assert gamma[1:3] == pytest.approx([0.060660, 0.0050891], abs=5e-7)  # golden numbers
    np.testing.assert_allclose(regions.stationary_variance(k, gamma), 0.5, rtol=1e-10)
    assert gamma[3] == pytest.approx(1 / 2000, rel=2e-3)


@given(n=st.integers(1, 10**6), k=st.integers(1, 10**7), gamma=st.floats(1, 1e6))
def test_from_gamma_one_on_the_loop_beats_the_real_data_alone(n, k, gamma):
    """The heading of the third panel: at gamma = 1 the claim is (7/4)s^2 <= (5/2)s, and the error falls with gamma."""
    for regime in regions.REGIMES:
        assert regions.stationary_error(k / n, gamma, n, regime) < 1


@given(n=st.integers(2, 10**5), lam=st.floats(0.01, 1e3))
def test_least_gamma_is_where_the_error_crosses_that_of_the_real_data(n, lam):
    gamma = regions.least_gamma(lam, n, "fixed")
    if n * lam < 1 - 1e-9:
        assert gamma is None
        return
    assert 0 < gamma < 1
    assert regions.stationary_error(lam, gamma, n, "fixed") == pytest.approx(1, abs=1e-9)
    assert regions.stationary_error(lam, gamma * 1.01, n, "fixed") < 1
    assert regions.stationary_error(lam, gamma * 0.99, n, "fixed") > 1
    assert regions.least_gamma(lam, n, "fresh") == 0
    assert regions.least_gamma(lam, 1, "fixed") in (None, 0)  # one real point is beaten by any loop


def test_no_error_where_there_is_less_than_one_synthetic_point():
    grid = regions.stationary_error(_axes([0.01, 0.0199, 1 / 50, 0.03]), 0.0, 50, "fixed")
    assert np.isnan(grid).tolist() == [True, True, False, False]


@given(points=st.integers(16, 200), high=st.floats(1, 1e6))
def test_axes_are_even_as_drawn_and_reach_zero(points, high):
    gamma = planes.zero_log_axis(0.01, high, points)
    assert gamma[0] == 0 and gamma[-1] == high and len(gamma) == points and (np.diff(gamma) > 0).all()
    with style.paper():
        panel = style.new_figure(2.0).subplots()
        planes.frame(panel, planes.log_axis(0.01, 100, points), gamma, 0.01, "x", "y")
    steps = np.diff(panel.transData.transform([(1.0, y) for y in gamma])[:, 1])
    np.testing.assert_allclose(steps, steps.mean(), rtol=1e-6)


def test_maps_are_the_grids_with_nothing_where_nothing_is_said():
    plane = Plane(points=33, e=0.2, mu=1.1)
    found = regions.maps(plane)
    assert found.lam[[0, -1]] == pytest.approx([0.01, 100]) and found.gamma[[0, -1]].tolist() == [0, 100]
    certified = found.lam[None, :] < found.boundary[:, None]
    np.testing.assert_array_equal(np.isfinite(found.published), certified)
    assert not certified[:, found.lam >= 1].any()
    assert (found.published[certified] < 1).all()
    assert regions.stable_share(found) == 1
    assert regions.certified_share(found) == pytest.approx(certified.mean(), abs=2 / 33)
    np.testing.assert_array_equal(
        found.stationary_error, regions.stationary_error(found.lam[None, :], found.gamma[:, None], 50, "fixed")
    )


def test_certified_share_does_not_depend_on_the_grid():
    found = regions.maps(Plane(points=1000, gamma_max=1.0))
    shares = np.log(found.boundary / 0.01) / np.log(1e4)
    assert shares.min() < regions.certified_share(found) < shares.max()
    fine = regions.maps(Plane(points=50, gamma_max=1.0))
    assert regions.certified_share(fine) == pytest.approx(regions.certified_share(found), abs=1e-4)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n": 0}, "n must be a whole number from 1"),
        ({"n": -5}, "got -5"),
        ({"n": 2.5}, "n must be a whole number"),
        ({"n": math.nan}, "n must be a whole number"),
        ({"points": 15}, "points must be"),
        ({"points": 1001}, "points must be"),
        ({"lam_max": 9.0}, "lam_max must be"),
        ({"gamma_max": math.inf}, "gamma_max must be"),
        ({"e": -0.1}, "e = eps"),
        ({"e": math.nan}, "e = eps"),
        ({"mu": -1.0}, "mu must be >= 0"),
        ({"mu": 1.2, "e": 0.1}, r"mu must be <= 1 \+ e = 1.1"),
        ({"regime": "none"}, "regime must be one of fixed, fresh"),
    ],
)
def test_bad_planes_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        Plane(**change)


def test_theorem_is_not_asked_beyond_its_hypothesis():
    with pytest.raises(HypothesisError, match="theorem 4.3 does not apply; use rate_exact"):
        Plane(e=1.0)


def _lines(panel):
    return {line.get_gid(): line for line in panel.get_lines()}


def test_the_picture_shows_the_boundaries():
    found = regions.maps(SMALL)
    with style.paper():
        figure, title, notes = regions_figure.regions_figure(SMALL, found)
    certificate, rate, error, collapse = figure.axes
    for panel in (certificate, rate):
        line = _lines(panel)["published boundary"]
        np.testing.assert_array_equal(line.get_xdata(), found.boundary)
        np.testing.assert_array_equal(line.get_ydata(), found.gamma)
    assert _lines(certificate)["published boundary"].get_linestyle() == "-"
    assert _lines(rate)["published boundary"].get_linestyle() == "--"
    (nothing,) = [area for area in certificate.collections if area.get_gid() == "no statement"]
    assert nothing.get_hatch() and nothing.get_paths()[0].vertices[:, 0].max() == found.lam[-1]
    (unity,) = [lines for lines in error.collections if lines.get_gid() == "as good as real"]
    (path,) = unity.get_paths()
    ends = path.vertices[len(path.vertices) // 2]
    assert regions.stationary_error(ends[0], ends[1], 50, "fixed") == pytest.approx(1, abs=0.05)  # a coarse grid
    half = _lines(collapse)["half-sample rule"]
    np.testing.assert_array_equal(half.get_ydata(), regions.half_sample(half.get_xdata()))
    assert "certifies" in title and "third-party note" in notes[0]
    headings = [panel.get_title(loc="left") for panel in figure.axes]
    assert headings[0].endswith("none for λ ≥ 1") and headings[2].startswith("γ ≥ 1: always better")


def test_contours_of_the_certificate_lie_where_the_theorem_puts_them():
    """factor c at u = c/(a + c): read off the drawn lines at gamma = 0, where a = 1."""
    plane = Plane(points=201, e=0.25)
    with style.paper():
        figure, _, _ = regions_figure.regions_figure(plane, regions.maps(plane))
    levels = [0.9, 0.7, 0.5, 0.3, 0.1, 0.03, 0.01]
    drawn = [lines for lines in figure.axes[0].collections if lines.get_gid() == "contours"]
    found = sorted(path.vertices[:, 0].min() for lines in drawn for path in lines.get_paths())
    wanted = sorted(c / (1 + c) / 1.25 for c in levels)
    assert len(found) >= len(wanted) - 1  # a label splits a line; 0.01 lies left of the axis
    for lam in wanted[1:]:
        assert min(abs(np.log(np.array(found) / lam))) < 0.01


@pytest.mark.parametrize(
    "plane",
    [
        SMALL,
        Plane(points=16, regime="fresh", n=10**9, e=0.9, mu=1.9, lam_max=1e6, gamma_max=1e6),
        Plane(points=16, n=1, mu=0.0, lam_max=10.0, gamma_max=1.0),
    ],
    ids=["default", "largest", "smallest"],
)
def test_nothing_is_cut_off_and_no_labels_touch(plane):
    with style.paper():
        figure, _, _ = regions_figure.regions_figure(plane, regions.maps(plane))
        figure.draw_without_rendering()
        for panel in figure.axes:
            box = panel.get_tightbbox()
            assert figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1 and figure.bbox.y0 <= box.y0
            for axis in (panel.xaxis, panel.yaxis):
                labels = [text.get_window_extent() for text in axis.get_ticklabels() if text.get_text()]
                assert len(labels) >= 3
                assert not any(one.overlaps(other) for one, other in zip(labels, labels[1:], strict=False))
            inside = [text for text in panel.texts[1:] if text.get_text()]
            frame = panel.get_window_extent()
            for text in inside:
                at = text.get_window_extent()
                assert frame.x0 <= at.x0 and at.x1 <= frame.x1, text
        width = [panel.get_window_extent().width for panel in figure.axes]
        assert max(width) - min(width) < 0.05 * min(width)


def test_picture_files_are_the_same_each_time(tmp_path):
    found = regions.maps(SMALL)
    first, second = (regions_figure.draw(SMALL, found, tmp_path / name) for name in "ab")
    assert first.path == tmp_path / "a" / "regions.png"
    assert first.path.read_bytes() == second.path.read_bytes()
    assert first.pdf.read_bytes() == second.pdf.read_bytes() and first.pdf.read_bytes().startswith(b"%PDF")
    with Image.open(first.path) as image:
        assert image.width == int(style.WIDTH * style.DPI)


def test_labels_keep_apart_and_off_the_frame():
    field = np.tile(np.linspace(0, 1, 101), (11, 1))  # rises with x
    along = ((0.0, 0.5), (1.0, 0.5))
    found = planes.crossings(field, [0.005, 0.2, 0.21, 0.6, 2.0], along)
    assert [place[0] for place in found] == pytest.approx([0.2, 0.6], abs=2e-3)
    field[:, 55:] = np.nan
    assert len(planes.crossings(field, [0.2, 0.6], along)) == 1
