"""Captions through any text encoder of Hugging Face's format in a local folder: BERT-like models, CLIP's text part.

Needs the library transformers. Nothing is fetched, no code of the folder is run, no pickle is read: only
`model.safetensors`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch

from loop import files
from motion.text.frozen import FrozenEncoder, chunks
from motion.text.states import Float32

_DECIDING = (".json", ".txt", ".model")
"""Files beside the weights that decide what a caption's states are: configuration, vocabularies, merges."""


@dataclass(frozen=True)
class PretrainedEncoder(FrozenEncoder):
    """folder: with config.json, model.safetensors and the tokenizer's files, as `save_pretrained` writes them."""

    name: ClassVar[str] = "pretrained"

    folder: Path = Path()

    @property
    def dim(self) -> int:
        return int(self._model.config.hidden_size)

    def fingerprint(self) -> str:
        """SHA-256 over names and contents of weights, configuration and tokenizer: the same weights behind another
        tokenizer are another encoder."""
        if "fingerprint" not in self._loaded:
            digest = hashlib.sha256()
            for path in sorted(self.folder.iterdir()):
                if path.name == "model.safetensors" or path.suffix in _DECIDING:
                    digest.update(path.name.encode() + b"\0" + bytes.fromhex(files.fingerprint(path)))
            self._loaded["fingerprint"] = digest.hexdigest()
        return str(self._loaded["fingerprint"])

    @torch.inference_mode()
    def states(self, captions: Sequence[str]) -> list[Float32]:
        made = self._tokenizer(
            list(captions), truncation=True, max_length=self.max_tokens + 2, return_special_tokens_mask=True
        )
        pieces, special = made["input_ids"], made["special_tokens_mask"]
        found: list[Float32] = [np.zeros((0, self.dim), np.float32)] * len(captions)
        for rows in chunks([len(ids) for ids in pieces]):
            ids = torch.tensor([pieces[row] for row in rows])
            hidden = self._model(input_ids=ids, attention_mask=torch.ones_like(ids)).last_hidden_state.float().numpy()
            for row, state in zip(rows, hidden, strict=True):
                found[row] = state[~np.array(special[row], bool)][: self.max_tokens]
        for caption, state in zip(captions, found, strict=True):
            if not len(state):
                raise ValueError(f"the encoder in {self.folder} finds no word piece in {caption!r}; write it otherwise")
        return found

    @property
    def _model(self) -> Any:
        if "model" not in self._loaded:
            self._load()
        return self._loaded["model"]

    @property
    def _tokenizer(self) -> Any:
        if "tokenizer" not in self._loaded:
            self._load()
        return self._loaded["tokenizer"]

    def _load(self) -> None:
        """Read model and tokenizer.

        Raises:
            ValueError: the library or a file is missing, or the folder holds something else.
        """
        for name in ("config.json", "model.safetensors"):
            if not (self.folder / name).is_file():
                raise ValueError(f"{self.folder} must hold {name} of a text encoder, found none; name such a folder")
        try:
            from transformers import AutoConfig, AutoTokenizer
        except ImportError:
            raise ValueError(
                "a pretrained text encoder needs the library transformers; pip install transformers"
            ) from None
        safe = {"local_files_only": True, "trust_remote_code": False}
        try:
            config = AutoConfig.from_pretrained(self.folder, **safe)
            model = self._kind(config).from_pretrained(self.folder, use_safetensors=True, **safe).eval()
            tokenizer = AutoTokenizer.from_pretrained(self.folder, **safe)
        except (OSError, ValueError, KeyError, RuntimeError) as problem:
            reason = " ".join(str(problem).split())[:200]
            raise ValueError(f"{self.folder} holds no text encoder that can be read ({reason}); name another") from None
        self._loaded.update(model=model, tokenizer=tokenizer)

    def _kind(self, config: Any) -> Any:
        """The library's class of the model in the folder."""
        from transformers import AutoModel, CLIPTextModel

        return CLIPTextModel if config.model_type in ("clip", "clip_text_model") else AutoModel
