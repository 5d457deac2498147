"""The audit's statistics, held against scipy, exact laws and simulated coverage; and its refusals."""

import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from scipy import stats
from support import Centre

from loop import ArrayBatch, Corrected, NoCorrection
from loop.audit import AuditConfig, Perturbation, audit
from loop.files import to_json
from loop.retention import fieller, p_largest, retention, strengths
from loop.student import quantile, two_sided
from loop.two_sample import energy_test

SMALL = AuditConfig(samples=100, batches=10, permutations=99, compared=50)
PLAIN = dict(level=0.95, error_rate=0.01, tolerance=0.0)


def shift(weights=None):
    return Perturbation("shift", lambda b, e, rng: ArrayBatch(b.samples + e), weights or {"mean": 1.0})


def scale():
    return Perturbation("scale", lambda b, e, rng: ArrayBatch(b.samples * np.sqrt(1 + e)), {"square": 1.0})


@dataclass(frozen=True)
class Normal:
    """N(0, 1), looked at by x and x^2."""

    perturbations: tuple = field(default_factory=lambda: (shift(), scale()))
    moments: tuple[str, ...] = ("mean", "square")
    bad: float = 0.0

    def sample(self, n, rng):
        return ArrayBatch(rng.standard_normal((n, 1)))

    def statistics(self, batch):
        return np.column_stack([batch.samples[:, 0] + self.bad, batch.samples[:, 0] ** 2])


@dataclass(frozen=True)
class Linear:
    """x -> factor x, of the first `keep` samples."""

    factor: float
    keep: int | None = None
    scope = "sample"

    def __call__(self, batch, rng):
        out = ArrayBatch(self.factor * batch.samples[: self.keep])
        n = len(out)
        return Corrected(out, np.zeros(n), np.ones(n, bool), np.zeros(n, bool))

    def describe(self) -> dict[str, Any]:
        return {"name": "linear", "factor": self.factor}


@dataclass(frozen=True)
class Plus:
    """x -> x + by."""

    by: float
    scope = "sample"

    def __call__(self, batch, rng):
        n = len(batch)
        return Corrected(ArrayBatch(batch.samples + self.by), np.zeros(n), np.ones(n, bool), np.zeros(n, bool))

    def describe(self) -> dict[str, Any]:
        return {"name": "plus", "by": self.by}


@pytest.mark.parametrize("dof", [1, 2, 3, 4, 7, 15, 31, 100])
def test_student_against_scipy(dof):
    for t in (0.0, 0.3, 1.0, 2.5, 8.0):
        assert two_sided(t, dof) == pytest.approx(2 * stats.t.sf(t, dof), abs=1e-13)
    for level in (0.5, 0.95, 0.9999):
        assert quantile(level, dof) == pytest.approx(stats.t.ppf((1 + level) / 2, dof), rel=1e-9)
    assert two_sided(np.inf, dof) == 0


def test_energy_distance_is_the_definition_and_sees_a_shift():
    rng = np.random.default_rng(0)
    x, y = rng.normal(0, 1, (40, 2)), rng.normal(1, 1, (40, 2))

    def mean_gap(a, b):
        return np.linalg.norm(a[:, None] - b[None], axis=2).mean()

    found = energy_test(x, y, 199, rng)
    assert found.distance == pytest.approx(2 * mean_gap(x, y) - mean_gap(x, x) - mean_gap(y, y), abs=1e-9)
    assert found.p == 1 / 200
    with pytest.raises(ValueError, match="equal size"):
        energy_test(x, y[:5], 99, rng)


def test_permutation_p_values_are_exact():
    """P(p <= .1) = .1 for equal laws; 5 binomial standard errors; a shift of one deviation is seen."""
    rng, runs = np.random.default_rng(1), 500
    hits = [energy_test(*rng.normal(0, 1, (2, 15, 1)), 99, rng).p <= 0.1 for _ in range(runs)]
    assert abs(np.mean(hits) - 0.1) < 5 * np.sqrt(0.09 / runs)


