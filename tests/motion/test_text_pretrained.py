"""Text encoders from a local folder: refused with a reason where something is missing; the real thing where it can be.

The library transformers is optional; the test with it is skipped where it is not installed.
"""

import importlib.util
import json

import numpy as np
import pytest

from motion.experiment.presets import PRESETS
from motion.experiment.problem import encoder_of
from motion.text.pretrained import PretrainedEncoder

HAS = importlib.util.find_spec("transformers") is not None and importlib.util.find_spec("tokenizers") is not None


def test_what_is_missing_is_said_in_one_line(tmp_path):
    from dataclasses import replace

    with pytest.raises(ValueError, match="must hold config.json"):
        PretrainedEncoder(folder=tmp_path).encode(("a person walks",))
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ValueError, match="must hold model.safetensors"):
        PretrainedEncoder(folder=tmp_path).encode(("a person walks",))
    (tmp_path / "model.safetensors").write_bytes(b"junk")
    with pytest.raises(ValueError, match="no text encoder that can be read" if HAS else "needs the library") as caught:
        PretrainedEncoder(folder=tmp_path).encode(("a person walks",))
    assert str(caught.value).count("\n") == 0
    with pytest.raises(ValueError, match="--text-weights"):
        encoder_of(replace(PRESETS["smoke"], text="pretrained"))
    assert encoder_of(PRESETS["smoke"]) is None


def test_another_tokenizer_is_another_encoder(tmp_path):
    """The fingerprint covers weights, configuration and vocabulary; notes beside them do not count."""
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    (tmp_path / "vocab.txt").write_text("a\nb\n")
    first = PretrainedEncoder(folder=tmp_path).fingerprint()
    (tmp_path / "README.md").write_text("notes")
    assert PretrainedEncoder(folder=tmp_path).fingerprint() == first and len(first) == 64
    prints = {first}
    for name in ("vocab.txt", "tokenizer.json", "config.json", "model.safetensors"):
        (tmp_path / name).write_text("other")
        prints.add(PretrainedEncoder(folder=tmp_path).fingerprint())
    assert len(prints) == 5


@pytest.fixture
def folder(tmp_path):
    """A small BERT with random weights and a tokenizer of twelve words."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, BertModel

    words = "[PAD] [UNK] [CLS] [SEP] a person walks kicks left right leg the".split()
    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    about = {"tokenizer_class": "PreTrainedTokenizerFast", "pad_token": "[PAD]", "cls_token": "[CLS]",
             "sep_token": "[SEP]", "unk_token": "[UNK]"}  # fmt: skip
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(about))
    torch.manual_seed(0)
    config = BertConfig(vocab_size=len(words), hidden_size=24, num_hidden_layers=2, num_attention_heads=3,
                        intermediate_size=48)  # fmt: skip
    BertModel(config).save_pretrained(tmp_path)
    return tmp_path


@pytest.mark.skipif(not HAS, reason="the optional libraries transformers and tokenizers are not installed")
def test_a_local_encoder_gives_states_of_words(folder):
    encoder = PretrainedEncoder(folder=folder, max_tokens=6)
    captions = ("a person walks", "a person kicks the left leg", "kicks")
    tokens = encoder.encode(captions)
    assert tokens.values.shape == (3, 6, 24) and tokens.mask.sum(1).tolist() == [3, 6, 1]
    alone = encoder.states(("kicks",))[0]
    assert np.array_equal(tokens.values[2, :1], alone) and (tokens.values[~tokens.mask] == 0).all()
    assert len(encoder.fingerprint()) == 64
