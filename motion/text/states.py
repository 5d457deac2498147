"""Token states of captions in files: computed once, kept in blocks, mapped; not trusted without their fingerprints.

DIR/KEY-0000.npy   states of some hundred captions, one after the other, (pieces, dim) float32
DIR/KEY-0000.json  whose they are: encoder, captions, word pieces of each, SHA-256 of the array, and of this list itself

KEY tells the encoder: its name, the first digits of its fingerprint, and the most word pieces of a caption, as in
minilm-53aa51172d142c89-32.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loop import files

Float32 = NDArray[np.float32]

FOLDER = "text"
"""Where states lie in a prepared data set and in an experiment."""
BLOCK = 512
"""Captions in one file, about 10 MB: what an interrupt may cost, and what is read to check one state."""
_FORMAT = 1
_AGAIN = "run the command that made it again"


@dataclass(frozen=True)
class Key:
    """Whose states: name of the encoder, SHA-256 of what it is made of, word pieces kept of a caption."""

    name: str
    fingerprint: str
    max_tokens: int

    def __str__(self) -> str:
        return f"{self.name}-{self.fingerprint[:16]}-{self.max_tokens}"

    def path(self, folder: Path, number: int) -> Path:
        """The list of a block; its array lies beside it."""
        return folder / f"{self}-{number:04d}.json"


@dataclass(frozen=True)
class Block:
    """What a list says of its array. lengths: word pieces of each caption. sha256: of the array's file."""

    path: Path
    key: Key
    dim: int
    captions: tuple[str, ...]
    lengths: tuple[int, ...]
    sha256: str

    @property
    def array(self) -> Path:
        return self.path.with_suffix(".npy")

    def states(self) -> Float32:
        """The array, mapped, (pieces, dim), after its file was held against its fingerprint.

        Raises:
            ValueError: it is missing, damaged or of another shape.
        """
        if not self.array.is_file():
            raise ValueError(f"{self.array} is missing; {_AGAIN}")
        if files.fingerprint(self.array) != self.sha256:
            raise ValueError(f"{self.array} does not match its fingerprint; {_AGAIN}")
        try:
            found = np.load(self.array, mmap_mode="r", allow_pickle=False)
        except (ValueError, EOFError, OSError) as problem:
            raise ValueError(f"{self.array} holds no plain array ({problem!r:.80}); {_AGAIN}") from None
        if found.dtype != np.float32 or found.shape != (sum(self.lengths), self.dim):
            raise ValueError(f"{self.array} must hold float32 ({sum(self.lengths)}, {self.dim}); {_AGAIN}")
        states: Float32 = found
        return states


def write_block(path: Path, key: Key, captions: Sequence[str], states: Sequence[Float32]) -> None:
    """Keep the states (L_i, dim) of some captions in the block at `path`, whole or absent.

    Raises:
        ValueError: a state that is not finite. OSError: it cannot be written.
    """
    for caption, state in zip(captions, states, strict=True):
        if not np.isfinite(state).all():
            raise ValueError(f"the text encoder {key} gives nan or inf for {caption[:60]!r}; check its weights")
    array = np.concatenate(states).astype(np.float32, copy=False)
    files.write_array(path.with_suffix(".npy"), array)
    said = {
        "format": _FORMAT, "kind": "text-states", "encoder": key.name, "fingerprint": key.fingerprint,
        "max_tokens": key.max_tokens, "dim": array.shape[1], "sha256": files.fingerprint(path.with_suffix(".npy")),
        "captions": list(captions), "lengths": [len(state) for state in states],
    }  # fmt: skip
    files.write_json(path, {**said, "digest": _digest(said)})


