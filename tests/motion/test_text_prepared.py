"""States kept in a prepared folder: the data stay what they are, an experiment on them computes nothing, and a damaged
or foreign file is told."""

import json
from dataclasses import replace

import numpy as np
import pytest
from support import deterministic
from text_encoder import SmallEncoder

from loop.progress import silent
from motion.data.draw import draw
from motion.data.pack import source_fingerprint
from motion.data.prepare import prepare
from motion.data.procedural import Drawing
from motion.experiment.campaign import Experiment, execute
from motion.experiment.presets import Preset
from motion.text import encoders, states
from motion.text.prepared import captions_of, damaged_texts, held_texts, keep_texts

TINY = Preset(
    frames=32, n=6, reference=16, evaluation=12, generations=1, first_steps=4, steps=2, width=16, layers=1, heads=2,
    batch_size=4, sampler_steps=3, text="minilm",
)  # fmt: skip


@pytest.fixture
def data(tmp_path):
    draw(Drawing(40, 1), 30, tmp_path / "drawn")
    return prepare([tmp_path / "drawn"], tmp_path / "data")


@pytest.fixture
def small(monkeypatch):
    """The encoder that "minilm" names here, a new one at each call; all that were made."""
    made = []

    def chosen(name, weights=None):
        made.append(SmallEncoder(salt=str(weights or "")))
        return made[-1] if name == "minilm" else None

    monkeypatch.setattr(encoders, "frozen_encoder", chosen)
    return made


def computed(made):
    """How many captions all of them computed; they are forgotten."""
    count = sum(len(encoder.computed) for encoder in made)
    made.clear()
    return count


def test_the_data_stay_what_they_are(data, monkeypatch):
    monkeypatch.setattr(states, "BLOCK", 40)
    before, fingerprint = deterministic(data.folder), source_fingerprint(data.folder)
    captions = captions_of(data)
    assert len(captions) == len(set(captions)) > 80
    assert held_texts(data) == [] and damaged_texts(data) == []
    encoder = SmallEncoder()
    assert keep_texts(data, encoder) == len(captions) and encoder.computed == list(captions)
    assert before.items() < deterministic(data.folder).items() and source_fingerprint(data.folder) == fingerprint
    (held,) = held_texts(data)
    size = sum(path.stat().st_size for path in (data.folder / "text").iterdir())
    assert (held.key, held.captions, held.size) == (encoder.key, len(captions), size)
    assert keep_texts(data, SmallEncoder()) == 0 and damaged_texts(data) == []
    again = prepare([data.folder.parent / "drawn"], data.folder)
    assert held_texts(again) == [held]


def test_captions_of_other_data_are_foreign(data):
    keep_texts(data, SmallEncoder())
    SmallEncoder(salt="x").keep(data.folder / "text", ["a dragon flies", captions_of(data)[0]])
    (told,) = damaged_texts(data)
    assert "captions that the data does not have, as 'a dragon flies'" in told
    assert sorted(held.captions for held in held_texts(data)) == [1, len(captions_of(data))]


def test_an_experiment_on_the_folder_computes_nothing(data, tmp_path, small):
    def go(name, **changes):
        preset = replace(TINY, **changes)
        execute(Experiment(tmp_path / name, preset, data.folder, arms=("real", "synthetic")), silent)
        return computed(small)

    alone = go("alone")
    parts = [tmp_path / "alone" / "data" / name / "conditions.json" for name in ("train", "reference", "second")]
    sets = [json.loads(path.read_text()) for path in parts]  # what models are asked for; not the rest
    assert alone == len({caption for part in sets for caption in part["captions"]}) > 15, "once for all arms"
    keep_texts(data, SmallEncoder())
    assert go("kept") == 0
    assert deterministic(tmp_path / "kept") == deterministic(tmp_path / "alone")
    assert go("kept") == 0, "again"
    for path in (data.folder / "text").iterdir():
        path.unlink()
    assert go("kept", generations=2) == 0, "the experiment has its own"
    assert go("other", text_weights=tmp_path) == alone, "of another encoder there are none"


def test_missing_captions_are_computed(data, tmp_path, small):
    kept = captions_of(data)[:40]
    SmallEncoder().keep(data.folder / "text", kept)
    execute(Experiment(tmp_path / "run", TINY, data.folder, arms=("real",)), silent)
    new = [caption for encoder in small for caption in encoder.computed]
    assert new and not set(new) & set(kept)
    lists = [json.loads(path.read_text()) for path in (tmp_path / "run" / "text").glob("*.json")]
    asked = {caption for said in lists for caption in said["captions"]}
    assert set(new) == asked - set(kept) and asked & set(kept)


def test_damaged_states_stop_the_experiment(data, tmp_path, small):
    keep_texts(data, SmallEncoder())
    path = next((data.folder / "text").glob("*.npy"))
    content = path.read_bytes()
    path.write_bytes(content[:-1])
    (told,) = damaged_texts(data)
    experiment = Experiment(tmp_path / "run", TINY, data.folder, arms=("real",))
    with pytest.raises(
        ValueError, match="does not match its fingerprint; run the command that made it again"
    ) as caught:
        execute(experiment, silent)
    assert str(caught.value) == told
    assert keep_texts(data, SmallEncoder()) == len(captions_of(data)) and path.read_bytes() == content
    execute(experiment, silent)


def test_a_refused_experiment_leaves_no_states(data, tmp_path, small):
    execute(Experiment(tmp_path / "run", TINY, data.folder, arms=("real",)), silent)
    before = deterministic(tmp_path / "run")
    with pytest.raises(ValueError, match="holds another experiment"):
        execute(Experiment(tmp_path / "run", replace(TINY, text_weights=tmp_path), data.folder, arms=("real",)), silent)
    assert deterministic(tmp_path / "run") == before
    assert np.load(next((tmp_path / "run" / "text").glob("*.npy")), allow_pickle=False).shape[1] == 6
