"""What frozen text encoders share: token states of each caption, computed once and kept, padded to one length."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from loop.progress import Report, silent
from motion.text import states as kept_states
from motion.text.states import Float32, Key, TextStates
from motion.text.words import Tokens

_KEPT = 20_000  # captions whose states are kept in memory; 20 tokens of 384 numbers are 30 kB

ROWS = 8
"""Captions that are computed together."""


def chunks(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Indices of captions to be computed together: ROWS of one length, where there are fewer the first one repeated.

    Products of matrices round differently in another shape. In chunks of one shape, without padding, the states of a
    caption are the same to the last bit whatever others are asked for with it (measured on a CPU, for a number of
    threads; no library promises it): so it does not matter to a run whether they were kept by somebody else.
    """
    same: dict[int, list[int]] = {}
    for row, length in enumerate(lengths):
        same.setdefault(length, []).append(row)
    for rows in same.values():
        for at in range(0, len(rows), ROWS):
            part = rows[at : at + ROWS]
            yield part + part[:1] * (ROWS - len(part))


@dataclass(frozen=True)
class FrozenEncoder(ABC):
    """A `TextEncoder` of float states. max_tokens: word pieces kept of a caption, special ones left out."""

    name: ClassVar[str] = "frozen"
    """Stands in the names of files of its states."""

    max_tokens: int = 32
    _loaded: dict[str, Any] = field(default_factory=dict, init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        if not 1 <= self.max_tokens <= 254:
            raise ValueError(f"max_tokens must be 1 to 254 word pieces, got {self.max_tokens}; captions need about 20")

    @property
    def vocabulary(self) -> int:
        return 0

    @property
    @abstractmethod
    def dim(self) -> int: ...

    @abstractmethod
    def states(self, captions: Sequence[str]) -> list[Float32]:
        """States of each caption's pieces without the special ones, (L_i, dim), L_i at most `max_tokens`."""

    @abstractmethod
    def fingerprint(self) -> str:
        """SHA-256 of the weights, and of what else decides the states: enters the identity of a run."""

    @property
    def key(self) -> Key:
        """Whose states these are, wherever they are kept."""
        return Key(self.name, self.fingerprint(), self.max_tokens)

    def encode(self, captions: Sequence[str]) -> Tokens:
        """Token states (n, max_tokens, dim) float32 and mask; zero where no token stands.

        Each different caption is computed once and kept: a loop asks for the same ones in every generation.

        Raises:
            ValueError: a caption without any word, missing weights or libraries, damaged files of `use`.
        """
        _check(captions)
        known = self._known(captions)
        new = [caption for caption in dict.fromkeys(captions) if caption not in known]
        computed = self._computed(new)
        memory = self._memory
        if len(memory) + len(computed) > _KEPT:
            memory.clear()
        memory.update(list(computed.items())[:_KEPT])
        known |= computed
        values = np.zeros((len(captions), self.max_tokens, self.dim), np.float32)
        mask = np.zeros((len(captions), self.max_tokens), bool)
        for i, caption in enumerate(captions):
            found = known[caption]
            values[i, : len(found)] = found
            mask[i, : len(found)] = True
        return Tokens(values, mask)

    def use(self, folder: Path) -> int:
        """Look up the states that this very encoder `keep`s in a folder before computing any; how many captions.

        They are read when they are asked for, so a folder may hold more than the memory.

        Raises:
            ValueError: a list of captions there is damaged.
        """
        found = TextStates.open(folder, self.key)
        self._stores.append(found)
        return len(found)

    def keep(
        self, folder: Path, captions: Sequence[str], *, source: Path | None = None, report: Report = silent
    ) -> int:
        """Keep the states of these captions in files of `folder`, made if need be, and `use` them from there.

        What is there and whole is not made again, so an interrupted call is continued; damaged files are.

        Args:
            source: another such folder, from which states are taken where they are wanted.

        Returns:
            How many captions were computed.

        Raises:
            ValueError: as `encode`. OSError: it cannot be written.
        """
        _check(captions)
        wanted, key = list(dict.fromkeys(captions)), self.key
        folder.mkdir(parents=True, exist_ok=True)
        count = 0
        size = kept_states.BLOCK
        for number in range(-(-len(wanted) // size)):
            part = wanted[number * size : (number + 1) * size]
            report("encoding captions", number * size, len(wanted))
            path = key.path(folder, number)
            if not kept_states.is_whole(path, key, part):
                if source is not None:
                    self.use(source)
                    source = None  # once
                known = self._known(part)
                computed = self._computed([caption for caption in part if caption not in known])
                count += len(computed)
                known |= computed
                kept_states.write_block(path, key, part, [known[caption] for caption in part])
        report("encoding captions", len(wanted), len(wanted))
        for path in kept_states.blocks_of(folder, key):
            if kept_states.number_of(path) * size >= len(wanted):  # of other captions, once
                path.unlink()
                path.with_suffix(".npy").unlink(missing_ok=True)
        self.use(folder)
        return count

    def _known(self, captions: Sequence[str]) -> dict[str, Float32]:
        """States of those captions that need not be computed."""
        sources: tuple[Mapping[str, Float32], ...] = (self._memory, *self._stores)
        found = {}
        for caption in dict.fromkeys(captions):
            source = next((one for one in sources if caption in one), None)
            if source is not None:
                found[caption] = source[caption]
        return found

    def _computed(self, captions: Sequence[str]) -> dict[str, Float32]:
        """States of different captions, computed; ValueError for one without any word piece."""
        found = dict(zip(captions, self.states(captions) if captions else [], strict=True))
        for caption, state in found.items():
            if not len(state):
                raise ValueError(f"the text encoder finds no word piece in {caption!r}; write it otherwise")
        return found

    @property
    def _memory(self) -> dict[str, Float32]:
        memory: dict[str, Float32] = self._loaded.setdefault("states", {})
        return memory

    @property
    def _stores(self) -> list[TextStates]:
        stores: list[TextStates] = self._loaded.setdefault("stores", [])
        return stores


def _check(captions: Sequence[str]) -> None:
    for i, caption in enumerate(captions):
        if not caption.strip():
            raise ValueError(f"caption {i} must hold at least one word, got {caption!r}; describe the motion")
