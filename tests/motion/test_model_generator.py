"""Denoiser, training and sampling: masks, determinism, resuming, storing, refusals."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from toy_motions import toy_batch

from generative.samplers import SamplerConfig
from motion.features.normaliser import Normaliser
from motion.model.denoiser import Denoiser, ModelConfig
from motion.model.generator import CHUNK, MotionModel, fit, sample
from motion.model.training import TrainConfig
from motion.text.words import Tokens

SIZE = ModelConfig(width=16, layers=1, heads=2, frames=10, vocabulary=64)
TINY = TrainConfig(steps=6, batch_size=4, warmup=2, checkpoint_every=2, model=SIZE)
FAST = SamplerConfig(steps=3)

pytestmark = pytest.mark.usefixtures("one_thread")


def train(config=TINY, previous=None, seed=0, **kwargs):
    return fit(previous, toy_batch(), config, np.random.default_rng(seed), **kwargs)


def same(a, b):
    return all(torch.equal(a.weights[name], b.weights[name]) for name in a.weights)


def a_net(seed=0):
    """A denoiser none of whose weights are zero."""
    net = Denoiser(SIZE)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in net.parameters():
            weight.normal_(0, 0.2, generator=generator)
    return net.eval()


def forward(net, x, frames, values, mask, dropped=(False,)):
    dropped = torch.tensor(dropped)
    with torch.no_grad():
        return net(x, torch.full((len(x),), 300.0), net.memory(values, mask, dropped), frames)


def test_padding_of_motions_and_captions_changes_nothing():
    net, generator = a_net(), torch.Generator().manual_seed(1)
    x = torch.randn(1, 3, 4 * 263, generator=generator)
    frames = torch.ones(1, 3, 4)
    frames[0, 2] = 0
    values, mask = torch.randint(64, (1, 5, 2), generator=generator), torch.tensor([[True, True, True, False, False]])
    base = forward(net, x, frames, values, mask)
    other_x, other_values = x.clone(), values.clone()
    other_x[0, 2] = 9.0
    other_values[0, 3:] = 7
    assert torch.equal(forward(net, other_x, frames, values, mask)[:, :2], base[:, :2])
    assert torch.equal(forward(net, x, frames, other_values, mask), base)
    seen = forward(net, other_x, torch.ones(1, 3, 4), values, mask)
    assert not torch.allclose(seen[:, :2], base[:, :2], atol=1e-3)  # without the mask it would change
    shorter = forward(net, x[:, :2], frames[:, :2], values[:, :3], mask[:, :3])
    assert torch.allclose(shorter, base[:, :2], atol=1e-5)


def test_the_caption_its_order_and_its_absence_are_seen():
    net, generator = a_net(), torch.Generator().manual_seed(2)
    x, frames = torch.randn(1, 3, 4 * 263, generator=generator), torch.ones(1, 3, 4)
    values, mask = torch.tensor([[[1, 40], [2, 41], [3, 42]]]), torch.ones(1, 3, dtype=torch.bool)
    base = forward(net, x, frames, values, mask)
    swapped = forward(net, x, frames, values[:, [1, 0, 2]], mask)
    none = forward(net, x, frames, values, mask, (True,))
    assert not torch.allclose(base, swapped, atol=1e-4) and not torch.allclose(base, none, atol=1e-4)
    assert torch.equal(none, forward(net, x, frames, values[:, [2, 2, 2]], mask, (True,)))


def test_an_untrained_model_returns_the_mean_motion():
    net = Denoiser(SIZE)
    net.initialise(torch.Generator().manual_seed(0))
    x = torch.randn(2, 3, 4 * 263)
    out = net(x, torch.zeros(2), net.memory(torch.ones(2, 2, 2).long(), torch.ones(2, 2).bool(), torch.zeros(2).bool()),
              torch.ones(2, 3, 4))  # fmt: skip
    assert not out.any()


@pytest.mark.parametrize("smoothness", [0.0, 2.0])
def test_the_written_out_gradient_is_that_of_the_stated_loss(smoothness):
    from motion.model import training
    from motion.model.generator import _training_set

    batch = toy_batch()
    data = _training_set(batch, Normaliser.fit(batch), SIZE, None)
    index, dropped = torch.arange(4), torch.tensor([True, False, False, False])
    level, noise = torch.tensor([10, 300, 700, 999]), torch.randn(4, 3, 4 * 263)
    net = a_net()
    chosen = training.Batch(*(part[index] for part in data.parts), level, dropped)
    loss = training._gradients(net, chosen, noise.clone(), smoothness)
    got = [weight.grad.clone() for weight in net.parameters()]
    net.zero_grad()
    alpha, sigma = training.noise_scales(level)
    valid = data.frames[index].reshape(4, 12, 1)
    clean = data.clean[index].view(4, 12, 263)
    noisy = alpha[:, None, None] * clean + sigma[:, None, None] * noise.view(4, 12, 263) * valid
    memory = net.memory(data.values[index], data.mask[index], dropped)
    guess = net(noisy.view(4, 3, -1), level.float(), memory, data.frames[index]).view(4, 12, 263)
    error = (guess - clean) * valid
    count = batch.lengths[:4, None, None] * 263
    plain = ((error**2).sum(dim=(1, 2), keepdim=True) / torch.from_numpy(count)).mean()
    change = torch.diff(error, dim=1) * valid[:, 1:]
    total = plain + smoothness * ((change**2).sum(dim=(1, 2), keepdim=True) / torch.from_numpy(count)).mean()
    total.backward()
    assert np.isclose(loss, plain.item(), rtol=1e-5)
    for a, weight in zip(got, net.parameters(), strict=True):
        assert torch.allclose(a, weight.grad.float(), rtol=1e-3, atol=1e-5)


def test_neighbouring_patches_are_cross_faded():
    net = a_net()
    constant = torch.ones(1, 3, 8 * 263)
    frames = torch.ones(1, 3, 4)
    assert torch.allclose(net._cross_fade(constant, frames), torch.ones(1, 3, 4 * 263))  # the weights add up to one
    levels = torch.tensor([0.0, 1.0, 10.0]).view(1, 3, 1) * constant
    got = net._cross_fade(levels, frames).view(12, 263)[:, 5]
    ramp = [0, 0, 0.125, 0.375, 0.625, 0.875, 1 + 9 * 0.125, 1 + 9 * 0.375, 1 + 9 * 0.625, 1 + 9 * 0.875, 10, 10]
    assert torch.allclose(got, torch.tensor(ramp))
    frames[0, 2] = 0  # a padded neighbour has no say
    assert torch.allclose(net._cross_fade(levels, frames).view(12, 263)[4:8, 5], torch.tensor([0.625, 0.875, 1.0, 1.0]))
    for patch in (1, 2, 3):
        odd = Denoiser(replace(SIZE, patch=patch))
        out = odd._cross_fade(torch.ones(2, 5, len(odd.window) * 263), torch.ones(2, 5, patch))
        assert out.shape == (2, 5, patch * 263) and torch.allclose(out, torch.ones_like(out))


def test_training_is_a_function_of_data_config_and_seed():
    before = torch.get_rng_state().clone()
    a, b, c = train(), train(), train(seed=1)
    assert same(a, b) and a.loss == b.loss and not same(a, c)
    assert torch.equal(torch.get_rng_state(), before)  # the global generator is left alone
    torch.manual_seed(5)
    assert same(a, train())


class Killed(Exception):
    pass


@pytest.mark.parametrize("optimiser", ["fresh", "carried"])
def test_a_killed_training_continues_bit_for_bit(tmp_path, optimiser, monkeypatch):
    from motion.model import training

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
    assert len(list(tmp_path.iterdir())) == 1
    with monkeypatch.context() as patch:
        calls.clear()
        patch.setattr(training, "_gradients", lambda *args: calls.append(1) or plain(*args))
        resumed = train(config, previous=first, seed=3, work=tmp_path)
    assert len(calls) == 3  # steps 4, 5, 6: the checkpoint of step 4 was used
    assert same(whole, resumed) and whole.loss == resumed.loss
    other = train(config, previous=first, seed=4, work=tmp_path)
    assert same(other, train(config, previous=first, seed=4))  # another run's checkpoint is not picked up


def test_fine_tuning_starts_where_the_model_samples_and_scratch_does_not(monkeypatch):
    first = train()
    still = replace(TINY, steps=1, learning_rate=1e-12)
    tuned = train(still, previous=first)
    assert all(torch.allclose(tuned.weights[k], first.weights[k], atol=1e-8) for k in first.weights)
    assert np.array_equal(tuned.normaliser.mean, first.normaliser.mean)
    assert same(train(replace(TINY, start="scratch"), previous=first), first)


def test_a_carried_optimiser_goes_on():
    config = replace(TINY, optimiser="carried")
    first = train(config)
    assert first.carried is not None and set(first.carried) == {"weights", "step", "exp_avg", "exp_avg_sq"}
    assert float(first.carried["step"]["leave.bias"]) == 6
    second = train(config, previous=first, seed=1)
    assert float(second.carried["step"]["leave.bias"]) == 12
    assert not same(second, train(replace(config, optimiser="fresh"), previous=first, seed=1))
    with pytest.raises(ValueError, match="carries no optimiser"):
        train(config, previous=train())


@pytest.mark.parametrize("optimiser", ["fresh", "carried"])
def test_saved_models_come_back_bit_for_bit(tmp_path, optimiser):
    model = train(replace(TINY, optimiser=optimiser))
    model.save(tmp_path)
    again = MotionModel.load(tmp_path)
    assert same(model, again) and again.config == SIZE and again.loss == model.loss
    assert (again.carried is None) == (optimiser == "fresh")
    a, b = (sample(m, ["go up"], [8], FAST, np.random.default_rng(0)) for m in (model, again))
    assert np.array_equal(a, b)
    config = replace(TINY, optimiser=optimiser)
    assert same(train(config, previous=model, seed=2), train(config, previous=again, seed=2))


@pytest.mark.parametrize("guidance", [1.0, 2.0])
@pytest.mark.parametrize("solver", ["dpm++2m", "ddpm"])
def test_a_sample_does_not_depend_on_how_many_follow(guidance, solver):
    model = train()
    config = SamplerConfig(steps=3, guidance=guidance, solver=solver)
    captions, lengths = (
        [f"someone goes {'up' if i % 3 else 'down'}" for i in range(CHUNK + 6)],
        np.arange(CHUNK + 6) % 10 + 1,
    )
    many = sample(model, captions, lengths, config, np.random.default_rng(7))
    assert many.shape == (CHUNK + 6, 10, 263) and many.dtype == np.float32
    for n in (1, 5, CHUNK + 1):
        assert np.array_equal(sample(model, captions[:n], lengths[:n], config, np.random.default_rng(7)), many[:n])
    assert not many[np.arange(10) >= lengths[:, None]].any()
    assert np.all(np.abs(many[np.arange(10) < lengths[:, None]]).sum(axis=1) > 0)
    assert sample(model, [], [], config, np.random.default_rng(7)).shape == (0, 10, 263)
    swapped = sample(model, captions[:2], lengths[:2][::-1], config, np.random.default_rng(7))
    assert not np.array_equal(swapped, many[:2])


def test_guidance_one_is_the_model_itself_and_others_are_not():
    model = train(replace(TINY, steps=30, learning_rate=0.01))
    draw = lambda g: sample(model, ["goes up"], [10], replace(FAST, guidance=g), np.random.default_rng(0))  # noqa: E731
    assert np.allclose(draw(1.0), draw(1.0 + 1e-6), atol=1e-3) and not np.allclose(draw(1.0), draw(3.0), atol=1e-3)


def test_progress_is_reported(tmp_path):
    told = []
    model = train(report=lambda *args: told.append(args))
    sample(model, ["up"] * 70, [5] * 70, FAST, np.random.default_rng(0), lambda *args: told.append(args))
    assert told == [("train", 6, 6), ("sample", 64, 70), ("sample", 70, 70)]


class States:
    """A frozen encoder that gives float states."""

    vocabulary, dim = 0, 7

    def encode(self, captions):
        values = np.stack([np.full((3, 7), len(c), np.float32) for c in captions])
        return Tokens(values, np.ones(values.shape[:2], bool))


def test_an_encoder_with_float_states_fits_the_same_face():
    size = replace(SIZE, vocabulary=0, text_dim=7)
    model = train(replace(TINY, model=size), encoder=States())
    assert sample(model, ["up"], [4], FAST, np.random.default_rng(0), encoder=States()).shape == (1, 10, 263)
    with pytest.raises(ValueError, match="text encoder gives vocabulary"):
        train(encoder=States())


def test_mistakes_are_refused():
    batch, rng = toy_batch(), np.random.default_rng(0)
    for previous, data, config, text in (
        (None, batch.take([]), TINY, "at least one motion"),
        (None, batch, replace(TINY, model=replace(SIZE, frames=4)), "1 to 4 frames long"),
        (train(), batch, replace(TINY, model=replace(SIZE, width=32)), "previous model's size"),
        (None, batch.with_features(batch.features * np.float32(np.nan)), TINY, "finite"),
    ):
        with pytest.raises(ValueError, match=text):
            fit(previous, data, config, rng)
    model = train()
    for captions, lengths, text in (
        (["a"], [11], "1 to 10"),
        (["a"], [0], "1 to 10"),
        (["a"], [3, 4], "one entry per"),
    ):
        with pytest.raises(ValueError, match=text):
            sample(model, captions, lengths, FAST, rng)
    for field, value in (
        ("steps", 0),
        ("ema", 1.0),
        ("learning_rate", 0.0),
        ("schedule", "step"),
        ("smoothness", -1.0),
    ):
        with pytest.raises(ValueError, match=field):
            replace(TINY, **{field: value})
    with pytest.raises(ValueError, match="nothing to carry"):
        replace(TINY, start="scratch", optimiser="carried")
    for field, value in (("width", 10), ("layers", 0), ("text_dim", 5)):
        with pytest.raises(ValueError, match=field):
            replace(SIZE, **{field: value})
