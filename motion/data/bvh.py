"""Reading BVH motion files, plain or gzip; everything wrong with a file is a ValueError of one line."""

from __future__ import annotations

import gzip
import io
import math
import re
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from motion.data.arrays import contents, drained
from motion.data.decimals import parse_rows
from motion.kinematics.hierarchy import POSITIONS, ROTATIONS, Hierarchy

MAX_BYTES = 256 * 2**20
"""Largest file that is read, after decompression [bytes]."""
MAX_JOINTS = 1000
MAX_FRAMES = 1_000_000
_LARGEST = 1e9
_MOTION = re.compile(rb"^[ \t]*MOTION[ \t\r]*$", re.MULTILINE)
_CHANNELS = {name.lower(): name for name in POSITIONS + ROTATIONS}


@dataclass(frozen=True)
class Bvh:
    """A BVH file: its tree, its rows of channel values (T, C) [file's unit, degrees], its frame rate [1/s]."""

    tree: Hierarchy
    values: NDArray[np.float64]
    fps: float


def read_bvh(path: Path) -> Bvh:
    """Read a `.bvh` or `.bvh.gz` file.

    Raises:
        ValueError: not a well-formed BVH (the message names the file, the line and what was expected), or too large.
        OSError: the file cannot be opened.
    """
    return parse_bvh(unpacked(contents(path, MAX_BYTES), path.name), path.name)


def parse_bvh(text: bytes, name: str) -> Bvh:
    """The same from the file's bytes; `name` is for messages."""
    found = _MOTION.search(text)
    if found is None:
        raise ValueError(f"{name}: expected a line MOTION after the hierarchy, found none; is it a whole BVH file?")
    tree = _Header(text[: found.start()], name).tree()
    columns = sum(len(channels) for channels in tree.channels)
    line = text.count(b"\n", 0, found.end()) + 1
    frames, fps, block, line = _motion_head(text[found.end() :], name, line)
    values = parse_rows(block, columns, where=name, first_line=line)
    if values.size and not np.abs(values).max() < _LARGEST:
        row, column = np.argwhere(~(np.abs(values) < _LARGEST))[0]
        raise ValueError(f"{name}: expected values below {_LARGEST:g}, found {values[row, column]:g} in frame {row}")
    if len(values) != frames:
        raise ValueError(f"{name}: expected {frames} rows of numbers, as `Frames:` says, found {len(values)}")
    return Bvh(tree, values, fps)


def unpacked(data: bytes, name: str) -> bytes:
    """The text of a file's bytes, gzip or plain, at most MAX_BYTES (a small gzip file can unpack to anything).

    Raises:
        ValueError: a damaged gzip file, or more text; `name` is for messages.
    """
    text = data
    if data[:2] == b"\x1f\x8b":
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(data)) as packed:
                text = drained(packed, MAX_BYTES)
        except (gzip.BadGzipFile, EOFError, zlib.error) as problem:
            raise ValueError(f"{name}: expected a whole gzip file, but {problem}; fetch it again") from None
    if len(text) > MAX_BYTES:
        raise ValueError(f"{name}: expected at most {MAX_BYTES >> 20} MiB of text; cut the file into parts")
    return text


def _motion_head(text: bytes, name: str, line: int) -> tuple[int, float, bytes, int]:
    """Frames, frame rate, the block of numbers after them, the number of its first line."""
    found: list[bytes] = []
    at = 0
    for label in (b"Frames:", b"Frame Time:"):
        row = b""
        while not row and at < len(text):
            stop = text.find(b"\n", at)
            stop = len(text) if stop < 0 else stop
            row = text[at:stop].strip()
            at = stop + 1
            line += 1
        spoken = b" ".join(row.split())
        if not spoken.lower().startswith(label.lower()):
            shown = row[:40].decode("ascii", "replace")
            raise ValueError(f"{name}, line {line - 1}: expected `{label.decode()} ...`, found {shown!r}")
        found.append(spoken[len(label) :].strip())
    if not found[0].isdigit() or not 1 <= int(found[0][:12]) <= MAX_FRAMES:
        shown = found[0][:40].decode("ascii", "replace")
        raise ValueError(f"{name}: expected `Frames:` between 1 and {MAX_FRAMES}, found {shown!r}")
    try:
        seconds = float(found[1])
    except ValueError:
        seconds = math.nan
    if not 1e-3 * (1 - 1e-6) <= seconds <= 1.0:
        shown = found[1][:40].decode("ascii", "replace")
        raise ValueError(f"{name}: expected `Frame Time:` in seconds between 0.001 and 1, found {shown!r}")
    return int(found[0]), 1.0 / seconds, text[at:], line


