"""`scsc motion data prepare --text`: what is kept is said, checked and continued; wrong use is one line."""

import json

import pytest
from text_encoder import SmallEncoder

from motion.data.draw import draw
from motion.data.procedural import Drawing
from motion.text import encoders
from scsc.main import main


def call(capsys, *args):
    code = main(["motion", "data", *(str(arg) for arg in args)])
    captured = capsys.readouterr()
    return code, " ".join(captured.out.split()), captured.err


@pytest.fixture
def drawn(tmp_path):
    draw(Drawing(40, 1), 4, tmp_path / "drawn")
    return tmp_path / "drawn"


def test_kept_checked_and_continued(capsys, tmp_path, drawn, monkeypatch):
    monkeypatch.setattr(encoders, "frozen_encoder", lambda name, weights: SmallEncoder())
    out = tmp_path / "out"
    code, text, error = call(capsys, "prepare", drawn, "--out", out, "--workers", 1)
    assert code == 0 and "text:" not in text and not (out / "text").exists(), error
    args = ("prepare", drawn, "--out", out, "--workers", 1, "--text", "minilm", "--json", tmp_path / "a.json")
    code, text, error = call(capsys, *args)
    assert code == 0 and "12 of 12 captions" in text and "12 captions computed now" in text, error
    (told,) = json.loads((tmp_path / "a.json").read_text())["texts"]
    assert (told["encoder"], told["captions"], told["of"], told["max_tokens"]) == ("small", 12, 12, 32)
    code, text, _ = call(capsys, *args)
    assert code == 0 and "0 captions computed now" in text
    code, text, _ = call(capsys, "check", out)
    assert code == 0 and "12 of 12 captions" in text and "all shards match their fingerprints" in text
    assert "12 of 12 captions" in call(capsys, "show", out)[1]
    path = next((out / "text").glob("*.npy"))
    path.write_bytes(path.read_bytes()[:-1])
    code, text, _ = call(capsys, "check", out, "--json", tmp_path / "b.json")
    assert code == 1 and "1 files of text states are wrong" in text
    assert len(json.loads((tmp_path / "b.json").read_text())["damaged_texts"]) == 1
    code, text, _ = call(capsys, *args)
    assert code == 0 and "12 captions computed now" in text and call(capsys, "check", out)[0] == 0


def test_wrong_use_is_one_line_and_makes_nothing(capsys, tmp_path, drawn):
    for args, words in (
        (("--text", "clip"), "clip"),
        (("--text", "pretrained"), "needs the folder of its weights"),
        (("--text", "pretrained", "--text-weights", tmp_path), "must hold config.json"),
        (("--text", "minilm", "--text-weights", tmp_path), "must hold model.safetensors"),
        (("--text-weights", tmp_path), "--text-weights needs --text"),
    ):
        code, _, error = call(capsys, "prepare", drawn, "--out", tmp_path / "out", *args)
        assert code == 2 and error.count("\n") == 1 and words in error, (args, error)
        assert not (tmp_path / "out").exists()
