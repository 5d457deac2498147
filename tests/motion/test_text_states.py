"""States of captions in files: computed once, continued, repaired; of another encoder or damaged they are not used."""

import json

import numpy as np
import pytest
from support import deterministic
from text_encoder import SmallEncoder

from motion.text import frozen, states
from motion.text.states import TextStates, damaged

CAPTIONS = tuple(f"a person walks {word}" for word in "slowly quickly left right tiredly proudly away back".split())


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(states, "BLOCK", 3)


@pytest.fixture
def kept(tmp_path):
    SmallEncoder().keep(tmp_path / "text", CAPTIONS)
    return tmp_path / "text"


def test_another_process_need_not_compute(kept):
    first, other = SmallEncoder(), SmallEncoder()
    assert other.use(kept) == len(CAPTIONS)
    captions = (*CAPTIONS[::-1], CAPTIONS[2], "a person bows")
    found, wanted = other.encode(captions), first.encode(captions)
    assert np.array_equal(found.values, wanted.values) and np.array_equal(found.mask, wanted.mask)
    assert other.computed == ["a person bows"]
    assert len(list(kept.glob("small-*-32-000?.npy"))) == 3 and damaged(kept) == []
    assert first.fingerprint()[:16] in next(kept.glob("*.npy")).name
    looked = TextStates.open(kept, first.key)
    assert list(looked) == list(CAPTIONS) and isinstance(looked[CAPTIONS[4]], np.memmap)
    assert not looked[CAPTIONS[4]].flags.writeable and "a person bows" not in looked


def test_again_nothing_is_computed_and_an_interruption_changes_no_byte(kept, tmp_path, monkeypatch):
    whole = deterministic(kept)
    again = SmallEncoder()
    assert again.keep(kept, (*CAPTIONS, CAPTIONS[0])) == 0 and again.computed == [] and deterministic(kept) == whole
    real = states.files.write_json

    def stops(path, value):
        if "0001" in path.name:
            raise KeyboardInterrupt
        real(path, value)

    monkeypatch.setattr(states.files, "write_json", stops)
    with pytest.raises(KeyboardInterrupt):
        SmallEncoder().keep(tmp_path / "part", CAPTIONS)
    monkeypatch.undo()
    monkeypatch.setattr(states, "BLOCK", 3)
    (told,) = damaged(tmp_path / "part")
    assert "0001.npy has no list of captions beside it" in told
    seen = []
    rest = SmallEncoder()
    count = rest.keep(tmp_path / "part", CAPTIONS, report=lambda *args: seen.append(args))
    assert count == len(CAPTIONS) - 3 and rest.computed == list(CAPTIONS[3:])
    assert seen[0] == ("encoding captions", 0, 8) and seen[-1] == ("encoding captions", 8, 8)
    assert deterministic(tmp_path / "part") == whole


def flip(path, at=-3):
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(bytes(content))


def renamed(folder, array):
    for path in (array, array.with_suffix(".json")):
        path.rename(path.with_name(path.name.replace("-32-", "-31-")))


def swapped(folder, array):
    path = array.with_suffix(".json")
    said = json.loads(path.read_text())
    said["captions"].reverse()
    path.write_text(json.dumps(said))


def pickled(folder, array):
    np.save(array, np.array([{}], dtype=object), allow_pickle=True)


def other_shape(folder, array):
    """A list that is true to itself but not to its array."""
    path = array.with_suffix(".json")
    said = json.loads(path.read_text())
    del said["digest"]
    said["lengths"][0] += 1
    path.write_text(json.dumps({**said, "digest": states._digest(said)}))


HARM = {
    "a bit of the array": lambda folder, array: flip(array),
    "a bit of the list": lambda folder, array: flip(array.with_suffix(".json"), 200),
    "a cut array": lambda folder, array: array.write_bytes(array.read_bytes()[:-7]),
    "a cut list": lambda folder, array: array.with_suffix(".json").write_text("{"),
    "no array": lambda folder, array: array.unlink(),
    "no list": lambda folder, array: array.with_suffix(".json").unlink(),
    "another's name": renamed,
    "captions in another order": swapped,
    "objects": pickled,
    "another shape": other_shape,
    "a nested list": lambda folder, array: array.with_suffix(".json").write_text("[" * 100_000),
    "a list of something else": lambda folder, array: array.with_suffix(".json").write_text("[1]"),
}


