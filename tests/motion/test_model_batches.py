"""Epochs and stretches: HumanML3D's batches."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from toy_motions import toy_batch

from motion.features.normaliser import Normaliser
from motion.model import batches, training
from motion.model.batches import cropped, epochs, stretches
from motion.model.denoiser import ModelConfig
from motion.model.generator import _training_set, fit
from motion.model.training import TrainConfig

PATCH = ModelConfig(width=16, layers=1, heads=2, frames=10, vocabulary=32, text_tokens=4)
TINY = TrainConfig(steps=7, batch_size=4, batches="epochs", crops=True, checkpoint_every=3, model=PATCH)


def test_an_epoch_shows_every_motion_once_but_for_what_fills_no_batch():
    rows = epochs(10, 4, seed=0)
    for epoch in range(5):
        seen = torch.cat([rows(2 * epoch), rows(2 * epoch + 1)])
        assert len(set(seen.tolist())) == 8
    assert torch.equal(rows(3), epochs(10, 4, seed=0)(3)), "whatever was asked for before"
    assert not torch.equal(rows(0), rows(2)) and not torch.equal(rows(0), epochs(10, 4, seed=1)(0))


def test_stretches_are_whole_units_anywhere_in_the_motion():
    frames = (torch.arange(200) < torch.tensor([40, 43, 199, 3])[:, None]).float().unsqueeze(2)
    drawn = [stretches(frames, torch.Generator().manual_seed(i)) for i in range(600)]
    first, taken = (torch.stack([one[k] for one in drawn]) for k in (0, 1))
    assert [set(column.tolist()) for column in taken.T] == [{40, 36}, {40, 36}, {196, 192}, {3}]
    shorter = (taken[:, 0] == 36).double().mean()
    assert abs(float(shorter) - 1 / 3) < 5 * (2 / 9 / 600) ** 0.5
    assert (first + taken <= torch.tensor([40, 43, 199, 3])).all()
    whole = taken[:, 1] == 40
    assert set(first[whole, 1].tolist()) == {0, 1, 2, 3}, "both ends of the motion are reached"


@pytest.mark.parametrize("patch", [1, 4])
def test_a_stretch_is_moved_to_the_beginning_and_nothing_else_is_seen(patch):
    clean = torch.arange(12.0)[:, None].expand(12, 263).reshape(1, 12 // patch, -1).repeat(2, 1, 1)
    frames = torch.ones(2, 12 // patch, patch)
    got, kept = cropped(clean, frames, torch.tensor([3, 0]), torch.tensor([8, 4]))
    assert got.view(2, 12, 263)[:, :, 7].tolist() == [[*range(3, 11), 0, 0, 0, 0], [0, 1, 2, 3, *[0] * 8]]
    assert kept.flatten(1).sum(dim=1).tolist() == [8, 4]


def test_all_captions_of_a_motion_are_trained_on():
    """Each as often as the others; a motion's own only."""
    batch = toy_batch()
    said = [(f"up {i}", f"down {i}", f"left {i}")[: 1 + i % 3] for i in range(len(batch))]
    data = _training_set(batch, Normaliser.fit(batch), PATCH, None, said)
    generator = torch.Generator().manual_seed(0)
    texts = [text for own in said for text in own]
    rows = torch.stack([data.captions_of(torch.arange(len(batch)), generator) for _ in range(600)])
    for i, own in enumerate(said):
        counts = {texts[row]: int((rows[:, i] == row).sum()) for row in rows[:, i].unique().tolist()}
        assert set(counts) == set(own)
        assert all(abs(n - 600 / len(own)) < 5 * (600 / len(own)) ** 0.5 for n in counts.values())


@pytest.mark.usefixtures("one_thread")
def test_a_killed_training_in_epochs_goes_on_to_the_same_bits(tmp_path):
    config = TINY
    batch = toy_batch()
    whole = fit(None, batch, config, np.random.default_rng(0))

    class Stopped(Exception):
        pass

    plain, calls = batches.cropped, []

    def dying(*args):
        calls.append(1)
        if len(calls) == 5:
            raise Stopped
        return plain(*args)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "cropped", dying)
        with pytest.raises(Stopped):
            fit(None, batch, config, np.random.default_rng(0), work=tmp_path)
    assert list(tmp_path.glob("training-*.pt"))
    again = fit(None, batch, config, np.random.default_rng(0), work=tmp_path)
    assert all(torch.equal(again.weights[key], whole.weights[key]) for key in whole.weights)
    other = fit(None, batch, replace(config, batches="drawn"), np.random.default_rng(0))
    assert any(not torch.equal(other.weights[key], whole.weights[key]) for key in whole.weights)
