"""`scsc toy digits` and `scsc toy diffusion`: tables, JSON, records, resuming, refusals in one line."""

import json
from dataclasses import replace

import pytest

from scsc.main import main
from toy.digits import judge, settings

SMALL = ["--generations", "1", "--seeds", "2", "--lam", "1", "--workers", "1"]


@pytest.fixture(autouse=True)
def tiny(monkeypatch):
    sizes = replace(
        settings.EMBEDDED, n=60, judge=60, reference=60, first_steps=6, steps=3, channels=8, batch_size=8,
        sampler_steps=3, centres=3,
    )  # fmt: skip
    monkeypatch.setattr(settings, "EMBEDDED", sizes)
    monkeypatch.setattr(settings, "QUICK", sizes)
    monkeypatch.setattr(judge, "_TRAINING", replace(judge._TRAINING, steps=20))


def call(capsys, *args):
    code = main([str(arg) for arg in args])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_tables_json_record_and_resuming(capsys, tmp_path):
    out, kept, record = tmp_path / "run", tmp_path / "rows.json", tmp_path / "records" / "digits.json"
    args = ["toy", "digits", *SMALL, "--out", out, "--json", kept, "--record", record]
    code, text, error = call(capsys, *args)
    assert code == 0, error
    assert "k-means corrected, λ = 1" in text and "undecided" in text and "seconds a generation" in text
    found = json.loads(kept.read_text())
    assert {row["arm"] for row in found["rows"]} == {"baseline", "uncorrected-1", "k-means-1"}
    assert len(found["rows"]) == 3 * 2 * 2 and len(found["comparisons"]) == 2
    assert all(row["verdict"] == "undecided" and row["seeds"] == 2 for row in found["comparisons"])
    assert len(json.loads(record.read_text())["lines"]) == 3
    before = (out / "baseline/seed-0001/gen-0001/record.json").stat().st_mtime_ns
    assert call(capsys, *args)[0] == 0
    assert (out / "baseline/seed-0001/gen-0001/record.json").stat().st_mtime_ns == before, "the same command reads"
    code, _, error = call(capsys, *args, "--guidance", "1")
    assert code == 2 and error.count("\n") == 1 and "guidance: started with 1.5, now 1.0" in error
    code, text, error = call(capsys, "plot", out)
    assert code == 0 and "images.png" in text, error


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        (["--lam", "-1"], "lam must be >= 0"),
        (["--lam", "0"], "that is the baseline"),
        (["--corrector", "physics"], "none, k-means, redraw"),
        (["--schedule", "refill"], "augment, replace"),
        (["--schedule", "fresh"], "fresh"),
        (["--gamma", "-1"], "gamma must be >= 0"),
        (["--data", "/nowhere/at/all"], "must be a folder with MNIST's four IDX files"),
        (["--quick", "--data", "/nowhere"], "--quick is for the embedded digits"),
        (["--seeds", "0"], "runs must be >= 1"),
        (["--n", "5000"], "1797 images"),
        (["--centres", "7"], "centres must be 1 to 6"),
        (["--guidance", "nan"], "guidance must be finite"),
        (["--workers", "0"], "workers must be >= 1"),
        (["--generations", "-1"], "generations must be >= 0"),
    ],
)
def test_bad_input_is_one_line(capsys, tmp_path, flags, text):
    code, out, error = call(capsys, "toy", "digits", *flags, "--out", tmp_path / "run")
    assert code == 2 and text in error and error.count("\n") == 1 and out == ""
    assert not (tmp_path / "run").exists()


def test_the_plane_reports_and_resumes(capsys, tmp_path):
    sizes = "--generations 1 --seeds 2 --n 40 --first-steps 10 --steps 5 --sampler-steps 4".split()
    args = ["toy", "diffusion", *sizes, "--gamma", "0", "1", "--out", tmp_path / "run"]
    code, out, error = call(capsys, *args)
    assert code == 0 and "sliced w2" in out, error
    curves = (tmp_path / "run/replace/curves.npz").read_bytes()
    assert call(capsys, *args)[0] == 0 and (tmp_path / "run/replace/curves.npz").read_bytes() == curves
    code, _, error = call(capsys, *args[:-2], "--n", "41", "--out", tmp_path / "run")
    assert code == 2 and error.count("\n") == 1


def test_digits_can_be_audited(capsys, tmp_path):
    sizes = "--batches 8 --n 100 --runs 8 --generations 4 --amplitudes -0.2 0.2".split()
    args = ["audit", "--truth", "digits", "--corrector", "k-means", "--gamma", "inf", *sizes]
    code, out, error = call(capsys, *args)
    assert code == 0 and "spread of a digit" in out and "the limit is wrong" in out, error
    code, _, error = call(capsys, "audit", "--truth", "digits", "--corrector", "shrink")
    assert code == 2 and "ideal, k-means" in error and error.count("\n") == 1
