"""What a theorem needs: named inequalities with both sides, and the error for where it says nothing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real
from typing import Any

from theory import updates

TAGS: dict[str, str] = {
    "P": "read in the primary text",
    "2nd": "read in a third-party note that quotes the paper",
    "abs": "only the abstract was available",
    "R": "reconstructed, consistent with our algebra",
    "D": "derived and verified for this project",
    "H": "heuristic",
}


@dataclass(frozen=True)
class Hypothesis:
    """One inequality a statement rests on: `name` in words, both sides as numbers, and whether it holds."""

    name: str
    left: float
    right: float
    holds: bool


class HypothesisError(ValueError):
    """A theorem was asked about a loop that it does not cover; `failed` holds the inequalities that do not hold."""

    def __init__(self, message: str, *failed: Hypothesis) -> None:
        super().__init__(message)
        self.failed = failed


def below(name: str, left: float, right: float) -> Hypothesis:
    """The hypothesis left < right."""
    return Hypothesis(name, left, right, left < right)


def number(value: Any) -> float:
    """`value` as a float; nan, which fails every comparison, for what is no real number (text, bool, array)."""
    if isinstance(value, bool) or not isinstance(value, Real):
        return math.nan
    try:
        return float(value)
    except OverflowError:  # a whole number beyond all floats
        return math.nan


def kept_share(gamma: float) -> float:
    """a = 1/(1+gamma); 0 for gamma = inf.

    Raises:
        ValueError: gamma is negative, nan or no number.
    """
    if not number(gamma) >= 0:
        raise ValueError(f"gamma must be >= 0 (0 = no correction, inf = always), got {gamma!r}; choose such a value")
    return float(updates.kept_share(gamma))


def synthetic_share(lam: float) -> float:
    """s = lam/(1+lam); 1 for lam = inf.

    Raises:
        ValueError: lam is negative, nan or no number.
    """
    if not number(lam) >= 0:
        raise ValueError(
            f"lam must be >= 0 (synthetic samples per real one, inf = no real data), got {lam!r}; choose such a value"
        )
    return 1.0 if math.isinf(lam) else float(updates.synthetic_share(lam))


def shares(lam: float, gamma: float) -> tuple[float, float]:
    """(s, a) of a loop that has an attracting fixed point.

    Raises:
        ValueError: lam or gamma is negative or nan.
        HypothesisError: lam = inf with gamma = 0.
    """
    s, a = synthetic_share(lam), kept_share(gamma)
    if math.isinf(lam) and gamma == 0:
        raise HypothesisError(
            "no real data and no correction: no attracting fixed point (lam = inf, gamma = 0); "
            "take a finite lam or gamma > 0"
        )
    return s, a


def whole(name: str, value: float, least: int, way_out: str) -> int:
    """`value` as an int.

    Raises:
        ValueError: it is no whole number (nor is True), or below `least`.
    """
    exact = number(value)
    if not (exact >= least and exact.is_integer()):
        raise ValueError(f"{name} must be a whole number >= {least}, got {value!r}; {way_out}")
    return int(value)


def strengths(lam: float, gamma: float) -> tuple[float, float, tuple[Hypothesis, ...]]:
    """`shares` with the hypotheses on lam and gamma that it checked.

    Raises:
        ValueError, HypothesisError: as `shares`.
    """
    s, a = shares(lam, gamma)
    attracts = (
        Hypothesis("gamma > 0, as lam = inf", gamma, 0.0, True)
        if math.isinf(lam)
        else Hypothesis("lam < inf (or gamma > 0)", lam, math.inf, True)
    )
    return s, a, (Hypothesis("lam >= 0", lam, 0.0, True), Hypothesis("gamma >= 0", gamma, 0.0, True), attracts)
