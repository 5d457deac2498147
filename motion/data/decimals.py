"""A block of decimal numbers, one row a line, to an array: strict, and several times faster than `float` a token."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

_MAX_DIGITS = 15  # mantissa below 2**53: integer over power of ten is then the correctly rounded value, as in `float`
_WORD = 40
_PIECE = 2**22  # bytes that are parsed at once: the work on them takes some 40 times that
_MAX_NUMBERS = 2**25  # hours of motion


def parse_rows(block: bytes, columns: int, *, where: str, first_line: int) -> NDArray[np.float64]:
    """The numbers of a text block.

    Args:
        block: text; numbers apart by blanks, one row a line; empty lines are skipped.
        columns: numbers in each row.
        where: name of the file, for messages.
        first_line: line number of the block's first line in the file, for messages.

    Returns:
        (rows, columns) float64, finite; bit for bit what `float` gives.

    Raises:
        ValueError: a row with another count, a word that is no finite decimal number, or more than 2**25 numbers.
    """
    parts = []
    count = 0
    for piece, lines in _pieces(block, where, first_line):
        parts.append(_parse(piece, columns, where, first_line + lines))
        count += parts[-1].size
        if count > _MAX_NUMBERS:
            raise ValueError(f"{where}: expected at most {_MAX_NUMBERS} numbers, found more; cut the file into parts")
    return np.concatenate(parts) if parts else np.empty((0, columns))


def _pieces(block: bytes, where: str, first_line: int) -> Iterator[tuple[bytes, int]]:
    """The block cut at ends of lines, each piece with the number of lines before it: memory stays a few pieces."""
    at = lines = 0
    while at < len(block):
        stop = len(block) if at + _PIECE >= len(block) else block.rfind(b"\n", at, at + _PIECE) + 1
        if stop == 0:
            raise ValueError(f"{where}, line {first_line + lines}: expected a line of at most {_PIECE >> 20} MiB")
        yield block[at:stop], lines
        lines += block.count(b"\n", at, stop)
        at = stop


def _parse(block: bytes, columns: int, where: str, first_line: int) -> NDArray[np.float64]:
    text = np.frombuffer(block + b"\n", np.uint8)
    blank = text <= 32
    edge = np.diff(blank.view(np.int8), prepend=np.int8(1))
    starts = np.flatnonzero(edge == -1)
    ends = np.flatnonzero(edge == 1)
    _check_counts(text, starts, columns, where, first_line)
    values = _decimal(text, starts, ends)
    if values is None:
        values = _by_word(block, starts, ends, where, first_line)
    return values.reshape(-1, columns)


def _check_counts(
    text: NDArray[np.uint8], starts: NDArray[np.int64], columns: int, where: str, first_line: int
) -> None:
    breaks = np.flatnonzero(text == 10)
    counts = np.diff(np.searchsorted(starts, breaks), prepend=0)
    wrong = np.flatnonzero((counts != columns) & (counts != 0))
    if wrong.size:
        line = int(wrong[0])
        raise ValueError(
            f"{where}, line {first_line + line}: expected {columns} numbers, one for each channel, "
            f"found {int(counts[line])}"
        )


def _decimal(text: NDArray[np.uint8], starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.float64] | None:
    """The values of words like -12.34, all at once; None where a word is longer or written otherwise."""
    if starts.size == 0:
        return np.empty(0)
    length = ends - starts
    longest = int(length.max())
    if longest > _MAX_DIGITS + 2:
        return None
    mantissa = np.zeros(starts.size, np.int64)
    digits = np.zeros(starts.size, np.int64)
    decimals = np.zeros(starts.size, np.int64)
    pointed = np.zeros(starts.size, bool)
    first = text[starts]
    negative = first == 45
    signed = negative | (first == 43)
    for place in range(longest):  # over the characters of a word, not over the words
        letter = text[np.minimum(starts + place, text.size - 1)]
        active = place < length
        digit = letter - np.uint8(48)  # wraps round above 9 for everything below "0"
        is_digit = active & (digit < 10)
        is_point = active & (letter == 46)
        other = active & ~is_digit & ~is_point
        if place == 0:
            other &= ~signed
        if other.any() or (is_point & pointed).any():
            return None
        mantissa = np.where(is_digit, mantissa * 10 + digit, mantissa)
        decimals += is_digit & pointed
        digits += is_digit
        pointed |= is_point
    if (digits == 0).any() or (digits > _MAX_DIGITS).any():
        return None
    values: NDArray[np.float64] = mantissa / (10.0 ** np.arange(_MAX_DIGITS + 1))[decimals]
    np.negative(values, out=values, where=negative)
    return values


def _by_word(
    block: bytes, starts: NDArray[np.int64], ends: NDArray[np.int64], where: str, first_line: int
) -> NDArray[np.float64]:
    """The same, one word after the other: exponents, long mantissas, and the place of what is no number."""
    values = np.empty(starts.size)
    for index, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
        word = block[start:end]
        try:
            value = math.nan if b"_" in word else float(word)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            line = first_line + block.count(b"\n", 0, start)
            shown = word[:_WORD].decode("ascii", "replace")
            raise ValueError(f"{where}, line {line}: expected a finite number, found {shown!r}")
        values[index] = value
    return values
