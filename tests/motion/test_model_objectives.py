"""Objectives by name, which solvers fit them, and where a preset refuses; the code a GPU runs, run on the CPU."""

import json
from dataclasses import asdict, fields, replace

import numpy as np
import pytest
import torch
from toy_motions import toy_batch

from generative.samplers import SOLVERS, SamplerConfig
from generative.schedule import training_levels
from loop.files import differences
from motion.data.procedural import generate
from motion.experiment.dataset import Dataset, to_batch
from motion.experiment.presets import PRESETS, Preset
from motion.experiment.problem import MotionProblem
from motion.features.normaliser import Normaliser
from motion.model import generator as generator_module
from motion.model import training
from motion.model.architectures import denoiser_of
from motion.model.denoiser import ModelConfig
from motion.model.generator import _training_set, fit, sample
from motion.model.mdm import MdmConfig
from motion.model.training import TrainConfig, gradients_of

PATCH = ModelConfig(width=16, layers=1, heads=2, frames=10, vocabulary=64)
MDM = MdmConfig(width=16, layers=2, heads=2, frames=10, feed_forward=24, vocabulary=64)
TINY = TrainConfig(steps=4, batch_size=4, warmup=2, model=PATCH)
SMOKE = PRESETS["smoke"]

pytestmark = pytest.mark.usefixtures("one_thread")


def test_an_objective_fixes_the_levels():
    assert TrainConfig().spacing == "log-snr" and TrainConfig(levels="level").spacing == "level"
    assert TrainConfig(objective="flow-x1").spacing == "flow" == TrainConfig(objective="flow-x1", levels="flow").spacing
    for wrong, text in (
        ({"levels": "flow"}, "levels 'flow' belong to objective 'flow-x1', got 'ddpm-x0'"),
        ({"objective": "flow-x1", "levels": "level"}, "levels 'level' belong to objective 'ddpm-x0', got 'flow-x1'"),
        ({"objective": "epsilon"}, "objective must be ddpm-x0 or flow-x1, got 'epsilon'"),
        ({"levels": "cosine"}, "levels must be"),
    ):
        with pytest.raises(ValueError, match=text):
            TrainConfig(**wrong)


@pytest.mark.parametrize("objective", ["ddpm-x0", "flow-x1"])
def test_training_sees_the_levels_of_its_objective(objective, monkeypatch):
    seen = []
    monkeypatch.setattr(training, "_gradients", lambda net, batch, *rest: seen.append(batch.level) or 0.0)
    config = replace(TINY, objective=objective, batch_size=500)
    batch = toy_batch()
    data = _training_set(batch, Normaliser.fit(batch), PATCH, None)
    gradients, generator = gradients_of(data, config), torch.Generator().manual_seed(0)
    for _ in range(40):
        gradients(denoiser_of(PATCH), generator)
    got, wanted = torch.cat(seen).double(), training_levels(config.spacing).double()
    error = float(wanted.std()) / len(got) ** 0.5
    assert abs(float(got.mean() - wanted.mean())) < 5 * error
    other = training_levels("flow" if objective == "ddpm-x0" else "log-snr").double()
    assert abs(float(got.mean() - other.mean())) > 5 * error  # has the power to tell them apart


@pytest.mark.parametrize("size", [PATCH, MDM], ids=["patch", "mdm"])
@pytest.mark.parametrize("solver", SOLVERS)
def test_either_architecture_and_objective_serve_every_solver(size, solver):
    model = fit(None, toy_batch(), replace(TINY, model=size, objective="flow-x1"), np.random.default_rng(0))
    drawn = sample(model, ["up"], [6], SamplerConfig(solver=solver, steps=3, guidance=2.0), np.random.default_rng(0))
    assert np.isfinite(drawn).all() and drawn[0, :6].any()


