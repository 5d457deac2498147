"""`scsc motion train`, `sample`, `prompt`, `evaluate`: wrong use by table, resuming, determinism, shapes of JSON."""

import json
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image
from support import deterministic, is_refused
from text_encoder import SmallEncoder

from motion.data.procedural import generate
from motion.experiment import presets
from motion.text import encoders
from scsc.main import main
from scsc.training_log import LOG

TINY = presets.Preset(
    frames=32, n=6, reference=16, evaluation=12, generations=1, first_steps=30, steps=3, width=16, layers=1, heads=2,
    batch_size=4, sampler_steps=3, kinds=presets.FEW_KINDS,
)  # fmt: skip
MODEL = "shared/seed-0000/gen-0000/model"


def call(capsys, *args):
    code = main(["motion", *map(str, args)])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def refused(capsys, text, *args):
    is_refused(call(capsys, *args), text)


@pytest.fixture
def tiny(monkeypatch, tmp_path):
    monkeypatch.setitem(presets.PRESETS, "smoke", TINY)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The folder of a tiny model, trained once; never written to."""
    out = tmp_path_factory.mktemp("made") / "model"
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(presets.PRESETS, "smoke", TINY)
        assert main(["motion", "train", "--out", str(out)]) == 0
    return out


def own(files):
    """Without what may differ between runs: costs, and the log of loss and speed."""
    return {name: content for name, content in files.items() if not name.endswith(LOG)}


# ---- train


@pytest.mark.parametrize(
    ("args", "text"),
    [
        (("--preset", "huge"), "preset must be one of smoke, laptop, paper, got 'huge'"),
        (("--n", 1), "n must be >= 2"),
        (("--steps", 0), "--steps must be >= 1"),
        (("--seed", -1), "seed must be >= 0"),
        (("--set", "depth=3"), "--set knows no 'depth', got 'depth=3'"),
        (("--set", "width"), "--set takes NAME=VALUE"),
        (("--set", "width=8", "width=16"), "twice"),
        (("--set", "width=wide"), "--set width must be a whole number, got 'wide'"),
        (("--set", "performed=1"), "--set performed must be true or false, got '1'"),
        (("--set", "width=17"), "width must be a multiple of 2 * heads"),
        (("--set", "batch_size=0"), "batch_size must be >= 1"),
        (("--set", "learning_rate=nan"), "learning_rate must be positive"),
        (("--set", "first_steps=3"), "--set does not take first_steps, got 'first_steps=3'; use --steps"),
        (("--set", "kinds=fly"), "kinds must be some of"),
        (("--data", "nowhere"), "nowhere"),
        (("--data", "."), "no motion pack"),
        (("--out", "file"), "is a file"),
        (("--json", "."), "is a folder"),
    ],
)
def test_train_wrong_use(tiny, capsys, args, text):
    (tiny / "file").write_text("x")
    refused(capsys, text, "train", *args)
    left = [path for path in tiny.rglob("*") if path.is_file() and path.name not in ("file", ".lock")]
    assert not left, "wrong use leaves nothing behind"


def test_train_is_generation_zero_of_the_experiment(tiny, capsys, made):
    """The same files, byte for byte; and the experiment goes on from a trained model in its folder."""
    args = ("--workers", 1, "--arms", "real", "--generations", 0)
    assert call(capsys, "run", *args, "--out", "run")[0] == 0
    for part in ("shared/seed-0000/gen-0000", "data"):
        assert deterministic(tiny / "run" / part) == deterministic(made / part)
    shutil.copytree(made, "on")
    before = own(deterministic(tiny / "on"))
    assert call(capsys, "run", *args, "--generations", 1, "--out", "on")[0] == 2, "flags are given once"
    assert call(capsys, "run", *args[:-1], 1, "--out", "on")[0] == 0
    after = deterministic(tiny / "on")
    assert {name: after[name] for name in before} == before
    assert (tiny / "on/real/seed-0000/gen-0001/model").is_dir()


def test_train_json_and_finished(tiny, capsys, made):
    shutil.copytree(made, "again")
    before = deterministic(tiny / "again")
    code, text, error = call(capsys, "train", "--out", "again", "--json", "a.json")
    assert code == 0 and "finished before, nothing to train" in text, error
    assert deterministic(tiny / "again") == before
    told = json.loads((tiny / "a.json").read_text())
    assert (told["n"], told["steps"], told["source"], told["longest_seconds"]) == (6, 30, "procedural", 1.6)
    assert told["loss"] == told["measures"]["loss"] > 0 and told["parameters"] > 1000
    assert set(told["floor"]) <= set(told["measures"])
    log = json.loads((tiny / "again/shared/seed-0000" / LOG).read_text())
    assert [step for step, _ in log["loss"]] == [10, 20, 30]
    assert log["loss"][-1][1] == told["loss"], "the listener hears the same loss as the model keeps"
    refused(capsys, "belongs to another config", "train", "--out", "again", "--steps", 31)
    refused(capsys, "holds another data set", "train", "--out", "again", "--n", 5)


SCRIPT = """
import sys
from motion.experiment import presets
from dataclasses import replace
presets.PRESETS["smoke"] = presets.Preset(
    frames=32, n=6, reference=16, evaluation=12, generations=1, first_steps=430, steps=3, width=16, layers=1, heads=2,
    batch_size=4, sampler_steps=3, kinds=presets.FEW_KINDS)