def read_block(path: Path) -> Block:
    """The list of a block, held against its own digest and its name.

    Raises:
        ValueError: it is damaged, of another kind, or named for another encoder.
    """
    said = files.read_json(path)
    if not isinstance(said, dict) or said.get("format") != _FORMAT or said.get("kind") != "text-states":
        raise ValueError(f"{path} is no list of text states of format {_FORMAT}; remove it")
    if said.pop("digest", None) != _digest(said):
        raise ValueError(f"{path} does not match its fingerprint; {_AGAIN}")
    try:
        key = Key(str(said["encoder"]), str(said["fingerprint"]), int(said["max_tokens"]))
        captions, lengths = (tuple(said[name]) for name in ("captions", "lengths"))
        found = Block(path, key, int(said["dim"]), captions, lengths, str(said["sha256"]))
    except (KeyError, TypeError, ValueError) as problem:
        raise ValueError(f"{path} lacks what a list of text states has ({problem!r:.80}); {_AGAIN}") from None
    whole = all(isinstance(one, str) for one in captions) and len(captions) == len(lengths) == len(set(captions))
    if not whole or not all(type(one) is int and 1 <= one <= key.max_tokens for one in lengths):
        raise ValueError(f"{path} must give each caption once, with 1 to {key.max_tokens} word pieces; {_AGAIN}")
    if path.name != key.path(path.parent, number_of(path)).name:
        raise ValueError(f"{path} holds states of {key}, which its name does not say; {_AGAIN}")
    return found


def number_of(path: Path) -> int:
    """The number at the end of a block's name; -1 where there is none."""
    digits = path.stem.rpartition("-")[2]
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 9 else -1


def _digest(said: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def blocks_of(folder: Path, key: Key) -> Iterator[Path]:
    """The lists of an encoder's blocks in a folder, in order."""
    return iter(sorted(folder.glob(f"{key}-*.json"), key=number_of))


@dataclass(frozen=True)
class TextStates(Mapping[str, Float32]):
    """Looks up the states of captions in the blocks of one encoder; an array is checked and mapped when first needed.

    places: of each caption, the number of its block in `blocks`, and where its pieces begin and end.
    """

    blocks: tuple[Block, ...]
    places: dict[str, tuple[int, int, int]]
    _arrays: dict[int, Float32] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def open(cls, folder: Path, key: Key) -> TextStates:
        """The blocks that this very encoder left in a folder; none where there is no such folder.

        Raises:
            ValueError: a list of it is damaged.
        """
        blocks = [block for path in blocks_of(folder, key) for block in [read_block(path)] if block.key == key]
        places: dict[str, tuple[int, int, int]] = {}
        for number, block in enumerate(blocks):
            stop = 0
            for caption, length in zip(block.captions, block.lengths, strict=True):
                start, stop = stop, stop + length
                places.setdefault(caption, (number, start, stop))
        return cls(tuple(blocks), places)

    def __len__(self) -> int:
        return len(self.places)

    def __iter__(self) -> Iterator[str]:
        return iter(self.places)

    def __contains__(self, caption: object) -> bool:
        return caption in self.places

    def __getitem__(self, caption: str) -> Float32:
        """States of a caption, (L, dim), mapped from the disk, read-only.

        Raises:
            KeyError: it is not kept here. ValueError: its file is missing or damaged.
        """
        number, start, stop = self.places[caption]
        if number not in self._arrays:
            self._arrays[number] = self.blocks[number].states()
        return self._arrays[number][start:stop]


def is_whole(path: Path, key: Key, captions: Sequence[str]) -> bool:
    """True if the block at `path` holds these captions' states by this encoder, undamaged."""
    try:
        block = read_block(path)
        block.states()
    except (ValueError, OSError):
        return False
    return block.key == key and block.captions == tuple(captions)


def damaged(folder: Path) -> list[str]:
    """What is wrong with a folder of states, of any encoders, in words; empty where all is well or nothing is there."""
    found: list[str] = []
    if not folder.is_dir():
        return found
    for path in sorted(folder.iterdir()):
        if path.suffix == ".json":
            try:
                read_block(path).states()
            except (ValueError, OSError) as problem:
                found.append(" ".join(str(problem).split()))
        elif path.suffix == ".npy" and not path.with_suffix(".json").is_file():
            found.append(f"{path} has no list of captions beside it; {_AGAIN}, or remove it")
        elif path.suffix not in (".npy", ".partial"):
            found.append(f"{path} is no file of text states; remove it")
    return found
