"""The loop on a finite space: a law on the points 0 .. m-1, fitted by counting; curated, the loop of Ferbach et al.

Point by point the curation is the schedule's selector (`toy.selectors.Curation`); the ensemble draws counts from the
law that the choice has, p H_K (`theory.curation`), which is the same law.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import comb
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loop import ArrayBatch, Mixture, Problem, Request, kept_share, schedule_named
from loop.ensemble import BLOCK, Array, Block, State
from theory.curation import curate, divergence
from theory.updates import corrected, trained
from toy.cells import check_cells, described_cells, synthetic_counts
from toy.correctors import Redraw
from toy.laws import Finite, check_masses
from toy.selectors import TableReward, check_candidates

WAYS = 20_000
"""Most ways for K - 1 draws to fall on m points: the exact curation weight goes through all of them."""


def finite_measures(p: Array, truth: Array, reward: Array) -> dict[str, Array]:
    """Of laws p (..., m): mass of the points of highest reward, E e^reward, KL from the truth [nat], points lost."""
    best = reward == reward.max()
    return {
        "top_mass": p[..., best].sum(axis=-1),
        "reward": (p * np.exp(reward)).sum(axis=-1),
        "kl": divergence(p, np.broadcast_to(truth, p.shape)),
        "lost_points": ((p == 0) & (truth > 0)).sum(axis=-1).astype(float),
    }


@dataclass(frozen=True)
class FiniteSpaceProblem(Problem[NDArray[np.float64], ArrayBatch]):
    """n real points of law `truth`; rewards: one a point, for the measures. Batches are whole numbers, (n,)."""

    n: int = 100
    truth: tuple[float, ...] = (0.5, 0.5)
    rewards: tuple[float, ...] = (0.0, 1.0)

    def __post_init__(self) -> None:
        if self.n < 1:
            raise ValueError(f"n must be >= 1 real point, got {self.n}; choose a positive whole number")
        check_masses("truth", self.truth)
        TableReward(self.rewards)
        if len(self.rewards) != len(self.truth):
            raise ValueError(f"one reward per point, got {len(self.rewards)} for {len(self.truth)}; give as many")

    def describe(self) -> dict[str, Any]:
        return {"name": "finite", "n": self.n, "truth": list(self.truth), "rewards": list(self.rewards)}

    def data(self) -> dict[str, Any]:
        return {"name": f"a law on {len(self.truth)} points", "fingerprint": "drawn from the seed"}

    def ideal(self, gamma: float) -> Mixture[ArrayBatch]:
        """The ideal corrector of strength gamma."""
        return Mixture(Redraw(Finite(self.truth)), gamma)

    def real(self, generation: int, rng: np.random.Generator) -> ArrayBatch:
        return ArrayBatch(Finite(self.truth).draw(self.n, rng))

    def fit(
        self, previous: Array | None, training: ArrayBatch, rng: np.random.Generator, work: Path | None = None
    ) -> Array:
        return np.bincount(training.samples, minlength=len(self.truth)) / len(training)

    def sample(self, model: Array, request: Request[ArrayBatch], rng: np.random.Generator) -> ArrayBatch:
        return ArrayBatch(np.asarray(rng.choice(len(model), size=request.count, p=model), dtype=np.int64))

    def measure(
        self, model: Array, synthetic: ArrayBatch | None, corrected: ArrayBatch | None, rng: np.random.Generator
    ) -> Mapping[str, Any]:
        measured = finite_measures(model, np.asarray(self.truth), np.asarray(self.rewards))
        return {name: float(value) for name, value in measured.items()}

    def save(self, model: Array, folder: Path) -> None:
        np.save(folder / "masses.npy", model, allow_pickle=False)

    def load(self, folder: Path) -> Array:
        return np.asarray(np.load(folder / "masses.npy", allow_pickle=False))

    def load_batch(self, folder: Path) -> ArrayBatch:
        return ArrayBatch.load(folder)


@dataclass(frozen=True)
class FiniteEnsemble:
    """Cells of (gamma, lam): choose among K by reward (K = 1: no curation), then the ideal corrector; many seeds.

    State: `pool` (64, C, m), counts that a generation goes on from, and `law` (64, C, m). Cells share their real data;
    a cell's result does not depend on the others.
    """

    gammas: tuple[float, ...]
    lams: tuple[float, ...]
    n: int = 100
    truth: tuple[float, ...] = (0.5, 0.5)
    rewards: tuple[float, ...] = (0.0, 1.0)
    K: int = 1
    schedule: str = "augment"

    def __post_init__(self) -> None:
        FiniteSpaceProblem(self.n, self.truth, self.rewards)
        check_candidates(self.K, least=1)
        check_cells(self.gammas, self.lams, self.schedule, self.n, least=1)
        ways = comb(len(self.truth) + self.K - 2, self.K - 1)
        if ways > WAYS:
            raise ValueError(f"K - 1 draws on m points may fall in at most {WAYS} ways, got {ways}; lower K or m")

    @property
    def k(self) -> tuple[int, ...]:
        """Synthetic points per generation, one number per cell."""
        return synthetic_counts(self.schedule, self.lams, self.n)

    def describe(self) -> dict[str, Any]:
        problem = FiniteSpaceProblem(self.n, self.truth, self.rewards).describe()
        return {**described_cells(problem, self.gammas, self.lams, self.schedule, self.n), "K": self.K}

    def start(self, block: Block) -> State:
        counts = np.repeat(self._real(block, 0)[:, None], len(self.gammas), axis=1)
        return {"pool": counts, "law": counts / self.n}

    def step(self, state: State, generation: int, block: Block) -> State:
        rule = schedule_named(self.schedule, 1.0)
        which = rule.real_generation(generation)
        counts = self._synthetic(state["law"], generation, block)
        if which == 0:
            counts = counts + state["pool"]
        elif which is not None:
            counts = counts + self._real(block, which)[:, None]
        pool = counts if rule.history(generation + 1) else state["pool"]
        return {"pool": pool, "law": counts / counts.sum(axis=-1, keepdims=True)}

    def measure(self, state: State) -> Mapping[str, Array]:
        return finite_measures(state["law"], np.asarray(self.truth), np.asarray(self.rewards))

    def expected(self, generations: int) -> dict[str, Array]:
        """Population values of what is linear in the law, (generations + 1, C).

        Without curation they are the exact expectations for every n; with it, up to terms of order 1/n.
        """
        laws = np.stack([self.population(cell, generations) for cell in range(len(self.gammas))], axis=1)
        found = finite_measures(laws, np.asarray(self.truth), np.asarray(self.rewards))
        return {name: found[name] for name in ("top_mass", "reward")}

    def population(self, cell: int, generations: int) -> Array:
        """The law of each generation for infinitely many points, (generations + 1, m); same shares as with n."""
        truth, k = np.asarray(self.truth, dtype=float), self.k[cell]
        a = kept_share(self.gammas[cell])
        law = pool = truth
        path = [law]
        for generation in range(1, generations + 1):
            synthetic = corrected(self._chosen(law), truth, a=a)
            earlier = self.n + k * (generation - 1) if self.schedule == "accumulate" else self.n
            s = 1.0 if self.schedule == "replace" else k / (earlier + k)
            law = trained(pool, synthetic, s=s)
            law = law / law.sum()
            pool = law if self.schedule == "accumulate" else pool
            path.append(law)
        return np.stack(path)

    def _chosen(self, law: Array) -> Array:
        """The law of a kept candidate, (..., m)."""
        if self.K == 1:
            return law
        return curate(law, np.broadcast_to(np.asarray(self.rewards, dtype=float), law.shape), self.K)

    def _real(self, block: Block, generation: int) -> Array:
        """(64, m) counts of n real points."""
        return block.stream(generation, "real").multinomial(self.n, self.truth, size=BLOCK).astype(float)

    def _synthetic(self, law: Array, generation: int, block: Block) -> Array:
        """(64, C, m) counts of the corrected synthetic points."""
        found = []
        for cell, (gamma, k) in enumerate(zip(self.gammas, self.k, strict=True)):
            rng = block.stream(generation, "sample")  # every cell reads the same stream from its beginning
            kept = rng.binomial(k, kept_share(gamma), BLOCK)
            chosen = self._chosen(np.ascontiguousarray(law[:, cell]))  # alone: products round by the size of the batch
            found.append(rng.multinomial(kept, chosen) + rng.multinomial(k - kept, self.truth))
        return np.stack(found, axis=1).astype(float)
