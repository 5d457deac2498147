"""Styles of procedural motions: seen in posture and said in words; feet, balance and everything else stay."""

import numpy as np
import pytest

from motion.data.procedural import KINDS, STYLES, generate
from motion.kinematics.mass import ground_reaction
from motion.kinematics.retarget import bone_vectors
from motion.kinematics.skeleton import BONE_LENGTHS, J

PLAIN = generate(2 * len(KINDS), frames=60, seed=31)
TOES = [J["left_foot"], J["right_foot"]]


@pytest.mark.parametrize("style", STYLES)
def test_bodies_and_feet_are_as_without(style):
    clips = generate(2 * len(KINDS), frames=60, seed=31, styles=(style,))
    for clip, plain in zip(clips, PLAIN, strict=True):
        assert clip.action == plain.action and clip.name == plain.name
        if style == "neutral":
            assert np.array_equal(clip.joints, plain.joints) and clip.captions == plain.captions
            continue
        joints = clip.joints.astype(float)
        assert np.abs(np.linalg.norm(bone_vectors(joints), axis=-1) - BONE_LENGTHS).max() < 1e-5
        assert joints[..., 1].min() > -1e-6
        toes = joints[:, TOES]
        still = (toes[1:, :, 1] < 1e-6) & (toes[:-1, :, 1] < 1e-6)
        assert np.linalg.norm(np.diff(toes, axis=0)[..., [0, 2]], axis=-1)[still].max(initial=0) < 1e-4
        assert all(any(words.strip() in caption for words in STYLES[style]) for caption in clip.captions)
        assert not any(words.strip() in caption for words in STYLES[style] for caption in plain.captions)
    joints = np.stack([clip.joints for clip in clips])
    plain = np.stack([clip.joints for clip in PLAIN])
    lost = ground_reaction(plain)["performable"].mean() - ground_reaction(joints)["performable"].mean()
    assert lost < 0.05, "as performable as without"


def test_styles_differ_as_they_should():
    def head(style):
        clips = generate(2 * len(KINDS), frames=60, seed=31, styles=(style,))
        joints = np.stack([clip.joints for clip in clips])
        return (joints[:, :, J["head"], 1] - joints[:, :, 0, 1]).mean()

    heights = {style: head(style) for style in STYLES}
    assert heights["tired"] < heights["careful"] < heights["neutral"], heights
    assert min(abs(heights[a] - heights[b]) for a in STYLES for b in STYLES if a < b) > 5e-4


def test_every_clip_draws_one_and_wrong_names_are_refused():
    clips = generate(200, frames=40, seed=5, styles=tuple(STYLES), kinds=("walk", "bow"))
    told = {style: [word.strip() for word in words] for style, words in STYLES.items() if style != "neutral"}
    said = [
        next((style for style, words in told.items() if any(word in clip.captions[0] for word in words)), "neutral")
        for clip in clips
    ]
    assert {said.count(style) >= 20 for style in STYLES} == {True}
    for wrong in ((), ("angry",), ("tired", "tired")):
        with pytest.raises(ValueError, match="styles must be some of neutral, tired"):
            generate(2, frames=40, seed=0, styles=wrong)
