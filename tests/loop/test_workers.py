"""Tasks in processes and through Ray: one face. A lost process is replaced, what a task raises arrives."""

import logging
import os
import re
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from dying_tasks import Task, work
from support import hear_interrupts

from loop.cluster import Cluster
from loop.workers import TRIES, Pool


def run(run_tasks, tasks):
    """What was heard, in order, by task."""
    heard = {task.name: [] for task in tasks}
    run_tasks(work, tasks, lambda name, message: heard[name].append(message))
    return heard


def check_all(run_tasks, folder, caplog):
    """Whatever runs them: three tasks, of which one is lost twice."""
    tasks = [Task(folder, "a"), Task(folder, "b", times=TRIES - 1), Task(folder, "c")]
    with caplog.at_level(logging.WARNING, "loop.workers"):
        heard = run(run_tasks, tasks)
    whole = [("step", step) for step in range(5)] + [("end",)]
    assert heard["a"] == heard["c"] == whole
    assert len(set(heard["b"])) == len(heard["b"]) and heard["b"][-3:] == whole[-3:], "no step was made twice"
    assert len(list((folder / "b").glob("process-*"))) == TRIES
    assert [re.search("process of (.)", entry.getMessage())[1] for entry in caplog.records] == ["b"] * (TRIES - 1)


@pytest.fixture
def pool():
    with Pool().opened(2) as run_tasks:
        yield run_tasks


def test_pool(pool, tmp_path, caplog):
    check_all(pool, tmp_path, caplog)


@pytest.mark.parametrize(
    ("name", "error", "text"),
    [("mistake", ValueError, "wrong"), ("disk", OSError, "some/file"), ("fault", RuntimeError, "a bug")],
)
def test_what_a_task_raises(pool, tmp_path, name, error, text):
    with pytest.raises(error, match=text):
        run(pool, [Task(tmp_path, name), Task(tmp_path, "other", steps=10_000)])


def test_a_task_that_always_dies(pool, tmp_path):
    with pytest.raises(ChildProcessError, match=rf"process of a died {TRIES} times \(exit code -9\)"):
        run(pool, [Task(tmp_path, "a", times=100), Task(tmp_path, "b")])


SLOW = """import pathlib, time
pathlib.Path("begun").touch()
time.sleep(1)
pathlib.Path("ended").touch()
"""
CALLER = """import sys, time
from loop.workers import warm_up
if __name__ == "__main__":
    warm_up(("slow",))
    try:
        time.sleep(30)
    except KeyboardInterrupt:
        time.sleep(2)
        sys.exit(130)
"""


def test_an_interrupt_does_not_reach_what_workers_are_forked_from(tmp_path):
    """Ctrl-C while it imports, which it did not survive: it goes on, says nothing, and the caller hears it."""
    (tmp_path / "slow.py").write_text(SLOW)
    (tmp_path / "caller.py").write_text(CALLER)
    roots = [str(tmp_path), str(Path(__file__).parents[2])]
    process = subprocess.Popen(
        [sys.executable, "caller.py"], cwd=tmp_path, stderr=subprocess.PIPE, start_new_session=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(roots)},
        preexec_fn=hear_interrupts,
    )  # fmt: skip
    for _ in range(3000):
        if (tmp_path / "begun").exists():
            break
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert (process.returncode, error) == (130, b"")
    assert (tmp_path / "ended").exists()


@pytest.mark.parametrize("gpus", [-1.0, 1.5, float("nan"), float("inf")])
def test_shares_of_a_gpu(gpus):
    with pytest.raises(ValueError, match="0.25: four share one"):
        Cluster(gpus=gpus)


def test_without_ray(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"pip install 'scsc\[cluster\]'"):
        Cluster()


def test_more_gpus_than_there_are():
    pytest.importorskip("ray")
    Cluster(gpus=0.25).check({"CPU": 2.0, "GPU": 1.0})
    with pytest.raises(ValueError, match="a run asks for 8 GPUs, Ray has 0"):
        Cluster(gpus=8).check({"CPU": 2.0})


def test_a_cluster_that_does_not_answer():
    pytest.importorskip("ray")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(ValueError, match=f"could not join the Ray cluster {address} .*refused"):
            with Cluster(address).opened(1):
                pass


@pytest.mark.slow
def test_ray(tmp_path, caplog, monkeypatch):
    pytest.importorskip("ray")
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))  # where its workers find the module of the tasks
    with Cluster().opened(2) as run_tasks:
        check_all(run_tasks, tmp_path, caplog)
        with pytest.raises(ValueError, match="wrong"):
            run(run_tasks, [Task(tmp_path, "mistake"), Task(tmp_path, "other", steps=10_000)])
        with pytest.raises(ValueError, match="install this version of the program on all of them"):
            run(run_tasks, [Unknown(tmp_path, "unknown")])


@dataclass(frozen=True)
class Unknown(Task):
    """A task that cannot be read elsewhere."""

    def __reduce__(self):
        return (eval, ("no_such_program",))
