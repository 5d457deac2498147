"""The T2M evaluator with a user's weights, as an `Embedder`: what published FID and R-precision are measured with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch

from generative import weights as stored
from generative.training import Weights
from loop import files
from motion.batch import MotionBatch
from motion.evaluation.embedder import Float64, check_motions, chunks
from motion.evaluation.t2m_networks import UNIT, T2MNetworks, T2MSize, shapes
from motion.evaluation.t2m_words import WordVectors
from motion.features.normaliser import Normaliser

NAME = "t2m"
FRAMES = 196
"""The longest motion; all are padded to it with zeros, which the convolutions see beyond a motion's end."""
_ROWS = 8
_FORMAT = 1


@dataclass(frozen=True, eq=False)
class T2MEmbedder:
    """Points are not of unit length; distances are Euclidean.

    normaliser: the evaluator's own, in which root and contacts have 1/25 of the data's deviation.
    tokens: `word/POS` tokens of captions, as HumanML3D's text files have them (`read_tokens`); the others are tagged by
        rule, see `WordVectors.plain`.
    trained_on: as JSON.
    """

    size: T2MSize
    weights: Weights
    normaliser: Normaliser
    words: WordVectors
    trained_on: Mapping[str, Any]
    tokens: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.normaliser.mean.shape != (self.size.features + 4,) or self.words.vectors.shape[1] != self.size.word:
            raise ValueError(
                f"normalisation and word vectors must have {self.size.features + 4} and {self.size.word} numbers, got "
                f"{self.normaliser.mean.shape} and {self.words.vectors.shape[1:]}; use the evaluator's own"
            )
        if {name: weight.shape for name, weight in self.weights.items()} != shapes(self.size):
            raise ValueError("weights must have the names and shapes of the T2M evaluator of that size; convert again")

    @property
    def dim(self) -> int:
        return self.size.dim

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of weights, normalisation and word vectors."""
        digest = hashlib.sha256(json.dumps([_FORMAT, asdict(self.size), self.words.vocabulary]).encode())
        for name in sorted(self.weights):
            digest.update(name.encode() + self.weights[name].numpy().tobytes())
        for array in (*self.normaliser.arrays().values(), self.words.vectors):
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()

    def describe(self) -> dict[str, Any]:
        return {
            "name": NAME, "fingerprint": self.fingerprint, "dim": self.dim, "tokens": len(self.tokens),
            "trained_on": dict(self.trained_on),
        }  # fmt: skip

    @cached_property
    def _net(self) -> T2MNetworks:
        net = T2MNetworks(self.size)
        net.load_state_dict(self.weights)
        return net.eval()

    def motions(self, batch: MotionBatch) -> Float64:
        """As `Embedder.motions`; motions of 4 to 196 frames, of which whole movements of 4 are read.

        Raises:
            ValueError: also a shorter or longer motion.
        """
        check_motions(batch, self.size.features + 4)
        if len(batch) and not (batch.lengths.min() >= UNIT and batch.lengths.max() <= FRAMES):
            raise ValueError(
                f"T2M reads motions of {UNIT} to {FRAMES} frames, got {batch.lengths.min()} to {batch.lengths.max()}; "
                "cut them"
            )
        found = np.empty((len(batch), self.dim))
        for length, index, count in chunks(list(batch.lengths // UNIT), _ROWS):
            x = np.zeros((_ROWS, FRAMES, self.size.features), np.float32)
            kept = min(FRAMES, batch.features.shape[1])
            x[:, :kept] = self.normaliser.apply(batch.features[index, :kept])[..., :-4]
            x[np.arange(FRAMES) >= batch.lengths[index, None]] = 0
            with torch.no_grad():
                points = self._net.motion(self._net.movement(torch.from_numpy(x))[:, :length])
            found[index[:count]] = points[:count].double().numpy()
        return found

    def captions(self, captions: Sequence[str]) -> Float64:
        different = list(dict.fromkeys(captions))
        read = []
        for caption in different:
            tokens = self.tokens.get(caption) or self.words.plain(caption)
            if not tokens:
                raise ValueError(f"a caption must hold at least one word, got {caption!r}; describe the motion")
            read.append(self.words.read(tokens))
        found = np.empty((len(different), self.dim))
        for _, index, count in chunks([len(vectors) for vectors, _ in read], _ROWS):
            vectors, tags = (torch.from_numpy(np.stack([read[i][part] for i in index])) for part in (0, 1))
            with torch.no_grad():
                points = self._net.text(vectors, tags)
            found[index[:count]] = points[:count].double().numpy()
        row = {caption: i for i, caption in enumerate(different)}
        points_of: Float64 = found[[row[caption] for caption in captions]]
        return points_of

    def save(self, folder: Path) -> None:
        """Write `model.safetensors` and `model.json` into a folder that is there whole or not at all.

        Raises:
            OSError: it cannot be written, or the folder holds something.
        """
        arrays = {**self.normaliser.arrays(), "words": self.words.vectors}
        groups = {"weights": self.weights, "arrays": {key: torch.from_numpy(array) for key, array in arrays.items()}}
        about = {
            "format": _FORMAT, "name": NAME, "fingerprint": self.fingerprint, "size": asdict(self.size),
            "trained_on": dict(self.trained_on), "vocabulary": list(self.words.vocabulary),
        }  # fmt: skip
        with files.whole_folder(folder) as partial:
            stored.save(partial, groups, files.to_json(about))

    @classmethod
    def load(cls, folder: Path, tokens: Mapping[str, tuple[str, ...]] | None = None) -> T2MEmbedder:
        """Read what `save` wrote, held against its fingerprint; nothing is unpickled.

        Raises:
            ValueError: it is damaged or no T2M evaluator. OSError: a file is missing.
        """
        try:
            groups, about = stored.load(folder)
            if about["name"] != NAME or about["format"] != _FORMAT:
                raise ValueError(f"it holds {about['name']!r} of format {about['format']}")
            arrays = {key: value.numpy() for key, value in groups["arrays"].items()}
            words = WordVectors(tuple(about["vocabulary"]), arrays["words"])
            normaliser = Normaliser.from_arrays(arrays)
            found = cls(
                T2MSize(**about["size"]), groups["weights"], normaliser, words, about["trained_on"], tokens or {}
            )
            if found.fingerprint != about["fingerprint"]:
                raise ValueError("it does not match its fingerprint")
        except OSError:
            raise
        except Exception as problem:  # safetensors and json raise a dozen unrelated types on damage
            reason = " ".join(str(problem).split())[:120] or type(problem).__name__
            raise ValueError(f"{folder} is no readable T2M evaluator ({reason}); convert it again") from None
        return found
