"""Clips, windows and folders of motions: what is read, what is refused and how that is said."""

import csv
import gzip
from dataclasses import replace

import numpy as np
import pytest

from motion.data import bandai, cmu
from motion.data.clip import Clip, windows
from motion.data.mirror import mirrored, swap_sides
from motion.data.npy import read_captions
from motion.data.pack import load_pack
from motion.data.procedural import generate
from motion.kinematics.retarget import heading

WALK, KICK = generate(2, frames=60, seed=5, kinds=("walk", "kick left"))


def clip(**changes):
    return replace(WALK, **changes)


def bandai_bvh(frames=12, fps=30):
    """A small file with the Bandai-Namco skeleton (made here): a person of that tree rising and waving an arm."""
    bones = {  # name: (children, offset); the tree and the axes of the files, round numbers for lengths
        "joint_Root": (["Hips"], (0, 0, 0)), "Hips": (["Spine", "UpperLeg_L", "UpperLeg_R"], (0, 90, 0)),
        "Spine": (["Chest"], (15, 0, 0)), "Chest": (["Neck", "Shoulder_L", "Shoulder_R"], (9, 0, 0)),
        "Neck": (["Head"], (16, 0, 0)), "Head": ([], (6, 0, 0)),
        "Shoulder_L": (["UpperArm_L"], (13, 0, 5)), "UpperArm_L": (["LowerArm_L"], (0, 0, 5)),
        "LowerArm_L": (["Hand_L"], (-24, 0, 2)), "Hand_L": ([], (-22, 0, 0)),
        "Shoulder_R": (["UpperArm_R"], (13, 0, -5)), "UpperArm_R": (["LowerArm_R"], (0, 0, -5)),
        "LowerArm_R": (["Hand_R"], (-24, 0, -2)), "Hand_R": ([], (-22, 0, 0)),
        "UpperLeg_L": (["LowerLeg_L"], (-2, 0, 6)), "LowerLeg_L": (["Foot_L"], (-39, 0, 0)),
        "Foot_L": (["Toes_L"], (-41, 0, 0)), "Toes_L": ([], (-5, 11, 0)),
        "UpperLeg_R": (["LowerLeg_R"], (-2, 0, -6)), "LowerLeg_R": (["Foot_R"], (-39, 0, 0)),
        "Foot_R": (["Toes_R"], (-41, 0, 0)), "Toes_R": ([], (-5, 11, 0)),
    }  # fmt: skip
    order = []

    def write(name, word):
        order.append(name)
        children, offset = bones[name]
        moves = "6 Xposition Yposition Zposition" if name in ("joint_Root", "Hips") else "3"
        inner = "".join(write(child, "JOINT") for child in children) or "End Site\n{\nOFFSET 0 0 0\n}\n"
        numbers = " ".join(str(x) for x in offset)
        return f"{word} {name}\n{{\nOFFSET {numbers}\nCHANNELS {moves} Zrotation Xrotation Yrotation\n{inner}}}\n"

    head = "HIERARCHY\n" + write("joint_Root", "ROOT")
    rows = []
    for k in range(frames):
        row = []
        for name in order:
            if name == "joint_Root":
                row += [0, 0, 0, 0, 0, 0]
            elif name == "Hips":
                # x up, y forward, z left, as in the files: a cyclic change of axes.
                row += [0, 90 + 0.5 * k, 3 * k, 90, 90, 0]
            elif name == "UpperArm_L":
                row += [5 * k, 0, 0]
            else:
                row += [0, 0, 0]
        rows.append(" ".join(f"{x:g}" for x in row))
    return head + f"MOTION\nFrames: {frames}\nFrame Time: {1 / fps:.8f}\n" + "\n".join(rows) + "\n"


@pytest.fixture
def pack(tmp_path):
    """A folder of the second known kind with four good clips."""
    folder = tmp_path / "mine"
    (folder / "bvh").mkdir(parents=True)
    rows = []
    for i in range(4):
        name = f"clip_{i}"
        (folder / "bvh" / f"{name}.bvh.gz").write_bytes(gzip.compress(bandai_bvh(12 + i).encode()))
        rows.append({"clip": name, "content": "walk", "style": "sad", "frames": 12 + i, "fps": 30,
                     "template_sentence": "a person walks forward sadly"})  # fmt: skip
    write_table(folder / "clips.csv", rows)
    return folder