def pairs(rng, runs, batches, slope, noise):
    """x, y (runs, batches): means 1 and slope, correlated normal errors."""
    u, v = rng.normal(0, noise, (2, runs, batches))
    return 1 + u, slope * (1 + u) + v


@pytest.mark.parametrize("slope", [0.0, 0.05, 0.8])
def test_fieller_covers_also_near_zero(slope):
    """2000 intervals at 95 %; 4 binomial standard errors. Half as wide ones would miss."""
    rng, runs = np.random.default_rng(2), 2000
    x, y = pairs(rng, runs, 12, slope, 0.4)
    found = [fieller(b, a, 0.95) for a, b in zip(x, y, strict=True)]
    covered = np.mean([low <= slope <= high for low, high in found])
    assert abs(covered - 0.95) < 4 * np.sqrt(0.95 * 0.05 / runs)
    narrow = np.mean([abs(slope - (low + high) / 2) <= (high - low) / 4 for low, high in found])
    assert narrow < 0.95 - 4 * np.sqrt(0.95 * 0.05 / runs)


def test_fieller_without_a_denominator_says_so():
    rng = np.random.default_rng(3)
    assert fieller(rng.normal(1, 1, 20), rng.normal(0, 1, 20), 0.95) == (-np.inf, np.inf)


def test_strengths_of_intervals():
    assert strengths((0.5, 1.0)) == (0.0, 1.0)
    assert strengths((-0.1, 0.5)) == (1.0, np.inf)
    assert strengths((0.0, 0.0)) == (np.inf, np.inf)
    assert np.isnan(strengths((-0.2, -0.1))).all()


def test_amplitudes_as_instrument_are_not_pulled_to_zero():
    """Noise in the inputs as large as they are: the slope is right where least squares on the inputs is not."""
    rng, amplitudes = np.random.default_rng(4), np.array([-0.2, -0.1, 0.1, 0.2])
    x = amplitudes + rng.normal(0, 0.2, (4000, 4))
    y = 0.6 * amplitudes + rng.normal(0, 0.1, (4000, 4))
    found = retention("j", amplitudes, x, y, np.zeros(4000), **PLAIN)
    assert abs(found.rho - 0.6) < 5 * found.rho_se < 0.06
    assert abs((x * y).sum() / (x * x).sum() - 0.6) > 0.2
    assert found.gamma == pytest.approx(1 / found.rho - 1)


def test_lack_of_fit_is_calibrated_and_sees_a_bend():
    """Straight lines are refused at most 1 % of the time (Bonferroni: fewer), a curvature nearly always."""
    rng, amplitudes, runs = np.random.default_rng(5), np.array([-0.2, -0.1, 0.1, 0.2]), 600
    x = amplitudes + rng.normal(0, 0.02, (runs, 16, 4))
    straight = 0.5 * x + rng.normal(0, 0.02, (runs, 16, 4))
    bent = straight + amplitudes**2

    def refused(y):
        return np.mean(
            [not retention("j", amplitudes, a, b, np.zeros(16), **PLAIN).linear for a, b in zip(x, y, strict=True)]
        )

    assert refused(straight) < 0.01 + 4 * np.sqrt(0.01 / runs)
    assert refused(bent) > 0.95


def test_largest_component_and_rounding():
    zero = np.zeros((8, 2))
    assert p_largest(np.array([1e-12, 0.0]), zero) == 1.0
    assert p_largest(np.array([0.01, 0.0]), zero) == 0.0
    assert p_largest(np.array([0.01, 0.0]), zero, tolerance=0.02) == 1.0


def test_identity_and_centring():
    """The identity keeps everything; centring a batch forgets its mean, of the square it keeps 1 - 1/n: no gamma."""
    same = audit(Normal(), NoCorrection(), SMALL)
    assert (same.gamma, same.gamma_interval, same.smallest_gamma) == (0.0, (0.0, 0.0), 0.0)
    assert same.one_gamma and same.linear and not same.moves_truth and same.picked == 0
    centred = audit(Normal(), Centre(), SMALL)
    by_name = {d.name: d for d in centred.directions}
    assert by_name["shift"].gamma == np.inf and by_name["shift"].rho == 0
    assert abs(by_name["scale"].rho - (1 - 1 / SMALL.samples)) < 5 * by_name["scale"].rho_se
    assert not centred.one_gamma and "no gamma fits: retention from 0 (shift) to 0.99" in centred.verdict
    assert centred.slowest == "scale" and centred.smallest_gamma < 0.02


