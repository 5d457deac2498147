"""Models at theta*: golden numbers, each against a computation of another kind, refusals."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from theory import HypothesisError, compare, rate_exact, rate_exponential_family, updates
from theory.logistic import logistic_density, logistic_distance, logistic_grid, logistic_hessian, logistic_mu
from theory.models import LOGISTIC_LIPSCHITZ, curved, from_hessians, from_numbers, gaussian, logistic


def values(lam, gamma, model):
    found = compare(lam, gamma, model)
    return {row.name: row.value for row in found.rows}


# ---- logistic location


def test_golden_logistic() -> None:
    model = logistic(3.0)
    assert model.A is not None and model.A[0, 0] == pytest.approx(-0.229676, abs=5e-7)
    assert model.eps == pytest.approx(1.00736, abs=5e-6)
    assert model.gap() == pytest.approx(0.84409, abs=5e-6)
    assert model.mu == pytest.approx(1.451321, abs=5e-7)
    found = values(1.0, 1.0, model)
    assert found["exact"] == pytest.approx(0.296028, abs=5e-7)
    assert found["tight"] == pytest.approx(0.3242, abs=5e-5)
    assert found["euclidean"] == pytest.approx(0.7977, abs=5e-5)
    assert found["published"] == math.inf


def test_golden_logistic_beyond_the_hypothesis() -> None:
    model = logistic(6.0)
    assert model.gap() == pytest.approx(5.137, abs=5e-4)
    found = compare(1.0, 1.0, model)
    assert found.stated[0].value == pytest.approx(0.361729, abs=5e-7)
    published = found.stated[3]
    assert published.rate is published.lam_max is published.half_life is None
    assert "theorem 4.3 does not apply" in published.reason
    assert [item.holds for item in published.hypotheses] == [False]


@pytest.mark.parametrize("width", [0.3, 1.0, 1.6, 1.8138, 3.0, 7.9])
def test_logistic_distance_is_the_area_between_the_distribution_functions(width: float) -> None:
    """Trapezoid rule on |F - G|, which has kinks: error of order dx^2 = 4e-6."""
    from scipy.special import expit, ndtr

    x = np.linspace(-100, 100, 100_001)
    area = float(np.trapezoid(np.abs(ndtr(x / width) - expit(x)), x))
    assert logistic_distance(width) == pytest.approx(area, abs=1e-5)


def test_logistic_distance_at_the_ends() -> None:
    mean = math.sqrt(2 / math.pi)
    assert logistic_distance(1e-3) == pytest.approx(2 * math.log(2) - 1e-3 * mean, rel=1e-12)  # E|x| of a point's move
    assert logistic_distance(1e4) == pytest.approx(1e4 * mean - 2 * math.log(2), rel=1e-4)
    kink = 4 / math.sqrt(2 * math.pi)  # where the tails begin to cross: the area does not jump
    assert logistic_distance(kink * (1 - 1e-9)) == pytest.approx(logistic_distance(kink * (1 + 1e-9)), abs=1e-7)


@given(st.floats(-3, 4).map(lambda power: 10.0**power))
def test_logistic_curvature_of_every_width(width: float) -> None:
    """Against Gauss-Legendre on pieces, in a variable that resolves the narrower of the two laws."""
    nodes, weights = np.polynomial.legendre.leggauss(40)
    scale = min(width, 1.0)
    edges = scale * np.linspace(0, 40, 81) if width <= 1 else np.linspace(0, min(40 * width, 60), 121)
    left, right = edges[:-1, None], edges[1:, None]
    x = (left + right) / 2 + (right - left) / 2 * nodes
    data = np.exp(-0.5 * (x / width) ** 2) / (width * math.sqrt(2 * math.pi))
    expected = float(2 * ((right - left) / 2 * weights * data * logistic_hessian(x)).sum())
    model = logistic(width)
    assert model.A is not None and model.A[0, 0] == pytest.approx(expected, rel=1e-12)


def test_logistic_model_agrees_with_the_grid_of_the_loop() -> None:
    for width in (0.5, 3.0, 6.0, 40.0):
        assert logistic(width).mu == pytest.approx(logistic_mu(*logistic_grid(width)), rel=1e-12)


def test_logistic_numbers_by_quadrature() -> None:
    dx = 0.002
    x, _ = logistic_grid(1.0, dx)
    assert float((logistic_density(x) * logistic_hessian(x)).sum() * dx) == pytest.approx(-1 / 3, rel=1e-12)
    slope = float(np.abs(np.diff(logistic_hessian(x))).max() / dx)
    assert slope == pytest.approx(LOGISTIC_LIPSCHITZ, rel=1e-6)


@given(st.floats(-3, 4).map(lambda power: 10.0**power))
def test_the_lipschitz_bound_covers_the_hessians(width: float) -> None:
    found = compare(1.0, 1.0, logistic(width))
    assert found.e is not None and max(found.known_e) <= found.e * (1 + 1e-9)


@pytest.mark.parametrize("width", [0.0, -1.0, math.nan, math.inf, 1e-4, 1e5])
def test_bad_widths_are_refused(width: float) -> None:
    with pytest.raises(ValueError, match="width must be in"):
        logistic(width)


@pytest.mark.parametrize("width", [0.0, -1.0, math.nan, math.inf, 1e-3, 1e3])
def test_a_grid_refuses_what_it_cannot_hold(width: float) -> None:
    with pytest.raises(ValueError, match="width"):
        logistic_grid(width, 0.002)


def test_a_grid_holds_wide_data() -> None:
    """Ten widths to each side, where a fixed grid would cut the data off."""
    dx = 0.0031
    _, data = logistic_grid(30.0, dx)
    assert float(data.sum() * dx) == pytest.approx(1.0, abs=1e-12)


# ---- curved family


def test_golden_curved() -> None:
    model = curved(-1.0, 1.0)
    assert "theta* = 1.618034" in model.name
    assert model.mu == pytest.approx(2.170820, abs=5e-7)
    found = values(0.5, 0.0, model)
    assert found["exact"] == pytest.approx(0.52047803, abs=5e-9)
    assert found["tight"] is found["euclidean"] is found["published"] is None
    assert found["tight (A, B)"] == pytest.approx(0.52047803, abs=5e-9)


@given(st.floats(-1e3, 1e3), st.floats(1e-3, 1e3), st.floats(-2, 2), st.floats(-2, 1))
def test_curved_rate_is_the_slope_of_its_loop(m1: float, sd: float, log_lam: float, log_gamma: float) -> None:
    """Central difference of relative step 1e-5: truncation and rounding about 1e-10."""
    m2 = m1 * m1 + sd * sd
    lam, gamma = 10**log_lam, 10**log_gamma
    s, a = updates.synthetic_share(lam), updates.kept_share(gamma)
    theta = updates.curved_fit(m1, m2, sqrt=math.sqrt)
    h = 1e-5 * theta
    up, down = (updates.curved_step(theta + x, m1=m1, m2=m2, s=s, a=a, sqrt=math.sqrt) for x in (h, -h))
    assert values(lam, gamma, curved(m1, m2))["exact"] == pytest.approx((up - down) / (2 * h), abs=1e-7)


@pytest.mark.parametrize(
    ("m1", "m2", "message"),
    [
        (2.0, 3.0, r"m2 must be >= m1\^2"),
        (0.0, -1.0, r"m2 must be >= m1\^2"),
        (0.0, 0.0, "theta\\* must be positive"),
        (math.nan, 1.0, "finite"),
        (1.0, math.inf, "finite"),
        (1e200, 1e300, r"m2 must be >= m1\^2"),
        (0.0, 1e-310, "theta\\* must be positive and in the range of floats"),
    ],
)
def test_impossible_moments_are_refused(m1: float, m2: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        curved(m1, m2)


# ---- Gaussian


def cross_entropy(mean, cov):
    """E_N(0,I) log N(mean, cov), without its constant."""
    inverse = np.linalg.inv(cov)
    return -0.5 * (np.linalg.slogdet(cov)[1] + np.trace(inverse @ (np.eye(len(mean)) + np.outer(mean, mean))))


def parameters(theta, d, natural):
    """(mean, covariance) of a parameter vector: d linear, d diagonal, then the upper entries."""
    square = np.zeros((d, d))
    square[np.diag_indices(d)] = theta[d : 2 * d]
    square[np.triu_indices(d, 1)] = theta[2 * d :]
    if not natural:
        return theta[:d], square + square.T - np.diag(theta[d : 2 * d])
    cov = np.linalg.inv(-(square + square.T))  # x^T square x = -x^T cov^-1 x/2
    return cov @ theta[:d], cov


@pytest.mark.parametrize("kind", ["natural", "mean-covariance"])
@pytest.mark.parametrize("d", [1, 2, 3])
def test_gaussian_hessian_by_differences(d: int, kind: str) -> None:
    """Second differences of step 1e-3 of the likelihood: error of order 1e-6 from its fourth derivatives."""
    model = gaussian(d, kind)  # type: ignore[arg-type]
    natural = kind == "natural"
    best = np.concatenate([np.zeros(d), np.full(d, -0.5 if natural else 1.0), np.zeros(d * (d - 1) // 2)])
    h, basis = 1e-3, np.eye(len(best))

    def at(move):
        return cross_entropy(*parameters(best + h * move, d, natural))

    hessian = [[(at(u + v) - at(u - v) - at(v - u) + at(-u - v)) / (4 * h * h) for u in basis] for v in basis]
    assert model.A is not None and model.A.shape == (len(best), len(best))
    assert np.abs(np.array(hessian) - model.A).max() < 1e-4


@pytest.mark.parametrize("d", [1, 3, 40])
def test_gaussian_rates_do_not_depend_on_the_dimension(d: int) -> None:
    exact = rate_exponential_family(0.5, 0.3).value
    found = values(0.5, 0.3, gaussian(d))
    assert found["exact"] == found["tight"] == found["euclidean"] == pytest.approx(exact, rel=1e-14)
    assert found["published"] == pytest.approx(10 / 13)


def test_gaussian_in_mean_and_covariance_has_no_certificate() -> None:
    model = gaussian(2, "mean-covariance")
    with pytest.raises(HypothesisError, match="natural parameters"):
        model.gap()
    found = values(0.5, 0.3, model)
    assert found["exact"] == pytest.approx(10 / 39, rel=1e-14)
    assert found["published"] is found["tight"] is found["euclidean"] is None
    assert found["tight (A, B)"] == found["euclidean (A, B)"] == pytest.approx(10 / 39, rel=1e-14)


@pytest.mark.parametrize("dimension", [0, -1, 41])
def test_bad_dimensions_are_refused(dimension: int) -> None:
    with pytest.raises(ValueError, match="dimension must be in 1..40"):
        gaussian(dimension)


def test_unknown_parameters_are_refused() -> None:
    with pytest.raises(ValueError, match="natural or mean-covariance"):
        gaussian(1, "mu-log-sigma")  # type: ignore[arg-type]


# ---- given by the user


def test_own_hessians() -> None:
    A, B = [[-1.0, 0.2], [0.2, -0.5]], [[-1.1, 0.1], [0.1, -0.5]]
    model = from_hessians(A, B, eps=0.2, lipschitz=0.9)
    found = compare(0.5, 0.3, model)
    assert found.stated[0].value == rate_exact(0.5, 0.3, A, B).value
    assert found.e == pytest.approx(0.18 / model.alpha) and len(found.known) == 2
    assert compare(0.5, 0.3, from_hessians(A, B)).e is None


@pytest.mark.parametrize(
    ("eps", "lipschitz", "message"),
    [
        (None, None, "lipschitz"),
        (0.1, None, "lipschitz"),
        (None, 1.0, "eps"),
        (1.0, math.inf, "unbounded"),
        (None, math.inf, "unbounded"),
        (0.1, 1.0, "exceeds"),
    ],
)
def test_what_is_missing_for_a_certificate_is_named(eps, lipschitz, message) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(HypothesisError, match=message):
        from_hessians(-1.0, -2.0, eps, lipschitz).gap()


def test_bounds_from_the_hessians_are_no_paper_s() -> None:
    found = compare(0.5, 0.0, gaussian())
    assert [row.rate.tag for row in found.rows if row.rate] == ["D", "D", "2nd", "2nd", "D", "D"]


def test_numbers_alone() -> None:
    assert from_numbers().mu == 1 and from_numbers().notes and not from_numbers(mu=1.0).notes
    assert not compare(1.0, 1.0, from_numbers(mu=0.5)).known
    for bad in ({"mu": -1.0}, {"mu": math.inf}, {"eps": -1.0}, {"lipschitz": math.nan}, {"alpha": 0.0}):
        with pytest.raises(ValueError, match="must be"):
            from_numbers(**bad)


def test_reasons_are_said_once() -> None:
    notes = compare(0.5, 0.0, curved(-1.0, 1.0)).notes
    assert sum("unbounded" in note for note in notes) == 1
    assert any(note.startswith("tight, euclidean, published: eps*L is unbounded") for note in notes)


def test_whose_statements_hold_without_correction() -> None:
    assert {"Bertrand", "Ferbach"} <= {
        word for note in compare(0.2, 0.0, from_numbers()).notes for word in note.replace(":", " ").split()
    }
    assert not any("Bertrand" in note for note in compare(0.2, 0.1, from_numbers()).notes)
    assert not any("Ferbach" in note for note in compare(0.2, 0.0, from_numbers(eps=2.0, lipschitz=1.0)).notes)
