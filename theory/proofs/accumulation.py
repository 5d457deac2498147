"""T14: with ramp weights the accumulating loop forgets by a power of the generation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp

from theory import updates
from theory.formulas import forgetting_exponent, ramp_path
from theory.proofs.step import Proof, Step

g, a, gamma = sp.symbols("g a gamma", positive=True)


def _path_steps(claim: Callable[..., Any]) -> tuple[Step, ...]:
    """delta_g = 2a T_g/(g(g+1)) with T_g = sum_{i<=g} i delta_{i-1}, so (g+2) delta_{g+1} = (g+2a) delta_g."""
    here, then = (claim(x, a, gamma=sp.gamma) for x in (g, g + 1))
    first = claim(sp.Integer(1), a, gamma=sp.gamma)
    return (
        Step("generation 1: a times the first error", sp.gammasimp(first) - a),
        Step("(g+2) delta_{g+1} = (g+2a) delta_g", sp.gammasimp((g + 2) * then / here) - (g + 2 * a)),
    )


PATH = Proof(
    codes=("T14",),
    statement="accumulation without a real set: delta_g = 2a Gamma(g+2a)/(Gamma(1+2a) Gamma(g+2)), exactly",
    latex=r"\frac{\delta_g}{\delta_0} = \frac{2a\,\Gamma(g+2a)}{\Gamma(1+2a)\,\Gamma(g+2)}",
    assumptions=("mean field; batch i enters generation g with weight i/g, not rounded",),
    paper="this project",
    status="D",
    claim=ramp_path,
    wrong_name="the same with a instead of 2a",
    wrong_claim=lambda g, a, *, gamma: a * gamma(g + a) / (gamma(1 + a) * gamma(g + 2)),
    steps=_path_steps,
    claims=("G-1",),
)


def _exponent_steps(claim: Callable[..., Any]) -> tuple[Step, ...]:
    p, kept = claim(gamma), updates.kept_share(gamma)
    # a power g^-p solves delta(g) = (2a/g^2) int_0^g x delta(x) dx iff 2a/(2-p) = 1
    return (
        Step("a power solves the continuous equation", 2 * kept / (2 - p) - 1),
        Step("more correction forgets faster", sp.diff(p, gamma), "positive"),
        Step("never as fast as g^-2", 2 - p, "positive"),
    )


EXPONENT = Proof(
    codes=("T14",),
    statement="accumulation forgets like g^(-2 gamma/(1+gamma)): a power that rises with gamma, never exponential",
    latex=r"\delta_g \propto g^{-2\gamma/(1+\gamma)}",
    assumptions=("mean field without a real set; sums as integrals for large g",),
    paper="this project",
    status="D",
    claim=forgetting_exponent,
    wrong_name="exponent gamma/(1+gamma): batches without ramp weights",
    wrong_claim=lambda gamma: gamma / (1 + gamma),
    steps=_exponent_steps,
    claims=("G-1",),
)

PROOFS = (PATH, EXPONENT)