def test_overshooting_has_no_gamma():
    found = audit(Normal(perturbations=(shift(),)), Linear(-0.5), SMALL)
    assert found.rho == pytest.approx(-0.5) and np.isnan(found.gamma) and not found.one_gamma
    growing = audit(Normal(perturbations=(shift(),)), Linear(1.5), SMALL)
    assert growing.gamma == pytest.approx(-1 / 3) and not growing.one_gamma


@pytest.mark.parametrize("constant", [0.1, 0.3, 123.456])
def test_a_statistic_that_does_not_vary_is_measured_in_its_own_unit(constant):
    """Its variance is what rounding leaves; a bias counted in that would be endless."""

    class Fixed(Normal):
        def statistics(self, batch):
            return np.column_stack([batch.samples[:, 0], np.full(len(batch), constant) + (batch.samples[:, 0] > 90)])

    moved = audit(Fixed(perturbations=(shift(),)), Plus(100.0), SMALL).moments[1]
    assert moved.bias == pytest.approx(1) and moved.standardised == pytest.approx(1)


def test_same_seed_same_audit_as_strict_json():
    one, two, other = (audit(Normal(), Linear(0.5), AuditConfig(seed=s, samples=50, batches=8)) for s in (1, 1, 2))
    assert one.to_json() == two.to_json() != other.to_json()
    json.dumps(to_json(one.to_json()), allow_nan=False)


def test_a_direction_that_is_only_noise_has_no_interval():
    noise = Perturbation("noise", lambda b, e, rng: ArrayBatch(b.samples + e * rng.choice([-1, 1])), {"mean": 1.0})
    found = audit(Normal(perturbations=(noise,)), NoCorrection(), SMALL)
    assert found.directions[0].rho_interval == (-np.inf, np.inf)


@pytest.mark.parametrize(
    ("setting", "text"),
    [
        ({"samples": 5}, "samples must be >= 20 for an audit, got 5"),
        ({"batches": 2}, "batches must be >= 8"),
        ({"amplitudes": (0.1,)}, "amplitudes must be two or more different ones"),
        ({"amplitudes": (0.1, 0.1)}, "amplitudes must be two or more different ones"),
        ({"amplitudes": (0.0, 0.1)}, "amplitudes must be finite and not 0"),
        ({"amplitudes": (0.1, float("nan"))}, "amplitudes must be finite and not 0"),
        ({"level": 1.0}, "level must be between 0 and 1"),
        ({"tolerance": float("nan")}, "tolerance must be >= 0"),
        ({"seed": -1}, "seed must be >= 0"),
    ],
)
def test_bad_settings(setting, text):
    with pytest.raises(ValueError, match=text) as caught:
        AuditConfig(**setting)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("truth", "corrector", "text"),
    [
        (Normal(bad=np.nan), NoCorrection(), "the truth gave a sample whose 'mean' is nan"),
        (Normal(), Linear(np.nan), "the corrector .*linear.* gave a sample whose 'mean' is nan"),
        (Normal(), Linear(1.0, keep=3), "returned 3 of 100 samples"),
        (Normal(perturbations=(shift({"median": 1.0}),)), NoCorrection(), "names 'median'; moments are mean, square"),
        (Normal(perturbations=(shift({"mean": 0.0}),)), NoCorrection(), "does not displace its own moment"),
        (Normal((shift(),), ("mean",)), NoCorrection(), r"statistics must have shape \(100, 1\)"),
    ],
)
def test_bad_samples(truth, corrector, text):
    with pytest.raises(ValueError, match=text) as caught:
        audit(truth, corrector, SMALL)
    assert "\n" not in str(caught.value)
