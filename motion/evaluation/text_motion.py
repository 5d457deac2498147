"""Our text-motion evaluator: an `Embedder` trained here, on real motions that no judged generator has seen.

Like TMR (Petrovich et al. 2023): two encoders, a contrastive loss over the batch in which captions that say the same
are no mistakes; unlike it small, convolutional, without a variational part, and with every motion's mirror image in
the batch. It reads the first 67 of the 263 features, all that decides where joints are: rotations, velocities and
contacts that contradict them are not seen.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from generative import weights as stored
from generative.training import Weights
from loop import files
from motion.batch import MotionBatch
from motion.evaluation.embedder import ROWS, Float64, check_motions, chunks
from motion.evaluation.text_motion_networks import NetworkSize, TextMotionNetworks
from motion.features import core67, hml263
from motion.features.normaliser import Normaliser
from motion.text.frozen import FrozenEncoder
from motion.text.words import Tokens, WordEncoder

NAME = "text-motion"
_WORDS = 40  # of a caption are read
_FRAMES = 20  # motions are padded to a multiple of it: few shapes
_FORMAT = 1


def encode_texts(captions: Sequence[str], encoder: FrozenEncoder | None) -> Tokens:
    """Rows of hashed words, or the states of a frozen encoder; all padded to one length."""
    return WordEncoder(max_tokens=_WORDS).encode(captions) if encoder is None else encoder.encode(captions)


@dataclass(frozen=True, eq=False)
class TextMotionEvaluator:
    """Points have length sqrt(dim): a kernel of a.b / dim, as KID's, then has the cosine in it.

    weights: of `TextMotionNetworks` without the part that tells back. trained_on: as JSON.
    """

    size: NetworkSize
    weights: Weights
    normaliser: Normaliser
    encoder: FrozenEncoder | None
    trained_on: Mapping[str, Any]

    @property
    def dim(self) -> int:
        return self.size.dim

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of all that decides the points."""
        text = "words" if self.encoder is None else str(self.encoder.key)
        digest = hashlib.sha256(json.dumps([_FORMAT, asdict(self.size), text], sort_keys=True).encode())
        for name in sorted(self.weights):
            digest.update(name.encode() + self.weights[name].numpy().tobytes())
        for array in self.normaliser.arrays().values():
            digest.update(array.tobytes())
        return digest.hexdigest()

    def describe(self) -> dict[str, Any]:
        return {
            "name": NAME, "fingerprint": self.fingerprint, "dim": self.dim,
            "text": "words" if self.encoder is None else str(self.encoder.key), "trained_on": dict(self.trained_on),
        }  # fmt: skip

    @cached_property
    def _net(self) -> TextMotionNetworks:
        net = TextMotionNetworks(self.size)
        del net.back
        net.load_state_dict(self.weights)
        return net.eval()

    def motions(self, batch: MotionBatch) -> Float64:
        """As `Embedder.motions`; any length from 1 frame up."""
        check_motions(batch, hml263.DIM)
        sizes = -(-batch.lengths // _FRAMES) * _FRAMES
        found = np.empty((len(batch), self.dim))
        for frames, index, count in chunks(list(sizes)):
            x = np.zeros((ROWS, frames, core67.DIM), np.float32)
            kept = min(frames, batch.features.shape[1])
            x[:, :kept] = self.normaliser.apply(batch.features[index, :kept, : core67.DIM])
            lengths = batch.lengths[index]
            x[np.arange(frames) >= lengths[:, None]] = 0  # also nan in the padding
            with torch.no_grad():
                unit = self._net.motion(torch.from_numpy(x), torch.from_numpy(lengths))
            found[index[:count]] = unit[:count].double().numpy()
        points: Float64 = found * self.dim**0.5
        return points

    def captions(self, captions: Sequence[str]) -> Float64:
        """As `Embedder.captions`; the first 40 words are read, or what the frozen encoder keeps."""
        different = list(dict.fromkeys(captions))
        tokens = encode_texts(different, self.encoder)
        found = np.empty((len(different), self.dim))
        for _, index, count in chunks([0] * len(different)):
            values, mask = torch.from_numpy(tokens.values[index]), torch.from_numpy(tokens.mask[index])
            with torch.no_grad():
                unit = self._net.caption(values, mask)
            found[index[:count]] = unit[:count].double().numpy()
        row = {caption: i for i, caption in enumerate(different)}
        points: Float64 = found[[row[caption] for caption in captions]] * self.dim**0.5
        return points

    def save(self, folder: Path) -> None:
        """Write `model.safetensors` and `model.json` into a folder that is there whole or not at all.

        Raises:
            OSError: it cannot be written, or the folder holds something.
        """
        normaliser = {key: torch.from_numpy(array) for key, array in self.normaliser.arrays().items()}
        about = {"format": _FORMAT, "size": asdict(self.size), **self.describe()}
        with files.whole_folder(folder) as partial:
            stored.save(partial, {"weights": self.weights, "normaliser": normaliser}, files.to_json(about))

    @classmethod
    def load(cls, folder: Path, encoder: FrozenEncoder | None = None) -> TextMotionEvaluator:
        """Read what `save` wrote, held against its fingerprint; `encoder`: the one it was trained with.

        Raises:
            ValueError: it is damaged, no evaluator, or needs another encoder. OSError: a file is missing.
        """
        try:
            groups, about = stored.load(folder)
            if about["name"] != NAME or about["format"] != _FORMAT:
                raise ValueError(f"it holds {about['name']!r} of format {about['format']}")
            arrays: dict[str, NDArray[Any]] = {key: value.numpy() for key, value in groups["normaliser"].items()}
            size, normaliser = NetworkSize(**about["size"]), Normaliser.from_arrays(arrays)
            found = cls(size, groups["weights"], normaliser, encoder, about["trained_on"])
            text, fingerprint = str(about["text"]), str(about["fingerprint"])
        except OSError:
            raise
        except Exception as problem:  # safetensors and json raise a dozen unrelated types on damage
            reason = " ".join(str(problem).split())[:120] or type(problem).__name__
            raise ValueError(f"{folder} is no readable evaluator ({reason}); remove it, it is made anew") from None
        if text != found.describe()["text"]:
            raise ValueError(f"{folder} reads captions by {text}, got {found.describe()['text']}; give it that encoder")
        if fingerprint != found.fingerprint:
            raise ValueError(f"{folder} does not match its fingerprint; remove it, it is made anew")
        with torch.device("meta"):  # shapes alone
            net = TextMotionNetworks(size)
        del net.back
        stored.check_fits(found.weights, net, folder)
        return found
