"""The experiment's evaluator: made once, of motions that the generator never sees, and taken from its folder after."""

from dataclasses import replace

import numpy as np
import pytest

from generative.judges import text_match
from motion.data.mirror import swap_sides
from motion.evaluation.text_motion_training import EvaluatorConfig
from motion.experiment import dataset, evaluator
from motion.experiment.evaluator import EVALUATOR, prepare_evaluator, training_motions
from motion.experiment.presets import PRESETS
from motion.features import core67

pytestmark = pytest.mark.usefixtures("one_thread")
PRESET = replace(PRESETS["smoke"], n=16, reference=16, evaluation=16)
TINY = EvaluatorConfig(steps=4, batch_size=8, width=16, blocks=1, dim=8, warmup=2, checkpoint_every=2)


@pytest.fixture(autouse=True)
def few(monkeypatch):
    monkeypatch.setattr(evaluator, "DRAWN", 120)
    monkeypatch.setattr(evaluator, "PERFORMED", 30)


@pytest.fixture
def data(tmp_path):
    return dataset.prepare(tmp_path / "data", PRESET, None, skip_bad=False)


def test_it_is_trained_once_and_then_read(data, tmp_path, monkeypatch):
    told = []
    first = prepare_evaluator(tmp_path, data, PRESET, TINY, report=lambda *said: told.append(said))
    assert ("drawing motions", 120, 120) in told and told[-1] == ("evaluator", 4, 4)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", EVALUATOR]
    monkeypatch.setattr(evaluator, "train_evaluator", None)
    monkeypatch.setattr(evaluator, "embedded", None)
    again = prepare_evaluator(tmp_path, data, PRESET, TINY)
    assert again.fingerprint == first.fingerprint
    about = again.describe()["trained_on"]
    assert (about["source"], about["drawn"], about["rest"], about["motions"]) == ("procedural", 120, 0, 120)
    for preset, config, text in (
        (replace(PRESET, frames=44), TINY, "frames: started with 40, now 44"),
        (PRESET, replace(TINY, steps=5), "training.steps: started with 4, now 5"),
    ):
        with pytest.raises(ValueError, match=text):
            prepare_evaluator(tmp_path, data, preset, config)
    # The size of the data set does not matter where motions are drawn anew.
    assert prepare_evaluator(tmp_path, data, replace(PRESET, n=32), TINY).fingerprint == first.fingerprint


def test_a_killed_training_goes_on(data, tmp_path):
    def killed(stage, done, total):
        if stage == "evaluator":
            raise KeyboardInterrupt

    whole = prepare_evaluator(tmp_path / "whole", data, PRESET, replace(TINY, steps=20))
    with pytest.raises(KeyboardInterrupt):
        prepare_evaluator(tmp_path, data, PRESET, replace(TINY, steps=20), report=killed)
    assert (tmp_path / "evaluator.work").is_dir() and not (tmp_path / EVALUATOR).exists()
    again = prepare_evaluator(tmp_path, data, PRESET, replace(TINY, steps=20))
    assert again.fingerprint == whole.fingerprint and not (tmp_path / "evaluator.work").exists()


def test_it_learns_from_motions_that_no_other_set_has(data):
    learned = training_motions(data, PRESET)
    others = [data.train, data.reference, data.second, dataset.draw_procedural(60, PRESET, np.random.default_rng(0))]
    rows = {row.tobytes() for row in learned.features}
    assert len(rows) == len(learned) == 120  # blocks are not the same motions again
    assert not rows & {row.tobytes() for part in others for row in part.features}
    assert set(learned.actions) == set(PRESET.kinds) and learned.features.shape[1] == PRESET.frames


def test_of_a_pack_it_learns_what_is_left_and_says_how_much(data):
    rest = replace(data.second, ids=tuple(f"{i // 3}@{i % 3}" for i in range(16)))
    pack = replace(data, rest=rest, info={**data.info, "source": "somewhere"})
    learned = training_motions(pack, PRESET)
    assert np.array_equal(learned.features[:16], rest.features) and len(learned) == 16 + 60
    assert not set(learned.actions[16:]) <= set(PRESET.kinds)  # all kinds
    made_from = evaluator._made_from(pack, PRESET)
    assert (made_from["rest"], made_from["captures"], made_from["drawn"]) == (16, 6, 60)
    assert made_from["data"] == data.info["fingerprint"]


@pytest.mark.slow
def test_on_real_capture_it_ranks_captions_of_other_captures(tmp_path, shared_data):
    """Bandai-Namco clips: R-precision@3 of the reference, whose captures it has not seen, over its chance; and sides.

    What no caption can tell (half of them are equal to others) counts as a hit either way, so chance is reported.
    """
    preset = replace(PRESETS["smoke"], n=64, reference=192, evaluation=64)
    data = dataset.prepare(tmp_path / "data", preset, shared_data / "bandai", skip_bad=False)
    judge = prepare_evaluator(tmp_path, data, preset, EvaluatorConfig(steps=250))
    about = judge.describe()["trained_on"]
    assert about["rest"] == len(data.rest) > 300 and about["motions"] == about["rest"] + 60
    held_out = data.reference
    points, texts = judge.motions(held_out), judge.captions(held_out.captions)
    found = text_match(points, texts, held_out.captions)
    assert found.top[2].value >= 0.9 > 3 * found.chance[2], (found.top[2], found.chance)
    seen = held_out.features.copy()
    seen[..., :67] = core67.mirrored(seen[..., :67])
    wrong = judge.motions(held_out.with_features(seen))
    sided = np.array([swap_sides(caption) != caption for caption in held_out.captions])
    farther = np.linalg.norm(wrong - texts, axis=1) > np.linalg.norm(points - texts, axis=1)
    assert sided.sum() > 50 and farther[sided].mean() > 0.95, farther[sided].mean()
