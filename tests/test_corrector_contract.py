"""One contract for every corrector: count, order, same random state same output, failures and the unpicked kept.

A new corrector adds a line to `cases`.
"""

from functools import cache, partial

import numpy as np
import pytest
import torch
from support import Centre, Shrink, near

from generative.samplers import SamplerConfig
from loop import ArrayBatch, Chain, Gated, Mixture, NoCorrection
from motion.batch import MotionBatch
from motion.correctors import NAMES as MOTION_NAMES
from motion.correctors import Material, PlausibilityGate, Stock
from motion.correctors import corrector_named as motion_corrector_named
from motion.correctors.anchor import AnchorCorrector
from motion.correctors.prior import MotionPrior, PriorSettings
from motion.data.procedural import generate
from motion.experiment.arms import corrector_of
from motion.experiment.dataset import Dataset, to_batch
from motion.experiment.presets import Preset
from motion.features.normaliser import Normaliser
from motion.model.denoiser import Denoiser, ModelConfig
from motion.model.generator import MotionModel
from motion.physics import PhysicsCorrector
from toy.audit_correctors import NAMES, corrector_named
from toy.audit_truths import GaussianTruth
from toy.correctors import KMeansProjection, Redraw, Transport, wrong_target
from toy.correctors import Shrink as ToyShrink
from toy.digits.batch import ImageBatch
from toy.digits.corrector import DigitKMeans, DigitRedraw
from toy.digits.data import load as load_digits
from toy.gaussian import FreshDraw, ideal
from toy.histogram import HistogramReference
from toy.laws import Finite, Normal
from toy.regression import Relabel
from toy.selectors import Curation, LikelihoodRank, QuadraticReward, TableReward


@cache
def motions():
    """24 procedural motions with two broken ones among them, as a motion corrector meets them."""
    batch = to_batch(generate(24, frames=25 + 8, seed=5), np.random.default_rng(0))
    features = batch.features.copy()
    features[3] = np.nan
    features[7, :, 3] += 0.1
    return batch.with_features(features)


def points(n=57):
    return ArrayBatch(np.random.default_rng(n).normal(0, 2, (n, 3)))


def plane():
    return ArrayBatch(points().samples[:, :2])


def points_with_nan():
    batch = points()
    batch.samples[[3, 11], 1] = np.nan
    return batch


def line():
    return ArrayBatch(np.random.default_rng(1).normal(0, 2, (40, 1)))


def labels():
    return ArrayBatch(np.random.default_rng(2).integers(0, 4, 60))


@cache
def digits():
    return load_digits(None, 100, 100, 100).train


def digits_with_nan():
    images = digits().images.copy()
    images[[3, 11], 1, 1] = np.nan
    return ImageBatch(images, digits().labels)


def fresh_motion():
    sizes = Preset(
        frames=32, n=8, reference=8, evaluation=8, generations=0, first_steps=1, steps=1, width=16, layers=1, heads=2
    )
    real = to_batch(generate(40, frames=33, seed=6), np.random.default_rng(0))
    data = Dataset(real, real, real, real, {"source": "procedural"})
    return Mixture(corrector_of("ideal", data, sizes, None), 1.0)


@cache
def prior():
    clips = generate(60, frames=33, seed=8)
    return MotionPrior(
        np.stack([clip.joints for clip in clips]), tuple(clip.captions[0] for clip in clips),
        tuple(clip.name for clip in clips), PriorSettings(width=0.0),  # the nearest: no lot is drawn
    )  # fmt: skip


def anchor():
    size = ModelConfig(width=16, layers=1, heads=2, frames=32)
    weights = Denoiser(size)
    weights.initialise(torch.Generator().manual_seed(0))
    normaliser = Normaliser.fit(motions().take([0, 1, 2]))
    return AnchorCorrector(MotionModel(size, normaliser, weights.state_dict(), None, 0.0), SamplerConfig(steps=2), "m")


def steady(batch):
    return batch.features[:, :, 3].std(axis=1) < 0.01


@cache
def short_motions():
    """The same motions, of many lengths: of 2 frames, of 7, which is too short for filters, of 8, and more."""
    batch = motions()
    lengths = np.tile([32, 1, 6, 7, 20, 31], 4)
    features = np.where((np.arange(32) < lengths[:, None])[..., None], batch.features, np.float32(0))
    return MotionBatch(features, lengths, batch.captions, batch.actions, batch.ids)


@cache
def stock():
    return Stock.from_clips(generate(40, frames=40, seed=8))


@cache
def gate():
    return PlausibilityGate.fit(np.stack([clip.joints for clip in generate(60, frames=40, seed=9)]))


def named_motion(name, body="uniform"):
    return motion_corrector_named(name, Material(body=body, stock=stock(), prior=prior()))


