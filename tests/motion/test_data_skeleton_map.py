"""BVH of unknown skeletons: names of the common schemes are guessed, the rest is said and put right in a map."""

import json
from dataclasses import replace

import numpy as np
import pytest

from motion.data.bvh import Bvh, read_bvh
from motion.data.bvh_write import as_channels, write_tree
from motion.data.pack import load_pack
from motion.data.procedural import generate
from motion.data.skeleton_guess import guess_map
from motion.data.skeleton_map import MAP_FILE, SkeletonMap, map_of, mapped_joints, read_map, write_map
from motion.kinematics.retarget import bone_vectors, retarget
from motion.kinematics.skeleton import JOINTS

WALK = generate(1, frames=40, seed=2, kinds=("kick left",))[0]
PARTS = ("hip", "knee", "ankle", "foot", "collar", "shoulder", "elbow", "wrist")
SCHEMES = {  # pelvis, spine1..3, neck, head; then PARTS with {s}, {S}, {side}, {Side} for the side
    "mixamo": ("mixamorig:Hips mixamorig:Spine mixamorig:Spine1 mixamorig:Spine2 mixamorig:Neck mixamorig:Head",
               "mixamorig:{Side}UpLeg mixamorig:{Side}Leg mixamorig:{Side}Foot mixamorig:{Side}ToeBase "
               "mixamorig:{Side}Shoulder mixamorig:{Side}Arm mixamorig:{Side}ForeArm mixamorig:{Side}Hand"),
    "unreal": ("pelvis spine_01 spine_02 spine_03 neck_01 head",
               "thigh_{s} calf_{s} foot_{s} ball_{s} clavicle_{s} upperarm_{s} lowerarm_{s} hand_{s}"),
    "daz": ("hip abdomen abdomen2 chest neck head",
            "{s}Thigh {s}Shin {s}Foot {s}Toe {s}Collar {s}Shldr {s}ForeArm {s}Hand"),
    "bandai": ("Hips Spine Spine1 Chest Neck Head",
               "UpperLeg_{S} LowerLeg_{S} Foot_{S} Toes_{S} Shoulder_{S} UpperArm_{S} LowerArm_{S} Hand_{S}"),
    "smpl": ("Pelvis Spine1 Spine2 Spine3 Neck Head",
             "{S}_Hip {S}_Knee {S}_Ankle {S}_Foot {S}_Collar {S}_Shoulder {S}_Elbow {S}_Wrist"),
    "biped": ("Bip01_Pelvis Bip01_Spine Bip01_Spine1 Bip01_Spine2 Bip01_Neck Bip01_Head",
              "Bip01_{S}_Thigh Bip01_{S}_Calf Bip01_{S}_Foot Bip01_{S}_Toe0 Bip01_{S}_Clavicle Bip01_{S}_UpperArm "
              "Bip01_{S}_Forearm Bip01_{S}_Hand"),
    "acclaim": ("root lowerback upperback thorax lowerneck head",
                "{s}femur {s}tibia {s}foot {s}toes {s}clavicle {s}humerus {s}radius {s}hand"),
    "blender": ("hips spine chest upper_chest neck head",
                "thigh.{S} shin.{S} foot.{S} toe.{S} shoulder.{S} upper_arm.{S} forearm.{S} hand.{S}"),
}  # fmt: skip


def names_of(scheme):
    middle, sides = SCHEMES[scheme]
    names = dict(zip(("pelvis", "spine1", "spine2", "spine3", "neck", "head"), middle.split(), strict=True))
    for side in ("left", "right"):
        given = sides.format(s=side[0], S=side[0].upper(), side=side, Side=side.capitalize()).split()
        names |= {f"{side}_{part}": name for part, name in zip(PARTS, given, strict=True)}
    return names


def file_of(scheme, clip=WALK, frames=slice(None)):
    """The motion with the joints' names of a scheme, and those names."""
    tree, values = as_channels(clip.joints[frames])
    names = names_of(scheme)
    return Bvh(replace(tree, names=tuple(names.get(name, f"helper{j}") for j, name in enumerate(tree.names))),
               values, 20.0), names  # fmt: skip


@pytest.mark.parametrize("scheme", SCHEMES)
def test_common_names_are_guessed(scheme):
    bvh, names = file_of(scheme)
    got, unresolved = guess_map(bvh.tree)
    assert unresolved == [] and got.unit_m == 0.01 and got.up == "y"
    wanted = {ours: theirs for ours, theirs in names.items() if ours != "pelvis"}
    assert {ours: got.joints[ours] for ours in wanted} == wanted
    joints = mapped_joints(bvh, got, "a.bvh")
    assert np.abs(joints[:, 1:] - WALK.joints[:, 1:]).max() < 1e-6
    hips = WALK.joints[:, [1, 2]].mean(axis=1)  # the pelvis is put there, as for the known skeletons
    assert np.abs(joints[:, 0] - hips).max() < 1e-6


def test_missing_joints_are_filled_from_the_tree_or_named():
    bvh, names = file_of("unreal")

    def without(*ours):
        gone = {names[name]: f"strange{k}" for k, name in enumerate(ours)}
        return replace(bvh.tree, names=tuple(gone.get(name, name) for name in bvh.tree.names))

    assert guess_map(without("spine1", "spine2", "left_foot"))[1] == []  # between pelvis and neck; under the ankle
    collar, unresolved = guess_map(without("left_collar"))
    assert collar.joints["left_collar"] == ("spine_03", "upperarm_l", 0.35) and unresolved == []
    assert "left_knee" in guess_map(without("left_knee"))[1] and "head" in guess_map(without("head"))[1]
    with pytest.raises(ValueError, match="no joint was found for .*left_knee.*; name them in map.json beside it"):
        mapped_joints(replace(bvh, tree=without("left_knee")), guess_map(without("left_knee"))[0], "a.bvh")


