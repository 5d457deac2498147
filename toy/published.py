"""Numbers of the authors' Gaussian toy and of its sampler variants, and the tests that hold our runs against them.

GOLDEN: W2 of the authors' published script over ten seeds (0 to 9), with its sampler replaced by one that reads the
same random stream faster; the two agree to the last digit over 20 generations, and to the printed digits at generations
100 and 500 where the script itself was run to the end. numpy 2.4.6, scipy 1.17.1.
IDEAL: W2 after 500 generations with the ideal mixture in place of that sampler, 12 runs of a separate implementation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]
GAMMAS = (0.0, 0.01, 0.03, 0.1, 0.3, 1.0, 2.0, 5.0)
GOLDEN_RUNS = 10
GOLDEN: dict[int, tuple[tuple[float, float], ...]] = {
    100: (
        (0.4911, 0.0553), (0.4825, 0.0747), (0.4478, 0.0498), (0.3816, 0.0577),
        (0.2572, 0.0326), (0.1331, 0.0289), (0.0945, 0.0277), (0.0505, 0.0121),
    ),
    500: (
        (0.5745, 0.0420), (0.5479, 0.0352), (0.4993, 0.0297), (0.4063, 0.0282),
        (0.2706, 0.0152), (0.1305, 0.0113), (0.0790, 0.0112), (0.0389, 0.0119),
    ),
}  # fmt: skip
"""generation -> (mean, standard deviation) of W2 for each of `GAMMAS`."""
IDEAL_RUNS = 12
IDEAL = {0.0: 0.393, 0.1: 0.173, 1.0: 0.037, 5.0: 0.028}


@dataclass(frozen=True)
class Comparison:
    """One measured mean against a reference value: `score` in standard errors of the difference, allowed to `bound`."""

    what: str
    gamma: float
    generation: int
    measured: float
    reference: float
    score: float
    bound: float

    @property
    def agrees(self) -> bool:
        return abs(self.score) < self.bound


def against_golden(w2: Floats, gammas: tuple[float, ...] = GAMMAS) -> list[Comparison]:
    """Our W2, (generations + 1, runs, cells of `gammas`), against the ten seeds, at generations that were reached.

    t = difference / (sd sqrt(1/10 + 1/runs)) with the ten seeds' sd, so 9 degrees of freedom; two-sided, Bonferroni at
    1 % over all 16 comparisons (|t| < 5.1).
    """
    bound = float(special.stdtrit(GOLDEN_RUNS - 1, 1 - 0.01 / (2 * len(GOLDEN) * len(GAMMAS))))
    runs = w2.shape[1]
    found = []
    for generation, table in GOLDEN.items():
        if generation < len(w2):
            for cell, gamma in enumerate(gammas):
                mean, sd = table[GAMMAS.index(gamma)]
                ours = float(w2[generation, :, cell].mean())
                score = (ours - mean) / (sd * np.sqrt(1 / GOLDEN_RUNS + 1 / runs))
                found.append(Comparison("W2", gamma, generation, ours, mean, float(score), bound))
    return found


def against_ideal(curves: Mapping[str, Floats], mean_product_theory: Floats) -> list[Comparison]:
    """The ideal mixture on the same schedule: W2 against `IDEAL`, and the mean's memory against the mean field.

    W2: the spread of those 12 runs is taken to be that of ours. Memory: E (mu - mu*).(mu_real - mu*)/d is exact.
    Two-sided, Bonferroni at 1 % over all comparisons; none below generation 500 or with one run.
    """
    w2, product = curves["w2"], curves["mean_product"]
    last, runs = len(w2) - 1, w2.shape[1]
    if last < 500 or runs < 2:
        return []
    bound = -float(special.ndtri(0.01 / (2 * (len(IDEAL) + len(GAMMAS)))))
    found = []
    for gamma, value in IDEAL.items():
        sample = w2[500, :, GAMMAS.index(gamma)]
        score = (sample.mean() - value) / (sample.std(ddof=1) * np.sqrt(1 / IDEAL_RUNS + 1 / runs))
        found.append(Comparison("W2", gamma, 500, float(sample.mean()), value, float(score), bound))
    for cell, gamma in enumerate(GAMMAS):
        sample, exact = product[500, :, cell], float(mean_product_theory[500, cell])
        score = (sample.mean() - exact) / (sample.std(ddof=1) / np.sqrt(runs))
        found.append(Comparison("mean product", gamma, 500, float(sample.mean()), exact, float(score), bound))
    return found
