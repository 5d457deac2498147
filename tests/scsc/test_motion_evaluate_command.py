"""`scsc motion evaluate`: its JSON, determinism, replications; wrong use by table."""

import json
import shutil

import numpy as np
import pytest
from support import deterministic
from tiny_model import call, refused

from motion.data.procedural import generate
from motion.experiment import presets


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
