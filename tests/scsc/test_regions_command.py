"""`scsc regions` as a user meets it: tables, picture, JSON, one-line errors."""

import json
import math

import numpy as np
import pytest

from scsc.main import main
from theory import rates
from theory.moments import stationary


def _refused(capsys, *flags):
    assert main(["regions", *flags]) == 2
    printed = capsys.readouterr()
    assert printed.out == "" and printed.err.startswith("scsc: error: ") and printed.err.count("\n") == 1
    return printed.err


def test_tables_picture_and_json(tmp_path, capsys):
    file = tmp_path / "regions.json"
    args = ["regions", "--points", "17", "--out", str(tmp_path / "pictures"), "--json", str(file)]
    assert main(args) == 0
    printed = capsys.readouterr()
    assert printed.err == "" and "regions.png" in printed.out and "third-party note" in printed.out
    assert sorted(item.name for item in (tmp_path / "pictures").iterdir()) == [
        "regions.pdf", "regions.png", "regions.svg",
    ]  # fmt: skip
    found = json.loads(file.read_text())
    assert found["settings"] == {
        "n": 50, "e": 0.0, "mu": 1.0, "regime": "fixed", "points": 17, "lam_max": 100.0, "gamma_max": 100.0,
    }  # fmt: skip
    assert found["picture"] == str(tmp_path / "pictures" / "regions.png")
    lams, gammas = found["lam"], found["gamma"]
    assert len(lams) == len(gammas) == 17 and gammas[0] == 0
    for row, gamma in enumerate(gammas):
        for column, lam in enumerate(lams):
            assert found["exact"][row][column] == pytest.approx(rates.rate_exponential_family(lam, gamma).value)
            published = rates.rate_published(lam, gamma, 0.0)
            wanted = published.value if published.contracts else None
            assert found["published"][row][column] == (None if wanted is None else pytest.approx(wanted))
            assert (found["stationary_error"][row][column] is None) == (50 * lam < 1)
    one = min(range(17), key=lambda at: abs(lams[at] - 1))  # lam = 1 lies on the grid: k = 50
    assert found["stationary_error"][0][one] == pytest.approx(50 * stationary(50, 50, 0.0).M)
    published, exact = found["stable"]
    assert 0.4 < published["share_of_plane"] < 0.5 and exact["share_of_plane"] == 1
    for row in found["as_good_as_real"]:
        assert 50 * stationary(50, round(row["k"]), row["least_gamma"]).M == pytest.approx(1)
    limits = {row["gamma"]: row["lam_max"] for row in found["published_limit"]}
    assert limits == {
        0.0: 0.5, 0.1: pytest.approx(0.523810, abs=1e-6), 0.3: pytest.approx(0.565217, abs=1e-6),
        1.0: pytest.approx(2 / 3), 5.0: pytest.approx(6 / 7), "inf": 1.0,
    }  # fmt: skip
    before = file.read_bytes()
    assert main(args) == 0
    assert file.read_bytes() == before


def test_fresh_data_need_no_correction_to_beat_the_real_data(tmp_path, capsys):
    file = tmp_path / "regions.json"
    flags = ["--regime", "fresh", "--n", "5", "--points", "16", "--e", "0.3", "--mu", "1.2"]
    assert main(["regions", *flags, "--out", str(tmp_path), "--json", str(file)]) == 0
    found = json.loads(file.read_text())
    assert [row["least_gamma"] for row in found["as_good_as_real"]] == [None, 0, 0, 0, 0]  # lam = 0.1: k = 0.5
    errors = np.array(found["stationary_error"], dtype=float)
    assert np.nanmax(errors) < 1
    assert found["published_limit"][0]["lam_max"] == pytest.approx(0.5 / 1.3)
    gamma, lam = found["gamma"][3], found["lam"][5]
    assert found["exact"][3][5] == pytest.approx(rates.rate_from_spectrum(lam, gamma, 1.2).value)


def test_default_json_is_small(tmp_path):
    file = tmp_path / "regions.json"
    assert main(["regions", "--out", str(tmp_path), "--json", str(file)]) == 0
    assert file.stat().st_size < 2_000_000
    assert math.isfinite(json.loads(file.read_text())["exact"][120][120])


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--n", "-1"], "n must be a whole number from 1 to 1e+09, got -1; choose"),
        (["--n", "0"], "n must be"),
        (["--n", "nan"], "nan"),
        (["--n", "1" + "0" * 400], "n must be"),
        (["--e", "1"], "theorem 4.3 does not apply; use rate_exact"),
        (["--e", "nan"], "e = eps*L/alpha must be >= 0 and finite, got nan; choose"),
        (["--mu", "-1"], "mu must be >= 0"),
        (["--mu", "1.5"], "mu must be <= 1 + e = 1"),
        (["--regime", "none"], "regime"),
        (["--points", "100000"], "points must be a whole number from 16 to 1000"),
        (["--lam-max", "nan"], "lam_max must be"),
        (["--gamma-max", "0"], "gamma_max must be"),
    ],
)
def test_bad_input_is_one_line(flags, message, capsys, tmp_path):
    assert message in _refused(capsys, *flags, "--out", str(tmp_path / "new"))
    assert not (tmp_path / "new").exists()


def test_a_file_where_the_folder_should_be(capsys, tmp_path):
    (tmp_path / "file").write_text("x")
    assert "file" in _refused(capsys, "--points", "16", "--out", str(tmp_path / "file"))
