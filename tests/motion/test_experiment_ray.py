"""The experiment on two workers of a local Ray: the pool's files, to the bit."""

import pytest
from support import deterministic

from loop.cluster import Cluster
from loop.progress import silent
from motion.experiment.campaign import Experiment, execute
from motion.experiment.presets import Preset
from scsc.main import main

TINY = Preset(
    frames=32, n=6, reference=20, evaluation=12, generations=2, first_steps=6, steps=3, width=16, layers=1, heads=2,
    batch_size=4, sampler_steps=3,
)  # fmt: skip


@pytest.mark.slow
def test_ray_equals_the_pool(tmp_path, monkeypatch):
    pytest.importorskip("ray")
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    told = []
    for name, more in (("pool", {}), ("ray", {"workers": 2, "executor": Cluster()})):
        experiment = Experiment(tmp_path / name, TINY, arms=("real", "synthetic"), **more)
        execute(experiment, silent if name == "pool" else lambda *words: told.append(words))
    assert deterministic(tmp_path / "ray") == deterministic(tmp_path / "pool")
    assert told[-1] == ("generations", 7, 7) and ("real, seed 0: generation", 2, 2) in told


@pytest.mark.parametrize("words", [["--ray-address", "auto"], ["--gpus-per-run", "0.25"]])
def test_what_is_for_ray_alone(words, tmp_path, capsys):
    assert main(["motion", "run", "--out", str(tmp_path / "x"), *words]) == 2
    assert "are for --workers ray" in capsys.readouterr().err


def test_without_ray(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert main(["motion", "run", "--out", str(tmp_path / "x"), "--workers", "ray"]) == 2
    error = capsys.readouterr().err
    assert "pip install 'scsc[cluster]'" in error and error.count("\n") == 1 and not (tmp_path / "x").exists()
