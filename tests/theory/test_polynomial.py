"""Polynomials against sympy, and over arrays."""

import numpy as np
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from theory.polynomial import Polynomial, monomials, variables

X = sp.symbols("x y z")
TERMS = st.dictionaries(st.tuples(*[st.integers(0, 3)] * 3), st.integers(-9, 9), min_size=1, max_size=5)


def _as_sympy(polynomial):
    return sp.expand(sum(c * sp.prod([x**p for x, p in zip(X, e, strict=True)]) for e, c in polynomial.terms.items()))


@given(TERMS, TERMS, st.integers(0, 3), st.integers(-5, 5))
def test_arithmetic_is_that_of_sympy(first, second, power, number):
    p, q = Polynomial(first), Polynomial(second)
    a, b = _as_sympy(p), _as_sympy(q)
    for mine, known in ((p + q, a + b), (p - q, a - b), (p * q, a * b), (p**power, a**power), (number - p, number - a),
                        (number * p, number * a), (p + number, a + number), (-p, -a)):  # fmt: skip
        assert _as_sympy(mine) == sp.expand(known)


def test_coefficients_may_be_arrays_and_symbols():
    x, y = variables(2)
    values = np.array([1.0, 2.0, 3.0])
    product = (values * x + y) * (values * x - y)
    assert np.array_equal(product.terms[2, 0], values**2) and np.all(product.terms[1, 1] == 0)
    symbol = sp.symbols("s")
    assert ((symbol * x + 1) ** 2).terms[1, 0] == 2 * symbol


def test_monomials_are_all_of_the_weight_and_no_more():
    found = monomials((1, 2, 1, 2), 4)
    every = {e for e in np.ndindex(5, 3, 5, 3) if e[0] + 2 * e[1] + e[2] + 2 * e[3] <= 4}
    assert set(found) == every and len(found) == len(every) == 30
    assert found[0] == (0, 0, 0, 0)