class _Header:
    """The words of the HIERARCHY part, read one after the other with their line numbers."""

    def __init__(self, text: bytes, name: str) -> None:
        self.name = name
        if len(text) > 1000 * MAX_JOINTS:
            raise ValueError(f"{name}: expected a hierarchy of at most {MAX_JOINTS} joints, found {len(text)} bytes")
        rows = text.decode("utf-8", "replace").split("\n")
        self.words = [(word, number) for number, row in enumerate(rows, 1) for word in row.split()]
        self.at = 0

    def tree(self) -> Hierarchy:
        self._expect("HIERARCHY")
        self._expect("ROOT")
        names: list[str] = []
        parents: list[int] = []
        offsets: list[list[float]] = []
        channels: list[tuple[str, ...]] = []
        open_joints: list[int] = []
        word = "ROOT"
        while True:
            if word == "}":
                open_joints.pop()
                if not open_joints:
                    break
            else:
                if len(names) >= MAX_JOINTS:
                    raise self._wrong(f"at most {MAX_JOINTS} joints")
                parent = open_joints[-1] if open_joints else -1
                if parent >= 0 and names[parent].endswith(".end"):
                    raise self._wrong("`}` after an end site", back=1)
                if word == "End":
                    self._expect("Site")
                    title = f"{names[parent]}.end"
                else:
                    title = self._next("a joint's name")
                if title in names:
                    raise self._wrong("another name: each joint once", back=1)
                self._expect("{")
                self._expect("OFFSET")
                offsets.append([self._number() for _ in range(3)])
                names.append(title)
                parents.append(parent)
                channels.append(() if word == "End" else self._channels())
                open_joints.append(len(names) - 1)
            word = self._next("JOINT, End Site or `}`")
            if word not in ("JOINT", "End", "}"):
                raise self._wrong("JOINT, End Site or `}`", back=1)
        if self.at < len(self.words):
            raise self._wrong("MOTION after the hierarchy (one root only)")
        counts = [len(c) for c in channels]
        columns = tuple(int(c) for c in np.cumsum([0, *counts[:-1]]))
        if sum(counts) == 0:
            raise ValueError(f"{self.name}: expected at least one channel in the hierarchy, found none")
        return Hierarchy(tuple(names), tuple(parents), np.array(offsets), tuple(channels), columns)

    def _channels(self) -> tuple[str, ...]:
        self._expect("CHANNELS")
        count = self._next("the number of channels")
        if not (count.isascii() and count.isdigit() and len(count) == 1 and int(count) <= 6):
            raise self._wrong("a number of channels from 0 to 6", back=1)
        named = []
        for _ in range(int(count)):
            channel = _CHANNELS.get(self._next("a channel").lower())
            if channel is None or channel in named:
                raise self._wrong(f"{count} channels, each once, of {', '.join(POSITIONS + ROTATIONS)}", back=1)
            named.append(channel)
        return tuple(named)

    def _number(self) -> float:
        word = self._next("a number")
        try:
            value = math.nan if "_" in word or len(word) > 40 else float(word)
        except ValueError:
            value = math.nan
        if not abs(value) < _LARGEST:
            raise self._wrong("a finite number", back=1)
        return value

    def _next(self, expected: str) -> str:
        if self.at >= len(self.words):
            raise self._wrong(expected)
        self.at += 1
        return self.words[self.at - 1][0]

    def _expect(self, word: str) -> None:
        if self._next(f"`{word}`") != word:
            raise self._wrong(f"`{word}`", back=1)

    def _wrong(self, expected: str, back: int = 0) -> ValueError:
        at = self.at - back
        if at >= len(self.words):
            last = self.words[-1][1] if self.words else 1
            return ValueError(f"{self.name}, line {last}: expected {expected}, found the end of the hierarchy")
        word, line = self.words[at]
        return ValueError(f"{self.name}, line {line}: expected {expected}, found {word[:40]!r}")
