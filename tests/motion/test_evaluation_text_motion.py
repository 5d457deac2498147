"""Our text-motion evaluator: rows that depend on nothing else, mirror images, training that can be killed, files."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from generative.distances import frechet
from generative.judges import text_match
from loop import files
from motion.batch import MotionBatch
from motion.data.mirror import mirrored, swap_sides
from motion.data.procedural import generate
from motion.evaluation.embedder import chunks
from motion.evaluation.judging import judge_as_t2m, judge_motions
from motion.evaluation.sayings import Sayings
from motion.evaluation.text_motion import TextMotionEvaluator
from motion.evaluation.text_motion_networks import MotionNetwork, NetworkSize, told_back
from motion.evaluation.text_motion_training import EvaluatorConfig, train_evaluator
from motion.experiment.dataset import to_batch
from motion.features import core67
from motion.text.words import Tokens

pytestmark = pytest.mark.usefixtures("one_thread")
TINY = EvaluatorConfig(steps=4, batch_size=8, width=16, blocks=1, dim=8, warmup=2)


def drawn(n, seed, frames=40, kinds=None):
    return to_batch(generate(n, frames=frames + 1, seed=seed, kinds=kinds), np.random.default_rng(seed))


@pytest.fixture(scope="module")
def tiny():
    torch.set_num_threads(1)
    return train_evaluator(drawn(24, 3), TINY)


def shortened(batch, lengths, frames=None):
    """The same motions cut to `lengths`, padded to `frames` with what must not be read."""
    lengths = np.asarray(lengths)
    features = np.full((len(batch), frames or batch.features.shape[1], 263), np.nan, np.float32)
    for row, one, length in zip(features, batch.features, lengths, strict=True):
        row[:length] = one[:length]
    return MotionBatch(features, lengths, batch.captions, batch.actions, batch.ids)


def test_mirrored_rows_are_those_of_the_mirrored_joints_to_the_bit():
    clips = generate(34, frames=41, seed=8)
    rows, seen = (core67.encode(np.stack([c.joints for c in some]), floor="given")
                  for some in (clips, [mirrored(c) for c in clips]))  # fmt: skip
    assert np.array_equal(core67.mirrored(rows), seen) and not np.array_equal(rows, seen)
    assert np.array_equal(core67.mirrored(core67.mirrored(rows)), rows)


def test_a_row_depends_on_its_own_motion_and_caption_alone(tiny):
    """To the last bit: other mates, another order, another padding, nan in it, another place in a piece of 32."""
    batch = shortened(drawn(45, 5), np.random.default_rng(0).integers(1, 41, size=45))
    whole, texts = tiny.motions(batch), tiny.captions(batch.captions)
    assert whole.shape == (45, 8) and whole.dtype == np.float64
    assert np.allclose(np.linalg.norm(whole, axis=1), 8**0.5) and np.allclose(np.linalg.norm(texts, axis=1), 8**0.5)
    order = np.random.default_rng(1).permutation(45)
    assert np.array_equal(tiny.motions(batch.take(order)), whole[order])
    assert np.array_equal(tiny.captions([batch.captions[i] for i in order]), texts[order])
    for i in (0, 17, 44):
        alone = batch.take([i])
        assert np.array_equal(tiny.motions(alone)[0], whole[i])
        assert np.array_equal(tiny.motions(shortened(alone, alone.lengths, 75))[0], whole[i])
        assert np.array_equal(tiny.captions([batch.captions[i]])[0], texts[i])
    other = shortened(drawn(1, 6), [40])
    assert not np.allclose(tiny.motions(other), tiny.motions(shortened(other, [31])))  # the length is read
    assert tiny.motions(batch.take([])).shape == tiny.captions([]).shape == (0, 8)


def test_what_cannot_be_read_is_refused(tiny):
    batch = drawn(3, 5)
    bad = batch.features.copy()
    bad[1, 7, 3] = np.nan
    for wrong, text in (
        (batch.with_features(bad), "features must be finite, motion 1 of 3"),
        (batch.with_features(batch.features[..., :67].copy()), "features must have width 263"),
        (replace(batch, lengths=np.array([40, 41, 40])), "lengths must be 1 to 40 frames, got 40 to 41"),
    ):
        with pytest.raises(ValueError, match=text):
            tiny.motions(wrong)
    with pytest.raises(ValueError, match="at least one word"):
        tiny.captions(["a person walks", "..."])
    with pytest.raises(ValueError, match="at least 8 real motions, got 3"):
        train_evaluator(batch, TINY)


def test_chunks_cover_every_row_once_in_pieces_of_one_shape():
    sizes = [20, 40, 20, 20, 40, 20, 20]
    found = list(chunks(sizes, 3))
    assert all(len(index) == 3 and all(sizes[i] == size for i in index) for size, index, _ in found)
    assert sorted(i for _, index, count in found for i in index[:count]) == list(range(7))


def test_a_killed_training_ends_like_an_uninterrupted_one(tmp_path):
    real = drawn(16, 3)
    config = replace(TINY, steps=20, checkpoint_every=5)
    whole = train_evaluator(real, config)

    def killed(stage, done, total):
        if done >= 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_evaluator(real, config, work=tmp_path, report=killed)
    seen = []
    again = train_evaluator(real, config, work=tmp_path, report=lambda stage, done, total: seen.append(done))
    assert again.fingerprint == whole.fingerprint and seen == [20]  # step 10 was not made again
    assert train_evaluator(real, replace(config, seed=1)).fingerprint != whole.fingerprint
    assert whole.describe()["trained_on"]["motions"] == 16


def test_files_keep_every_bit_and_refuse_damage(tiny, tmp_path):
    batch = drawn(5, 5)
    tiny.save(tmp_path / "judge")
    again = TextMotionEvaluator.load(tmp_path / "judge")
    assert np.array_equal(again.motions(batch), tiny.motions(batch))
    assert np.array_equal(again.captions(batch.captions), tiny.captions(batch.captions))
    assert again.describe() == files.to_json(tiny.describe()) and not list(tmp_path.glob("*.partial"))
    about = json.loads((tmp_path / "judge" / "model.json").read_text())
    for change, text in (
        ({"size": {**about["size"], "width": 17}}, "fingerprint"),
        ({"name": "other"}, "no readable evaluator"),
        ({"text": "minilm-0123-32"}, "reads captions by minilm-0123-32, got words"),
        ({"fingerprint": "0"}, "fingerprint"),
    ):
        (tmp_path / "judge" / "model.json").write_text(json.dumps({**about, **change}))
        with pytest.raises(ValueError, match=text):
            TextMotionEvaluator.load(tmp_path / "judge")
    wrong = replace(tiny, size=replace(tiny.size, width=17))  # its fingerprint is right, its weights do not fit
    wrong.save(tmp_path / "wrong")
    with pytest.raises(ValueError, match="do not fit the model size"):
        TextMotionEvaluator.load(tmp_path / "wrong")
    (tmp_path / "judge" / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(ValueError, match="no readable evaluator"):
        TextMotionEvaluator.load(tmp_path / "judge")
    with pytest.raises(OSError, match="model.json"):
        TextMotionEvaluator.load(tmp_path / "nowhere")


def test_captions_of_a_frozen_encoder_are_read_as_states(tmp_path):
    from text_encoder import SmallEncoder

    encoder = SmallEncoder()
    found = train_evaluator(drawn(16, 3), TINY, encoder=encoder)
    captions = ["a person walks", "someone kicks with the left leg"]
    points = found.captions(captions)
    assert np.array_equal(found.captions(captions[::-1]), points[::-1]) and not np.allclose(points[0], points[1])
    found.save(tmp_path / "judge")
    assert np.array_equal(TextMotionEvaluator.load(tmp_path / "judge", encoder).captions(captions), points)
    with pytest.raises(ValueError, match="give it that encoder"):
        TextMotionEvaluator.load(tmp_path / "judge")


def test_captions_that_say_the_same_are_no_mistakes():
    captions = (
        "a person kicks with the left leg", "a person kicks with the right leg", "someone does a left kick",
        "a person kicks with the left leg", "a person sits down", "a person bows",
    )  # fmt: skip
    labels = ("kick left", "kick right", "kick left", "kick left", "", "")
    index = np.arange(6)
    different = Sayings.of(captions, labels).different(index, alike=0.8, kin=0.3)
    assert np.array_equal(different, different.T)
    assert different[0, 1] == 1.0  # all but one word is the same: sides count
    assert different[0, 2] == np.float32(0.3)  # one action, other words
    assert different[0, 3] == 0.0  # one caption
    assert different[0, 4] == different[4, 5] == 1.0
    # Without labels words decide, and "left leg" is still not "right leg".
    close = ("a man walks slowly", "a man is walking slowly", "a man walks slowly away", "the dog swims", "he is off")
    unlabelled = Sayings.of((*close, *captions[:2]), ("",) * 7).different(np.arange(7), alike=0.6, kin=0.3)
    assert unlabelled[0, 2] == 0.0 and unlabelled[0, 3] == 1.0 and unlabelled[5, 6] == 1.0
    walks = ("a person walks", "a person walks, veering left", "a person walks, veering right")
    veering = Sayings.of(walks, ("walk",) * 3).different(np.arange(3), alike=0.8, kin=0.0)
    assert veering[1, 2] == veering[0, 1] == 1.0  # the mirror image of one label is told apart by its sides


def test_padding_does_not_enter_the_network_or_what_it_tells_back():
    torch.manual_seed(0)
    net = MotionNetwork(NetworkSize(width=16, dim=8)).eval()
    x, lengths = torch.randn(3, 40, 67), torch.tensor([40, 23, 1])
    x[torch.arange(40) >= lengths[:, None]] = 0
    longer = torch.cat([x, torch.zeros(3, 20, 67)], dim=1)
    assert torch.allclose(net(x, lengths), net(longer, lengths), atol=1e-6)
    assert torch.allclose(told_back(x, lengths), told_back(longer, lengths), atol=1e-6)
    still = told_back(torch.ones(1, 40, 67), torch.tensor([40]))
    assert torch.allclose(still[0, : 4 * 67], torch.ones(4 * 67))
    assert torch.allclose(still[0, 4 * 67 :], torch.cat([torch.full((67,), 1e-3), torch.zeros(67)]), atol=1e-6)
    assert isinstance(Tokens(np.zeros((1, 2, 2), np.int64), np.ones((1, 2), bool)), Tokens)


def test_motions_come_before_all_judges(tiny):
    samples, real, training = drawn(64, 21), drawn(64, 22), drawn(40, 23)
    repeats = [drawn(3, seed) for seed in (31, 32, 33)]
    found = judge_motions(tiny, samples, real, training=training, repeats=repeats)
    names = {row.name for row in found.rows}
    assert {"fid", "kid", "recall", "diversity", "r_precision_3", "multimodality", "c_t"} <= names
    assert found["fid"].value == frechet(tiny.motions(samples), tiny.motions(real)).value
    apart = [np.linalg.norm(p[i] - p[j]) for p in map(tiny.motions, repeats) for i, j in ((0, 1), (0, 2), (1, 2))]
    assert found["multimodality"].value == pytest.approx(np.mean(apart))
    assert judge_motions(tiny, training, real, training=training)["memorised_share"].value > 0.9
    with pytest.raises(ValueError, match=r"equally many samples of each caption, got \[2, 3\]"):
        judge_motions(tiny, samples, real, repeats=[repeats[0], repeats[1].take([0, 1])])


def test_the_published_protocol_draws_anew_in_each_replication(tiny):
    pool, counts = drawn(330, 24), []

    def draw(rng):
        counts.append(int(rng.integers(2**31)))
        return pool.take(rng.permutation(330)[:310])

    found = judge_as_t2m(tiny, draw, pool, repeat=lambda rng: [pool.take(range(12))] * 2, replications=3)
    assert len(set(counts)) == 3 and found["fid"].low < found["fid"].high
    assert found["multimodality"].value > 0 and found["fid"].n == (310, 330)


@pytest.mark.slow
def test_fresh_real_motions_fit_their_captions_and_mirrored_ones_do_not():
    """Quality: R-precision@3 in pools of 32 of motions that no training saw, its lower bound; and sides count.

    A mirrored motion with its unmirrored caption is farther from the caption than the motion itself, in 99 of 100.
    """
    kinds = (
        "walk", "walk backward", "run", "turn left", "jump", "squat", "bow", "kick left", "wave right", "raise arms",
        "side step left", "punch right", "idle", "crouch",
    )  # fmt: skip
    evaluator = train_evaluator(drawn(900, 11, kinds=kinds), EvaluatorConfig(steps=300))
    fresh = drawn(448, 12, kinds=kinds)
    verdict = judge_motions(evaluator, fresh, drawn(448, 13, kinds=kinds))
    assert verdict["r_precision_3"].value >= 0.95, verdict["r_precision_3"]
    assert verdict["r_precision_3"].low <= verdict["r_precision_3"].floor_high
    seen = fresh.features.copy()
    seen[..., :67] = core67.mirrored(seen[..., :67])
    points, texts = evaluator.motions(fresh), evaluator.captions(fresh.captions)
    wrong = evaluator.motions(fresh.with_features(seen))
    sided = np.array([swap_sides(caption) != caption for caption in fresh.captions])
    farther = np.linalg.norm(wrong - texts, axis=1) > np.linalg.norm(points - texts, axis=1)
    assert sided.sum() > 100 and farther[sided].mean() >= 0.99, farther[sided].mean()
    # What has no side is the same seen in a mirror: there the judge must not care much.
    assert 0.2 < farther[~sided].mean() < 0.8, farther[~sided].mean()
    match = text_match(wrong[sided], texts[sided], [c for c, s in zip(fresh.captions, sided, strict=True) if s])
    assert match.top[0].value < 0.5 * text_match(points[sided], texts[sided]).top[0].value
