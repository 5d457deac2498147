"""The architecture mdm: its size, its arithmetic written out again, dropout, captions, padding."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional
from toy_motions import toy_batch

from generative.samplers import SamplerConfig, check_levels
from motion.features.normaliser import Normaliser
from motion.model import training
from motion.model.architectures import denoiser_of
from motion.model.denoiser import ModelConfig
from motion.model.generator import _training_set, fit, sample
from motion.model.mdm import PUBLISHED, MdmConfig, MdmDenoiser
from motion.model.published import SAMPLER, TRAINING
from motion.model.training import TrainConfig
from motion.text.words import Tokens

SIZE = MdmConfig(width=16, layers=2, heads=2, frames=10, feed_forward=24, vocabulary=64)
STILL = replace(SIZE, dropout=0.0)
PATCH = ModelConfig(width=16, layers=1, heads=2, frames=10, vocabulary=64)
TINY = TrainConfig(steps=6, batch_size=4, warmup=2, checkpoint_every=2, learning_rate=1e-3, model=SIZE)
FAST = SamplerConfig(steps=3)

pytestmark = pytest.mark.usefixtures("one_thread")


def train(config=TINY, previous=None, seed=0, **kwargs):
    return fit(previous, toy_batch(), config, np.random.default_rng(seed), **kwargs)


def same(a, b):
    return all(torch.equal(a.weights[name], b.weights[name]) for name in a.weights)


def a_net(config, seed=0):
    """Double precision, none of its weights zero."""
    net = denoiser_of(config).double().eval()
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in net.parameters():
            weight.copy_(torch.randn(weight.shape, generator=generator, dtype=torch.float64) * 0.3)
    return net


def test_the_published_size_has_as_many_parameters_as_its_layers():
    d, inner, features, text = 512, 1024, 263, 512
    linear = lambda into, out: into * out + out  # noqa: E731
    attention = linear(d, 3 * d) + linear(d, d)
    layer = attention + linear(d, inner) + linear(inner, d) + 2 * 2 * d
    total = linear(features, d) + 2 * linear(d, d) + linear(text, d) + 8 * layer + linear(d, features)
    assert total == 17_880_327
    assert sum(weight.numel() for weight in denoiser_of(PUBLISHED).parameters()) == total


def written_out(net, x, level, token, seen):
    """The forward pass of one motion by the formulas: x (P, 263), token (d,), seen (P,)."""
    w = dict(net.named_parameters())
    d, heads = net.config.width, net.config.heads
    linear = lambda name, v: v @ w[f"{name}.weight"].T + w[f"{name}.bias"]  # noqa: E731

    def wave(position):
        out = torch.zeros(d, dtype=torch.float64)
        for i in range(d // 2):
            out[2 * i] = np.sin(position / 10_000 ** (2 * i / d))
            out[2 * i + 1] = np.cos(position / 10_000 ** (2 * i / d))
        return out

    def norm(name, v):
        centred = v - v.mean(-1, keepdim=True)
        return centred / ((centred**2).mean(-1, keepdim=True) + 1e-5).sqrt() * w[f"{name}.weight"] + w[f"{name}.bias"]

    first = linear("time.2", functional.silu(linear("time.0", wave(level)))) + token
    h = torch.cat([first[None], linear("enter", x)])
    h = h + torch.stack([wave(i) for i in range(len(h))])
    allowed = torch.cat([torch.ones(1, dtype=torch.bool), seen])
    for i in range(net.config.layers):
        at = f"encoder.layers.{i}"
        q, k, v = (h @ w[f"{at}.self_attn.in_proj_weight"].T + w[f"{at}.self_attn.in_proj_bias"]).chunk(3, dim=1)
        parts = []
        for part in range(heads):
            own = slice(part * d // heads, (part + 1) * d // heads)
            score = (q[:, own] @ k[:, own].T / (d / heads) ** 0.5).masked_fill(~allowed[None], -torch.inf)
            parts.append(score.softmax(dim=1) @ v[:, own])
        h = norm(f"{at}.norm1", h + linear(f"{at}.self_attn.out_proj", torch.cat(parts, dim=1)))  # after, not before
        inner = linear(f"{at}.linear1", h)
        gelu = 0.5 * inner * (1 + torch.erf(inner / 2**0.5))
        h = norm(f"{at}.norm2", h + linear(f"{at}.linear2", gelu))
    return linear("leave", h)[1:]


@pytest.mark.parametrize("attend", [False, True])
def test_the_network_is_what_the_formulas_say(attend):
    net = a_net(replace(SIZE, attend_padding=attend))
    x = torch.randn(2, 7, 263, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    frames = torch.ones(2, 7, 1, dtype=torch.float64)
    frames[1, 4:] = 0
    values, mask = torch.tensor([[[3, 40], [9, 50]], [[5, 44], [0, 0]]]), torch.tensor([[True, True], [True, False]])
    level = torch.tensor([301.5, 7.0], dtype=torch.float64)
    with torch.no_grad():
        got = net(x, level, net.memory(values, mask, torch.tensor([False, True])), frames)
        rows = net.words.weight
        mean = (rows[3] + rows[40] + rows[9] + rows[50]) / 2
        tokens = [net.text.weight @ mean + net.text.bias, net.text.bias]  # no caption is the zero vector
        for i, (many, seen) in enumerate([(7, frames[0, :, 0] > 0), (4, frames[1, :, 0] > 0)]):
            expected = written_out(net, x[i], float(level[i]), tokens[i], seen | attend)
            assert torch.allclose(got[i, :many], expected[:many], rtol=1e-9, atol=1e-9)


def test_states_enter_as_their_mean_over_the_tokens_that_stand():
    net = a_net(replace(SIZE, vocabulary=0, text_dim=5))
    values = torch.randn(1, 3, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    mask = torch.tensor([[True, True, False]])
    with torch.no_grad():
        got = net.memory(values, mask, torch.tensor([False])).token
        assert torch.allclose(got, net.text(values[:, :2].mean(dim=1)))
        assert not torch.allclose(got, net.text(values.mean(dim=1)))
        nothing = net.memory(values, mask, torch.tensor([True])).token
        assert torch.equal(nothing, net.text.bias[None])


def test_the_weights_of_the_start_have_their_stated_scales():
    net = denoiser_of(replace(SIZE, width=64, heads=4, feed_forward=128))
    net.initialise(torch.Generator().manual_seed(0))
    w = dict(net.named_parameters())
    bounds = {"enter.weight": 263**-0.5, "leave.bias": 64**-0.5, "encoder.layers.1.linear2.weight": 128**-0.5,
              "encoder.layers.0.self_attn.in_proj_weight": (6 / 256) ** 0.5}  # fmt: skip
    for name, bound in bounds.items():
        assert 0.9 * bound < float(w[name].detach().abs().max()) <= bound, name
    assert not w["encoder.layers.0.self_attn.in_proj_bias"].any() and bool(
        (w["encoder.layers.1.norm2.weight"] == 1).all()
    )
    assert not torch.equal(w["encoder.layers.0.linear1.weight"], w["encoder.layers.1.linear1.weight"])
    again = denoiser_of(net.config)
    again.initialise(torch.Generator().manual_seed(0))
    assert all(torch.equal(a, b) for a, b in zip(net.parameters(), again.parameters(), strict=True))


def test_dropout_is_drawn_from_the_loops_generator_alone():
    before = torch.get_rng_state().clone()
    first = train()
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(99)
    assert same(first, train()) and not same(first, train(seed=1))
    assert not same(first, train(replace(TINY, model=STILL)))
    batch = toy_batch()
    data = _training_set(batch, Normaliser.fit(batch), SIZE, None)
    net, masks = denoiser_of(SIZE).train(), []
    net.encoder.register_forward_pre_hook(lambda module, args: masks.append(args[0].detach()[0] == 0))
    gradients, generator = training.gradients_of(data, TINY), torch.Generator().manual_seed(4)
    gradients(net, generator), gradients(net, generator), gradients(net, torch.Generator().manual_seed(4))
    assert torch.equal(masks[0], masks[2]) and not torch.equal(masks[0], masks[1])  # each step has its own
    count = masks[0].numel()
    assert abs(float(masks[0].float().mean()) - 0.1) < 5 * (0.09 / count) ** 0.5


def test_dropout_is_off_when_sampling():
    model = train()
    draws = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        draws.append(sample(model, ["go up"], [8], FAST, np.random.default_rng(0)))
    assert np.array_equal(*draws)
    without = replace(model, config=STILL)
    assert np.array_equal(draws[0], sample(without, ["go up"], [8], FAST, np.random.default_rng(0)))


class Killed(Exception):
    pass


@pytest.mark.parametrize("optimiser", ["fresh", "carried"])
def test_a_killed_training_continues_bit_for_bit(tmp_path, optimiser, monkeypatch):
    config = replace(TINY, steps=7, optimiser=optimiser)
    first = train(config)
    whole = train(config, previous=first, seed=3)
    plain, calls = training._gradients, []

    def dying(*args):
        calls.append(1)
        if len(calls) == 6:
            raise Killed
        return plain(*args)

    with monkeypatch.context() as patch:
        patch.setattr(training, "_gradients", dying)
        with pytest.raises(Killed):
            train(config, previous=first, seed=3, work=tmp_path)
    resumed = train(config, previous=first, seed=3, work=tmp_path)
    assert same(whole, resumed) and whole.loss == resumed.loss


def test_a_model_that_attends_to_padding_does_not_know_how_long_its_motion_is():
    blind, told = train(replace(TINY, model=replace(SIZE, attend_padding=True))), train()
    for model, expected in ((blind, True), (told, False)):
        long, short = (sample(model, ["go up"], [n], FAST, np.random.default_rng(0))[0] for n in (10, 5))
        assert np.array_equal(long[:5], short[:5]) == expected and not short[5:].any()


@pytest.mark.parametrize("attend", [False, True])
def test_frames_beyond_the_end_are_noise_only_for_a_model_that_attends_to_them(attend, monkeypatch):
    seen = []

    def forward(self, x, level, memory, frames):
        seen.append((x.detach().clone(), frames))
        return plain(self, x, level, memory, frames)

    plain = MdmDenoiser.forward
    monkeypatch.setattr(MdmDenoiser, "forward", forward)
    train(replace(TINY, steps=1, model=replace(SIZE, attend_padding=attend)))
    x, frames = seen[0]
    beyond = x[(frames == 0)[:, :, 0]]
    assert len(beyond) and bool(beyond.any()) == attend


@pytest.mark.parametrize("config", [SIZE, PATCH], ids=["mdm", "patch"])
def test_chunks_are_filled_up(config):
    model = train(replace(TINY, model=config))
    captions, lengths = ["goes up", "goes down", "up up", "down", "up"], [3, 10, 7, 4, 9]
    many = sample(model, captions, lengths, FAST, np.random.default_rng(7), chunk=4)
    assert np.array_equal(sample(model, captions[:2], lengths[:2], FAST, np.random.default_rng(7), chunk=4), many[:2])
    with pytest.raises(ValueError, match="chunk must be >= 1"):
        sample(model, captions, lengths, FAST, np.random.default_rng(7), chunk=0)


@pytest.mark.parametrize("wrong", [{"dropout": 1.0}, {"dropout": -0.1}, {"dropout": "0.1"}, {"feed_forward": 0},
                                   {"attend_padding": 1}, {"width": 24.0}, {"layers": True}])  # fmt: skip
def test_bad_sizes_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        replace(SIZE, **wrong)


def test_the_published_settings_fit_together():
    check_levels(SAMPLER.solver, TRAINING.spacing)
    assert TRAINING.spacing == "level" and TRAINING.model.sees_padding and TRAINING.model.is_random


@pytest.mark.slow
def test_one_step_at_full_size_runs_on_the_cpu():
    """The command's own memory peaks at about 7 GB, the step takes 15 to 30 CPU-seconds."""
    batch = toy_batch()

    class States:
        vocabulary, dim = 0, 512

        def encode(self, captions):
            return Tokens(np.ones((len(captions), 1, 512), np.float32), np.ones((len(captions), 1), bool))

    model = fit(None, batch, replace(TRAINING, steps=1), np.random.default_rng(0), encoder=States())
    assert np.isfinite(model.loss) and sum(weight.numel() for weight in model.weights.values()) == 17_880_327
