"""Claims about correctors by themselves: the audit's gamma, and whether the one-step test tells what the loop does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scsc.claims.evidence import Evidence, Rows, Runs
from scsc.claims.finding import Comparison, Finding, Verdict, all_of
from scsc.claims.motion import PHYSICS, PLAIN, differences

ARMS = {"physics": PHYSICS}
"""Names of arms, where they are others than those of correctors."""


def like_an_ideal(claim: str, found: Evidence) -> list[Finding]:
    """M-5, of every audit of the physics corrector on motions; with audits of others, whether arms end in the order
    that these predict."""
    findings = []
    for path, audit in found.audits:
        told = audit.get("corrector", {})
        if "physics" not in str(told):
            continue
        fits, moves = bool(audit.get("one_gamma")), bool(audit.get("moves_truth"))
        verdict: Verdict = "holds" if fits and not moves else "does not hold"
        findings.append(Finding(claim, verdict, str(audit.get("verdict")), f"procedural motions ({path.name})"))
    if findings:
        findings += [ordered for runs in found.motion if (ordered := _in_order(claim, found, runs)) is not None]
    return findings


def _in_order(claim: str, found: Evidence, runs: Runs) -> Finding | None:
    """Whether arms end in the order of their correctors' audited strength.

    The direction that a corrector leaves most of governs stability, so the order is that of the smallest gamma; pairs
    of correctors whose 95 % intervals of it overlap are not ordered.
    """
    strengths = {}
    for _, audit in found.audits:
        name = _name(audit.get("corrector", {}))
        if runs.arm(ARMS.get(name, name)) is not None:
            strengths[name] = tuple(float(audit.get(f"smallest_gamma_{end}", "nan")) for end in ("low", "high"))
    pairs = [
        (strong, weak)
        for strong, (low, _) in strengths.items()
        for weak, (_, high) in strengths.items()
        if low > high
    ]  # fmt: skip
    if not pairs:
        return None
    compared = differences(runs, [(ARMS.get(strong, strong), ARMS.get(weak, weak)) for strong, weak in pairs])
    seeds = min(int(one.band.count) for one in compared)
    signs = [-one.sign for one in compared]
    text = f"the order of smallest gammas by audit holds in {signs.count(1)} of {len(signs)} pairs of arms, "
    text += f"{signs.count(-1)} against it"
    text += "".join(f"; {one}" for one, sign in zip(compared, signs, strict=True) if sign < 0)
    return Finding(claim, all_of(signs, 1, seeds), text, runs.data, seeds, runs.command)


def _name(corrector: Mapping[str, Any]) -> str:
    """The corrector's own name; a mixture's is that of what it mixes in."""
    inner = corrector.get("corrector")
    return _name(inner) if isinstance(inner, dict) else str(corrector.get("name"))


def one_step_tells(claim: str, found: Evidence) -> list[Finding]:
    """M-7: every one-step test with every experiment of the same generator and data that has arms of its correctors;
    what a corrector does to another generator's samples says nothing of a loop."""
    findings = []
    for steps in found.steps:
        passed = _passed(steps)
        for runs in found.motion:
            if runs.about["identity"].get("problem") != steps.problem:
                continue
            compared = {
                name: differences(runs, [(ARMS.get(name, name), PLAIN)])
                for name in passed
                if runs.arms(ARMS.get(name, name), PLAIN) is not None
            }
            if compared:
                findings.append(_agreement(claim, passed, compared, runs, steps))
    return findings


def _agreement(
    claim: str, passed: Mapping[str, bool], compared: Mapping[str, list[Comparison]], runs: Runs, steps: Rows
) -> Finding:
    """The loop says that a corrector helps, harms, or nothing certain; agreement needs a certain answer."""
    seeds = min(int(one[0].band.count) for one in compared.values())
    agrees = {name: one[0].sign * (-1 if passed[name] else 1) for name, one in compared.items()}
    words = {1: "agree", -1: "disagree", 0: "the loop leaves open"}
    named = {sign: [name for name, found in agrees.items() if found == sign] for sign in words}
    text = "; ".join(f"{words[sign]}: {', '.join(names)}" for sign, names in named.items() if names)
    text += f"; pass the test: {', '.join(name for name in compared if passed[name]) or 'none'}"
    verdict = all_of(list(agrees.values()), 1, seeds)
    return Finding(claim, verdict, text, f"{runs.data}; {steps.path.name}", seeds, runs.command)


def _passed(steps: Rows) -> dict[str, bool]:
    """Whether a corrector's ratio lies below 1 with its interval at every generation."""
    found: dict[str, bool] = {}
    for row in steps.rows:
        name = str(row["corrector"])
        if row["generation"] >= 0 and name not in ("none", "no correction"):
            found[name] = found.get(name, True) and row["high"] is not None and float(row["high"]) < 1
    return found
