"""Which joint of an unknown BVH skeleton is which of ours: guessed from names and tree, put right in a `map.json`.

    {"unit_m": 0.01, "up": "y", "joints": {"left_hip": "LeftUpLeg", "spine3": ["Chest", "Neck", 0.3], ...}}

A joint of ours is a joint of the file (an end site is its parent's name with ".end"), or a point between two: from
the first towards the second by a share. What the file leaves out is guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loop import files
from motion.data.arrays import checked, json_object
from motion.data.bvh import Bvh
from motion.data.skeletons import joint_places
from motion.kinematics.hierarchy import Hierarchy
from motion.kinematics.skeleton import JOINTS

Float = NDArray[np.float64]
Place = str | tuple[str, str, float]
"""A joint's name, or two and the share of the way from the first to the second."""

MAP_FILE = "map.json"
UP = {"x": (2, 0, 1), "y": (0, 1, 2), "z": (1, 2, 0)}
"""The file's axes that become our x, y (up), z: turned, not mirrored; which way is forward is found later."""
_MAX_BYTES = 2**16


@dataclass(frozen=True)
class SkeletonMap:
    """How a file gives our joints.

    joints: place of each of our joints, by its name; those that are left out are unknown.
    unit_m: metres per unit of the file.
    up: the file's axis that points up.
    """

    joints: Mapping[str, Place] = field(default_factory=dict)
    unit_m: float = 0.01
    up: str = "y"


def mapped_joints(bvh: Bvh, chosen: SkeletonMap, where: str) -> Float:
    """Our 22 joints (T, 22, 3) [m], y up, at the file's frame rate.

    Raises:
        ValueError: the map lacks one of our joints, names one that the file has not, or puts it
            kilometres away; `where` is the file's name.
    """
    missing = [name for name in JOINTS if name not in chosen.joints]
    if missing:
        raise ValueError(
            f"{where}: the skeleton is unknown and no joint was found for {', '.join(missing)}; name them in "
            f'{MAP_FILE} beside it, like {{"joints": {{"{missing[0]}": "..."}}}}; the file has '
            f"{_some(bvh.tree.names)}"
        )
    ends: list[tuple[str, str, float]] = [ends_of(chosen.joints[name]) for name in JOINTS]
    for ours, (first, second, _) in zip(JOINTS, ends, strict=True):
        for name in (first, second):
            if name not in bvh.tree.names:
                raise ValueError(
                    f"{where}: {MAP_FILE} says that {ours} is {name[:40]!r}, and the file has no such joint; it has "
                    f"{_some(bvh.tree.names)}"
                )
    tree = bvh.tree.only({name for first, second, _ in ends for name in (first, second)})
    places = joint_places(tree, bvh.values, [name for end in ends for name in end[:2]])
    start, stop = places[:, 0::2], places[:, 1::2]
    share = np.array([end[2] for end in ends])[:, None]
    return checked(chosen.unit_m * (start + share * (stop - start))[..., UP[chosen.up]], where)


def _some(names: tuple[str, ...]) -> str:
    return ", ".join(name[:40] for name in names[:60])


def ends_of(place: Place) -> tuple[str, str, float]:
    """The two joints of the file and the share of the way between them that a place says."""
    return (place, place, 0.0) if isinstance(place, str) else place


def read_map(path: Path) -> dict[str, Any]:
    """What a `map.json` says, checked: any of "unit_m", "up" and "joints" (of which any).

    Raises:
        ValueError: no such JSON, with the entry that is wrong.
        OSError: it cannot be opened.
    """
    expected = f"{path.name}: expected"
    found = json_object(path, ("unit_m", "up", "joints"), _MAX_BYTES)
    unit = found.get("unit_m", 1)
    if not isinstance(unit, int | float) or isinstance(unit, bool) or not 1e-6 <= unit <= 1000:
        raise ValueError(f'{expected} "unit_m" in metres between 1e-6 and 1000, found {str(unit)[:40]!r}')
    if not isinstance(found.get("up", "y"), str) or found.get("up", "y") not in UP:
        raise ValueError(f'{expected} "up" to be "x", "y" or "z", found {str(found["up"])[:40]!r}')
    joints = found.get("joints", {})
    if not isinstance(joints, dict):
        raise ValueError(f'{expected} "joints" to be an object, found {str(joints)[:40]!r}')
    for name, place in joints.items():
        if name not in JOINTS:
            raise ValueError(f"{expected} our joints ({', '.join(JOINTS)}), found {name[:40]!r}; correct its name")
        if isinstance(place, str):
            continue
        good = isinstance(place, list) and len(place) == 3 and all(isinstance(part, str) for part in place[:2])
        if not good or type(place[2]) not in (int, float) or not -10 <= place[2] <= 10:
            raise ValueError(f'{expected} a name or ["first", "second", share] for {name}, found {str(place)[:40]!r}')
    return found | {"joints": {k: v if isinstance(v, str) else (v[0], v[1], float(v[2])) for k, v in joints.items()}}


def write_map(path: Path, chosen: SkeletonMap) -> None:
    """Write a `map.json` to be edited; joints that are not known stand there as "". OSError if it cannot be written."""
    joints = {name: chosen.joints.get(name, "") for name in JOINTS}
    files.write_json(path, {"unit_m": chosen.unit_m, "up": chosen.up, "joints": joints})


def map_of(tree: Hierarchy, folder: Path) -> SkeletonMap:
    """The folder's `map.json` where there is one, completed by guesses; entries that are "" count as left out.

    Raises:
        ValueError, OSError: as `read_map`.
    """
    from motion.data.skeleton_guess import guess_map

    guessed, _ = guess_map(tree)
    path = folder / MAP_FILE
    if not path.is_file():
        return guessed
    said = read_map(path)
    joints = dict(guessed.joints) | {name: place for name, place in said["joints"].items() if place}
    return SkeletonMap(joints, said.get("unit_m", guessed.unit_m), said.get("up", guessed.up))