from scsc.main import main
sys.exit(main(["motion", "train", "--out", sys.argv[1]]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGKILL])
def test_killed_and_continued_is_uninterrupted(tmp_path, sign):
    """Ctrl-C keeps every step, also those after the last regular checkpoint; -9 those before it."""

    def start(out):
        line = [sys.executable, "-c", SCRIPT, str(out)]
        return subprocess.Popen(line, stderr=subprocess.PIPE, stdout=subprocess.PIPE)

    whole = start(tmp_path / "whole")
    whole.communicate(timeout=300)
    assert whole.returncode == 0
    killed = start(tmp_path / "killed")
    log = tmp_path / "killed/shared/seed-0000" / LOG
    deadline = time.monotonic() + 120
    while not log.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert log.exists() and killed.poll() is None
    killed.send_signal(sign)
    _, told = killed.communicate(timeout=60)
    assert killed.returncode == (130 if sign == signal.SIGINT else -9), told
    assert not (tmp_path / "killed" / MODEL).exists(), "stopped in the middle"
    reached = json.loads(log.read_text())["loss"][-1][0]
    again = start(tmp_path / "killed")
    again.communicate(timeout=300)
    assert again.returncode == 0
    one, two = (own(deterministic(tmp_path / name)) for name in ("whole", "killed"))
    assert one == two
    steps = [step for step, _ in json.loads(log.read_text())["loss"]]
    assert steps == list(range(10, 431, 10)), "no step was logged twice or lost"
    legs = json.loads(log.read_text())["legs"]
    assert len(legs) == 2
    if sign == signal.SIGINT:
        assert legs[1]["steps"] == 430 - reached - 10, "the second leg begins where the first ended"


# ---- sample


def test_sample_shapes_index_and_growth(tiny, capsys, made):
    code, text, error = call(capsys, "sample", made, "--count", 3, "--out", "three", "--gif", 1, "--json", "i.json")
    assert code == 0 and "3 drawn" in text, error
    index = json.loads((tiny / "three/index.json").read_text())
    assert index == json.loads((tiny / "i.json").read_text())
    assert index["seed"] == 0 and len(index["model"]) == 64 and index["sampler"]["steps"] == 3
    for one in index["motions"]:
        joints = np.load(tiny / "three" / one["file"])
        assert joints.shape == (33, 22, 3) and joints.dtype == np.float32 and one["frames"] == 33
        assert (tiny / "three" / one["file"]).with_suffix(".txt").read_text() == one["caption"] + "\n"
    with Image.open(tiny / "three/00000.gif") as picture:
        assert picture.n_frames == 33
    assert "nothing to do" in call(capsys, "sample", made, "--count", 3, "--out", "three")[1]
    assert call(capsys, "sample", made, "--count", 70, "--out", "three")[0] == 0
    assert call(capsys, "sample", made, "--count", 70, "--out", "seventy")[0] == 0
    grown, whole = deterministic(tiny / "three"), deterministic(tiny / "seventy")
    grown.pop("00000.gif")
    assert grown == whole, "more motions are added; the first ones stay"


