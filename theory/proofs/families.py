"""T4: exponential families contract by r = s a exactly; T5: the curved family that does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp

from theory import updates
from theory.proofs.step import Proof, Step, zeros

lam, gamma = sp.symbols("lambda gamma", nonnegative=True)
a, s = updates.kept_share(gamma), updates.synthetic_share(lam)
WHOLE_SET = "correction of the whole training set instead of its synthetic part: r = lam a/(1 + lam a)"


def _whole_set(s: Any, a: Any) -> Any:
    return s * a / (1 - s + s * a)


def _mean_parameter_steps(claim: Callable[..., Any]) -> tuple[Step, ...]:
    m, target, theta = sp.symbols("m m_star theta", real=True)
    psi = sp.Function("psi")
    r = claim(s, a)
    step = updates.mean_parameter_step(m, target=target, s=s, a=a)
    # Natural parameter: psi'(G(theta)) = step(psi'(theta)); at the fixed point psi'' cancels.
    inner = updates.mean_parameter_step(psi(theta).diff(theta), target=target, s=s, a=a).diff(theta)
    return (
        Step("global: G(m) - m* = r (m - m*)", step - target - r * (m - target)),
        Step("natural parameter: G'(theta*) = r for any log-partition psi", inner / psi(theta).diff(theta, 2) - r),
    )


MEAN_PARAMETER = Proof(
    codes=("T4",),
    statement="exponential family: the mean parameter's error shrinks by r = s a, globally and exactly",
    latex=r"m_{t+1} - m^* = \frac{\lambda}{(1+\lambda)(1+\gamma)}\,(m_t - m^*)",
    assumptions=("the maximiser of E_q log p matches E_q T, and E_q T is linear in the mixture q",),
    paper="this project",
    status="D",
    claim=updates.contraction,
    wrong_name=WHOLE_SET,
    wrong_claim=_whole_set,
    steps=_mean_parameter_steps,
)


def _bernoulli_steps(claim: Callable[..., Any]) -> tuple[Step, ...]:
    theta, best = sp.symbols("theta theta_star", real=True)

    def sigmoid(x: Any) -> Any:
        return 1 / (1 + sp.exp(-x))

    p = updates.mean_parameter_step(sigmoid(theta), target=sigmoid(best), s=s, a=a)
    new = sp.log(p) - sp.log(1 - p)
    return (Step("derivative at theta*", sp.diff(new, theta).subs(theta, best) - claim(s, a)),)


BERNOULLI = Proof(
    codes=("T4", "P8"),
    statement="Bernoulli in its natural parameter: derivative r at theta*",
    latex=r"\frac{d}{d\theta}\,\mathrm{logit}\, m_{t+1}\Big|_{\theta^*} = s a",
    assumptions=("the update of the mean parameter",),
    paper="this project",
    status="D",
    claim=updates.contraction,
    wrong_name=WHOLE_SET,
    wrong_claim=_whole_set,
    steps=_bernoulli_steps,
)


def _gaussian_steps(claim: Callable[..., Any]) -> tuple[Step, ...]:
    r = claim(s, a)
    mean, var, mean_star, var_star = sp.symbols("mu v mu_star v_star", real=True)
    new = updates.gaussian_step(mean, var, target_mean=mean_star, target_cov=var_star, s=s, a=a)
    at_star = {mean: mean_star, var: var_star}
    one = sp.Matrix(new).jacobian([mean, var]).subs(at_star) - r * sp.eye(2)

    m = sp.Matrix(sp.symbols("m1 m2", real=True))
    c11, c12, c22 = sp.symbols("c11 c12 c22", real=True)
    m_star = sp.Matrix(sp.symbols("m1_star m2_star", real=True))
    k11, k12, k22 = sp.symbols("c11_star c12_star c22_star", real=True)
    new_m, new_c = updates.gaussian_step(
        m,
        sp.Matrix([[c11, c12], [c12, c22]]),
        target_mean=m_star,
        target_cov=sp.Matrix([[k11, k12], [k12, k22]]),
        s=s,
        a=a,
        outer=lambda v: v * v.T,
    )
    old = [*m, c11, c12, c22]
    there = dict(zip(old, [*m_star, k11, k12, k22], strict=True))
    out = sp.Matrix([*new_m, new_c[0, 0], new_c[0, 1], new_c[1, 1]])
    two = out.jacobian(old).subs(there) - r * sp.eye(5)
    return (*zeros("d = 1: Jacobian - r I", one), *zeros("d = 2: Jacobian - r I", two))


GAUSSIAN = Proof(
    codes=("T4", "P9"),
    statement="Gaussian mean and covariance: the Jacobian is r I (d = 1, 2)",
    latex=r"D G(\mu^*, \Sigma^*) = s a\, I",
    assumptions=("maximum likelihood matches mean and covariance of the training law",),
    paper="this project",
    status="D",
    claim=updates.contraction,
    wrong_name=WHOLE_SET,
    wrong_claim=_whole_set,
    steps=_gaussian_steps,
)


def _curved_mu(ratio: Any) -> Any:
    """T5: mu = 3/(2 + m1/theta*)."""
    return 3 / (2 + ratio)


def _curved_steps(claim: Callable[..., Any]) -> tuple[Step, ...]:
    theta, x, m1 = sp.symbols("theta x m1", real=True)
    size = sp.symbols("theta_star", positive=True)
    log_p = -sp.log(size) - (x - size) ** 2 / (2 * size**2)
    score, hessian = (sp.expand(sp.diff(log_p, size, order)) for order in (1, 2))

    def expect(poly: Any, first: Any, second: Any) -> Any:
        return sum(poly.coeff(x, i) * value for i, value in enumerate((1, first, second)))

    m2 = size**2 + m1 * size
    A, B = expect(hessian, m1, m2), expect(hessian, size, 2 * size**2)
    # Slope of the update itself; m1 = h - 2 theta* with h > 0 keeps theta* the positive root, and lets roots simplify.
    above = sp.symbols("h", positive=True)
    data = {"m1": above - 2 * size, "m2": m2.subs(m1, above - 2 * size)}
    step = updates.curved_step(theta, **data, s=s, a=a, sqrt=lambda value: sp.sqrt(sp.factor(value)))
    slope = sp.diff(step, theta).subs(theta, size).replace(sp.Pow, lambda base, power: sp.factor(base) ** power)
    mu = claim(m1 / size)
    return (
        Step("theta*^2 + m1 theta* = m2 is the stationarity condition", expect(score, m1, m2)),
        Step("mu = B/A", B / A - mu),
        Step(
            "slope of the update = T2 with this mu",
            slope - updates.jacobian_eigenvalue(mu.subs(m1, above - 2 * size), s=s, a=a),
        ),
    )


CURVED = Proof(
    codes=("T5", "P10"),
    statement="curved family N(theta, theta^2): mu = 3/(2 + m1/theta*), and the update has T2's slope",
    latex=r"\mu = \frac{B}{A} = \frac{3}{2 + m_1/\theta^*}",
    assumptions=("theta > 0; data moments m1, m2 with -A > 0, that is m1 > -2 theta*",),
    paper="this project",
    status="D",
    claim=_curved_mu,
    wrong_name="the exponential family's mu = 1",
    wrong_claim=lambda ratio: sp.Integer(1) + 0 * ratio,
    steps=_curved_steps,
)

PROOFS = (MEAN_PARAMETER, BERNOULLI, GAUSSIAN, CURVED)
