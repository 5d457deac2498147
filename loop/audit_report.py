"""What an audit found: the strengths side by side, whether one gamma fits them, and whether the truth stays."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loop.retention import (
    ROUNDING,
    Bias,
    Interval,
    Retention,
    fieller,
    p_largest,
    settle,
    standard_error,
    strength,
    strengths,
)
from loop.student import quantile
from loop.two_sample import TwoSample

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Audit:
    """All results of one audit.

    rho, gamma: common to all directions (mean retention), with an interval; they mean something where `one_gamma`.
    spread: largest minus smallest rho_j; p_spread: of a departure from the common one beyond the tolerance by chance.
    slowest, smallest_gamma: the direction that keeps most; its interval holds for the smallest of all gamma_j at once.
    bias_distance: length of the standardised bias, in deviations of the truth; p_bias: Bonferroni over the moments.
    energy: the corrected truth against fresh samples of it, on the statistics scaled to deviation 1.
    picked, failed: shares of the samples of the truth.
    """

    corrector: Mapping[str, Any]
    directions: tuple[Retention, ...]
    moments: tuple[Bias, ...]
    rho: float
    rho_interval: Interval
    gamma: float
    gamma_interval: Interval
    spread: float
    p_spread: float
    slowest: str
    smallest_gamma: float
    smallest_interval: Interval
    bias_distance: float
    p_bias: float
    energy: TwoSample
    picked: float
    failed: float
    error_rate: float

    @property
    def one_gamma(self) -> bool:
        """One retention, between 0 and 1 within its interval, fits all directions."""
        low, high = self.rho_interval
        return self.p_spread >= self.error_rate and low <= 1 + ROUNDING and high >= -ROUNDING

    @property
    def linear(self) -> bool:
        """In every direction one slope fits all amplitudes."""
        return all(direction.linear for direction in self.directions)

    @property
    def moves_truth(self) -> bool:
        """The truth is no fixed point, by its moments or by the two-sample test."""
        return 2 * min(self.p_bias, self.energy.p) < self.error_rate

    @property
    def verdict(self) -> str:
        first = min(self.directions, key=lambda direction: round(direction.rho, 9))
        last = max(self.directions, key=lambda direction: round(direction.rho, 9))
        if self.one_gamma:
            text = f"gamma = {self.gamma:.4g} fits every direction"
        else:
            text = f"no gamma fits: retention from {first.rho:.4g} ({first.name}) to {last.rho:.4g} ({last.name})"
        bent = [direction.name for direction in self.directions if not direction.linear]
        if bent:
            text += f"; one slope does not fit all amplitudes of {', '.join(bent)}"
        if self.moves_truth:
            return f"{text}; the truth is moved by {self.bias_distance:.4g} deviations: the limit is wrong"
        return f"{text}; the truth stays"

    def to_json(self) -> dict[str, Any]:
        (rho_low, rho_high), (gamma_low, gamma_high) = self.rho_interval, self.gamma_interval
        smallest_low, smallest_high = self.smallest_interval
        return {
            "corrector": self.corrector, "verdict": self.verdict, "one_gamma": self.one_gamma, "linear": self.linear,
            "moves_truth": self.moves_truth, "rho": self.rho, "rho_low": rho_low, "rho_high": rho_high,
            "gamma": self.gamma, "gamma_low": gamma_low, "gamma_high": gamma_high,
            "spread": self.spread, "p_spread": self.p_spread, "slowest": self.slowest,
            "smallest_gamma": self.smallest_gamma, "smallest_gamma_low": smallest_low,
            "smallest_gamma_high": smallest_high, "bias_distance": self.bias_distance, "p_bias": self.p_bias,
            "energy_distance": self.energy.distance, "p_energy": self.energy.p, "picked": self.picked,
            "failed": self.failed, "directions": [direction.row() for direction in self.directions],
            "moments": [moment.row() for moment in self.moments],
        }  # fmt: skip


def summary(
    corrector: Mapping[str, Any],
    directions: tuple[Retention, ...],
    moments: tuple[Bias, ...],
    shift: Array,
    energy: TwoSample,
    ratios: tuple[Array, Array],
    *,
    picked: float,
    failed: float,
    level: float,
    error_rate: float,
    tolerance: float,
) -> Audit:
    """Joint statements about the directions.

    The common rho is the mean of the rho_j, its error from the mean of their influences (delta method). The interval of
    the smallest gamma_j: where every rho_j lies in its Fieller interval [l_j, u_j] of level 1 - (1-level)/J, which has
    probability at least `level` (Bonferroni), the largest lies in [max l_j, max u_j]. No selection bias is left.

    Args:
        shift: (R, K) standardised displacement of the truth's moments, per batch.
        ratios: denominators and numerators of the rho_j, each (R, J).
    """
    count = len(directions)
    rhos = np.array([direction.rho for direction in directions])
    draws = np.stack([direction.draws for direction in directions], axis=1)  # (R, J)
    common = draws.mean(axis=1)
    rho = settle(float(rhos.mean()))
    half = quantile(level, len(draws) - 1) * float(standard_error(common))
    p_spread = p_largest(rhos - rho, draws - common[:, None], tolerance)
    wide = 1 - (1 - level) / count
    joint = [fieller(ratios[1][:, j], ratios[0][:, j], wide) for j in range(count)]
    slowest = int(np.argmax(np.round(rhos, 9)))  # the first of those that differ by rounding only
    mean_shift = shift.mean(axis=0)
    return Audit(
        corrector, directions, moments, rho, (rho - half, rho + half), strength(rho),
        strengths((rho - half, rho + half)), settle(float(rhos.max() - rhos.min())), p_spread,
        directions[slowest].name, strength(float(rhos[slowest])),
        strengths((max(low for low, _ in joint), max(high for _, high in joint))),
        math.sqrt(float(mean_shift @ mean_shift)), p_largest(mean_shift, shift - mean_shift), energy, picked, failed,
        error_rate,
    )  # fmt: skip
