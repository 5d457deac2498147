"""Padded batches: each clip comes out as it does alone, in every representation."""

import numpy as np
import pytest

from motion.data.procedural import generate
from motion.features.hml263 import CONTACTS
from motion.features.padded import decode_clips, encode_changes, encode_clips
from motion.features.representation import REPRESENTATIONS, Representation

CLIPS = [clip.joints[:n].astype(float) for clip, n in zip(generate(4, frames=41, seed=3), (41, 17, 2, 30), strict=True)]


@pytest.mark.parametrize("kind", REPRESENTATIONS, ids=lambda kind: kind.name)
def test_clips_come_out_the_same_alone_in_a_batch_and_padded(kind: Representation) -> None:
    features, lengths = encode_clips(kind, CLIPS, 45, floor="given")
    assert features.shape == (4, 45, kind.dim) and list(lengths) == [40, 16, 1, 29]
    parts = decode_clips(kind, features, lengths)
    for i, clip in enumerate(CLIPS):
        assert np.array_equal(features[i, : lengths[i]], kind.encode(clip, floor="given"))
        assert not features[i, lengths[i] :].any()
        alone = kind.decode(features[i, : lengths[i]])
        assert parts[i].shape == (len(clip), 22, 3) and np.allclose(parts[i][:-1], alone, atol=1e-6)
    assert encode_clips(kind, [], 8, floor="given")[0].shape == (0, 8, kind.dim)


@pytest.mark.parametrize("kind", REPRESENTATIONS, ids=lambda kind: kind.name)
def test_the_frame_after_the_last_row_is_where_the_motion_goes_on(kind: Representation) -> None:
    whole = CLIPS[0] - CLIPS[0][0, 0] * [1, 0, 1]
    features, lengths = encode_clips(kind, [whole], 40, floor="given")
    found = decode_clips(kind, features, lengths)[0]
    step = np.linalg.norm(np.diff(whole[-2:], axis=0), axis=-1).mean()
    away = np.linalg.norm(found - whole, axis=-1).mean(axis=1)
    # hml263 says it by its velocities; the others let the motion go on, which errs by less than standing still would.
    assert away[-1] < (1e-5 if kind.name == "hml263" else away[:-1].max() + step)


def test_a_clip_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="clip 1 must have 2 to 21 frames"):
        encode_clips(REPRESENTATIONS[0], [CLIPS[1], CLIPS[3]], 20, floor="clip")


def drawn(kind: Representation, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Features as a generator draws them: they contradict each other by a few hundredths of their deviations."""
    features, lengths = encode_clips(kind, CLIPS, 45, floor="given")
    noise = np.random.default_rng(seed).normal(0, 0.03, features.shape) * features.std(axis=(0, 1))
    noise[np.arange(45) >= lengths[:, None]] = 0
    return (features + noise).astype(np.float32), lengths


@pytest.mark.parametrize("kind", REPRESENTATIONS, ids=lambda kind: kind.name)
def test_what_is_not_moved_keeps_its_features_whatever_they_say(kind: Representation) -> None:
    features, lengths = drawn(kind, 1)
    clips = decode_clips(kind, features, lengths)
    np.testing.assert_array_equal(encode_changes(kind, features, clips, clips), features)
    # and encoding anew would not do, where there is anything to contradict
    anew = encode_clips(kind, clips, 45, floor="given")[0]
    assert kind.name == "core67" or np.abs(anew - features).max() > 0.01
    # a small move is a small change: no jump at zero
    moved = [clip + np.array([0, 1e-4, 0]) for clip in clips]
    assert np.abs(encode_changes(kind, features, clips, moved) - features).max() < 2e-4


@pytest.mark.parametrize("kind", REPRESENTATIONS, ids=lambda kind: kind.name)
def test_the_change_of_features_carries_the_change_of_joints(kind: Representation) -> None:
    # rotations state no limb that is longer than the body's: there the body moves as a whole
    where = np.eye(22)[:, [3, 7, 12]] if kind.name != "rot6d" else np.ones((22, 1)) * [0, 1, 0]
    bend = [np.cos(np.arange(len(clip)) / 5)[:, None, None] * 0.03 * where for clip in CLIPS]
    moved = [clip + shift for clip, shift in zip(CLIPS, bend, strict=True)]
    exact, lengths = encode_clips(kind, CLIPS, 45, floor="given")
    wanted = encode_clips(kind, moved, 45, floor="given")[0]
    np.testing.assert_allclose(encode_changes(kind, exact, CLIPS, moved), wanted, atol=1e-6)
    features, lengths = drawn(kind, 2)
    before = decode_clips(kind, features, lengths)
    after = [clip + shift for clip, shift in zip(before, bend, strict=True)]
    found = decode_clips(kind, encode_changes(kind, features, before, after), lengths)
    for got, asked in zip(found, after, strict=True):
        np.testing.assert_allclose(got[:-1], asked[:-1], atol=2e-6)


@pytest.mark.parametrize("kind", REPRESENTATIONS[:2], ids=lambda kind: kind.name)
def test_changed_features_decode_to_what_was_asked_for(kind: Representation) -> None:
    """Every joint goes its own way, and the body turns; told in frames that are read off the joints it would not."""
    features, lengths = drawn(kind, 4)
    before = decode_clips(kind, features, lengths)
    rng = np.random.default_rng(5)
    after = []
    for clip in before:
        time = np.arange(len(clip))[:, None, None]
        moved = clip + 0.03 * np.sin(time / 4 + rng.uniform(0, 6, (1, 22, 3)))
        angle = 0.2 * np.sin(time / 9 + 1)
        after.append(moved + np.cross(angle * [0, 1, 0], moved))
    found = decode_clips(kind, encode_changes(kind, features, before, after), lengths)
    read = [encode_clips(kind, clips, 45, floor="given")[0] for clips in (before, after)]
    wrong = decode_clips(kind, features + read[1] - read[0], lengths)
    for got, other, asked in zip(found, wrong, after, strict=True):
        asked = asked - asked[0, 0] * [1, 0, 1]
        np.testing.assert_allclose(got[:-1], asked[:-1], atol=3e-6)
        # the frame after the last row follows from velocities, which generated positions contradict
        assert np.abs(got[-1] - asked[-1]).max() < 0.2
        assert len(asked) < 20 or np.abs(other - asked)[:-1].max() > 0.01


def test_contacts_stay_labels() -> None:
    kind = REPRESENTATIONS[0]
    features, lengths = drawn(kind, 3)
    before = decode_clips(kind, features, lengths)
    after = [clip + np.cumsum(np.full((len(clip), 1, 1), 0.02), axis=0) * [1, 0, 0] for clip in before]  # feet slide
    labels = encode_changes(kind, features, before, after)[..., CONTACTS]
    anew = encode_clips(kind, after, 45, floor="given")[0][..., CONTACTS]
    kept, new = labels == features[..., CONTACTS], labels == anew
    assert (kept | new).all() and (new & ~kept).any() and (kept & ~new).any()
