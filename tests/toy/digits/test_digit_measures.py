"""Measures of digits: which fault each sees, that KID is unbiased, that the judge is held out and good."""

from dataclasses import replace

import numpy as np
import pytest

from generative.distances import kid
from toy.digits import judge
from toy.digits.batch import ImageBatch
from toy.digits.measures import Ruler, diversity_by_digit


@pytest.fixture(scope="module")
def ruler(digits, good_judge):
    return Ruler.fit(good_judge, digits.reference)


def real(digits, n=500):
    return digits.train.take(np.arange(n))


def test_the_judge_names_digits_it_never_saw(digits, good_judge):
    assert good_judge.accuracy > 0.95
    features = good_judge.features(digits.reference)
    assert features.shape == (500, judge.FEATURES) and np.abs(features).max() <= 1
    wrong = ImageBatch(digits.reference.images, (digits.reference.labels + 1) % 10)
    assert good_judge.probability(wrong).mean() < 0.05 < 0.8 < good_judge.probability(digits.reference).mean()


def test_the_judge_is_kept_and_belongs_to_its_data(tmp_path, digits, hasty_judge):
    first = judge.prepared(tmp_path / "judge", digits)
    again = judge.prepared(tmp_path / "judge", digits)
    assert first.accuracy == again.accuracy
    assert np.array_equal(first.features(digits.reference), again.features(digits.reference))
    with pytest.raises(ValueError, match="judge of other digits"):
        judge.prepared(tmp_path / "judge", replace(digits, info={**digits.info, "fingerprint": "x"}))


def test_every_fault_is_seen_by_a_measure(ruler, digits):
    """Shrunk digits: diversity; one image for a digit: the lowest digit's; wrong labels: acceptance and KID; copies of
    training images: distance to them. Each against the same measure of real digits."""
    whole = ruler.measure(real(digits), digits.reference)
    images, labels = real(digits).images, real(digits).labels
    middles = np.array([images[labels == label].mean(0) for label in range(10)])[labels]
    shrunk = ruler.measure(ImageBatch((0.5 * images + 0.5 * middles).astype(np.float32), labels))
    assert np.isclose(shrunk["diversity"], 0.5 * whole["diversity"], rtol=1e-5)
    assert shrunk["fid"] > 2 * whole["fid"] and shrunk["kid"] > whole["kid"] + 0.05
    one = images.copy()
    one[labels == 4] = images[labels == 4][0]
    lost = ruler.measure(ImageBatch(one, labels))
    assert lost["diversity_lowest"] == 0.0 < 0.8 < lost["diversity"]
    assert lost["diversity_by_digit"][4] == 0.0
    swapped = ruler.measure(ImageBatch(images, (labels + 5) % 10))
    assert swapped["accepted"] < 0.1 and swapped["kid"] > 0.5 and np.isclose(swapped["fid"], whole["fid"])
    assert ruler.measure(digits.train, digits.train)["nearest_train"] == 0.0 < whole["nearest_train"]
    assert (whole["fid_n"], whole["fid_d"]) == (500, judge.FEATURES)


def test_kid_is_unbiased_and_the_frechet_distance_is_not(ruler, digits, good_judge):
    """Random halves of real digits, within each digit: mean KID 0 within 5 standard errors; the biased estimator (with
    the diagonal kept) is rejected."""
    pool = digits.train.concat(digits.reference)
    features, labels = good_judge.features(pool), pool.labels
    rng = np.random.default_rng(0)
    fair, biased = [], []
    for _ in range(60):
        parts = [rng.permutation(np.flatnonzero(labels == label))[:60] for label in range(10)]
        halves = [(features[part[:30]], features[part[30:]]) for part in parts]
        fair.append(np.mean([kid(one, two) for one, two in halves]))
        biased.append(np.mean([kid(one, two) + _diagonal(one) + _diagonal(two) for one, two in halves]))
    error = np.std(fair, ddof=1) / np.sqrt(len(fair))
    assert abs(np.mean(fair)) < 5 * error
    assert abs(np.mean(biased)) > 5 * error


def _diagonal(x):
    """What the diagonal adds to the mean of a kernel matrix over its off-diagonal mean."""
    gram = (x @ x.T / x.shape[1] + 1) ** 3
    n = len(x)
    off = (gram.sum() - np.trace(gram)) / (n * (n - 1))
    return gram.mean() - off


def test_diversity_needs_two_images_of_a_digit(digits):
    batch = digits.train.take(np.flatnonzero(digits.train.labels < 3)[:30])
    found = diversity_by_digit(batch)
    assert np.isfinite(found[:3]).all() and np.isnan(found[3:]).all()
    flat = batch.flat[batch.labels == 0]
    pairs = [np.linalg.norm(flat[i] - flat[j]) for i in range(len(flat)) for j in range(i)]
    assert np.isclose(found[0], np.mean(pairs))
