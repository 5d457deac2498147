"""The device of an experiment: asked of whoever has it, handed to all that computes, and part of a run's identity."""

import numpy as np
import pytest
import torch

from loop import Request
from motion.correctors import anchor
from motion.experiment import dataset
from motion.experiment.campaign import Experiment
from motion.experiment.preset import Preset
from motion.experiment.problem import MotionProblem
from motion.model import generator
from scsc.main import main

TINY = Preset(
    frames=40, n=6, reference=8, evaluation=8, generations=1, first_steps=4, steps=3, width=16, layers=1, heads=2,
    batch_size=4, sampler_steps=3,
)  # fmt: skip


@pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU is there")
def test_a_gpu_that_is_not_there_is_refused_before_anything_is_made(tmp_path, capsys):
    assert main(["motion", "run", "--out", str(tmp_path / "x"), "--device", "cuda"]) == 2
    error = capsys.readouterr().err
    assert "needs a GPU" in error and error.count("\n") == 1 and not (tmp_path / "x").exists()


def test_gpus_that_nobody_uses_are_not_reserved(tmp_path, capsys):
    words = ["--workers", "ray", "--gpus-per-run", "0.5"]
    assert main(["motion", "run", "--out", str(tmp_path / "x"), *words]) == 2
    assert "add --device cuda" in capsys.readouterr().err and not (tmp_path / "x").exists()


def test_all_that_computes_is_told_the_device(tmp_path, monkeypatch):
    """Without a GPU: the functions that move networks note the device and go on on the CPU."""
    asked = []
    for module, name in ((generator, "fit"), (generator, "sample"), (anchor, "sample")):
        true = getattr(module, name)

        def noted(*args, true=true, device="cpu", **more):
            asked.append((true.__name__, device))
            return true(*args, **more)

        monkeypatch.setattr(module, name, noted)
    data = dataset.prepare(tmp_path / "data", TINY, None, skip_bad=False)
    problem = MotionProblem(data, TINY, device="cuda")
    rng = np.random.default_rng(0)
    model = problem.fit(None, data.train, rng)
    drawn = problem.sample(model, Request(4, data.train), rng)
    problem.measure(model, None, None, rng)
    problem.anchor(model, "x")(drawn, rng)
    assert asked == [("fit", "cuda"), ("sample", "cuda"), ("sample", "cuda"), ("sample", "cuda")]


def test_runs_of_other_devices_are_other_runs(tmp_path):
    data = dataset.prepare(tmp_path / "data", TINY, None, skip_bad=False)
    here, there = MotionProblem(data, TINY).describe(), MotionProblem(data, TINY, device="cuda").describe()
    assert "device" not in here and there == here | {"device": "cuda"}  # runs from before devices had a name go on
    assert Experiment(tmp_path, TINY).settings[-1] == "cpu"
