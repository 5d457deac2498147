"""Rules on joints find the action and the side that every procedural caption names."""

import numpy as np
import pytest

from motion.data.mirror import mirrored
from motion.data.procedural import KINDS, generate
from motion.data.procedural.words import PHRASES
from motion.evaluation.rules import kind_of


def phrases(caption):
    """The kinds whose phrases stand in a caption, size words left out."""
    found = []
    for kind, options in PHRASES.items():
        for option in options:
            head = option.split("{size}")[0]
            if f" {head}" in caption and caption.split(head, 1)[1][:1] in ("", " ", ","):
                found.append((len(head), kind))
    longest = max((size for size, _ in found), default=0)
    return {kind for size, kind in found if size == longest}


@pytest.mark.parametrize("frames", [40, 60, 120])
def test_all_captions_name_what_the_rules_find(frames):
    """Seeds on which no threshold was set: 100 % of clips and captions."""
    for clip in generate(8 * len(KINDS), frames=frames, seed=7001):
        found = kind_of(clip.joints)
        assert found == clip.action, clip.name
        for caption in clip.captions:
            assert found in phrases(caption), (found, caption)
            if found.endswith((" left", " right")):
                side = found.rpartition(" ")[2]
                assert side in caption and ("left" if side == "right" else "right") not in caption.replace("lefth", "")


def test_the_mirror_image_changes_sides():
    for clip in generate(3 * len(KINDS), frames=60, seed=7002):
        other = {"left": "right", "right": "left"}
        kind, _, side = clip.action.rpartition(" ")
        expected = f"{kind} {other[side]}" if side in other else clip.action
        assert kind_of(mirrored(clip).joints) == expected


@pytest.mark.slow
def test_rules_hold_on_thousands():
    wrong = sum(kind_of(clip.joints) != clip.action for clip in generate(2000, frames=60, seed=7003))
    assert wrong == 0


def test_a_motion_that_is_something_else_gets_another_name():
    """Frozen, all kinds become idle or a posture; a walk backwards in time goes backward."""
    walk = next(clip for clip in generate(100, frames=60, seed=7004) if clip.action == "walk")
    assert kind_of(np.repeat(walk.joints[:1], 60, axis=0)) in ("idle", "dance")
    assert kind_of(walk.joints[::-1]) == "walk backward"
