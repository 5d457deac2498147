"""What is measured of a set of motions: likeness to held-out real motions, plausibility, agreement with captions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from generative.distances import agreement, chance_agreement, diversity, frechet, knn_labels, nearest_distance
from generative.judges.estimate import Estimate, mean_of
from generative.judges.fid import fid
from generative.judges.verdict import Row
from motion.batch import MotionBatch
from motion.evaluation.embedder import Embedder
from motion.evaluation.judging import judge_motions
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
            "action_accuracy_high": share.high,
            "action_chance": chance_agreement(found, asked),
        }

    def measure(
        self, batch: MotionBatch, train: NDArray[np.float64] | None, rng: np.random.Generator
    ) -> dict[str, float]:
        """All measures of a batch, NAME; where it is known with the ends of its 95 % interval, NAME_low and NAME_high.

        train: standardised kinematic features of the training motions, for the distance to the nearest of them.
        """
        features = self.kinematics(batch)
        measures = with_interval("frechet", fid(features, self.features))
        measures["diversity"] = diversity(features, _PAIRS, rng)
        measures |= plausibility_means(batch)
        if len(set(self.actions)) > 1:
            measures |= self.action_agreement(features, batch.actions)
        if train is not None:
            measures |= with_interval("nearest_train", mean_of(nearest_distance(features, train), features.shape[1]))
        return measures


def plausibility_means(batch: MotionBatch) -> dict[str, float]:
    """Means over motions of the plausibility measures, with intervals; units in `motion.plausibility`."""
    found = plausibility(decode(batch.features), batch.lengths)
    measures: dict[str, float] = {}
    for name in ("skating", "floating", "penetration", "jerk"):
        measures |= with_interval(name, mean_of(found[name][np.isfinite(found[name])], 0))
    return measures


def learned_measures(
    embedder: Embedder, batch: MotionBatch, reference: MotionBatch, train: MotionBatch
) -> dict[str, float]:
    """What a learned evaluator says of samples for their captions, with intervals; what is not known is left out.

    fid, kid, precision, recall, density, coverage, r_precision_1 to _3, matching_distance, memorised_share, c_t as in
    `generative.judges`; learned_diversity; fid_infinity from 260 motions on.
    """
    measures: dict[str, float] = {}
    for row in judge_motions(embedder, batch, reference, training=train, floors=False).rows:
        if np.isfinite(row.value):
            measures |= with_interval("learned_diversity" if row.name == "diversity" else row.name, row)
    return measures


def with_interval(name: str, found: Estimate | Row) -> dict[str, float]:
    """The value by its name, and the ends of its interval where they are known."""
    ends = {f"{name}_low": found.low, f"{name}_high": found.high}
    return {name: found.value, **{end: value for end, value in ends.items() if np.isfinite(value)}}