def test_a_preset_trains_on_levels_that_its_solver_looks_at():
    assert SMOKE.spacing == "log-snr" and replace(SMOKE, solver="adams").spacing == "log-snr"
    for solver in ("ddim", "ddpm", "flow-euler"):
        assert replace(SMOKE, solver=solver).spacing == "level"
        assert replace(SMOKE, solver=solver, objective="flow-x1").spacing == "flow"
        with pytest.raises(ValueError, match=f"solver {solver} begins at pure noise"):
            replace(SMOKE, solver=solver, levels="log-snr")
    for wrong, text in (
        ({"objective": "flow-x1", "levels": "log-snr"}, "belong to objective 'ddpm-x0'"),
        ({"levels": "flow"}, "belong to objective 'flow-x1'"),
        ({"architecture": "unet"}, "architecture must be patch or mdm, got 'unet'"),
        ({"architecture": "mdm"}, "patch must be 1 for architecture 'mdm'"),
        ({"attend_padding": True}, "attend_padding is for architecture 'mdm'"),
    ):
        with pytest.raises(ValueError, match=text):
            replace(SMOKE, **wrong)


def test_a_preset_names_its_architecture():
    mdm = replace(SMOKE, architecture="mdm", patch=1, attend_padding=True)
    assert mdm.size == MdmConfig(width=96, layers=2, heads=4, frames=40, feed_forward=192, attend_padding=True)
    assert SMOKE.size == ModelConfig(width=96, layers=2, heads=4, frames=40)
    states = mdm.size_for(384, 30)
    assert (states.vocabulary, states.text_dim, states.text_tokens) == (0, 384, 30) and isinstance(states, MdmConfig)


def test_runs_of_before_these_choices_are_the_same_as_now():
    now = json.loads(json.dumps(SMOKE.describe()))
    before = {key: value for key, value in now.items() if key not in ("architecture", "objective", "levels")}
    assert set(before) < set(now) and differences(before, now) == []
    flow = json.loads(json.dumps(replace(SMOKE, objective="flow-x1").describe()))
    assert differences(before, flow) == [
        "objective: started with 'ddpm-x0', now 'flow-x1'", "levels: started with 'log-snr', now 'flow'"
    ]  # fmt: skip
    later = {one.name for one in fields(Preset) if one.metadata.get("added")}
    untold = {"generations", "text_weights", "attend_padding"} | later
    assert set(asdict(Preset(**{**asdict(SMOKE)}))) == set(now) | untold


@pytest.mark.parametrize("size", [PATCH, MDM], ids=["patch", "mdm"])
def test_the_cpu_is_asked_for_neither_bfloat16_nor_compiling(size, monkeypatch):
    plain = fit(None, toy_batch(), replace(TINY, model=size), np.random.default_rng(0))

    def never(*args, **kwargs):
        raise AssertionError("not on the CPU")

    monkeypatch.setattr(torch, "autocast", never)
    monkeypatch.setattr(torch.nn.Module, "compile", never)
    for name in ("cpu", "auto"):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
        again = fit(None, toy_batch(), replace(TINY, model=size), np.random.default_rng(0), device=name)
        assert all(torch.equal(plain.weights[key], again.weights[key]) for key in plain.weights)
        sample(again, ["up"], [6], SamplerConfig(steps=3), np.random.default_rng(0), device=name)
    for call in (
        lambda: fit(None, toy_batch(), replace(TINY, model=size), np.random.default_rng(0), device="cuda"),
        lambda: sample(plain, ["up"], [6], SamplerConfig(), np.random.default_rng(0), device="cuda"),
    ):
        with pytest.raises(ValueError, match="device cuda needs a GPU"):
            call()


