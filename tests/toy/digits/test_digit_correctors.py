"""Correctors of digits against their definitions, and the audit of k-means."""

import numpy as np
import pytest

from loop import ArrayBatch
from loop.audit import AuditConfig, audit
from toy.digits.batch import ImageBatch
from toy.digits.corrector import DigitKMeans, DigitRedraw
from toy.digits.truth import DigitTruth, as_array, as_images, digit_corrector

RNG = np.random.default_rng


def test_k_means_takes_the_nearest_centre_of_the_asked_digit(digits):
    corrector = DigitKMeans.fitted(digits.train, 4)
    batch = digits.judge.take(np.arange(50))
    done = corrector(batch, RNG(0))
    for i in range(50):
        centres = corrector.projections[batch.labels[i]].centres
        gaps = np.linalg.norm(centres - batch.flat[i], axis=1)
        assert np.allclose(done.samples.flat[i], centres[gaps.argmin()], atol=1e-6)
        assert np.isclose(done.moved[i], gaps.min(), atol=1e-6)
    assert len({image.tobytes() for image in done.samples.images}) <= 40
    trusted = corrector(ImageBatch(batch.images, (batch.labels + 1) % 10), RNG(0))
    assert not np.allclose(trusted.samples.images, done.samples.images), "the label decides, right or wrong"
    again = corrector(done.samples, RNG(0))
    assert np.allclose(again.samples.images, done.samples.images) and again.moved.max() < 1e-6


def test_more_centres_than_images_of_a_digit_are_refused(digits):
    with pytest.raises(ValueError, match="1 to 80"):
        DigitKMeans.fitted(digits.train, 81)


def test_redraw_gives_real_images_of_the_same_digit(digits):
    real = {image.tobytes(): label for image, label in zip(digits.train.images, digits.train.labels, strict=True)}
    batch = digits.judge
    done = DigitRedraw(digits.train)(batch, RNG(1))
    assert all(real[image.tobytes()] == label for image, label in zip(done.samples.images, batch.labels, strict=True))
    assert not done.failed.any() and done.picked.all()
    few = DigitRedraw(digits.train.take(np.flatnonzero(digits.train.labels != 3)))(batch, RNG(1))
    assert np.array_equal(few.failed, batch.labels == 3)
    assert np.array_equal(few.samples.images[few.failed], batch.images[few.failed])


def test_arrays_and_images_are_one(digits):
    batch = digits.train.take(np.arange(7))
    again = as_images(as_array(batch))
    assert np.array_equal(again.images, batch.images) and np.array_equal(again.labels, batch.labels)


def test_the_digits_truth_has_standard_moments():
    truth = DigitTruth.embedded()
    everything = truth.statistics(as_array(truth.images)).mean(axis=0)
    assert np.allclose(everything, [0, 0, 0, 1, 1, 1, 1], atol=1e-6)
    batch = truth.sample(200, RNG(0))
    before = truth.statistics(batch).mean(axis=0)
    for direction in truth.perturbations:
        weights = np.array([direction.weights.get(name, 0.0) for name in truth.moments])
        moved = truth.statistics(direction.apply(batch, 0.2, RNG(1))).mean(axis=0)
        assert 0.1 < weights @ (moved - before) < 0.3, direction.name
    with pytest.raises(ValueError, match="must be > -1"):
        truth.perturbations[-1].apply(batch, -1.0, RNG(0))


def test_the_audit_finds_the_ideal_strength_and_what_k_means_does():
    """The redraw of strength 1 is found to be 1; k-means corrects strongly and moves the truth."""
    truth = DigitTruth.embedded()
    config = AuditConfig(samples=300, batches=12, amplitudes=(-0.2, 0.2), level=0.9999)
    found = audit(truth, digit_corrector("ideal", 1.0, truth), config)
    assert found.one_gamma and not found.moves_truth
    assert all(low <= 1 <= high for low, high in (d.gamma_interval for d in found.directions))
    found = audit(truth, digit_corrector("k-means", np.inf, truth), config)
    assert found.moves_truth and all(d.rho < 0.3 for d in found.directions)
    lost = next(m for m in found.moments if m.name == "spread")
    assert lost.interval[1] < -0.2, "a third of the spread within digits is lost"


@pytest.mark.parametrize(("name", "gamma", "text"), [("shrink", 1.0, "must be one of"), ("k-means", -1.0, "gamma")])
def test_unknown_correctors_of_digits_are_refused(digits, name, gamma, text):
    with pytest.raises(ValueError, match=text):
        digit_corrector(name, gamma, DigitTruth(digits.train))


def test_pixels_beyond_the_range_are_corrected_too(digits):
    truth = DigitTruth(digits.train)
    batch = ArrayBatch(as_array(digits.train).samples * np.r_[1.0, np.full(64, 3.0)])
    done = digit_corrector("k-means", np.inf, truth)(batch, RNG(0))
    assert done.samples.samples[:, 1:].max() <= 1 and np.array_equal(done.samples.samples[:, 0], batch.samples[:, 0])