CASES = {
    "none": (NoCorrection, points),
    "fresh draw": (FreshDraw, points),
    "ideal 1": (lambda: ideal(1.0), points),
    "ideal inf": (lambda: ideal(np.inf), points),
    "shrink": (Shrink, points),
    "centre": (Centre, points),
    "mixture of batch scope": (lambda: Mixture(Centre(), 1.0), points),
    "chain": (lambda: Chain((Shrink(), Shrink())), points),
    "chain of batch scope": (lambda: Chain((Shrink(), Centre())), points),
    "gated": (lambda: Gated(Shrink(), near, "|x| < 0.5"), points),
    "gated mixture": (lambda: Gated(Mixture(Shrink(), 2.0), near, "|x| < 0.5"), points),
    "mixture of gated": (lambda: Mixture(Gated(Shrink(), near, "|x| < 0.5"), 2.0), points),
    "histogram official": (lambda: HistogramReference(1.0, "official"), plane),
    "histogram floorfix": (lambda: HistogramReference(0.1, "floorfix"), plane),
    "histogram exact": (lambda: HistogramReference(0.0, "exact"), plane),
    "toy shrink": (lambda: ToyShrink(0.3), points_with_nan),
    "wrong target": (lambda: Mixture(wrong_target((1.0, 0.0, 0.0), 2.0), 1.0), points),
    "redraw labels": (lambda: Redraw(Finite((0.1, 0.2, 0.3, 0.4))), labels),
    "transport": (lambda: Transport(0.3, Normal((0.0, 0.0, 0.0))), points_with_nan),
    "transport on a line": (lambda: Mixture(Transport(0.3, Normal()), 1.0), line),
    "relabel": (lambda: Relabel((1.0, 2.0), 0.5), points_with_nan),
    "relabel 1": (lambda: Mixture(Relabel((1.0, 2.0), 0.5), 1.0), points),
    "k-means": (lambda: KMeansProjection.fitted(points(90).samples, 5), points_with_nan),
    "k-means 1": (lambda: Mixture(KMeansProjection.fitted(points(90).samples, 5), 1.0), points),
    "one sample": (lambda: ideal(1.0), lambda: points(1)),
    **{f"audited {name}": (partial(corrector_named, name, 1.0, GaussianTruth(3)), points) for name in NAMES},
    "digits k-means": (lambda: DigitKMeans.fitted(digits(), 3), digits_with_nan),
    "digits k-means 1": (lambda: Mixture(DigitKMeans.fitted(digits(), 3), 1.0), digits),
    "digits redraw": (lambda: DigitRedraw(digits().take(np.flatnonzero(digits().labels != 3))), digits_with_nan),
    "digits redraw 1": (lambda: Mixture(DigitRedraw(digits()), 1.0), digits),
    **{f"motion {name}": (partial(named_motion, name), short_motions) for name in MOTION_NAMES},
    **{f"motion {name} 1": (lambda name=name: Mixture(named_motion(name), 1.0), motions) for name in MOTION_NAMES},
    **{f"motion {name}, own body": (partial(named_motion, name, "clip"), motions) for name in MOTION_NAMES},
    "physics gated": (lambda: Gated(PhysicsCorrector(), steady, "root height within 1 cm"), motions),
    "projection where implausible": (lambda: gate().around(named_motion("projection")), motions),
    "fresh motion 1": (fresh_motion, motions),
    "anchor 1": (lambda: Mixture(anchor(), 1.0), motions),
}


def values(batch):
    for kind, name in ((MotionBatch, "features"), (ImageBatch, "images")):
        if isinstance(batch, kind):
            return getattr(batch, name)
    return batch.samples


@pytest.mark.parametrize("name", CASES)
def test_contract(name):
    make, draw = CASES[name]
    corrector, batch = make(), draw()
    before = values(batch).copy()
    one, two = (corrector(batch, np.random.default_rng(5)) for _ in range(2))
    assert np.array_equal(values(batch), before, equal_nan=True), "the input is left alone"
    assert len(one.samples) == len(batch) and type(one.samples) is type(batch)
    assert values(one.samples).shape == before.shape and values(one.samples).dtype == before.dtype
    for part in ("moved", "picked", "failed"):
        assert np.array_equal(getattr(one, part), getattr(two, part))
    assert np.array_equal(values(one.samples), values(two.samples), equal_nan=True)
    assert np.isfinite(one.moved).all() and (one.moved >= 0).all()
    assert not (one.failed & ~one.picked).any()
    if not isinstance(corrector, Chain):
        same = ~one.picked | one.failed
        assert np.array_equal(values(one.samples)[same], before[same], equal_nan=True), "the original stands there"
        assert np.all(one.moved[same] == 0)
    if isinstance(batch, MotionBatch):
        assert (one.samples.captions, one.samples.ids) == (batch.captions, batch.ids), "conditions and order stay"
    if isinstance(batch, ImageBatch):
        assert np.array_equal(one.samples.labels, batch.labels), "labels and order stay"
    described = corrector.describe()
    assert described["name"] and described == make().describe()


