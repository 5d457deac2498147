"""Experiments by name: the sizes of a preset with the arms, seeds and generations that answer a question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

LAMS = ("0.25", "0.5", "0.75", "1")
"""Synthetic motions per real one, as in the paper's motion experiment."""
PAPER_ARMS = ("real", *(f"{kind}-{lam}" for lam in LAMS for kind in ("synthetic", "corrected")))
"""The nine arms of the paper: real data only; the real data kept and lam synthetic motions added, without and with
correction."""
_COMPARED = ("synthetic", "corrected", "prior", "physics+prior", "kinematic", "reground", "anchor", "ideal")


@dataclass(frozen=True)
class NamedExperiment:
    """What a name stands for. sizes: name of the preset, with another `n` where one is given. generations: after
    generation 0; None: the preset's. judge: whether a learned evaluator measures too."""

    sizes: str
    about: str
    arms: tuple[str, ...]
    seeds: tuple[int, ...] = (0,)
    generations: int | None = None
    n: int | None = None
    judge: bool = True


EXPERIMENTS: Mapping[str, NamedExperiment] = {
    "smoke": NamedExperiment(
        "smoke", "a minute or two: does it run", ("real", "synthetic", "corrected", "ideal"), judge=False
    ),
    "laptop": NamedExperiment(
        "laptop", "the paper's nine arms, and without real data: uncorrected, physics, physics and prior, ideal (half "
        "an hour a seed)", (*PAPER_ARMS, "synthetic", "corrected", "physics+prior", "ideal-g1"), n=64,
    ),
    "laptop-long": NamedExperiment(
        "laptop", "the paper's nine arms over its fifty generations (hours)", PAPER_ARMS, generations=50, n=64
    ),
    "verdict": NamedExperiment(
        "smoke", "eight seeds of every corrector, without real data and with it: decides the claims (an hour)",
        ("real", "synthetic-0.25", *_COMPARED, *(f"{kind}-1" for kind in _COMPARED)), tuple(range(8)), 6,
    ),
}  # fmt: skip


def experiment_named(name: str) -> NamedExperiment:
    """The experiment of that name.

    Raises:
        ValueError: there is none.
    """
    if name not in EXPERIMENTS:
        raise ValueError(f"preset must be one of {', '.join(EXPERIMENTS)}, got {name!r}; choose one of them")
    return EXPERIMENTS[name]
