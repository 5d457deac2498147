"""Claims about the motion loop: growth, collapse, and differences between arms of one experiment."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np

from plots.runs import Arm
from plots.statistics import Floats, band, log_slopes, paired_difference
from scsc.claims.evidence import Evidence, Runs, final, paired
from scsc.claims.finding import FEWEST, LEVEL, Comparison, Finding, Verdict, all_of, compare

MEASURE, LEARNED = "frechet", "fid"
NAMES = {MEASURE: "Frechet distance", LEARNED: "FID"}
REAL, PLAIN, PHYSICS = "real", "synthetic", "corrected"


def degrades(claim: str, found: Evidence) -> list[Finding]:
    """M-1: growth above the baseline's at each lambda, larger at the largest lambda."""
    findings = []
    for runs in found.motion:
        real = runs.arm(REAL)
        plain = sorted((arm for arm in runs.experiment.arms if _lam(arm) and len(arm.generations) > 1), key=_lam)
        if real is None or not plain:
            continue
        pairs = [(f"growth at λ = {_lam(arm):g} over real", *_growths(arm, real)) for arm in plain]
        if len(plain) > 1:
            words = f"growth at λ = {_lam(plain[-1]):g} over λ = {_lam(plain[0]):g}"
            pairs.append((words, *_growths(plain[-1], plain[0])))
        compared, seeds = _compared(pairs)
        verdict = all_of([one.sign for one in compared], 1, seeds)
        note = ""
        if len(plain) == 1:
            note = "; one lambda only: its order is not tested"
            verdict = "undecided" if verdict == "holds" else verdict
        findings.append(Finding(claim, verdict, _told(compared) + note, runs.data, seeds, runs.command))
    return findings


def avoids_collapse(claim: str, found: Evidence) -> list[Finding]:
    """M-2, for each pair of an uncorrected and a physics-corrected arm of the same data."""
    findings = []
    for runs in found.motion:
        for plain, mended in _pairs(runs):
            real = runs.arm(REAL)
            if real is None:
                continue
            states = [collapsed(arm, real) for arm in (plain, mended)]
            seeds = min(len(arm.folders) for arm in (plain, mended, real))
            verdict: Verdict = "undecided"
            if states[1][0] is True:
                verdict = "does not hold"
            elif states[0][0] is True and states[1][0] is False:
                verdict = "holds"
            text = "; ".join(f"{arm.name} {state[1]}" for arm, state in zip((plain, mended), states, strict=True))
            findings.append(Finding(claim, verdict, text, runs.data, seeds, runs.command))
    return findings


def collapsed(arm: Arm, real: Arm) -> tuple[bool | None, str]:
    """Whether the collapse rule is met; None where the intervals leave it open or the seeds are too few."""
    values = arm.values(MEASURE)
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = band(np.log(values[-1] / values[0]), axis=0)
    growth = paired_difference(*_growths(arm, real), axis=0)
    text = f"ends at {math.exp(float(factor.mean)):.3g} times its beginning"
    if int(growth.count) < 2:
        return None, f"{text} (one seed): open"
    text += f" ({math.exp(float(factor.low)):.3g} to {math.exp(float(factor.high)):.3g}), growth above real's "
    text += f"{100 * float(growth.mean):+.2g} % a generation ({100 * growth.low:+.2g} to {100 * growth.high:+.2g})"
    if int(growth.count) < FEWEST:
        return None, f"{text}: open, {int(growth.count)} seeds"
    if factor.low >= math.log(2) and growth.low > 0:
        return True, f"{text}: collapsed"
    if factor.high < math.log(2) or growth.high <= 0:
        return False, f"{text}: not collapsed"
    return None, f"{text}: open"


def better(claim: str, found: Evidence) -> list[Finding]:
    """M-3: physics-corrected against uncorrected, of the same data, in each distance: a finding for each."""
    return _families(claim, found, [(PHYSICS, PLAIN)], measures=(MEASURE, LEARNED), apart=True)


def physics_helps(claim: str, found: Evidence) -> list[Finding]:
    """M-4."""
    wanted = [(PHYSICS, PLAIN), (PHYSICS, "kinematic"), (PHYSICS, "reground"), ("physics+prior", "prior")]
    return _families(claim, found, wanted, least=len(wanted))


def knowledge_helps(claim: str, found: Evidence) -> list[Finding]:
    """M-8."""
    return _families(claim, found, [("prior", "anchor"), ("physics+prior", "anchor")])


