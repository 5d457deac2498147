"""Guessing which joint of a skeleton is which of ours: by the common naming schemes, and by the tree between them."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from motion.data.skeleton_map import Place, SkeletonMap
from motion.data.skeletons import CLAVICLE, CMU_UNIT
from motion.kinematics.hierarchy import Hierarchy, forward
from motion.kinematics.skeleton import BONE_LENGTHS, JOINTS, J

_WORDS: dict[str, tuple[str, ...]] = {
    # Words of Mixamo, MotionBuilder, CMU, Daz, Unreal, Biped, VRM, Blender, SMPL and Bandai-Namco, best first.
    "hip": ("upleg", "upperleg", "thigh", "femur", "hip", "legupper"),
    "knee": ("lowerleg", "lowleg", "leg", "calf", "shin", "tibia", "knee", "leglower"),
    "ankle": ("ankle", "foot"),
    "foot": ("toebase", "toes", "toe", "ball", "foot"),
    "shoulder": ("upperarm", "uparm", "arm", "shldr", "humerus", "shoulder", "armupper"),
    "collar": ("clavicle", "clav", "collar", "shoulder"),
    "elbow": ("forearm", "lowerarm", "lowarm", "radius", "elbow", "armlower"),
    "wrist": ("hand", "wrist"),
}
_LIMBS = (("hip", "knee", "ankle", "foot"), ("shoulder", "elbow", "wrist"))
_SIDES = {"left": "left", "lft": "left", "l": "left", "right": "right", "rgt": "right", "rt": "right", "r": "right"}
_NOISE = {"mixamorig", "bip", "jnt", "joint", "bone", "def", "j", "c", "b", "sk", "valvebiped", "character", "m", "avg"}
_UNITS = (1.0, 0.01, 0.001, 0.0254, CMU_UNIT)
_CHEST, _LEG = 0.3, float(BONE_LENGTHS[J["left_knee"]] + BONE_LENGTHS[J["left_ankle"]])


def guess_map(tree: Hierarchy) -> tuple[SkeletonMap, list[str]]:
    """A map of the skeleton and those of our joints for which no place was found.

    The pelvis is put midway between the hip joints, and the spine's joints on the way from there to the neck, as for
    the known skeletons. The unit is the one that makes the legs a person's; up is where the head is in the rest pose.
    """
    joints: dict[str, Place] = {}
    spoken = [_spoken(name) for name in tree.names]
    for side in ("left", "right"):
        _add_side(tree, spoken, side, joints)
    if "left_hip" in joints and "right_hip" in joints:
        joints["pelvis"] = (str(joints["left_hip"]), str(joints["right_hip"]), 0.5)
    _add_spine(tree, spoken, joints)
    chest = joints.get("spine3")
    for side in ("left", "right"):
        arm = joints.get(f"{side}_shoulder")
        if f"{side}_collar" not in joints and isinstance(arm, str) and chest is not None:
            start = chest if isinstance(chest, str) else chest[0]
            joints[f"{side}_collar"] = (start, arm, CLAVICLE)
    ordered = {name: joints[name] for name in JOINTS if name in joints}
    unresolved = [name for name in JOINTS if name not in joints]
    return SkeletonMap(ordered, _unit(tree, ordered), _up(tree, ordered)), unresolved


def _spoken(name: str) -> tuple[str, str]:
    """Side ("" if none) and body word of a joint's name: "mixamorig:LeftUpLeg" gives left, upleg."""
    name = re.split(r"[:|]", name)[-1]
    words = [w.lower() for w in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)]
    words = [w for w in words if w not in _NOISE]
    side = next((_SIDES[w] for w in words if w in _SIDES), "")
    word = "".join(w for w in words if w not in _SIDES)
    known = {w for group in _WORDS.values() for w in group}
    for start, of in _SIDES.items():  # "lfemur", "LHip", "leftupleg": no capital or mark between side and word
        if not side and word.startswith(start) and word[len(start) :] in known:
            return of, word[len(start) :]
    return side, word


