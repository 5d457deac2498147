"""Motions of lengths of their own in the experiment: cutting, sets, and that padding is never looked at."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch

from loop import read_records, stream
from loop.progress import silent
from motion.batch import MotionBatch
from motion.correctors.named import Material, corrector_named
from motion.data.clip import Clip
from motion.data.procedural import generate
from motion.experiment import dataset, evaluator
from motion.experiment.arms import ARM_LABELS
from motion.experiment.campaign import Experiment, execute
from motion.experiment.cutting import by_lists, lengths_drawn, pieces
from motion.experiment.ideal import FreshMotion
from motion.experiment.knowledge import prior_of, stock_of
from motion.experiment.measures import Ruler
from motion.experiment.presets import Preset
from motion.experiment.problem import MotionProblem
from motion.features.hml263 import encode

pytestmark = pytest.mark.usefixtures("one_thread")

TINY = Preset(
    frames=60, min_frames=30, n=8, reference=16, evaluation=12, generations=1, first_steps=6, steps=3, width=16,
    layers=1, heads=2, batch_size=4, sampler_steps=3,
)  # fmt: skip
KINDS = {
    "patch": {}, "mdm": {"architecture": "mdm", "patch": 1},
    "attending mdm": {"architecture": "mdm", "patch": 1, "attend_padding": True},
}  # fmt: skip


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return dataset.prepare(tmp_path_factory.mktemp("lengths") / "data", TINY, None, skip_bad=False)


def clip(frames, name="clip", **more):
    joints = generate(1, frames=max(30, frames), seed=frames)[0].joints[:frames]
    return Clip(name, joints, ("a person moves",), "", "test", "none", **more)


def test_clips_keep_their_length_and_longer_ones_are_cut_once():
    """HumanML3D's: 40 to 199 frames, at most 197 of them (196 rows of features), from a random place."""
    given = [clip(frames, f"c{frames}") for frames in (39, 40, 120, 197, 199, 200)]
    found = pieces(given, 40, 197, 199, np.random.default_rng(0))
    assert [len(one) for one in found.clips] == [40, 120, 197, 197] and (found.short, found.long) == (1, 1)
    starts = {pieces(given[4:5], 40, 197, 199, np.random.default_rng(i)).clips[0].name for i in range(40)}
    assert starts == {"c199@0", "c199@1", "c199@2"}
    assert np.allclose(found.clips[0].joints, given[1].joints, atol=1e-6), "already at the origin, facing +z"


def test_without_a_longest_everything_is_cut_up_and_the_rest_kept():
    found = pieces([clip(170, "a"), clip(105, "b"), clip(60, "c")], 40, 60, None, np.random.default_rng(0))
    names = [(one.name, len(one)) for one in found.clips]
    assert names == [("a@0", 60), ("a@60", 60), ("a@120", 50), ("b@0", 60), ("b@60", 45), ("c@0", 60)]
    broken = replace(clip(170, "a"), glitches=(70,))
    assert pieces([broken], 40, 60, None, np.random.default_rng(0)).broken == 1


def test_lengths_of_made_motions_reach_both_ends(data):
    drawn = lengths_drawn(2000, 30, 61, seed=1)
    assert min(drawn) == 30 and max(drawn) == 61 and lengths_drawn(5, 30, 61, seed=1) == drawn[:5]
    lengths = np.concatenate([part.lengths for part in (data.train, data.reference, data.second)])
    assert lengths.min() >= 29 and lengths.max() <= 60 and len(set(lengths.tolist())) > 10


def test_features_are_those_of_each_clip_alone(data):
    clips = dataset.embedded(8, TINY, dataset._DATA_SEED)
    for i, one in enumerate(clips):
        alone = encode(one.joints[None], floor="given")[0]
        assert np.array_equal(data.train.features[i, : len(alone)], alone)
        assert not data.train.features[i, len(alone) :].any() and data.train.lengths[i] == len(alone)


def listed(split, names):
    return [replace(clip(40), name=f"{name}@0", split=split) for name in names]


def test_sets_follow_the_lists_of_the_pack():
    train = listed("train", (f"{kind}0000{i:02d}" for i in range(10) for kind in ("", "M")))
    tests = listed("test", (f"{kind}0001{i:02d}" for i in range(20) for kind in ("", "M")))
    cuts = train + tests + listed("val", ["000200"])
    groups = by_lists(cuts, 6, 8, dataset.capture_of, np.random.default_rng(0))
    assert [one.split for one in groups[0]] == ["train"] * 6 and [one.split for one in groups[1]] == ["test"] * 8
    captures = [{dataset.capture_of(one.name) for one in group} for group in groups]
    assert all(not one & two for one, two in itertools.combinations(captures, 2))
    assert len(groups[2]) == 8 and {one.split for one in groups[3]} == {"train", "val"}
    other = by_lists(cuts, 6, 8, dataset.capture_of, np.random.default_rng(1))
    assert [one.name for one in groups[0]] != [one.name for one in other[0]]
    for wrong, text in (
        ((cuts, 6, 99), "the lists give 20 training and 40 test motions of these lengths, needed are 6 and 99"),
        ((train, 6, 8), "needs a pack with lists of its own"),
        ((train + listed("test", ["M000001", "000300"] * 8), 20, 8), "000001 stands in train.txt and in test.txt"),
    ):
        with pytest.raises(ValueError, match=text):
            by_lists(*wrong, dataset.capture_of, np.random.default_rng(0))


