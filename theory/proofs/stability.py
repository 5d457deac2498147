"""T11: where the second moments settle, for every size and strength: the eigenvalues of the moment map."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp

from theory import updates
from theory.proofs.step import Proof, Step

M, S = sp.symbols("M S", real=True)


def _map(rule: Callable[..., Any], **constants: Any) -> Any:
    """The 2 x 2 map of (M, S). P moves by itself, with eigenvalue r, so it adds nothing to the spectrum but r."""
    return sp.Matrix(rule(M, S, sp.Integer(0), **constants)).jacobian([M, S])


def _det(matrix: Any) -> Any:
    """Written out: sympy's own simplifies on the way, which takes from milliseconds to hours."""
    return matrix[0, 0] * matrix[1, 1] - matrix[0, 1] * matrix[1, 0]


def _likelihood_steps(claim: Callable[..., Any]) -> tuple[Step, ...]:
    n, k, gamma = sp.symbols("n k gamma", positive=True)
    a, z = updates.kept_share(gamma), sp.symbols("z", real=True)
    steps = []
    for text, s, N in (("real data", k / (n + k), n + k), ("no real data", sp.Integer(1), k)):
        system = _map(updates.moment_step, N=N, s=s, a=a)
        first, second = claim(s, a, k)
        steps.append(
            Step(f"{text}: characteristic polynomial", _det(system - z * sp.eye(2)) - (first - z) * (second - z))
        )
    return tuple(steps)


LIKELIHOOD = Proof(
    codes=("T11",),
    statement="maximum likelihood: the moment map's eigenvalues are r and r^2 (1 - 1/k), so its radius is r",
    latex=r"\mathrm{eig} = \{\, s a,\ s^2a^2(1-\tfrac1k) \,\}",
    assumptions=("bias 1; all data regimes (s = 1 without real data); the rest of the spectrum is r, of P",),
    paper="this project",
    status="D",
    claim=lambda s, a, k: (s * a, s**2 * a**2 * (1 - 1 / k)),
    wrong_name="second eigenvalue r^2: the synthetic points' noise left out",
    wrong_claim=lambda s, a, k: (s * a, s**2 * a**2),
    steps=_likelihood_steps,
    claims=("T-5", "T-9"),
)


def _unbiased_steps(claim: Callable[..., Any]) -> tuple[Step, ...]:
    """A nonnegative 2 x 2 matrix has radius < 1 iff the leading minors of 1 - matrix are positive."""
    m, q, g = sp.symbols("m q g", nonnegative=True)
    n, k, a, b = 1 + m, 1 + q, 1 / (1 + g), sp.symbols("b", positive=True)
    N, s = n + k, claim(k, n)
    system = _map(updates.moment_step, N=N, s=s, a=a, nu=N / (N - 1))
    biased = _map(updates.moment_step, N=N, s=s, a=a, bias=b, nu=N / (N - 1))
    return (
        *(Step(f"entries are nonnegative [{i}]", entry, "nonnegative") for i, entry in enumerate(system)),
        *(Step(f"less bias, less of everything [{i}]", entry.diff(b), "nonnegative") for i, entry in enumerate(biased)),
        Step("first minor of 1 - matrix", 1 - system[0, 0], "positive"),
        Step("determinant of 1 - matrix", _det(sp.eye(2) - system), "positive"),
    )


UNBIASED = Proof(
    codes=("T11",),
    statement="unbiased covariance with any real data: the moments settle for all n, k >= 1, gamma >= 0, b <= 1",
    latex=r"n \ge 1 \Rightarrow \rho(T) < 1",
    assumptions=(
        "nonnegative matrices: the radius rises with every entry, and is < 1 iff all leading minors of 1 - T are > 0",
        "fixed or fresh real data; the rest of the spectrum is r < 1, of P",
    ),
    paper="this project",
    status="D",
    claim=lambda k, n: k / (n + k),
    wrong_name="the same without real data in the mean: s = 1",
    wrong_claim=lambda k, n: sp.Integer(1),
    steps=_unbiased_steps,
    claims=("T-9",),
)

PROOFS = (LIKELIHOOD, UNBIASED)
