"""Procedural motions: bodies that hold together, feet that stand, flights that fall, words that are true."""

from collections import Counter

import numpy as np
import pytest

from motion.data.procedural import BASIC_KINDS, KINDS, generate
from motion.data.procedural.body import MASS, centre_of_mass
from motion.data.procedural.words import TEMPO
from motion.kinematics.retarget import bone_vectors, heading
from motion.kinematics.skeleton import BONE_LENGTHS, J

FRAMES = 60
CLIPS = generate(6 * len(KINDS), frames=FRAMES, seed=11)
TOES = [J["left_foot"], J["right_foot"]]
STEPPING = (
    "walk", "walk backward", "run", "side step left", "side step right", "turn left", "turn right", "march", "sneak",
    "circle left", "circle right",
)  # fmt: skip
FLYING = ("run", "jump", "jump forward")


def of(kind, clips=CLIPS):
    return np.array([c.joints for c in clips if c.action == kind], dtype=float)


def test_kinds_are_balanced_and_clips_depend_on_their_number_only():
    assert Counter(c.action for c in CLIPS) == dict.fromkeys(KINDS, 6) and len(KINDS) >= 12
    uneven = Counter(c.action for c in generate(29, frames=40, seed=1))
    assert max(uneven.values()) - min(uneven.values()) <= 1
    few = generate(7, frames=FRAMES, seed=11)
    for a, b in zip(few, CLIPS, strict=False):
        assert (a.name, a.captions, a.action) == (b.name, b.captions, b.action) and np.array_equal(a.joints, b.joints)
    other = generate(7, frames=FRAMES, seed=12)
    assert not any(
        a.action == b.action and np.allclose(a.joints, b.joints, atol=1e-3) for a, b in zip(few, other, strict=True)
    )
    assert len({c.name for c in CLIPS}) == len(CLIPS)
    only = generate(6, frames=40, seed=0, kinds=("bow", "idle"))
    assert Counter(c.action for c in only) == {"bow": 3, "idle": 3}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("frames", [40, FRAMES, 120])
def test_bodies_hold_together_and_stay_above_the_floor(kind, frames):
    joints = of(kind) if frames == FRAMES else of(kind, generate(3, frames=frames, seed=4, kinds=(kind,)))
    assert joints.shape[1] == frames
    assert np.abs(np.linalg.norm(bone_vectors(joints), axis=-1) - BONE_LENGTHS).max() < 1e-5
    assert joints[..., 1].min() > -1e-6
    assert np.abs(joints[:, 0, 0, [0, 2]]).max() < 1e-6
    assert max(abs(heading(clip[0])) for clip in joints) < 1e-5
    lowest = joints[:, :, :, 1].min(axis=2)
    if kind in FLYING:
        assert (lowest < 1e-3).mean() > 0.4 and lowest.max() > 0.005
    else:
        assert lowest.max() < 1e-3  # somebody stands at any time
    assert 20 * np.linalg.norm(np.diff(joints, axis=1), axis=-1).max() < 10  # nobody's foot is faster [m/s]


@pytest.mark.parametrize("kind", KINDS)
def test_standing_feet_do_not_slide(kind):
    toes = of(kind)[:, :, TOES]
    down = (toes[:, 1:, :, 1] < 0.01) & (toes[:, :-1, :, 1] < 0.01)
    slide = np.linalg.norm(np.diff(toes, axis=1)[..., [0, 2]], axis=-1)  # [m/frame]
    assert down.mean() > 0.2
    assert slide[down].mean() < 0.0005
    # Frames at either end of a step are less than 1 cm high and moving: they may, little.
    assert slide[down].max() < 0.008
    still = (toes[:, 1:, :, 1] < 1e-6) & (toes[:, :-1, :, 1] < 1e-6)
    assert slide[still].max() < 1e-4
    if kind in STEPPING:
        assert slide[~down].max() > 0.03  # has power: the feet do go somewhere


def test_jumps_fall_freely():
    for kind in ("jump", "jump forward"):
        flights = 0
        for joints in of(kind):
            centre = centre_of_mass(joints)
            lowest = joints[..., 1].min(axis=1)
            inside = np.flatnonzero((lowest[:-2] > 1e-4) & (lowest[1:-1] > 1e-4) & (lowest[2:] > 1e-4))
            acceleration = 400 * np.diff(centre, 2, axis=0)[inside]
            # Positions are float32 of about 1 m: 4 * 6e-8 * 400 = 1e-4 m/s^2.
            assert np.allclose(acceleration[:, 1], -9.81, atol=1e-3)
            assert np.allclose(acceleration[:, [0, 2]], 0, atol=1e-3)
            flights += len(inside)
            assert lowest.max() > 0.05
        assert flights >= 12


