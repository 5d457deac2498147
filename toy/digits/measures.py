"""What is measured of drawn digits, all against one reference of real ones that neither loop nor judge has seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import pdist

from generative.distances import frechet, kid, nearest_distance
from toy.digits.batch import CLASSES, ImageBatch
from toy.digits.judge import Judge

ACCEPTED = 0.5
"""The judge accepts an image to whose asked digit it gives at least this probability."""


@dataclass(frozen=True)
class Ruler:
    """judge, and the reference's features and per-digit diversity."""

    judge: Judge
    features: NDArray[np.float64]  # (R, d)
    labels: NDArray[np.int64]  # (R,)
    diversity: NDArray[np.float64]  # (10,) of the reference

    @classmethod
    def fit(cls, judge: Judge, reference: ImageBatch) -> Ruler:
        return cls(judge, judge.features(reference), reference.labels, diversity_by_digit(reference))

    def measure(self, batch: ImageBatch, train: ImageBatch | None = None) -> dict[str, Any]:
        """All measures of a batch.

        fid: Frechet distance of judge features to the reference, biased upward by small n (compare equal n, and the
            floor). fid_n, fid_d: samples and features. kid: unbiased, within digits.
        accepted: share of images to whose asked digit the judge gives a probability of 1/2 or more.
        diversity: mean over digits of the mean distance of two images of it [Euclidean, pixel range 1], over the
            reference's; diversity_lowest: the lowest digit's; diversity_by_digit: all ten.
        nearest_train: mean distance to the nearest training image [Euclidean]; 0 for copies.
        """
        features = self.judge.features(batch)
        distance = frechet(features, self.features)
        spread = diversity_by_digit(batch) / self.diversity
        measures: dict[str, Any] = {
            "fid": distance.value,
            "fid_n": min(distance.n),
            "fid_d": distance.d,
            "kid": self._kid(features, batch.labels),
            "accepted": float((self.judge.probability(batch) >= ACCEPTED).mean()),
            "diversity": float(np.nanmean(spread)),
            "diversity_lowest": float(np.nanmin(spread)),
            "diversity_by_digit": spread.tolist(),
        }
        if train is not None:
            measures["nearest_train"] = float(nearest_distance(batch.flat, train.flat).mean())
        return measures

    def kid(self, batch: ImageBatch) -> float:
        """Unbiased, so comparable between batches of different sizes; see `_kid`."""
        return self._kid(self.judge.features(batch), batch.labels)

    def _kid(self, features: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
        """Mean over the digits of the KID within a digit; nan where none has two images.

        Over all digits together it would not be unbiased: fixed shares of the digits make two images of one set less
        alike than two independent draws.
        """
        parts = [(features[labels == label], self.features[self.labels == label]) for label in range(CLASSES)]
        found = [kid(one, other) for one, other in parts if min(len(one), len(other)) > 1]
        return float(np.mean(found)) if found else float("nan")


def diversity_by_digit(batch: ImageBatch) -> NDArray[np.float64]:
    """Mean Euclidean distance of two images of the same digit, (10,); nan where there are fewer than two."""
    flat = batch.flat
    parts = [flat[batch.labels == label] for label in range(CLASSES)]
    return np.array([pdist(part).mean() if len(part) > 1 else np.nan for part in parts])