def test_sample_resumes_to_the_same_bits(tiny, capsys, made):
    args = ("sample", made, "--count", 70, "--out")
    assert call(capsys, *args, "whole")[0] == 0
    whole = deterministic(tiny / "whole")
    shutil.copytree("whole", "torn")
    for name in ("00003.npy", "00065.npy", "00066.txt"):
        (tiny / "torn" / name).unlink()
    (tiny / "torn/00003.npy.partial").write_bytes(b"x")
    assert "3 drawn" in call(capsys, *args, "torn")[1]
    torn = deterministic(tiny / "torn")
    torn.pop("00003.npy.partial", None)
    assert torn == whole
    assert call(capsys, *args, "other", "--seed", 1)[0] == 0
    assert (tiny / "other/00000.npy").read_bytes() != whole["00000.npy"], "the seed counts"


def test_sample_formats_are_one_motion(tiny, capsys, made):
    """The same caption, seed and length; a motion of bodies that stretch cannot be a BVH exactly."""
    from motion.experiment.samples import read_clip

    (tiny / "said.txt").write_text("a person walks\n\na person kicks with the left leg\n", encoding="utf-8")
    for kind in ("joints", "features", "bvh"):
        args = ("--captions", "said.txt", "--seconds", 1.0, 1.5, "--format", kind, "--out", kind)
        assert call(capsys, "sample", made, *args)[0] == 0
    assert np.load("features/00000.npy").shape == (20, 263)
    for i, frames in enumerate((21, 31)):
        joints = np.load(f"joints/{i:05d}.npy")
        assert joints.shape == (frames, 22, 3)
        np.testing.assert_allclose(read_clip(tiny / f"features/{i:05d}.npy", frames), joints, atol=1e-5)
        root = read_clip(tiny / f"bvh/{i:05d}.bvh", frames)[:, 0]
        np.testing.assert_allclose(root, joints[:, 0], atol=1e-4)


@pytest.mark.parametrize(
    ("args", "text"),
    [
        ((), "name either --count N"),
        (("--count", 2, "--captions", "said.txt"), "one of the two"),
        (("--count", 0), "count must be 1 to 100,000"),
        (("--count", 10**9), "count must be 1 to 100,000"),
        (("--count", 2, "--seed", -3), "seed must be >= 0"),
        (("--count", 2, "--seconds", 99), "0.2 to 1.6 s"),
        (("--count", 2, "--seconds", 0), "seconds must be positive"),
        (("--count", 2, "--seconds", "nan"), "seconds must be positive"),
        (("--count", 2, "--seconds", 1, 1, 1), "one for all or one for each of 2"),
        (("--count", 2, "--lengths", 34), "5 to 33 frames"),
        (("--count", 2, "--lengths", 20, "--seconds", 1), "got both"),
        (("--count", 2, "--guidance", -1), "guidance must be"),
        (("--count", 2, "--steps", 0), "steps must be 2 to 1000"),
        (("--count", 2, "--gif", -1), "--gif must be >= 0"),
        (("--captions", "nowhere.txt"), "nowhere.txt"),
        (("--captions", "empty.txt"), "holds no caption"),
        (("--captions", "odd.txt"), "caption 2 must hold at least one word, got '...'"),
        (("--captions", "bytes.txt"), "expected UTF-8"),
        (("--count", 2, "--out", "full"), "holds other files (thesis.txt)"),
        (("--count", 2, "--out", "said.txt"), "is a file"),
    ],
)
def test_sample_wrong_use(tiny, capsys, made, args, text):
    (tiny / "said.txt").write_text("a person walks\n")
    (tiny / "empty.txt").write_text("\n \n")
    (tiny / "odd.txt").write_text("a person walks\n...\n")
    (tiny / "bytes.txt").write_bytes(b"\xff\xfe\xfa\n")
    (tiny / "full").mkdir()
    (tiny / "full/thesis.txt").touch()
    out = () if "--out" in args else ("--out", "out")
    refused(capsys, text, "sample", made, *args, *out)
    assert not (tiny / "out").exists()


