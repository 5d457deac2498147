"""Digits for the loop: the embedded 8x8 ones or MNIST, in three parts that share no image.

train: the loop's real data. judge: what the classifier learns from; the loop never sees it. reference: what samples are
measured against; neither sees it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toy.digits.batch import CLASSES, ImageBatch
from toy.digits.idx import read_idx

EMBEDDED = "digits"
_MNIST = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
_LEAST = 40  # images a part: about four of each digit
_SPLIT = 0  # seed of the split: the same for every run, so all measure against one reference


@dataclass(frozen=True)
class DigitData:
    """The three parts; info: name, fingerprint, licence and sizes, as JSON."""

    train: ImageBatch
    judge: ImageBatch
    reference: ImageBatch
    info: dict[str, Any]

    @property
    def size(self) -> int:
        """Height and width of an image."""
        return int(self.train.images.shape[1])


def load(folder: Path | None, n: int, judge: int, reference: int) -> DigitData:
    """The digits of `folder`, or the embedded ones; every part has all classes in nearly equal shares.

    MNIST: train and judge come from its training files, reference from its test files; the embedded digits are split.

    Raises:
        ValueError: missing or damaged files, or too few images for these parts.
        OSError: unreadable files.
    """
    rng = np.random.default_rng(_SPLIT)
    if folder is None:
        everything = _embedded()
        train, judges, references = _split(everything, (n, judge, reference), rng, "the embedded digits")
        name, licence = EMBEDDED, "CC BY 4.0 (UCI optical recognition of handwritten digits)"
    else:
        first, second = _mnist(folder)
        train, judges = _split(first, (n, judge), rng, f"{folder}'s training files")
        (references,) = _split(second, (reference,), rng, f"{folder}'s test files")
        name, licence = "mnist", "the user's own copy"
    info = {
        "source": name, "licence": licence, "fingerprint": _fingerprint(train, judges, references),
        "size": int(train.images.shape[1]), "n": len(train), "judge": len(judges), "reference": len(references),
    }  # fmt: skip
    return DigitData(train, judges, references, info)


def _embedded() -> ImageBatch:
    """1,797 digits of 13 writers, 8x8 pixels of 17 grey levels."""
    from sklearn.datasets import load_digits

    found = load_digits()
    return ImageBatch((found.images / 16).astype(np.float32), found.target.astype(np.int64))


def _mnist(folder: Path) -> tuple[ImageBatch, ImageBatch]:
    """The training and the test images of a folder with the four files, plain or .gz."""
    if not folder.is_dir():
        raise ValueError(f"{folder} must be a folder with MNIST's four IDX files, found none; name the folder")
    arrays = []
    for name in _MNIST:
        for candidate in (folder / name, folder / f"{name}.gz", folder / name.replace("-idx", ".idx")):
            if candidate.is_file():
                break
        else:
            raise ValueError(
                f"{folder} lacks {name} (plain or .gz); a folder of MNIST holds {', '.join(_MNIST)}; put it there"
            )
        arrays.append(read_idx(candidate, 3 if "images" in name else 1))
    return _pair(folder, arrays[0], arrays[1]), _pair(folder, arrays[2], arrays[3])


def _pair(folder: Path, images: NDArray[np.uint8], labels: NDArray[np.uint8]) -> ImageBatch:
    if len(images) != len(labels):
        raise ValueError(f"{folder} holds {len(images)} images with {len(labels)} labels; take files of one set")
    if len(labels) and labels.max() >= CLASSES:
        raise ValueError(f"labels in {folder} must be 0 to {CLASSES - 1}, got {labels.max()}; take files of digits")
    if images.shape[1] != images.shape[2] or images.shape[1] % 4 or not 8 <= images.shape[1] <= 64:
        raise ValueError(
            f"images in {folder} must be square, 8 to 64 pixels wide in steps of 4, got {images.shape[1:]}; resize them"
        )
    return ImageBatch((images / 255).astype(np.float32), labels.astype(np.int64))


def _split(batch: ImageBatch, sizes: tuple[int, ...], rng: np.random.Generator, what: str) -> list[ImageBatch]:
    """Disjoint parts of these sizes, classes in equal shares as far as there are images of each.

    The images of every class are shuffled and dealt out in turn, so any stretch of the deal is balanced.
    """
    for name, size in zip(("n", "judge", "reference"), sizes, strict=False):
        if size < _LEAST:
            raise ValueError(f"{name} must be >= {_LEAST} images, got {size}; ask for more")
    if sum(sizes) > len(batch):
        raise ValueError(f"{what} are {len(batch)} images, asked for {' + '.join(map(str, sizes))}; ask for fewer")
    order = rng.permutation(len(batch))
    labels = batch.labels[order]
    turn = np.empty(len(order), np.int64)  # how many of the same class come before
    for label in range(CLASSES):
        mine = np.flatnonzero(labels == label)
        turn[mine] = np.arange(len(mine))
    dealt = order[np.argsort(turn, kind="stable")]
    cuts = np.cumsum([0, *sizes])
    parts = [batch.take(dealt[cuts[i] : cuts[i + 1]]) for i in range(len(sizes))]
    for part in parts:
        if np.bincount(part.labels, minlength=CLASSES).min() < 2:
            raise ValueError(f"{what} must have every digit at least twice in each part; take a fuller set")
    return parts


def _fingerprint(*parts: ImageBatch) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(np.ascontiguousarray(part.images).tobytes())
        digest.update(np.ascontiguousarray(part.labels).tobytes())
    return digest.hexdigest()
