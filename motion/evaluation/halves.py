"""Real motions in two halves: one to tune a corrector on, one to report it on.

A unit (a subject of the CMU pack, a clip of another pack) belongs to its half by its name alone, so neither order nor
company nor a later addition moves it. The two halves share no subject and no clip. Not all is independent all the same:
CMU's subjects 60 and 61 danced with each other, and stand in different halves; Bandai-Namco's clips are few actors'.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Literal

from motion.data.clip import Clip

Half = Literal["tune", "report"]
HALVES: tuple[Half, Half] = ("tune", "report")
_SALT = 4
"""The first whole number that gives each half of CMU 45 to 55 % of the windows, one of the two dancers, and one of the
four walkers; chosen by counting windows, before anything was measured."""


def unit_of(source: str, name: str) -> str:
    """What must not be parted: the subject of a CMU trial ("60_01" and its cuts "60_01@80"), elsewhere the clip.

    Args:
        source: the pack. name: a clip's or a cut's.
    """
    clip = name.rpartition("@")[0] or name
    return f"{source}/{clip.partition('_')[0] if source == 'cmu' else clip}"


def half_of(unit: str) -> Half:
    """The half of a unit, by a hash of its name."""
    return HALVES[1 - (hashlib.sha256(f"{_SALT}/{unit}".encode()).digest()[0] & 1)]


def in_half(clips: Sequence[Clip], half: Half) -> tuple[Clip, ...]:
    """The clips or cuts of one half, in their order.

    Raises:
        ValueError: there is no such half.
    """
    if half not in HALVES:
        raise ValueError(f"half must be 'tune' or 'report', got {half!r}; choose one of them")
    return tuple(clip for clip in clips if half_of(unit_of(clip.source, clip.name)) == half)