def test_other_samples_in_the_folder_are_refused(tiny, capsys, made):
    assert call(capsys, "sample", made, "--count", 3, "--out", "s")[0] == 0
    refused(capsys, "seed: started with 0, now 1", "sample", made, "--count", 3, "--out", "s", "--seed", 1)
    refused(capsys, "motions: 3 are there, 2 asked for", "sample", made, "--count", 2, "--out", "s")
    refused(capsys, "frames: started with 33, now 21", "sample", made, "--count", 3, "--out", "s", "--seconds", 1)


def test_drawn_bvh_is_a_pack(tiny, capsys, made):
    assert call(capsys, "sample", made, "--count", 4, "--format", "bvh", "--out", "s")[0] == 0
    code, _, error = call(capsys, "data", "prepare", "s", "--out", "prepared", "--workers", 1)
    assert code == 0, error


# ---- models that are none


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


# ---- prompt


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


# ---- evaluate


def rows(path):
    return {(row["group"], row["name"]): row for row in json.loads(path.read_text())["rows"]}


def test_evaluate_json_and_determinism(tiny, capsys, made):
    args = ("evaluate", made, "--n", 24, "--no-learned")
    for name in ("a.json", "b.json"):
        code, text, error = call(capsys, *args, "--json", name)
        assert code == 0 and "n = 24 < 2 d = 278" in text, error
    assert (tiny / "a.json").read_bytes() == (tiny / "b.json").read_bytes()
    told = json.loads((tiny / "a.json").read_text())
    assert (told["kind"], told["n"], told["real"]["motions"], told["real"]["training"]) == ("model", 24, 48, 6)
    found = rows(tiny / "a.json")
    for row in found.values():
        assert {"value", "low", "high", "floor", "floor_low", "floor_high", "n", "d", "note", "unit"} <= set(row)
    assert found["captions", "action_by_rules"]["floor"] == 1 and found["captions", "action_by_rules"]["n"] == [24]
    fid, endless = found["kinematic", "fid"], found["kinematic", "fid_infinity"]
    assert fid["low"] > fid["floor_high"], "30 steps: no motion yet"
    assert endless["value"] == "nan" and "not measured" in endless["note"]


def test_evaluate_two_samples(tiny, capsys, made):
    """Too few for nearly everything: rows that say so."""
    code, text, error = call(capsys, "evaluate", made, "--n", 2, "--no-learned", "--json", "a.json")
    assert code == 0 and "not measured" in text, error
    assert rows(tiny / "a.json")["kinematic", "kid"]["note"].startswith("not measured")


