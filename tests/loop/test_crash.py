"""kill -9 at random moments and within writes: the restarted run equals an uninterrupted one, byte for byte."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from support import deterministic

CHILD = Path(__file__).with_name("crash_child.py")
GENERATIONS = 8


def start(folder, countdown=0):
    command = [sys.executable, str(CHILD), str(folder), str(GENERATIONS), str(countdown)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=CHILD.parents[2])


def finish(process):
    out, error = process.communicate(timeout=120)
    return process.returncode, out.decode(), error.decode()


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole") / "run"
    code, _, error = finish(start(folder))
    assert code == 0, error
    return deterministic(folder)


@pytest.mark.slow
def test_killed_in_the_middle_of_writes(tmp_path, whole):
    """Dies at 24 write operations spread over the run, each after half of the bytes; every restart dies later."""
    folder = tmp_path / "run"
    kills = 0
    for countdown in np.random.default_rng(0).integers(1, 45, 24):
        code, _, error = finish(start(folder, int(countdown)))
        if code == 0:
            break
        assert code == -9, error
        kills += 1
    code, _, error = finish(start(folder))
    assert code == 0, error
    assert kills >= 15
    assert deterministic(folder) == whole


@pytest.mark.slow
def test_killed_at_random_moments(tmp_path, whole):
    """At least 30 kills by the clock, over as many fresh runs as that takes."""
    rng = np.random.default_rng(1)
    kills, number = 0, 0
    while kills < 30:
        assert number < 200, "runs finish before they can be killed"
        folder = tmp_path / f"run-{number}"
        number += 1
        while True:
            process = start(folder)
            process.stdout.readline()  # it runs: kill somewhere in what is left of it
            time.sleep(rng.uniform(0, 0.06))
            process.kill()
            code, _, error = finish(process)
            if code == 0:
                break
            assert code == -9, error
            kills += 1
        assert deterministic(folder) == whole