@pytest.mark.parametrize("size", [PATCH, MDM], ids=["patch", "mdm"])
def test_reduced_precision_keeps_types_together(size, monkeypatch):
    """What a GPU does, on the CPU: bfloat16 products with single-precision weights, near the same result."""
    config = replace(TINY, model=replace(size, dropout=0.0) if size is MDM else size)
    exact = fit(None, toy_batch(), config, np.random.default_rng(0))
    for module in (training, generator_module):
        monkeypatch.setattr(module, "reduced_precision", lambda where: torch.autocast("cpu", torch.bfloat16))
    reduced = fit(None, toy_batch(), config, np.random.default_rng(0))
    assert all(weight.dtype == torch.float32 for weight in reduced.weights.values())
    assert reduced.loss != exact.loss and abs(reduced.loss / exact.loss - 1) < 0.05
    asked = SamplerConfig(steps=3, guidance=2.0)
    a, b = (sample(model, ["up"], [6], asked, np.random.default_rng(0)) for model in (reduced, reduced))
    assert np.array_equal(a, b) and np.isfinite(a).all()


@pytest.mark.slow
@pytest.mark.parametrize("size", [PATCH, MDM], ids=["patch", "mdm"])
def test_compiling_traces_each_network_whole(size, monkeypatch):
    """torch's tracer with a backend that runs what was traced; a GPU's compiler needs a GPU."""
    config = replace(TINY, steps=2, model=replace(size, dropout=0.0) if size is MDM else size)
    exact = fit(None, toy_batch(), config, np.random.default_rng(0))
    called = []

    def compiled(net, where):
        called.append(where)
        net.compile(backend="eager", fullgraph=True)

    monkeypatch.setattr(generator_module, "compile_for", compiled)
    traced = fit(None, toy_batch(), config, np.random.default_rng(0))
    assert called and set(traced.weights) == set(exact.weights)
    assert all(torch.allclose(traced.weights[key], exact.weights[key], atol=1e-5) for key in exact.weights)


@pytest.mark.slow
@pytest.mark.parametrize("size", [PATCH, MDM, replace(MDM, attend_padding=True)], ids=["patch", "mdm", "attending"])
@pytest.mark.parametrize("objective", ["ddpm-x0", "flow-x1"])
def test_each_learns_which_caption_goes_where(size, objective):
    """The motions lie 1 above or below their mean, in deviations, as their caption says; untrained samples do not."""
    batch = toy_batch(n=32)
    lengths = np.full(40, 10)
    captions = ["someone goes up"] * 20 + ["someone goes down now"] * 20
    solver = "dpm++2m" if objective == "ddpm-x0" else "flow-euler"

    def gap(steps):
        config = TrainConfig(steps=steps, batch_size=16, learning_rate=3e-3, model=size, objective=objective)
        model = fit(None, batch, config, np.random.default_rng(0))
        drawn = sample(model, captions, lengths, SamplerConfig(solver=solver), np.random.default_rng(1))
        level = drawn[:, :3].mean(axis=(1, 2))  # the shortest motions have three frames
        return level[:20].min() - level[20:].max(), level[:20].mean() - level[20:].mean()

    apart, between = gap(400)
    assert apart > 2 and abs(between - 4) < 1  # 2 and -2 in the data
    assert gap(1)[0] < 2


def test_the_experiment_trains_and_draws_with_either_architecture():
    preset = Preset(frames=32, n=8, reference=8, evaluation=8, generations=0, first_steps=2, steps=1, width=16,
                    layers=1, heads=2, batch_size=4, sampler_steps=3)  # fmt: skip
    real = to_batch(generate(8, frames=33, seed=6), np.random.default_rng(0))
    data = Dataset(real, real, real, real, {"source": "procedural"})
    for more, kind in (({}, ModelConfig), ({"architecture": "mdm", "patch": 1, "objective": "flow-x1"}, MdmConfig)):
        problem = MotionProblem(data, replace(preset, **more))
        model = problem.fit(None, real, np.random.default_rng(0))
        assert type(model.config) is kind
        drawn = problem.draw(problem.fit(model, real, np.random.default_rng(1)), real, np.random.default_rng(2))
        assert drawn.features.shape == real.features.shape and np.isfinite(drawn.features).all()
