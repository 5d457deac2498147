"""Which captions say the same: those are no mistakes of each other, so a contrastive judge must not push them apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from motion.text.words import words

SIDES = ("left", "right", "clockwise", "counterclockwise")
"""Words that a mirror exchanges."""


@dataclass(frozen=True)
class Sayings:
    """n captions, ready to be compared in any selection.

    vectors: (n, V) sparse, unit rows of word weights. sides: (n,) code of how often each word of SIDES occurs.
    texts: (n,) code of the caption. labels: (n,) code of the action; -1 where it is not known.
    """

    vectors: Any
    sides: NDArray[np.int64]
    texts: NDArray[np.int64]
    labels: NDArray[np.int64]

    @classmethod
    def of(cls, captions: Sequence[str], actions: Sequence[str]) -> Sayings:
        """Words are weighted by the root of log(n / captions that have them): what all say, says nothing."""
        found = [sorted(set(words(caption))) for caption in captions]
        columns = {word: i for i, word in enumerate(sorted({word for one in found for word in one}))}
        rows = np.repeat(np.arange(len(found)), [len(one) for one in found])
        places = np.array([columns[word] for one in found for word in one], dtype=np.int64)
        count = np.bincount(places, minlength=len(columns))
        weight = np.sqrt(np.log(len(captions) / np.maximum(count, 1)))[places]
        size = np.sqrt(np.bincount(rows, weights=weight**2, minlength=len(found)))
        value = weight / np.where(size[rows] > 0, size[rows], 1.0)
        vectors = scipy.sparse.csr_array((value, (rows, places)), shape=(len(found), len(columns)))
        sides = [tuple(words(caption).count(word) for word in SIDES) for caption in captions]
        labels = np.unique(np.asarray(actions, dtype=str), return_inverse=True)[1]
        return cls(
            vectors,
            np.unique(np.array(sides), axis=0, return_inverse=True)[1].reshape(-1),
            np.unique(np.asarray(captions, dtype=str), return_inverse=True)[1],
            np.where(np.asarray(actions, dtype=str) == "", -1, labels),
        )

    def different(self, index: NDArray[np.int64], *, alike: float, kin: float) -> NDArray[np.float32]:
        """(b, b) how much the captions at `index` count as different: 1, or 0 where they say the same.

        Equal captions: 0. Other sides: 1, whatever else they share. Both labelled: 1 for two labels, `kin` for one.
        Else 0 where the cosine of their words is at least `alike`.
        """
        part = self.vectors[index]
        near = (part @ part.T).toarray() >= alike
        labels, sides, texts = self.labels[index], self.sides[index], self.texts[index]
        known = (labels[:, None] >= 0) & (labels >= 0)
        result = np.where(known, np.where(labels[:, None] == labels, kin, 1.0), np.where(near, 0.0, 1.0))
        result = np.where(sides[:, None] != sides, 1.0, result)
        return np.where(texts[:, None] == texts, 0.0, result).astype(np.float32)