def _add_side(tree: Hierarchy, spoken: list[tuple[str, str]], side: str, joints: dict[str, Place]) -> None:
    taken: dict[str, int] = {}
    for part, words in _WORDS.items():  # "shoulder" is the arm's joint only where nothing else is
        for word in words:
            if (side, word) in spoken and spoken.index((side, word)) not in taken.values():
                taken[part] = spoken.index((side, word))
                break
    if "ankle" in taken and "foot" not in taken:  # the toe: what hangs on the ankle
        hanging = [j for j, parent in enumerate(tree.parents) if parent == taken["ankle"]]
        hanging = [j for j in hanging if _apart(tree, j)]
        if hanging:
            taken["foot"] = hanging[0]
    for limb in _LIMBS:
        above = -1
        for part in limb:
            if part not in taken:
                break
            if above >= 0 and above not in _ancestors(tree, taken[part]):
                break  # a joint of that name elsewhere: better none than a wrong one
            joints[f"{side}_{part}"] = tree.names[taken[part]]
            above = taken[part]
    arm, collar = taken.get("shoulder", -1), taken.get("collar", -1)
    if arm >= 0 and collar >= 0 and collar in _ancestors(tree, arm) and _apart(tree, collar):
        joints[f"{side}_collar"] = tree.names[taken["collar"]]


def _add_spine(tree: Hierarchy, spoken: list[tuple[str, str]], joints: dict[str, Place]) -> None:
    head = next((j for j, said in enumerate(spoken) if said == ("", "head")), -1)
    neck = next((j for j, said in enumerate(spoken) if said == ("", "neck")), -1)
    if neck < 0 <= head and tree.parents[head] >= 0:
        neck = tree.parents[head]
    if head < 0 or neck not in _ancestors(tree, head):
        return
    between = [j for j in reversed(_ancestors(tree, head)) if j == neck or neck in _ancestors(tree, j)]
    neck = next((j for j in between if _apart(tree, j)), neck)  # one that lies on its parent is no neck
    joints["head"], joints["neck"] = tree.names[head], tree.names[neck]
    if "pelvis" not in joints:
        return
    hips = [tree.index(str(joints[f"{side}_hip"])) for side in ("left", "right")]
    common = set(_ancestors(tree, hips[0])) & set(_ancestors(tree, hips[1]))
    way = [j for j in reversed(_ancestors(tree, neck)) if j not in common and _apart(tree, j)]
    names = [tree.names[j] for j in way]
    low, top = str(joints["left_hip"]), tree.names[neck]
    places: tuple[Place, Place, Place]
    if len(names) >= 3:
        places = (names[0], names[len(names) // 2], names[-1])
    elif len(names) == 2:
        places = (names[0], names[1], (names[1], top, _CHEST))
    elif len(names) == 1 and common:
        base = tree.names[max(common)]
        places = ((base, names[0], 0.5), names[0], (names[0], top, 0.5))
    else:
        base = tree.names[max(common)] if common else low
        places = ((base, top, 0.25), (base, top, 0.5), (base, top, 0.75))
    joints["spine1"], joints["spine2"], joints["spine3"] = places


def _apart(tree: Hierarchy, joint: int) -> bool:
    """False where a joint lies on its parent."""
    return bool(np.linalg.norm(tree.offsets[joint]) > 1e-3 * np.abs(tree.offsets).max())


def _ancestors(tree: Hierarchy, joint: int) -> list[int]:
    """From the joint's parent up to the root."""
    found = []
    while (joint := tree.parents[joint]) >= 0:
        found.append(joint)
    return found


def _unit(tree: Hierarchy, joints: dict[str, Place]) -> float:
    names = [joints.get(f"left_{part}") for part in ("hip", "knee", "ankle")]
    if not all(isinstance(name, str) for name in names):
        return 0.01
    places = _rest(tree)
    hip, knee, ankle = (places[tree.index(str(name))] for name in names)
    leg = float(np.linalg.norm(knee - hip) + np.linalg.norm(ankle - knee))
    if leg <= 0:
        return 0.01
    return min(_UNITS, key=lambda unit: abs(np.log(unit * leg / _LEG)))


def _up(tree: Hierarchy, joints: dict[str, Place]) -> str:
    head, ankle = joints.get("head"), joints.get("left_ankle")
    if not isinstance(head, str) or not isinstance(ankle, str):
        return "y"
    places = _rest(tree)
    # Bones whose own x axes point along them say nothing: such files, like nearly all, have y up.
    return "z" if int(np.argmax(np.abs(places[tree.index(head)] - places[tree.index(ankle)]))) == 2 else "y"


def _rest(tree: Hierarchy) -> NDArray[np.float64]:
    """(J, 3) joints with all channels zero."""
    columns = max((c + len(names) for c, names in zip(tree.columns, tree.channels, strict=True)), default=0)
    places: NDArray[np.float64] = forward(tree, np.zeros((1, columns)))[0][0]
    return places
