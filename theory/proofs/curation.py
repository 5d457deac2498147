"""R15 to R17: curation (Ferbach et al.): the reward rises, real data hold the law, two points, Gaussians."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp

from theory import updates
from theory.formulas import curation_sup, quoted_gain, sharper_gain, tilted_gaussian, tilted_path, two_point_ratio
from theory.fourth import power_sum_moments
from theory.proofs.step import Proof, Step

FERBACH = "Ferbach et al."
lam, K = sp.symbols("lambda K", positive=True)


def _rise_steps(claim: Callable[..., Any]) -> tuple[Step, ...]:
    """New E Z is E[sum Z^2/sum Z] over K candidates, Z = e^r; sum Z <= K e^max r."""
    m1, m2, m3, m4, top = sp.symbols("m1 m2 m3 m4 top", positive=True)
    sums = power_sum_moments(K, m1, m2, m3, m4)
    steps = [
        Step(
            "E[sum Z^2 - (sum Z)^2/K]/(K top) is the claim",
            (sums[0, 1] - sums[2, 0] / K) / (K * top) - claim(m2 - m1**2, top),
        )
    ]
    for count in (2, 3, 4):
        z = sp.symbols(f"z1:{count + 1}", positive=True)
        total, squares = sum(z), sum(x**2 for x in z)
        pairs = sum((z[i] - z[j]) ** 2 for i in range(count) for j in range(i))
        steps += [
            Step(
                f"K = {count}: the rise of one draw",
                squares / total - total / count - (squares - total**2 / count) / total,
            ),
            Step(f"K = {count}: it is a sum of squares", squares - total**2 / count - pairs / count),
        ]
    return tuple(steps)


RISE = Proof(
    codes=("R15",),
    statement="curation without real data: E e^r rises by at least ((K-1)/K) Var(e^r)/e^max r",
    latex=r"E_{t+1}e^r \ge E_t e^r + \frac{K-1}{K}\,\frac{\mathrm{Var}_t(e^r)}{e^{r^*}}",
    assumptions=(
        "candidates are exchangeable, so the new E Z is E[sum Z^2/sum Z]; sum Z <= K e^max r",
        "the identities in z hold for every K in the same way; K = 2, 3, 4 are verified",
    ),
    paper=FERBACH,
    status="2nd",
    claim=lambda variance, top: (K - 1) / K * variance / top,
    wrong_name="a rise of Var(e^r)/e^max r without (K-1)/K",
    wrong_claim=lambda variance, top: variance / top,
    steps=_rise_steps,
    claims=("T-7",),
)


def _gain_steps(claim: Callable[..., Any]) -> tuple[Step, ...]:
    """y_t = (E_t - E_ref) e^r in units of ((K-1)/K) Var_ref/e^max r; y_1 = s; then Var_t >= (1-s) Var_ref."""
    s = updates.synthetic_share(lam)
    y = claim(lam)
    return (
        Step("t = 1: s times the pure loop's rise", updates.trained(0, 1, s=s) - y),
        Step("kept: s(y + (1-s)) = y at the bound", updates.trained(0, y + (1 - s), s=s) - y),
        Step("not below the quoted lam(1+lam)^-3", y - quoted_gain(lam), "positive"),
    )


GAIN = Proof(
    codes=("R15",),
    statement="curation with real data: the reward stays above the reference's by lam/(1+lam) of the first rise",
    latex=r"E_t e^r \ge E_{ref} e^r + \frac{\lambda}{1+\lambda}\,\frac{K-1}{K}\,\mathrm{Var}_{ref}(e^r)/e^{r^*}",
    assumptions=(
        "the rise without real data; Var of a mixture is at least its parts' (law of total variance)",
        "p_0 = p_ref",
    ),
    paper="this project, after Ferbach et al.",
    status="D",
    claim=sharper_gain,
    wrong_name="factor lam: real data do not hold the law back",
    wrong_claim=lambda lam: lam,
    steps=_gain_steps,
    claims=("T-7",),
)


def _sup_steps(claim: Callable[..., Any]) -> tuple[Step, ...]:
    s = updates.synthetic_share(lam)
    m = claim(K, lam)
    ratio = sp.symbols("q", positive=True)
    step = updates.curated(ratio, K, reference=1, s=s)
    return (
        Step("fixed point of m' = (1 + lam K m)/(1+lam)", step.subs(ratio, m) - m),
        Step("distance to it is multiplied by lam K/(1+lam)", step - m - lam * K / (1 + lam) * (ratio - m)),
        Step("lam K/(1+lam) < 1 iff lam(K-1) < 1", 1 - lam * K / (1 + lam) - (1 - lam * (K - 1)) / (1 + lam)),
    )


SUP = Proof(
    codes=("R15", "P19"),
    statement="curation with real data: sup p_t/p_ref stays below 1/(1 - lam(K-1)) if lam < 1/(K-1)",
    latex=r"\sup\frac{p_t}{p_{ref}} \le \frac{1}{1-\lambda(K-1)}",
    assumptions=("H_K <= K, so the supremum obeys m' <= (1 + lam K m)/(1+lam)", "m_0 = 1 lies below the fixed point"),
    paper=FERBACH,
    status="2nd",
    claim=curation_sup,
    wrong_name="1/(1 - lam K)",
    wrong_claim=lambda K, lam: 1 / (1 - lam * K),
    steps=_sup_steps,
    claims=("T-7",),
)


def _two_point_steps(claim: Callable[..., Any]) -> tuple[Step, ...]:
    p, E = sp.symbols("p E", positive=True)
    steps = []
    for count in (2, 3, 4, 5):
        weight = sum(
            sp.binomial(count - 1, bad)
            * p**bad
            * (1 - p) ** (count - 1 - bad)
            * count
            / (1 + bad + (count - 1 - bad) * E)
            for bad in range(count)
        )
        steps.append(Step(f"K = {count}: H(bad) as the bad mass vanishes", weight.subs(p, 0) - claim(count, E)))
    better = sp.symbols("D", positive=True)
    steps.append(Step("below 1 for an advantage", 1 - claim(1 + lam, 1 + better), "positive"))
    return tuple(steps)


TWO_POINT = Proof(
    codes=("R16",),
    statement="two points: the bad mass vanishes at rate K/(1+(K-1)e^D) < 1",
    latex=r"\frac{p_{t+1}}{p_t} \to \frac{K}{1+(K-1)e^{\Delta}}",
    assumptions=("binomial number of bad candidates, K = 2 to 5 written out; E = e^D",),
    paper="this project",
    status="D",
    claim=two_point_ratio,
    wrong_name="e^-D, the limit of many candidates",
    wrong_claim=lambda K, advantage: 1 / advantage,
    steps=_two_point_steps,
    claims=("T-7",),
)


def _tilt_steps(claim: Callable[..., Any]) -> tuple[Step, ...]:
    mean, centre, x = sp.symbols("mean c x", real=True)
    v, tau2, t, beta = sp.symbols("v tau2 t beta", positive=True)
    new_mean, new_v = tilted_gaussian(mean, v, centre=centre, tau2=tau2)
    slope = -(x - mean) / v - (x - centre) / tau2 + (x - new_mean) / new_v
    after = claim(mean, v, t, centre=centre, tau2=tau2)
    again = tilted_gaussian(*after, centre=centre, tau2=tau2)
    later = claim(mean, v, t + 1, centre=centre, tau2=tau2)
    return (
        Step("one round: p e^r is Gaussian with these parameters", slope),
        Step("t rounds and one more: variance", again[1] - later[1]),
        Step("t rounds and one more: mean", again[0] - later[0]),
        Step("linear reward beta x: mean + beta v, variance kept", -(x - mean) / v + beta + (x - mean - beta * v) / v),
    )


TILT = Proof(
    codes=("R17",),
    statement="Gaussian under perfect curation: variance 1/(1/v + t/tau^2), only 1/t, though one point is best",
    latex=r"v_t = \frac{1}{1/v_0 + t/\tau^2}",
    assumptions=(
        "K to infinity: p_{t+1} = p_t e^r/E e^r; r = -(x-c)^2/(2 tau^2)",
        "P_0(r = max r) = 0, so convergence onto the best set says nothing here",
    ),
    paper="this project",
    status="D",
    claim=tilted_path,
    wrong_name="exponential decay of the variance",
    wrong_claim=lambda mean, v, t, *, centre, tau2: (
        tilted_path(mean, v, t, centre=centre, tau2=tau2)[0],
        v / (1 + v / tau2) ** t,
    ),
    steps=_tilt_steps,
    claims=("T-7",),
)

PROOFS = (RISE, GAIN, SUP, TWO_POINT, TILT)
