"""Small settings, one thread, and a folder of MNIST files made from the embedded digits."""

import gzip
from dataclasses import replace

import numpy as np
import pytest
import torch
from support import idx

from toy.digits import data, judge
from toy.digits.settings import EMBEDDED


@pytest.fixture(autouse=True)
def _one(one_thread):
    """All tests here run on one thread."""


@pytest.fixture
def hasty_judge(monkeypatch):
    """A judge of few steps where only its being there matters."""
    monkeypatch.setattr(judge, "_TRAINING", replace(judge._TRAINING, steps=20))


@pytest.fixture(scope="session")
def digits():
    """The embedded digits in the default split."""
    return data.load(None, EMBEDDED.n, EMBEDDED.judge, EMBEDDED.reference)


@pytest.fixture(scope="session")
def good_judge(digits):
    """The judge of the default split, whole."""
    torch.set_num_threads(1)
    return judge.trained(digits)


@pytest.fixture
def mnist(tmp_path):
    """600 + 300 images of 28x28 pixels, two files plain and two gzipped."""
    everything = data._embedded()
    images = np.kron(everything.images, np.ones((3, 3))) * 255
    images = np.pad(images, ((0, 0), (2, 2), (2, 2)))
    folder = tmp_path / "mnist"
    folder.mkdir()
    for name, rows in (("train", slice(0, 600)), ("t10k", slice(600, 900))):
        (folder / f"{name}-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(images[rows])))
        (folder / f"{name}-labels-idx1-ubyte").write_bytes(idx(everything.labels[rows]))
    return folder
