"""`scsc motion run` on wrong input and on real packs: one-line errors, status 2, bad clips counted."""

import gzip
import json
import shutil

import numpy as np
import pytest
from support import is_refused

from motion.data.procedural import generate
from motion.experiment import presets
from scsc.main import main

TINY = presets.Preset(
    frames=32, n=6, reference=16, evaluation=12, generations=1, first_steps=6, steps=3, width=16, layers=1, heads=2,
    batch_size=4, sampler_steps=3,
)  # fmt: skip


@pytest.fixture
def tiny(monkeypatch, tmp_path):
    monkeypatch.setitem(presets.PRESETS, "smoke", TINY)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(capsys, *args):
    code = main(["motion", "run", "--workers", "1", *map(str, args)])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def npy_pack(folder, count=24):
    folder.mkdir()
    for i, clip in enumerate(generate(count, frames=40, seed=1)):
        np.save(folder / f"m{i:02d}.npy", clip.joints)
        (folder / f"m{i:02d}.txt").write_text(clip.captions[0] + "\n")
    return folder


def refused(capsys, text, *args):
    is_refused(call(capsys, *args), text)


def test_wrong_words(tiny, capsys):
    refused(capsys, "preset must be one of smoke, laptop, laptop-long, verdict, paper, got 'huge'", "--preset", "huge")
    refused(capsys, "arms must be among", "--arms", "magic")
    refused(capsys, "schedule must be one of", "--schedule", "magic")
    refused(capsys, "lam must be", "--lam", "-1")
    refused(capsys, "gamma must be >= 0", "--gamma", "nan")
    refused(capsys, "seed must be >= 0", "--seeds", "-1")
    refused(capsys, "generations must be >= 0", "--generations", "-2")
    refused(capsys, "n must be >= 2", "--n", "1")
    refused(capsys, "nowhere", "--data", tiny / "nowhere")
    (tiny / "empty").mkdir()
    refused(capsys, "empty", "--data", tiny / "empty")
    (tiny / "file").write_text("x")
    refused(capsys, "file", "--data", tiny / "file")
    assert not (tiny / "runs").exists(), "wrong use leaves nothing behind"


@pytest.mark.parametrize("fault", ["nan", "shape", "no-caption", "empty-caption", "truncated", "pickle"])
def test_bad_clip_among_good_ones(tiny, capsys, fault):
    pack = npy_pack(tiny / "pack")
    target = pack / "m07.npy"
    joints = np.load(target)
    if fault == "nan":
        joints[3, 4, 1] = np.nan
        np.save(target, joints)
    elif fault == "shape":
        np.save(target, joints[:, :21])
    elif fault == "no-caption":
        (pack / "m07.txt").unlink()
    elif fault == "empty-caption":
        (pack / "m07.txt").write_text("\n\n")
    elif fault == "truncated":
        target.write_bytes(target.read_bytes()[:200])
    else:
        np.save(target, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    args = ("--data", pack, "--out", tiny / "run", "--arms", "real")
    refused(capsys, "m07", *args)
    assert not (tiny / "run" / "data").exists()
    code, out, error = call(capsys, *args, "--skip-bad", "--json", tiny / "out.json")
    assert code == 0, error
    assert "1 motions were left out: m07" in out
    info = json.loads((tiny / "run/experiment.json").read_text())["identity"]["data"]
    assert info["skipped"] == 1 and info["clips"] == 23
    assert json.loads((tiny / "out.json").read_text())["rows"][-1]["generation"] == 1


def test_source_that_changed_is_refused(tiny, capsys):
    """A pack whose files changed after the data set was prepared is another experiment."""
    pack = npy_pack(tiny / "pack")
    args = ("--data", pack, "--out", tiny / "run", "--arms", "real", "--generations", "0")
    assert call(capsys, *args)[0] == 0
    np.save(pack / "m03.npy", np.load(pack / "m03.npy") + np.float32(0.01))
    refused(capsys, "source_fingerprint", *args)


def test_truncated_bvh_in_a_real_pack(tiny, capsys, shared_data):
    """A cut CMU file stops the run with one line; with --skip-bad it is left out and counted."""
    pack = tiny / "cmu"
    (pack / "bvh").mkdir(parents=True)
    table = (shared_data / "cmu/trials.csv").read_text().splitlines()
    rows = [line for line in table[1:] if ",walk," in line][:24]
    (pack / "trials.csv").write_text("\n".join([table[0], *rows]) + "\n")
    names = [line.split(",")[0] for line in rows]
    for name in names:
        shutil.copy(shared_data / f"cmu/bvh/{name}.bvh.gz", pack / "bvh")
    victim = pack / f"bvh/{names[2]}.bvh.gz"
    victim.write_bytes(gzip.compress(gzip.decompress(victim.read_bytes())[:-3000]))
    args = ("--data", pack, "--out", tiny / "run", "--arms", "real")
    refused(capsys, names[2], *args)
    code, out, error = call(capsys, *args, "--skip-bad")
    assert code == 0, error
    assert "left out" in out and names[2] in out


@pytest.mark.slow
@pytest.mark.parametrize("pack", ["cmu", "bandai"])
def test_real_packs(tiny, capsys, shared_data, pack):
    code, out, error = call(capsys, "--data", shared_data / pack, "--out", tiny / pack, "--json", tiny / "out.json")
    assert code == 0, error
    rows = json.loads((tiny / "out.json").read_text())["rows"]
    assert {row["arm"] for row in rows} == {"real", "synthetic", "corrected", "ideal"}
    info = json.loads((tiny / pack / "experiment.json").read_text())["identity"]["data"]
    assert info["source"] == pack and len(info["source_fingerprint"]) == 64
