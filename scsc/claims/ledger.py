"""Every claim with what was found of it, as rows, as Markdown, and as JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from scsc.claims import digits, gaussian, knowledge, motion, theory
from scsc.claims.evidence import Evidence
from scsc.claims.finding import Finding
from scsc.claims.table import CLAIMS, COLLAPSE, Claim

Rule = Callable[[str, Evidence], list[Finding]]
RULES: Mapping[str, Rule] = {
    "D-1": digits.judge,
    "G-1": gaussian.falls_in_gamma,
    "G-2": gaussian.partly_the_sampler,
    "M-1": motion.degrades,
    "M-2": motion.avoids_collapse,
    "M-3": motion.better,
    "M-4": motion.physics_helps,
    "M-5": knowledge.like_an_ideal,
    "M-6": motion.smaller_is_faster,
    "M-7": knowledge.one_step_tells,
    "M-8": motion.knowledge_helps,
}


def judge(found: Evidence) -> list[tuple[Claim, Finding]]:
    """Every claim at least once, in the order of the table; several times where several experiments tell of it."""
    rows: list[tuple[Claim, Finding]] = []
    for claim in CLAIMS:
        rule = RULES.get(claim.name, theory.judge)
        findings = rule(claim.name, found) or [Finding(claim.name, "not tested", f"needs {claim.needs}")]
        rows += [(claim, finding) for finding in findings]
    return rows


def markdown(rows: Sequence[tuple[Claim, Finding]]) -> str:
    """The ledger as a table, with its rules below."""
    lines = ["| id | claim | verdict | measured | data | seeds | repeated by |", "|---|---|---|---|---|---|---|"]
    for claim, finding in rows:
        cells = (
            claim.name, f"{claim.text} ({claim.source})", f"**{finding.verdict}**", finding.measured, finding.data,
            str(finding.seeds or "-"), f"`{finding.command or claim.needs}`",
        )  # fmt: skip
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    lines += ["", "What decides:", ""]
    lines += [f"- {claim.name}: {claim.rule}" for claim in CLAIMS]
    lines += [f"- {COLLAPSE}", "- fewer than 5 seeds decide nothing", ""]
    return "\n".join(lines)


def to_json(rows: Sequence[tuple[Claim, Finding]]) -> list[dict[str, Any]]:
    return [
        {
            "id": claim.name, "claim": claim.text, "source": claim.source, "rule": claim.rule,
            "verdict": finding.verdict, "measured": finding.measured, "data": finding.data, "seeds": finding.seeds,
            "command": finding.command or claim.needs,
        }
        for claim, finding in rows
    ]  # fmt: skip
