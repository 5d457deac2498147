"""Selectors: keep n of K n candidates, before they are corrected. Curation by a reward, and rank by likelihood."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from loop import ArrayBatch
from toy.laws import Law

Array = NDArray[np.float64]


class Reward(Protocol):
    """r(x), in nats: among candidates x is chosen with probability proportional to e^r(x)."""

    def __call__(self, samples: NDArray[Any]) -> Array:
        """(n,) rewards of (n, ...) samples."""
        ...

    def describe(self) -> dict[str, Any]: ...


@dataclass(frozen=True)
class QuadraticReward:
    """r = -|x - centre|^2 / (2 tau2), for points (n, d)."""

    centre: tuple[float, ...]
    tau2: float

    def __post_init__(self) -> None:
        if not 0 < self.tau2 < np.inf or not np.isfinite(self.centre).all():
            raise ValueError(f"tau2 must be > 0 and the centre finite, got {self.tau2!r}, {self.centre!r}; choose such")

    def __call__(self, samples: NDArray[Any]) -> Array:
        return np.asarray(-np.sum((samples - np.asarray(self.centre)) ** 2, axis=1) / (2 * self.tau2))

    def describe(self) -> dict[str, Any]:
        return {"name": "quadratic", "centre": list(self.centre), "tau2": self.tau2}


@dataclass(frozen=True)
class TableReward:
    """One reward for each of the points 0 .. m-1."""

    values: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.values) < 1 or not np.isfinite(self.values).all():
            raise ValueError(f"rewards must be finite, one per point, got {self.values!r}; give large values for inf")

    def __call__(self, samples: NDArray[Any]) -> Array:
        return np.asarray(np.asarray(self.values)[samples], dtype=float)

    def describe(self) -> dict[str, Any]:
        return {"name": "table", "values": list(self.values)}


def check_candidates(K: int, least: int = 2) -> None:
    """Refuse a number of candidates per kept sample that leaves no choice."""
    if K < least:
        raise ValueError(f"K must be >= {least} candidates per kept sample, got {K}; one candidate leaves no choice")


def _enough(candidates: ArrayBatch, n: int, K: int) -> None:
    if len(candidates) != K * n:
        raise ValueError(f"{K * n} candidates are needed to keep {n}, got {len(candidates)}; draw K times as many")


@dataclass(frozen=True)
class _OneOfK:
    """What keeps one of K candidates per sample, on average."""

    K: int

    def __post_init__(self) -> None:
        check_candidates(self.K)

    @property
    def candidates_per_sample(self) -> int:
        return self.K


@dataclass(frozen=True)
class Curation(_OneOfK):
    """Ferbach et al. [2nd]: of each K candidates in a row one is kept, with probability proportional to e^reward.

    The kept samples are independent with law p H_K (`theory.curation.choice_weight`).
    """

    reward: Reward

    def __call__(self, candidates: ArrayBatch, n: int, rng: np.random.Generator) -> ArrayBatch:
        _enough(candidates, n, self.K)
        rewards = self.reward(candidates.samples)
        if not np.isfinite(rewards).all():
            raise ValueError(f"{int((~np.isfinite(rewards)).sum())} rewards are not finite; give finite samples")
        perturbed = rewards + rng.gumbel(size=len(rewards))  # the largest is the Bradley-Terry choice
        chosen = perturbed.reshape(n, self.K).argmax(axis=1)
        return candidates.take(np.arange(n) * self.K + chosen)

    def describe(self) -> dict[str, Any]:
        return {"name": "curation", "K": self.K, "reward": self.reward.describe()}


@dataclass(frozen=True)
class LikelihoodRank(_OneOfK):
    """Keeps the n most likely of all K n candidates under `law`, in their order; draws nothing."""

    law: Law

    def __call__(self, candidates: ArrayBatch, n: int, rng: np.random.Generator) -> ArrayBatch:
        _enough(candidates, n, self.K)
        density = self.law.log_density(candidates.samples)
        if np.isnan(density).any():
            raise ValueError(f"{int(np.isnan(density).sum())} log-densities are nan; give finite samples")
        best = np.argsort(-density, kind="stable")[:n]
        return candidates.take(np.sort(best))

    def describe(self) -> dict[str, Any]:
        return {"name": "likelihood-rank", "K": self.K, "law": self.law.describe()}
