"""Files that strangers wrote: contents within limits, and numpy arrays of plain numbers, never unpickled."""

from __future__ import annotations

import io
import json
import math
import re
import stat
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

MAX_BYTES = 256 * 2**20
"""Largest file, and largest array in an archive, that is read [bytes]."""
_MAX_COORDINATE = 1e4  # [m]; beyond it the unit is wrong
_MAX_HEADER = 10_000
_MAX_MEMBERS = 1000
_HEADER = re.compile(
    rb"\s*\{\s*'descr'\s*:\s*'([<>|=]?)([a-zA-Z]\w*)'\s*,\s*'fortran_order'\s*:\s*(True|False)\s*,"
    rb"\s*'shape'\s*:\s*\(([\d\s,]*)\)\s*,?\s*\}\s*"
)


def contents(path: Path, limit: int = MAX_BYTES) -> bytes:
    """The bytes of an ordinary file (a link to one counts).

    Raises:
        ValueError: a folder, a device or a pipe, or more than `limit` bytes.
        OSError: the file cannot be opened.
    """
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):  # before opening: a pipe would wait for its other end
        raise ValueError(f"{path.name}: expected an ordinary file, found a folder, pipe or device; remove it")
    with open(path, "rb") as file:
        data = file.read(min(limit, found.st_size) + 1)  # reading makes room for all that it is asked for
    if len(data) > limit:
        size = f"{limit >> 20} MiB" if limit >= 1 << 20 else f"{limit >> 10} KiB"
        raise ValueError(f"{path.name}: expected at most {size}, found more; cut the file into parts")
    return data


class _Stream(Protocol):
    def read(self, size: int, /) -> bytes: ...


def drained(stream: _Stream, limit: int) -> bytes:
    """What a stream holds, at most `limit` + 1 bytes; room is made as it comes."""
    parts: list[bytes] = []
    left = limit + 1
    while left > 0 and (part := stream.read(min(left, 2**20))):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def text_lines(path: Path, limit: int = 2**20) -> list[str]:
    """Lines of a UTF-8 text file of at most `limit` bytes, without their ends; a byte order mark is left out.

    Raises:
        ValueError: as `contents`, or not UTF-8.
        OSError: the file cannot be opened.
    """
    try:
        return contents(path, limit).decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise ValueError(f"{path.name}: expected UTF-8 text, found other bytes; save it as UTF-8") from None


def read_array(path: Path) -> NDArray[Any]:
    """The array of an `.npy` file, as `parse_array`; OSError if the file cannot be opened."""
    return parse_array(contents(path), path.name)


def parse_array(data: bytes, name: str) -> NDArray[Any]:
    """The array in the bytes of an `.npy` file: real numbers, or text as it stands in an AMASS archive.

    The header is matched, not evaluated, and nothing is allocated that the file does not hold.

    Raises:
        ValueError: no such file, pickled objects, or fewer or more values than the header says.
    """
    expected = f"{name}: expected a numpy array without pickled objects, but"
    major = data[6] if len(data) > 10 and data[:6] == b"\x93NUMPY" else 0
    if major not in (1, 2, 3):
        raise ValueError(f"{expected} it does not begin like a .npy file; save it with numpy.save")
    start = 10 if major == 1 else 12
    length = int.from_bytes(data[8:start], "little")
    if length > _MAX_HEADER or start + length > len(data):
        raise ValueError(f"{expected} its header is cut off or too long; save it again")
    found = _HEADER.fullmatch(data, start, start + length)
    if found is None:
        raise ValueError(f"{expected} its header does not state type and shape of numbers; save it again")
    order, code, fortran, sizes = (part.decode() for part in found.groups())
    if code[0] not in "fiubcUS" or not code[1:].isdigit() or len(code) > 8:
        raise ValueError(f"{expected} it holds values of type {code[:12]!r}; save plain numbers")
    try:
        dtype = np.dtype(order + code)
    except TypeError:
        raise ValueError(f"{expected} it holds values of type {code[:12]!r}; save plain numbers") from None
    words = [word.strip() for word in sizes.split(",")]
    words = words[:-1] if not words[-1] else words
    if not all(word.isdigit() and len(word) < 16 for word in words) or len(words) > 8:
        raise ValueError(f"{expected} its shape ({sizes[:40]}) is none; save it again")
    shape = tuple(int(word) for word in words)
    count = math.prod(shape)
    body = len(data) - start - length
    if count * dtype.itemsize != body:
        raise ValueError(f"{expected} its shape {shape} needs {count * dtype.itemsize} bytes and it has {body}")
    if count == 0 or dtype.itemsize == 0:
        raise ValueError(f"{expected} it is empty, of shape {shape}; save at least one value")
    flat = np.frombuffer(data, dtype, count, start + length)
    return flat.reshape(shape, order="F" if fortran == "True" else "C")


