"""The paper's preset against the table of the authors' protocol, and what presets of before are told as."""

import hashlib
import json
from dataclasses import fields, replace

import numpy as np
import pytest
import torch

from generative.training import digest
from loop import Request, files, stream
from motion.evaluation.text_motion_training import EvaluatorConfig
from motion.experiment import dataset
from motion.experiment.arms import LoopConfig, arm_named
from motion.experiment.named import EXPERIMENTS, PAPER_ARMS
from motion.experiment.paper import PAPER, SWITCHES, paper_preset
from motion.experiment.presets import PRESETS, Preset
from motion.experiment.problem import MotionProblem
from motion.experiment.trained import _preset_of
from motion.model.architectures import denoiser_of
from motion.model.batches import whole_epochs
from motion.model.mdm import PUBLISHED, MdmConfig
from motion.model.training import TrainConfig
from scsc.commands.motion_run import MotionRun
from scsc.settings import parse

pytestmark = pytest.mark.usefixtures("one_thread")

# What follows is spelled out of the specification's table, not out of the code.
ARCHITECTURE = {
    "architecture": "mdm", "width": 512, "layers": 8, "heads": 4, "frames": 196, "patch": 1, "dropout": 0.1,
    "attend_padding": True, "alike_layers": True,
}  # fmt: skip
TRAINING = {
    "objective": "ddpm-x0", "levels": "level", "batch_size": 64, "learning_rate": 1e-4, "fine_learning_rate": 1e-4,
    "decay": "constant", "warmup": 0, "fine_warmup": 0, "clip": float("inf"), "ema": 0.0, "beta2": 0.999,
    "weight_decay": 0.0, "drop_caption": 0.1, "start": "finetune", "optimiser": "fresh", "batches": "epochs",
    "crops": True, "captions": "all",
}  # fmt: skip
SAMPLING = {"solver": "ddpm", "sampler_steps": 1000, "guidance": 1.0, "noise": "same", "count": "down"}
DATA = {"min_frames": 40, "longest": 199, "splits": "given", "text": "clip", "evaluation": 546}
STEPS = {64: (65, 5_000, 1_000), 128: (129, 10_000, 1_000), 256: (257, 20_000, 1_000), 2794: (2794, 200_000, 40_000)}
LAMS = (0.25, 0.5, 0.75, 1.0)


def test_the_preset_is_the_table():
    for name, value in {**ARCHITECTURE, **TRAINING, **SAMPLING, **DATA, "generations": 50}.items():
        assert getattr(PAPER, name) == value, name
    size = PAPER.size_for(512, 1)
    assert isinstance(size, MdmConfig) and size.feed_forward == 1024
    assert replace(size, text_tokens=PUBLISHED.text_tokens) == PUBLISHED
    assert 17.8e6 < sum(w.numel() for w in denoiser_of(size).parameters()) < 17.9e6
    assert PAPER.training(size).spacing == "level" and PAPER.sampler.steps == 1000


def test_its_four_sizes_arms_and_seed():
    named = EXPERIMENTS["paper"]
    assert named.seeds == (42,) and len(PAPER_ARMS) == 9 and named.arms == PAPER_ARMS
    assert {arm_named(arm).lam for arm in named.arms} == {None, *LAMS}
    for n, (ids, first, later) in STEPS.items():
        preset = MotionRun(preset="paper", n=n).experiment().preset
        assert preset == paper_preset(n) and (preset.n, preset.first_steps, preset.steps) == (ids, first, later)
    experiment = MotionRun(preset="paper").experiment()
    assert experiment.preset == PAPER and experiment.steps == 50 and experiment.loop == LoopConfig("augment")
    with pytest.raises(ValueError, match="one of the paper's, 64, 128, 256, 2794, got 100; others: --set n=100"):
        MotionRun(preset="paper", n=100).experiment()
    assert MotionRun(preset="paper", set=("n=100",)).experiment().preset.n == 100


def test_synthetic_motions_and_steps_are_counted_as_theirs():
    """int(lam n) of 65, and (steps // batches + 1) * batches of the set that a generation trains on."""
    loop = LoopConfig("augment")
    drawn = [arm_named(f"synthetic-{lam:g}").schedule(loop, PAPER.count).request(65) for lam in LAMS]
    assert drawn == [16, 32, 48, 65]
    assert arm_named("synthetic-0.75").schedule(loop).request(65) == 49
    assert PAPER.steps_of(65, later=False) == 5_001 and PAPER.steps_of(65 + 48, later=True) == 1_001
    assert PAPER.steps_of(130, later=True) == 1_002  # two batches an epoch
    assert paper_preset(2794).steps_of(2794, later=False) == 200_036  # 43 of them
    assert whole_epochs(10, 5, 64) == 11, "fewer than a batch are one batch an epoch"
    assert replace(PAPER, batches="drawn").steps_of(65, later=True) == 1_000


