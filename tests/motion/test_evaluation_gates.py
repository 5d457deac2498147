"""Gates: exactly neutral for the identity; known distortions give the values worked out by hand."""

import json
import math
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest

from motion.data.procedural import generate
from motion.evaluation.frechet_floor import over_floor
from motion.evaluation.gates import GROUP_NAMES, WITHIN, measure_gates
from motion.evaluation.over_clips import Mean, mean
from motion.features.hml263 import GROUPS, encode
from motion.joint_corrector import CorrectedJoints, JointCorrector, mean_distance
from motion.kinematics.skeleton import BONE_LENGTHS, N_JOINTS, PARENTS, RAW_DIRECTIONS, J
from motion.physics import JointsReport, PhysicsCorrector

N, FRAMES = 12, 41
LENGTHS = np.full(N, FRAMES)
CAPTIONS = [""] * N
FLAT = np.array([1.0, 0.0, 1.0])


@dataclass(frozen=True)
class Does(JointCorrector):
    """A corrector that does `change` to joints; failed where told so."""

    change: Any = None
    failed: tuple[int, ...] = ()
    calls: list[int] = field(default_factory=list, compare=False)

    @property
    def name(self):
        return "does"

    def correct(self, joints, lengths, captions, rng):
        self.calls.append(len(joints))
        found = self.change(joints)
        success = ~np.isin(np.arange(len(joints)), self.failed)
        found = np.where(success[:, None, None, None], found, joints)
        return CorrectedJoints(found, mean_distance(found, joints, lengths), success)


def gates_of(change, joints, **more):
    return measure_gates(Does(change=change), joints, LENGTHS, CAPTIONS, **more)


def statues() -> np.ndarray:
    """Figures that stand still, soles on the floor, (N, FRAMES, 22, 3)."""
    pose = np.zeros((N_JOINTS, 3))
    for joint in range(1, N_JOINTS):
        pose[joint] = pose[PARENTS[joint]] + BONE_LENGTHS[joint] * RAW_DIRECTIONS[joint]
    for ankle, toe in ((7, 10), (8, 11)):
        pose[toe] = pose[ankle] + [0.0, -0.06, np.sqrt(BONE_LENGTHS[toe] ** 2 - 0.06**2)]
    pose[:, 1] -= pose[:, 1].min()
    return np.broadcast_to(pose, (N, FRAMES, N_JOINTS, 3)).copy()


@pytest.fixture(scope="module")
def clean() -> np.ndarray:
    return np.stack([clip.joints for clip in generate(N, frames=FRAMES, seed=3)]).astype(float)


def test_the_identity_is_exactly_neutral(clean):
    corrector = Does(change=lambda joints: joints.copy())
    gates = measure_gates(corrector, clean, LENGTHS, CAPTIONS)
    assert gates.corrector == "does" and gates.clips == gates.captures == N
    assert gates.success == Mean(1.0, 0.0, N) and gates.moved == Mean(0.0, 0.0, N)
    assert list(gates.change) == list(GROUP_NAMES) and set(gates.change.values()) == {Mean(0.0, 0.0, N)}
    neutral = Mean(1.0, 0.0, N)
    for amount in (gates.speed, gates.range_of_motion):
        assert amount == {"once": neutral, "ten": neutral}
    assert gates.passes == 2 and len(corrector.calls) == 2  # nothing changed: no third pass
    assert gates.second_pass.value == 0 and gates.skating_ratio == neutral and gates.frechet.ratio == neutral
    assert gates.frechet.same == pytest.approx(0, abs=1e-6 * gates.frechet.floor)
    for pair in gates.plausibility.values():
        assert pair["before"] == pair["after"]
    assert gates.global_error.n == 0 and math.isnan(gates.residual_force.value)


def test_a_shorter_path_is_a_slower_root_and_nothing_else(clean):
    def shorten(joints):
        return joints - 0.1 * (joints[:, :, :1] - joints[:, :1, :1]) * FLAT

    gates = gates_of(shorten, clean)
    features = encode(clean, floor="given").astype(float)
    velocity = features[..., GROUPS[1]]
    deviation = velocity.reshape(-1, 2).std(axis=0).mean()
    expected = 0.1 * np.sqrt((velocity**2).mean()) / deviation
    assert gates.change["root velocity"].value == pytest.approx(expected, rel=1e-4)
    for name in ("yaw", "root height", "positions", "rotations"):
        assert gates.change[name].value < 1e-4, name
    way = np.linalg.norm((clean[:, :, 0] - clean[:, :1, 0]) * FLAT, axis=-1).mean(axis=1)
    assert gates.moved.value == pytest.approx(100 * way.mean()) and gates.moved.se == pytest.approx(mean(100 * way).se)
    assert gates.second_pass.value == pytest.approx(0.9) and gates.second_pass.se == pytest.approx(0, abs=1e-9)
    gliding = statues() + np.arange(FRAMES)[:, None, None] * np.linspace(0, 0.05, N)[:, None, None, None] * FLAT
    speed = gates_of(shorten, gliding).speed
    assert speed["once"].value == pytest.approx(0.9) and speed["ten"].value == pytest.approx(0.9**10)


