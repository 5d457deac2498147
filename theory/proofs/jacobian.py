"""T1 and T2: the Jacobian of one generation at theta*, its eigenvalues and what follows from them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp

from theory import updates
from theory.proofs.step import Proof, Step, zeros

lam, gamma = sp.symbols("lambda gamma", nonnegative=True)
a, s = updates.kept_share(gamma), updates.synthetic_share(lam)


def _three_points() -> tuple[list[Any], list[Any], list[Any], list[Any]]:
    """Model law p, its gradient g and Hessian h in two parameters, and data law d, on three points."""
    p1, p2, d1, d2 = sp.symbols("p1 p2 d1 d2", positive=True)
    g = [sp.Matrix(sp.symbols(f"g{i}_1 g{i}_2", real=True)) for i in (1, 2)]
    h = []
    for i in (1, 2):
        xx, xy, yy = sp.symbols(f"h{i}_11 h{i}_12 h{i}_22", real=True)
        h.append(sp.Matrix([[xx, xy], [xy, yy]]))
    return [p1, p2, 1 - p1 - p2], [*g, -g[0] - g[1]], [*h, -h[0] - h[1]], [d1, d2, 1 - d1 - d2]


def _jacobian_steps(claim: Callable[..., Any]) -> tuple[Step, ...]:
    p, g, h, d = _three_points()
    log_hessian = [hi / pi - gi * gi.T / pi**2 for pi, gi, hi in zip(p, g, h, strict=True)]
    A = sum((di * x for di, x in zip(d, log_hessian, strict=True)), sp.zeros(2, 2))
    B = sum((pi * x for pi, x in zip(p, log_hessian, strict=True)), sp.zeros(2, 2))
    fisher = sum((gi * gi.T / pi for pi, gi in zip(p, g, strict=True)), sp.zeros(2, 2))
    # F(new, old) = sum_i [d_i + lam (a p_i(old) + (1-a) p_i*)] grad log p_i(new) = 0 defines new = G(old).
    weights = [di + lam * updates.corrected(pi, pi, a=a) for di, pi in zip(d, p, strict=True)]
    by_new = sum((w * x for w, x in zip(weights, log_hessian, strict=True)), sp.zeros(2, 2))
    by_old = sum(((gi / pi) * (lam * a * gi).T for pi, gi in zip(p, g, strict=True)), sp.zeros(2, 2))
    scalar = -by_old[0, 0] / by_new[0, 0]  # implicit function theorem with one parameter
    return (
        *zeros("information identity: E score score^T = -B", fisher + B),
        *zeros("derivative by the new parameter is A + lam B", by_new - (A + lam * B)),
        *zeros("derivative by the old parameter is -lam a B", by_old + lam * a * B),
        Step("one parameter: -dF/d(old) over dF/d(new) is the claim", scalar - claim(A[0, 0], B[0, 0], lam=lam, a=a)),
    )


JACOBIAN = Proof(
    codes=("T1", "P7"),
    statement="Jacobian of one generation at theta* from the stationarity condition",
    latex=r"DG(\theta^*) = \lambda a\,(A + \lambda B)^{-1} B",
    assumptions=(
        "p_theta > 0 is twice differentiable with a support that does not depend on theta",
        "the steps run on any law on three points with two parameters; else integrals stand for sums",
        "A + lam B is invertible (A < 0, B <= 0)",
    ),
    paper="this project",
    status="D",
    claim=updates.jacobian,
    wrong_name="Jacobian without the correction: lam B/(A + lam B)",
    wrong_claim=lambda A, B, *, lam, a: updates.jacobian(A, B, lam=lam, a=1),
    steps=_jacobian_steps,
)


def _spectrum_steps(claim: Callable[..., Any]) -> tuple[Step, ...]:
    mu1, mu2 = sp.symbols("mu1 mu2", nonnegative=True)
    v11, v12, v21, v22 = sp.symbols("v11 v12 v21 v22", real=True)
    V = sp.Matrix([[v11, v12], [v21, v22]])
    # Every pair A < 0, B <= 0 has such a V: the eigenvectors of (B, A), orthonormal in <u,v> = -u^T A v.
    W = V.inv()
    A = -W.T * W
    B = A * V * sp.diag(mu1, mu2) * W
    DG = lam * a * (A + lam * B).inv() * B
    values = sp.diag(*(claim(mu, s=s, a=a) for mu in (mu1, mu2)))
    energy = -A * DG
    mu = sp.symbols("mu", positive=True)
    rate = claim(mu, s=s, a=a)
    return (
        Step("B is symmetric", B[0, 1] - B[1, 0]),
        Step("DG is self-adjoint: (-A) DG is symmetric", energy[0, 1] - energy[1, 0]),
        *zeros("DG V = V diag(claim(mu))", DG * V - V * values),
        Step("the claim in lam: a lam mu/(1 + lam mu)", rate - a * lam * mu / (1 + lam * mu)),
        Step("below a for every lam", a - rate, "positive"),
    )


SPECTRUM = Proof(
    codes=("T2",),
    statement="exact rate a lam mu/(1 + lam mu) < a: self-adjoint, every lam is locally stable",
    latex=r"\rho(DG) = \frac{a\,\lambda\mu_{\max}}{1+\lambda\mu_{\max}} < a,\quad \mu = \mathrm{eig}(A^{-1}B)",
    assumptions=(
        "A < 0 and B <= 0 are symmetric; then eigenvectors of (B, A) diagonalise both (spectral theorem)",
        "the steps run on a general pair of 2x2 matrices",
        "spectral radius = asymptotic rate near theta*",
    ),
    paper="this project",
    status="D",
    claim=updates.jacobian_eigenvalue,
    wrong_name="published shape a lam mu/(1 - lam mu) taken for an eigenvalue",
    wrong_claim=lambda mu, *, s, a: a * s * mu / (1 - s - s * mu),
    steps=_spectrum_steps,
)


def _invariance_steps(claim: Callable[..., Any]) -> tuple[Step, ...]:
    A, B = (
        sp.Matrix([[xx, xy], [xy, yy]])
        for xx, xy, yy in (sp.symbols("A11 A12 A22", real=True), sp.symbols("B11 B12 B22", real=True))
    )
    j11, j12, j21, j22 = sp.symbols("j11 j12 j21 j22", real=True)
    J = sp.Matrix([[j11, j12], [j21, j22]])
    there = lam * a * (A + lam * B).inv() * B
    new_a, new_b = claim(A, J), claim(B, J)
    phi = sp.Matrix(sp.symbols("phi1 phi2", real=True))
    curvature = sp.hessian(((J * phi).T * A * (J * phi))[0] / 2, list(phi))
    return (
        *zeros("the Hessian in the new parameters phi, theta = J phi", curvature - new_a),
        # DG' = J^-1 DG J, multiplied out so that no second inverse is needed.
        *zeros("(A' + lam B') J^-1 DG J = lam a B'", (new_a + lam * new_b) * J.inv() * there * J - lam * a * new_b),
    )


INVARIANCE = Proof(
    codes=("T2",),
    statement="the exact rate does not depend on the parameters chosen",
    latex=r"DG' = J^{-1}\,DG\,J",
    assumptions=("at theta* the expected gradients vanish, so Hessians transform as J^T A J, J^T B J", "2x2 matrices"),
    paper="this project",
    status="D",
    claim=lambda hessian, J: J.T * hessian * J,
    wrong_name="Hessians transform like linear maps: J A J",
    wrong_claim=lambda hessian, J: J * hessian * J,
    steps=_invariance_steps,
)

PROOFS = (JACOBIAN, SPECTRUM, INVARIANCE)
