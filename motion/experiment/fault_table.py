"""Which measure sees which planted fault: each against what it says of real motions, replication by replication.

All sets are dealt from one pool of real motions, each with the same number of every action, as samples are in an
experiment that asks for them by the captions of held-out motions. So, given the pool, faultless replications are draws
of one law: the next one lies outside the range of R of them with probability 2 / (R + 1) at most (less where values are
equal), whatever the measure. With R = 199 that is one in a hundred.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from generative.distances import agreement, frechet, knn_labels
from generative.judges.fid import fid_infinity
from generative.judges.kernel import kid_with_error
from generative.judges.memorisation import statistics
from generative.judges.neighbours import NAMES, shares
from generative.judges.pairs import nearest
from generative.judges.spread import diversity_with_error, multimodality
from generative.judges.text_match import TOP, text_match
from loop.progress import Report, silent
from loop.seeds import stream
from motion.batch import MotionBatch
from motion.data.mirror import swap_sides
from motion.evaluation.embedder import Embedder
from motion.evaluation.kinematics import Standardiser, kinematic_features
from motion.evaluation.planted import NEARLY, PLANTED
from motion.evaluation.rules import kind_of
from motion.features.hml263 import decode
from motion.plausibility import measure as plausibility

Float64 = NDArray[np.float64]
Ints = NDArray[np.int64]

REPLICATIONS = 199
"""Faultless replications whose range is the 99 % range."""
PLAUSIBLE = ("skating", "floating", "penetration", "jerk", "bone_variation", "contact_consistency", "unsupported")
MISSING, COPIES = "one action missing", "copies"
SHUFFLED = "captions ignored"


@dataclass(frozen=True)
class Seen:
    """Motions as the measures read them, once: points, texts (n, d), kinematics (n, 139), plausibility, kinds."""

    batch: MotionBatch
    points: Float64
    texts: Float64
    kinematics: Float64
    plausible: Mapping[str, NDArray[np.floating[Any]]]
    kinds: tuple[str, ...]

    @classmethod
    def of(cls, batch: MotionBatch, embedder: Embedder) -> Seen:
        joints = decode(batch.features)
        return cls(
            batch, embedder.motions(batch), embedder.captions(batch.captions),
            kinematic_features(joints, batch.lengths), plausibility(joints, batch.lengths),
            tuple(kind_of(one[:length]) for one, length in zip(joints, batch.lengths, strict=True)),
        )  # fmt: skip


@dataclass(frozen=True)
class Deal:
    """Rows of the pool: samples (what the generator would be), held_out and training, each of n, without a common one.

    asked: rows whose captions the samples were drawn for.
    """

    samples: Ints
    held_out: Ints
    training: Ints
    asked: Ints


@dataclass(frozen=True)
class Table:
    """values: (q,) of each fault. low, high: (q,) range of the faultless. null: (K, q) of further faultless ones.

    rate: chance that a further faultless value lies outside. about: what each fault is, in words.
    """

    measures: tuple[str, ...]
    low: Float64
    high: Float64
    values: Mapping[str, Float64]
    null: Float64
    rate: float
    about: Mapping[str, str] = field(default_factory=dict)

    def outside(self, values: Float64) -> NDArray[np.bool_]:
        """Which values (..., q) lie outside the range; one that is not known does not."""
        return np.asarray((values < self.low) | (values > self.high))

    def caught_by(self, fault: str) -> tuple[str, ...]:
        return tuple(np.array(self.measures)[self.outside(self.values[fault])].tolist())


def measured(samples: Seen, pool: Seen, deal: Deal) -> dict[str, float]:
    """All measures of one deal; `samples` is the pool as the fault left it."""
    s, h, t, asked = deal.samples, deal.held_out, deal.training, deal.asked
    points, real, train = samples.points[s], pool.points[h], pool.points[t]
    texts, captions = pool.texts[asked], [pool.batch.captions[i] for i in asked]
    actions = tuple(pool.batch.actions[i] for i in asked)
    found = {
        "fid": frechet(points, real).value,
        "fid_infinity": fid_infinity(points, real, groups=0).value,
        "kid": kid_with_error(points, real).value,
        **dict(zip(NAMES, shares(points, real), strict=True)),
        "diversity": diversity_with_error(points).value,
        "multimodality": _within_actions(points, actions),
    }
    match = text_match(points, texts, captions)
    found |= {f"r_precision_{k}": top.value for k, top in zip(TOP, match.top, strict=True)}
    found["matching_distance"] = match.distance.value
    copied = statistics(nearest(points, train), nearest(real, train))
    found |= {"memorised_share": float(copied[0]), "c_t": float(copied[1])}
    found |= _kinematic(samples.kinematics[s], pool.kinematics[h], pool.kinematics[t], deal, pool.batch, actions)
    for name in PLAUSIBLE:
        found[name] = float(np.nanmean(samples.plausible[name][s]))
    found["bone_variation"] = round(found["bone_variation"], 3)  # [%]: rounding of single precision is no tell
    kinds = tuple(samples.kinds[i] for i in s)
    found["rule_action"] = agreement(kinds, actions).rate
    # Of the motions whose action is right but for its side: how often the side is right too.
    sided = [(k, a) for k, a in zip(kinds, actions, strict=True) if swap_sides(a) != a and k in (a, swap_sides(a))]
    found["rule_side"] = float(np.mean([k == a for k, a in sided])) if sided else np.nan
    return found


def _within_actions(points: Float64, actions: Sequence[str]) -> float:
    """Multimodality with an action in place of a caption, equally many samples of each."""
    labels = np.asarray(actions)
    rows = [np.flatnonzero(labels == action) for action in sorted(set(actions))]
    fewest = min(len(one) for one in rows)
    if len(rows) < 2 or fewest < 2:
        return float("nan")
    return multimodality(np.stack([points[one[:fewest]] for one in rows])).value


def _kinematic(
    samples: Float64, real: Float64, train: Float64, deal: Deal, batch: MotionBatch, actions: tuple[str, ...]
) -> dict[str, float]:
    """Without a network, as `motion.experiment.measures.Ruler` has it."""
    ruler = Standardiser.fit(real)
    x, y, z = ruler.apply(samples), ruler.apply(real), ruler.apply(train)
    copied = statistics(nearest(x, z), nearest(y, z))
    labels = [batch.actions[i] for i in deal.held_out]
    return {
        "kinematic_frechet": frechet(x, y).value,
        "kinematic_diversity": diversity_with_error(x).value,
        "kinematic_multimodality": _within_actions(x, actions),
        "kinematic_action": agreement(knn_labels(y, labels, x, k=5), actions).rate,
        "kinematic_memorised": float(copied[0]),
        "kinematic_c_t": float(copied[1]),
    }


def deal_of(pool: MotionBatch, n: int, rng: np.random.Generator, without: str = "") -> Deal:
    """n of each set at random, equally many of each action; `without`: an action that no sample has.

    Raises:
        ValueError: n is no multiple of the number of actions, or an action has fewer than 3 n / actions motions.
    """
    labels = np.asarray(pool.actions)
    names = sorted(set(pool.actions))
    each = n // len(names)
    if each * len(names) != n or each < 1:
        raise ValueError(f"n must be a multiple of the {len(names)} actions, got {n}; take {max(each, 1) * len(names)}")
    sets: list[list[Ints]] = [[], [], [], []]
    for name in names:
        rows = rng.permutation(np.flatnonzero(labels == name))
        if len(rows) < 3 * each:
            raise ValueError(
                f"the pool must hold {3 * each} motions of each action, {name!r} has {len(rows)}; draw more"
            )
        for part, start in zip(sets, (0, each, 2 * each, 3 * each), strict=True):
            part.append(rows[start : start + each] if part is not sets[3] else rows[start:])
    samples, held_out, training, spare = (np.concatenate(part) for part in sets)
    if without:
        kept, others = samples[labels[samples] != without], spare[labels[spare] != without]
        if len(kept) + len(others) < n:
            raise ValueError(f"the pool must hold {n - len(kept)} more motions of other actions; draw more")
        samples = np.concatenate([kept, rng.permutation(others)[: n - len(kept)]])
    return Deal(samples, held_out, training, samples)


def fault_table(
    pool: MotionBatch,
    embedder: Embedder,
    n: int,
    *,
    missing: str,
    nulls: int = 100,
    replications: int = REPLICATIONS,
    seed: int = 0,
    report: Report = silent,
) -> Table:
    """All measures of all faults, and of faultless sets.

    Args:
        pool: real motions of one length that the embedder has not seen, at least 3 n / actions of each action, and
            some more for the missing one.
        n: samples, held-out and training motions; a multiple of the number of actions.
        missing: the action that one fault leaves out.
        nulls: further faultless sets, which tell the rate of false alarms.

    Raises:
        ValueError: too few motions.
    """
    seen = Seen.of(pool, embedder)
    total = replications + nulls
    rows = []
    for index in range(total):
        report("real against real", index, total)
        rows.append(measured(seen, seen, deal_of(pool, n, stream(seed, index, "faultless"))))
    names = tuple(rows[0])
    values = np.array([[row[name] for name in names] for row in rows])
    table = values[:replications]
    faults: dict[str, dict[str, float]] = {}
    about = {one.name: one.about for one in (*PLANTED, NEARLY)}
    about |= {MISSING: f"no {missing}", COPIES: "training motions with their captions"}
    about[SHUFFLED] = "real motions, each with the caption of another"
    for index, fault in enumerate((*PLANTED, NEARLY)):
        report("faults", index, len(PLANTED) + 4)
        rng = stream(seed, index, "fault")
        deal = deal_of(pool, n, rng)
        if fault is NEARLY:
            deal = Deal(deal.training, deal.held_out, deal.training, deal.training)
        faults[fault.name] = measured(Seen.of(fault(pool, rng), embedder), seen, deal)
    deal = deal_of(pool, n, stream(seed, 0, COPIES))
    faults[COPIES] = measured(seen, seen, Deal(deal.training, deal.held_out, deal.training, deal.training))
    faults[MISSING] = measured(seen, seen, deal_of(pool, n, stream(seed, 0, MISSING), without=missing))
    rng = stream(seed, 0, SHUFFLED)
    deal = deal_of(pool, n, rng)
    others = rng.permutation(deal.samples)
    faults[SHUFFLED] = measured(seen, seen, Deal(deal.samples, deal.held_out, deal.training, others))
    return Table(
        names, table.min(axis=0), table.max(axis=0),
        {fault: np.array([row[name] for name in names]) for fault, row in faults.items()},
        values[replications:], 2 / (replications + 1), about,
    )  # fmt: skip
