"""The update rules run on every kind of number, and real fits follow them."""

from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

from theory import updates


def test_one_rule_for_all_kinds_of_number() -> None:
    """The same call on fractions (exact), floats, arrays and symbols gives the same value."""
    values = {"M": Fraction(1, 50), "S": Fraction(49, 50), "P": Fraction(1, 60)}
    constants = {"N": Fraction(75), "s": Fraction(1, 3), "a": Fraction(10, 13)}
    exact = updates.moment_step(*values.values(), **constants)
    assert all(isinstance(value, Fraction) for value in exact)
    as_float = updates.moment_step(*map(float, values.values()), **{k: float(v) for k, v in constants.items()})
    assert as_float == pytest.approx([float(value) for value in exact], rel=1e-14)
    arrays = updates.moment_step(*(np.full(3, float(v)) for v in values.values()), **constants | {"N": 75.0})
    assert arrays[0].shape == (3,)
    symbols = sp.symbols("M S P")
    symbolic = updates.moment_step(*symbols, **{key: sp.Rational(str(v)) for key, v in constants.items()})
    at = {symbol: sp.Rational(str(value)) for symbol, value in zip(symbols, values.values(), strict=True)}
    assert [Fraction(str(value.subs(at))) for value in symbolic] == list(exact)


def test_stationary_value_is_an_exact_fraction() -> None:
    """n = 50, k = 25, gamma = 0, fixed real set: M = 5/201, P = 1/50 reproduce themselves without rounding."""
    constants = {"N": Fraction(75), "s": Fraction(1, 3), "a": Fraction(1)}
    M, P = Fraction(5, 201), Fraction(1, 50)
    assert updates.moment_step(M, 1 - M, P, **constants) == (M, 1 - M)
    assert updates.correlation_step(P, **constants) == P
    assert updates.moment_step(Fraction(1, 40), Fraction(39, 40), P, **constants)[0] != Fraction(1, 40)


def test_a_fitted_gaussian_follows_the_update() -> None:
    """One generation on 400 000 points, d = 2, against `gaussian_step`; tolerance from the samples themselves."""
    rng = np.random.default_rng(5)
    n, lam, gamma = 200_000, 1.0, 0.5
    s, a = updates.synthetic_share(lam), updates.kept_share(gamma)
    mean, cov = np.array([2.0, -1.0]), np.array([[2.0, 0.6], [0.6, 0.5]])
    root = np.linalg.cholesky(cov)
    kept = rng.random(n) < a
    model = mean + rng.normal(size=(n, 2)) @ root.T
    training = np.concatenate([rng.normal(size=(n, 2)), np.where(kept[:, None], model, rng.normal(size=(n, 2)))])
    target = {"target_mean": np.zeros(2), "target_cov": np.eye(2), "outer": lambda v: v[:, None] * v[None, :]}
    new_mean, new_cov = updates.gaussian_step(mean, cov, s=s, a=a, **target)
    whole_mean, whole_cov = updates.gaussian_step(mean, cov, s=s * a / (1 - s + s * a), a=1.0, **target)
    errors = training - new_mean
    products = errors[:, :, None] * errors[:, None, :]
    se_mean = training.std(axis=0) / np.sqrt(len(training))
    se_cov = products.std(axis=0) / np.sqrt(len(training))
    # Six numbers at 5.3 standard errors: false alarm below 1e-6. Strata (fixed group sizes) only lower the variance.
    assert np.all(np.abs(training.mean(axis=0) - new_mean) < 5.3 * se_mean)
    assert np.all(np.abs(np.cov(training.T) - new_cov) < 5.3 * se_cov)
    # The same would not do for "correction of the whole training set".
    assert np.all(np.abs(training.mean(axis=0) - whole_mean) > 5.3 * se_mean)
    assert np.abs((np.cov(training.T) - whole_cov) / se_cov).max() > 5.3


def test_curved_family_golden_numbers() -> None:
    best = updates.curved_fit(-1.0, 1.0, sqrt=np.sqrt)
    assert best == pytest.approx(1.618034, abs=5e-7)
    mu = 3 / (2 - 1 / best)
    assert mu == pytest.approx(2.170820, abs=5e-7)
    assert updates.jacobian_eigenvalue(mu, s=1 / 3, a=1.0) == pytest.approx(0.52047803, abs=5e-9)
    assert updates.curved_step(best, m1=-1.0, m2=1.0, s=1 / 3, a=1.0, sqrt=np.sqrt) == pytest.approx(best, rel=1e-14)
