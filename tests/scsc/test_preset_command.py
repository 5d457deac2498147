"""`scsc toy preset` and the flags of `scsc toy gaussian`: rows, pictures, resuming, refusals in one line."""

import json

import pytest

from scsc.main import main

SMALL = ["--runs", "3", "--generations", "2", "--workers", "1"]


def call(capsys, *args):
    code = main([str(arg) for arg in args])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.mark.parametrize("name", ["official-gaussian", "exact-gaussian"])
def test_a_preset_draws_reports_and_resumes(capsys, tmp_path, name):
    args = ["toy", "preset", name, *SMALL, "--out", tmp_path / "run", "--json", tmp_path / "out.json"]
    code, out, error = call(capsys, *args)
    assert code == 0, error
    assert "too few generations" in out
    found = json.loads((tmp_path / "out.json").read_text())
    assert {"gamma", "lam", "generation", "w2_mean", "w2_se", "n_runs", "variance_theory"} <= set(found["rows"][0])
    assert len(found["rows"]) == 8 * 3 and found["preset"] == name
    assert (tmp_path / "run/plots/curves.png").is_file() and (tmp_path / "run/plots/curves.pdf").is_file()
    before = (tmp_path / "run/blocks/block-00000.npz").stat().st_mtime_ns
    assert call(capsys, *args)[0] == 0
    assert (tmp_path / "run/blocks/block-00000.npz").stat().st_mtime_ns == before, "the same command reads"
    code, _, error = call(capsys, *args, "--seed", "1")
    assert code == 2 and "seed: started with 0, now 1" in error


def test_mad_keeps_four_loops_and_one_picture(capsys, tmp_path):
    out, kept = tmp_path / "run", tmp_path / "out.json"
    small = ["--seeds", 2, "--generations", 1, "--workers", 1]
    code, _, error = call(capsys, "toy", "preset", "mad", *small, "--out", out, "--json", kept)
    assert code == 0, error
    assert len(list(out.glob("bias-*/curves.npz"))) == 4 and (out / "plots/overlay.png").is_file()
    rows = json.loads(kept.read_text())["rows"]
    assert len({row["part"] for row in rows}) == 4 and rows[0]["n_runs"] == 2
    assert rows[0]["variance_theory"] == 1.0


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (["--schedule", "ramp-accumulate"], [0.5]),
        (["--schedule", "accumulate-subsample", "--lam", "0.5", "1"], [0.5, 1.0]),
        (["--schedule", "mix", "--real-fraction", "0", "0.5", "1"], ["inf", 1.0, 0.0]),
        (["--corrector", "histogram-exact"], [0.5]),
        (["--schedule", "fresh", "--normalisation", "unbiased", "--bias", "0.8", "--first", "20"], [0.5]),
    ],
)
def test_settings_reach_the_loop(capsys, tmp_path, flags, expected):
    code, _, error = call(capsys, "toy", "gaussian", *flags, "--gamma", 1, *SMALL, "--out", tmp_path / "run", "--json",
                          tmp_path / "out.json")  # fmt: skip
    assert code == 0, error
    rows = json.loads((tmp_path / "out.json").read_text())["rows"]
    assert list(dict.fromkeys(row["lam"] for row in rows)) == expected
    assert call(capsys, "plot", tmp_path / "run")[0] == 0


@pytest.mark.parametrize(
    ("args", "text"),
    [
        (["preset", "magic"], "preset must be one of official-gaussian, exact-gaussian, mad, ferbach, regression"),
        (["preset", "ferbach", "--sampler", "exact"], "ferbach has none"),
        (["preset", "regression", "--generations", "3"], "leave --generations out"),
        (["preset", "mad", "--sampler", "exact"], "sampler belongs to official-gaussian"),
        (["preset", "exact-gaussian", "--runs", "0"], "runs must be >= 1"),
        (["preset", "exact-gaussian", "--workers", "-1"], "workers must be >= 0"),
        (["gaussian", "--real-fraction", "0.5"], "belongs to the schedule mix"),
        (["gaussian", "--schedule", "mix", "--real-fraction", "2"], "real_fraction must lie in"),
        (["gaussian", "--first", "20"], "only 'fresh' allows it"),
        (["gaussian", "--bias", "2"], "bias must lie in"),
        (["gaussian", "--normalisation", "both"], "normalisation must be"),
        (["gaussian", "--corrector", "magic"], "corrector must be one of mixture"),
        (["gaussian", "--corrector", "histogram-exact", "--dimension", "3"], "dimension must be 2"),
    ],
)
def test_wrong_use_is_one_line(capsys, tmp_path, monkeypatch, args, text):
    monkeypatch.chdir(tmp_path)
    code, _, error = call(capsys, "toy", *args)
    assert code == 2 and error.count("\n") == 1 and text in error
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(("name", "drawn"), [("ferbach", "two-points/curves.png"), ("regression", "together.png")])
def test_presets_of_further_models_are_judged_drawn_and_recorded(capsys, tmp_path, name, drawn):
    out, record = tmp_path / "run", tmp_path / f"{name}.json"
    args = ["toy", "preset", name, "--runs", 64, "--out", out, "--record", record, "--json", tmp_path / "rows.json"]
    code, text, error = call(capsys, *args)
    assert code == 0, error
    assert "agree, largest" in text and (out / "plots" / drawn).is_file()
    found = json.loads((tmp_path / "rows.json").read_text())
    assert found["as_expected"] and all(one["agrees"] for one in found["comparisons"])
    assert {row["part"] for row in found["rows"]} >= {"two-points" if name == "ferbach" else "replace"}
    kept = json.loads(record.read_text())
    assert kept["name"] == name and kept["result"]["verdict"] == found["verdict"]
    assert call(capsys, *args)[0] == 0, "again it reads"


def test_several_schedules_and_correctors_have_rooms_of_their_own(capsys, tmp_path):
    args = ["toy", "gaussian", "--schedule", "augment", "replace", "--corrector", "mixture", "shrink", "curation",
            "--gamma", "0", "1", *SMALL[:4], "--out", tmp_path / "run", "--json", tmp_path / "rows.json"]  # fmt: skip
    code, out, error = call(capsys, *args)
    assert code == 0 and "curation" in out, error
    rooms = sorted(path.parent.name for path in (tmp_path / "run").glob("*/curves.npz"))
    assert rooms == sorted(f"{s}-{c}" for s in ("augment", "replace") for c in ("mixture", "shrink", "curation"))
    rows = json.loads((tmp_path / "rows.json").read_text())["rows"]
    assert len(rows) == 6 * 2 * 3 and {row["corrector"] for row in rows} == {"mixture", "shrink", "curation"}
    assert call(capsys, *args)[0] == 0
    assert call(capsys, "plot", tmp_path / "run", "--together")[0] == 0
    assert (tmp_path / "run" / "plots" / "together.png").is_file()
