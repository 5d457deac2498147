"""The rows of plain folders, and what a `pack.json` beside the motions may say of them: actions and terms of use.

    {"licence": "CC BY 4.0, by me", "actions": {"clip0": "walk", ...}, "drawing": {...}}

Every entry may be left out. A name in "actions" is a motion's file without its ending; "drawing" is what
`scsc motion data draw` keeps of its wishes, and of no meaning to readers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from motion.data import amass
from motion.data.arrays import json_object
from motion.data.clip import Clip
from motion.data.npy import LICENCE, stem_of
from motion.data.skeleton_map import MAP_FILE

PACK_FILE = "pack.json"
PLAIN = ("npy", "bvh", "amc", "amass")
"""Kinds of folders that hold one file a motion, with its captions in a `.txt` of its name."""
_MAX_BYTES = 32 * 2**20
_MAX_TEXT = 300

Row = dict[str, str]


def plain_bvh(folder: Path) -> list[Path]:
    """The BVH files of a folder, also compressed ones."""
    return sorted(p for p in folder.iterdir() if p.name.lower().endswith((".bvh", ".bvh.gz")))


def plain_rows(folder: Path, kind: str) -> tuple[list[Path], list[Row]]:
    """What is read beside the motions of a plain folder, and one row a motion: name, file, text, perhaps more.

    More is the action and the licence that a `pack.json` says.

    Raises:
        ValueError: a malformed `pack.json`, or one that names a motion which is not there.
        OSError: it cannot be opened.
    """
    motions, beside = sorted(folder.glob(f"*.{kind}")), []
    if kind == "bvh":
        motions, beside = plain_bvh(folder), [path for path in (folder / MAP_FILE,) if path.is_file()]
    elif kind == "amass":
        motions, beside = amass.motions(folder), amass.models(folder)
    elif kind == "amc":
        beside = sorted(folder.glob("*.asf"))
    rows = [{"name": name, "file": path.name, "text": f"{name}.txt"} for path in motions for name in [stem_of(path)]]
    about = folder / PACK_FILE
    if not about.is_file():
        return beside, rows
    said = read_pack_file(about)
    actions, licence = said.get("actions", {}), said.get("licence")
    lost = sorted(set(actions) - {row["name"] for row in rows})
    if lost:
        raise ValueError(
            f"{PACK_FILE} names {lost[0][:60]!r} and the folder has no such motion ({len(lost)} of {len(actions)} "
            "lack); complete the folder, by the command that made it, or remove the name"
        )
    for row in rows:
        row |= {"action": actions[row["name"]]} if row["name"] in actions else {}
        row |= {"licence": licence} if licence else {}
    return [*beside, about], rows


def read_pack_file(path: Path) -> dict[str, Any]:
    """What a `pack.json` says, checked: any of "licence", "actions" and "drawing".

    Raises:
        ValueError: no such JSON, with the entry that is wrong.
        OSError: it cannot be opened.
    """
    expected = f"{path.name}: expected"
    found = json_object(path, ("licence", "actions", "drawing"), _MAX_BYTES)
    licence = found.get("licence", "-")
    if not _is_text(licence):
        raise ValueError(f'{expected} "licence" in at most {_MAX_TEXT} characters, found {str(licence)[:40]!r}')
    for key in ("actions", "drawing"):
        if not isinstance(found.get(key, {}), dict):
            raise ValueError(f'{expected} "{key}" to be an object, found {str(found[key])[:40]!r}')
    for name, action in found.get("actions", {}).items():
        if not _is_text(action):
            raise ValueError(f"{expected} a word for the action of {name[:60]!r}, found {str(action)[:40]!r}")
    return found


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip()) and value.isprintable() and len(value) <= _MAX_TEXT


def labelled(clip: Clip, row: Mapping[str, str]) -> Clip:
    """The clip with the action and the terms of use of its row, where it has them and its kind states no terms."""
    return replace(clip, action=row.get("action", clip.action), licence=licence_of(row, clip.licence))


def licence_of(row: Mapping[str, str], stated: str) -> str:
    """Terms of use of a row's motion: those that its kind of pack states, else the row's own."""
    return row.get("licence", stated) if stated == LICENCE else stated