@pytest.mark.parametrize("harm", HARM)
def test_what_is_damaged_is_told_not_used_and_made_again(kept, harm):
    whole, clean = deterministic(kept), SmallEncoder()
    HARM[harm](kept, sorted(kept.glob("*.npy"))[1])
    told = damaged(kept)
    assert len(told) == 1 and "\n" not in told[0] and "-000" in told[0], told
    reader = SmallEncoder()
    try:
        reader.use(kept)
        found = reader.encode(CAPTIONS)
    except ValueError as problem:
        assert "\n" not in str(problem) and str(kept) in str(problem)
    else:
        assert np.array_equal(found.values, clean.encode(CAPTIONS).values)
        assert set(reader.computed) == set(CAPTIONS[3:6]), "as if they were not there"
    maker = SmallEncoder()
    assert maker.keep(kept, CAPTIONS) == 3 and maker.computed == list(CAPTIONS[3:6])
    if harm != "another's name":
        assert deterministic(kept) == whole
    assert {name: content for name, content in deterministic(kept).items() if name in whole} == whole


def test_foreign_files_are_told(kept):
    (kept / "notes.txt").touch()
    (kept / "deep").mkdir()
    np.save(kept / "strange.npy", np.zeros(3))
    told = damaged(kept)
    assert [line.split("/")[-1].split()[0] for line in told] == ["deep", "notes.txt", "strange.npy"]
    assert damaged(kept / "nowhere") == []


def test_only_the_very_encoder_uses_them(kept, tmp_path):
    for other in (SmallEncoder(salt="x"), SmallEncoder(max_tokens=3)):
        assert other.use(kept) == 0
        other.encode(CAPTIONS)
        assert other.computed == list(CAPTIONS)
    before = deterministic(kept)
    SmallEncoder(salt="x").keep(kept, CAPTIONS)
    assert SmallEncoder(salt="x").use(kept) == SmallEncoder().use(kept) == len(CAPTIONS) and damaged(kept) == []
    assert before.items() < deterministic(kept).items()
    assert SmallEncoder().use(tmp_path / "nowhere") == 0


def test_more_captions_than_the_memory_keeps(tmp_path, monkeypatch):
    """Thirty captions where ten are kept: read from the files each time; without files computed as often as needed."""
    monkeypatch.setattr(frozen, "_KEPT", 10)
    many = tuple(f"a person walks {i} steps" for i in range(30))
    SmallEncoder().keep(tmp_path, many)
    reader, alone = SmallEncoder(), SmallEncoder()
    reader.use(tmp_path)
    for part in (many, many[:12], many[5:], many[::-1]):
        wanted = np.stack([np.pad(alone.states([caption])[0], ((0, 27), (0, 0))) for caption in part])
        assert np.array_equal(reader.encode(part).values, wanted) and np.array_equal(alone.encode(part).values, wanted)
        assert len(alone._memory) <= 10
    assert reader.computed == [] and not reader._memory
    few = SmallEncoder()
    for _ in range(3):
        few.encode(many[:10])
    assert len(few.computed) == 10, "what fits is computed once"


def test_states_are_taken_from_another_folder(kept, tmp_path):
    encoder = SmallEncoder()
    captions = (*CAPTIONS[2:5], "a person bows", "a person kicks")
    assert encoder.keep(tmp_path / "own", captions, source=kept) == 2
    assert encoder.computed == ["a person bows", "a person kicks"]
    flip(next(kept.glob("*.json")), 200)
    assert SmallEncoder().keep(tmp_path / "own", captions, source=kept) == 0, "what is whole needs no source"
    with pytest.raises(ValueError, match="run the command that made it again"):
        SmallEncoder().keep(tmp_path / "new", captions, source=kept)


def test_other_captions_replace_the_blocks(kept):
    assert SmallEncoder().keep(kept, CAPTIONS[:2]) == 2
    assert len(list(kept.iterdir())) == 2 and damaged(kept) == []
    assert SmallEncoder().use(kept) == 2


@pytest.mark.parametrize(("caption", "text"), [("  ", "caption 1 must hold"), ("-", "finds no word piece in '-'"),
                                               ("nan nan", "gives nan or inf for 'nan nan'")])  # fmt: skip
def test_captions_and_states_that_cannot_be(tmp_path, caption, text):
    with pytest.raises(ValueError, match=text):
        SmallEncoder().keep(tmp_path, ("walks", caption))
    assert not list(tmp_path.glob("*.json"))
