"""The repair test finds a planted repair, rejects a planted harm, and compares correctors clip by clip."""

import json
from dataclasses import dataclass, field

import numpy as np
import pytest
from scipy import stats

from motion.data.procedural import generate
from motion.evaluation.corruptions import CORRUPTIONS, corruption_named
from motion.evaluation.movement import MEASURES, distances
from motion.evaluation.over_clips import holm
from motion.evaluation.repair import SPOILED, repair_test
from motion.joint_corrector import CorrectedJoints, JointCorrector, mean_distance

N, FRAMES = 16, 41
LENGTHS = np.full(N, FRAMES)
CAPTIONS = [""] * N
NAMES = [f"clip {i}" for i in range(N)]
KINDS = tuple(kind.name for kind in CORRUPTIONS)


@dataclass(frozen=True)
class Planted(JointCorrector):
    """Goes a share of the way to the known clean motions, each motion its own."""

    called: str = "planted"
    clean: np.ndarray | None = field(default=None, compare=False)
    share: float | np.ndarray = 0.0
    failed: tuple[int, ...] = ()

    @property
    def name(self):
        return self.called

    def correct(self, joints, lengths, captions, rng):
        share = np.broadcast_to(self.share, len(joints)).copy()
        share[list(self.failed)] = 0
        found = joints + share[:, None, None, None] * (self.clean - joints)
        return CorrectedJoints(found, mean_distance(found, joints, lengths), ~np.isin(np.arange(N), self.failed))


@pytest.fixture(scope="module")
def clean():
    return np.stack([clip.joints for clip in generate(N, frames=FRAMES, seed=9)]).astype(float)


@pytest.fixture(scope="module")
def test(clean):
    swing = np.where(np.arange(N) % 2, 0.5, -0.5)
    planted = {"half": 0.5, "quarter": 0.25, "harm": -0.3, "nothing": 0.0, "swing": swing}
    correctors = [Planted(called=name, clean=clean, share=share) for name, share in planted.items()]
    return repair_test(correctors, clean, LENGTHS, CAPTIONS, NAMES)


@pytest.mark.parametrize("measure", MEASURES)
def test_a_planted_repair_is_found_and_a_harm_rejected(test, measure):
    # Moved as a whole, a motion keeps its shape: nothing to repair there, and rounding is no difference.
    shapeless = {"levelled": {"floating", "sinking"}, "relative": {"floating", "floating, oscillating", "sinking"}}
    for one, harm in zip(test.outcomes("half", measure), test.outcomes("harm", measure), strict=True):
        if one.kind in shapeless.get(measure, ()):
            assert one.before.value == harm.change.value == 0 and harm.p == 1
            continue
        assert one.nearer and not harm.nearer and harm.change.value > 0 and harm.p < 0.05
        assert one.after.value == pytest.approx(0.5 * one.before.value)
        assert harm.change.value == pytest.approx(0.3 * one.before.value)
        assert one.before == harm.before and one.success == 1
    assert test.nearer("half") == test.nearer("quarter") == KINDS and test.nearer("harm") == ()


def test_no_effect_is_no_repair(test):
    for one in test.outcomes("nothing"):
        assert one.change.value == 0 and one.p == 1 and not one.nearer
    assert test.nearer("swing") == ()  # nearer and farther by turns
    assert all(one.p > 0.05 for one in test.outcomes("swing"))


def test_correctors_are_compared_clip_by_clip(test):
    assert test.better("half", ["quarter", "nothing", "harm"]) == KINDS
    assert test.better("quarter", ["half"]) == () and test.better("half", ["quarter", "swing"]) != ()
    assert test.better("nothing", ["harm"]) == ()  # better than a harm, but nearer to nothing
    found = test.comparisons("half", "swing")
    raw = []
    for kind, one in zip(KINDS, found, strict=True):
        first, second = (test.away[kind, name, "absolute"] for name in ("half", "swing"))
        known = stats.ttest_rel(first, second)
        raw.append(known.pvalue)
        assert one.difference.value == pytest.approx((first - second).mean())
        assert one.difference.p == pytest.approx(known.pvalue)
    assert [one.p for one in found] == pytest.approx(holm(raw))
    assert any(one.p > one.difference.p for one in found)