@pytest.mark.parametrize("name", MOTION_NAMES)
@pytest.mark.parametrize("body", ["uniform", "clip"])
def test_contract_of_motions(name, body):
    """Failures are marked, a motion's result depends on nothing but itself, and padding stays as it came."""
    corrector, batch = named_motion(name, body), short_motions()
    done = corrector(batch, np.random.default_rng(5))
    if name != "none":  # it tries nothing
        wrong = (~np.isfinite(batch.features).all(axis=(1, 2))) | (batch.lengths + 1 < corrector.shortest)
        assert wrong[3] and np.array_equal(done.failed, wrong)
        assert (done.moved[~wrong] >= 0).all()
        assert done.moved.sum() > 0 or name == "prior"  # which leaves real motions alone
        assert corrector.describe()["name"] == corrector.name == name and corrector.failure
    beyond = np.arange(32) >= batch.lengths[:, None]
    assert np.array_equal(done.samples.features[beyond], batch.features[beyond], equal_nan=True)
    for chosen in ([5, 0, 13], [4], [16, 3, 1]):
        part = corrector(batch.take(chosen), np.random.default_rng(9))
        assert np.array_equal(part.samples.features, done.samples.features[chosen], equal_nan=True)
        assert np.array_equal(part.moved, done.moved[chosen]) and np.array_equal(part.failed, done.failed[chosen])


@pytest.mark.parametrize("name", MOTION_NAMES)
@pytest.mark.parametrize("body", ["uniform", "clip"])
def test_joints_that_are_no_body_fail_and_others_are_refused(name, body):
    corrector, rng = named_motion(name, body), np.random.default_rng(0)
    walk = generate(1, frames=30, seed=2, kinds=("walk",))[0].joints.astype(float)
    point = np.zeros_like(walk)
    both = np.stack([walk, point])
    found = corrector.correct(both, np.array([30, 30]), ("", ""), rng)
    assert np.isfinite(found.joints).all() and np.isfinite(found.moved).all()
    assert found.success[0] and np.array_equal(found.joints[1], point)
    for joints, lengths, words in (
        (both[:, :, :21], [30, 30], "must have shape"),
        (both, [30, 31], "lengths must be"),
        (both * np.nan, [30, 30], "must be finite"),
    ):
        with pytest.raises(ValueError, match=words):
            corrector.correct(joints, np.array(lengths), ("", ""), rng)


def test_named_correctors_of_motions_say_what_is_wrong():
    with pytest.raises(ValueError, match="must be one of none, reground, .* got 'magic'"):
        motion_corrector_named("magic")
    with pytest.raises(ValueError, match="needs a stock of real motions"):
        motion_corrector_named("projection")


SELECTORS = {
    "curation": (lambda: Curation(3, QuadraticReward((1.0, 0.0, 0.0), 2.0)), points),
    "curation of labels": (lambda: Curation(3, TableReward((0.0, 1.0, 2.0, 3.0))), labels),
    "likelihood rank": (lambda: LikelihoodRank(3, Normal((0.0, 0.0, 0.0))), points),
    "rank of labels": (lambda: LikelihoodRank(3, Finite((0.1, 0.2, 0.3, 0.4))), labels),
}


@pytest.mark.parametrize("name", SELECTORS)
def test_contract_of_selectors(name):
    """n candidates kept as they are, in their order; same random state same choice; a wrong number is refused."""
    make, draw = SELECTORS[name]
    selector, candidates = make(), draw()
    n = len(candidates) // selector.candidates_per_sample
    candidates = candidates.take(np.arange(n * selector.candidates_per_sample))
    numbered = np.arange(len(candidates))
    one, two = (selector(candidates, n, np.random.default_rng(5)) for _ in range(2))
    assert len(one) == n and np.array_equal(one.samples, two.samples) and type(one) is type(candidates)
    if candidates.samples.ndim == 2:
        at = [int(numbered[(candidates.samples == row).all(axis=1)][0]) for row in one.samples]
        assert at == sorted(set(at)), "candidates, each at most once, in order"
    else:
        assert set(one.samples.tolist()) <= set(candidates.samples.tolist())
    assert selector.describe()["name"] and selector.describe() == make().describe()
    with pytest.raises(ValueError, match="candidates are needed"):
        selector(candidates, n + 1, np.random.default_rng(5))
