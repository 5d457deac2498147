"""Models and checkpoints on disk: both architectures come back; what does not fit or is damaged is told in one line."""

import json
import random
import struct
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from toy_motions import toy_batch

from generative.samplers import SamplerConfig
from motion.model.denoiser import ModelConfig
from motion.model.generator import MotionModel, fit, sample
from motion.model.mdm import MdmConfig
from motion.model.training import TrainConfig

PATCH = ModelConfig(width=16, layers=1, heads=2, frames=10, vocabulary=64)
MDM = MdmConfig(width=16, layers=2, heads=2, frames=10, feed_forward=24, vocabulary=64)
TINY = TrainConfig(steps=4, batch_size=4, warmup=2, checkpoint_every=2)

pytestmark = pytest.mark.usefixtures("one_thread")


def train(size, previous=None, seed=0, **kwargs):
    more = {key: kwargs.pop(key) for key in ("optimiser", "steps") if key in kwargs}
    return fit(previous, toy_batch(), replace(TINY, model=size, **more), np.random.default_rng(seed), **kwargs)


def same(a, b):
    return a.weights.keys() == b.weights.keys() and all(torch.equal(a.weights[k], b.weights[k]) for k in a.weights)


def refused(call, *words):
    """The one line of the ValueError that `call` raises; it holds the words."""
    with pytest.raises(ValueError) as found:
        call()
    line = str(found.value)
    assert "\n" not in line and len(line) < 400 and all(word in line for word in words), line
    return line


@pytest.mark.parametrize("size", [PATCH, MDM, replace(MDM, attend_padding=True, dropout=0.3)])
@pytest.mark.parametrize("optimiser", ["fresh", "carried"])
def test_models_come_back_bit_for_bit(tmp_path, size, optimiser):
    model = train(size, optimiser=optimiser)
    model.save(tmp_path)
    again = MotionModel.load(tmp_path)
    assert same(model, again) and again.config == size and type(again.config) is type(size)
    draws = [sample(m, ["up"], [7], SamplerConfig(steps=3), np.random.default_rng(0)) for m in (model, again)]
    assert np.array_equal(*draws)
    assert same(*(train(size, previous=m, seed=2, optimiser=optimiser) for m in (model, again)))


def test_a_model_of_before_there_were_two_architectures_is_patch(tmp_path):
    model = train(PATCH)
    model.save(tmp_path)
    about = json.loads((tmp_path / "model.json").read_text())
    assert about["model"].pop("architecture") == "patch"
    (tmp_path / "model.json").write_text(json.dumps(about))
    again = MotionModel.load(tmp_path)
    assert same(model, again) and again.config == PATCH


def test_another_architecture_or_size_is_named_with_both():
    patch, mdm = train(PATCH), train(MDM)
    refused(lambda: train(MDM, previous=patch), "architecture patch, now mdm")
    refused(lambda: train(PATCH, previous=mdm), "architecture mdm, now patch")
    refused(lambda: train(replace(MDM, layers=1), previous=mdm), "layers 2, now 1")
    refused(lambda: train(replace(MDM, attend_padding=True), previous=mdm), "attend_padding False, now True")


def test_weights_of_another_model_are_named(tmp_path):
    for name, size in (("a", PATCH), ("b", MDM), ("c", replace(PATCH, frames=9, width=32))):
        (tmp_path / name).mkdir()
        train(size).save(tmp_path / name)
    for name, other, words in (
        ("a", "b", ("parameters",)),
        ("b", "a", ("do not fit",)),
        ("a", "c", ("is 32", "has 16")),
    ):
        there = tmp_path / f"{name}{other}"
        there.mkdir()
        (there / "model.json").write_bytes((tmp_path / name / "model.json").read_bytes())
        (there / "model.safetensors").write_bytes((tmp_path / other / "model.safetensors").read_bytes())
        refused(lambda there=there: MotionModel.load(there), str(there), *words)


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """Both files of a model with a carried optimiser."""
    folder = tmp_path_factory.mktemp("stored")
    train(MDM, optimiser="carried").save(folder)
    return folder


def spoiled(tmp_path, stored, **content):
    for name in ("model.json", "model.safetensors"):
        (tmp_path / name).write_bytes(content.get(name.replace(".", "_"), (stored / name).read_bytes()))
    return lambda: MotionModel.load(tmp_path)


SPOILED_JSON = {
    "not an object": [], "no model": {"loss": 1.0}, "no loss": {"model": {}},
    "model is a list": {"model": [], "loss": 1},
    "architecture": {"model": {"architecture": "unet"}, "loss": 1},
    "architecture is a list": {"model": {"architecture": ["mdm"]}, "loss": 1},
    "unknown field": {"model": {"architecture": "mdm", "patch": 4}, "loss": 1},
    **{f"{key} {value}": {"model": {**MDM.describe(), key: value}, "loss": 1} for key, value in (
        ("layers", 10**9), ("width", 10**15), ("feed_forward", 10**30), ("vocabulary", 10**18), ("layers", -1),
        ("heads", 0), ("dropout", "x"), ("width", 16.5), ("width", None), ("text_dim", 10**9), ("layers", 1))},
}  # fmt: skip