def test_runners_fall_freely_between_steps():
    joints = of("run", generate(20, frames=120, seed=3, kinds=("run",)))
    lowest = joints[..., 1].min(axis=2)
    free = (lowest[:, :-2] > 1e-3) & (lowest[:, 1:-1] > 1e-3) & (lowest[:, 2:] > 1e-3)
    assert free.sum() >= 20  # a flight lasts about three frames
    acceleration = 400 * np.diff(centre_of_mass(joints)[..., 1], 2, axis=1)
    # The pelvis is corrected in four rounds, each leaving less than a tenth of what was wrong (about 5 m/s^2).
    assert np.allclose(acceleration[free], -9.81, atol=5e-3)
    pelvis = 400 * np.diff(joints[:, :, 0, 1], 2, axis=1)
    assert not np.allclose(pelvis[free], -9.81, atol=0.5)  # has power: a falling pelvis is another motion


@pytest.mark.parametrize("kind", [k for k in KINDS if k not in STEPPING and "jump" not in k])
def test_who_stands_is_balanced(kind):
    """The centre of mass is over the feet, within the rectangle of toes and ankles widened by 5 cm (sole, heel)."""
    joints = of(kind)
    assert MASS.sum() == pytest.approx(1)
    centre = centre_of_mass(joints)[..., [0, 2]]
    feet = joints[:, :, [J[f"{s}_{p}"] for s in ("left", "right") for p in ("ankle", "foot")]][..., [0, 2]]
    on_floor = joints[:, :, [J["left_foot"]] * 2 + [J["right_foot"]] * 2, 1] < 0.01
    low = np.where(on_floor[..., None], feet, np.inf).min(axis=2) - 0.05
    high = np.where(on_floor[..., None], feet, -np.inf).max(axis=2) + 0.05
    inside = ((centre > low) & (centre < high)).all(axis=-1)
    assert inside.mean() > 0.97


def test_movements_are_what_they_are_called():
    height = {
        name: lambda kind, name=name: of(kind)[:, :, J[name], 1] for name in ("left_wrist", "right_wrist", "head")
    }
    travel = {kind: of(kind)[:, -1, 0] for kind in KINDS}
    assert (travel["walk"][:, 2] > 1).all() and (travel["run"][:, 2] > 2.5).all()
    assert (travel["walk backward"][:, 2] < -0.6).all() and (travel["jump forward"][:, 2] > 0.2).all()
    assert (travel["side step left"][:, 0] > 0.4).all() and (travel["side step right"][:, 0] < -0.4).all()
    for side, sign in (("left", 1), ("right", -1)):
        turned = np.unwrap(heading(of(f"turn {side}")), axis=1)[:, -1]
        assert (sign * turned > 0.8).all()  # left is towards +x: positive
        other = "right" if side == "left" else "left"
        for act, part, axis in (("wave", "wrist", 1), ("kick", "foot", 1), ("punch", "wrist", 2)):
            joints = of(f"{act} {side}")
            reach = {
                s: (joints[:, :, J[f"{s}_{part}"], axis] - joints[:, :1, 0, axis]).max(axis=1) for s in (side, other)
            }
            assert (reach[side] > reach[other] + 0.15).all(), (act, side)
    assert (np.minimum(height["left_wrist"]("raise arms"), height["right_wrist"]("raise arms")).max(axis=1) > 1.3).all()
    pelvis = {kind: of(kind)[:, :, 0, 1] for kind in KINDS}
    assert (pelvis["squat"].min(axis=1) < 0.7).all() and (pelvis["squat"][:, [0, -1]] > 0.8).all()
    assert (pelvis["crouch"][:, -1] < 0.7).all() and (pelvis["idle"] > 0.8).all()
    assert (height["head"]("bow").min(axis=1) < 1.4).all() and (pelvis["bow"] > 0.75).all()


