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


def test_without_an_average_samples_come_from_the_last_weights(tmp_path):
    averaging = replace(TINY, schedule="constant")
    config, path = replace(averaging, ema=0.0), tmp_path / "c.pt"
    state = train(fresh(config), gradients, config, checkpoint=path)
    assert state.average is None and torch.load(path, weights_only=True)["average"] is None
    assert all(torch.equal(averaged(state)[name], weight) for name, weight in state.net.named_parameters())
    assert averaged(state)["weight"].data_ptr() != state.net.weight.data_ptr()  # a copy, that later steps leave alone
    with_one = train(fresh(averaging), gradients, averaging)
    assert torch.equal(with_one.net.weight, state.net.weight)  # the average has no say in training
    assert not torch.equal(averaged(with_one)["weight"], averaged(state)["weight"])
    early = replace(config, steps=4)
    train(fresh(early), gradients, early, checkpoint=path)
    resumed = train(read_checkpoint(path, fresh(config, seed=9)), gradients, config)
    assert resumed.average is None and same(resumed, state)


def test_the_gradient_is_clipped_to_its_largest_norm_or_left_alone():
    def norm_after(clip, scale):
        norms = []
        config = replace(TINY, steps=1, clip=clip)

        def steep(net, generator):
            loss = scale * gradients(net, generator)
            for weight in net.parameters():
                weight.grad *= scale
            return loss

        state = fresh(config)
        step = state.optimiser.step
        state.optimiser.step = lambda: (
            norms.append(float(torch.cat([weight.grad.flatten() for weight in state.net.parameters()]).norm()))
            or step()
        )
        train(state, steep, config)
        return norms[0]

    free = norm_after(float("inf"), 1.0)
    assert norm_after(0.5, 1.0) == pytest.approx(min(0.5, free), rel=1e-5)
    assert norm_after(float("inf"), 100.0) == pytest.approx(100 * free, rel=1e-5)
    assert norm_after(1e9, 1.0) == pytest.approx(free, rel=1e-6)


def test_a_checkpoint_says_whose_run_it_is(tmp_path):
    path = tmp_path / "c.pt"
    train(fresh(about={"size": 3}), gradients, TINY, checkpoint=path)
    read_checkpoint(path, fresh(about={"size": 3}))
    with pytest.raises(ValueError, match="another training run \\(size: started with 3, now 4\\)"):
        read_checkpoint(path, fresh(about={"size": 4}))
    with pytest.raises(FileNotFoundError):
        read_checkpoint(tmp_path / "none.pt", fresh())
    old = torch.load(path, weights_only=True)
    del old["about"]  # as it was before it was stored
    torch.save(old, path)
    assert read_checkpoint(path, fresh(about={"size": 4})).step == TINY.steps


def test_divergence_is_told():
    with pytest.raises(ValueError, match="diverged at step 0"):
        train(fresh(), lambda net, generator: float("nan"), TINY)


@pytest.mark.parametrize(
    "wrong",
    [{"steps": 0}, {"clip": 0.0}, {"learning_rate": float("nan")}, {"clip": float("nan")}, {"ema": 1.0},
     {"schedule": "linear"}, {"start": "warm"}, {"start": "scratch", "optimiser": "carried"}],
)  # fmt: skip
def test_bad_settings_are_refused(wrong):
    with pytest.raises(ValueError, match=next(reversed(wrong))):
        OptimiserConfig(**wrong)
