"""Does a sample fit its text? R-precision in pools of 32 and the matching distance, from embeddings in one space."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from generative.distances import Share
from generative.judges.estimate import Estimate, mean_of, require, with_error
from loop.seeds import stream

Float64 = NDArray[np.float64]
Remainder = Literal["fill", "drop"]

POOL = 32
TOP = (1, 2, 3)


@dataclass(frozen=True)
class TextMatch:
    """top: R-precision at 1, 2, 3. chance: what embeddings without any sense would reach. distance: mean distance of a
    text to its own sample. counted, left_out: texts that entered, and that the last, incomplete pool lost.
    """

    top: tuple[Estimate, ...]
    chance: tuple[float, ...]
    distance: Estimate
    counted: int
    left_out: int


def text_match(
    samples: Float64,
    texts: Float64,
    captions: Sequence[str] | None = None,
    *,
    pool: int = POOL,
    equal_captions_hit: bool = True,
    remainder: Remainder = "fill",
    seed: int = 0,
) -> TextMatch:
    """R-precision and matching distance of samples (n, d) and the embeddings (n, d) of the texts they were drawn for.

    The pairs are dealt at random into pools of 32. In each, the samples are ranked by their Euclidean distance to a
    text; a hit at k is a sample of that text within the first k. Equal distances are ranked in random order, in
    expectation: a generator that has collapsed to a point gets the chance level, not all or nothing.

    Args:
        captions: texts as strings; equal ones are one text, so another's sample of it is a hit too. That raises the
            chance level (k equal captions in a pool are k ways to hit), which is why it is reported beside.
        equal_captions_hit: False: only a text's own sample hits, as T2M has it.
        remainder: n is seldom a multiple of 32. "fill": the last pool is filled up with pairs of other pools as
            distractors that are not counted again, so each text counts once, in a whole pool. "drop": the last pool is
            left out, also of the matching distance, as T2M has it.

    The faithful T2M protocol: equal_captions_hit=False, remainder="drop".

    Intervals: the hits of a pool share its samples, so errors are taken between pools (t), and Wilson's interval of
    independent hits where that is wider (few pools, or all alike).

    Raises:
        ValueError: shapes do not fit, values not finite, or no such remainder; TooFew: not one whole pool.

    Source: Guo et al. 2022 (T2M).
    """
    n = len(samples)
    if samples.ndim != 2 or samples.shape != texts.shape:
        raise ValueError(f"samples and texts must have one shape (n, d), got {samples.shape} and {texts.shape}")
    if not (np.all(np.isfinite(samples)) and np.all(np.isfinite(texts))):
        raise ValueError("samples and texts must be finite, got nan or inf; drop those pairs")
    if captions is not None and len(captions) != n:
        raise ValueError(f"captions must be one per sample ({n}), got {len(captions)}")
    if remainder not in ("fill", "drop"):
        raise ValueError(f"remainder must be 'fill' or 'drop', got {remainder!r}; choose one of them")
    require(n, pool, "R-precision")
    codes = np.arange(n)
    if captions is not None and equal_captions_hit:
        codes = np.unique(np.asarray(captions, dtype=str), return_inverse=True)[1]
    pools, counts = _deal(n, pool, remainder, stream(seed, 0, "pools of texts"))
    distance = np.stack([cdist(texts[each], samples[each]) for each in pools])  # (P, text, sample)
    match = codes[pools][:, :, None] == codes[pools][:, None, :]
    hits = _hits(distance, match)  # (P, pool, k)
    top = tuple(_share(hits[..., place], counts, n, samples.shape[1]) for place in range(len(TOP)))
    chance = tuple(float(_chance(match.sum(axis=2)[counts], pool, k).mean()) for k in TOP)
    own = np.diagonal(distance, axis1=1, axis2=2)[counts]
    counted = int(counts.sum())
    return TextMatch(top, chance, mean_of(own, samples.shape[1]), counted, n - counted)


def _deal(
    n: int, pool: int, remainder: Remainder, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Indices of the pools, (P, pool), and which of them are counted: each of the n once, or not at all."""
    order = rng.permutation(n)
    whole = n // pool * pool
    pools, counts = order[:whole].reshape(-1, pool), np.ones((whole // pool, pool), bool)
    if remainder == "fill" and whole < n:
        left = order[whole:]
        others = rng.choice(order[:whole], size=pool - len(left), replace=False)
        pools = np.concatenate([pools, np.concatenate([left, others])[None]])
        counts = np.concatenate([counts, (np.arange(pool) < len(left))[None]])
    return pools, counts


def _hits(distance: Float64, match: NDArray[np.bool_]) -> Float64:
    """Probability of a hit at each k of TOP, equal distances in random order; (P, text, sample) twice -> (P, text, k).

    With c matches at the least distance of any match, e others at the same distance and l others nearer, the first k
    hold q = k - l of the c + e tied ones: they miss with probability C(e, q) / C(c + e, q).
    """
    best = np.where(match, distance, np.inf).min(axis=2, keepdims=True)
    nearer = (~match & (distance < best)).sum(axis=2)
    tied = distance == best
    c, e = (tied & match).sum(axis=2), (tied & ~match).sum(axis=2)
    found = np.zeros((*nearer.shape, len(TOP)))
    for place, k in enumerate(TOP):
        found[..., place] = np.where(k > nearer, 1 - _all_missed(c, e, k - nearer, k), 0.0)
    return found


def _all_missed(c: NDArray[np.int64], e: NDArray[np.int64], q: NDArray[np.int64], most: int) -> Float64:
    """C(e, q) / C(c + e, q): q drawn of c + e without one of the c; q <= most."""
    missed = np.ones(c.shape)
    for step in range(most):
        missed *= np.where(step < q, np.maximum(e - step, 0) / np.maximum(c + e - step, 1), 1.0)
    return missed


def _chance(matches: NDArray[np.int64], pool: int, k: int) -> Float64:
    return 1 - _all_missed(matches, pool - matches, np.full(matches.shape, k), k)


def _share(hits: Float64, counts: NDArray[np.bool_], n: int, d: int) -> Estimate:
    """Mean of the counted hits (P, pool); error between pools (Liang and Zeger), at least Wilson's."""
    counted, pools = int(counts.sum()), len(counts)
    value = float(hits[counts].mean())
    residual = (np.where(counts, hits - value, 0.0)).sum(axis=1)
    se = math.sqrt(pools / (pools - 1) * float((residual**2).sum())) / counted if pools > 1 else math.nan
    between = with_error(value, se, pools - 1, (n,), d)
    wilson = Share(round(value * counted), counted)
    low, high = np.fmin(between.low, wilson.low), np.fmax(between.high, wilson.high)
    return Estimate(value, se, max(float(low), 0.0), min(float(high), 1.0), (n,), d)
