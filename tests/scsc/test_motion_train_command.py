"""`scsc motion train`: generation 0 of the experiment, resumed; wrong use by table."""

import json
import shutil
import signal
import subprocess
import sys
import time

import pytest
from support import deterministic, hear_interrupts
from tiny_model import MODEL, call, own, refused

from scsc.training_log import LOG


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
        return subprocess.Popen(line, stderr=subprocess.PIPE, stdout=subprocess.PIPE, preexec_fn=hear_interrupts)

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
