"""The claim about digits: what uncorrected training spoils, k-means prevents."""

from __future__ import annotations

from scsc.claims.evidence import Evidence, Runs, final, paired
from scsc.claims.finding import Finding, all_of, compare

MEASURE, BASELINE = "fid", "baseline"


def judge(claim: str, found: Evidence) -> list[Finding]:
    return [finding for runs in found.digits if (finding := _judged(claim, runs)) is not None]


def _judged(claim: str, runs: Runs) -> Finding | None:
    """Both halves must hold at each lambda; one that significantly fails refutes the claim."""
    baseline = runs.arm(BASELINE)
    lams = [arm.name.removeprefix("uncorrected-") for arm in runs.experiment.arms if arm.name.startswith("uncorrected")]
    pairs, halves = [], []
    for lam in lams:
        arms = runs.arms(f"uncorrected-{lam}", f"k-means-{lam}")
        if arms is None or baseline is None:
            continue
        plain, mended = arms
        every = (plain, mended, baseline)
        values = [final(arm, MEASURE, every) for arm in every]
        pairs.append((f"uncorrected - baseline at {lam}", *paired(plain, baseline, values[0], values[2])))
        pairs.append((f"k-means - uncorrected at {lam}", *paired(mended, plain, values[1], values[0])))
        halves += [1, -1]
    if not pairs:
        return None
    compared = compare(pairs)
    seeds = min(int(one.band.count) for one in compared)
    signs = [one.sign * wanted for one, wanted in zip(compared, halves, strict=True)]
    text = f"FID, {signs.count(1)} of {len(signs)} comparisons as claimed, {signs.count(-1)} against it; "
    return Finding(claim, all_of(signs, 1, seeds), text + "; ".join(map(str, compared)), runs.data, seeds, runs.command)
