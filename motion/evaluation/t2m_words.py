"""How the T2M evaluator reads captions: word vectors, parts of speech, and words that it gives a class of their own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from motion.text.words import words

TAGS = (
    "VERB", "NOUN", "DET", "ADP", "NUM", "AUX", "PRON", "ADJ", "ADV", "Loc_VIP", "Body_VIP", "Obj_VIP", "Act_VIP",
    "Desc_VIP", "OTHER",
)  # fmt: skip
"""In the order of the one-hot vectors; others count as OTHER."""
SPECIAL: dict[str, str] = {
    "Loc_VIP": "left right clockwise counterclockwise anticlockwise forward back backward up down straight curve",
    "Body_VIP": "arm chin foot feet face hand mouth leg waist eye knee shoulder thigh",
    "Obj_VIP": "stair dumbbell chair window floor car ball handrail baseball basketball",
    "Act_VIP": "walk run swing pick bring kick put squat throw hop dance jump turn stumble stop sit lift lower raise "
    "wash stand kneel stroll rub bend balance flap jog shuffle lean rotate spin spread climb",
    "Desc_VIP": "slowly carefully fast careful slow quickly happy angry sad happily angrily sadly",
}
"""Words whose tag is their class, whatever part of speech they are."""
MOST = 20
"""Tokens of a caption that are read; a beginning and an end are put around them."""
UNKNOWN = "unk"

_TAG_OF = {word: tag for tag, group in SPECIAL.items() for word in group.split()}
_FUNCTION = {
    "DET": "a an the this that these those some any each both all another",
    "ADP": "in on at to from with into onto over under of by for around through towards toward behind across off",
    "AUX": "is are was were be been being has have had does do did can could will would",
    "PRON": "he she it they him her them his its their himself herself themselves someone something who which",
    "NUM": "one two three four five six seven eight nine ten",
}
_FUNCTION_TAG = {word: tag for tag, group in _FUNCTION.items() for word in group.split()}


@dataclass(frozen=True, eq=False)
class WordVectors:
    """vocabulary: V words, each once, "unk" among them. vectors: (V, d) float32."""

    vocabulary: tuple[str, ...]
    vectors: NDArray[np.float32]

    def __post_init__(self) -> None:
        if self.vectors.ndim != 2 or len(self.vectors) != len(self.vocabulary):
            raise ValueError(
                f"word vectors must be ({len(self.vocabulary)}, d), one per word, got {self.vectors.shape}"
            )
        if not np.isfinite(self.vectors).all():
            raise ValueError("word vectors must be finite, got nan or inf; fetch them again")
        if UNKNOWN not in self.row or len(self.row) < len(self.vocabulary):
            raise ValueError(f"the vocabulary must hold {UNKNOWN!r} and no word twice, got {len(self.row)} words")

    @cached_property
    def row(self) -> dict[str, int]:
        return {word: i for i, word in enumerate(self.vocabulary)}

    def read(self, tokens: Sequence[str]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Vectors (L, d) and one-hot tags (L, 15) of `word/POS` tokens, at most 20 of them between a beginning and an
        end; a word that is not known is read as "unk" and OTHER.
        """
        placed = ["sos/OTHER", *tokens[:MOST], "eos/OTHER"]
        vectors = np.zeros((len(placed), self.vectors.shape[1]), np.float32)
        tags = np.zeros((len(placed), len(TAGS)), np.float32)
        for i, token in enumerate(placed):
            word, _, tag = token.rpartition("/")
            if word in self.row:
                tag = _TAG_OF.get(word, tag)
            else:
                word, tag = UNKNOWN, "OTHER"
            vectors[i] = self.vectors[self.row[word]]
            tags[i, TAGS.index(tag if tag in TAGS else "OTHER")] = 1.0
        return vectors, tags

    def plain(self, caption: str) -> tuple[str, ...]:
        """Tokens of a caption that comes without any: by rule, where HumanML3D has a parser's.

        A word is reduced to a base form (-s, -es, -ies, -ing, -ed, a doubled consonant) where that has a class of its
        own, or where only that is known. Its tag is its class, else that of a list of function words, else ADV for
        -ly, VERB for a reduced -ing or -ed, else NOUN. So some words get another tag than a parser would give; scores
        of such captions are not comparable with published ones.
        """
        found = []
        for word in words(caption):
            if word in _FUNCTION_TAG:
                found.append(f"{word}/{_FUNCTION_TAG[word]}")
                continue
            bases = _bases(word)
            base = next((one for one in (word, *bases) if one in _TAG_OF), None)
            if base is None:
                base = next((one for one in (word, *bases) if one in self.row), word)
            tag = "ADV" if base.endswith("ly") else "VERB" if word != base and not word.endswith("s") else "NOUN"
            found.append(f"{base}/{tag}")
        return tuple(found)


def _bases(word: str) -> list[str]:
    """What a word may be a form of, likeliest first."""
    found = []
    for ending, instead in (("ies", ("y",)), ("es", ("e", "")), ("s", ("",)), ("ing", ("", "e")), ("ed", ("", "e"))):
        if word.endswith(ending) and len(word) > len(ending) + 1:
            stem = word[: -len(ending)]
            found += [stem + more for more in instead]
            if not ending.endswith("s") and re.search(r"([b-df-hj-np-tv-z])\1$", stem):
                found.append(stem[:-1])
    return found
