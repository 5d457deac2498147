"""Files of a small T2M evaluator, as they are passed around, and motions in its own normalisation."""

import pickle

import numpy as np
import torch
from torch import nn

from motion.batch import MotionBatch
from motion.evaluation.t2m_convert import convert
from motion.evaluation.t2m_networks import T2MNetworks, T2MSize

SMALL = T2MSize(features=259, movement=12, motion=10, word=6, text=8, dim=7)
WORDS = ("sos", "eos", "unk", "walk", "left", "leg", "person", "a", "slowly", "sit", "bright")


def networks(size=SMALL, seed=0):
    torch.manual_seed(seed)
    net = T2MNetworks(size)
    for weight in net.parameters():
        nn.init.normal_(weight, std=0.3)
    return net


def checkpoint(path, net=None, **more):
    """A file as T2M's training writes it: three state dicts, an optimiser, counts."""
    net = net or networks()
    parts = {f"{part}_encoder": getattr(net, part).state_dict() for part in ("movement", "motion", "text")}
    optimiser = torch.optim.Adam(net.text.parameters())
    torch.save({**parts, "opt_text_encoder": optimiser.state_dict(), "epoch": 7, **more}, path)
    return path


def glove(folder, words=WORDS, d=6):
    folder.mkdir(exist_ok=True)
    vectors = np.random.default_rng(1).normal(size=(len(words), d))
    rows = np.random.default_rng(2).permutation(len(words)).tolist()
    np.save(folder / "our_vab_data.npy", vectors)
    (folder / "our_vab_words.pkl").write_bytes(pickle.dumps(list(words)))
    (folder / "our_vab_idx.pkl").write_bytes(pickle.dumps(dict(zip(words, rows, strict=True))))
    return vectors[rows]


def good_sources(folder):
    """The files that `convert` reads, of a small evaluator; spoil what you like."""
    glove(folder / "glove")
    np.save(folder / "t2m_mean.npy", np.random.default_rng(3).normal(size=263))
    np.save(folder / "t2m_std.npy", np.full(263, 0.0005))
    checkpoint(folder / "finest.tar")
    return folder


def converted(folder, **changed):
    named = {
        "checkpoint": folder / "finest.tar", "glove": folder / "glove", "mean": folder / "t2m_mean.npy",
        "std": folder / "t2m_std.npy", "out": folder / "judge", "size": SMALL,
    }  # fmt: skip
    return convert(**{**named, **changed})


def motions(lengths, seed=0, frames=196):
    rng = np.random.default_rng(seed)
    n = len(lengths)
    mean = np.random.default_rng(3).normal(size=263)
    features = (mean + 0.0005 * rng.normal(size=(n, frames, 263))).astype(np.float32)
    features[np.arange(frames) >= np.asarray(lengths)[:, None]] = 0
    names = tuple(map(str, range(n)))
    return MotionBatch(features, np.asarray(lengths), ("a person walks",) * n, ("",) * n, names)
