"""`scsc motion prompt`, and what every command on a model says of damaged ones."""

import json
import shutil
import sys

import pytest
from PIL import Image
from text_encoder import SmallEncoder
from tiny_model import MODEL, call, refused

from motion.text import encoders


def spoil(folder, fault):
    model = folder / MODEL
    if fault == "unfinished":
        shutil.rmtree(folder / "shared/seed-0000/gen-0000")
    elif fault == "weights cut":
        content = (model / "model.safetensors").read_bytes()
        (model / "model.safetensors").write_bytes(content[: len(content) // 2])
    elif fault == "no weights":
        (model / "model.safetensors").unlink()
    elif fault == "json cut":
        (model / "model.json").write_text("{")
    elif fault == "another network":
        (model / "model.json").write_text('{"classes": 10}')
    elif fault == "other size":
        about = json.loads((model / "model.json").read_text())
        about["model"]["width"] = 32
        (model / "model.json").write_text(json.dumps(about))
    elif fault == "about cut":
        (model.parent / "about.json").write_text("[")
    elif fault == "about of others":
        (model.parent / "about.json").write_text('{"format": 7}')


FAULTS = {
    "unfinished": "has not ended", "weights cut": "no whole file of weights", "no weights": "model.safetensors",
    "json cut": "model.json", "another network": "no whole motion model", "other size": "restore both files",
    "about cut": "about.json", "about of others": "has not format 1",
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_damaged_models(tiny, capsys, made, fault):
    shutil.copytree(made, "bad")
    spoil(tiny / "bad", fault)
    refused(capsys, FAULTS[fault], "prompt", "a person walks", "--model", "bad")
    refused(capsys, FAULTS[fault], "sample", "bad", "--count", 1, "--out", "s")
    refused(capsys, FAULTS[fault], "evaluate", "bad")
    assert not (tiny / "s").exists()


@pytest.mark.parametrize("suffix", [".gif", ".npy", ".bvh", ".bvh.gz"])
def test_prompt_writes_what_the_ending_says(tiny, capsys, made, suffix):
    caption = json.loads((made / MODEL).with_name("about.json").read_text())["asked"][0]["caption"]
    args = ("prompt", caption, "--model", made, "--seconds", 1)
    for name in ("one", "two"):
        code, text, error = call(capsys, *args, "--out", f"{name}{suffix}")
        assert code == 0 and "21 frames, 1 s" in text and "note" not in text, error
    assert (tiny / f"one{suffix}").read_bytes() == (tiny / f"two{suffix}").read_bytes()
    assert call(capsys, *args, "--seed", 1, "--out", f"two{suffix}")[0] == 0
    assert (tiny / f"one{suffix}").read_bytes() != (tiny / f"two{suffix}").read_bytes()
    if suffix == ".gif":
        with Image.open("one.gif") as picture:
            assert picture.n_frames == 21
            colours = picture.convert("RGB").getcolors(10**6)
        assert len(colours) > 3, "left and right limbs have colours"


def test_prompt_names_words_that_were_never_seen(tiny, capsys, made):
    """Also of a copied generation, away from its data; and what the model does not read."""
    shutil.copytree(made / "shared/seed-0000/gen-0000", "copy")
    seen = json.loads((tiny / "copy/about.json").read_text())["words"]
    assert "person" in seen or "human" in seen
    for model in (made, "copy", "copy/model"):
        code, text, error = call(capsys, "prompt", f"Qwrx {seen[0]} zyxx qwrx", "--model", model, "--out", "a.npy")
        assert code == 0 and "no training caption held: qwrx, zyxx; the model" in text, error
    long = " ".join(["person"] * 24 + ["slowly"])
    assert "not read: slowly" in call(capsys, "prompt", long, "--model", made, "--out", "a.npy")[1]


def test_models_from_before_about_json(tiny, capsys, made):
    """Words and sampler are then read off the data set and the config above the model."""
    args = ("prompt", "a qwrx walks", "--model")
    assert call(capsys, *args, made, "--out", "new.npy")[0] == 0
    shutil.copytree(made, "old")
    (tiny / "old/shared/seed-0000/gen-0000/about.json").unlink()
    code, text, error = call(capsys, *args, "old", "--out", "old.npy")
    assert code == 0 and "held: qwrx" in text, error
    assert (tiny / "new.npy").read_bytes() == (tiny / "old.npy").read_bytes()


def test_models_with_a_frozen_encoder(tiny, capsys, monkeypatch):
    """They are drawn from through the same encoder, also without the data beside them; not through another."""
    salt = ["a"]
    monkeypatch.setattr(
        encoders, "frozen_encoder", lambda name, _: None if name == "words" else SmallEncoder(salt=salt[0])
    )
    assert call(capsys, "train", "--text", "minilm", "--out", "m")[0] == 0
    assert (tiny / "m/text").is_dir()
    shutil.copytree("m/shared/seed-0000/gen-0000", "copy")
    for model in ("m", "copy"):
        code, _, error = call(capsys, "prompt", "a person walks", "--model", model, "--out", f"{model}.npy")
        assert code == 0, error
    assert (tiny / "m.npy").read_bytes() == (tiny / "copy.npy").read_bytes()
    salt[0] = "b"
    refused(capsys, "other weights than the model was trained with", "prompt", "a person walks", "--model", "copy")


@pytest.mark.parametrize(
    ("args", "text"),
    [
        (("",), "must hold at least one word, got ''"),
        (("...",), "must hold at least one word"),
        (("walk", "--model", "nowhere"), "make a model: scsc motion train --out nowhere"),
        (("walk", "--model", "file"), "is a file"),
        (("walk", "--model", "."), "holds no trained model"),
        (("walk", "--model", "MADE", "--seed", -1), "seed must be >= 0"),
        (("walk", "--model", "MADE", "--seconds", 2), "0.2 to 1.6 s"),
        (("walk", "--model", "MADE", "--seconds", 0.1), "0.2 to 1.6 s"),
        (("walk", "--model", "MADE", "--seconds", -1), "seconds must be positive"),
        (("walk", "--model", "MADE", "--seconds", "inf"), "seconds must be positive"),
        (("walk", "--model", "MADE", "--out", "a.avi"), "--out must end in .gif"),
        (("walk", "--model", "MADE", "--out", "d.gif"), "is a folder"),
        (("walk", "--model", "MADE", "--guidance", "nan"), "guidance must be"),
        (("walk",), "scsc motion train --preset smoke"),
    ],
)
def test_prompt_wrong_use(tiny, capsys, made, args, text):
    (tiny / "file").touch()
    (tiny / "d.gif").mkdir()
    refused(capsys, text, "prompt", *(made if arg == "MADE" else arg for arg in args))
    assert sorted(path.name for path in tiny.iterdir()) == ["d.gif", "file"]


@pytest.mark.parametrize("caption", [r"walks [/bold] $\frac{ now", "人が歩く", "and turns " * 300])
def test_odd_captions_are_drawn(tiny, capsys, made, caption):
    """Brackets are no markup, dollars no formula, other scripts no warning, and a long title leaves room."""
    code, text, error = call(capsys, "prompt", caption, "--model", made, "--out", "a.gif")
    assert code == 0 and not error and len(text) < 1000, error
    (tiny / "said.txt").write_text(caption, encoding="utf-8")
    assert call(capsys, "sample", made, "--captions", "said.txt", "--out", "s")[0] == 0


def test_films_without_their_library(tiny, capsys, made, monkeypatch):
    monkeypatch.setitem(sys.modules, "imageio", None)
    refused(capsys, "imageio-ffmpeg", "prompt", "walk", "--model", made, "--out", "a.mp4")