def test_a_lift_floats_and_changes_heights_alone(clean):
    gates = gates_of(lambda joints: joints + [0.0, 0.02, 0.0], statues())
    assert gates.plausibility["floating"]["before"].value == 0
    assert gates.plausibility["floating"]["after"].value == pytest.approx(20)
    gates = gates_of(lambda joints: joints + [0.0, 0.02, 0.0], clean)
    assert gates.moved.value == pytest.approx(20) and gates.second_pass.value == pytest.approx(1)
    assert gates.passes == 10
    deviation = encode(clean, floor="given").astype(float).reshape(-1, 263).std(axis=0)
    assert gates.change["root height"].value == pytest.approx(0.02 / deviation[3], rel=1e-4)
    # One coordinate of three changes.
    expected = 0.02 / np.sqrt(3) / deviation[GROUPS[3]].mean()
    assert gates.change["positions"].value == pytest.approx(expected, rel=1e-4)
    for name in ("yaw", "root velocity", "rotations", "velocities"):
        assert gates.change[name].value < 1e-4, name
    for amount in (gates.speed, gates.range_of_motion):
        assert amount["once"].value == amount["ten"].value == pytest.approx(1)


def test_a_smaller_amplitude_loses_speed_and_range():
    waving = statues()
    phase = 2 * np.pi * np.arange(FRAMES) / 20
    waving[:, :, J["left_wrist"], 0] += 0.2 * np.sin(phase)
    gates = gates_of(lambda joints: joints.mean(axis=1, keepdims=True) * 0.2 + joints * 0.8, waving)
    for amount in (gates.speed, gates.range_of_motion):
        assert amount["once"].value == pytest.approx(0.8) and amount["ten"].value == pytest.approx(0.8**10)
    assert gates.second_pass.value == pytest.approx(0.8)
    assert gates.change["contacts"].value == 0 and gates.change["velocities"].value > 0.01


def test_what_is_lost_or_failed_is_no_success(clean):
    def loses_two(joints):
        found = joints + [0.3, 0.0, 0.0]
        found[0, 5, :, 0] += WITHIN  # one frame is enough
        found[1, 7, 0, 0] += 10.0  # 10 / 22 m in the mean: not lost
        return found

    corrector = Does(change=loses_two, failed=(2, 3))
    gates = measure_gates(corrector, clean, LENGTHS, CAPTIONS)
    expected = np.ones(N)
    expected[[0, 1, 2, 3]] = 0
    assert gates.success.value == expected.mean()
    gates = measure_gates(replace(corrector, change=lambda x: x + [0.3, 0.0, 0.0]), clean, LENGTHS, CAPTIONS)
    assert gates.success.value == (N - 2) / N
    assert gates.moved.value == pytest.approx(300 * (N - 2) / N)


def test_errors_are_those_against_the_regrounded_input(clean):
    @dataclass(frozen=True)
    class Reports(JointCorrector):
        @property
        def name(self):
            return "reports"

        def correct(self, joints, lengths, captions, rng):
            success = np.arange(len(joints)) != 0
            grounded = joints - [0.0, 0.6, 0.0]  # as far as no success is from the input itself
            found = grounded + [0.0, 0.0, 0.03]
            found[:, :, 5] += [0.0, 0.22, 0.0]
            found[~success] = joints[~success]
            force = np.where(success, 0.25, np.nan)
            return JointsReport(
                found, mean_distance(found, joints, lengths), success, force, 100 * force, force, np.zeros(N, int),
                force, force, stages={"reground": grounded},
            )  # fmt: skip

    gates = measure_gates(Reports(), clean, LENGTHS, CAPTIONS)
    assert gates.success.value == (N - 1) / N
    expected = (21 * 30 + np.hypot(30, 220)) / 22
    assert gates.global_error.value == pytest.approx(expected) and gates.global_error.n == N - 1
    assert gates.relative_error.value == pytest.approx(10)
    assert gates.residual_force.value == pytest.approx(0.25) and gates.residual_torque.value == pytest.approx(25)


