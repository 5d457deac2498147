"""Motions of 40 to 196 frames in one batch: what stands beyond a motion's end changes nothing for it."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from toy_motions import toy_batch

from generative.samplers import SamplerConfig
from motion.model.architectures import denoiser_of
from motion.model.denoiser import ModelConfig
from motion.model.generator import fit, sample
from motion.model.mdm import MdmConfig
from motion.model.training import TrainConfig

PATCH = ModelConfig(width=16, layers=2, heads=2, frames=196, vocabulary=64)
MDM = MdmConfig(width=16, layers=2, heads=2, frames=196, feed_forward=24, vocabulary=64)
ATTENDING = replace(MDM, attend_padding=True)

pytestmark = pytest.mark.usefixtures("one_thread")


def a_net(config):
    """Double precision, so that a tolerance can be far below any real influence."""
    net = denoiser_of(config).double().eval()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for weight in net.parameters():
            weight.copy_(torch.randn(weight.shape, generator=generator, dtype=torch.float64) * 0.2)
    return net


def change(config, lengths, seed):
    """The largest change of the first motion's frames between it alone, cut to its tokens, and it among the others."""
    net, n, generator = a_net(config), len(lengths), torch.Generator().manual_seed(seed)
    patch = config.frames_a_token
    tokens = -(-max(lengths) // patch)
    frames = (torch.arange(tokens * patch) < torch.tensor(lengths)[:, None]).double().view(n, tokens, patch)
    x = torch.randn(n, tokens, patch, 263, generator=generator, dtype=torch.float64)
    if not config.sees_padding:
        x *= frames.unsqueeze(-1)
    x = x.view(n, tokens, -1)
    level = torch.rand(n, generator=generator, dtype=torch.float64) * 999
    words = torch.randint(64, (n, 3, 2), generator=generator)
    mask, dropped = torch.ones(n, 3, dtype=torch.bool), torch.zeros(n, dtype=torch.bool)
    own = -(-lengths[0] // patch)
    with torch.no_grad():
        many = net(x, level, net.memory(words, mask, dropped), frames)[0].view(-1, 263)[: lengths[0]]
        captions = net.memory(words[:1], mask[:1], dropped[:1])
        alone = net(x[:1, :own], level[:1], captions, frames[:1, :own])[0].view(-1, 263)[: lengths[0]]
    return float((many - alone).abs().max() / alone.abs().max())


LENGTHS = st.lists(st.integers(40, 196), min_size=1, max_size=4)


@pytest.mark.parametrize("config", [PATCH, MDM], ids=["patch", "mdm"])
@settings(max_examples=8, deadline=None)
@given(lengths=LENGTHS, seed=st.integers(0, 2**32))
def test_a_motion_alone_is_itself_among_longer_ones(config, lengths, seed):
    assert change(config, lengths, seed) < 1e-10


def test_attending_to_padding_is_what_the_mask_prevents():
    assert change(ATTENDING, [60, 196], 0) > 1e-4
    assert change(ATTENDING, [196, 60], 0) < 1e-10  # the longest has no padding


ALL = pytest.mark.parametrize("config", [PATCH, MDM, ATTENDING], ids=["patch", "mdm", "mdm, attending"])


def train(batch, config):
    config = TrainConfig(steps=3, batch_size=4, warmup=1, learning_rate=1e-3, model=replace(config, frames=10))
    return fit(None, batch, config, np.random.default_rng(0))


@ALL
def test_a_sample_does_not_depend_on_how_long_the_others_are(config):
    model, drawn = train(toy_batch(), config), []
    for others in (3, 10):
        lengths = [5, others, 13 - others]
        drawn.append(sample(model, ["up"] * 3, lengths, SamplerConfig(steps=3), np.random.default_rng(0), chunk=4)[0])
    assert np.array_equal(*drawn) and drawn[0].any()


@ALL
def test_what_a_batch_holds_beyond_the_ends_is_never_read(config):
    batch = toy_batch()
    features = batch.features.copy()
    features[np.arange(10) >= batch.lengths[:, None]] = 50.0
    models = [train(part, config) for part in (batch, batch.with_features(features))]
    assert all(torch.equal(models[0].weights[key], models[1].weights[key]) for key in models[0].weights)
    features[0, 0] = 50.0
    other = train(batch.with_features(features), config)
    assert not all(torch.equal(other.weights[key], models[0].weights[key]) for key in other.weights)
