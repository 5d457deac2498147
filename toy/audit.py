"""From an audit to the loop: the rate and the limit that it predicts, and their verification by running the loop.

With rho_j and the bias b_j of direction j's own moment, the moment m of the model obeys, on the schedule augment,

    m' = (1-s) m_real + s (m* + b_j + rho_j (m - m*)),    s = k/(n+k)

so it contracts by s rho_j (T4 [D] with 1/(1+gamma_j) for the ideal corrector) and settles s b_j/(1 - s rho_j) away from
the truth; for a corrector that redraws the share 1-a from a law q, b_j = (1-a)(m_q - m*), this is T6's weight
s(1-a)/(1-s a) on q [D]. Exact where the model reproduces its training set's moments and the corrector is affine in them
direction by direction; for others (transport) local, at small displacements [H].
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loop import ArrayBatch, Augment, Corrector, MemoryStore, RunConfig, run
from loop.audit import Truth
from loop.audit_report import Audit
from loop.progress import Report, silent
from loop.retention import ROUNDING, Retention, standard_error
from loop.student import quantile
from theory.updates import contraction
from toy.audit_loops import Start, loop_of

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Value:
    """A number with its standard error."""

    value: float
    se: float


@dataclass(frozen=True)
class Prediction:
    """Of one direction: factor per generation, and the moment's displacement from the truth in the limit."""

    rate: Value
    limit: Value


def predict(found: Retention, s: float) -> Prediction:
    """The loop's rate and limit in one direction; errors from the batches, those of rho and bias together.

    Args:
        s: synthetic share of the training set, in [0, 1).
    """
    rate = float(contraction(s, found.rho))
    limit = s * found.bias / (1 - rate)
    influence = s * found.bias_draws / (1 - rate) + s * limit / (1 - rate) * found.draws
    return Prediction(Value(rate, s * found.rho_se), Value(limit, float(standard_error(influence))))


@dataclass(frozen=True)
class Agreement:
    """Prediction and measurement of one direction, and how many joint standard errors part them."""

    name: str
    rate: Value
    measured_rate: Value
    z_rate: float
    limit: Value
    measured_limit: Value
    z_limit: float

    def row(self) -> dict[str, Any]:
        return {
            "direction": self.name, "rate": self.rate.value, "rate_se": self.rate.se,
            "measured_rate": self.measured_rate.value, "measured_rate_se": self.measured_rate.se,
            "z_rate": self.z_rate, "limit": self.limit.value, "limit_se": self.limit.se,
            "measured_limit": self.measured_limit.value, "measured_limit_se": self.measured_limit.se,
            "z_limit": self.z_limit,
        }  # fmt: skip


@dataclass(frozen=True)
class LoopConfig:
    """n: real samples; k = round(lam n) synthetic ones. runs: seeds. generations: of the limit; the rate needs `decay`.

    amplitude: how far on either side of the data the runs start that show the rate.
    """

    n: int = 2000
    lam: float = 0.5
    runs: int = 32
    generations: int = 12
    decay: int = 4
    amplitude: float = 0.2
    seed: int = 0

    def __post_init__(self) -> None:
        Augment(self.lam)
        if self.k < 20:
            raise ValueError(f"lam * n must be >= 20 synthetic samples, got {self.lam} * {self.n}; raise n or lam")
        if self.runs < 8:
            raise ValueError(f"runs must be >= 8 for a standard error, got {self.runs}; raise it")
        if not 1 <= self.decay <= self.generations:
            raise ValueError(f"generations must be >= decay >= 1, got {self.generations} and {self.decay}; raise it")

    @property
    def k(self) -> int:
        return Augment(self.lam).request(self.n)

    @property
    def s(self) -> float:
        return self.k / (self.n + self.k)


def z_bound(comparisons: int, runs: int, error_rate: float = 0.01) -> float:
    """Largest |z| that chance explains among so many comparisons (Bonferroni, Student's t for the runs)."""
    return quantile(1 - error_rate / comparisons, runs - 1)


def verify(
    truth: Truth[ArrayBatch], corrector: Corrector[ArrayBatch], found: Audit, config: LoopConfig,
    report: Report = silent,
) -> tuple[Agreement, ...]:  # fmt: skip
    """Run the loop and hold its rate and limit against the audit's, direction by direction.

    Rate: runs of one seed start on either side of the data; with d_t half the difference of their moments, the rate is
    sum_t c_t d_{t+1} / sum_t c_t d_t over `decay` generations, averages over seeds inside; c_t = r^t, r predicted, are
    nearly the weights of least squares. Limit: mean over seeds of m_T - m_0, the fixed real set's own error cancels in
    part; the prediction is s b (1 - r^T)/(1 - r), its value after T generations.
    """
    directions = truth.perturbations
    weights = np.array([[p.weights.get(name, 0.0) for name in truth.moments] for p in directions])  # (J, K)
    amplitude, generations, runs = config.amplitude, config.generations, config.runs
    paths = np.zeros((runs, len(directions), config.decay + 1))
    settled = np.zeros((runs, len(directions)))
    for i in range(runs):
        plain = _moments(truth, corrector, config, i, generations, None)
        settled[i] = weights @ (plain[-1] - plain[0])
        for j, direction in enumerate(directions):
            up, down = (
                _moments(truth, corrector, config, i, config.decay, Start(direction, sign * amplitude))
                for sign in (1, -1)
            )
            paths[i, j] = (up - down) @ weights[j] / 2
        report("loop", i + 1, runs)

    rows = []
    for j, retained in enumerate(found.directions):
        predicted = predict(retained, config.s)
        measured = _rate(paths[:, j], predicted.rate.value)
        left = 1 - predicted.rate.value**generations
        limit = Value(predicted.limit.value * left, predicted.limit.se * left)
        reached = Value(float(settled[:, j].mean()), float(standard_error(settled[:, j])))
        rows.append(
            Agreement(
                retained.name, predicted.rate, measured, score(measured, predicted.rate), limit, reached,
                score(reached, limit),
            )
        )  # fmt: skip
    return tuple(rows)


def score(one: Value, other: Value) -> float:
    """(one - other) in joint standard errors, these at least rounding."""
    return (one.value - other.value) / float(np.hypot(np.hypot(one.se, other.se), ROUNDING))


def _rate(paths: Array, r: float) -> Value:
    """Decay per generation of paths (runs, T+1), weighted by r^t."""
    c = np.power(max(r, 0.0), np.arange(paths.shape[1] - 1))
    later, earlier = paths[:, 1:] @ c, paths[:, :-1] @ c
    rate = float(later.mean() / earlier.mean())
    return Value(rate, float(standard_error((later - rate * earlier) / earlier.mean())))


def _moments(
    truth: Truth[ArrayBatch], corrector: Corrector[ArrayBatch], config: LoopConfig, index: int, generations: int,
    start: Start | None,
) -> Array:  # fmt: skip
    """Moments of every generation's model, (generations + 1, K)."""
    problem: Any = loop_of(truth, config.n, start)
    store: MemoryStore[Any, ArrayBatch] = MemoryStore()
    seed = 1_000_003 * (config.seed + 1) + index  # apart from the audit's own streams, and from other seeds' runs
    records = run(problem, corrector, Augment(config.lam), RunConfig(seed, generations), store)
    return np.array([[record.measures[name] for name in truth.moments] for record in records])
