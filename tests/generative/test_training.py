"""The training loop: resuming bit for bit, carrying the optimiser, refusals, a disk that is full."""

import errno
import os
from dataclasses import replace

import pytest
import torch
from torch import nn

from generative.training import OptimiserConfig, averaged, carry, new_state, read_checkpoint, train, write_checkpoint

TINY = OptimiserConfig(steps=8, batch_size=4, warmup=2, checkpoint_every=2)


def gradients(net, generator):
    """y = 2 x from noisy points; draws from the generator alone."""
    x = torch.randn(TINY.batch_size, 1, generator=generator)
    loss = ((net(x) - 2 * x) ** 2).mean()
    loss.backward()
    return float(loss.detach())


def fresh(config=TINY, seed=0, **kwargs):
    net = nn.Linear(1, 1)
    with torch.no_grad():
        net.weight.zero_(), net.bias.zero_()
    return new_state(net, config, torch.Generator().manual_seed(seed), **kwargs)


def same(a, b):
    return all(torch.equal(x, y) for x, y in zip(averaged(a).values(), averaged(b).values(), strict=True))


def test_it_learns_and_the_average_lags():
    config = replace(TINY, steps=400, learning_rate=0.05, ema=0.9)
    state = train(fresh(config), gradients, config)
    assert abs(float(averaged(state)["weight"]) - 2) < 0.02
    early = train(fresh(replace(config, steps=20)), gradients, replace(config, steps=20))
    assert float(averaged(early)["weight"]) < float(early.net.weight.detach())


@pytest.mark.parametrize("stop", [2, 4, 6])
def test_a_killed_run_goes_on_bit_for_bit(tmp_path, stop):
    whole = train(fresh(), gradients, TINY)
    path = tmp_path / "c.pt"

    def killed(net, generator):
        if state.step == stop:
            raise KeyboardInterrupt
        return gradients(net, generator)

    state = fresh()
    with pytest.raises(KeyboardInterrupt):
        train(state, killed, TINY, checkpoint=path)
    resumed = train(read_checkpoint(path, fresh(seed=9)), gradients, TINY, checkpoint=path)
    assert same(whole, resumed) and resumed.loss == whole.loss
    assert not same(whole, train(fresh(seed=9), gradients, TINY))  # another seed differs


class Hears:
    """A listener that stops training at a step, as a user would."""

    def __init__(self, last):
        self.told, self.last = [], last

    def numbers(self, stage, values):
        self.told.append((stage, dict(values)))

    def __call__(self, stage, done, total):
        if done == self.last:
            raise KeyboardInterrupt


def test_listeners_hear_the_loss_and_may_stop_between_two_steps(tmp_path):
    """What is raised there leaves a checkpoint of that very step; a plain function hears steps alone."""
    config = replace(TINY, steps=40, checkpoint_every=1000)
    steps = []
    whole = train(fresh(config), gradients, config, report=lambda *told: steps.append(told))
    assert steps == [("train", step, 40) for step in (10, 20, 30, 40)]
    ear, place = Hears(20), tmp_path / "state.pt"
    with pytest.raises(KeyboardInterrupt):
        train(fresh(config), gradients, config, checkpoint=place, report=ear)
    assert [stage for stage, _ in ear.told] == ["train"] * 2
    state = read_checkpoint(place, fresh(config))
    assert state.step == 20 and ear.told[-1][1] == {"loss": state.loss}
    assert same(train(state, gradients, config), whole)


def test_a_carried_optimiser_is_not_a_fresh_one():
    first = train(fresh(), gradients, TINY)
    carried, start = carry(first), averaged(first)
    on = train(fresh(seed=1, weights=start, carried=carried), gradients, TINY)
    assert float(on.optimiser.state_dict()["state"][0]["step"]) == 2 * TINY.steps
    assert not same(on, train(fresh(seed=1, weights=start), gradients, TINY))


def test_a_checkpoint_that_cannot_be_written_leaves_the_old_one(tmp_path, monkeypatch):
    path = tmp_path / "c.pt"
    write_checkpoint(path, fresh())
    old = path.read_bytes()

    def full_disk(handle):
        raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(OSError, match="no space"):
        write_checkpoint(path, train(fresh(), gradients, TINY))
    assert list(tmp_path.iterdir()) == [path] and path.read_bytes() == old


def test_divergence_is_told():
    with pytest.raises(ValueError, match="diverged at step 0"):
        train(fresh(), lambda net, generator: float("nan"), TINY)


@pytest.mark.parametrize(
    "wrong",
    [{"steps": 0}, {"clip": 0.0}, {"learning_rate": float("nan")}, {"ema": 1.0}, {"schedule": "linear"},
     {"start": "warm"}, {"start": "scratch", "optimiser": "carried"}],
)  # fmt: skip
def test_bad_settings_are_refused(wrong):
    with pytest.raises(ValueError, match=next(reversed(wrong))):
        OptimiserConfig(**wrong)
