"""`scsc motion run --preset paper`: its configuration, one generation of it on a small folder, what it refuses."""

import json
import os

import numpy as np
import pytest
from support import is_refused

from loop import read_records
from loop.records import locked
from motion.data.procedural import KINDS, Drawing
from motion.experiment.paper import PAPER, SWITCHES
from scsc.commands.motion_run import MotionRun
from scsc.main import main

SMALL = (
    "n=18", "reference=10", "evaluation=8", "first_steps=5", "steps=3", "batch_size=8", "width=16", "layers=2",
    "heads=2", "sampler_steps=6",
)  # fmt: skip
"""The paper's preset, everything but the sizes."""


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def folder(tmp_path):
    """A folder laid out as HumanML3D: joints, captions, lists; 60 of our own motions, of 40 to 199 frames, and two more
    that are too short and too long."""
    root = tmp_path / "HumanML3D"
    for name in ("new_joints", "texts"):
        (root / name).mkdir(parents=True)
    frames = [39, 200, *np.random.default_rng(0).integers(40, 200, 60)]
    lists = {"train": range(32), "test": range(32, 58), "val": range(58, 62)}
    for i, many in enumerate(frames):
        clip = Drawing(int(many), 5, KINDS).clip(i)
        np.save(root / f"new_joints/{i:06d}.npy", clip.joints)
        lines = "".join(f"{caption}#a/DET#0.0#0.0\n" for caption in clip.captions)
        (root / f"texts/{i:06d}.txt").write_text(lines)
    for name, members in lists.items():
        (root / f"{name}.txt").write_text("".join(f"{i:06d}\n" for i in members))
    return root


def call(capsys, *args):
    code = main(["motion", "run", "--workers", "1", *map(str, args)])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def refused(capsys, text, *args):
    is_refused(call(capsys, *args), text)


def paper(data, out, *more):
    names = [one.partition("=")[0] for one in more]
    kept = [one for one in SMALL if one.partition("=")[0] not in names]
    return ("--preset", "paper", "--text", "words", "--data", data, "--out", out, "--set", *kept, *more)


def test_dry_run_prints_the_whole_configuration(capsys, tmp_path):
    sizes = ("width=16", "layers=1", "heads=2", "batch_size=8", "sampler_steps=6", "evaluation=8", "reference=8")
    code, out, error = call(capsys, "--preset", "paper", "--dry-run", "--json", tmp_path / "dry.json", "--set", *sizes)
    assert code == 0, error
    assert all(f" {one.field} " in out for one in SWITCHES) and "nothing was run" in out
    told = json.loads((tmp_path / "dry.json").read_text())
    found = told["configuration"]
    for name in ("frames", "min_frames", "guidance", "noise", "beta2", "ema", "captions", "batches", "seeds"):
        wanted = [42] if name == "seeds" else getattr(PAPER, name)
        assert found[name] == wanted, name
    assert found["generations"] == 50 and len(found["arms"]) == 9 and found["schedule"] == "augment"
    assert [arm["synthetic"] for arm in told["arms"]] == [0, 16, 16, 32, 32, 48, 48, 65, 65]
    assert list(tmp_path.iterdir()) == [tmp_path / "dry.json"]


def test_other_presets_take_settings_too(capsys, tmp_path):
    command = MotionRun(set=("steps=7", "guidance=1.5", "schedule=augment", "gamma=2", "generations=5", "noise=same"))
    found = command.experiment()
    assert (found.preset.steps, found.preset.guidance, found.steps) == (7, 1.5, 5)
    assert (found.loop.schedule, found.loop.gamma, found.preset.noise) == ("augment", 2.0, "same")
    assert MotionRun().experiment() == MotionRun(solver="dpm++2m", start="finetune", schedule="replace").experiment()
    refused(capsys, "--set knows no 'stepz', got 'stepz=3'; did you mean steps?", "--set", "stepz=3")
    refused(capsys, "--set steps must be a whole number, got 'many'", "--set", "steps=many")
    refused(capsys, "--set steps is given twice", "--set", "steps=1", "--set", "steps=2")
    refused(capsys, "solver is given twice, by its own flag and by --set", "--solver", "adams", "--set", "solver=ddpm")
    refused(capsys, "schedule is given twice", "--schedule", "augment", "--set", "schedule=replace")
    refused(capsys, "n is given twice", "--n", "8", "--set", "n=9")
    refused(capsys, "ema must be in [0, 1), got 1.0", "--set", "ema=1")
    refused(capsys, "noise must be new or same, got 'other'", "--set", "noise=other")
    refused(capsys, "longest needs min_frames", "--set", "longest=99")
    refused(capsys, "min_frames must be 8 to 41", "--set", "min_frames=50")
    refused(capsys, "alike_layers and dropout are for architecture 'mdm'", "--set", "alike_layers=true")
    assert not (tmp_path / "runs").exists()


