"""The diffusion model in the plane: it learns the ring, its loop collapses without correction, sweeps share a start."""

import numpy as np
import pytest
import torch

from loop import ArrayBatch, MemoryStore, Replace, Request, RunConfig, run
from loop.ensemble import EnsembleConfig
from toy.plane_diffusion import PlaneDiffusionProblem, PlaneModel
from toy.sweep import place_of, run_sweep

pytestmark = pytest.mark.usefixtures("one_thread")


TINY = PlaneDiffusionProblem(n=40, first_steps=10, steps=5, width=8, sampler_steps=4)


def test_a_model_is_a_function_of_its_seed_and_is_stored_whole(tmp_path):
    real = TINY.real(0, np.random.default_rng(0))
    one, two = (TINY.fit(None, real, np.random.default_rng(1)) for _ in range(2))
    assert all(torch.equal(one.weights[name], two.weights[name]) for name in one.weights)
    TINY.save(one, tmp_path)
    again: PlaneModel = TINY.load(tmp_path)
    a, b = (TINY.sample(m, Request(7, real), np.random.default_rng(2)).samples for m in (one, again))
    assert np.array_equal(a, b) and a.shape == (7, 2) and a.dtype == np.float64
    tuned = TINY.fit(one, real, np.random.default_rng(3))
    assert np.array_equal(tuned.mean, one.mean)
    assert not torch.equal(tuned.weights["leave.weight"], one.weights["leave.weight"])


def test_points_that_are_not_finite_and_wrong_sizes_are_refused():
    with pytest.raises(ValueError, match="must be finite"):
        TINY.fit(None, ArrayBatch(np.full((5, 2), np.nan)), np.random.default_rng(0))
    for wrong in ({"n": 1}, {"width": 0}, {"steps": 0}, {"sampler_steps": 1}):
        with pytest.raises(ValueError, match=next(iter(wrong)).removeprefix("sampler_")):
            PlaneDiffusionProblem(**wrong)


def test_cells_of_a_seed_share_generation_0_and_nothing_else_changes(tmp_path):
    """Curves are the same with a shared start and without; the other cells' first generation is a copy."""
    args = (TINY, TINY.ideal, (0.0, 1.0), (1.0, 1.0), "replace", EnsembleConfig(0, 2, 2))
    apart = run_sweep(*args)
    shared = run_sweep(*args, tmp_path, share_first=True)
    assert all(np.array_equal(apart[name], shared[name]) for name in apart)
    first, second = (place_of(tmp_path, gamma, 1.0, 1) / "gen-0000/model" for gamma in (0.0, 1.0))
    assert (first / "model.safetensors").read_bytes() == (second / "model.safetensors").read_bytes()
    again = run_sweep(*args, tmp_path, share_first=True)
    assert all(np.array_equal(again[name], shared[name]) for name in apart)


@pytest.mark.slow
def test_without_correction_the_loop_leaves_the_truth_and_with_it_stays():
    """Four seeds, eight generations on synthetic points alone: the paired t of the distances exceeds
    2.35, the one-sided 5 % point at 3 degrees of freedom."""
    problem = PlaneDiffusionProblem(first_steps=1000)
    ends = {}
    for gamma in (0.0, 1.0):
        for seed in range(4):
            records = list(run(problem, problem.ideal(gamma), Replace(1.0), RunConfig(seed, 8), MemoryStore()))
            ends[gamma, seed] = records[-1].measures["sliced_w2"]
            assert records[0].measures["lost_modes"] == 0
    gaps = np.array([ends[0.0, seed] - ends[1.0, seed] for seed in range(4)])
    assert gaps.mean() / (gaps.std(ddof=1) / 2) > 2.35