@pytest.mark.parametrize("case", SPOILED_JSON)
def test_spoiled_configs_are_refused_quickly(tmp_path, stored, case):
    refused(spoiled(tmp_path, stored, model_json=json.dumps(SPOILED_JSON[case]).encode()), str(tmp_path))


def test_truncated_and_mutated_files_are_refused_or_whole(tmp_path, stored):
    whole = {name: (stored / name).read_bytes() for name in ("model.json", "model.safetensors")}
    for name, content in whole.items():
        for size in (0, 1, 7, 8, 9, 100, len(content) // 2, len(content) - 3):
            refused(spoiled(tmp_path, stored, **{name.replace(".", "_"): content[:size]}), str(tmp_path))
    rng, refusals = random.Random(0), 0
    head = 8 + struct.unpack("<Q", whole["model.safetensors"][:8])[0]
    for _ in range(150):
        name = rng.choice(list(whole))
        content = bytearray(whole[name])
        at = rng.randrange(head if name == "model.safetensors" else len(content))
        content[at] = rng.randrange(256)
        try:
            spoiled(tmp_path, stored, **{name.replace(".", "_"): bytes(content)})()
        except ValueError as problem:
            assert "\n" not in str(problem)
            refusals += 1
    assert refusals > 75


def test_weights_that_are_not_finite_numbers_of_the_right_kind_are_refused(tmp_path, stored):
    tensors = load_file(stored / "model.safetensors")
    for name, value, words in (
        ("weights/enter.bias", tensors["weights/enter.bias"] * float("nan"), ("finite float32", "enter.bias")),
        ("weights/enter.bias", tensors["weights/enter.bias"].double(), ("finite float32",)),
        ("weights/enter.bias", torch.zeros(3), ("enter.bias is 3", "16")),
        ("carried/exp_avg/enter.bias", torch.zeros(3), ("optimiser",)),
        ("carried/other/enter.bias", torch.zeros(3), ("optimiser",)),
        ("normaliser/mean", torch.zeros(3), ("mean and std",)),
        ("normaliser/std", torch.zeros(263), ("std must be positive",)),
    ):
        changed = {**tensors, name: value}
        save_file(changed, tmp_path / "x.safetensors")
        refused(spoiled(tmp_path, stored, model_safetensors=(tmp_path / "x.safetensors").read_bytes()), *words)
    without = {name: value for name, value in tensors.items() if not name.startswith("normaliser/")}
    save_file(without, tmp_path / "x.safetensors")
    refused(spoiled(tmp_path, stored, model_safetensors=(tmp_path / "x.safetensors").read_bytes()), "normaliser")


def checkpoint_of(size, work, **kwargs):
    work.mkdir()
    train(size, work=work, **kwargs)
    (path,) = work.iterdir()
    return path


def test_a_checkpoint_of_another_run_is_named_with_both(tmp_path):
    mdm = checkpoint_of(MDM, tmp_path / "mdm")
    for name, size, batch, words in (
        ("patch", PATCH, toy_batch(), ("architecture", "'mdm'", "'patch'")),
        ("wide", replace(MDM, feed_forward=32), toy_batch(), ("feed_forward: started with 24, now 32",)),
        ("data", MDM, toy_batch(seed=5), ("data: started with",)),
    ):
        work = tmp_path / name
        work.mkdir()
        config = replace(TINY, model=size)
        fit(None, batch, config, np.random.default_rng(0), work=work)
        (path,) = work.iterdir()
        path.write_bytes(mdm.read_bytes())
        refused(lambda c=config, b=batch, w=work: fit(None, b, c, np.random.default_rng(0), work=w), str(path), *words)


def test_a_damaged_checkpoint_is_told(tmp_path):
    path = checkpoint_of(MDM, tmp_path / "work")
    content = path.read_bytes()
    for size in (0, 3, 100, len(content) // 2, len(content) - 30):
        path.write_bytes(content[:size])
        refused(lambda: train(MDM, work=path.parent), str(path), "delete it")
    path.write_bytes(content)
    whole = torch.load(path, weights_only=True)
    for key in ("weights", "average", "optimiser", "random", "step"):
        torch.save({k: v for k, v in whole.items() if k != key}, path)
        refused(lambda: train(MDM, work=path.parent), str(path), "delete it")
    torch.save([1, 2], path)
    refused(lambda: train(MDM, work=path.parent), str(path), "delete it")
    moments = whole["optimiser"]["state"][0]
    spoilt = {**whole["optimiser"], "state": {**whole["optimiser"]["state"], 0: {**moments, "exp_avg": torch.zeros(2)}}}
    torch.save({**whole, "optimiser": spoilt}, path)
    refused(lambda: train(MDM, work=path.parent), str(path), "moments")