def write_table(path, rows):
    with open(path, "w", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"joints": WALK.joints.astype(float)}, "float32"),
        ({"joints": WALK.joints[:, :21]}, r"\(T, 22, 3\)"),
        ({"joints": WALK.joints[:1]}, "at least 2 frames, got 1"),
        ({"joints": WALK.joints * np.where(np.arange(60) == 7, np.nan, 1)[:, None, None].astype("f4")}, "frame 7"),
        ({"captions": ()}, "captions must be sentences"),
        ({"captions": ("a person walks", " ")}, "captions must be sentences"),
    ],
)
def test_a_clip_refuses_what_is_no_motion(changes, message):
    with pytest.raises(ValueError, match=message):
        clip(**changes)


def test_windows_are_cut_grounded_and_turned():
    cuts = windows((WALK, KICK), 25, 10)
    assert [c.name for c in cuts.clips[:4]] == [f"{WALK.name}@{start}" for start in (0, 10, 20, 30)]
    assert (len(cuts.clips), cuts.short, cuts.broken) == (8, 0, 0)
    for cut in cuts.clips:
        assert cut.joints.shape == (25, 22, 3)
        assert np.abs(cut.joints[0, 0, [0, 2]]).max() < 1e-6 and abs(cut.joints[..., 1].min()) < 1e-6
        assert abs(heading(cut.joints[0].astype(float))) < 1e-5
    assert windows((WALK,), 61).short == 1 and len(windows((WALK,), 20).clips) == 3
    with pytest.raises(ValueError, match="frames >= 2 and stride >= 1"):
        windows((WALK,), 20, 0)


def test_windows_leave_out_glitches_and_impossible_speed():
    assert windows((clip(glitches=(30,)),), 20).broken == 1
    joints = WALK.joints.copy()
    joints[45, 20] += 1.3  # the left wrist is elsewhere for one frame: 45 m/s
    spoilt = windows((clip(joints=joints),), 20)
    assert spoilt.broken == 1 and [c.name.split("@")[1] for c in spoilt.clips] == ["0", "20"]
    joints[45, 20] = WALK.joints[45, 20] + [0, 0.2, 0]  # 4 m/s more: fast, possible
    assert windows((clip(joints=joints),), 20).broken == 0


def test_a_pack_is_read_whole(pack):
    told = []
    got = load_pack(pack, report=lambda *now: told.append(now))
    assert [c.name for c in got.clips] == [f"clip_{i}" for i in range(4)]
    assert told[-1] == ("reading motions", 4, 4) and got.skipped == () and got.name == "mine"
    assert "CC BY-NC" in got.licence and got.clips[0].captions == (
        "a person walks forward sadly",
        "a person walks forward",
    )
    assert [len(c) for c in got.clips] == [8, 9, 9, 10]  # 12..15 frames at 30 a second
    first = got.clips[1].joints
    assert (
        first[-1, 0, 2] == pytest.approx(0.36, abs=0.01) and abs(first[-1, 0, 0]) < 0.02
    )  # 12 frames of 3 cm to +z, legs as long as ours
    assert first[0, 1, 0] > 0 > first[0, 2, 0]  # the left hip is at +x
    left, right = first[-1, 20] - first[0, 20], first[-1, 21] - first[0, 21]
    assert np.linalg.norm(left - right) > 0.05  # only the left arm swings


def test_workers_limits_and_fingerprints(pack):
    whole = load_pack(pack)
    part = load_pack(pack, limit=2)
    assert [c.name for c in part.clips] == ["clip_0", "clip_3"] and part.fingerprint != whole.fingerprint
    assert load_pack(pack).fingerprint == whole.fingerprint
    (pack / "bvh" / "clip_2.bvh.gz").write_bytes(gzip.compress(bandai_bvh(14).replace("90 90 0", "90 90 1").encode()))
    assert load_pack(pack).fingerprint != whole.fingerprint
    with pytest.raises(ValueError, match="limit must be at least 1"):
        load_pack(pack, limit=0)
    with pytest.raises(ValueError, match="workers must be at least 1"):
        load_pack(pack, workers=0)


