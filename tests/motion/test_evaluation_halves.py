"""The halves share no subject and no clip, whatever the order and the company."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motion.data.clip import Clip, windows
from motion.data.pack import load_pack
from motion.evaluation.halves import HALVES, half_of, in_half, unit_of

JOINTS = np.zeros((2, 22, 3), np.float32)
TRIALS = st.tuples(st.integers(1, 144), st.integers(1, 30)).map(lambda pair: f"{pair[0]:02d}_{pair[1]:02d}")
CLIPS = st.text(st.characters(categories=("Ll", "Nd"), include_characters="_-"), min_size=1, max_size=30)


def cuts(source, names):
    return [Clip(f"{name}@{start}", JOINTS, ("a person",), "", source, "") for name in names for start in (0, 80)]


@settings(max_examples=50, deadline=None)
@given(source=st.sampled_from(["cmu", "bandai"]), data=st.data())
def test_no_unit_is_in_both_halves(source, data):
    names = data.draw(st.lists(TRIALS if source == "cmu" else CLIPS, min_size=1, max_size=30, unique=True))
    clips = cuts(source, names)
    tune, report = (in_half(clips, half) for half in HALVES)
    assert len(tune) + len(report) == len(clips) and not {c.name for c in tune} & {c.name for c in report}
    unit = {
        "cmu": lambda clip: clip.name.split("_")[0],
        "bandai": lambda clip: clip.name.rpartition("@")[0],
    }[source]
    assert not {unit(clip) for clip in tune} & {unit(clip) for clip in report}
    # Neither the order of the clips nor their company moves one.
    shuffled = data.draw(st.permutations(clips))
    assert {c.name for c in in_half(shuffled, "tune")} == {c.name for c in tune}
    some = shuffled[: len(shuffled) // 2]
    assert {c.name for c in in_half(some, "tune")} == {c.name for c in tune} & {c.name for c in some}
    assert [c.name for c in tune] == [c.name for c in clips if c in tune]


def test_units_and_their_halves_never_change():
    assert unit_of("cmu", "60_01@80") == unit_of("cmu", "60_12") == "cmu/60"
    assert unit_of("bandai", "dataset-1_bow_active_001@61") == "bandai/dataset-1_bow_active_001"
    # What was tuned on stays tuned on: a changed hash would mix the halves.
    assert [half_of(f"cmu/{subject}") for subject in ("60", "61", "13", "05")] == ["report", "tune", "report", "tune"]
    assert half_of("bandai/dataset-1_bow_active_001") == "tune"
    share = np.mean([half_of(f"bandai/clip-{i}") == "tune" for i in range(2000)])
    assert abs(share - 0.5) < 5 * 0.5 / 2000**0.5
    with pytest.raises(ValueError, match="'tune' or 'report'"):
        in_half([], "test")


@pytest.mark.slow
def test_the_real_packs_fall_into_halves_of_like_size(shared_data):
    for name, frames in (("cmu", 81), ("bandai", 61)):
        found = windows(tuple(clip for clip in load_pack(shared_data / name).clips if clip.flat), frames).clips
        share = len(in_half(found, "tune")) / len(found)
        assert 0.45 <= share <= 0.55, name
