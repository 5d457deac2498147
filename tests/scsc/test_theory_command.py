"""`scsc theory` and `scsc rates` as a user meets them: exit status, table, JSON, one-line errors."""

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from scsc.main import main
from theory import registry

THEORY_KEYS = ["statement", "paper", "status", "cases", "slack", "verdict", "seconds"]
RATE_KEYS = ["exact", "tight", "euclidean", "published", "lam_max", "half_life"]


def rates(tmp_path: Path, *flags: str) -> dict[str, object]:
    file = tmp_path / "rates.json"
    assert main(["rates", *flags, "--json", str(file)]) == 0
    found = json.loads(file.read_text())
    assert list(found) == RATE_KEYS
    return found


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


def test_golden_rates(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = rates(tmp_path, "--lam", "0.5", "--gamma", "0.3")
    assert found["exact"] == found["tight"] == found["euclidean"] == pytest.approx(10 / 39)
    assert found["published"] == pytest.approx(10 / 13)
    assert found["lam_max"] == pytest.approx(1.3 / 2.3)
    assert found["half_life"] == pytest.approx(math.log(2) / math.log(3.9))
    assert "2nd" in capsys.readouterr().out


def test_logistic_rates(tmp_path: Path) -> None:
    flags = "--lam 1 --gamma 1 --eps 1.00736 --lipschitz 0.1924501 --alpha 0.229676 --mu 1.451321".split()
    found = rates(tmp_path, *flags)
    assert found["exact"] == pytest.approx(0.296028, abs=5e-7)
    assert found["tight"] == pytest.approx(0.3242, abs=5e-5)
    assert found["euclidean"] == pytest.approx(0.7977, abs=5e-5)
    assert found["published"] == "inf"  # the formula would be negative


def test_infinite_strengths_are_accepted(tmp_path: Path) -> None:
    assert rates(tmp_path, "--lam", "inf", "--gamma", "3")["exact"] == 0.25
    assert rates(tmp_path, "--lam", "1", "--gamma", "inf")["exact"] == 0


@pytest.mark.parametrize("gap", [["--eps", "2", "--lipschitz", "1"], ["--eps", "1", "--lipschitz", "1"]])
def test_published_is_not_available_beyond_its_hypothesis(
    gap: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = rates(tmp_path, "--lam", "0.1", *gap)
    assert found["published"] is None and found["lam_max"] is None
    assert isinstance(found["tight"], float) and isinstance(found["euclidean"], float)
    out = capsys.readouterr().out
    assert "n/a" in out and "theorem 4.3 does not apply" in out


def test_no_certificate_where_the_hessian_is_not_lipschitz(tmp_path: Path) -> None:
    found = rates(tmp_path, "--eps", "0.1", "--lipschitz", "inf")
    assert found["tight"] is found["euclidean"] is found["published"] is None
    assert found["exact"] == pytest.approx(1 / 3)


def test_bounds_are_withheld_where_mu_shows_that_they_do_not_cover_the_loop(tmp_path: Path) -> None:
    found = rates(tmp_path, "--lam", "1", "--mu", "1.5")
    assert found["tight"] is None and found["exact"] == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--lam", "-1"], "lam must be >= 0"),
        (["--lam", "nan"], "lam must be >= 0"),
        (["--gamma", "-0.5"], "gamma must be >= 0"),
        (["--gamma", "nan"], "gamma must be >= 0"),
        (["--alpha", "0"], "alpha must be positive"),
        (["--alpha", "-2"], "alpha must be positive"),
        (["--eps", "-1"], "eps must be >= 0"),
        (["--lipschitz", "nan"], "lipschitz must be >= 0"),
        (["--mu", "-1"], "mu must be >= 0"),
        (["--lam", "inf", "--gamma", "0"], "no attracting fixed point"),
    ],
)
def test_rates_refuses_bad_numbers(flags: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert message in refused(capsys, "rates", *flags)