def test_what_it_needs_is_told_before_anything_is_made(capsys, folder, tmp_path):
    refused(capsys, "name it with --text-weights", "--preset", "paper", "--data", folder)
    refused(capsys, "one of the paper's, 64, 128, 256, 2794, got 100", "--preset", "paper", "--n", "100")
    words = ("--preset", "paper", "--text", "words")
    refused(capsys, "name HumanML3D's folder with --data, or draw the sets: --set splits=drawn", *words)
    refused(capsys, "the lists give 30 training and 26 test motions", *words, "--data", folder)
    for name in ("train", "test", "val"):
        (folder / f"{name}.txt").unlink()
    refused(capsys, "needs a pack with lists of its own", *paper(folder, tmp_path / "run"))
    assert not list(tmp_path.glob("**/gen-*"))


def test_arms_that_the_data_cannot_feed_are_refused_before_training(capsys, folder, tmp_path):
    out = tmp_path / "run"
    more = ("--arms", "ideal-1", "--generations", "1")
    refused(capsys, "the arm 'ideal' needs as many further real motions", *paper(folder, out, "reference=20"), *more)
    args = paper(folder, tmp_path / "two", "schedule=fresh")
    refused(capsys, "the schedule 'fresh' needs new real motions each generation", *args, "--arms", "synthetic")
    assert not list(tmp_path.glob("**/gen-*"))


def test_another_data_set_in_the_folder_and_a_second_driver_are_refused(capsys, folder, tmp_path):
    out = tmp_path / "run"
    more = ("--arms", "real", "--generations", "0")
    assert call(capsys, *paper(folder, out), *more)[0] == 0
    np.save(folder / "new_joints/000005.npy", np.load(folder / "new_joints/000006.npy"))
    refused(capsys, "holds another data set (source_fingerprint", *paper(folder, out), *more)
    refused(capsys, "choose a new --out or the old values", *paper(folder, out, "splits=drawn"), *more)
    with locked(out):
        refused(capsys, str(os.getpid()), *paper(folder, out), *more)


@pytest.mark.slow
def test_one_generation_with_everything_real_but_the_sizes(capsys, folder, tmp_path):
    """Lengths, lists, all captions, epochs, crops, the published denoiser, its sampler; it can be resumed."""
    out = tmp_path / "run"
    args = (*paper(folder, out), "--arms", "real", "synthetic-0.75", "corrected-1", "--generations", "1")
    code, text, error = call(capsys, *args)
    assert code == 0, error
    info = json.loads((out / "data/data.json").read_text())
    assert (info["too_short"], info["too_long"], info["clips"]) == (1, 1, 62)
    lengths = np.load(out / "data/train/motions.npz")["lengths"]
    assert lengths.min() >= 39 and lengths.max() <= 196 and len(set(lengths.tolist())) > 8
    assert len(json.loads((out / "data/captions.json").read_text())) >= 18 + 10
    for arm, synthetic in (("real", 0), ("synthetic-0.75", 13), ("corrected-1", 18)):  # int(.75 * 18) = 13
        record = read_records(out / arm / "seed-0042")[1]
        assert record["training"] == {"real": 18, "synthetic": synthetic} and record["seed"] == 42
        assert all(np.isfinite(value) for value in record["measures"].values())
    again = MotionRun.of_folder(out)
    assert again.experiment().preset == MotionRun(preset="paper", text="words", set=SMALL).experiment().preset
    before = {path: path.read_bytes() for path in out.glob("**/record.json")}
    assert again.run() == 0 and before == {path: path.read_bytes() for path in out.glob("**/record.json")}
