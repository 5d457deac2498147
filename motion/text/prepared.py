"""States of a prepared data set's captions, kept in its folder beside the shards."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from loop.progress import Report, silent
from loop.records import locked
from motion.data.prepared import Prepared
from motion.text.frozen import FrozenEncoder
from motion.text.states import FOLDER, Key, damaged, read_block


@dataclass(frozen=True)
class Held:
    """What is kept of one encoder. captions: of the data set, how many have states; size: on the disk [bytes]."""

    key: Key
    captions: int
    size: int


def captions_of(data: Prepared) -> tuple[str, ...]:
    """The different captions of a data set, in its order."""
    return tuple(dict.fromkeys(caption for entry in data.entries for caption in entry.captions))


def keep_texts(data: Prepared, encoder: FrozenEncoder, report: Report = silent) -> int:
    """Keep the states of all captions in the prepared folder; how many were computed.

    The manifest stays as it is: an experiment on the folder is the same with and without them.

    Raises:
        ValueError: as `FrozenEncoder.encode`, or the folder is in use. OSError: it cannot be written.
    """
    with locked(data.folder):
        return encoder.keep(data.folder / FOLDER, captions_of(data), report=report)


def held_texts(data: Prepared) -> list[Held]:
    """What is kept, encoder by encoder; damaged lists are left out."""
    captions: dict[Key, set[str]] = {}
    size: dict[Key, int] = {}
    for path in sorted((data.folder / FOLDER).glob("*.json")):
        try:
            block = read_block(path)
        except (ValueError, OSError):
            continue
        captions.setdefault(block.key, set()).update(block.captions)
        size[block.key] = size.get(block.key, 0) + sum(p.stat().st_size for p in (path, block.array) if p.is_file())
    wanted = set(captions_of(data))
    return [Held(key, len(found & wanted), size[key]) for key, found in captions.items()]


def damaged_texts(data: Prepared) -> list[str]:
    """What is wrong with the kept states, in words: damaged files, foreign ones, captions of other data."""
    found = damaged(data.folder / FOLDER)
    wanted = set(captions_of(data))
    for path in sorted((data.folder / FOLDER).glob("*.json")):
        foreign = _captions(path) - wanted
        if foreign:
            found.append(f"{path} holds captions that the data does not have, as {min(foreign)[:60]!r}; remove it")
    return found


def _captions(path: Path) -> set[str]:
    try:
        return set(read_block(path).captions)
    except (ValueError, OSError):
        return set()  # told already
