"""A full disk during any write: a clear error, nothing lost, and the same command ends as if nothing had happened."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from support import deterministic

from loop import Augment, FolderStore, RunConfig, run
from loop.ensemble import EnsembleConfig, run_ensemble
from loop.records import locked
from toy.ensembles import gaussian_loop
from toy.gaussian import GaussianProblem, ideal
from toy.mixture import GaussianMixtureProblem
from toy.sweep import run_sweep

ROOT = Path(__file__).parents[2]


def engine(folder):
    problem = GaussianProblem(20, 2)
    list(run(problem, ideal(1.0), Augment(0.5), RunConfig(0, 3), FolderStore(folder)))


def ensemble(folder):
    run_ensemble(gaussian_loop((0.0, 1.0), (0.5,), 20, 2), EnsembleConfig(0, 70, 6, checkpoint_every=2), folder)


def sweep(folder):
    problem = GaussianMixtureProblem(20, components=2)
    run_sweep(problem, problem.ideal, (0.0, 1.0), (1.0, 1.0), "augment", EnsembleConfig(0, 1, 1), folder)


@pytest.mark.parametrize("work", [engine, ensemble, sweep])
def test_every_write_may_fail(tmp_path, monkeypatch, work):
    """The disk is full at the k-th write of each attempt, k = 1, 2, ...: so every write fails once; every attempt
    keeps what was finished before."""
    work(tmp_path / "whole")
    expected = deterministic(tmp_path / "whole")
    folder, real = tmp_path / "run", os.fsync
    left = 0

    def fsync(handle):
        nonlocal left
        left -= 1
        if left == 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    failures, finished = 0, set()
    for attempt in range(1, 200):
        left = attempt
        try:
            work(folder)
        except OSError as problem:
            assert problem.errno == errno.ENOSPC and problem.filename
            failures += 1
            now = {name for name in deterministic(folder) if ".partial" not in name and "work" not in name}
            assert finished <= now, "nothing that was whole is lost"
            finished = now
        else:
            break
    assert failures >= 5
    assert deterministic(folder) == expected


@pytest.mark.slow
@pytest.mark.parametrize(
    "args",
    [
        ["toy", "gaussian", "--runs", "64", "--generations", "20"],
        ["toy", "gaussian", "--runs", "128", "--generations", "20", "--workers", "2"],
        ["toy", "mixture", "--runs", "1", "--generations", "2", "--gamma", "1"],
        ["toy", "regression", "--runs", "64", "--generations", "5"],
    ],
    ids=lambda args: args[1] + " workers" * ("--workers" in args),
)
def test_a_real_limit_on_files_is_one_line_and_the_run_resumes(tmp_path, args):
    """The kernel refuses to write beyond 600 bytes a file: config.json fits, the curves do not."""
    limited = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (600, 600));"
        "from scsc.main import main; sys.exit(main(sys.argv[1:]))"
    )
    whole = ["-m", "scsc", *args, "--out"]

    def call(*words):
        return subprocess.run([sys.executable, *map(str, words)], cwd=ROOT, capture_output=True, text=True, timeout=300)

    assert call(*whole, tmp_path / "whole").returncode == 0
    failed = call("-c", limited, *args, "--out", tmp_path / "run")
    assert failed.returncode == 2 and failed.stderr.count("\n") == 1, failed.stderr
    assert "make room and run the same command again" in failed.stderr and "Traceback" not in failed.stderr
    assert call(*whole, tmp_path / "run").returncode == 0
    found = {name: content for name, content in deterministic(tmp_path / "run").items() if name.endswith(".npz")}
    for name, content in found.items():
        assert content == (tmp_path / "whole" / name).read_bytes()
    assert found and np.load(tmp_path / "run" / next(iter(found)), allow_pickle=False).files


def test_who_cannot_take_a_folder_leaves_it_free(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_text", full)
        with pytest.raises(OSError) as caught, locked(tmp_path):
            pass
    assert caught.value.filename == str(tmp_path / ".holder")
    with locked(tmp_path):
        pass