@pytest.mark.parametrize("switch", SWITCHES, ids=lambda one: one.field)
def test_every_switch_can_be_set_and_is_off_in_the_preset(switch):
    found = parse((f"{switch.field}={switch.ours}",), Preset)
    more = {"min_frames": {"longest": None}, "solver": {"sampler_steps": 12, "levels": None}}.get(switch.field, {})
    assert found[switch.field] != getattr(PAPER, switch.field)
    changed = replace(PAPER, **found, **more)
    assert changed.describe() != PAPER.describe() and switch.why
    assert _preset_of(json.loads(json.dumps(changed.describe()).replace("Infinity", '"inf"'))).describe() == (
        changed.describe()
    )


def test_no_field_of_training_or_of_the_loop_is_hidden():
    """Whatever the paper's preset sets otherwise than other presets do is a size or a switch that is told of."""
    sizes = {
        "frames", "n", "reference", "evaluation", "generations", "first_steps", "steps", "width", "layers", "heads",
        "architecture", "patch", "batch_size", "learning_rate", "fine_learning_rate", "sampler_steps", "levels", "text",
    }  # fmt: skip
    told = {one.field for one in SWITCHES}
    usual = {one.name: one.default for one in fields(Preset)}
    changed = {name for name, value in usual.items() if getattr(PAPER, name) != value}
    assert changed <= sizes | told, changed - sizes - told
    assert told <= set(usual)


def hashed(told):
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]


@pytest.mark.parametrize(
    ("name", "described", "first", "later"),
    [
        ("smoke", "14dc0db825d4b3ae", "ef77b8c709ac8561", "0df19ce12cdc7133"),
        ("laptop", "cd2d83cf34667a6a", "a2bbb2258b1728f6", "4f88bc5b31031682"),
    ],
)
def test_run_folders_and_checkpoints_of_before_go_on(name, described, first, later):
    """Identities and names of checkpoints as they were before any switch existed (taken then, at 8 evaluations, and 150
    steps of a laptop's generation)."""
    preset = replace(PRESETS[name], sampler_steps=8, **({"steps": 150} if name == "laptop" else {}))
    problem = MotionProblem(None, preset)
    assert hashed(preset.describe()) == described
    for previous, wanted in ((None, first), (object(), later)):
        assert digest(problem.training(previous), 0, [torch.zeros(1)], None, None) == wanted
    assert hashed(MdmConfig().describe()) == "6d867619bf7d8488"
    assert hashed(files.identity_of(EvaluatorConfig())) == "39417a616fa0ede2"
    assert digest(TrainConfig(model=MdmConfig()), 0, [torch.zeros(1)], None, None) == "e1430b74ecf284db"


TINY = Preset(
    frames=40, n=6, reference=8, evaluation=8, generations=1, first_steps=4, steps=3, width=16, layers=1, heads=2,
    batch_size=4, sampler_steps=3, min_frames=30,
)  # fmt: skip


def test_noise_is_new_or_the_same_in_each_generation(tmp_path):
    """The same: fits and draws of two generations differ only by what they are given; prompts are new all the same."""
    data = dataset.prepare(tmp_path / "data", TINY, None, skip_bad=False)
    for noise in ("new", "same"):
        problem = MotionProblem(data, replace(TINY, noise=noise), seed=3)
        models = [problem.fit(None, data.train, stream(3, g, "fit")) for g in (1, 2)]
        same = all(torch.equal(models[0].weights[key], models[1].weights[key]) for key in models[0].weights)
        assert same == (noise == "same")
        drawn = [problem.sample(models[0], Request(6, data.train), stream(3, g, "sample")) for g in (1, 2)]
        assert drawn[0].ids != drawn[1].ids
        other = replace(problem, seed=4).fit(None, data.train, stream(3, 1, "fit"))
        assert (noise == "same") == any(not torch.equal(other.weights[k], models[0].weights[k]) for k in other.weights)


def test_layers_begin_alike_where_asked_for():
    size = MdmConfig(width=16, layers=3, heads=2, frames=8, feed_forward=8, alike_layers=True)
    for config, alike in ((size, True), (replace(size, alike_layers=False), False)):
        net = denoiser_of(config)
        net.initialise(torch.Generator().manual_seed(0))
        first, last = (layer.linear1.weight for layer in (net.encoder.layers[0], net.encoder.layers[2]))
        assert torch.equal(first, last) == alike
    assert np.isfinite(first.detach().numpy()).all()


def test_what_changed_is_told_with_both_values_also_where_one_is_not_stored():
    """A stored preset leaves out what is as it always was; its value is told all the same."""
    usual, other = PRESETS["smoke"], replace(PRESETS["smoke"], ema=0.5, noise="same")
    told = ["ema: started with 0.99, now 0.5", "noise: started with 'new', now 'same'"]
    assert files.differences(usual.describe(), other.describe()) == told
    back = ["ema: started with 0.5, now 0.99", "noise: started with 'same', now 'new'"]
    assert files.differences(other.describe(), usual.describe()) == back
    defaults = {one.name: one.default for one in fields(Preset) if one.metadata.get("added")}
    assert defaults == {name: files.EARLIER[name] for name in defaults}
