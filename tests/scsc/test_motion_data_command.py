"""`scsc motion data prepare|check|show`: tables, GIF, damage, refusals in one line."""

import json

import numpy as np
import pytest
from PIL import Image

from motion.data.procedural import generate
from scsc.main import main


def call(capsys, *args):
    code = main(["motion", "data", *(str(arg) for arg in args)])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.fixture
def pack(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    for i, clip in enumerate(generate(4, frames=45, seed=2)):
        np.save(folder / f"c{i}.npy", clip.joints)
        (folder / f"c{i}.txt").write_text(clip.captions[0])
    return folder


def test_prepare_check_and_show(capsys, tmp_path, pack):
    out = tmp_path / "out"
    code, text, error = call(capsys, "prepare", pack, "--out", out, "--workers", 1, "--json", tmp_path / "a.json")
    assert code == 0 and "4 clips" in text and "mine" in text, error
    assert json.loads((tmp_path / "a.json").read_text())["counts"]["clips"] == 4
    code, text, _ = call(capsys, "check", out)
    assert code == 0 and "all shards match" in text
    code, text, _ = call(capsys, "show", out)
    assert code == 0 and "mine/c2" in text
    code, text, error = call(capsys, "show", out, "--clip", "mine/c1", "--gif", tmp_path / "a.gif")
    assert code == 0 and "skating" in text, error
    with Image.open(tmp_path / "a.gif") as moving:
        assert moving.n_frames > 30 and moving.info["duration"] == 50
    shard = next((out / "shards").glob("*.npy"))
    shard.write_bytes(shard.read_bytes()[:-1] + b"x")
    code, text, _ = call(capsys, "check", out)
    assert code == 1 and "1 shards are damaged" in text and "prepare it again" in text


def test_wrong_use_is_one_line(capsys, tmp_path, pack):
    call(capsys, "prepare", pack, "--out", tmp_path / "out", "--workers", 1)
    for args, words in (
        (("prepare",), "at least one motion pack"),
        (("prepare", tmp_path / "nowhere"), "no folder"),
        (("prepare", pack, "--out", tmp_path / "out", "--workers", 0), "workers must be >= 1"),
        (("check", tmp_path), "holds no prepared data"),
        (("show", tmp_path / "out", "--gif", tmp_path / "x.gif"), "--gif needs --clip"),
        (("show", tmp_path / "out", "--clip", "c1x"), "has no clip 'c1x'"),
    ):
        code, _, error = call(capsys, *args)
        assert code == 2 and error.count("\n") == 1 and words in error, (args, error)


def test_a_strange_skeleton_is_shown_and_written_down(capsys, tmp_path):
    from motion.data.bvh_write import write_bvh

    folder = tmp_path / "bvh"
    folder.mkdir()
    write_bvh(folder / "a.bvh", generate(1, frames=40, seed=0)[0].joints)
    code, text, error = call(capsys, "map", folder, "--write")
    assert code == 0 and "left_hip" in text and "written to" in text, error
    stored = json.loads((folder / "map.json").read_text())
    stored["joints"]["head"] = "Nothing"
    (folder / "map.json").write_text(json.dumps(stored))
    code, text, _ = call(capsys, "map", folder)
    assert "Nothing" in text
    code, _, error = call(capsys, "map", tmp_path)
    assert code == 2 and "has no .bvh" in error and error.count("\n") == 1
