"""Real captures: joints agree with what the packs state, nothing is mirrored, both packs load whole."""

import csv
from collections import Counter

import numpy as np
import pytest

from motion.data.bvh import read_bvh
from motion.data.clip import windows
from motion.data.cmu import read_trial
from motion.data.pack import load_pack
from motion.data.skeletons import CMU_UNIT, body_joints
from motion.kinematics.hierarchy import forward
from motion.kinematics.retarget import bone_vectors, heading, normalise, turn
from motion.kinematics.skeleton import BONE_LENGTHS, J

# One of each subject and file format among the short ones, with walking, running, kicking, dancing, jumping.
TRIALS = ("02_02", "05_03", "06_07", "07_03", "08_05", "09_03", "10_03", "12_01", "13_11", "14_37", "16_01", "131_03",
          "135_04")  # fmt: skip


@pytest.fixture(scope="module")
def rows(shared_data):
    with open(shared_data / "cmu" / "trials.csv", newline="") as file:
        return {row["trial"]: row for row in csv.DictReader(file)}


@pytest.mark.parametrize("trial", TRIALS)
def test_joints_agree_with_the_numbers_of_the_pack(shared_data, rows, trial):
    row = rows[trial]
    bvh = read_bvh(shared_data / "cmu" / "bvh" / f"{trial}.bvh.gz")
    daz = row["format"] == "daz"
    joints = body_joints(bvh)
    floor = joints[int(row["skip_first"]) :, :, 1].min()
    assert abs(floor - float(row["floor_m"])) < 0.0006  # the table has three decimals
    root = forward(bvh.tree.only(bvh.tree.names[:1]), bvh.values)[0][:, 0] * (0.01 if daz else CMU_UNIT)
    speed = 60 * np.linalg.norm(np.diff(root[:, [0, 2]], axis=0), axis=-1).mean()
    height = np.median(root[:, 1])
    if not daz:  # there the table's pelvis is another point of the file's own
        assert abs(height - float(row["pelvis_median_m"])) < 0.0006
        assert abs(speed - float(row["mean_speed_mps"])) < 0.0006
    else:
        assert abs(height - float(row["pelvis_median_m"])) < 0.12
        assert abs(speed - float(row["mean_speed_mps"])) < 0.04
    # An adult's bones, constant in time: rejects a wrong unit, a lost bone left out, joints mixed up.
    lengths = np.linalg.norm(bone_vectors(joints), axis=-1)
    # But neck and collar hang on the end of the thorax, which bends there (mm), and the wrist that is put back hangs on
    # a joint of its own below the elbow (cm).
    range_ = np.ptp(lengths, axis=0)
    collars, wrists = ([J[f"{side}_{part}"] for side in ("left", "right")] for part in ("collar", "wrist"))
    assert range_[[*collars, J["neck"]]].max() < 0.01 and range_[wrists].max() < 0.1
    assert np.delete(range_, [*collars, *wrists, J["neck"]]).max() < 1e-9
    for name, (least, most) in {"left_knee": (0.35, 0.45), "right_ankle": (0.38, 0.48), "left_elbow": (0.23, 0.33),
                                "right_wrist": (0.2, 0.34), "neck": (0.18, 0.24)}.items():  # fmt: skip
        assert least < lengths[0, J[name]] < most, name


def test_the_lost_bones_are_back(shared_data):
    bvh = read_bvh(shared_data / "cmu" / "bvh" / "07_03.bvh.gz")
    joints = body_joints(bvh)[0]
    stored = forward(bvh.tree, bvh.values[:1])[0][0] * CMU_UNIT
    chest, hand = stored[bvh.tree.index("Spine1")], stored[bvh.tree.index("LeftHand")]
    assert np.allclose(joints[J["spine3"]], chest, atol=1e-9)
    # Thorax and wrist bones of an adult: 0.12 m and 0.1 m, by subject, that the stored joints lack.
    thorax = bvh.tree.offsets[bvh.tree.index("Spine1")]
    lifted = joints[J["left_shoulder"]] - stored[bvh.tree.index("LeftArm")]
    assert np.linalg.norm(lifted) == pytest.approx(1.004 * np.linalg.norm(thorax) * CMU_UNIT, rel=1e-9)
    assert lifted[1] > 0.09
    hand = hand + lifted
    assert 0.07 < np.linalg.norm(joints[J["left_wrist"]] - hand) < 0.13
    elbow = joints[J["left_elbow"]]
    assert (joints[J["left_wrist"]] - hand) @ (hand - elbow) > 0  # outward, not back


