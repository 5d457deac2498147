"""Digits for the loop: parts without overlap, MNIST's files, and files that are missing, damaged or hostile."""

import gzip

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import idx

from toy.digits import data
from toy.digits.batch import ImageBatch
from toy.digits.idx import read_idx


def keys(batch):
    return {image.tobytes() for image in batch.images}


def test_parts_share_no_image_and_have_all_digits(digits):
    parts = [digits.train, digits.judge, digits.reference]
    assert [len(part) for part in parts] == [800, 497, 500]
    assert len(set.union(*map(keys, parts))) == sum(len(keys(part)) for part in parts)
    for part in parts:
        counts = np.bincount(part.labels, minlength=10)
        assert counts.max() - counts.min() <= 10
        assert part.images.min() >= 0 and part.images.max() <= 1
    assert np.ptp(np.bincount(digits.train.labels)) == 0
    again = data.load(None, 800, 497, 500)
    assert again.info == digits.info
    assert data.load(None, 799, 497, 500).info["fingerprint"] != digits.info["fingerprint"]


@pytest.mark.parametrize(
    ("sizes", "text"),
    [((2000, 40, 40), "1797 images"), ((39, 40, 40), "n must be >= 40"), ((40, 40, 5), "reference must be >= 40")],
)
def test_sizes_that_do_not_fit_are_refused(sizes, text):
    with pytest.raises(ValueError, match=text):
        data.load(None, *sizes)


def test_mnist_is_read_plain_and_gzipped(mnist):
    found = data.load(mnist, 200, 100, 150)
    assert found.size == 28 and found.info["source"] == "mnist"
    assert found.train.images.max() == 1.0 and found.train.images.dtype == np.float32
    plain = gzip.decompress((mnist / "train-images-idx3-ubyte.gz").read_bytes())
    (mnist / "train-images-idx3-ubyte.gz").unlink()
    (mnist / "train-images.idx3-ubyte").write_bytes(plain)  # the name that some mirrors use
    assert data.load(mnist, 200, 100, 150).info == found.info


def test_missing_files_are_named(tmp_path, mnist):
    with pytest.raises(ValueError, match="must be a folder with MNIST's four IDX files"):
        data.load(tmp_path / "nowhere", 100, 100, 100)
    (mnist / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(ValueError, match="lacks t10k-labels-idx1-ubyte") as caught:
        data.load(mnist, 100, 100, 100)
    assert str(mnist) in str(caught.value) and "train-images-idx3-ubyte" in str(caught.value)


IMAGES = np.arange(2 * 8 * 8, dtype=np.uint8).reshape(2, 8, 8)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", "an empty file"),
        (b"\x80\x04pickled", "must be an IDX file"),
        (idx(IMAGES)[:-1], "says it holds 2 x 8 x 8"),
        (idx(IMAGES) + b"x", "got 129"),
        (idx(IMAGES[0]), "3 axes"),
        (bytes([0, 0, 8, 3]) + b"\xff" * 12, "says it holds"),
        (bytes([0, 0, 8, 3, 0, 0]), "must be an IDX file"),
        (bytes([0, 0, 13, 3]) + b"\0" * 12, "unsigned bytes"),
    ],
)
def test_damaged_and_hostile_files_are_refused(tmp_path, content, text):
    path = tmp_path / "x-idx3-ubyte"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=text) as caught:
        read_idx(path, 3)
    assert "x-idx3-ubyte" in str(caught.value)


@pytest.mark.parametrize("cut", [5, 20, -3])
def test_a_truncated_gzip_is_refused(tmp_path, cut):
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(idx(IMAGES))[:cut])
    with pytest.raises(ValueError, match="not a readable gzip"):
        read_idx(path, 3)
    path.write_bytes(b"no gzip at all")
    with pytest.raises(ValueError, match="not a readable gzip"):
        read_idx(path, 3)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("idx") / "f"
    path.write_bytes(content)
    try:
        assert read_idx(path, 1).ndim == 1
    except ValueError as problem:
        assert str(path) in str(problem)


@pytest.mark.parametrize(
    ("name", "array", "text"),
    [
        ("train-labels-idx1-ubyte", np.zeros(599), "600 images with 599 labels"),
        ("train-labels-idx1-ubyte", np.full(600, 10), "0 to 9"),
        ("train-labels-idx1-ubyte", np.zeros(600), "every digit at least twice"),
        ("t10k-images-idx3-ubyte", np.zeros((300, 28, 20)), "square"),
    ],
)
def test_files_that_do_not_fit_together_are_refused(mnist, name, array, text):
    (mnist / f"{name}.gz").unlink(missing_ok=True)
    (mnist / name).write_bytes(idx(array))
    with pytest.raises(ValueError, match=text):
        data.load(mnist, 100, 100, 100)


def test_a_batch_keeps_images_and_labels_together(tmp_path, digits):
    batch = digits.train.take([3, 1, 4])
    both = batch.concat(digits.judge.take([0]))
    assert len(both) == 4 and both.labels[3] == digits.judge.labels[0]
    changed = batch.replace([1], digits.judge.take([7]))
    assert np.array_equal(changed.images[1], digits.judge.images[7]) and changed.labels[1] == digits.judge.labels[7]
    assert np.array_equal(changed.images[[0, 2]], batch.images[[0, 2]])
    batch.save(tmp_path)
    again = ImageBatch.load(tmp_path)
    assert np.array_equal(again.images, batch.images) and np.array_equal(again.labels, batch.labels)
    with pytest.raises(ValueError, match="n labels"):
        ImageBatch(batch.images, batch.labels[:2])
