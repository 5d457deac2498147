"""`scsc motion status` and `resume`: told from the folder alone; the resumed run is the one that was not stopped."""

import json
import math
import os
import socket
import subprocess
import sys

import pytest
from support import deterministic

from loop.records import holder, locked
from loop.status import RunStatus, seconds_left, status_of
from motion.experiment import presets
from scsc.main import main

TINY = presets.Preset(
    frames=32, n=6, reference=16, evaluation=12, generations=2, first_steps=6, steps=3, width=16, layers=1, heads=2,
    batch_size=4, sampler_steps=3,
)  # fmt: skip
ARMS = ("real", "synthetic-0.5", "reground-g1")


@pytest.fixture
def tiny(monkeypatch, tmp_path):
    monkeypatch.setitem(presets.PRESETS, "smoke", TINY)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words):
    return main(["motion", *map(str, words)])


def test_resuming_is_going_on(tiny, capsys):
    begin = ("run", "--workers", 1, "--arms", *ARMS, "--seeds", 0, 1)
    assert run(*begin, "--out", "whole") == 0
    assert run(*begin, "--out", "part", "--generations", 1) == 0
    assert run("status", "part", "--json", "s.json") == 0
    assert "8 of 8 runs are done" in capsys.readouterr().out
    assert run("resume", "part", "--workers", 1, "--generations", 2) == 0
    part, whole = (deterministic(tiny / name) for name in ("part", "whole"))
    told = [json.loads(files.pop("experiment.json")) for files in (part, whole)]
    assert part == whole
    assert [about["request"].pop("generations") for about in told] == [2, None], "how it was begun is kept"
    assert all(about.pop("command") for about in told) and told[0] == told[1]
    assert json.loads((tiny / "part/experiment.json").read_text())["generations"] == 2


def test_status_of_a_part(tiny, capsys):
    assert run("run", "--workers", 1, "--arms", "real", "--out", "x") == 0
    about = json.loads((tiny / "x/experiment.json").read_text())
    about |= {"arms": {"real": {}, "ideal": {}}, "seeds": [0, 3], "generations": 5}
    (tiny / "x/experiment.json").write_text(json.dumps(about))
    capsys.readouterr()
    assert run("status", "x") == 0
    told = capsys.readouterr().out
    assert "2/5" in told and "-/5" in told and "1 of 6 runs are done; nobody runs it" in told
    assert "scsc motion resume x" in told
    found = {(one.arm, one.seed): one for one in status_of(tiny / "x")}
    assert found["real", 0].finished == 3 and found["real", 0].state == "stopped"
    assert found["shared", 0].state == "done" and found["ideal", 3].finished == 0
    assert found["ideal", 3].state == "waiting"
    with locked(tiny / "x/real/seed-0000"):
        (tiny / "x/real/seed-0000/work/gen-0003").mkdir(parents=True)
        one = next(one for one in status_of(tiny / "x") if (one.arm, one.seed) == ("real", 0))
        assert one.state == "running" and one.stage == "fit or measure"
    after = next(one for one in status_of(tiny / "x") if (one.arm, one.seed) == ("real", 0))
    assert after.state == "stopped", "what a dead process left behind does not run"


def test_time_left():
    def of(arm, finished, seconds, planned=10):
        return RunStatus(arm, 0, finished, planned, "waiting", "", seconds)

    whole = [RunStatus("shared", 0, 1, 0, "done", "", 50.0)]
    assert seconds_left([*whole, of("a", 11, 3.0)], 2) == 0
    assert seconds_left([*whole, of("a", 5, 3.0)], 2) == 18, "one run is one chain"
    assert seconds_left([*whole, of("a", 1, 3.0), of("b", 1, 1.0), of("c", 1, 5.0)], 1) == 90
    assert seconds_left([*whole, of("a", 1, 3.0), of("b", 0, math.nan)], 1) == 60, "at the pace of the others"
    assert math.isnan(seconds_left([*whole, of("a", 1, math.nan)], 1))


def test_who_asks_is_no_holder(tmp_path):
    """Two who ask at once do not see each other; a name that a dead process left is nobody's."""
    import fcntl

    with locked(tmp_path):
        assert holder(tmp_path) == f"process {os.getpid()} on {socket.gethostname()}"
        dead = subprocess.Popen([sys.executable, "-c", ""])
        dead.wait()
        (tmp_path / ".holder").write_text(f"process {dead.pid} on {socket.gethostname()}")
        assert holder(tmp_path) == "another process"
    with open(tmp_path / ".lock", "rb") as other:
        fcntl.flock(other, fcntl.LOCK_SH)  # as another one who asks
        assert holder(tmp_path) == ""


def test_status_of_what_is_being_prepared(tmp_path, capsys):
    with locked(tmp_path):
        assert run("status", tmp_path) == 2
    assert f"is being prepared by process {os.getpid()}" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["status", "resume"])
def test_what_is_no_experiment(tiny, capsys, command):
    (tiny / "empty").mkdir()
    for folder in ("empty", "absent"):
        assert run(command, folder) == 2
        error = capsys.readouterr().err
        assert "holds no experiment" in error and error.count("\n") == 1


def test_an_experiment_that_does_not_say_how_it_was_begun(tiny, capsys):
    (tiny / "old").mkdir()
    (tiny / "old/experiment.json").write_text(json.dumps({"kind": "motion-experiment", "arms": {}, "seeds": [0]}))
    assert run("resume", "old") == 2
    assert "does not say how it was begun" in capsys.readouterr().err


def test_a_dry_run_tells_and_makes_nothing(tiny, capsys):
    words = ("run", "--dry-run", "--arms", *ARMS, "corrected-g1", "--seeds", 0, 1, "--json", "d.json")
    assert run(*words) == 0
    told = capsys.readouterr().out
    assert "4 arms, 2 seeds, 2 generations" in told and "nothing was run" in told
    assert not (tiny / "runs").exists()
    found = json.loads((tiny / "d.json").read_text())
    arms = {arm["name"]: arm for arm in found["arms"]}
    assert [arms[name]["synthetic"] for name in (*ARMS, "corrected-g1")] == [0, 3, 6, 6]
    assert found["first_steps"] == 6 and all(arm["steps"] == 3 for arm in arms.values())
    assert arms["corrected-g1"]["seconds"] > arms["reground-g1"]["seconds"] > arms["real"]["seconds"] > 0
    assert found["disk"] > 2 * 4 * 3 * 10_000 and found["seconds"] > 0
    assert run("run", "--dry-run", "--arms", "magic") == 2
