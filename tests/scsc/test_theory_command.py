"""`scsc theory` as a user meets it: exit status, table, JSON, one-line errors."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

import toy.checks
from scsc.commands.theory import all_statements
from scsc.main import main
from theory import registry
from theory.proofs import Proof

THEORY_KEYS = ["statement", "paper", "status", "cases", "slack", "verdict", "seconds"]
FURTHER_KEYS = ["codes", "claims", "kind", "inputs", "quantity", "measured", "bound", "seed", "note"]
STATEMENTS = all_statements()


def refused(capsys: pytest.CaptureFixture[str], *flags: str) -> str:
    assert main(list(flags)) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.count("\n") == 1 and captured.err.startswith("scsc: error: ")
    return captured.err


def only(monkeypatch: pytest.MonkeyPatch, *statements: object) -> None:
    """Leave nothing but these statements to the command."""
    monkeypatch.setattr(registry, "STATEMENTS", statements)
    monkeypatch.setattr(toy.checks, "CHECKS", ())


def planted(item):  # type: ignore[no-untyped-def]
    """The statement with its formula broken: the wrong one stands where the right one did."""
    if isinstance(item, Proof):
        return replace(item, claim=item.wrong_claim)
    return replace(item, theory=item.wrong_theory)


@pytest.mark.slow
def test_all_statements_hold_and_all_controls_are_rejected(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "theory.json"
    assert main(["theory", "--quick", "--controls", "--json", str(file)]) == 0
    rows = json.loads(file.read_text())
    assert all(list(row) == THEORY_KEYS + FURTHER_KEYS for row in rows)
    assert [row["verdict"] for row in rows] == ["pass", "rejected"] * len(STATEMENTS)
    captured = capsys.readouterr()
    assert f"{len(STATEMENTS)} of {len(STATEMENTS)} statements hold" in captured.out
    assert "2nd = read in a third-party note" in captured.out
    assert captured.err == ""


@pytest.mark.slow
@pytest.mark.parametrize("item", STATEMENTS, ids=lambda item: f"{item.codes[0]} {item.statement}")
def test_any_single_broken_formula_exits_with_one(item, monkeypatch, capsys) -> None:  # type: ignore[no-untyped-def]
    only(monkeypatch, planted(item))
    assert main(["theory", "--quick"]) == 1
    captured = capsys.readouterr()
    assert "0 of 1 statements hold" in captured.out
    assert f"{item.codes[0]} failed: {item.statement}" in captured.err


def test_the_theory_claims_can_be_decided_from_the_json() -> None:
    """Each claim about theory has statements behind it; which those are stands in every row."""
    claims = {claim for item in STATEMENTS for claim in item.claims}
    assert claims == {f"T-{number}" for number in range(1, 10)} | {"G-1", "G-2"}


def test_every_recipe_listed_proof_and_paper_has_a_row() -> None:
    codes = {code for item in STATEMENTS for code in item.codes}
    assert {f"T{number}" for number in range(1, 15)} <= codes
    assert {f"P{number}" for number in range(1, 20)} <= codes
    assert {f"R{number}" for number in range(1, 23)} <= codes
    proofs = {code: item for item in STATEMENTS for code in item.codes if code[0] == "P"}
    assert all(isinstance(item, Proof) for item in proofs.values())
    papers = " ".join(item.paper for item in STATEMENTS)  # type: ignore[attr-defined]
    for paper in ("Gillman", "Bertrand", "MAD", "Fu et al. 2024", "Fu et al. 2025", "Ferbach"):
        assert paper in papers
    text = " ".join(item.statement + item.paper for item in STATEMENTS)  # type: ignore[attr-defined]
    assert "heorem" not in text.replace("Theorem 4.3", "").replace("published theorem", "")


def test_an_interrupted_run_shows_what_was_checked(monkeypatch, capsys, tmp_path) -> None:  # type: ignore[no-untyped-def]
    first = next(item for item in STATEMENTS if "P1" in item.codes)

    def stop(claim):  # type: ignore[no-untyped-def]
        raise KeyboardInterrupt

    only(monkeypatch, first, replace(first, steps=stop))
    file = tmp_path / "theory.json"
    assert main(["theory", "--json", str(file)]) == 130
    assert "stopped after 1 of 1 statements hold" in capsys.readouterr().out
    assert not file.exists()


def test_only_chooses_by_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "theory.json"
    assert main(["theory", "--only", "T4", "R6", "--quick", "--controls", "--json", str(file)]) == 0
    rows = json.loads(file.read_text())
    assert all(list(row) == THEORY_KEYS + FURTHER_KEYS for row in rows)
    assert {row["statement"].split()[0] for row in rows} == {"T4", "T8"}
    assert [row["verdict"] for row in rows] == ["pass", "rejected"] * (len(rows) // 2)
    assert all("control:" in row["statement"] for row in rows[1::2])
    proofs = [row for row in rows[::2] if row["slack"] is None]
    numeric = [row for row in rows[::2] if row["slack"] is not None]
    assert proofs and numeric and all(row["slack"] >= 0 for row in numeric)
    assert capsys.readouterr().err == ""


def test_a_failing_check_exits_with_one(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    check = next(item for item in registry.STATEMENTS if "R2" in item.codes)
    wrong = replace(check, theory=check.wrong_theory)  # type: ignore[type-var, attr-defined]
    only(monkeypatch, wrong)
    assert main(["theory"]) == 1
    captured = capsys.readouterr()
    assert "fail" in captured.out and "0 of 1 statements hold" in captured.out
    assert "T4 failed" in captured.err


def test_an_accepted_control_exits_with_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    check = next(item for item in registry.STATEMENTS if "R2" in item.codes)
    blind = replace(check, wrong_theory=check.theory)  # type: ignore[type-var, attr-defined]
    only(monkeypatch, blind)
    assert main(["theory"]) == 0
    assert main(["theory", "--controls"]) == 1
    assert "a wrong statement was accepted" in capsys.readouterr().err


def test_theory_refuses_bad_flags(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "--json must name a file" in refused(capsys, "theory", "--only", "T1", "--json", str(tmp_path))
    assert "known: T1" in refused(capsys, "theory", "--only", "T99")
    assert "--seed must be >= 0" in refused(capsys, "theory", "--seed", "-1")
