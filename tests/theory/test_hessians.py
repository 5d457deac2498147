"""The exact rate from A and B, and the gap between them: invariance, ill-conditioned pairs, refusals."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from theory import HypothesisError, hessian_gap, rate_euclidean, rate_exact, rate_from_spectrum, rate_tight
from theory.hessians import pair

ULP = 2.0**-52
DIMENSIONS = st.integers(1, 6)
SEEDS = st.integers(0, 2**32 - 1)
LAMS = st.floats(-300, 300).map(lambda power: 10.0**power) | st.sampled_from([0.0, 1e12, math.inf])
GAMMAS = st.floats(-12, 12).map(lambda power: 10.0**power) | st.sampled_from([0.0, math.inf])


def orthogonal(rng, d):
    return np.linalg.qr(rng.normal(size=(d, d)))[0]


def conditioned(rng, d, log_condition):
    """A positive definite matrix with condition number 10^log_condition (1 if d = 1)."""
    q = orthogonal(rng, d)
    x = (q * 10.0 ** np.linspace(0, -log_condition, d)) @ q.T
    return (x + x.T) / 2


def known_pair(rng, d, log_condition):
    """(A, B, mu): -A = J^T J with condition number 10^log_condition, B = J^T diag(-mu) J, so mu are A^-1 B's."""
    J = (orthogonal(rng, d) * 10.0 ** np.linspace(0, -log_condition / 2, d)) @ orthogonal(rng, d)
    mu = 10.0 ** rng.uniform(-3, 3, d)
    A, B = -(J.T @ J), -(J.T * mu) @ J
    return (A + A.T) / 2, (B + B.T) / 2, mu


@given(SEEDS, DIMENSIONS, st.floats(0, 10), LAMS, GAMMAS)
def test_exact_rate_of_an_ill_conditioned_pair(seed, d, log_condition, lam, gamma) -> None:  # type: ignore[no-untyped-def]
    """Rounding A and B to floats moves mu_max by cond(A) ulp of itself; a rate moves by less than its mu."""
    assume(not (math.isinf(lam) and gamma == 0))
    A, B, mu = known_pair(np.random.default_rng(seed), d, log_condition)
    expected = rate_from_spectrum(lam, gamma, float(mu.max())).value
    tolerance = 32 * d * d * ULP * 10.0**log_condition
    found = rate_exact(lam, gamma, A, B)
    assert found.value == pytest.approx(expected, rel=tolerance, abs=1e-305)
    assert all(item.holds for item in found.hypotheses)


@given(SEEDS, DIMENSIONS, st.floats(0, 4), st.floats(0, 3), LAMS, GAMMAS)
def test_exact_rate_survives_reparametrisation(seed, d, log_a, log_j, lam, gamma) -> None:  # type: ignore[no-untyped-def]
    """A -> J^T A J leaves it alone; cond(J^T A J) <= cond(A) cond(J)^2 scales the rounding. alpha is not invariant."""
    assume(not (math.isinf(lam) and gamma == 0))
    rng = np.random.default_rng(seed)
    A, B, _ = known_pair(rng, d, log_a)
    J = (orthogonal(rng, d) * 10.0 ** np.linspace(0, -log_j, d)) @ orthogonal(rng, d)
    tolerance = 64 * d * d * ULP * 10.0 ** (log_a + 2 * log_j)
    sides = [(X + X.T) / 2 for X in (J.T @ A @ J, J.T @ B @ J)]
    expected = rate_exact(lam, gamma, A, B).value
    assert rate_exact(lam, gamma, *sides).value == pytest.approx(expected, rel=tolerance, abs=1e-305)


@given(SEEDS, DIMENSIONS, st.floats(0, 10), st.floats(0, 10), LAMS, GAMMAS)
def test_bounds_from_the_hessians_are_ordered(seed, d, log_a, log_b, lam, gamma) -> None:  # type: ignore[no-untyped-def]
    """exact <= tight <= Euclidean with the e that A and B give; both sides come from the same pair."""
    assume(not (math.isinf(lam) and gamma == 0))
    rng = np.random.default_rng(seed)
    A, B = -conditioned(rng, d, log_a), -conditioned(rng, d, log_b)
    energy, euclidean = hessian_gap(A, B), hessian_gap(A, B, "euclidean")
    rounding = 1 + 64 * d * d * ULP * 10.0**log_a
    assert energy <= euclidean * rounding + 64 * d * d * ULP * 10.0**log_a
    exact, tight = rate_exact(lam, gamma, A, B).value, rate_tight(lam, gamma, energy).value
    assert exact <= tight * (1 + 8 * ULP) + 1e-305
    assert tight <= rate_euclidean(lam, gamma, euclidean).value * rounding + 1e-305


