"""The ideal corrector: real motions of the same condition, in law the target's."""

import numpy as np
import pytest

from loop import Mixture
from motion.experiment import dataset
from motion.experiment.arms import corrector_of
from motion.experiment.ideal import matches
from motion.experiment.measures import Ruler
from motion.experiment.presets import Preset

PRESET = Preset(
    frames=32, n=10, reference=60, evaluation=60, generations=1, first_steps=1, steps=1, width=16, layers=1, heads=2,
    kinds=("walk", "jump", "kick left", "bow"),
)  # fmt: skip


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return dataset.prepare(tmp_path_factory.mktemp("ideal") / "data", PRESET, None, skip_bad=False)


def ideal(data, gamma=float("inf")):
    return Mixture(corrector_of("ideal", data, PRESET, None), gamma)


def test_contract_and_condition(data):
    batch = data.second
    ruined = batch.with_features(np.zeros_like(batch.features))
    one, two = (ideal(data)(ruined, np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(one.samples.features, two.samples.features)
    assert one.samples.captions == batch.captions and one.samples.ids == batch.ids
    assert one.picked.all() and not one.failed.any() and (one.moved > 0.1).all()
    other = ideal(data)(ruined, np.random.default_rng(4))
    assert not np.array_equal(one.samples.features, other.samples.features), "a fresh draw each time"


def test_repairs_what_is_broken(data):
    """Whatever comes in, the law of what comes out is the truth's: as near to the reference as real motions are."""
    ruler = Ruler.fit(data.reference)
    ruined = data.second.with_features(np.zeros_like(data.second.features))
    real, broken = ruler.frechet(data.second), ruler.frechet(ruined)
    fixed = ruler.frechet(ideal(data)(ruined, np.random.default_rng(0)).samples)
    assert fixed < 3 * real < 0.1 * broken
    found = ruler.action_agreement(
        ruler.kinematics(ideal(data)(ruined, np.random.default_rng(0)).samples), ruined.actions
    )
    assert found["action_accuracy_low"] > 2 * found["action_chance"]


def test_the_caption_chooses_among_motions_of_an_action(data):
    """Each motion of a set finds itself in it, or one with just the same words; another action never."""
    chosen, failed = matches(data.second, data.second, np.random.default_rng(0))
    assert not failed.any()
    for i, j in enumerate(chosen):
        assert data.second.actions[i] == data.second.actions[j]
        assert set(data.second.captions[i].split()) == set(data.second.captions[j].split())


def test_an_unknown_action_fails_and_keeps_its_motion(data):
    batch = data.second.take([0, 1])
    batch = type(batch)(batch.features, batch.lengths, batch.captions, ("dance", batch.actions[1]), batch.ids)
    out = ideal(data)(batch, np.random.default_rng(0))
    assert out.failed.tolist() == [True, False] and out.moved[0] == 0
    assert np.array_equal(out.samples.features[0], batch.features[0])


def test_strength_is_that_of_the_mixture(data):
    corrector = ideal(data, 1.0)
    assert isinstance(corrector, Mixture) and corrector.scope == "sample"
    assert not ideal(data, 0.0)(data.second, np.random.default_rng(0)).picked.any()


def test_a_pack_without_spare_motions_cannot_be_ideal(data):
    from dataclasses import replace

    poor = replace(data, second=data.second.take([]), info={**data.info, "source": "pack"})
    with pytest.raises(ValueError, match="needs as many further real motions"):
        corrector_of("ideal", poor, PRESET, None)


def test_performed_motions_are_what_a_simulated_body_did(tmp_path):
    """Another data set than the drawn one, near to it, on the floor; fresh draws are performed too."""
    from dataclasses import replace

    from motion.features.hml263 import decode

    preset = replace(PRESET, reference=12, evaluation=12, performed=True)
    drawn = dataset.prepare(tmp_path / "drawn", replace(preset, performed=False), None, skip_bad=False)
    done = dataset.prepare(tmp_path / "done", preset, None, skip_bad=False)
    gap = np.linalg.norm(decode(done.train.features) - decode(drawn.train.features), axis=-1).mean(axis=(1, 2))
    assert (gap > 1e-4).all() and np.median(gap) < 0.05
    assert done.train.captions == drawn.train.captions and done.info["fingerprint"] != drawn.info["fingerprint"]
    with pytest.raises(ValueError, match="performed"):
        dataset.prepare(tmp_path / "drawn", preset, None, skip_bad=False)
    one = dataset.draw_procedural(4, preset, np.random.default_rng(0))
    other = dataset.draw_procedural(4, replace(preset, performed=False), np.random.default_rng(0))
    assert one.captions == other.captions and not np.allclose(one.features, other.features, atol=1e-3)
