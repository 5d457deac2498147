"""Text encoders from a local folder: refused with a reason where something is missing; the real thing where it can be.

The library transformers is optional; the test with it is skipped where it is not installed.
"""

import importlib.util
import json
from dataclasses import replace

import numpy as np
import pytest

from motion.experiment.presets import PRESETS
from motion.experiment.problem import encoder_of
from motion.text.clip import ClipSentenceEncoder
from motion.text.pretrained import PretrainedEncoder

HAS = importlib.util.find_spec("transformers") is not None and importlib.util.find_spec("tokenizers") is not None


def test_what_is_missing_is_said_in_one_line(tmp_path):
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


@pytest.fixture
def clip_folder(tmp_path):
    """A small CLIP with random weights and a tokenizer of words; its projection is not as wide as its states."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import CLIPTextConfig, CLIPTextModelWithProjection

    words = "<pad> <unk> <s> a person walks kicks left right leg the </s>".split()
    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(words)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 2), ("</s>", 11)]
    )
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    about = {"tokenizer_class": "PreTrainedTokenizerFast", "pad_token": "<pad>", "bos_token": "<s>",
             "eos_token": "</s>", "unk_token": "<unk>"}  # fmt: skip
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(about))
    torch.manual_seed(0)
    config = CLIPTextConfig(
        vocab_size=len(words), hidden_size=24, num_hidden_layers=2, num_attention_heads=3, intermediate_size=48,
        projection_dim=10, max_position_embeddings=40, bos_token_id=2, eos_token_id=11, pad_token_id=0,
    )  # fmt: skip
    CLIPTextModelWithProjection(config).save_pretrained(tmp_path)
    return tmp_path


@pytest.mark.skipif(not HAS, reason="the optional libraries transformers and tokenizers are not installed")
def test_clip_gives_one_projected_vector_a_caption(clip_folder):
    """The library's own answer, of the first twenty pieces; the same whatever else is asked for."""
    import torch
    from transformers import CLIPTextModelWithProjection

    encoder = encoder_of(replace(PRESETS["smoke"], text="clip", text_weights=clip_folder))
    captions = ("a person walks", "a person kicks the left leg", "kicks " * 30, "kicks " * 20)
    tokens = encoder.encode(captions)
    assert encoder.dim == 10 and tokens.values.shape == (4, 20, 10) and tokens.mask.sum(1).tolist() == [1] * 4
    model = CLIPTextModelWithProjection.from_pretrained(clip_folder).eval()
    with torch.inference_mode():
        wanted = model(input_ids=torch.tensor([[2, 3, 4, 5, 11]])).text_embeds[0].numpy()
    assert np.allclose(tokens.values[0, 0], wanted, atol=1e-6)
    assert np.array_equal(tokens.values[2], tokens.values[3]), "what is beyond twenty pieces is not read"
    assert not np.array_equal(tokens.values[0], tokens.values[1])


@pytest.mark.skipif(not HAS, reason="the optional libraries transformers and tokenizers are not installed")
def test_another_model_is_not_taken_for_clip(folder):
    with pytest.raises(ValueError, match="it is a bert, not CLIP"):
        ClipSentenceEncoder(folder=folder).encode(("a person walks",))