def test_units_and_axes(tmp_path):
    bvh, _ = file_of("mixamo")
    for unit in (1.0, 0.001, 0.0254):
        values = bvh.values.copy()
        values[:, :3] *= 0.01 / unit
        tree = replace(bvh.tree, offsets=bvh.tree.offsets * 0.01 / unit)
        got, _ = guess_map(tree)
        assert got.unit_m == unit
        assert np.abs(mapped_joints(Bvh(tree, values, 20), got, "a")[:, 1:] - WALK.joints[:, 1:]).max() < 1e-6
    # The same motion with z up: (x, y, z) -> (x, -z, y), turned by the file's root.
    tree, values = as_channels(WALK.joints)
    chosen = SkeletonMap({name: name for name in JOINTS}, up="z")
    turned = mapped_joints(Bvh(tree, values, 20), chosen, "a")
    sides, now = ((places[0, [1, 4]] - places[0, 0]).astype(float) for places in (WALK.joints, turned))
    assert np.allclose(np.cross(*now), np.cross(*sides)[[1, 2, 0]], atol=1e-6)  # turned, not mirrored
    assert np.allclose(turned[..., 1], WALK.joints[..., 2], atol=1e-6)


def test_a_folder_with_an_unknown_skeleton_and_its_map(tmp_path):
    bvh, names = file_of("mixamo")
    write_tree(tmp_path / "a.bvh", bvh.tree, bvh.values, 20)
    (tmp_path / "a.txt").write_text("a person kicks\n")
    guessed = load_pack(tmp_path)
    assert np.linalg.norm(guessed.clips[0].joints - WALK.joints, axis=-1).mean() < 0.02
    write_map(tmp_path / MAP_FILE, SkeletonMap(names))
    told = load_pack(tmp_path)
    assert told.fingerprint != guessed.fingerprint
    assert np.abs(told.clips[0].joints - retarget(WALK.joints.astype(float))).max() < 1e-5
    text = (tmp_path / "a.bvh").read_text().replace("mixamorig:LeftLeg", "Gelenk")
    (tmp_path / "a.bvh").write_text(text)
    with pytest.raises(ValueError, match="a.bvh: map.json says that left_knee is 'mixamorig:LeftLeg'"):
        load_pack(tmp_path)
    write_map(tmp_path / MAP_FILE, guess_map(read_bvh(tmp_path / "a.bvh").tree)[0])
    with pytest.raises(ValueError, match="no joint was found for left_knee.*name them in map.json.*Gelenk"):
        load_pack(tmp_path)
    said = json.loads((tmp_path / MAP_FILE).read_text())
    assert said["joints"]["left_knee"] == ""
    said["joints"] |= {"left_knee": "Gelenk", "left_ankle": "mixamorig:LeftFoot", "left_foot": "mixamorig:LeftToeBase"}
    (tmp_path / MAP_FILE).write_text(json.dumps(said))
    assert np.abs(load_pack(tmp_path).clips[0].joints - guessed.clips[0].joints).max() < 1e-5
    (tmp_path / MAP_FILE).write_text('{"unit_m": 0.02}')
    assert map_of(bvh.tree, tmp_path).unit_m == 0.02 and "pelvis" in map_of(bvh.tree, tmp_path).joints


def test_maps_are_checked(tmp_path):
    path = tmp_path / MAP_FILE
    for text, message in (
        ("{", "expected JSON"),
        ("[" * 5000, "expected JSON"),
        ("[]", "an object"),
        ('{"unit": 1}', 'an object with "unit_m"'),
        ('{"unit_m": NaN}', '"unit_m" in metres'),
        ('{"unit_m": true}', '"unit_m" in metres'),
        ('{"up": "w"}', '"up" to be'),
        ('{"up": []}', '"up" to be'),
        ('{"joints": []}', '"joints" to be an object'),
        ('{"joints": {"tail": "x"}}', "our joints"),
        ('{"joints": {"head": 3}}', "a name or"),
        ('{"joints": {"head": ["a", "b", NaN]}}', "a name or"),
        (" " * 70000, "expected JSON of at most 64 KiB"),
    ):
        path.write_text(text)
        with pytest.raises(ValueError, match=message) as caught:
            read_map(path)
        assert "\n" not in str(caught.value) and str(caught.value).startswith(MAP_FILE)


@pytest.mark.parametrize(("pack", "name"), [("bandai", ""), ("cmu", "07_03"), ("cmu", "09_01")])
def test_guesses_agree_with_the_known_skeletons(shared_data, pack, name):
    from motion.data.skeletons import body_joints

    folder = shared_data / pack / "bvh"
    bvh = read_bvh(folder / f"{name}.bvh.gz" if name else sorted(folder.iterdir())[0])
    got, unresolved = guess_map(bvh.tree)
    assert unresolved == []
    known, guessed = body_joints(bvh), mapped_joints(bvh, got, "a.bvh")
    legs = [0, 1, 2, 4, 5, 7, 8]
    assert np.abs(known - guessed)[:, legs].max() < 1e-6
    assert np.linalg.norm(bone_vectors(guessed)[0], axis=-1)[1:].min() > 0.01
