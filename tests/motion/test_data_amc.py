"""Acclaim files: kinematics by hand and against the BVH conversions of CMU, and one line for what is wrong."""

import numpy as np
import pytest
from acclaim_files import BONES, DOFS, amc, asf, person_rows
from scipy.spatial.transform import Rotation

from motion.data import skeletons
from motion.data.acclaim import bone_ends, read_amc, read_asf
from motion.data.amc import cmu_joints
from motion.data.bvh import read_bvh
from motion.data.pack import kind_of, load_pack
from motion.kinematics.hierarchy import local_rotations
from motion.kinematics.retarget import bone_vectors, heading
from motion.kinematics.skeleton import BONE_LENGTHS

UNIT = 2.54 / 0.45 / 100


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(4)
    axes = {name: rng.integers(-90, 90, 3) for name in BONES}
    (tmp_path / "07.asf").write_text(asf(BONES, axes, DOFS))
    (tmp_path / "07_01.amc").write_text(amc(person_rows(60)))
    (tmp_path / "07_01.txt").write_text("a person moves\n")
    return tmp_path


def test_kinematics_by_hand(folder):
    """The chain root, hip, femur, tibia multiplied out with another library's rotations."""
    skeleton = read_asf(folder / "07.asf")
    motion = read_amc(folder / "07_01.amc", skeleton)
    assert skeleton.unit_m == pytest.approx(UNIT) and motion.fps == 120 and len(motion.values) == 60
    rows = person_rows(60)
    got = bone_ends(skeleton, motion, ["root", "lhipjoint", "lfemur", "ltibia"])
    axes = {bone.name: Rotation.from_matrix(bone.axis) for bone in skeleton.bones}
    rng = np.random.default_rng(4)
    stated = {name: rng.integers(-90, 90, 3) for name in BONES}
    for k in (0, 7, 59):
        place = np.array(rows[k]["root"][:3], float)
        turn = Rotation.from_euler("xyz", rows[k]["root"][3:], degrees=True)  # lower case: fixed axes, x first
        ends = [place]
        for name in ("lhipjoint", "lfemur", "ltibia"):
            own = Rotation.from_euler("xyz", stated[name], degrees=True)
            assert np.allclose(own.as_matrix(), axes[name].as_matrix())
            angles = {"lhipjoint": [0, 0, 0], "lfemur": rows[k]["lfemur"],
                      "ltibia": [*rows[k]["ltibia"], 0, 0]}[name]  # fmt: skip
            turn = turn * own * Rotation.from_euler("xyz", angles, degrees=True) * own.inv()
            place = place + turn.apply(BONES[name][1])
            ends.append(place)
        assert np.allclose(got[k], np.array(ends) * UNIT, atol=1e-9)


def test_a_folder_of_trials_is_a_pack(folder):
    assert kind_of(folder) == "amc"
    got = load_pack(folder)
    clip = got.clips[0]
    assert (clip.name, clip.captions, len(clip)) == ("07_01", ("a person moves",), 10)  # 60 frames at 120 a second
    joints = clip.joints.astype(float)
    assert np.allclose(np.linalg.norm(bone_vectors(joints), axis=-1), BONE_LENGTHS, atol=1e-5)
    assert abs(heading(joints[0])) < 1e-6 and joints[0, 15, 1] > 1.2
    text = (folder / "07_01.amc").read_text()
    (folder / "07_01.amc").write_text(text.replace(":DEGREES", ":DEGREES\n:SAMPLES-PER-SECOND 60"))
    assert len(load_pack(folder).clips[0]) == 20
    (folder / "07.asf").write_text((folder / "07.asf").read_text() + "# more\n")
    assert load_pack(folder).fingerprint != got.fingerprint


def test_which_skeleton_belongs_to_a_motion(folder):
    other = (folder / "07.asf").read_text()
    (folder / "08.asf").write_text(other.replace("0.45", "0.9"))
    assert len(load_pack(folder).clips) == 1  # by the subject
    (folder / "07.asf").rename(folder / "09.asf")
    with pytest.raises(ValueError, match="07_01.amc: expected its skeleton 07_01.asf, 07.asf or one .asf for all"):
        load_pack(folder)
    (folder / "09.asf").unlink()
    assert len(load_pack(folder).clips) == 1  # the only one


