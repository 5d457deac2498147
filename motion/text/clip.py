"""Captions through CLIP's text part as MDM has them (Tevet et al. 2023): of each one vector, the last state projected.

The states of `PretrainedEncoder` are those of every piece of a caption; a denoiser that takes their mean is given
something else than the published one was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import torch

from motion.text.frozen import chunks
from motion.text.pretrained import PretrainedEncoder
from motion.text.states import Float32


@dataclass(frozen=True)
class ClipSentenceEncoder(PretrainedEncoder):
    """folder: of a CLIP model; max_tokens: pieces that are read of a caption, 20 in MDM; one vector is made of them."""

    name: ClassVar[str] = "clip"

    max_tokens: int = 20

    @property
    def dim(self) -> int:
        return int(self._model.config.projection_dim)

    @torch.inference_mode()
    def states(self, captions: Sequence[str]) -> list[Float32]:
        pieces = self._tokenizer(list(captions), truncation=True, max_length=self.max_tokens + 2)["input_ids"]
        found: list[Float32] = [torch.empty(0).numpy()] * len(captions)
        for rows in chunks([len(ids) for ids in pieces]):
            ids = torch.tensor([pieces[row] for row in rows])
            vectors = self._model(input_ids=ids, attention_mask=torch.ones_like(ids)).text_embeds.float().numpy()
            for row, vector in zip(rows, vectors, strict=True):
                found[row] = vector[None]
        return found

    def _kind(self, config: Any) -> Any:
        from transformers import CLIPTextModelWithProjection

        if config.model_type not in ("clip", "clip_text_model"):
            raise ValueError(f"it is a {config.model_type}, not CLIP")
        return CLIPTextModelWithProjection
