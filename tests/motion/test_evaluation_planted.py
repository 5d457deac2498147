"""Planted faults: each does what it says, and is seen; faultless motions are seen as often as chance has it."""

import numpy as np
import pytest
import torch

from motion.data.mirror import mirrored
from motion.data.procedural import generate
from motion.evaluation.planted import NEARLY, PLANTED, SLOWER
from motion.evaluation.text_motion_training import EvaluatorConfig, train_evaluator
from motion.experiment.dataset import to_batch
from motion.experiment.fault_table import COPIES, MISSING, SHUFFLED, deal_of, fault_table
from motion.features.hml263 import decode, encode
from motion.plausibility import bone_variation

pytestmark = pytest.mark.usefixtures("one_thread")
KINDS = (
    "walk", "run", "jump", "squat", "bow", "kick left", "kick right", "wave left", "wave right", "raise arms",
    "side step left", "punch right",
)  # fmt: skip


def drawn(n, seed, frames=40, kinds=KINDS):
    return to_batch(generate(n, frames=frames + 1, seed=seed, kinds=kinds), np.random.default_rng(seed))


def planted(name, batch, seed=0):
    fault = next(one for one in (*PLANTED, NEARLY) if one.name == name)
    return fault(batch, np.random.default_rng(seed))


def test_shrinking_takes_a_tenth_of_the_variance_about_each_action():
    batch = drawn(96, 1)
    before, after = decode(batch.features), decode(planted("variance shrunk", batch).features)
    labels = np.array(batch.actions)
    for action in ("bow", "raise arms"):  # hardly turning: the features' own heading stays
        same = labels == action
        ratio = after[same].var(axis=0).sum() / before[same].var(axis=0).sum()
        assert ratio == pytest.approx(0.9, abs=0.02), action
    assert bone_variation(after.astype(float), np.ones(after.shape[:2], bool)).max() < 1e-4


def test_mirroring_is_that_of_the_data_and_keeps_the_captions():
    clips = generate(12, frames=41, seed=1, kinds=KINDS)
    batch = to_batch(clips, np.random.default_rng(1))
    seen = planted("sides mirrored", batch)
    want = encode(np.stack([mirrored(clip).joints for clip in clips]), floor="given")
    assert np.allclose(seen.features[..., :67], want[..., :67], atol=1e-4) and seen.captions == batch.captions


def test_slower_motions_are_where_the_others_were_a_tenth_earlier():
    batch = drawn(12, 1, kinds=("walk", "run"))
    before, after = decode(batch.features)[:, :, 0], decode(planted("slower", batch).features)[:, :, 0]
    at = SLOWER * np.arange(40)
    low = np.floor(at).astype(int)
    between = before[:, low] + (at - low)[:, None] * (before[:, np.minimum(low + 1, 39)] - before[:, low])
    assert np.abs(after - between).max() < 0.01 < np.abs(after - before).max()


def test_jitter_has_its_size():
    batch = drawn(24, 1)
    for name, size in (("jitter", 0.01), (NEARLY.name, 0.001)):
        away = (decode(planted(name, batch).features) - decode(batch.features))[:, :, 1:, 1]  # heights: no heading
        assert away.std() == pytest.approx(size, rel=0.05)


def test_sets_are_dealt_apart():
    batch = drawn(96, 1)
    deal = deal_of(batch, 24, np.random.default_rng(0), without="run")
    rows = np.concatenate([deal.samples, deal.held_out, deal.training])
    assert len(set(rows)) == 72 and not {batch.actions[i] for i in deal.samples} & {"run"}
    count = {action: [batch.actions[i] for i in deal.held_out].count(action) for action in KINDS}
    assert set(count.values()) == {2}
    with pytest.raises(ValueError, match="9 motions of each action"):
        deal_of(batch, 36, np.random.default_rng(0))
    with pytest.raises(ValueError, match="multiple of the 12 actions, got 33; take 24"):
        deal_of(batch, 33, np.random.default_rng(0))
    mixed = batch.take([0, 1])
    mixed.lengths[0] = 30
    with pytest.raises(ValueError, match="one length"):
        planted("jitter", mixed)


@pytest.mark.slow
def test_every_planted_fault_is_caught_and_faultless_motions_are_not():
    """Range: of 199 faultless replications, so a further one lies outside in 1 of 100, for each measure.

    False alarms: mean share over 100 further sets, whose measures go together, so the error is taken between sets. The
    limits of the range are shared by all of them: a measure's chance to be outside scatters with them, as a beta
    distribution with mean 0.01 and deviation 0.007 (two of 200 gaps), less over many measures. 0.01 + 0.007 + 4 se.
    """
    torch.set_num_threads(1)
    evaluator = train_evaluator(drawn(900, 11), EvaluatorConfig(steps=300))
    table = fault_table(drawn(1152, 12), evaluator, 288, missing="wave right", nulls=100)
    expected = {
        "variance shrunk": {"skating"}, "sides mirrored": {"r_precision_1", "kinematic_action", "rule_side"},
        "slower": {"matching_distance", "skating", "jerk"}, "jitter": {"jerk", "fid", "kid", "recall"},
        NEARLY.name: {"memorised_share", "c_t", "kinematic_c_t"},
        COPIES: {"memorised_share", "c_t", "kinematic_memorised", "kinematic_c_t"}, MISSING: {"kinematic_frechet"},
        SHUFFLED: {"r_precision_1", "r_precision_3", "matching_distance", "rule_action"},
    }  # fmt: skip
    assert set(table.values) == set(expected)
    for fault, measures in expected.items():
        assert measures <= set(table.caught_by(fault)), (fault, table.caught_by(fault))
    blind = {"fid", "kid", "precision", "recall", "jerk"}
    assert not blind & set(table.caught_by(SHUFFLED)), table.caught_by(SHUFFLED)  # the motions are real
    alarms = table.outside(table.null).mean(axis=1)
    se = alarms.std(ddof=1) / np.sqrt(len(alarms))
    assert table.rate == 0.01 and alarms.mean() < 0.017 + 4 * se, (alarms.mean(), se)