def read_archive(path: Path, wanted: Sequence[str]) -> dict[str, NDArray[Any]]:
    """Those of the wanted arrays that an `.npz` archive holds; other members are not looked at.

    Raises:
        ValueError: no archive, damaged, encrypted, too large, or a wanted member is no plain array.
        OSError: the file cannot be opened.
    """
    data = contents(path)
    arrays: dict[str, NDArray[Any]] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            if len(members) > _MAX_MEMBERS:
                raise ValueError(f"{path.name}: expected at most {_MAX_MEMBERS} arrays, found {len(members)}")
            for name in wanted:
                info = next((m for m in members if m.filename == f"{name}.npy"), None)
                if info is None:
                    continue
                with archive.open(info) as member:
                    array = drained(member, MAX_BYTES)  # the stated size may lie
                if len(array) > MAX_BYTES:
                    raise ValueError(f"{path.name}: expected {name!r} of at most {MAX_BYTES >> 20} MiB, found more")
                arrays[name] = parse_array(array, f"{path.name}, {name}")
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as problem:
        text = " ".join(str(problem).split())[:80] or type(problem).__name__
        raise ValueError(f"{path.name}: expected a whole .npz archive, but {text}; fetch it again") from None
    return arrays


def as_floats(array: NDArray[Any]) -> NDArray[np.float64]:
    """The numbers as float64; what has no place there becomes inf or stays nan, without a warning."""
    with np.errstate(all="ignore"):
        return array.astype(np.float64)


def checked(values: NDArray[np.float64], name: str) -> NDArray[np.float64]:
    """The joints (T, J, 3) [m] themselves.

    Raises:
        ValueError: a coordinate that is not finite, or farther than 10 km away.
    """
    wrong = ~(np.abs(values) < _MAX_COORDINATE)
    if wrong.any():
        frame, joint, _ = np.argwhere(wrong)[0]
        value = values[wrong][0]
        raise ValueError(f"{name}: expected finite metres, found {value:g} at frame {frame}, joint {joint}; repair it")
    return values


def whole(text: str, what: str) -> int:
    """A whole number of at most nine digits from a table's cell; ValueError if it is none."""
    if not (text.strip().isascii() and text.strip().isdigit() and len(text.strip()) <= 9):
        raise ValueError(f"{what} must be a whole number, found {text[:40]!r}; correct the table")
    return int(text)


def rate(text: str) -> float:
    """A frame rate between 1 and 1000 a second from a table's cell; ValueError if it is none."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 1 <= value <= 1000:
        raise ValueError(f"fps must be a frame rate between 1 and 1000, found {text[:40]!r}; correct the table")
    return value


def json_object(path: Path, keys: tuple[str, ...], most: int) -> dict[str, Any]:
    """A small JSON file that holds an object with some of `keys` and nothing else; most: bytes that are read.

    Raises:
        ValueError: it does not. OSError: it cannot be opened.
    """
    expected = f"{path.name}: expected"
    try:
        found = json.loads(contents(path, most))
    except (ValueError, RecursionError) as problem:
        text = " ".join(str(problem).split())[:120]
        raise ValueError(
            f"{expected} JSON of at most {most // 1024} KiB, but {text}; correct it or remove the file"
        ) from None
    if not isinstance(found, dict) or not set(found) <= set(keys):
        names = ", ".join(f'"{key}"' for key in keys[:-1]) + f' and "{keys[-1]}"'
        raise ValueError(f"{expected} an object with {names} only; correct it")
    return found
