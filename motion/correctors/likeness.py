"""How alike captions are: the angle between their words, rare words counting more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from motion.text.words import words

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class CaptionIndex:
    """The captions of a stock as unit vectors over its words, weighted by their inverse document frequency.

    column: word -> column; weight: (V,); vectors: (N, V), a zero row for a caption without a telling word.
    """

    column: dict[str, int]
    weight: Floats
    vectors: Floats

    @classmethod
    def of(cls, captions: Sequence[str]) -> CaptionIndex:
        found = [sorted(set(words(caption))) for caption in captions]
        vocabulary = sorted({word for one in found for word in one})
        column = {word: i for i, word in enumerate(vocabulary)}
        table = np.zeros((len(captions), len(vocabulary)))
        for row, one in zip(table, found, strict=True):
            row[[column[word] for word in one]] = 1.0
        # log(N / number of captions with the word): a word that all have says nothing. The root, as two vectors meet.
        weight = np.sqrt(np.log(len(captions) / np.maximum(table.sum(axis=0), 1.0)))
        vectors = table * weight
        size = np.sqrt((vectors**2).sum(axis=1, keepdims=True))
        return cls(column, weight, vectors / np.where(size > 0, size, 1.0))

    def similarity(self, caption: str) -> Floats:
        """Cosine to every caption of the stock, (N,) in 0..1; zero where nothing is shared or nothing is said."""
        asked = np.zeros(len(self.weight))
        known = [self.column[word] for word in set(words(caption)) if word in self.column]
        asked[known] = self.weight[known]
        size = np.sqrt((asked**2).sum())
        result: Floats = self.vectors @ (asked / size if size > 0 else asked)
        return result
