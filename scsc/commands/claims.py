"""`scsc claims`: every claim with a verdict computed from what was measured."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import tyro

from scsc import console


@dataclass(frozen=True)
class Claims:
    """The ledger of claims: what was measured of each, on what, with how many seeds, and whether it holds. Verdicts are
    computed from run folders and reports by stated rules; what has no measurement is "not tested"."""

    paths: tyro.conf.Positional[tuple[Path, ...]] = ()
    """Folders of experiments (scsc motion run, scsc toy digits, scsc toy preset), or that hold some, and reports
    written with --json by scsc theory, scsc motion correct --test and scsc audit --truth motion."""
    out: Path | None = None
    """Also write the ledger there as Markdown."""
    json: Path | None = None
    """Also write it there as JSON."""

    def run(self) -> int:
        from loop import files
        from scsc.claims.evidence import gather
        from scsc.claims.ledger import judge, markdown, to_json

        console.check_json(self.json)
        rows = judge(gather(self.paths))
        table = [
            (claim.name, finding.verdict, claim.text, finding.measured, finding.data, finding.seeds or None)
            for claim, finding in rows
        ]
        console.show_table(
            "claims", ("id", "verdict", "claim", "measured", "data", "seeds"), table,
            {"claim": 34, "measured": 44, "data": 20},
        )  # fmt: skip
        counts = {
            verdict: sum(finding.verdict == verdict for _, finding in rows)
            for verdict in ("holds", "does not hold", "undecided", "not tested")
        }
        console.out.print(", ".join(f"{count} {verdict}" for verdict, count in counts.items()))
        if self.out is not None:
            self.out.parent.mkdir(parents=True, exist_ok=True)
            files.write_bytes(self.out, markdown(rows).encode())
        console.write_json(self.json, to_json(rows))
        return 0
