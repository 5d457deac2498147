"""Network-free Frechet distance of changed real motions to other real ones, over that of two real halves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from generative.distances import frechet
from loop.seeds import stream
from motion.evaluation.over_clips import UNKNOWN, Mean

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

SPLITS = 8
"""Ways to halve the captures; distances are means over them."""
_LEFT_OUT = 10
"""Groups of captures of which the jackknife leaves out one at a time."""


@dataclass(frozen=True)
class OverFloor:
    """ratio: distance of the changed half of the motions to the other half, over `floor`, the distance of the two
    halves as they were; jackknife error. same: distance of all motions to themselves changed, which no sampling blurs.
    """

    ratio: Mean
    floor: float
    same: float


def over_floor(before: Floats, after: Floats, captures: Sequence[str], seed: int = 0) -> OverFloor:
    """Of standardised features (n, d) of the same motions as they were and changed.

    No capture stands in both halves. With few motions a half (below some times d) floor and distance are mostly the
    bias of few samples, which pulls the ratio to 1: then look at `same`. nan with fewer than 8 captures.
    """
    names, codes = np.unique(np.array(captures, dtype=str), return_inverse=True)
    same = frechet(after, before).value
    if len(names) < 8:
        return OverFloor(UNKNOWN, math.nan, same)
    sides = np.array([_half(len(names), seed, i)[codes] for i in range(SPLITS)])  # (SPLITS, n)
    everything = np.ones(len(before), bool)
    distance, floor = _distances(before, after, sides, everything)
    groups = min(_LEFT_OUT, len(names))
    place = np.empty(len(names), dtype=np.int64)
    place[stream(seed, 0, "frechet floor: jackknife").permutation(len(names))] = np.arange(len(names)) % groups
    kept = [place[codes] != group for group in range(groups)]
    ratios = np.array([_ratio(*_distances(before, after, sides, part)) for part in kept])
    se = float(np.sqrt((groups - 1) / groups * ((ratios - ratios.mean()) ** 2).sum()))
    return OverFloor(Mean(_ratio(distance, floor), se, len(before)), floor, same)


def _half(names: int, seed: int, index: int) -> Bools:
    """(names,) True for a random half."""
    side = np.zeros(names, bool)
    side[stream(seed, index, "frechet floor").permutation(names)[: names // 2]] = True
    return side


def _distances(before: Floats, after: Floats, sides: Bools, kept: Bools) -> tuple[float, float]:
    """Distance and floor, means over splits and over which half is the changed one."""
    found = []
    for side in sides:
        for one in (side, ~side):
            changed, other = one & kept, ~one & kept
            against = before[other]
            found.append((frechet(after[changed], against).value, frechet(before[changed], against).value))
    distance, floor = np.mean(found, axis=0)
    return float(distance), float(floor)


def _ratio(distance: float, floor: float) -> float:
    return distance / floor if floor > 0 else math.nan
