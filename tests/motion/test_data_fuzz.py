"""Mutated files of every kind that is read: a clip, or one line that says what is wrong; never more.

Each case copies a small good folder, spoils one file, and reads it. What may come back is clips or a ValueError or
OSError of one line. Nothing is unpickled, nothing is written, and memory stays bounded.
"""

import gzip
import resource
import shutil
from pathlib import Path

import numpy as np
import pytest
from packs import MOST, read

NUMBERS = (b"nan", b"inf", b"-inf", b"1e308", b"-1e308", b"1e999", b"99999999999999999999", b"-1", b"0", b"1e-320",
           b"_1", b"2147483648", b"0x10", "٣".encode(), b"", b"1,5", b"1e9", b"1000001")  # fmt: skip
WORDS = (b"\x00", b"\xff\xfe", b"\n" * 40, b"{" * 3000, b"}", b"[" * 3000, b"#" * 50, b"../../etc/passwd",
         b"\r", b'"' * 9,
         b"JOINT x { OFFSET 0 0 0 CHANNELS 0 " * 1200, b"End Site", b"\xe2\x80\xa8", b"\x1b[31m",
         b"," * 500)  # fmt: skip


def spoil(data, rng):
    """The bytes of a file with one to three things wrong."""
    packed = data[:2] == b"\x1f\x8b" and rng.random() < 0.8
    text = bytearray(gzip.decompress(data) if packed else data)
    for _ in range(rng.integers(1, 4)):
        at = int(rng.integers(0, len(text) + 1))
        match rng.integers(0, 8):
            case 0:
                del text[at:]
            case 1 if text:
                text[min(at, len(text) - 1)] ^= 1 << int(rng.integers(0, 8))
            case 2:
                text[at:at] = WORDS[rng.integers(0, len(WORDS))]
            case 3:
                del text[at : at + int(rng.integers(1, 200))]
            case 4:
                text[at:at] = text[at : at + int(rng.integers(1, 2000))]
            case 5:
                text[at : at + 8] = rng.bytes(8)
            case _:  # one number, or one cell, becomes another
                words = [m for m in bytes(text).split() if m[:1].isdigit() or m[:1] == b"-"]
                if words:
                    word = words[int(rng.integers(0, len(words)))]
                    where = [k for k in range(len(text)) if text.startswith(word, k)] if len(text) < 3000 else []
                    start = where[int(rng.integers(0, len(where)))] if where else text.find(word, at)
                    start = text.find(word) if start < 0 else start
                    text[start : start + len(word)] = NUMBERS[rng.integers(0, len(NUMBERS))]
    return gzip.compress(bytes(text), 1, mtime=0) if packed else bytes(text)


def fuzz(folders, tmp_path, count, seed):
    rng = np.random.default_rng(seed)
    names = list(folders)
    files = {name: sorted(p.relative_to(folders[name]) for p in folders[name].rglob("*") if p.is_file())
             for name in names}  # fmt: skip
    for name in names:
        shutil.copytree(folders[name], tmp_path / name)
    limits = resource.getrlimit(resource.RLIMIT_AS)
    now = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + MOST, limits[1]))  # more is a MemoryError, which `read` refuses
    try:
        for case in range(count):
            name = names[case % len(names)]
            file = files[name][int(rng.integers(0, len(files[name])))]
            good = (folders[name] / file).read_bytes()
            bad = spoil(good, rng)
            path = tmp_path / name / file
            path.unlink()  # some file systems flush a file that is emptied and written anew, but not a new one
            path.write_bytes(bad)
            read(tmp_path / name, (case, name, str(file), bad[:300]), skip_bad=bool(case % 3 == 0))
            path.unlink()
            path.write_bytes(good)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limits)


def test_some_hundred_mutations(folders, tmp_path):
    fuzz(folders, tmp_path, 400, 1)


@pytest.mark.slow
def test_ten_thousand_mutations(folders, tmp_path):
    fuzz(folders, tmp_path, 10_000, 2)
