"""Named settings of the Gaussian loop: the published figures, and what they would have shown."""

from __future__ import annotations

from dataclasses import dataclass

from theory.mad import FIGURE_LIMITS
from toy.ensembles import SideBySide, gaussian_loop
from toy.gaussian_ensemble import GaussianEnsemble
from toy.histogram import FORMS
from toy.points_ensemble import PointsEnsemble
from toy.published import GAMMAS

Ensemble = GaussianEnsemble | PointsEnsemble | SideBySide


@dataclass(frozen=True)
class Part:
    """One ensemble of a preset. folder: its name below the preset's own, "" for the preset's folder itself."""

    folder: str
    label: str
    loop: Ensemble


@dataclass(frozen=True)
class Preset:
    """runs: by default. title: of its figure and table."""

    name: str
    title: str
    parts: tuple[Part, ...]
    generations: int
    runs: int


def _official(form: str) -> Preset:
    loop = gaussian_loop(GAMMAS, (0.5,), schedule="ramp-accumulate", corrector=f"histogram-{form}")
    words = {"official": "re-enacted", "floorfix": "with bins looked up by floor", "exact": "drawn without rejection"}
    title = f"The authors' Gaussian toy, its sampler {words[form]}"
    return Preset("official-gaussian", title, (Part("", form, loop),), 500, 256)


def _exact() -> Preset:
    loop = gaussian_loop(GAMMAS, (0.5,), schedule="ramp-accumulate")
    return Preset(
        "exact-gaussian", "The authors' Gaussian toy with the ideal mixture", (Part("", "ideal", loop),), 500, 256
    )


def _mad() -> Preset:
    parts = tuple(
        Part(f"bias-{bias:g}-first-{first}", f"b = {bias:g}, first fit on {first}",
             gaussian_loop((0.0,), (9.0,), 100, 100, "fresh", "mixture", "unbiased", bias, first))
        for bias in FIGURE_LIMITS
        for first in (100, 1000)
    )  # fmt: skip
    return Preset("mad", "MAD's fresh-data loop, d = 100, 100 real and 900 synthetic points", parts, 60, 64)


PRESETS = ("official-gaussian", "exact-gaussian", "mad")


def preset(name: str, sampler: str = "official") -> Preset:
    """The preset `name`.

    Args:
        sampler: of official-gaussian alone, one of `toy.histogram.FORMS`.

    Raises:
        ValueError: unknown name or sampler, or a sampler for a preset that has none.
    """
    if name not in PRESETS:
        raise ValueError(f"preset must be one of {', '.join(PRESETS)}, got {name!r}; choose one of them")
    if sampler not in FORMS:
        raise ValueError(f"sampler must be one of {', '.join(FORMS)}, got {sampler!r}; choose one of them")
    if name == "official-gaussian":
        return _official(sampler)
    if sampler != "official":
        raise ValueError(f"sampler belongs to official-gaussian, {name} has none; leave it out")
    return _exact() if name == "exact-gaussian" else _mad()
