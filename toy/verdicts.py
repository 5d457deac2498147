"""What a preset's curves say about published numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from loop.ensemble import Array, Curves
from theory.mad import FIGURE_LIMITS
from toy import published
from toy.presets import Preset
from toy.published import Comparison
from toy.report import theory_arrays


@dataclass(frozen=True)
class Verdict:
    """comparisons: one row each. words: what they say together. as_expected: whether it is what should be."""

    title: str
    comparisons: tuple[Comparison, ...]
    words: str
    as_expected: bool

    def rows(self) -> list[dict[str, Any]]:
        """The comparisons as JSON."""
        return [{**vars(one), "agrees": one.agrees} for one in self.comparisons]


def reference_arrays(preset: Preset, generations: int) -> dict[str, Array]:
    """Published means that the preset's figure shows: reference_generation (R,), reference_w2 and its standard error
    reference_se, each (R, C). Empty where there are none."""
    if preset.name != "official-gaussian":
        return {}
    reached = [generation for generation in published.GOLDEN if generation <= generations]
    if not reached:
        return {}
    table = np.array([published.GOLDEN[generation] for generation in reached]).reshape(len(reached), -1, 2)
    return {
        "reference_generation": np.array(reached, dtype=float),
        "reference_w2": table[..., 0],
        "reference_se": table[..., 1] / np.sqrt(published.GOLDEN_RUNS),
    }


def verdict(preset: Preset, curves: Sequence[Curves]) -> Verdict:
    """Judge the curves of the preset's parts; too few generations or runs are no evidence, and say so."""
    if preset.name == "mad":
        return _mad(preset, curves)
    if preset.name == "exact-gaussian":
        theory = theory_arrays(preset.parts[0].loop, len(curves[0]["w2"]) - 1)["mean_product_theory"]
        found = published.against_ideal(curves[0], theory)
        title = "against 12 runs of another implementation (W2) and the exact mean field"
        return judged(title, found, wanted=True)
    found = published.against_golden(curves[0]["w2"])
    sampler = preset.parts[0].label
    title = "against ten runs of the authors' code, t with 9 degrees of freedom"
    if sampler == "official" or not found:
        return judged(title, found, wanted=True)
    weak = [one for one in found if one.gamma == 0]
    rejected = any(not one.agrees for one in weak)
    words = f"the sampler {sampler} is {'' if rejected else 'not '}told apart from the authors' at gamma = 0"
    return Verdict(title, tuple(found), words, rejected)


def judged(title: str, found: list[Comparison], wanted: bool) -> Verdict:
    """Whether all comparisons agree, in words."""
    if not found:
        return Verdict(title, (), "too few generations or runs for a comparison", True)
    agree = sum(one.agrees for one in found)
    worst = max(abs(one.score) for one in found)
    words = f"{agree} of {len(found)} agree, largest |score| {worst:.2f}, bound {found[0].bound:.2f}"
    return Verdict(title, tuple(found), words, (agree == len(found)) is wanted)


def _mad(preset: Preset, curves: Sequence[Curves]) -> Verdict:
    """W2^2 at the end against the figure's limits, which are given to within 1: score = difference, bound 1."""
    found = []
    for part, curve in zip(preset.parts, curves, strict=True):
        last = len(curve["w2"]) - 1
        if last >= preset.generations:
            limit, value = FIGURE_LIMITS[part.loop.problem.bias], float((curve["w2"][last] ** 2).mean())
            found.append(Comparison(f"W2^2, {part.label}", 0.0, last, value, limit, value - limit, 1.0))
    return judged("against the limits of MAD's figure, score = difference", found, wanted=True)