@pytest.mark.slow
def test_workers_change_nothing(pack):
    rows = []
    for i in range(12):
        (pack / "bvh" / f"more_{i}.bvh.gz").write_bytes(gzip.compress(bandai_bvh(10 + i).encode()))
        rows.append({"clip": f"more_{i}", "content": "walk", "style": "", "frames": 10 + i, "fps": 30,
                     "template_sentence": "a person walks"})  # fmt: skip
    write_table(pack / "clips.csv", rows)
    one, two = load_pack(pack), load_pack(pack, workers=2)
    assert one.fingerprint == two.fingerprint
    assert all(np.array_equal(a.joints, b.joints) for a, b in zip(one.clips, two.clips, strict=True))


def test_a_bad_clip_stops_the_reading_or_is_listed(pack):
    (pack / "bvh" / "clip_1.bvh.gz").write_bytes(b"no gzip")
    (pack / "bvh" / "clip_2.bvh.gz").unlink()
    with pytest.raises(ValueError, match="clip_1.*--skip-bad"):
        load_pack(pack)
    got = load_pack(pack, skip_bad=True)
    assert [name for name, _ in got.skipped] == ["clip_1", "clip_2"] and len(got.clips) == 2
    for path in (pack / "bvh").iterdir():
        path.write_bytes(b"")
    with pytest.raises(ValueError, match="no clip could be read, 4 left out"):
        load_pack(pack, skip_bad=True)


def test_folders_that_are_no_pack_say_what_was_looked_for(tmp_path):
    with pytest.raises(FileNotFoundError, match="no folder"):
        load_pack(tmp_path / "none")
    with pytest.raises(ValueError, match="looked for trials.csv or clips.csv beside bvh/, for \\*.npy"):
        load_pack(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match="is a file"):
        load_pack(tmp_path / "file")


def test_tables_are_checked(pack):
    table = pack / "clips.csv"
    good = table.read_text()
    for text, message in (
        (good.replace("template_sentence", "words"), "expected a column 'template_sentence'"),
        (good.replace("clip_1", "clip_0"), "'clip_0' stands twice"),
        (good.replace("clip_1,", "../clip_1,"), "must be a plain file name"),
        (good.replace("clip_1,walk,sad,13", "clip_1,walk,sad,14"), "clips.csv says 14 frames, the file has 13"),
        (good.replace("clip_1,walk,sad,13", "clip_1,walk,sad,many"), "clip_1"),
        (good + "clip_9\n", "line 6: expected"),
    ):
        assert text != good
        table.write_text(text)
        with pytest.raises(ValueError, match=message):
            load_pack(pack)
    table.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match="UTF-8 table"):
        load_pack(pack)


def test_joints_with_captions(tmp_path):
    np.save(tmp_path / "a.npy", WALK.joints * 1.2 + np.float32(3))  # a larger person, elsewhere
    (tmp_path / "a.txt").write_text("a person walks#a/DET person/NOUN#0.0#0.0\n\nsomeone strolls\n")
    got = load_pack(tmp_path)
    assert got.clips[0].captions == ("a person walks", "someone strolls")
    assert np.allclose(got.clips[0].joints, WALK.joints, atol=1e-5)
    (tmp_path / "a.txt").write_text("another sentence\n")
    assert load_pack(tmp_path).fingerprint != got.fingerprint


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.full((5, 22, 3), np.nan), "expected finite metres, found nan at frame 0, joint 0"),
        (np.full((5, 22, 3), 1e6), "expected finite metres"),
        (np.zeros((5, 263)), r"expected joints of shape \(T, 22, 3\)"),
        (np.zeros((1, 22, 3)), "with T >= 2"),
        (np.zeros((5, 22, 3), complex), "expected an array of numbers"),
        (np.array([{"a": 1}], dtype=object), "without pickled objects"),
        (np.zeros((5, 22, 3)), "no usual unit makes that a person"),
    ],
)
def test_bad_joints_are_refused(tmp_path, array, message):
    np.save(tmp_path / "b.npy", array, allow_pickle=True)
    (tmp_path / "b.txt").write_text("a person\n")
    with pytest.raises(ValueError, match=message):
        load_pack(tmp_path)