def test_a_moved_floor_is_told_from_a_wrong_motion(clean):
    raised = clean + [0.0, 0.03, 0.0]
    found = distances(raised, clean, LENGTHS)
    assert found["absolute"] == pytest.approx(0.03) and found["levelled"] == pytest.approx(0, abs=1e-9)
    wrong = clean.copy()
    wrong[:, :, 4] += [0.22, 0.0, 0.0]
    for gap in distances(wrong, clean, LENGTHS).values():
        assert gap == pytest.approx(0.01)
    rooted = clean.copy()
    rooted[:, :, 0] += [0.0, 0.0, 0.1]  # the root alone: relative to it all others are off
    assert distances(rooted, clean, LENGTHS)["relative"] == pytest.approx(0.1 * 21 / 22)
    # Regrounding cures floating but for its own floor: absolute says so, levelled does not.
    test = repair_test(
        [Planted(called="floor", clean=raised, share=1.0)], clean, LENGTHS, CAPTIONS, NAMES,
        kinds=[corruption_named("jitter")],
    )  # fmt: skip
    after = {measure: test.outcomes("floor", measure)[0].after.value for measure in MEASURES}
    assert after["absolute"] == pytest.approx(30) and after["levelled"] == pytest.approx(0, abs=1e-6)
    assert test.nearer("floor") == () and test.nearer("floor", "levelled") == ("jitter",)


def test_failures_keep_the_spoiled_motion_and_are_counted(clean):
    planted = Planted(clean=clean, share=1.0, failed=(0, 1, 2, 3))
    test = repair_test([planted], clean, LENGTHS, CAPTIONS, NAMES, kinds=CORRUPTIONS[:1])
    one = test.outcomes("planted")[0]
    assert one.success == 0.75
    away = test.away["jitter", "planted", "absolute"]
    np.testing.assert_array_equal(away[:4], test.away["jitter", SPOILED, "absolute"][:4])
    assert (away[4:] == 0).all()


def test_captures_count_and_json_holds_all(clean):
    owners = [f"capture {i // 4}" for i in range(N)]
    planted = [Planted(called="half", clean=clean, share=0.5), Planted(called="quarter", clean=clean, share=0.25)]
    test = repair_test(planted, clean, LENGTHS, CAPTIONS, NAMES, owners)
    alone = repair_test(planted, clean, LENGTHS, CAPTIONS, NAMES)
    assert [one.change.value for one in test.outcomes("half")] == [one.change.value for one in alone.outcomes("half")]
    assert any(a.change.p > b.change.p for a, b in zip(test.outcomes("half"), alone.outcomes("half"), strict=True))
    text = test.to_json()
    assert json.loads(json.dumps(text, allow_nan=False)) == text and set(text) == set(MEASURES)
    assert len(text["absolute"]["outcomes"]) == 2 * 8 == len(text["absolute"]["comparisons"])


def test_names_decide_how_a_motion_is_spoiled(clean):
    planted, some = Planted(called="planted", clean=clean[4:8], share=0.0), slice(4, 8)

    @dataclass(frozen=True)
    class Stays(Planted):
        def correct(self, joints, lengths, captions, rng):
            return CorrectedJoints(joints, np.zeros(len(joints)), np.ones(len(joints), bool))

    stays = Stays(called="stays")
    whole = repair_test([stays], clean, LENGTHS, CAPTIONS, NAMES)
    part = repair_test([stays], clean[some], LENGTHS[some], CAPTIONS[some], NAMES[some])
    for kind in KINDS:
        np.testing.assert_array_equal(part.away[kind, SPOILED, "absolute"], whole.away[kind, SPOILED, "absolute"][some])
    with pytest.raises(ValueError, match="names of their own"):
        repair_test([planted, planted], clean, LENGTHS, CAPTIONS, NAMES)
    with pytest.raises(ValueError, match="one of each per motion"):
        repair_test([stays], clean, LENGTHS, CAPTIONS, NAMES[1:])