def test_padding_is_not_read_and_short_motions_count_alike(clean):
    lengths = np.where(np.arange(N) % 2, FRAMES, 20)
    padded = [clean.copy(), clean.copy()]
    for i, length in enumerate(lengths):
        padded[0][i, length:] = 7.0
        padded[1][i, length:] = np.nan

    def lift(joints):
        return joints + [0.0, 0.02, 0.0]

    found = [measure_gates(Does(change=lift), joints, lengths, CAPTIONS).to_json() for joints in padded]
    assert found[0] == found[1]
    assert found[0]["moved"]["value"] == pytest.approx(20)


def test_cuts_of_one_capture_widen_the_errors(clean):
    def uneven(joints):
        return joints + np.repeat([0.01, 0.03, 0.05], N // 3)[:, None, None, None] * [0.0, 1.0, 0.0]

    owners = [f"capture {i // 4}" for i in range(N)]
    alone, together = gates_of(uneven, clean), gates_of(uneven, clean, captures=owners)
    assert together.captures == 3 and together.moved.value == alone.moved.value == pytest.approx(30)
    assert together.moved.se == pytest.approx(20 / np.sqrt(3))  # of three values 10, 30, 50
    assert together.moved.se > 1.5 * alone.moved.se
    assert math.isnan(together.frechet.ratio.value)  # three captures give no halves


def test_a_shift_adds_its_square_to_the_distance():
    features = np.random.default_rng(0).normal(size=(60, 5))
    owners = [f"c{i // 2}" for i in range(60)]
    shift = np.array([0.5, 0.0, 0.0, -0.3, 0.0])
    found = over_floor(features, features + shift, owners)
    # Both halves are moved in turn: the terms linear in the shift cancel.
    assert found.ratio.value == pytest.approx(1 + 0.34 / found.floor) and found.same == pytest.approx(0.34)
    assert 0 < found.ratio.se < found.ratio.value
    assert over_floor(features, features + shift, owners) == found


def test_the_halves_share_no_capture():
    features = np.repeat(np.random.default_rng(1).normal(size=(20, 3)), 10, axis=0)
    owners = [f"c{i // 10}" for i in range(200)]
    apart = over_floor(features, features, owners).floor
    mixed = over_floor(features, features, [str(i) for i in range(200)]).floor
    assert apart > 3 * mixed


def test_bad_input_and_bad_correctors_are_refused(clean):
    def broken(joints):
        found = joints.copy()
        found[4, 3, 2, 1] = np.nan
        return found

    with pytest.raises(ValueError, match="nan or inf for motion 4"):
        gates_of(broken, clean)

    @dataclass(frozen=True)
    class Cuts(Does):
        def correct(self, joints, lengths, captions, rng):
            return CorrectedJoints(joints[:, 1:], np.zeros(N), np.ones(N, bool))

    with pytest.raises(ValueError, match="keep the shape"):
        measure_gates(Cuts(), clean, LENGTHS, CAPTIONS)
    same = Does(change=lambda joints: joints)
    for joints, captions, more, text in (
        (clean, CAPTIONS[1:], {}, "one length, caption and capture"),
        (clean, CAPTIONS, {"captures": ["a"]}, "one length, caption and capture"),
        (clean[:1], CAPTIONS[:1], {}, "at least 2 motions"),
        (clean, CAPTIONS, {"passes": 1}, "passes must be at least 2"),
    ):
        with pytest.raises(ValueError, match=text):
            measure_gates(same, joints, LENGTHS[: len(joints)], captions, **more)


def test_rows_and_json_say_the_same(clean):
    gates = gates_of(lambda joints: joints + [0.0, 0.02, 0.0], clean)
    text = gates.to_json()
    assert json.loads(json.dumps(text, allow_nan=False)) == text
    rows = {name: value for name, _, value, _ in gates.rows()}
    assert (
        rows["moved"] == text["moved"]["value"] and rows["change of positions"] == text["change"]["positions"]["value"]
    )
    assert len(rows) == len(gates.rows()) and text["residual_force"]["value"] == "nan"


def test_physics_reports_its_errors(clean):
    gates = measure_gates(PhysicsCorrector(), clean[:4], LENGTHS[:4], CAPTIONS[:4], passes=2)
    assert gates.residual_force.value > 0 and math.isnan(gates.global_error.value)  # stages were not asked for