def test_bad_captions_are_refused(tmp_path):
    np.save(tmp_path / "c.npy", WALK.joints)
    for content, message in ((None, "found no file"), (b"\n \n", "found an empty file"), (b"\xff\xff", "UTF-8")):
        if content is not None:
            (tmp_path / "c.txt").write_bytes(content)
        with pytest.raises(ValueError, match=message):
            load_pack(tmp_path)
    (tmp_path / "c.txt").write_text("kept # as it is\n")
    assert read_captions(tmp_path / "c.txt") == ("kept # as it is",)
    (tmp_path / "c.npy").write_bytes(b"\x93NUMPY\x01")
    with pytest.raises(ValueError, match="c.npy: expected a numpy array"):
        load_pack(tmp_path)


def test_plain_bvh_of_a_known_and_of_an_unknown_skeleton(tmp_path):
    (tmp_path / "walk.bvh").write_text(bandai_bvh(fps=60))
    (tmp_path / "walk.txt").write_text("a person glides\n")
    got = load_pack(tmp_path)
    assert got.clips[0].name == "walk" and len(got.clips[0]) == 4 and "user" in got.licence
    (tmp_path / "walk.bvh").write_text(bandai_bvh().replace("Spine", "Rücken").replace("UpperLeg_L", "Bein"))
    with pytest.raises(ValueError, match="the skeleton is unknown and no joint was found for pelvis, left_hip"):
        load_pack(tmp_path)
    (tmp_path / "walk.bvh").write_text(bandai_bvh().replace("Toes_R", "Zehen"))
    with pytest.raises(ValueError, match="no joint 'Toes_R'"):
        load_pack(tmp_path)


def row(**changes):
    empty = {"cmu_description": "", "kitml_text": "", "action": "walk"}
    return empty | changes


def test_captions_and_actions_of_trials():
    assert cmu.captions_of(row(cmu_description="Unknown", kitml_text=" A dancer. ")) == ("A dancer.",)
    assert cmu.captions_of(row(cmu_description="Unknown")) == ()
    assert cmu.action_of(row(cmu_description="Yokogeri", action="punch/fight")) == "kick"
    assert cmu.action_of(row(cmu_description="boxing", action="punch/fight")) == "fight"
    assert not cmu.is_flat(row(cmu_description="walk on uneven terrain")) and cmu.is_flat(row(cmu_description="walk"))
    style = {"content": "bow", "template_sentence": "a person bows"}
    assert bandai.action_of({"content": "bye"}) == "wave-right-hand" and bandai.action_of(style) == "bow"
    assert bandai.captions_of(style) == ("a person bows",)


def test_mirroring_exchanges_sides_in_joints_and_words():
    twice = mirrored(mirrored(KICK))
    assert np.array_equal(twice.joints, KICK.joints) and twice.captions == KICK.captions
    other = mirrored(KICK)
    assert other.action == "kick right" and all("right" in c and "left" not in c for c in other.captions)
    highest = other.joints[:, :, 1].max(axis=0)
    assert highest[11] > highest[10] + 0.2  # now the right foot kicks; KICK's left did
    assert np.allclose(other.joints[:, 11, 0], -KICK.joints[:, 10, 0])
    text = "Left hand up, turns clockwise, bright-right, leftover"
    assert swap_sides(text) == "Right hand up, turns counterclockwise, bright-left, leftover"
    assert swap_sides("wave-left-hand") == "wave-right-hand"


def test_clips_are_frozen():
    assert isinstance(WALK, Clip)
    with pytest.raises(AttributeError):
        WALK.name = "other"