@given(SEEDS, DIMENSIONS, st.floats(0, 4))
def test_hessian_gap_is_the_smallest_that_covers(seed, d, log_condition) -> None:  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(seed)
    A, B, _ = known_pair(rng, d, log_condition)
    e = hessian_gap(A, B)
    size = float(np.abs(B).max()) + (1 + e) * float(np.abs(A).max())
    least = np.linalg.eigvalsh(-(1 + e) * A + B)[0]  # -B <= (1+e)(-A)
    assert least >= -64 * d * d * ULP * size
    assert hessian_gap(A, B) <= hessian_gap(A, B, "euclidean") * (1 + 1e-6) + 1e-6


def test_hessian_gaps_by_hand() -> None:
    A, B = np.diag([-1.0, -0.5]), np.diag([-1.2, -0.1])
    assert hessian_gap(A, B) == pytest.approx(0.2)
    assert hessian_gap(A, B, "euclidean") == pytest.approx(0.4 / 0.5)
    assert hessian_gap(-1.0, -0.25) == 0 and hessian_gap(-1.0, -0.25, "euclidean") == 0.75
    assert hessian_gap(A, A) == pytest.approx(0, abs=1e-15)
    assert hessian_gap(A, A, "euclidean") == 0


def test_rate_of_a_loop_on_samples_lies_below_both_bounds() -> None:
    """T3 with these e, on the Jacobian itself: spectral radius and Euclidean norm."""
    rng = np.random.default_rng(1)
    sharp = 0
    for _ in range(300):
        d = int(rng.integers(1, 6))
        A, B = -conditioned(rng, d, 1.0), -conditioned(rng, d, 1.0)
        lam, gamma = 10 ** rng.uniform(-2, 2), 10 ** rng.uniform(-2, 1)
        DG = lam / (1 + gamma) * np.linalg.solve(A + lam * B, B)
        assert np.abs(np.linalg.eigvals(DG)).max() <= rate_tight(lam, gamma, hessian_gap(A, B)).value + 1e-12
        bound = rate_euclidean(lam, gamma, hessian_gap(A, B, "euclidean")).value
        assert np.linalg.norm(DG, 2) <= bound + 1e-12
        # The energy gap is no gap for the Euclidean norm: the test would notice the two swapped.
        sharp += bool(np.linalg.norm(DG, 2) > rate_euclidean(lam, gamma, hessian_gap(A, B)).value + 1e-12)
    assert sharp > 0


@pytest.mark.parametrize("size", [1e-300, 1e-150, 1.0, 1e150, 1e300])
def test_the_unit_of_the_parameters_does_not_matter(size: float) -> None:
    A, B = np.array([[-2.0, 0.3], [0.3, -1.0]]), np.array([[-1.0, 0.1], [0.1, -3.0]])
    assert pair(size * A, size * B).mu == pytest.approx(pair(A, B).mu, rel=1e-14)
    assert pair(size * A, size * B).alpha == pytest.approx(size * pair(A, B).alpha, rel=1e-14)


def test_a_singular_fisher_information_is_allowed() -> None:
    assert rate_exact(1.0, 0.0, -np.eye(2), np.zeros((2, 2))).value == 0
    assert rate_exact(1.0, 0.0, -np.eye(2), -np.ones((2, 2))).value == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("A", "B", "message"),
    [
        (np.diag([-1.0, -1e-17]), -np.eye(2), "A must be negative definite"),
        (np.diag([-1.0, 0.0]), -np.eye(2), "no strict maximum; choose"),
        (0.0, -1.0, "A must be negative definite"),
        (-1.0, 0.5, "B must be negative semidefinite, its largest eigenvalue is 0.5; give"),
        ([[-1.0, 0.5], [0.0, -1.0]], -np.eye(2), "symmetric, its sides differ by 0.5"),
        ([[-1.0, 0.5], [0.0]], -np.eye(2), "rows of equal length"),
        ([["one"]], [[-1]], "matrix of numbers"),
        ([], [], "square"),
        (np.zeros((2, 3)), -np.eye(2), "square"),
        (-1.0, -np.eye(2), "same shape"),
        (math.nan, -1.0, r"A must be finite, entry \(0, 0\) is nan"),
        (-1.0, -math.inf, "B must be finite"),
        (-(10**400), -1.0, "A must be a number"),
    ],
)
def test_inadmissible_pairs_are_refused(A, B, message) -> None:  # type: ignore[no-untyped-def]
    for call in (lambda: rate_exact(1.0, 1.0, A, B), lambda: hessian_gap(A, B), lambda: pair(A, B)):
        with pytest.raises(ValueError, match=message) as caught:
            call()
        assert "\n" not in str(caught.value)


def test_refusals_carry_the_failed_inequality() -> None:
    with pytest.raises(HypothesisError) as caught:
        pair(-1.0, 2.0)
    (failed,) = caught.value.failed
    assert (failed.left, failed.right, failed.holds) == (2.0, 0.0, False)


def test_an_unknown_norm_and_an_overflow_are_refused() -> None:
    with pytest.raises(ValueError, match="energy or euclidean"):
        hessian_gap(-1.0, -1.0, "max")  # type: ignore[arg-type]
    with pytest.raises(HypothesisError, match="overflows"):
        hessian_gap(-1e-200, -1e200, "euclidean")