@pytest.mark.parametrize("trial", ["07_03", "16_01"])
def test_the_same_places_as_in_the_conversions(shared_data, tmp_path, trial):
    """A trial's BVH written as ASF and AMC, the two lost bones put back: the 22 joints agree."""
    bvh = read_bvh(shared_data / "cmu" / "bvh" / f"{trial}.bvh.gz")
    tree, names, _ = skeletons._MAPS[skeletons.known_skeleton(bvh.tree)](bvh.tree)
    offset = {name: tree.offsets[tree.index(name)] for name in tree.names}
    sides = {"hipjoint": ("HipJoint", "UpLeg"), "femur": ("UpLeg", "Leg"), "tibia": ("Leg", "Foot"),
             "foot": ("Foot", "ToeBase"), "clavicle": ("Shoulder", "Arm"), "humerus": ("Arm", "ForeArm"),
             "radius": ("ForeArm", "Hand"), "wrist": ("Hand", "FingerBase")}  # fmt: skip
    chain = {"hipjoint": "root", "femur": "hipjoint", "tibia": "femur", "foot": "tibia", "clavicle": "thorax",
             "humerus": "clavicle", "radius": "humerus", "wrist": "radius"}  # fmt: skip
    turned = {"lowerback": ("LowerBack", "Spine"), "upperback": ("Spine", "Spine1"), "thorax": ("Spine1", "Neck"),
              "lowerneck": ("Neck", "Neck1"), "upperneck": ("Neck1", "Head")}  # fmt: skip
    parents = dict(zip(turned, ("root", *turned), strict=False))
    for side in ("Left", "Right"):
        s = side[0].lower()
        for bone, (joint, child) in sides.items():
            joint = f"{s.upper()}HipJoint" if joint == "HipJoint" else side + joint
            turned[s + bone] = (joint, side + child)
            parents[s + bone] = chain[bone] if chain[bone] in ("root", "thorax") else s + chain[bone]
    frames = slice(0, 40)
    turns = local_rotations(tree, bvh.values[frames])

    def angles(joint):
        return Rotation.from_matrix(turns[tree.index(joint)]).as_euler("xyz", degrees=True)

    rows = []
    per_bone = {bone: angles(joint) for bone, (joint, _) in turned.items()}
    place = np.concatenate([bvh.values[frames, :3], angles("Hips")], axis=1)
    for k in range(40):
        rows.append({"root": place[k]} | {bone: values[k] for bone, values in per_bone.items()})
    bones = {bone: (parents[bone], offset[child]) for bone, (_, child) in turned.items()}
    (tmp_path / "a.asf").write_text(asf(bones, {}, {}))
    (tmp_path / "a.amc").write_text(amc(rows))
    skeleton = read_asf(tmp_path / "a.asf")
    got = cmu_joints(skeleton, read_amc(tmp_path / "a.amc", skeleton))
    assert np.abs(got - skeletons.body_joints(bvh, frames)).max() < 1e-6


ASF = asf(BONES, {}, DOFS)
AMC = amc(person_rows(3))
BROKEN_ASF = {
    "empty": ("", "whole bones in :bonedata"),
    "no hierarchy": (ASF.partition(":hierarchy")[0], "expected every bone in :hierarchy below root"),
    "length": (ASF.replace("length 0.45", "length 0"), "a unit of length between"),
    "length word": (ASF.replace("length 0.45", "length long"), "a finite number for length, found 'long'"),
    "angle": (ASF.replace("angle deg", "angle turn"), "`angle deg` or `angle rad`"),
    "no axis": (ASF.replace("     axis 0 0 0  XYZ\n", "", 1), "`axis` in the bone that ends here"),
    "axis order": (ASF.replace("  XYZ", "  XXZ", 1), "an order of axes like XYZ for axis, found 'XXZ'"),
    "direction": (ASF.replace("direction ", "direction nan ", 1), "3 numbers for direction"),
    "infinite": (ASF.replace("     length ", "     length 1e", 1), "a finite number for length"),
    "dof": (ASF.replace("dof rx ry rz", "dof rx rx rz", 1), "degrees of freedom, each once"),
    "stretch": (ASF.replace("dof rx ry rz", "dof rx ry l", 1), "degrees of freedom, each once"),
    "twice": (ASF.replace("name ltibia", "name lfemur"), "each name once, found 'lfemur'"),
    "called root": (ASF.replace("name ltibia", "name root"), "each name once, found 'root'"),
    "unknown child": (
        ASF.replace("    root ", "    root tail "),
        "bones of :bonedata, each with one parent, found",
    ),
    "two parents": (ASF.replace("    root ", "    root lfemur "), "each with one parent"),
    "ring": (ASF.replace("    root lhipjoint ", "    lfoot lhipjoint\n    root "), "each with one parent|below root"),
    "cut": (ASF[:900], "whole bones in :bonedata"),
    "no end": (ASF.replace("  end\n:hierarchy", ":hierarchy"), "`end` of the bone before"),
}
BROKEN_AMC = {
    "empty": ("", "whole frames"),
    "radians": (AMC.replace(":DEGREES", ":RADIANS"), "line 3: expected `:DEGREES`"),
    "rate": (AMC.replace(":DEGREES", ":SAMPLES-PER-SECOND 0"), "a frame rate between 1 and 1000"),
    "jump": (AMC.replace("\n2\n", "\n4\n"), "expected frame 2"),
    "bone": (AMC.replace("lfemur", "lfemor", 1), "a frame's number, or a bone that moves, once in a frame"),
    "missing": (AMC.replace("\nltibia 0", "\n#", 1), "a line for ltibia before the next frame"),
    "numbers": (AMC.replace("\nltibia 0", "\nltibia 0 0", 1), "1 numbers for ltibia"),
    "nan": (AMC.replace("\nltibia 0", "\nltibia nan", 1), "a finite number for ltibia, found 'nan'"),
    "huge": (AMC.replace("\nltibia 0", "\nltibia 1e300", 1), "a finite number for ltibia"),
    "cut": (AMC[:-400], "whole frames|numbers for"),
}


@pytest.mark.parametrize("case", [*(f"asf {c}" for c in BROKEN_ASF), *(f"amc {c}" for c in BROKEN_AMC)])
def test_what_is_wrong_is_said_in_one_line(folder, case):
    kind, _, which = case.partition(" ")
    text, message = (BROKEN_ASF if kind == "asf" else BROKEN_AMC)[which]
    assert text not in (ASF, AMC)
    (folder / ("07.asf" if kind == "asf" else "07_01.amc")).write_text(text)
    with pytest.raises(ValueError, match=message) as caught:
        load_pack(folder)
    assert "\n" not in str(caught.value)


def test_other_skeletons_are_refused(folder):
    for file in ("07.asf", "07_01.amc"):
        (folder / file).write_text((folder / file).read_text().replace("lwrist", "paw"))
    with pytest.raises(ValueError, match="must have the bones of CMU's, it has no 'lwrist'"):
        load_pack(folder)