def test_evaluate_files_as_their_model(tiny, capsys, made):
    """Motions in a folder are judged as motions; real ones pass where the untrained model's do not."""
    pack = tiny / "real"
    pack.mkdir()
    for i, clip in enumerate(generate(40, frames=33, seed=5, kinds=presets.FEW_KINDS)):
        np.save(pack / f"m{i:02d}.npy", clip.joints)
        (pack / f"m{i:02d}.txt").write_text(clip.captions[0] + "\n")
    assert call(capsys, "sample", made, "--count", 40, "--out", "drawn")[0] == 0
    for name in ("real", "drawn"):
        code, _, error = call(capsys, "evaluate", name, "--data", made, "--no-learned", "--json", f"{name}.json")
        assert code == 0, error
    real, drawn = rows(tiny / "real.json"), rows(tiny / "drawn.json")
    assert real["kinematic", "kid"]["low"] < 0 < real["kinematic", "kid"]["high"] < drawn["kinematic", "kid"]["low"]
    bones = [found["plausibility", "bone_variation"] for found in (real, drawn)]
    assert bones[0]["high"] < 0.01 < 0.05 < bones[1]["low"], "bones of real motions are rigid [%]"
    assert ("kinematic", "c_t") in drawn and ("kinematic", "c_t") not in real, "only of its own model copies are sought"
    code, text, error = call(capsys, "evaluate", "drawn", "--data", "real", "--json", "p.json")
    assert code == 0 and "no learned evaluator" in text, error
    assert json.loads((tiny / "p.json").read_text())["real"]["source"] == "real"


def test_replications_average(tiny, capsys, made):
    for count in (1, 3):
        args = ("--n", 24, "--replications", count, "--no-learned", "--json", f"{count}.json")
        assert call(capsys, "evaluate", made, *args)[0] == 0
    one, three = (rows(tiny / f"{count}.json")["kinematic", "fid"] for count in (1, 3))
    assert one["value"] != three["value"] and one["floor"] == three["floor"]
    assert three["low"] < three["value"] < three["high"]


@pytest.mark.slow
def test_learned_evaluator_is_trained_once(tiny, capsys, made):
    shutil.copytree(made, "m")
    assert call(capsys, "evaluate", "m", "--n", 40, "--json", "a.json")[0] == 0
    before = deterministic(tiny / "m")
    assert call(capsys, "evaluate", "m", "--n", 40, "--json", "b.json")[0] == 0
    assert deterministic(tiny / "m") == before and (tiny / "a.json").read_bytes() == (tiny / "b.json").read_bytes()
    found = rows(tiny / "a.json")
    assert found["learned", "r_precision_1"]["floor_low"] > 0.2, "the evaluator knows real motions (chance 0.03)"
    assert found["learned", "r_precision_1"]["high"] < found["learned", "r_precision_1"]["floor_low"]


@pytest.mark.parametrize(
    ("args", "text"),
    [
        (("nowhere",), "no folder nowhere"),
        (("empty",), "holds no trained model"),
        (("MADE", "--n", 1), "--n must be 2 to 100,000"),
        (("MADE", "--replications", 0), "--replications must be 1 to"),
        (("MADE", "--seed", -1), "seed must be >= 0"),
        (("MADE", "--data", "nowhere"), "nowhere"),
        (("MADE", "--data", "empty"), "no motion pack"),
        (("MADE", "--json", "."), "is a folder"),
        (("pack",), "needs --data"),
        (("pack", "--data", "MADE", "--n", 5), "holds 2 motions, got --n 5"),
        (("pack", "--data", "MADE", "--replications", 2), "are for a model"),
        (("foreign", "--data", "MADE"), "no index of drawn motions"),
        (("torn", "--data", "MADE"), "has 20 frames, its index says 33"),
    ],
)
def test_evaluate_wrong_use(tiny, capsys, made, args, text):
    for name in ("empty", "pack", "foreign", "torn"):
        (tiny / name).mkdir()
    for i, clip in enumerate(generate(2, frames=33, seed=5)):
        np.save(tiny / f"pack/m{i}.npy", clip.joints)
        (tiny / f"pack/m{i}.txt").write_text("a person walks\n")
    (tiny / "foreign/index.json").write_text('{"kind": "book"}')
    entry = {"file": "00000.npy", "caption": "walk", "action": "", "frames": 33}
    head = {"kind": "motion-samples", "format": 1, "motions": [entry]}
    (tiny / "torn/index.json").write_text(json.dumps(head))
    np.save(tiny / "torn/00000.npy", np.load(tiny / "pack/m0.npy")[:20])
    refused(capsys, text, "evaluate", *(made if arg == "MADE" else arg for arg in args))
