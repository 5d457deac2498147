"""A user's T2M weights, once, from the files that are passed around to files without pickle.

The published checkpoint and two of the three files of word vectors are pickles, which can run any program when they are
read. So they are read under restriction: the checkpoint by torch with `weights_only`, the lists of words by a reader
that knows numbers, texts, lists and dicts and refuses every name of a function or class before anything is called.
"""

from __future__ import annotations

import io
import pickle
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from generative.training import Weights
from loop import files
from motion.data.arrays import as_floats, contents, read_array
from motion.evaluation.t2m import T2MEmbedder
from motion.evaluation.t2m_networks import T2MSize, shapes
from motion.evaluation.t2m_words import WordVectors
from motion.features.normaliser import Normaliser

CHECKPOINT_BYTES = 2 * 2**30
"""Largest checkpoint that is read: the published one has a quarter of a gigabyte, with its optimisers."""
PICKLE_BYTES = 64 * 2**20
"""Largest list of words that is read."""
PARTS = ("movement", "motion", "text")
ROOT_STD = 0.004
"""The evaluator's deviation of the yaw is 0.0005, the data's 0.0128 [rad/frame]: above this it is the data's."""


def convert(
    checkpoint: Path, glove: Path, mean: Path, std: Path, out: Path, *, size: T2MSize | None = None
) -> T2MEmbedder:
    """Read a T2M evaluator from its published files and write it to the folder `out`, for `T2MEmbedder.load`.

    Args:
        checkpoint: `text_mot_match/model/finest.tar`.
        glove: folder with `our_vab_data.npy`, `our_vab_words.pkl`, `our_vab_idx.pkl`.
        mean, std: (263,) the evaluator's own normalisation (`t2m_mean.npy`, `t2m_std.npy`), not the data's.
        size: of the networks; None means the published ones.

    Raises:
        ValueError: a file is damaged, too large, of another shape, or holds what could run a program; `out` is there.
        OSError: a file is missing.
    """
    if out.exists():
        raise ValueError(f"{out} is there already; choose another folder or remove it")
    chosen = size or T2MSize()
    weights = read_checkpoint(checkpoint, chosen)
    words = read_glove(glove)
    normaliser = Normaliser(*(_row(path, chosen.features + 4) for path in (mean, std)))
    if normaliser.std[0] > ROOT_STD:
        raise ValueError(
            f"{std.name} must be the evaluator's own normalisation, whose first number is about 0.0005 (the data's "
            f"over 25), got {normaliser.std[0]:.4f}; pass t2m_std.npy, not Std.npy"
        )
    about = {"checkpoint": files.fingerprint(checkpoint), "word_vectors": files.fingerprint(glove / "our_vab_data.npy")}
    T2MEmbedder(chosen, weights, normaliser, words, about).save(out)
    return T2MEmbedder.load(out)


def read_checkpoint(path: Path, size: T2MSize) -> Weights:
    """Weights of the three encoders by our names, float32; optimisers and whatever else is there are left.

    Raises:
        ValueError: too large, no plain checkpoint, or arrays that do not fit. OSError: it is missing.
    """
    content = _checkpoint(path)
    expected = shapes(size)
    found: Weights = {}
    for part in PARTS:
        encoder = content.get(f"{part}_encoder")
        if not isinstance(encoder, Mapping):
            raise ValueError(
                f"{path.name} must hold {part}_encoder, got {_names(content)}; use text_mot_match's finest.tar"
            )
        for name, value in encoder.items():
            if not isinstance(value, torch.Tensor) or not value.is_floating_point():
                raise ValueError(f"{path.name}: {part}_encoder.{str(name)[:60]} must be an array of floats")
            found[f"{part}.{name}"] = value.detach().to(torch.float32).contiguous().clone()
    wrong = sorted(found.keys() ^ expected.keys())
    if wrong:
        raise ValueError(f"{path.name}: arrays must be those of T2M, missing or unknown {', '.join(wrong)[:120]}")
    for name, shape in expected.items():
        if found[name].shape != shape:
            raise ValueError(f"{path.name}: {name} must have shape {tuple(shape)}, got {tuple(found[name].shape)}")
        if not bool(torch.isfinite(found[name]).all()):
            raise ValueError(f"{path.name}: {name} must be finite, got nan or inf; fetch it again")
    return found


def _checkpoint(path: Path) -> Mapping[str, Any]:
    found = path.stat()
    if not stat.S_ISREG(found.st_mode) or found.st_size > CHECKPOINT_BYTES:
        raise ValueError(f"{path.name} must be an ordinary file of at most {CHECKPOINT_BYTES >> 30} GiB, got another")
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except OSError:
        raise
    except Exception as problem:  # torch raises pickle's, zip's and its own types
        reason = next((line.strip() for line in str(problem).splitlines() if line.strip()), type(problem).__name__)
        raise ValueError(f"{path.name} is no checkpoint that can be read safely ({reason[:160]})") from None
    if not isinstance(content, Mapping):
        raise ValueError(f"{path.name} must hold a dict of encoders, got {type(content).__name__}")
    return content


def _names(content: Mapping[str, Any]) -> str:
    return ", ".join(str(name)[:40] for name in list(content)[:8]) or "nothing"


def read_glove(folder: Path) -> WordVectors:
    """Word vectors (V, d) in the order of the words, from the three files of `our_vab`.

    Raises:
        ValueError: damaged, too large, or inconsistent. OSError: a file is missing.
    """
    words, index = plain_pickle(folder / "our_vab_words.pkl"), plain_pickle(folder / "our_vab_idx.pkl")
    vectors = as_floats(read_array(folder / "our_vab_data.npy")).astype(np.float32)
    if vectors.ndim != 2:
        raise ValueError(f"our_vab_data.npy must hold (V, d) vectors, got {vectors.shape}; fetch it again")
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise ValueError("our_vab_words.pkl must hold a list of words; fetch it again")
    rows = [index.get(word) for word in words] if isinstance(index, dict) else []
    if not rows or not all(type(row) is int and 0 <= row < len(vectors) for row in rows):
        raise ValueError(f"our_vab_idx.pkl must give each word a row of the {len(vectors)} vectors; fetch it again")
    return WordVectors(tuple(words), vectors[np.array(rows, dtype=np.int64)])


class _Plain(pickle._Unpickler):
    """Reads numbers, texts and containers; refuses every function and class by name before it could be called.

    The reader written in Python: that in C makes room for whatever number of remembered values a file names.
    """

    def find_class(self, module: str, name: str) -> Any:
        raise ValueError(f"it names {module}.{name}, which could run a program")

    def persistent_load(self, pid: Any) -> Any:
        raise ValueError("it refers to something outside")


def plain_pickle(path: Path) -> Any:
    """What a pickle of plain lists, dicts, texts and numbers holds.

    Raises:
        ValueError: too large, damaged, or it holds anything else. OSError: it is missing.
    """
    data = contents(path, PICKLE_BYTES)
    try:
        return _Plain(io.BytesIO(data)).load()
    except Exception as problem:  # a damaged pickle raises a dozen unrelated types
        reason = " ".join(str(problem).split())[:120] or type(problem).__name__
        raise ValueError(f"{path.name} must hold plain lists of words and numbers ({reason}); fetch it again") from None


def _row(path: Path, dim: int) -> NDArray[np.float32]:
    array = as_floats(read_array(path))
    if array.shape != (dim,):
        raise ValueError(f"{path.name} must hold ({dim},) numbers, got {array.shape}; use the evaluator's own")
    return array.astype(np.float32)
