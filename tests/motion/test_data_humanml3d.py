"""A folder laid out as HumanML3D: captions by stretch, splits, features, mirrored copies, what is refused."""

import numpy as np
import pytest

from motion.data.humanml3d import read_motion, source_motion
from motion.data.mirror import mirrored
from motion.data.pack import kind_of, load_pack
from motion.data.procedural import generate
from motion.features.hml263 import encode
from motion.kinematics.retarget import bone_vectors, heading
from motion.kinematics.skeleton import BONE_LENGTHS

WALK, KICK = generate(2, frames=60, seed=5, kinds=("walk", "kick left"))
TEXT = "a person walks#a/DET person/NOUN#0.0#0.0\nsomeone strolls#x/Y#nan#nan\n"


def write(folder, motions=None, features=False):
    """A folder with the given motions and the lists train (first), test (second), all."""
    motions = motions or {"000001": WALK, "M000001": mirrored(WALK), "000002": KICK}
    place = folder / ("new_joint_vecs" if features else "new_joints")
    place.mkdir(parents=True)
    (folder / "texts").mkdir()
    for name, clip in motions.items():
        np.save(place / f"{name}.npy", encode(clip.joints) if features else clip.joints)
        (folder / "texts" / f"{name}.txt").write_text(TEXT)
    names = list(motions)
    (folder / "train.txt").write_text("\n".join(names[:2]))
    (folder / "test.txt").write_text("\n".join(names[2:]) + "\n")
    (folder / "all.txt").write_text("\n".join(names))
    np.save(folder / "Mean.npy", np.zeros(263))  # HumanML3D puts its normalisation here
    return folder


def test_motions_captions_and_splits(tmp_path):
    folder = write(tmp_path / "h3d")
    assert kind_of(folder) == "humanml3d"
    got = load_pack(folder)
    assert [(c.name, c.split) for c in got.clips] == [("000001", "train"), ("M000001", "train"), ("000002", "test")]
    first, mirror, _ = got.clips
    assert first.captions == ("a person walks", "someone strolls") and "non-commercial" in got.licence
    assert np.allclose(first.joints, WALK.joints, atol=1e-6)
    assert np.allclose(mirror.joints, mirrored(WALK).joints, atol=1e-5)
    (folder / "texts" / "000001.txt").write_text("other words\n")
    assert load_pack(folder).fingerprint != got.fingerprint
    (folder / "test.txt").unlink()
    assert [c.split for c in load_pack(folder).clips] == ["train", "train", ""]


def test_described_stretches_become_clips_of_their_own(tmp_path):
    folder = write(tmp_path / "h3d", {"000001": WALK})
    (folder / "texts" / "000001.txt").write_text(
        "a person walks#x/Y#0.0#0.0\na person starts#x/Y#0.0#1.49\nthe middle#x/Y#1.0#2.0\nthe same#x/Y#1.0#2.0\n"
        "after the end#x/Y#9.0#10.0\nturned round#x/Y#2.0#1.0\nto the end#x/Y#2.5#99\n"
    )
    got = load_pack(folder)
    assert [(c.name, len(c), c.captions) for c in got.clips] == [
        ("000001", 60, ("a person walks",)),
        ("A_000001", 29, ("a person starts",)),  # int(1.49 * 20)
        ("B_000001", 20, ("the middle", "the same")),
        ("E_000001", 10, ("to the end",)),
    ]
    assert [name for name, _ in got.skipped] == ["C_000001", "D_000001"] and "fewer than two" in got.skipped[0][1]
    middle = got.clips[2].joints.astype(float)
    assert np.abs(middle[0, 0, [0, 2]]).max() < 1e-6 and abs(heading(middle[0])) < 1e-6
    assert np.allclose(middle[..., 1], WALK.joints[20:40, :, 1], atol=1e-6)  # the floor of the whole motion
    (folder / "texts" / "000001.txt").write_text("only a part#x/Y#1.0#2.0\n")
    assert [c.name for c in load_pack(folder).clips] == ["A_000001"]


def test_features_are_decoded(tmp_path):
    got = load_pack(write(tmp_path / "h3d", {"000001": WALK, "000002": KICK}, features=True))
    for clip, true in zip(got.clips, (WALK, KICK), strict=True):
        assert len(clip) == 59
        joints = clip.joints.copy()
        joints[..., 1] += true.joints[:59, :, 1].min() - joints[..., 1].min()
        assert np.abs(joints - true.joints[:59]).max() < 1e-4


def test_another_body_is_put_on_the_uniform_one(humanml3d_reference, tmp_path):
    folder, both = humanml3d_reference, []
    for kind, target in (("new_joints", "new_joints"), ("new_joint_vecs", "new_joint_vecs")):
        (tmp_path / target).mkdir()
        (tmp_path / target / "012314.npy").write_bytes((folder / f"{kind}_012314.npy").read_bytes())
        both.append(read_motion(tmp_path / target / "012314.npy"))
    joints, decoded = both
    stored = np.load(folder / "new_joints_012314.npy").astype(float)
    assert np.abs(np.linalg.norm(bone_vectors(stored), axis=-1) - BONE_LENGTHS).max() > 0.01
    assert np.allclose(np.linalg.norm(bone_vectors(joints), axis=-1), BONE_LENGTHS)
    count = min(map(len, both))
    assert np.abs(joints[:count] - decoded[:count]).max() < 1e-3


def test_names_of_parts_and_mirrored_copies_lead_to_their_motion():
    assert {source_motion(name) for name in ("001234", "M001234", "A_001234", "B_M001234")} == {"001234"}
    assert source_motion("walk_2") == "walk_2"


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("train.txt", "../000001\n", "train.txt, line 1: expected a plain name"),
        ("train.txt", "..\n", "expected a plain name"),
        ("train.txt", "000009\n", "000009.txt: expected captions in texts/"),
        ("test.txt", "000001\n", "test.txt, line 1: 000001 stands in train.txt too"),
        ("texts/000001.txt", "walks#x/Y#0.0\n", "000001.txt, line 1: expected `caption#tokens#from#to`"),
        ("texts/000001.txt", "walks#x/Y#0.0#soon\n", "line 1: expected a time in seconds, found 'soon'"),
        ("texts/000001.txt", "walks#x/Y#0.0#-1\n", "expected a time in seconds"),
        ("texts/000001.txt", "walks#x/Y#0.0#inf\n", "expected a time in seconds"),
        ("texts/000001.txt", "\n#x/Y#0#0\n", "expected at least one caption"),
        ("texts/000001.txt", "".join(f"w#x#0#{i}\n" for i in range(1, 40)), "at most 26 described stretches"),
    ],
)
def test_what_is_wrong_is_said(tmp_path, file, content, message):
    folder = write(tmp_path / "h3d")
    (folder / file).write_text(content)
    with pytest.raises(ValueError, match=message):
        load_pack(folder)


def test_wrong_features_and_empty_lists_are_refused(tmp_path):
    folder = write(tmp_path / "h3d", features=True)
    for array, message in (
        (np.zeros((9, 262)), r"expected features of shape \(T, 263\)"),
        (np.full((9, 263), np.inf), "expected finite features"),
        (np.array([None], object), "without pickled objects"),
    ):
        np.save(folder / "new_joint_vecs" / "000001.npy", array, allow_pickle=True)
        with pytest.raises(ValueError, match=message):
            load_pack(folder)
    for name in ("train", "test", "all"):
        (folder / f"{name}.txt").write_text("\n")
    with pytest.raises(ValueError, match="no clip could be read, it names none"):
        load_pack(folder)
