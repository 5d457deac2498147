"""Padded batches: each clip comes out as it does alone, in every representation."""

import numpy as np
import pytest

from motion.data.procedural import generate
from motion.features.padded import decode_clips, encode_clips
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
