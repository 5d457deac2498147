"""The table of all judges: real motions pass, each planted fault is seen by its own rows, no row stops the table."""

from dataclasses import replace

import numpy as np
import pytest

from motion.batch import MotionBatch
from motion.data.mirror import mirrored
from motion.data.procedural import generate
from motion.experiment.dataset import to_batch
from motion.experiment.evaluate import Truth, evaluate, over_replications

KINDS = ("kick left", "kick right", "wave left", "wave right", "walk", "squat")


def draw(count, seed):
    return to_batch(generate(count, frames=41, seed=seed, kinds=KINDS), np.random.default_rng(seed))


@pytest.fixture(scope="module")
def real():
    return draw(160, 1)


@pytest.fixture(scope="module")
def fresh():
    return draw(80, 2)


def rows(lines):
    return {(line.group, line.row.name): line.row for line in lines}


def test_real_motions_pass(real, fresh):
    found = rows(evaluate(fresh, Truth(real, True, draw(40, 3))))
    assert found["kinematic", "kid"].low < 0 < found["kinematic", "kid"].high
    for name in ("action_by_rules", "side_by_rules"):
        assert found["captions", name].value == found["captions", name].floor == 1
    sided = sum(action.endswith(("left", "right")) for action in fresh.actions)
    assert found["captions", "side_by_rules"].n == (sided,)
    assert found["kinematic", "memorised_share"].low <= 0.05 <= found["kinematic", "memorised_share"].high


def test_the_other_side_is_seen_by_sides_alone(real):
    """Mirror images under the captions of the originals: right action, wrong side, every time."""
    clips = generate(80, frames=41, seed=2, kinds=KINDS)
    turned = [replace(mirrored(clip), captions=clip.captions, action=clip.action) for clip in clips]
    found = rows(evaluate(to_batch(turned, np.random.default_rng(2)), Truth(real, True)))
    assert found["captions", "side_by_rules"].value == 0
    share = np.mean([not clip.action.endswith(("left", "right")) for clip in clips])
    assert found["captions", "action_by_rules"].value == pytest.approx(share)
    assert found["plausibility", "skating"].low < found["plausibility", "skating"].floor_high


def test_copies_and_stillness_are_seen(real, fresh):
    train = draw(80, 4)
    copies = rows(evaluate(train, Truth(real, True, train)))
    assert copies["kinematic", "memorised_share"].value == 1 and copies["kinematic", "c_t"].high < -5
    still = fresh.take([0] * 80)
    found = rows(evaluate(still, Truth(real, True)))
    assert found["kinematic", "diversity"].high < found["kinematic", "diversity"].floor_low
    assert found["captions", "action_by_neighbours"].value == 1, "copies of one real motion under its own caption"


def test_captions_of_others_are_seen(real, fresh):
    order = np.random.default_rng(0).permutation(len(fresh))
    wrong = MotionBatch(
        fresh.features, fresh.lengths, tuple(fresh.captions[i] for i in order), tuple(fresh.actions[i] for i in order),
        fresh.ids,
    )  # fmt: skip
    found = rows(evaluate(wrong, Truth(real, True)))
    for name in ("action_by_rules", "action_by_neighbours"):
        # By chance 1/6 agree; the bound is 5 standard errors over that.
        assert found["captions", name].value < 1 / 6 + 5 * np.sqrt(5 / 36 / 80)


class Words:
    """A stand-in for a learned evaluator that knows everything: actions as corners of a simplex, slightly blurred."""

    dim = len(KINDS)

    def __init__(self):
        self.said = {}

    def motions(self, batch):
        self.said |= dict(zip(batch.captions, batch.actions, strict=True))
        return self._corners(batch.actions) + 0.05 * batch.features[:, 1, : self.dim].astype(float)

    def captions(self, captions):
        return self._corners([self.said[caption] for caption in captions])

    def describe(self):
        return {"name": "words"}

    def _corners(self, actions):
        return np.eye(self.dim)[[KINDS.index(action) for action in actions]]


def test_any_embedder_is_taken(real, fresh):
    embedder = Words()
    embedder.motions(real), embedder.motions(fresh)
    found = rows(evaluate(fresh, Truth(real), repeats=[fresh.take([i] * 3) for i in range(4)], embedder=embedder))
    top = found["learned", "r_precision_3"]
    # It knows one of six actions, of which a pool of 32 holds five: three of them are found first.
    assert top.low < 3 / 5 < top.high and found["learned", "fid"].d == len(KINDS)
    assert found["learned", "multimodality"].value == 0, "one motion three times"
    assert ("captions", "action_by_rules") not in found


def test_too_few_and_unknown_are_rows(real, fresh):
    nameless = MotionBatch(fresh.features, fresh.lengths, fresh.captions, ("",) * len(fresh), fresh.ids)
    for samples, truth in ((fresh.take([0, 1]), real), (fresh, real.take([0, 1])), (nameless, real)):
        lines = evaluate(samples, Truth(truth, True, real))
        assert any(line.row.note.startswith("not measured") for line in lines)
        for line in lines:
            assert line.to_json()["note"] or np.isfinite(line.row.value)
    with pytest.raises(ValueError, match="at least 2 samples, got 1"):
        evaluate(fresh.take([0]), Truth(real))


def test_replications_are_means_with_the_interval_of_the_field(real):
    draws = [evaluate(draw(40, seed), Truth(real, True)) for seed in (5, 6, 7)]
    values = np.array([rows(one)["plausibility", "jerk"].value for one in draws])
    together = rows(over_replications(draws))
    jerk = together["plausibility", "jerk"]
    half = 1.96 * values.std() / np.sqrt(3)
    assert (jerk.low, jerk.value, jerk.high) == pytest.approx(
        (values.mean() - half, values.mean(), values.mean() + half)
    )
    same = together["captions", "action_by_rules"]
    assert same.low < 1, "three times all right is no proof of always"
    assert over_replications(draws[:1]) is draws[0]
