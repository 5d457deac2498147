"""`scsc motion correct`: its tables, pictures and refusals."""

import json

import numpy as np
import pytest
from PIL import Image

from motion.data.bvh_write import write_bvh
from motion.data.procedural import generate
from scsc.main import main

CLIPS = generate(5, frames=30, seed=17)


def call(capsys, *args):
    code = main(["motion", "correct", *(str(arg) for arg in args)])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.fixture
def folder(tmp_path):
    base = tmp_path / "in"
    base.mkdir()
    np.save(base / "floats.npy", CLIPS[0].joints + np.float32([0, 0.1, 0]))
    np.save(base / "short.npy", CLIPS[1].joints[:5])
    np.save(base / "cm.npy", 100 * CLIPS[2].joints)
    write_bvh(base / "walk.bvh", CLIPS[3].joints)
    return base


def test_physics_with_stages_pictures_and_json(capsys, tmp_path, folder):
    out, told = tmp_path / "out", tmp_path / "told.json"
    code, text, error = call(
        capsys, folder, "--out", out, "--stages", "--gif", "--workers", 1, "--json", told
    )  # fmt: skip
    assert code == 0, error
    assert "3 of 4 corrected, 1 kept as they were" in text and "mean of 3 corrected" in text
    assert "kept as it was: short.npy: too short: 5 frames at 20 a second, physics needs 8" in text
    assert "cm.npy: its unit is 0.01 m, and is so again" in text
    for stage in ("denoise", "reground", "plant", "fit", "simulate"):
        assert stage in text
    report = json.loads(told.read_text())
    assert report == json.loads((out / "report.json").read_text())
    floats = next(one for one in report["files"] if one["file"] == "floats.npy")
    assert floats["before"]["floating"] > 90 and floats["moved_mm"] == pytest.approx(100, abs=15)
    assert floats["residual_force"] > 0 and floats["residual_torque"] > 0
    with Image.open(out / "floats.npy.gif") as moving:
        assert moving.n_frames > 20 and moving.size[0] > 1.8 * moving.size[1]
    assert sorted(path.name for path in out.glob("*.gif")) == [f"{one['file']}.gif" for one in report["files"]]
    before = {path: path.stat().st_mtime_ns for path in out.iterdir() if path.suffix in (".npy", ".bvh", ".gif")}
    code, again, _ = call(capsys, folder, "--out", out, "--gif", "--workers", 1)
    assert code == 0 and "3 of 4 corrected" in again
    assert before == {path: path.stat().st_mtime_ns for path in before}, "nothing is done twice"


def test_projection_onto_a_stock_of_the_users(capsys, tmp_path, folder):
    pack = tmp_path / "pack"
    pack.mkdir()
    for i, clip in enumerate(CLIPS):
        np.save(pack / f"{i}.npy", clip.joints)
        (pack / f"{i}.txt").write_text(clip.captions[0])
    args = (folder / "floats.npy", folder / "walk.bvh", "--corrector", "projection", "--stock", pack)
    code, text, error = call(capsys, *args, "--out", tmp_path / "out", "--workers", 1)
    assert code == 0 and "2 of 2 corrected" in text, error
    got = np.load(tmp_path / "out" / "floats.npy")
    np.testing.assert_allclose(got, CLIPS[0].joints, atol=5e-3)  # it is in the stock
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["settings"]["corrector"]["stock"]["motions"] == 5
    code, text, _ = call(capsys, folder / "walk.bvh", "--corrector", "none", "--stages", "--out", tmp_path / "b")
    assert code == 0 and "no stages to show" in text


def test_bad_files_and_wrong_use_are_one_line(capsys, tmp_path, folder):
    (tmp_path / "bad.npy").write_bytes(b"no array")
    for args, words in (
        ((), "name at least one file or folder"),
        ((tmp_path / "nothing",), "No such file or folder"),
        ((tmp_path / "bad.npy",), "bad.npy: expected a numpy array"),
        ((folder, "--out", folder / "x"), "lie in one another"),
        ((folder, "--corrector", "magic"), "must be one of none, reground"),
        ((folder, "--stock", tmp_path), "--stock is for --corrector projection"),
        ((folder, "--workers", 0), "workers must be >= 1"),
        ((folder, "--seed", -1), "seed must be >= 0"),
        ((folder, "--corrector", "projection", "--stock", tmp_path / "nothing"), "no folder"),
    ):
        out = () if "--out" in args else ("--out", tmp_path / "out")
        code, _, error = call(capsys, *args, *out)
        assert code == 2 and error.count("\n") == 1 and words in error, (args, error)
    code, text, _ = call(capsys, folder / "cm.npy", tmp_path / "bad.npy", "--out", tmp_path / "o2", "--skip-bad")
    assert code == 0 and "1 of 2 corrected, 0 kept as they were, 1 could not be read" in text
    assert "not read: bad.npy: expected a numpy array" in text
