"""A prepared data set: one folder with a manifest and shards of joints, read without copying.

DIR/manifest.json       what is in it: clips with captions, splits, licences and findings, sources with fingerprints
DIR/shards/NAME-0000.npy  joints of many clips, one after the other, (frames, 22, 3) float32; mapped, never pickled
DIR/text/               states of the captions by frozen text encoders, where they were asked for (`motion.text.states`)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loop import files
from motion.data.clip import Clip
from motion.kinematics.skeleton import FPS, JOINTS, N_JOINTS, PARENTS

FORMAT = 1
MANIFEST = "manifest.json"
SPLITS = ("train", "val", "test")


@dataclass(frozen=True)
class Entry:
    """One clip of the manifest. shard, start: where its joints lie. findings: what the checks say, in words."""

    name: str
    source: str
    licence: str
    action: str
    captions: tuple[str, ...]
    split: str
    flat: bool
    frames: int
    shard: str
    start: int
    glitches: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Entry:
        """What the manifest holds of a clip.

        Raises:
            KeyError, TypeError, ValueError: something is missing or of another kind.
        """
        found = cls(
            name=str(stored["name"]),
            source=str(stored["source"]),
            licence=str(stored["licence"]),
            action=str(stored["action"]),
            captions=_words(stored["captions"]),
            split=str(stored["split"]),
            flat=bool(stored["flat"]),
            frames=int(stored["frames"]),
            shard=str(stored["shard"]),
            start=int(stored["start"]),
            glitches=tuple(int(frame) for frame in stored["glitches"]),
            notes=_words(stored["notes"]),
            findings=_words(stored["findings"]),
        )
        if found.split not in SPLITS or found.frames < 2 or found.start < 0:
            raise ValueError(f"clip {found.name!r} has split {found.split!r}, {found.frames} frames from {found.start}")
        if found.shard != Path(found.shard).name or not found.shard.endswith(".npy"):
            raise ValueError(f"clip {found.name!r} lies in {found.shard!r}, which is no shard's name")
        return found


def _words(stored: Any) -> tuple[str, ...]:
    if not isinstance(stored, list):
        raise TypeError(f"expected a list of texts, got {stored!r:.40}")
    return tuple(str(item) for item in stored)


@dataclass(frozen=True)
class Prepared:
    """A prepared folder. manifest: as stored."""

    folder: Path
    manifest: Mapping[str, Any]

    @classmethod
    def open(cls, folder: Path) -> Prepared:
        """Read the manifest; the shards are opened when they are asked for.

        Raises:
            ValueError: no prepared folder, another version, or a damaged manifest.
        """
        path = folder / MANIFEST
        if not path.is_file():
            raise ValueError(f"{folder} holds no prepared data: {MANIFEST} is missing; run `scsc motion data prepare`")
        stored = files.read_json(path)
        if not isinstance(stored, dict) or stored.get("format") != FORMAT or stored.get("kind") != "motion-data":
            raise ValueError(f"{path} must have format {FORMAT} and kind motion-data; prepare it again")
        found = cls(folder, stored)
        try:
            names = [entry.name for entry in found.entries]
        except (KeyError, TypeError, ValueError) as problem:
            raise ValueError(f"{path} lacks what a manifest has ({problem!r:.120}); prepare it again") from None
        if len(set(names)) < len(names):
            raise ValueError(f"{path} names a clip twice; prepare it again")
        return found

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """All clips, in the manifest's order."""
        return tuple(Entry.from_json(stored) for stored in self.manifest["clips"])

    @cached_property
    def _by_name(self) -> dict[str, Entry]:
        return {entry.name: entry for entry in self.entries}

    def entry(self, name: str) -> Entry:
        """The clip `name`.

        Raises:
            ValueError: there is none; names some that begin alike.
        """
        if name not in self._by_name:
            like = [other for other in self._by_name if name.lower() in other.lower()][:3] or list(self._by_name)[:3]
            raise ValueError(f"{self.folder} has no clip {name!r}; there are {len(self.entries)}, as {', '.join(like)}")
        return self._by_name[name]

    def joints(self, entry: Entry) -> NDArray[np.float32]:
        """Joints of a clip, (T, 22, 3) [m], mapped from the disk, read-only.

        Raises:
            ValueError: the shard is damaged or shorter than the manifest says.
        """
        array = self._shard(entry.shard)
        if entry.start + entry.frames > len(array):
            raise ValueError(
                f"{self.folder / 'shards' / entry.shard} ends at frame {len(array)}, clip {entry.name} needs "
                f"{entry.start + entry.frames}; prepare it again"
            )
        return array[entry.start : entry.start + entry.frames]

    def clip(self, entry: Entry) -> Clip:
        """A clip, copied into memory."""
        return Clip(
            entry.name, np.array(self.joints(entry)), entry.captions, entry.action, entry.source, entry.licence,
            entry.flat, entry.glitches, entry.split, entry.notes,
        )  # fmt: skip

    def __iter__(self) -> Iterator[Clip]:
        return (self.clip(entry) for entry in self.entries)

    def _shard(self, name: str) -> NDArray[np.float32]:
        return open_shard(self.folder / "shards" / name)

    def damaged(self) -> list[str]:
        """The shards that do not match their fingerprints, in words; empty where all is well."""
        found = []
        for name, wanted in self.manifest["shards"].items():
            path = self.folder / "shards" / Path(name).name
            if not path.is_file():
                found.append(f"{path} is missing")
            elif files.fingerprint(path) != wanted:
                found.append(f"{path} does not match its fingerprint")
        return found


def open_shard(path: Path) -> NDArray[np.float32]:
    """A shard, mapped: (frames, 22, 3) float32.

    Raises:
        ValueError: no such array in it.
    """
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError, OSError) as problem:
        reason = " ".join(str(problem).split())
        raise ValueError(f"{path} is not a readable shard ({reason}); prepare it again") from None
    if not isinstance(array, np.ndarray) or array.dtype != np.float32 or array.shape[1:] != (N_JOINTS, 3):
        raise ValueError(f"{path} must hold float32 (frames, {N_JOINTS}, 3); prepare it again")
    return array


def skeleton() -> dict[str, Any]:
    """What a reader needs to draw the clips, as JSON."""
    return {"joints": JOINTS, "parents": PARENTS, "fps": FPS}