def test_all_captions_are_kept_and_the_first_is_asked_for(tmp_path):
    preset = replace(TINY, captions="all")
    made = dataset.prepare(tmp_path / "data", preset, None, skip_bad=False)
    clips = {one.name: one.captions for one in dataset.embedded(8, preset, dataset._DATA_SEED)}
    assert {name: made.said[name] for name in made.train.ids} == clips and max(map(len, clips.values())) > 1
    assert made.train.captions == tuple(own[0] for own in clips.values())
    path = tmp_path / "data/captions.json"
    path.write_text(path.read_text().replace("a person", "a horse"))
    with pytest.raises(ValueError, match="is damaged"):
        dataset.load(tmp_path / "data")


def soiled(batch: MotionBatch, value: float) -> MotionBatch:
    """The same motions with something else in the padding."""
    features = batch.features.copy()
    beyond = np.arange(features.shape[1]) >= batch.lengths[:, None]
    assert beyond.any()
    features[beyond] = value
    return batch.with_features(features)


@pytest.mark.parametrize("value", [7.0, np.nan])
@pytest.mark.parametrize("kind", list(KINDS))
def test_training_does_not_see_what_lies_in_the_padding(data, kind, value):
    for crops in (False, True):
        problem = MotionProblem(data, replace(TINY, **KINDS[kind], crops=crops))
        clean = problem.fit(None, data.train, stream(0, 0, "fit"))
        dirty = problem.fit(None, soiled(data.train, value), stream(0, 0, "fit"))
        assert all(torch.equal(clean.weights[key], dirty.weights[key]) for key in clean.weights)
        assert np.array_equal(clean.normaliser.std, dirty.normaliser.std)
    drawn = problem.draw(clean, data.train, stream(0, 1, "sample"))
    assert np.array_equal(drawn.lengths, data.train.lengths), "as long as the motion of the caption"
    beyond = np.arange(60) >= drawn.lengths[:, None]
    assert not drawn.features[beyond].any() and np.isfinite(drawn.features).all()


@pytest.mark.parametrize("value", [7.0, np.nan])
def test_measures_do_not_see_it_either(data, value):
    clean, dirty = Ruler.fit(data.reference), Ruler.fit(soiled(data.reference, value))
    assert np.array_equal(clean.features, dirty.features)
    rng = [np.random.default_rng(0) for _ in range(2)]
    one = clean.measure(data.second, clean.features, rng[0])
    assert one == clean.measure(soiled(data.second, value), clean.features, rng[1])
    assert all(np.isfinite(number) for number in one.values())


def correctors(data):
    stock = dataset.draw_procedural(120, TINY, np.random.default_rng(1))
    prior = prior_of(stock)
    assert prior.lengths is not None and len(set(prior.lengths.tolist())) > 10
    material = Material(prior=prior, stock=stock_of(prior))
    names = ("reground", "kinematic", "physics", "projection", "prior")
    yield from ((name, corrector_named(name, material)) for name in names)
    yield "ideal", FreshMotion(lambda count, rng: stock, "stock")
    problem = MotionProblem(data, TINY)
    yield "anchor", problem.anchor(problem.fit(None, data.train, stream(0, 0, "fit")), "a")


def test_correctors_do_not_see_it_and_keep_lengths(data):
    rng = np.random.default_rng(5)
    noisy = data.reference.with_features(
        data.reference.features + 0.05 * rng.normal(size=data.reference.features.shape).astype(np.float32)
    )
    clean = soiled(noisy, 0.0)
    inside = np.arange(60) < clean.lengths[:, None]
    for name, corrector in correctors(data):
        one, two = (corrector(soiled(clean, value), np.random.default_rng(0)) for value in (0.0, 7.0))
        assert np.array_equal(one.samples.features[inside], two.samples.features[inside]), name
        assert np.array_equal(one.moved, two.moved) and np.array_equal(one.failed, two.failed), name
        assert np.array_equal(one.samples.lengths, clean.lengths), name
        assert one.moved.any() and one.failed.mean() < 0.5, name


def test_a_prior_of_several_lengths_judges_each_by_those_that_are_as_long(tmp_path):
    from motion.correctors import prior_file as priors

    stock = dataset.draw_procedural(120, TINY, np.random.default_rng(1))
    prior = prior_of(stock)
    look = prior.look(prior.rows[0, :50].astype(float), prior.captions[0])
    assert (prior.lengths[look.candidates] >= 51).all()
    assert prior.serves(31) and not prior.serves(61)
    priors.save(prior, tmp_path / "prior.npz", 40)
    again = priors.load(tmp_path / "prior.npz")
    assert again.fingerprint == prior.fingerprint and np.array_equal(again.lengths, prior.lengths)
    assert np.array_equal(again.calibration(40).variance, prior.calibration(40).variance)


def test_the_evaluator_is_trained_on_motions_of_all_lengths(data, monkeypatch):
    monkeypatch.setattr(evaluator, "DRAWN", 12)
    drawn = evaluator.training_motions(data, TINY)
    assert len(drawn) == 12 and len(set(drawn.lengths.tolist())) > 4 and drawn.features.shape[1] == 60


@pytest.mark.slow
def test_every_arm_runs_on_motions_of_several_lengths(tmp_path):
    experiment = Experiment(tmp_path / "run", TINY, arms=tuple(ARM_LABELS))
    execute(replace(experiment, loop=replace(experiment.loop, prior_size=150)), silent)
    for arm in ARM_LABELS:
        record = read_records(tmp_path / "run" / arm / "seed-0000")[1]
        assert record["training"]["real"] + record["training"]["synthetic"] == 8
        assert all(np.isfinite(value) for value in record["measures"].values())
