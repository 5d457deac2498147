"""T2M's protocol against its own sentences written out."""

import numpy as np
import pytest

from generative.distances import frechet
from generative.judges.estimate import TooFew
from generative.judges.t2m import Drawn, t2m

N, D = 330, 6


def draws(rng):
    """Samples near their texts, drawn anew; 12 captions with 30 repeats."""
    texts = rng.normal(size=(N, D))
    repeats = rng.normal(size=(12, 1, D)) + rng.normal(0, 0.5, size=(12, 30, D))
    return Drawn(texts + rng.normal(0, 0.7, size=(N, D)), texts, repeats)


def real(seed=0):
    found = draws(np.random.default_rng(seed))
    return found.samples, found.texts


def test_rows_are_means_over_replications_with_196_over_root_r():
    held_out, texts = real()
    asked = []

    def draw(rng):
        asked.append(draws(rng))
        return asked[-1]

    found = t2m(draw, held_out, texts, replications=5)
    names = [row.name for row in found.rows]
    assert names == ["fid", "diversity", "r_precision_1", "r_precision_2", "r_precision_3", "matching_distance",
                     "multimodality"]  # fmt: skip
    distances = np.array([frechet(one.samples, held_out).value for one in asked])
    assert len(asked) == 5 and found["fid"].value == pytest.approx(distances.mean())
    assert found["fid"].high - found["fid"].value == pytest.approx(1.96 * distances.std() / np.sqrt(5))
    assert found["fid"].floor == pytest.approx(0, abs=1e-6) and np.isnan(found["multimodality"].floor)
    assert found["r_precision_1"].value < found["r_precision_2"].value < found["r_precision_3"].value
    assert abs(found["r_precision_3"].value - found["r_precision_3"].floor) < 0.1


def test_r_precision_is_the_loop_over_whole_pools_and_counts_only_a_texts_own_sample():
    """330 = 10 pools of 32 and 10 that are dropped; by hand over the pools that the protocol dealt."""
    rng = np.random.default_rng(4)
    texts = np.repeat(rng.normal(size=(N // 2, D)), 2, axis=0)  # each text twice: the other one's sample is no hit
    samples = texts + rng.normal(0, 0.5, size=texts.shape)
    found = t2m(lambda rng: Drawn(samples, texts), samples, texts, replications=200)
    # Over all pools, in expectation: own rank among 31 others drawn of N - 1.
    apart = np.linalg.norm(texts[:, None] - samples[None], axis=-1)
    nearer = (apart < np.diagonal(apart)[:, None]).sum(axis=1)
    chance = np.prod([(N - 1 - nearer - i) / (N - 1 - i) for i in range(31)], axis=0)  # none of the nearer is drawn
    row = found["r_precision_1"]
    assert abs(row.value - chance.mean()) < 4 * (row.high - row.value) / 1.96, (row, chance.mean())
    own = np.linalg.norm(texts - samples, axis=1)
    row = found["matching_distance"]
    assert abs(row.value - own.mean()) < 4 * (row.high - row.value) / 1.96


def test_diversity_and_multimodality_allow_a_sample_to_meet_itself():
    """Mean distance of two independent draws: less than of two different samples by a factor 1 - 1/n (1/30)."""
    held_out, texts = real()
    repeats = draws(np.random.default_rng(1)).repeats
    found = t2m(lambda rng: Drawn(held_out, texts, repeats), held_out, texts, replications=100)
    apart = np.linalg.norm(held_out[:, None] - held_out[None], axis=-1).mean()
    many = np.linalg.norm(repeats[:, :, None] - repeats[:, None], axis=-1).mean()
    for name, want in (("diversity", apart), ("multimodality", many)):
        se = (found[name].high - found[name].value) / 1.96
        assert abs(found[name].value - want) < 4 * se, name
    assert abs(found["multimodality"].value - many * 30 / 29) > 4 * se  # two different samples: rejected


def test_too_few_are_refused():
    held_out, texts = real()
    with pytest.raises(TooFew, match="T2M's diversity needs n >= 300, got 299"):
        t2m(lambda rng: Drawn(held_out[:299], texts[:299]), held_out, texts, replications=2)
    with pytest.raises(ValueError, match="replications must be at least 2"):
        t2m(draws, held_out, texts, replications=1)
    with pytest.raises(TooFew, match="repeats >= 10, got 9"):
        t2m(lambda rng: Drawn(held_out, texts, np.zeros((3, 9, D))), held_out, texts, replications=2)
