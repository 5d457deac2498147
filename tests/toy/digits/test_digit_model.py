"""The digit model: shapes, determinism, resuming bit for bit, storing, refusals; that it learns."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from generative.samplers import SamplerConfig
from toy.digits.batch import ImageBatch
from toy.digits.model import CHUNK, DigitModel, DigitTraining, fit, sample
from toy.digits.network import DigitDenoiser, NetworkConfig

NET = NetworkConfig(channels=8)
TINY = DigitTraining(steps=6, batch_size=8, warmup=2, checkpoint_every=2, network=NET)
FAST = SamplerConfig(steps=3, guidance=1.5)


def small(digits, n=40):
    return digits.train.take(np.arange(n))


def same(a, b):
    return all(torch.equal(a.weights[name], b.weights[name]) for name in a.weights)


@pytest.mark.parametrize("config", [NET, NetworkConfig(size=28, channels=8, halvings=2)])
def test_the_network_keeps_shapes_and_hears_its_conditions(config):
    net, generator = DigitDenoiser(config), torch.Generator().manual_seed(0)
    with torch.no_grad():
        for weight in net.parameters():
            weight.normal_(0, 0.2, generator=generator)
        x = torch.randn(3, 1, config.size, config.size, generator=generator)
        level, digit = torch.full((3,), 500.0), torch.tensor([1, 2, 10])
        out = net(x, level, digit)
        assert out.shape == x.shape
        assert not torch.allclose(net(x, level, torch.tensor([1, 3, 10]))[1], out[1], atol=1e-4)
        assert not torch.allclose(net(x, level + 200, digit), out, atol=1e-4)
        one = net(x[:1], level[:1], digit[:1])
        assert torch.allclose(one, out[:1], atol=1e-4)


@pytest.mark.parametrize("wrong", [{"channels": 6}, {"channels": 0}, {"size": 10, "halvings": 2}, {"halvings": 0}])
def test_sizes_of_the_network_that_cannot_be_are_refused(wrong):
    with pytest.raises(ValueError, match="must be a multiple"):
        NetworkConfig(**wrong)


def test_training_is_a_function_of_its_seed_and_goes_on_after_a_kill(digits, tmp_path):
    data = small(digits)
    whole = fit(None, data, TINY, np.random.default_rng(0))
    assert same(whole, fit(None, data, TINY, np.random.default_rng(0)))
    assert not same(whole, fit(None, data, TINY, np.random.default_rng(1)))

    class Stop(Exception):
        pass

    def stop(stage, done, total):
        raise Stop

    longer = replace(TINY, steps=14)
    expected = fit(None, data, longer, np.random.default_rng(0))
    with pytest.raises(Stop):
        fit(None, data, longer, np.random.default_rng(0), work=tmp_path, report=stop)  # after step 10
    assert len(list(tmp_path.iterdir())) == 1
    assert same(expected, fit(None, data, longer, np.random.default_rng(0), work=tmp_path))
    other = fit(None, data, longer, np.random.default_rng(2), work=tmp_path)
    assert not same(expected, other), "another run's checkpoint is not picked up"


def test_fine_tuning_starts_from_the_previous_model_and_scratch_does_not(digits):
    data = small(digits)
    first = fit(None, data, TINY, np.random.default_rng(0))
    still = replace(TINY, steps=1, learning_rate=1e-12)
    tuned = fit(first, data, still, np.random.default_rng(1))
    assert all(torch.allclose(tuned.weights[name], first.weights[name], atol=1e-8) for name in first.weights)
    assert same(fit(first, data, replace(TINY, start="scratch"), np.random.default_rng(0)), first)


def test_sample_i_does_not_depend_on_how_many_follow(digits):
    model = fit(None, small(digits), TINY, np.random.default_rng(0))
    labels = np.arange(CHUNK + 3) % 10
    many = sample(model, labels, FAST, np.random.default_rng(1))
    few = sample(model, labels[:4], FAST, np.random.default_rng(1))
    assert np.array_equal(many.images[:4], few.images) and np.array_equal(many.labels, labels)
    assert many.images.min() >= 0 and many.images.max() <= 1
    assert len(sample(model, labels[:0], FAST, np.random.default_rng(1))) == 0


def test_a_stored_model_draws_the_same(digits, tmp_path):
    model = fit(None, small(digits), replace(TINY, optimiser="carried"), np.random.default_rng(0))
    model.save(tmp_path)
    again = DigitModel.load(tmp_path)
    labels = np.arange(5)
    assert same(model, again) and again.loss == model.loss
    assert set(again.carried) == set(model.carried)
    one, two = (sample(m, labels, FAST, np.random.default_rng(3)).images for m in (model, again))
    assert np.array_equal(one, two)
    text = (tmp_path / "model.json").read_text().replace('"channels": 8', '"channels": 16')
    (tmp_path / "model.json").write_text(text)
    with pytest.raises(ValueError, match="do not fit"):
        DigitModel.load(tmp_path)


def test_images_that_cannot_be_learned_from_are_refused(digits):
    data = small(digits)
    broken = data.images.copy()
    broken[1, 0, 0] = np.nan
    for batch, text in (
        (ImageBatch(broken, data.labels), "finite images"),
        (data.take([]), "or none"),
        (ImageBatch(np.zeros((4, 12, 12), np.float32), np.zeros(4, np.int64)), "8 pixels wide"),
    ):
        with pytest.raises(ValueError, match=text):
            fit(None, batch, TINY, np.random.default_rng(0))
    first = fit(None, data, TINY, np.random.default_rng(0))
    with pytest.raises(ValueError, match="previous model's size"):
        fit(first, data, replace(TINY, network=NetworkConfig(channels=12)), np.random.default_rng(0))
    with pytest.raises(ValueError, match="carries no optimiser"):
        fit(first, data, replace(TINY, optimiser="carried"), np.random.default_rng(0))


@pytest.mark.slow
def test_it_learns_to_draw_the_digit_it_is_asked_for(digits, good_judge):
    """500 steps: the judge (99 % right on real digits) accepts most; with the labels shuffled one in ten."""
    config = DigitTraining(steps=500, batch_size=64)
    model = fit(None, digits.train, config, np.random.default_rng(0))
    drawn = sample(model, digits.reference.labels, SamplerConfig(steps=8, guidance=1.5), np.random.default_rng(1))
    right = float((good_judge.probability(drawn) >= 0.5).mean())
    wrong = ImageBatch(drawn.images, np.roll(drawn.labels, 1))
    assert right > 0.8
    chance = float((good_judge.probability(wrong) >= 0.5).mean())
    assert chance < 0.1 + 4 * (0.09 / len(drawn)) ** 0.5
