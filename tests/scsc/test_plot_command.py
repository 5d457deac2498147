import json
from pathlib import Path

import numpy as np
import pytest

from plots import style
from scsc.main import main


def _ensemble(folder: Path) -> Path:
    folder.mkdir(parents=True)
    identity = {"n": 50, "k": [25], "dimension": 2, "schedule": {"name": "augment"}}
    (folder / "config.json").write_text(json.dumps({"format": 1, "kind": "toy-ensemble", "identity": identity}))
    rng = np.random.default_rng(0)
    np.savez(
        folder / "curves.npz", generation=np.arange(3.0), gamma=np.zeros(1), lam=np.full(1, 0.5), seed=np.arange(4.0),
        w2=rng.random((3, 4, 1)), mean_error2=rng.random((3, 4, 1)),
    )  # fmt: skip
    return folder


def _run(folder: Path, values=(1.0, 2.0)) -> Path:
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({"format": 1, "kind": "motion", "identity": {}}))
    for generation, value in enumerate(values):
        inside = folder / f"gen-{generation:04d}"
        inside.mkdir()
        record = {"generation": generation, "seed": 0, "measures": {"frechet": value}}
        (inside / "record.json").write_text(json.dumps(record))
    return folder


def _error(capsys, *args) -> str:
    assert main(["plot", *map(str, args)]) == 2
    printed = capsys.readouterr()
    assert printed.out == "" and printed.err.startswith("scsc: error: ") and printed.err.count("\n") == 1
    return printed.err


def test_pictures_go_into_the_folder_and_the_table_says_what_they_show(tmp_path, capsys):
    run = _run(tmp_path / "run")
    assert main(["plot", str(run), "--json", str(tmp_path / "table.json")]) == 0
    assert sorted(item.name for item in (run / "plots").iterdir()) == [
        "stability.pdf",
        "stability.png",
        "stability.svg",
    ]
    printed = capsys.readouterr().out
    assert "stability.png" in printed and "Fréchet distance" in printed and "1 seed, no interval" in printed
    (picture,) = json.loads((tmp_path / "table.json").read_text())["pictures"]
    assert picture["picture"] == str(run / "plots" / "stability.png") and Path(picture["pdf"]).exists()
    assert picture["shows"] == "Fréchet distance, generation 0 → 1: run 1 → 2"
    assert picture["notes"] == ["frechet of run: times 2.000 a generation (1 seed, no interval)"]
    before = (run / "plots" / "stability.png").read_bytes()
    assert main(["plot", str(run)]) == 0  # the pictures themselves are no run, and are drawn anew
    assert (run / "plots" / "stability.png").read_bytes() == before


def test_several_folders_get_rooms_of_their_own(tmp_path, capsys, monkeypatch):
    def touch(figure, stem):  # where the pictures go is the question here, not what they show
        stem.parent.mkdir(parents=True, exist_ok=True)
        stem.with_suffix(".png").touch()
        return stem.with_suffix(".png")

    monkeypatch.setattr(style, "save", touch)
    one, two = _ensemble(tmp_path / "x" / "same"), _run(tmp_path / "y" / "same")
    assert main(["plot", str(one), str(two), str(one), "--out", str(tmp_path / "out")]) == 0
    found = sorted(path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.png"))
    assert found == ["x/same/curves.png", "y/same/stability.png"]
    assert capsys.readouterr().out.count("curves.png") >= 1


def test_errors_are_one_line_that_names_the_file(tmp_path, capsys):
    assert "name at least one folder" in _error(capsys)
    assert "nowhere" in _error(capsys, tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    assert "nothing to plot" in _error(capsys, tmp_path / "empty")
    cut = _run(tmp_path / "cut")
    record = cut / "gen-0001" / "record.json"
    record.write_text(record.read_text()[:20])
    assert str(record) in _error(capsys, cut)
    corrupt = _ensemble(tmp_path / "corrupt")
    (corrupt / "curves.npz").write_bytes((corrupt / "curves.npz").read_bytes()[:100])
    assert str(corrupt / "curves.npz") in _error(capsys, corrupt)
    assert "no generation is finished" in _error(capsys, _run(tmp_path / "young", values=()))
    blocked = tmp_path / "file"
    blocked.write_text("x")
    assert "file" in _error(capsys, _run(tmp_path / "good"), "--out", blocked / "inside")


def test_several_runs_are_drawn_together_and_a_record_is_drawn_again(tmp_path, capsys):
    one, two = _ensemble(tmp_path / "x" / "one"), _ensemble(tmp_path / "x" / "two")
    record = tmp_path / "records" / "both.json"
    assert main(["plot", str(one), str(two), "--axis", "log", "--record", str(record)]) == 0
    assert (tmp_path / "x" / "plots" / "together.svg").exists() and record.stat().st_size < 300_000
    assert "together.png" in capsys.readouterr().out
    kept = json.loads(record.read_text())
    assert [line["label"] for line in kept["lines"]] == ["one", "two"] and kept["command"].startswith("scsc")
    assert main(["plot", str(record), "--out", str(tmp_path / "again")]) == 0
    assert (tmp_path / "again" / "both.png").exists()
    record.write_text(record.read_text().replace('"mean"', '"men"'))
    capsys.readouterr()
    assert str(record) in _error(capsys, record)
    first, second = _run(tmp_path / "y" / "one"), _run(tmp_path / "y" / "two", values=(2.0, 3.0))
    assert main(["plot", str(first), str(second)]) == 0
    assert (tmp_path / "y" / "plots" / "together-experiments.png").exists()


@pytest.mark.parametrize("flag", ["--help"])
def test_help(flag, capsys):
    assert main(["plot", flag]) == 0
    assert "--out" in capsys.readouterr().out


def test_commands_in_records_name_no_places_of_the_machine(monkeypatch):
    from scsc.figure_record import command_line

    words = ["motion", "run", "--data", "/home/me/packs/bandai", "--out", "/tmp/x", "--set", "n=4", "--out=/a/b"]
    monkeypatch.setattr("sys.argv", ["scsc", *words])
    assert command_line() == "scsc motion run --data bandai --set n=4"
