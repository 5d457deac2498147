"""Claims of theory: decided by the statements that `scsc theory` proves and checks."""

from __future__ import annotations

from scsc.claims.evidence import Evidence
from scsc.claims.finding import Finding, Verdict


def judge(claim: str, found: Evidence) -> list[Finding]:
    """One finding a report that has statements of the claim."""
    findings = []
    for report in found.theory:
        rows = [row for row in report.rows if claim in (row["claims"] or [])]
        if not rows:
            continue
        failed = [str(row.get("statement")) for row in rows if row.get("verdict") != "pass"]
        proofs = sum(row.get("kind") == "proof" for row in rows)
        cases = sum(int(row.get("cases") or 0) for row in rows)
        text = f"{len(rows)} statement{'s' if len(rows) > 1 else ''}, {proofs} proved, {cases:,} cases: "
        text += f"{len(failed)} failed ({failed[0]})" if failed else "none failed"
        verdict: Verdict = "does not hold" if failed else "holds"
        findings.append(Finding(claim, verdict, text, report.path.name, 0, f"scsc theory --json {report.path.name}"))
    return findings
