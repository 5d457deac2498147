"""What is measured of a set of motions: likeness to held-out real motions, plausibility, agreement with captions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from generative.distances import agreement, chance_agreement, diversity, frechet, knn_labels, nearest_distance
from motion.batch import MotionBatch
from motion.evaluation.kinematics import Standardiser, kinematic_features
from motion.features.hml263 import decode
from motion.plausibility import measure as plausibility

_PAIRS = 300  # of the diversity, as in the field


@dataclass(frozen=True)
class Ruler:
    """Measures motions against one reference set, standardised by it, so that all arms share one ruler."""

    standardiser: Standardiser
    features: NDArray[np.float64]  # (R, d) standardised kinematic features of the reference
    actions: tuple[str, ...]

    @classmethod
    def fit(cls, reference: MotionBatch) -> Ruler:
        raw = kinematic_features(decode(reference.features), reference.lengths)
        standardiser = Standardiser.fit(raw)
        return cls(standardiser, standardiser.apply(raw), reference.actions)

    def kinematics(self, batch: MotionBatch) -> NDArray[np.float64]:
        """Standardised kinematic features, (n, d)."""
        return self.standardiser.apply(kinematic_features(decode(batch.features), batch.lengths))

    def frechet(self, batch: MotionBatch) -> float:
        """Network-free Frechet distance of kinematic features to the reference; biased by small n (compare equal n)."""
        return frechet(self.kinematics(batch), self.features).value

    def action_agreement(self, features: NDArray[np.float64], asked: tuple[str, ...]) -> dict[str, float]:
        """How often the 5 nearest real motions show the action that was asked for, and how often by chance.

        action_accuracy, action_accuracy_low: share and the lower end of its 95 % interval; action_chance: agreement
        that the same labels would reach without any relation.
        """
        found = knn_labels(self.features, self.actions, features, k=min(5, len(self.features)))
        share = agreement(found, asked)
        return {
            "action_accuracy": share.rate,
            "action_accuracy_low": share.low,
            "action_chance": chance_agreement(found, asked),
        }

    def measure(
        self, batch: MotionBatch, train: NDArray[np.float64] | None, rng: np.random.Generator
    ) -> dict[str, float]:
        """All measures of a batch.

        train: standardised kinematic features of the training motions, for the distance to the nearest of them.
        """
        features = self.kinematics(batch)
        measures = {
            "frechet": frechet(features, self.features).value,
            "diversity": diversity(features, _PAIRS, rng),
        }
        measures |= plausibility_means(batch)
        if len(set(self.actions)) > 1:
            measures |= self.action_agreement(features, batch.actions)
        if train is not None:
            measures["nearest_train"] = float(np.mean(nearest_distance(features, train)))
        return measures


def plausibility_means(batch: MotionBatch) -> dict[str, float]:
    """Means over motions of the plausibility measures; units in `motion.plausibility`."""
    found = plausibility(decode(batch.features), batch.lengths)
    return {name: float(np.nanmean(found[name])) for name in ("skating", "floating", "penetration", "jerk")}