@pytest.mark.parametrize("trial", ["07_03", "09_01", "12_01", "16_01"])
def test_clips_are_upright_face_forward_and_are_not_mirrored(shared_data, rows, trial):
    clip = read_trial(shared_data / "cmu", rows[trial], "cmu")
    joints = clip.joints.astype(float)
    assert np.allclose(np.linalg.norm(bone_vectors(joints), axis=-1), BONE_LENGTHS, atol=1e-5)
    assert np.abs(joints[0, 0, [0, 2]]).max() < 1e-6 and abs(heading(joints[0])) < 1e-5 and joints[..., 1].min() == 0
    assert (joints[:, J["head"], 1] > joints[:, J["pelvis"], 1] + 0.45).all()
    if clip.action != "jump":
        assert joints[-1, 0, 2] > 0.25 and abs(joints[-1, 0, 0]) < 0.5 * joints[-1, 0, 2]  # goes where it looks
    for side, sign in (("left", 1), ("right", -1)):
        assert (sign * joints[0, J[f"{side}_hip"], 0] > 0) and sign * joints[0, J[f"{side}_shoulder"], 0] > 0
        # Toes point ahead and knees bend forward: both fail for a body turned or mirrored front to back.
        ahead = (joints[:, J[f"{side}_foot"], 2] - joints[:, J[f"{side}_ankle"], 2])[
            joints[:, J[f"{side}_foot"], 1] < 0.06
        ].mean()
        middle = (joints[:, J[f"{side}_hip"]] + joints[:, J[f"{side}_ankle"]]) / 2
        assert ahead > 0.03 and np.mean(joints[:, J[f"{side}_knee"], 2] - middle[:, 2]) > 0.02


def test_every_third_stored_frame_is_kept(shared_data, rows):
    bvh = read_bvh(shared_data / "cmu" / "bvh" / "13_11.bvh.gz")
    clip = read_trial(shared_data / "cmu", rows["13_11"], "cmu")
    own = body_joints(bvh)[6::3]  # skip_first is 4 stored frames: the first kept one is number 6
    assert len(clip) == len(own)
    ours = bone_vectors(clip.joints.astype(float))
    # Angles between bones survive floor, origin and facing.
    for a, b in (("left_knee", "left_ankle"), ("right_elbow", "spine2")):
        cosines = [(v[:, J[a]] * v[:, J[b]]).sum(-1) / np.linalg.norm(v[:, J[a]], axis=-1)
                   / np.linalg.norm(v[:, J[b]], axis=-1) for v in (ours, bone_vectors(own))]  # fmt: skip
        assert np.allclose(*cosines, atol=1e-5)
    assert read_trial(shared_data / "cmu", rows["03_02"], "cmu").glitches == (7, 8, 9)


@pytest.mark.parametrize(("hand", "other"), [("left", "right"), ("right", "left")])
def test_the_hand_in_the_sentence_is_the_hand_that_moves(shared_data, hand, other):
    from motion.data.bandai import read_clip

    with open(shared_data / "bandai" / "clips.csv", newline="") as file:
        chosen = [row for row in csv.DictReader(file) if row["content"] == f"raise-up-{hand}-hand"][::14]
    assert len(chosen) == 6
    for row in chosen:
        clip = read_clip(shared_data / "bandai", row, "bandai")
        assert f"{hand} hand" in clip.captions[0]
        top = {side: clip.joints[:, J[f"{side}_wrist"], 1].max() for side in ("left", "right")}
        assert top[hand] > top[other] + 0.2


def test_floor_origin_and_facing_are_those_of_humanml3d(humanml3d_reference):
    reference = np.load(humanml3d_reference / "new_joints_012314.npy", allow_pickle=False).astype(float)
    moved = turn(reference, 2.0) + [3.0, -1.0, 5.0]
    # Stored as float32 of some metres: 4 * 6e-8, turned about the root it grows with the distance walked.
    assert np.abs(normalise(moved) - reference).max() < 3e-6
    assert np.abs(turn(reference, 0.001) - reference).max() > 5e-4  # a milliradian would show


@pytest.mark.slow
def test_the_cmu_pack_loads_whole(shared_data):
    pack = load_pack(shared_data / "cmu")
    assert len(pack.clips) == 163 and [name for name, _ in pack.skipped] == ["94_07", "94_14"]
    assert all("Unknown" not in c.captions for c in pack.clips) and sum(c.flat for c in pack.clips) == 133
    counts = Counter(c.action for c in pack.clips)
    assert counts["walk"] == 30 and counts["salsa"] == 24 and counts["climb"] == 20 and counts["run"] == 10
    assert "" not in counts
    for frames, expected in ((41, 1047), (61, 678)):
        cuts = windows(pack.clips, frames)
        assert len(cuts.clips) == expected and cuts.broken > 0
        assert all(len(c) == frames for c in cuts.clips)
    assert "mocap.cs.cmu.edu" in pack.licence


@pytest.mark.slow
def test_the_bandai_pack_loads_whole(shared_data):
    pack = load_pack(shared_data / "bandai")
    assert len(pack.clips) == 1003 and pack.skipped == () and all(c.flat for c in pack.clips)
    joints = np.concatenate([c.joints for c in pack.clips]).astype(float)
    assert np.allclose(np.linalg.norm(bone_vectors(joints), axis=-1), BONE_LENGTHS, atol=2e-5)
    # Everybody stands: the pelvis is at a standing height, the feet near the floor.
    assert np.median(joints[:, 0, 1]) == pytest.approx(0.86, abs=0.06)
    assert np.quantile(joints[:, [J["left_foot"], J["right_foot"]], 1].min(axis=1), 0.5) < 0.05
    assert len(windows(pack.clips, 41).clips) == 2118 and len(windows(pack.clips, 61).clips) == 1282