def test_further_movements_are_what_they_are_called():
    wrists = [J["left_wrist"], J["right_wrist"]]

    def gap(kind):
        return np.linalg.norm(of(kind)[:, :, wrists[0]] - of(kind)[:, :, wrists[1]], axis=-1)

    assert (gap("clap").min(axis=1) < 0.2).all(), "the hands meet"
    assert (of("stretch")[:, :, wrists, 1].max(axis=1) > 1.5).all(), "far over the shoulders, both"
    assert (of("pick up")[:, :, wrists, 1].min(axis=1) < 0.5).all(), "below the knees, both"
    assert (gap("arm circles").max(axis=1) > 1.2).all(), "arms out"
    knees = [J["left_knee"], J["right_knee"]]
    high = {kind: of(kind)[:, :, knees, 1].max(axis=(1, 2)) for kind in ("march", "walk")}
    assert high["march"].min() > high["walk"].max() + 0.03
    assert of("sneak")[:, :, 0, 1].mean() < of("walk")[:, :, 0, 1].mean() - 0.08, "lower than a walk"
    for side, sign in (("left", 1), ("right", -1)):
        turned = np.unwrap(heading(of(f"circle {side}")), axis=1)[:, -1]
        assert (sign * turned > 1.5).all()
        lean = of(f"side bend {side}")
        assert (sign * (lean[:, :, J["head"], 0] - lean[:, :, 0, 0])).max(axis=1).min() > 0.15
        throw, other = of(f"throw {side}"), "right" if side == "left" else "left"
        wrist = {s: throw[:, :, J[f"{s}_wrist"]] for s in (side, other)}
        speed = {s: np.linalg.norm(np.diff(path, axis=1), axis=-1).max(axis=1) for s, path in wrist.items()}
        assert (speed[side] > 1.25 * speed[other]).all()
        assert (wrist[side][..., 1].max(axis=1) > wrist[other][..., 1].max(axis=1) + 0.1).all()
    trunk = of("twist")
    shoulders = trunk[:, :, J["left_shoulder"]] - trunk[:, :, J["right_shoulder"]]
    hips = trunk[:, :, J["left_hip"]] - trunk[:, :, J["right_hip"]]
    angle = np.arctan2(shoulders[..., 2], shoulders[..., 0]) - np.arctan2(hips[..., 2], hips[..., 0])
    assert (np.ptp(angle, axis=1) > 0.6).all()
    assert (np.ptp(of("dance")[:, :, 0, 0], axis=1) > np.ptp(of("clap")[:, :, 0, 0], axis=1).max()).all()


def test_there_are_many_kinds():
    actions = {kind.removesuffix(" left").removesuffix(" right") for kind in KINDS}
    assert len(actions) >= 24 and set(BASIC_KINDS) < set(KINDS)


def test_captions_tell_side_and_tempo():
    for clip in CLIPS:
        assert len(set(clip.captions)) == 3
        for caption in clip.captions:
            told = [tempo for tempo, words in TEMPO.items() if any(caption.endswith(word) for word in words)]
            assert len(told) == 1
            for side in ("left", "right"):
                assert (side in clip.action.split()) <= (side in caption)
            if clip.action.endswith(("left", "right")):
                assert ("left" in caption) != ("right" in caption)
    assert len({caption for clip in CLIPS for caption in clip.captions}) > len(CLIPS)


def test_quick_is_quicker_than_slow():
    """Same number of clips of each word; compared by mean speed, whose spread within a word is the tested one."""
    clips = generate(60, frames=60, seed=2, kinds=("walk", "turn left", "side step right"))
    for kind in ("walk", "turn left", "side step right"):
        speeds = {}
        for tempo in (-1, 1):
            chosen = [c for c in clips if c.action == kind and c.captions[0].endswith(TEMPO[tempo])]
            speeds[tempo] = [np.linalg.norm(np.diff(c.joints, axis=0), axis=-1).mean() for c in chosen]
        gap = np.mean(speeds[1]) - np.mean(speeds[-1])
        error = np.sqrt(sum(np.var(s, ddof=1) / len(s) for s in speeds.values()))
        assert gap > 3 * error


def test_there_is_variety():
    for kind in KINDS:
        joints = of(kind)
        apart = np.sqrt(((joints[:, None] - joints[None]) ** 2).sum(-1)).mean(axis=(2, 3))
        assert apart[~np.eye(len(joints), dtype=bool)].min() > 0.005, kind


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n": 0}, "must be at least 1"),
        ({"frames": 5}, "frames must be between 30 and 400"),
        ({"seed": -1}, "seed must not be negative"),
        ({"kinds": ("fly",)}, "kinds must be some of walk, .* got fly"),
        ({"kinds": ()}, "got none"),
        ({"kinds": ("bow", "bow")}, "each once"),
    ],
)
def test_wrong_wishes_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        generate(**({"n": 2, "frames": 40, "seed": 0} | arguments))
