"""`scsc theory` as a user meets it: exit status, table, JSON, one-line errors."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from scsc.main import main
from theory import registry

THEORY_KEYS = ["statement", "paper", "status", "cases", "slack", "verdict", "seconds"]


def refused(capsys: pytest.CaptureFixture[str], *flags: str) -> str:
    assert main(list(flags)) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.count("\n") == 1 and captured.err.startswith("scsc: error: ")
    return captured.err


@pytest.mark.slow
def test_all_statements_hold_and_all_controls_are_rejected(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "theory.json"
    assert main(["theory", "--quick", "--controls", "--json", str(file)]) == 0
    rows = json.loads(file.read_text())
    assert all(list(row) == THEORY_KEYS for row in rows)
    verdicts = [row["verdict"] for row in rows]
    assert verdicts == ["pass", "rejected"] * len(registry.STATEMENTS)
    captured = capsys.readouterr()
    assert f"{len(registry.STATEMENTS)} of {len(registry.STATEMENTS)} statements hold" in captured.out
    assert "2nd = read in a third-party note" in captured.out
    assert captured.err == ""


def test_only_chooses_by_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "theory.json"
    assert main(["theory", "--only", "T4", "R6", "--quick", "--controls", "--json", str(file)]) == 0
    rows = json.loads(file.read_text())
    assert all(list(row) == THEORY_KEYS for row in rows)
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
    monkeypatch.setattr(registry, "STATEMENTS", (wrong,))
    assert main(["theory"]) == 1
    captured = capsys.readouterr()
    assert "fail" in captured.out and "0 of 1 statements hold" in captured.out
    assert "T4 failed" in captured.err


def test_an_accepted_control_exits_with_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    check = next(item for item in registry.STATEMENTS if "R2" in item.codes)
    blind = replace(check, wrong_theory=check.theory)  # type: ignore[type-var, attr-defined]
    monkeypatch.setattr(registry, "STATEMENTS", (blind,))
    assert main(["theory"]) == 0
    assert main(["theory", "--controls"]) == 1
    assert "a wrong statement was accepted" in capsys.readouterr().err


def test_theory_refuses_bad_flags(capsys: pytest.CaptureFixture[str]) -> None:
    assert "known: T1" in refused(capsys, "theory", "--only", "T99")
    assert "--seed must be >= 0" in refused(capsys, "theory", "--seed", "-1")
