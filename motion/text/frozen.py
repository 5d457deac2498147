"""What frozen text encoders share: token states of each caption, computed once and kept, padded to one length."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loop import files
from motion.text.words import Tokens

Float32 = NDArray[np.float32]
_KEPT = 20_000  # captions whose states are kept; 20 tokens of 384 numbers are 30 kB


@dataclass(frozen=True)
class FrozenEncoder(ABC):
    """A `TextEncoder` of float states. max_tokens: word pieces kept of a caption, special ones left out."""

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
        """SHA-256 of the weights: enters the identity of a run."""

    def encode(self, captions: Sequence[str]) -> Tokens:
        """Token states (n, max_tokens, dim) float32 and mask; zero where no token stands.

        Each different caption is computed once and kept: a loop asks for the same ones in every generation.

        Raises:
            ValueError: a caption without any word, missing weights or libraries.
        """
        for i, caption in enumerate(captions):
            if not caption.strip():
                raise ValueError(f"caption {i} must hold at least one word, got {caption!r}; describe the motion")
        kept: dict[str, Float32] = self._loaded.setdefault("states", {})
        new = [caption for caption in dict.fromkeys(captions) if caption not in kept]
        if len(kept) + len(new) > _KEPT:
            kept.clear()
            new = list(dict.fromkeys(captions))
        if new:
            kept.update(zip(new, self.states(new), strict=True))
        values = np.zeros((len(captions), self.max_tokens, self.dim), np.float32)
        mask = np.zeros((len(captions), self.max_tokens), bool)
        for i, caption in enumerate(captions):
            found = kept[caption]
            values[i, : len(found)] = found
            mask[i, : len(found)] = True
        return Tokens(values, mask)

    def save_states(self, path: Path, captions: Sequence[str]) -> None:
        """Keep the states of these captions in a file, so that other processes need not compute them again."""
        self.encode(captions)
        kept = [(caption, self._loaded["states"][caption]) for caption in dict.fromkeys(captions)]
        files.write_arrays(
            path,
            {
                "captions": np.array([caption for caption, _ in kept]),
                "lengths": np.array([len(states) for _, states in kept]),
                "states": np.concatenate([states for _, states in kept]) if kept else np.zeros((0, self.dim)),
                "fingerprint": np.array([self.fingerprint(), str(self.max_tokens)]),
            },
        )

    def load_states(self, path: Path) -> bool:
        """Take over what `save_states` kept; False where the file is another encoder's.

        Raises:
            ValueError: the file is damaged. OSError: it is missing.
        """
        try:
            with np.load(path, allow_pickle=False) as file:
                found = {name: file[name] for name in ("captions", "lengths", "states", "fingerprint")}
            cuts = np.cumsum(found["lengths"])[:-1]
            parts = np.split(found["states"].astype(np.float32), cuts) if len(found["captions"]) else []
            names = [str(caption) for caption in found["captions"]]
            if found["fingerprint"].tolist() != [self.fingerprint(), str(self.max_tokens)]:
                return False
            self._loaded.setdefault("states", {}).update(zip(names, parts, strict=True))
        except FileNotFoundError:
            raise
        except Exception as problem:  # a damaged archive makes zipfile, zlib and numpy raise a dozen unrelated types
            reason = " ".join(str(problem).split())[:120] or type(problem).__name__
            raise ValueError(f"{path} is not a readable file of text states ({reason}); remove it") from None
        return True
