"""Experiments by name: the sizes of a preset with the arms, seeds and generations that answer a question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LAMS = ("0.25", "0.5", "0.75", "1")
"""Synthetic motions per real one, as in the paper's motion experiment."""
PAPER_ARMS = ("real", *(f"{kind}-{lam}" for lam in LAMS for kind in ("synthetic", "corrected")))
"""The nine arms of the paper: real data only; the real data kept and lam synthetic motions added, without and with
correction."""
_COMPARED = ("synthetic", "corrected", "prior", "physics+prior", "kinematic", "reground", "anchor", "ideal")

PAPER_SIZES: Mapping[int, Mapping[str, Any]] = {
    64: {"n": 65, "first_steps": 5_000, "steps": 1_000},
    128: {"n": 129, "first_steps": 10_000, "steps": 1_000},
    256: {"n": 257, "first_steps": 20_000, "steps": 1_000},
    2794: {"n": 2794, "first_steps": 200_000, "steps": 40_000},
}
"""The paper's sizes by what it calls them: motions in its lists, steps of generation 0 and of later ones."""


@dataclass(frozen=True)
class NamedExperiment:
    """What a name stands for.

    sizes: name of the preset, with another `n` where one is given. generations: after generation 0; None: the preset's.
    schedule: of arms that do not say their own. each_n: what else an n means where only some are known.
    judge: whether a learned evaluator measures too.
    """

    sizes: str
    about: str
    arms: tuple[str, ...]
    seeds: tuple[int, ...] = (0,)
    generations: int | None = None
    n: int | None = None
    judge: bool = True
    schedule: str = "replace"
    each_n: Mapping[int, Mapping[str, Any]] | None = None

    def of_n(self, n: int | None) -> Mapping[str, Any]:
        """The fields of the preset that another number of motions changes.

        Raises:
            ValueError: a number of which nothing is known here.
        """
        if n is None:
            return {} if self.n is None else {"n": self.n}
        if self.each_n is None:
            return {"n": n}
        if n not in self.each_n:
            known = ", ".join(map(str, self.each_n))
            raise ValueError(
                f"--n must be one of the paper's, {known}, got {n}; others: --set n={n} first_steps=... steps=..."
            )
        return self.each_n[n]


EXPERIMENTS: Mapping[str, NamedExperiment] = {
    "smoke": NamedExperiment(
        "smoke", "a minute or two: does it run", ("real", "synthetic", "corrected", "ideal"), judge=False
    ),
    "laptop": NamedExperiment(
        "laptop", "the paper's nine arms, and without real data: uncorrected, physics, physics and prior, ideal (20 "
        "minutes a seed)", (*PAPER_ARMS, "synthetic", "corrected", "physics+prior", "ideal-g1"), n=64,
    ),
    "laptop-long": NamedExperiment(
        "laptop", "the paper's nine arms over its fifty generations (an hour)", PAPER_ARMS, generations=50, n=64
    ),
    "verdict": NamedExperiment(
        "smoke", "eight seeds of every corrector, without real data and with it: decides the claims (45 minutes)",
        ("real", "synthetic-0.25", *_COMPARED, *(f"{kind}-1" for kind in _COMPARED)), tuple(range(8)), 6,
    ),
    "paper": NamedExperiment(
        "paper", "the paper's own experiment: needs HumanML3D, CLIP's weights and a GPU", PAPER_ARMS, (42,),
        schedule="augment", each_n=PAPER_SIZES,
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
