"""`scsc motion data draw`: its table, its JSON, the next command; wrong use is one line and leaves nothing."""

import json

import numpy as np
import pytest

from scsc.main import main


def call(capsys, *args):
    code = main(["motion", "data", *(str(arg) for arg in args)])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_draw_then_prepare_as_it_says(capsys, tmp_path):
    out = tmp_path / "drawn"
    args = ("draw", "--n", 5, "--frames", 45, "--kinds", "walk", "kick left", "--bodies", "--out", out)
    code, text, error = call(capsys, *args, "--json", tmp_path / "a.json")
    assert code == 0 and "kick left" in text and "5 drawn in" in text, error
    stored = json.loads((tmp_path / "a.json").read_text())
    assert {row["kind"]: row["motions"] for row in stored["rows"]} in (
        {"kick left": 2, "walk": 3}, {"kick left": 3, "walk": 2},
    )  # fmt: skip
    assert (stored["motions"], stored["frames"], stored["seconds"], stored["made"]) == (5, 225, 11.25, 5)
    following = text.replace("\n", " ").split("next: scsc ")[1].split()
    assert main([*following, "--out", str(tmp_path / "out"), "--workers", "1"]) == 0
    assert "MIT" in capsys.readouterr().out
    code, text, _ = call(capsys, *args)
    assert code == 0 and "nothing to do" in text


def test_performed_is_another_motion(capsys, tmp_path):
    for name, more in (("plain", ()), ("performed", ("--performed",))):
        code, _, error = call(capsys, "draw", "--n", 2, "--frames", 30, "--out", tmp_path / name, *more)
        assert code == 0, error
    one, two = (np.load(tmp_path / name / "procedural-0-00001.npy") for name in ("plain", "performed"))
    assert 1e-5 < np.linalg.norm(one - two, axis=-1).mean() < 0.05


@pytest.mark.parametrize(
    ("args", "text"),
    [
        (("--n", 0), "n must be 1 to 100000"),
        (("--n", 10**9), "n must be 1 to 100000"),
        (("--n", "many"), "--n"),
        (("--frames", 29), "frames must be between 30 and 400"),
        (("--seed", -1), "seed must not be negative"),
        (("--seed", 10**30), "seed must be below"),
        (("--kinds", "fly"), "kinds must be some of"),
        (("--kinds",), "kinds must be some of"),
        (("--kinds", "bow", "bow"), "each once"),
        (("--styles", "angry"), "styles must be some of"),
        (("--json", "."), "is a folder"),
        (("--bodies", "tall"), "tall"),
    ],
)
def test_wrong_use_is_one_line(capsys, tmp_path, monkeypatch, args, text):
    monkeypatch.chdir(tmp_path)
    code, _, error = call(capsys, "draw", *args)
    assert code == 2 and error.startswith("scsc: error: ") and error.count("\n") == 1 and text in error, error
    assert not list(tmp_path.iterdir())


def test_another_folder_is_one_line(capsys, tmp_path):
    (tmp_path / "thesis.txt").touch()
    code, _, error = call(capsys, "draw", "--out", tmp_path)
    assert code == 2 and "holds other files (thesis.txt)" in error and error.count("\n") == 1
