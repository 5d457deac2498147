"""`scsc rates` as a user meets it: exit status, tables, JSON, one-line errors."""

import json
import math
from pathlib import Path

import pytest
from rich.console import Console

from scsc import console
from scsc.main import main

RATES = ["exact", "tight", "euclidean", "published"]
KEYS = [*RATES, "lam_max", "half_life", "lam_max_each", "half_life_each", "model", "mu", "e", "from_hessians",
        "hypotheses", "notes"]  # fmt: skip


def rates(tmp_path: Path, *flags: str) -> dict[str, object]:
    file = tmp_path / "rates.json"
    assert main(["rates", *flags, "--json", str(file)]) == 0
    found = json.loads(file.read_text())
    assert list(found) == KEYS
    assert list(found["lam_max_each"]) == list(found["half_life_each"]) == RATES
    for item in found["hypotheses"]:
        assert list(item) == ["rate", "hypothesis", "left", "right", "holds"]
    return found


def refused(capsys: pytest.CaptureFixture[str], *flags: str) -> str:
    assert main(["rates", *flags]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.count("\n") == 1 and captured.err.startswith("scsc: error: ")
    return captured.err


def test_golden_rates(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = rates(tmp_path, "--lam", "0.5", "--gamma", "0.3")
    assert found["exact"] == found["tight"] == found["euclidean"] == pytest.approx(10 / 39)
    assert found["published"] == pytest.approx(10 / 13)
    assert found["lam_max"] == pytest.approx(1.3 / 2.3)
    assert found["half_life"] == pytest.approx(math.log(2) / math.log(3.9))
    assert found["lam_max_each"] == {
        "exact": "inf", "tight": "inf", "euclidean": "inf", "published": found["lam_max"]
    }  # fmt: skip
    half_lives = found["half_life_each"]
    assert isinstance(half_lives, dict) and half_lives["published"] == pytest.approx(math.log(2) / math.log(1.3))
    assert "2nd" in capsys.readouterr().out


def test_logistic_by_numbers_and_by_name(tmp_path: Path) -> None:
    flags = "--lam 1 --gamma 1 --eps 1.00736 --lipschitz 0.1924501 --alpha 0.229676 --mu 1.451321".split()
    found = rates(tmp_path, *flags)
    assert found["exact"] == pytest.approx(0.296028, abs=5e-7)
    assert found["tight"] == pytest.approx(0.3242, abs=5e-5)
    assert found["euclidean"] == pytest.approx(0.7977, abs=5e-5)
    assert found["published"] == "inf"  # the formula would be negative
    named = rates(tmp_path, *"--lam 1 --gamma 1 --model logistic --width 3".split())
    for name in ("exact", "tight", "euclidean", "published", "lam_max", "mu", "e"):
        assert named[name] == (found[name] if found[name] == "inf" else pytest.approx(found[name], rel=2e-5))
    assert found["from_hessians"] == []
    tight, euclidean = named["from_hessians"]  # type: ignore[misc]
    assert tight["value"] == pytest.approx(0.296028, abs=5e-7)
    assert euclidean["e"] == pytest.approx(0.451321, abs=5e-7)


def test_curved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = rates(tmp_path, *"--lam 0.5 --model curved --m1 -1 --m2 1".split())
    assert found["exact"] == pytest.approx(0.52047803, abs=5e-9)
    assert found["mu"] == pytest.approx(2.170820, abs=5e-7)
    assert found["e"] is found["tight"] is found["published"] is None
    assert "theta* = 1.618034" in capsys.readouterr().out


def test_gaussian(tmp_path: Path) -> None:
    for more in ([], ["--dimension", "3"], ["--parameters", "mean-covariance"]):
        assert rates(tmp_path, "--gamma", "1", "--model", "gaussian", *more)["exact"] == pytest.approx(1 / 6)


def test_own_hessians(tmp_path: Path) -> None:
    file = tmp_path / "mine.json"
    file.write_text('{"A": [[-1, 0.2], [0.2, -0.5]], "B": [[-1, 0.1], [0.1, -0.4]], "eps": 0.2, "lipschitz": 1}')
    found = rates(tmp_path, "--hessians", str(file))
    assert found == rates(tmp_path, "--model", "hessians", "--hessians", str(file))
    assert found["model"] == "hessians of mine.json" and len(found["from_hessians"]) == 2  # type: ignore[arg-type]
    assert isinstance(found["published"], float)
    file.write_text('{"A": -1, "B": -0.5, "eps": 0.1, "lipschitz": "inf"}')
    assert rates(tmp_path, "--hessians", str(file))["tight"] is None


def test_infinite_strengths_are_accepted(tmp_path: Path) -> None:
    assert rates(tmp_path, "--lam", "inf", "--gamma", "3")["exact"] == 0.25
    assert rates(tmp_path, "--lam", "1", "--gamma", "inf")["exact"] == 0


@pytest.mark.parametrize("gap", [["--eps", "2", "--lipschitz", "1"], ["--eps", "1", "--lipschitz", "1"]])
def test_published_is_not_available_beyond_its_hypothesis(
    gap: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "rates.json"
    assert main(["rates", "--lam", "0.1", *gap, "--json", str(file)]) == 2
    found = json.loads(file.read_text())
    assert found["published"] is None and found["lam_max"] is None
    assert isinstance(found["tight"], float) and isinstance(found["euclidean"], float)
    out, err = capsys.readouterr()
    assert "n/a" in out and "theorem 4.3 does not apply" in out
    assert err.count("\n") == 1 and "theorem 4.3 does not apply; use rate_exact" in err
    failed = [item for item in found["hypotheses"] if item["rate"] == "published"]  # type: ignore[attr-defined]
    assert [(item["left"], item["right"], item["holds"]) for item in failed] == [(float(gap[1]), 1.0, False)]


def test_no_certificate_where_the_hessian_is_not_lipschitz(tmp_path: Path) -> None:
    found = rates(tmp_path, "--eps", "0.1", "--lipschitz", "inf")
    assert found["tight"] is found["euclidean"] is found["published"] is None
    assert found["exact"] == pytest.approx(1 / 3)


def test_bounds_are_withheld_where_mu_shows_that_they_do_not_cover_the_loop(tmp_path: Path) -> None:
    found = rates(tmp_path, "--lam", "1", "--mu", "1.5")
    assert found["tight"] is None and found["exact"] == pytest.approx(0.6)


def test_bertrand_and_ferbach_are_named_without_correction(tmp_path: Path) -> None:
    found = rates(tmp_path, "--lam", "0.2", "--eps", "0.5", "--lipschitz", "1")
    text = json.dumps(found["notes"])
    assert "Bertrand" in text and "Ferbach" in text
    named = [item for item in found["hypotheses"] if "Bertrand" in item["hypothesis"]]  # type: ignore[attr-defined]
    assert [(item["left"], item["right"], item["holds"]) for item in named] == [(pytest.approx(0.3), 0.5, True)]


@pytest.mark.parametrize(
    "flags",
    ["--lam 0.5 --gamma 0.3", "--lam 1 --gamma 1 --model logistic --width 6", "--model curved --m1 -1 --m2 1",
     "--lam 1e17", "--lam 1.23456e-300 --gamma 1e-9 --eps 1.2345e-30 --lipschitz 1"],
)  # fmt: skip
def test_tables_fit_eighty_columns(
    flags: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is wider, no number is broken over two lines, and no word is."""
    monkeypatch.setattr(console, "out", Console(highlight=False, width=80))
    assert main(["rates", *flags.split()]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(len(line) for line in lines) <= 80
    cells = [line.strip("│").split("│") for line in lines if line.startswith("│")]
    rows = [row for row in cells if len(row) == 5]
    assert rows and all(bool(row[2].strip()) == bool(row[4].strip()) for row in rows)
    words = {word for row in cells for word in " ".join(row[:2]).split()}
    assert words & {"euclidean", "euclidean,"} and "published" in " ".join(words)
    assert not any(set(word) <= set("()") for word in words)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ("--lam -1", "lam must be >= 0"),
        ("--lam nan", "lam must be >= 0"),
        ("--gamma -0.5", "gamma must be >= 0"),
        ("--gamma nan", "gamma must be >= 0"),
        ("--alpha 0", "alpha must be positive"),
        ("--alpha -2", "alpha must be positive"),
        ("--alpha nan", "alpha must be positive"),
        ("--eps -1", "eps must be >= 0"),
        ("--lipschitz nan", "lipschitz must be >= 0"),
        ("--mu -1", "mu must be >= 0"),
        ("--mu inf", "mu must be >= 0"),
        ("--lam inf --gamma 0", "no attracting fixed point"),
        ("--lam inf --model gaussian", "no attracting fixed point"),
        ("--model logistic --width 3 --eps 1", "--model logistic clashes with --eps"),
        ("--model gaussian --width 3 --mu 1", "--model gaussian clashes with --mu, --width"),
        ("--hessians a.json --alpha 1", "--hessians clashes with --alpha"),
        ("--width 3", "--width belongs to --model logistic"),
        ("--dimension 3", "--dimension belongs to --model gaussian"),
        ("--model logistic", "--model logistic needs --width"),
        ("--model curved", "--model curved needs --m1 and --m2"),
        ("--model curved --m1 2 --m2 3", "m2 must be >= m1^2"),
        ("--model hessians", "--model hessians needs --hessians"),
        ("--model logistic --width 0", "width must be in"),
        ("--model gaussian --dimension 0", "dimension must be in"),
        ("--model gaussian --parameters magic", "parameters"),
        ("--model magic", "magic"),
        ("--hessians nowhere.json", "nowhere.json; name one that exists"),
    ],
)
def test_bad_flags_are_one_line(flags: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert message in refused(capsys, *flags.split())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not readable JSON"),
        ("[1, 2]", "must hold an object with A and B"),
        ('{"A": -1}', "must hold an object with A and B"),
        ('{"A": -1, "B": -1, "C": 1}', "unknown key 'C'"),
        ('{"A": -1, "B": -1, "eps": "much"}', "eps must be a number"),
        ('{"A": -1, "B": -1, "eps": true}', "eps must be a number"),
        ('{"A": -1, "B": -1, "eps": -1}', "eps must be >= 0"),
        ('{"A": -1, "B": -1, "lipschitz": NaN}', "lipschitz must be a number"),
        ('{"A": [[-1, 0], [0]], "B": -1}', "rows of equal length"),
        ('{"A": {"x": 1}, "B": -1}', "matrix of numbers"),
        ('{"A": null, "B": -1}', "A must be"),
        ('{"A": NaN, "B": -1}', "A must be finite"),
        ('{"A": [[-1, 2], [0, -1]], "B": -1}', "A must be symmetric"),
        ('{"A": 1, "B": -1}', "A must be negative definite"),
        ('{"A": -1, "B": 1}', "B must be negative semidefinite"),
        ('{"A": -1, "B": [[-1, 0], [0, -1]]}', "same shape"),
        ("[" * 100_000, "is not readable JSON"),
    ],
)
def test_bad_hessian_files_are_one_line(
    text: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "mine.json"
    file.write_text(text)
    error = refused(capsys, "--hessians", str(file))
    assert message in error and "mine.json" in error
