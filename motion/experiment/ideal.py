"""The ideal corrector of the theorem, for motion: every picked motion becomes a real one of the same condition."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loop import Corrected
from loop.corrector import Scope
from motion.batch import MotionBatch
from motion.features.hml263 import decode
from motion.text.words import words


@dataclass(frozen=True)
class FreshMotion:
    """Replaces a motion by a real one of the same action whose caption shares most words with its own.

    As near to a fresh draw from the truth, given the caption, as a finite stock of real motions allows; it needs the
    action labels, which no corrector of use would have. It shows what the theorem promises, not what can be had.

    stock: (how many are wanted, rng) -> real motions that neither the training nor the reference set holds.
    name: of the stock; enters the identity of a run.
    `moved` is the mean joint distance [m].
    """

    stock: Callable[[int, np.random.Generator], MotionBatch]
    name: str
    per_sample: int = 6
    scope: Scope = "sample"

    def __call__(self, batch: MotionBatch, rng: np.random.Generator) -> Corrected[MotionBatch]:
        n = len(batch)
        stock = self.stock(self.per_sample * n, rng)
        chosen, failed = matches(batch, stock, rng)
        features = stock.features[chosen].copy()
        features[np.arange(features.shape[1]) >= batch.lengths[:, None]] = 0
        features[failed] = batch.features[failed]
        inside = np.arange(features.shape[1]) < batch.lengths[:, None]
        distance = np.linalg.norm(decode(features) - decode(batch.features), axis=-1).mean(axis=-1)
        moved = np.where(inside, distance, 0.0).sum(axis=1) / inside.sum(axis=1)
        moved[failed] = 0.0
        return Corrected(batch.with_features(features), moved.astype(float), np.ones(n, bool), failed)

    def describe(self) -> dict[str, Any]:
        return {"name": "fresh-motion", "stock": self.name, "per_sample": self.per_sample}


def matches(
    batch: MotionBatch, stock: MotionBatch, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """For each motion one of the stock: same action, at least as long, most words in common; ties by lot.

    Returns:
        (n,) indices into the stock, and (n,) True where the stock has no motion of the action.
    """
    names = sorted({*batch.actions, *stock.actions})
    action = [np.array([names.index(label) for label in part.actions]) for part in (batch, stock)]
    fits = (action[0][:, None] == action[1][None, :]) & (batch.lengths[:, None] <= stock.lengths[None, :])
    vocabulary = sorted({word for part in (batch, stock) for text in part.captions for word in words(text)})
    column = {word: i for i, word in enumerate(vocabulary)}

    def bags(part: MotionBatch) -> NDArray[np.float64]:
        table = np.zeros((len(part), len(vocabulary)))
        for row, text in zip(table, part.captions, strict=True):
            row[[column[word] for word in words(text)]] = 1.0
        return table

    mine, theirs = bags(batch), bags(stock)
    common = mine @ theirs.T
    union = mine.sum(axis=1)[:, None] + theirs.sum(axis=1)[None, :] - common
    score = np.where(fits, common / union, -1.0)
    # Less than the smallest gap between two different shares of words, so it only decides ties.
    lot = rng.random(score.shape) * 1e-6
    return np.argmax(score + lot, axis=1), ~fits.any(axis=1)
