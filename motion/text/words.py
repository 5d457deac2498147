"""Captions as words with learned embeddings: a fixed, hashed vocabulary that needs no download and no fitting.

Sentence vectors tell "left leg" from "right leg" badly (cosine 0.98), so the denoiser sees the words one by one.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")


@dataclass(frozen=True)
class Tokens:
    """n captions as padded token sequences.

    values: (n, L, 2) int64 embedding rows of each token, or (n, L, d) float32 token states of a frozen encoder.
    mask: (n, L) True where a token stands; at least one per caption.
    """

    values: NDArray[np.int64] | NDArray[np.float32]
    mask: NDArray[np.bool_]

    def __post_init__(self) -> None:
        if self.values.shape[:2] != self.mask.shape:
            raise ValueError(f"mask must have shape {self.values.shape[:2]} like the tokens, got {self.mask.shape}")


class TextEncoder(Protocol):
    """Turns captions into tokens, once, outside the training loop; the denoiser learns what stands behind them.

    vocabulary: rows of the embedding table that the denoiser learns; 0 for an encoder that returns float states.
    dim: size of the float states; 0 for an encoder that returns embedding rows.
    """

    @property
    def vocabulary(self) -> int: ...

    @property
    def dim(self) -> int: ...

    def encode(self, captions: Sequence[str]) -> Tokens: ...


@dataclass(frozen=True)
class WordEncoder:
    """Lower-case words, each hashed to two rows of one table; a word's embedding is their sum.

    Row one is `crc32(word) mod h`, row two `h + (crc32(word) // h) mod h`, with h = vocabulary / 2. Two words share
    one row now and then, but with h = 1024 they share both only once in a million pairs, so "left" and "right" cannot
    fall together by accident as they could with one row a word (Svenstrup et al. 2017, "Hash embeddings"). crc32 is
    the same in every process, on every machine.
    """

    vocabulary: int = 2048
    max_tokens: int = 24

    @property
    def dim(self) -> int:
        return 0

    def __post_init__(self) -> None:
        if self.vocabulary < 4 or self.vocabulary % 2:
            raise ValueError(
                f"vocabulary must be an even number >= 4, got {self.vocabulary}; 2048 serves thousands of words"
            )
        if self.max_tokens < 1:
            raise ValueError(f"max_tokens must be >= 1, got {self.max_tokens}")

    def encode(self, captions: Sequence[str]) -> Tokens:
        """Rows (n, max_tokens, 2) and mask of the first `max_tokens` words of each caption.

        Raises:
            ValueError: a caption holds no word.
        """
        rows = np.zeros((len(captions), self.max_tokens, 2), np.int64)
        mask = np.zeros((len(captions), self.max_tokens), bool)
        for i, caption in enumerate(captions):
            found = words(caption)[: self.max_tokens]
            if not found:
                raise ValueError(f"caption {i} must hold at least one word, got {caption!r}; describe the motion")
            rows[i, : len(found)] = [self.rows(word) for word in found]
            mask[i, : len(found)] = True
        return Tokens(rows, mask)

    def rows(self, word: str) -> tuple[int, int]:
        """The two embedding rows of one lower-case word."""
        half = self.vocabulary // 2
        code = zlib.crc32(word.encode())
        return code % half, half + code // half % half


def words(caption: str) -> list[str]:
    """The lower-case words of a caption: runs of letters and digits, with an inner apostrophe; the rest separates."""
    return _WORD.findall(caption.lower())
