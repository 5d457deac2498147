"""`scsc audit`: what it prints and writes, and its refusals."""

import json

import pytest

from scsc.main import main

QUICK = ("--n", "400", "--runs", "8", "--batches", "12", "--dimension", "1", "--generations", "5")


def call(capsys, *args):
    code = main(["audit", *args])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.mark.parametrize(
    ("corrector", "words"),
    [("ideal", "fits every direction"), ("wrong-target", "the limit is wrong"), ("shrink", "no gamma fits")],
)
def test_says_what_it_found(capsys, tmp_path, corrector, words):
    path = tmp_path / "out.json"
    code, out, error = call(capsys, *QUICK, "--corrector", corrector, "--json", str(path))
    assert code == 0, error
    value = json.loads(path.read_text())
    assert words in value["audit"]["verdict"] and words in " ".join(out.split())
    assert {"rho", "gamma", "gamma_low", "gamma_high", "residual", "bias"} <= set(value["audit"]["directions"][0])
    assert {"bias", "bias_low", "bias_high"} <= set(value["audit"]["moments"][0])
    assert {"rate", "measured_rate", "z_rate", "limit", "measured_limit", "z_limit"} <= set(value["rows"][0])
    assert value["agrees"] and value["largest_z"] <= value["z_bound"]
    assert [row["direction"] for row in value["rows"]] == ["shift 1", "scale"]


def test_status_one_where_a_gamma_is_said_to_fit_and_the_loop_differs(capsys):
    """Transport is bent: at far amplitudes its slope is not the loop's, and a tolerance of 1 lets it pass."""
    far = ("--corrector", "transport", "--amplitudes", "0.9", "4", "--tolerance", "1", "--gamma", "5")
    code, out, _ = call(capsys, *QUICK[2:], "--n", "4000", *far)
    assert code == 1 and "differ" in out


def test_motions_are_audited_without_a_loop(capsys, tmp_path):
    """Of nothing: every direction is retained whole, exactly, and the truth stays."""
    path = tmp_path / "out.json"
    args = ("--truth", "motion", "--corrector", "none", "--amplitudes", "-0.3", "0.3", "--json", str(path))
    code, out, error = call(capsys, *args)
    assert code == 0, error
    assert "no loop is run on motions" in " ".join(out.split()) and "The loop" not in out
    value = json.loads(path.read_text())
    assert [row["direction"] for row in value["audit"]["directions"]] == [
        "height", "drift", "speed", "lean", "extent", "limbs", "jitter",
    ]  # fmt: skip
    kept = {(row["rho"], row["rho_low"], row["rho_high"]) for row in value["audit"]["directions"]}
    assert kept == {(1.0, 1.0, 1.0)} and value["rows"] == [] and value["audit"]["gamma"] == 0
    assert {row["bias"] for row in value["audit"]["moments"]} == {0.0} and not value["audit"]["moves_truth"]
    assert "skating mm/frame" in out and value["units"]["limb length %"] == 5.5


def test_the_same_seed_gives_the_same_file(capsys, tmp_path):
    values = []
    for name, seed in (("a", "3"), ("b", "3"), ("c", "4")):
        assert call(capsys, *QUICK, "--seed", seed, "--json", str(tmp_path / name))[0] == 0
        values.append(json.loads((tmp_path / name).read_text()))
        values[-1].pop("seconds")
    assert values[0] == values[1] != values[2]


@pytest.mark.parametrize(
    ("args", "text"),
    [
        (["--corrector", "magic"], "corrector must be one of ideal, wrong-target, shrink, transport, got 'magic'"),
        (["--truth", "magic"], "truth must be one of gaussian, mixture"),
        (["--gamma", "-1"], "gamma must be >= 0"),
        (["--gamma", "nan"], "gamma must be >= 0"),
        (["--lam", "0"], "lam * n must be >= 20"),
        (["--lam", "inf"], "lam must be"),
        (["--n", "30"], "lam * n must be >= 20"),
        (["--amplitudes", "0.1"], "amplitudes must be two or more"),
        (["--amplitudes", "0", "0.1"], "amplitudes must be finite and not 0"),
        (["--batches", "2"], "batches must be >= 8"),
        (["--runs", "1"], "runs must be >= 8"),
        (["--seed", "-1"], "seed must be >= 0"),
        (["--json", "."], "is a folder"),
        (["--truth", "motion", "--corrector", "shrink"], "corrector of motions must be one of none, reground,"),
        (["--truth", "motion", "--n", "5"], "n must be >= 20 motions a batch, got 5"),
        (["--truth", "motion", "--batches", "2"], "batches must be >= 8"),
        (["--truth", "motion", "--amplitudes", "-0.2", "-0.1"], "amplitudes for motion need one above 0"),
        (["--truth", "motion", "--amplitudes", "0.1"], "amplitudes must be two or more"),
        (["--truth", "motion", "--gamma", "nan"], "gamma must be >= 0"),
    ],
)
def test_wrong_use_is_one_line_and_status_two(capsys, args, text):
    code, _, error = call(capsys, *args)
    assert code == 2
    assert error.startswith("scsc: error: ") and error.count("\n") == 1 and text in error
