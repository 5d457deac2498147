"""Claims about the Gaussian toy: its order in gamma, and the share of its distances that its sampler makes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from plots.statistics import Floats, band, paired_difference
from scsc.claims import theory
from scsc.claims.evidence import Ensemble, Evidence
from scsc.claims.finding import FEWEST, Finding, Verdict, all_of, compare

SCHEDULE = "ramp-accumulate"
"""Of the authors' toy."""
SAMPLER, EXACT = "histogram-official", "mixture"
"""Correctors: the authors' sampler re-enacted, and the ideal mixture that it stands for."""
LEAST = 500
"""Generations of the published figure."""


def falls_in_gamma(claim: str, found: Evidence) -> list[Finding]:
    """G-1: neighbouring gammas, all pairs of an ensemble as one family; and what is proved."""
    findings = []
    for one in _toys(found):
        order = np.argsort(one.gamma)
        w2 = one.w2[-1][:, order]
        gammas = one.gamma[order]
        pairs = [(f"{a:g} over {b:g}", w2[:, k], w2[:, k + 1]) for k, (a, b) in enumerate(pairwise(gammas.tolist()))]
        if not pairs:
            continue
        compared = compare(pairs)
        signs = [comparison.sign for comparison in compared]
        verdict = all_of(signs, 1, len(w2))
        text = f"W2 at generation {one.generations} falls at {signs.count(1)} of {len(signs)} steps of gamma"
        if one.generations < LEAST:
            verdict, text = "undecided", f"{text}; {LEAST} generations are claimed"
        not_falling = [str(comparison) for comparison, sign in zip(compared, signs, strict=True) if sign != 1]
        text += "".join(f"; not {words}" for words in not_falling)
        findings.append(Finding(claim, verdict, text, one.data, len(w2), one.command))
    return [*findings, *theory.judge(claim, found)]


def partly_the_sampler(claim: str, found: Evidence) -> list[Finding]:
    """G-2: the same toy with the authors' sampler and with the exact mixture, seed by seed; and what is proved."""
    toys = _toys(found)
    findings = []
    for sampled in (one for one in toys if one.corrector == SAMPLER):
        for exact in (one for one in toys if one.corrector == EXACT and one.matches(sampled)):
            last = min(sampled.generations, exact.generations)
            runs = min(sampled.runs, exact.runs)
            drawn, ideal = (one.w2[last, :runs] for one in (sampled, exact))
            gap = paired_difference(drawn.mean(axis=1), ideal.mean(axis=1), axis=0)
            text = f"of W2 at generation {last}, "
            shares = [_share(drawn[:, k], ideal[:, k]) for k in range(drawn.shape[1])]
            text += ", ".join(f"{words} at gamma {g:g}" for g, words in zip(sampled.gamma, shares, strict=True))
            text += f"; over all {_share(drawn.mean(axis=1), ideal.mean(axis=1))}"
            verdict: Verdict = "undecided"
            if runs >= FEWEST and last >= LEAST:
                verdict = "holds" if gap.low > 0 else "does not hold" if gap.high < 0 else "undecided"
            data = f"{sampled.data}; {exact.data}"
            findings.append(Finding(claim, verdict, text, data, runs, f"{sampled.command}; {exact.command}"))
    return [*findings, *theory.judge(claim, found)]


def _share(drawn: Floats, ideal: Floats) -> str:
    """1 - mean(ideal) / mean(drawn), with a 95 % interval by linearisation of the ratio over the paired runs (S,)."""
    ratio = float(ideal.mean() / drawn.mean())
    around = band((ideal - ratio * drawn) / drawn.mean(), axis=0)
    half = float(around.high - around.mean)
    return f"{1 - ratio:.0%} ({1 - ratio - half:.0%} to {1 - ratio + half:.0%})"


def _toys(found: Evidence) -> list[Ensemble]:
    return [one for one in found.ensembles if one.schedule == SCHEDULE and one.corrector in (SAMPLER, EXACT)]
