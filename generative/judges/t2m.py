"""The protocol of T2M, number by number: for comparison with published tables, not because it is the best one.

20 replications, each with samples drawn anew; mean and 1.96 s / sqrt(20); R-precision in pools of 32 of which the last,
incomplete one is dropped and only a text's own sample hits; FID against all real samples; diversity over 300 pairs and
multimodality over 10 pairs of 30 samples of each of 100 captions, pairs out of two draws without replacement that may
pair a sample with itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from generative.distances import check_pair, frechet
from generative.judges.estimate import require
from generative.judges.floor import T2M_REPLICATIONS, replicated
from generative.judges.spread import T2M_PAIRS, T2M_PAIRS_PER_CAPTION
from generative.judges.text_match import TOP, text_match
from generative.judges.verdict import Row, Verdict

Float64 = NDArray[np.float64]

NAMES = ("fid", "diversity", *(f"r_precision_{k}" for k in TOP), "matching_distance")


@dataclass(frozen=True)
class Drawn:
    """What one replication draws. samples, texts: (n, d). repeats: (captions, repeats, d), None where not measured."""

    samples: Float64
    texts: Float64
    repeats: Float64 | None = None


def t2m(
    draw: Callable[[np.random.Generator], Drawn],
    real: Float64,
    real_texts: Float64,
    *,
    replications: int = T2M_REPLICATIONS,
    seed: int = 0,
) -> Verdict:
    """T2M's table: rows with mean, and low and high of its 95 % interval; floor: the same of the real data.

    Args:
        draw: takes a generator and gives the embeddings of one replication. Where the samples are few and fixed it may
            give the same ones each time; then the interval only holds the choice of pools and pairs.
        real, real_texts: (m, d) of the test set. Its own FID, of all against all, is 0; T2M prints what shuffling
            leaves.

    Raises:
        ValueError: shapes do not fit, fewer than 2 replications; TooFew: fewer than 300 samples or 32 texts.
    """
    n, repeated = 0, False

    def measure(samples: Float64, texts: Float64, rng: np.random.Generator) -> list[float]:
        found = text_match(samples, texts, equal_captions_hit=False, remainder="drop", seed=int(rng.integers(2**31)))
        spread = _diversity(samples, rng)
        return [frechet(samples, real).value, spread, *(top.value for top in found.top), found.distance.value]

    def one(rng: np.random.Generator) -> list[float]:
        nonlocal n, repeated
        drawn = draw(rng)
        check_pair(drawn.samples, real)
        n, repeated = len(drawn.samples), drawn.repeats is not None
        row = measure(drawn.samples, drawn.texts, rng)
        return row if drawn.repeats is None else [*row, _multimodality(drawn.repeats, rng)]

    found = replicated(one, replications, seed)
    floor = replicated(lambda rng: measure(real, real_texts, rng), replications, seed)
    names = (*NAMES, "multimodality") if repeated else NAMES
    note = f"T2M: mean of {replications} replications, 1.96 s / sqrt({replications})"
    rows = []
    for place, name in enumerate(names):
        mean, half = float(found.mean[place]), float(found.t2m_half[place])
        known = place < len(NAMES)
        centre = float(floor.mean[place]) if known else float("nan")
        away = float(floor.t2m_half[place]) if known else float("nan")
        rows.append(
            Row(name, mean, mean - half, mean + half, (n, len(real)), real.shape[1], note, mean, centre,
                centre - away, centre + away, len(real))
        )  # fmt: skip
    return Verdict(tuple(rows), seed)


def _diversity(samples: Float64, rng: np.random.Generator) -> float:
    require(len(samples), T2M_PAIRS, "T2M's diversity")
    first, second = (rng.choice(len(samples), T2M_PAIRS, replace=False) for _ in range(2))
    return float(np.linalg.norm(samples[first] - samples[second], axis=1).mean())


def _multimodality(repeats: Float64, rng: np.random.Generator) -> float:
    require(repeats.shape[1], T2M_PAIRS_PER_CAPTION, "T2M's multimodality", "repeats")
    first, second = (rng.choice(repeats.shape[1], T2M_PAIRS_PER_CAPTION, replace=False) for _ in range(2))
    return float(np.linalg.norm(repeats[:, first] - repeats[:, second], axis=-1).mean())
