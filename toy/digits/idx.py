"""IDX files, the format that MNIST comes in: big-endian header, then unsigned bytes; plain or gzipped."""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_UNSIGNED_BYTES = 0x08
_LARGEST = 1 << 31  # bytes: no file of digits is larger, but a hostile one may say so


def read_idx(path: Path, axes: int) -> NDArray[np.uint8]:
    """The array of an IDX file of unsigned bytes with `axes` axes.

    Raises:
        ValueError: it is no such file, is truncated, longer than it says, or unreasonably large.
        OSError: it cannot be read.
    """
    if path.suffix == ".gz":
        try:
            with gzip.open(path) as file:
                content = file.read(_LARGEST + 1)
        except (gzip.BadGzipFile, EOFError, zlib.error) as problem:
            raise ValueError(f"{path} is not a readable gzip file ({problem}); download it again") from None
    else:
        with open(path, "rb") as plain:
            content = plain.read(_LARGEST + 1)
    head = 4 + 4 * axes
    magic = bytes([0, 0, _UNSIGNED_BYTES, axes])
    if content[:4] != magic or len(content) < head:
        raise ValueError(
            f"{path} must be an IDX file of unsigned bytes with {axes} axes (first bytes {magic.hex()}), "
            f"got {content[:4].hex() or 'an empty file'}; download it again"
        )
    shape = [int.from_bytes(content[i : i + 4], "big") for i in range(4, head, 4)]
    size = math.prod(shape)
    if size > _LARGEST or len(content) != head + size:
        raise ValueError(
            f"{path} says it holds {' x '.join(map(str, shape))} bytes, got {len(content) - head}; download it again"
        )
    return np.frombuffer(content, np.uint8, offset=head).reshape(shape)