def smaller_is_faster(claim: str, found: Evidence) -> list[Finding]:
    """M-6: experiments that differ in n, by Welch's t test between neighbours, Bonferroni over these."""
    from scipy.stats import ttest_ind

    sizes: dict[int, tuple[Runs, Floats]] = {}
    for runs in found.motion:
        arm = runs.arm(PLAIN) or runs.arm(f"{PLAIN}-1")
        n = runs.about["identity"].get("problem", {}).get("preset", {}).get("n")
        if arm is not None and isinstance(n, int):
            sizes.setdefault(n, (runs, log_slopes(arm.generations, arm.values(MEASURE))))
    if len(sizes) < 2:
        return []
    order = sorted(sizes)
    signs, words = [], []
    seeds = min(len(growth) for _, growth in sizes.values())
    for small, large in zip(order, order[1:], strict=False):
        one, two = sizes[small][1], sizes[large][1]
        gap = float(np.nanmean(one) - np.nanmean(two))
        p = float(ttest_ind(one, two, equal_var=False).pvalue) * (len(order) - 1) if seeds > 1 else float("nan")
        signs.append(int(np.sign(gap)) if p < LEVEL else 0)
        words.append(f"growth at n = {small} over n = {large}: {100 * gap:+.3g} % a generation, p {min(p, 1.0):.2g}")
    data = ", ".join(sizes[n][0].folder.name for n in order)
    command = "; ".join(sizes[n][0].command for n in order)
    return [Finding(claim, all_of(signs, 1, seeds), "; ".join(words), data, seeds, command)]


def differences(runs: Runs, wanted: Sequence[tuple[str, str]]) -> list[Comparison]:
    """Paired differences of the distance at the last generation between arms, as one family; those that are there."""
    return compare([ends for first, second in wanted for ends in _ends(runs, first, second, (MEASURE,))])


def _ends(runs: Runs, first: str, second: str, measures: Sequence[str]) -> list[tuple[str, Floats, Floats]]:
    """What `compare` takes: values of two arms at the last generation, in each measure that both have."""
    arms = runs.arms(first, second)
    if arms is None:
        return []
    return [
        (
            f"{NAMES[measure]}, {first} - {second}",
            *paired(arms[0], arms[1], final(arms[0], measure, arms), final(arms[1], measure, arms)),
        )
        for measure in measures
        if all(measure in arm.measured for arm in arms)
    ]


def _families(
    claim: str,
    found: Evidence,
    wanted: Sequence[tuple[str, str]],
    *,
    least: int = 1,
    measures: Sequence[str] = (MEASURE,),
    apart: bool = False,
) -> list[Finding]:
    """Of the wanted pairs of arms (first, second) the first must be the better one: findings of each experiment, with
    nothing but synthetic motions and at each lambda apart where these have the most comparisons, p-values of one
    family. apart: a finding for each comparison."""
    findings = []
    for runs in found.motion:
        settings = _settings(runs)
        ends = [
            (setting, values)
            for setting in settings
            for one, two in wanted
            for values in _ends(runs, one + setting, two + setting, measures)
        ]
        compared = compare([values for _, values in ends])
        if all(one.band.count < FEWEST for one in compared):
            parts = [compared]  # nothing is decided, which one finding says
        elif apart:
            parts = [[one] for one in compared]
        else:
            parts = [[one for (at, _), one in zip(ends, compared, strict=True) if at == name] for name in settings]
        most = max(map(len, parts), default=0)
        for part in (part for part in parts if part and len(part) == most):
            seeds = min(int(one.band.count) for one in part)
            verdict = all_of([one.sign for one in part], -1, seeds)
            if verdict == "holds" and len(part) < least:
                verdict = "undecided"  # not all that the claim compares were run
            findings.append(Finding(claim, verdict, f"at the end: {_told(part)}", runs.data, seeds, runs.command))
    return findings


def _pairs(runs: Runs) -> list[tuple[Arm, Arm]]:
    """Uncorrected and physics-corrected arms of the same data."""
    found = [runs.arms(PLAIN + setting, PHYSICS + setting) for setting in _settings(runs)]
    return [(pair[0], pair[1]) for pair in found if pair is not None]


def _settings(runs: Runs) -> list[str]:
    """What the names of its arms end in, each once, see `_setting`."""
    return list(dict.fromkeys(_setting(arm) for arm in runs.experiment.arms))


def _setting(arm: Arm) -> str:
    """What its name ends in: "" without real data, "-1" and the like where lam synthetic motions are added to these."""
    return arm.name[len(re.sub(r"-\d+(\.\d+)?$", "", arm.name)) :]


def _lam(arm: Arm) -> float:
    """lam of an uncorrected arm that keeps the real data; inf of one that has none; 0 of another arm."""
    setting = _setting(arm)
    if arm.name != PLAIN + setting:
        return 0.0
    return float(setting[1:]) if setting else math.inf


def _growths(first: Arm, second: Arm) -> tuple[Floats, Floats]:
    one, two = (log_slopes(arm.generations, arm.values(MEASURE)) for arm in (first, second))
    return paired(first, second, one, two)


def _compared(pairs: list[tuple[str, Floats, Floats]]) -> tuple[list[Comparison], int]:
    compared = compare(pairs)
    return compared, min(int(one.band.count) for one in compared)


def _told(compared: Sequence[Comparison]) -> str:
    return "; ".join(map(str, compared))
