"""The frozen text encoders by their names."""

from __future__ import annotations

from pathlib import Path

from motion.text.clip import ClipSentenceEncoder
from motion.text.frozen import FrozenEncoder
from motion.text.minilm import MiniLMEncoder, find_weights
from motion.text.pretrained import PretrainedEncoder


def frozen_encoder(name: str, weights: Path | None = None) -> FrozenEncoder | None:
    """The frozen text encoder of a name; None for "words", which a model learns itself.

    Args:
        name: words, minilm, pretrained or clip.
        weights: folder of weights and tokenizer; None takes the installed package of minilm.

    Raises:
        ValueError: an unknown name, or weights that are missing or others than the published ones.
    """
    if name == "words":
        return None
    if name == "minilm":
        return MiniLMEncoder(folder=find_weights(weights))
    if name not in ("pretrained", "clip"):
        raise ValueError(f"text must be words, minilm, pretrained or clip, got {name!r}; choose one of them")
    if weights is None:
        raise ValueError(f"the text encoder {name} needs the folder of its weights; name it with --text-weights")
    encoder = ClipSentenceEncoder(folder=weights) if name == "clip" else PretrainedEncoder(folder=weights)
    encoder.encode(("a person walks",))  # everything that it needs is there
    return encoder
