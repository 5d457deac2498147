"""The audit on known correctors: it recovers their strength and bias, and the loop does what it predicts."""

import numpy as np
import pytest
from scipy import stats

from loop import MemoryStore, RunConfig, run, schedule_named
from loop.audit import AuditConfig, audit
from theory.formulas import shrink_limit, wrong_weight
from theory.rates import rate_published
from theory.updates import contraction, transport_step
from toy.audit import LoopConfig, Value, predict, score, verify, z_bound
from toy.audit_correctors import OFFSET, corrector_named
from toy.audit_loops import EmpiricalLoop, GaussianLoop, loop_of
from toy.audit_truths import GaussianTruth, MixtureTruth, truth_named

STRENGTHS = (0.1, 0.3, 1.0, 5.0)
LINE, PLANE, MODES = GaussianTruth(1), GaussianTruth(2), MixtureTruth()


def audited(name, gamma, truth=PLANE, **setting):
    return audit(truth, corrector_named(name, gamma, truth), AuditConfig(**{"samples": 400, "batches": 24, **setting}))


def named(items):
    return {item.name: item for item in items}


@pytest.mark.parametrize("truth", [PLANE, MODES], ids=lambda truth: truth.name)
@pytest.mark.parametrize("gamma", STRENGTHS)
def test_recovers_the_ideal_strength(truth, gamma):
    """Every interval holds gamma or zero bias, at 99.99 % each (at most 14 in 8 cases); twice gamma lies outside."""
    found = audited("ideal", gamma, truth, level=0.9999, error_rate=0.0001)
    for direction in found.directions:
        assert direction.gamma_interval[0] <= gamma <= direction.gamma_interval[1], direction.name
        assert direction.linear
    low, high = found.gamma_interval
    assert low <= gamma <= high < 2 * gamma
    assert found.smallest_interval[0] <= gamma <= found.smallest_interval[1]
    assert found.one_gamma and not found.moves_truth and "the truth stays" in found.verdict
    assert all(moment.interval[0] <= 0 <= moment.interval[1] for moment in found.moments)


def test_no_correction_and_always():
    """gamma = 0 and inf are exact: common random numbers leave no noise in the slope."""
    none, always = audited("ideal", 0.0), audited("ideal", np.inf)
    assert none.gamma_interval == none.smallest_interval == (0.0, 0.0) and none.bias_distance == 0
    assert always.gamma == np.inf and always.gamma_interval == (np.inf, np.inf)
    assert none.one_gamma and always.one_gamma and not always.moves_truth


@pytest.mark.slow
def test_intervals_cover_at_their_level():
    """100 audits a strength: intervals of every gamma_j, of the common gamma and of the bias cover 95 % of the time.

    Tolerance: Bonferroni at 1 % over all comparisons, binomial standard errors. The smallest gamma's interval covers at
    least so often. Intervals of half the width (those of level .67) are rejected.
    """
    runs, level = 100, 0.95
    names = ("shift 1", "scale", "common", "mean 1", "square 1", "smallest", "half")
    covered = {name: np.zeros((len(STRENGTHS), runs), bool) for name in names}
    for i, gamma in enumerate(STRENGTHS):
        for seed in range(runs):
            found = audited("ideal", gamma, LINE, samples=200, batches=16, amplitudes=(-0.2, 0.2), seed=seed,
                            permutations=99, compared=20)  # fmt: skip
            intervals = {d.name: d.gamma_interval for d in found.directions}
            intervals |= {"common": found.gamma_interval, "smallest": found.smallest_interval}
            for name, (low, high) in intervals.items():
                covered[name][i, seed] = low <= gamma <= high
            for moment in found.moments:
                covered[moment.name][i, seed] = moment.interval[0] <= 0 <= moment.interval[1]
            low, high = found.rho_interval
            covered["half"][i, seed] = abs(1 / (1 + gamma) - found.rho) < (high - low) / 4
    error = np.sqrt(level * (1 - level) / runs)
    bound = stats.norm.isf(0.01 / (2 * 6 * len(STRENGTHS))) * error
    for name in names[:5]:
        assert np.all(np.abs(covered[name].mean(axis=1) - level) < bound), (name, covered[name].mean(axis=1))
    assert np.all(covered["smallest"].mean(axis=1) > level - bound)
    assert np.all(covered["half"].mean(axis=1) < level - bound)


def test_the_wrong_target_is_found_with_its_size():
    """Redraws the share 1-a from N(1/2, 1): strength gamma in every direction, bias (1-a)/2 and (1-a)/4; T6's limit."""
    gamma, lam = 1.0, 0.5
    found, a, s = audited("wrong-target", gamma), 0.5, lam / (1 + lam)
    moments = named(found.moments)
    for name, size in (("mean 1", OFFSET), ("square 1", OFFSET**2), ("mean 2", 0.0), ("product 1 2", 0.0)):
        assert abs(moments[name].bias - (1 - a) * size) < 4 * moments[name].se, name
    assert moments["mean 1"].bias > 10 * moments["mean 1"].se
    assert found.one_gamma and found.moves_truth and "the limit is wrong" in found.verdict
    assert abs(found.gamma - gamma) < 0.15
    limit = predict(named(found.directions)["shift 1"], s).limit
    assert abs(limit.value - wrong_weight(s, a) * OFFSET) < 4 * limit.se < 0.05


def test_no_gamma_fits_shrink():
    """Retention a of a mean, a^2 of a variance; the truth loses the share 1-a^2 of its variance; T7's limit."""
    a, s = 0.5, 1 / 3
    found = audited("shrink", 1.0)
    directions = named(found.directions)
    assert directions["shift 1"].rho == pytest.approx(a) and directions["variance 1"].rho == pytest.approx(a * a)
    assert not found.one_gamma and "no gamma fits: retention from 0.25" in found.verdict
    assert found.spread == pytest.approx(a - a * a) and found.p_spread == 0
    assert found.slowest == "shift 1" and found.smallest_gamma == pytest.approx(1.0)
    moment = named(found.moments)["square 1"]
    assert found.moves_truth and abs(moment.bias - (a * a - 1)) < 4 * moment.se
    limit = predict(directions["scale"], s).limit
    assert abs(limit.value - (shrink_limit(s, a) - 1)) < 4 * limit.se < 0.05


def test_transport_has_a_local_strength_and_a_bend():
    """T7: rho = a near the truth; over large variances the line bends by what the exact map says."""
    near, far = audited("transport", 1.0, LINE), audited("transport", 1.0, LINE, amplitudes=(-0.8, -0.4, 0.4, 0.8))
    assert near.one_gamma and near.linear and not near.moves_truth and abs(near.gamma - 1) < 0.05
    bent = named(far.directions)["scale"]
    e = np.array([-0.8, -0.4, 0.4, 0.8])
    exact = transport_step(1 + e, s=1.0, a=0.5, sqrt=np.sqrt) - 1
    residual = np.abs(exact - e * (e @ exact) / (e @ e)).max() / 0.8
    assert not bent.linear and bent.residual == pytest.approx(residual, abs=0.01)
    assert named(far.directions)["shift 1"].linear


def test_lost_modes():
    """The amplitude is the share of the mode that leaves it (negative: comes); shrink leaves modes lost."""
    found = audited("shrink", 0.3, MODES)
    lost = named(found.directions)["lost mode 2"]
    assert np.allclose(lost.inputs, -np.array([-0.2, -0.1, 0.1, 0.2]) / 3, atol=0.006)
    assert lost.rho == pytest.approx(1, abs=0.02) and not found.one_gamma


CASES = [("ideal", gamma, PLANE) for gamma in (0.0, 0.1, 0.3, 1.0, 5.0, np.inf)]
CASES += [("wrong-target", 1.0, PLANE), ("transport", 1.0, PLANE), ("ideal", 0.3, MODES), ("wrong-target", 0.3, MODES)]


@pytest.mark.parametrize(("name", "gamma", "truth"), CASES, ids=lambda x: getattr(x, "name", str(x)))
def test_the_loop_does_what_the_audit_predicts(name, gamma, truth):
    """Rate and limit of every direction, wherever a gamma fits; 1 % over all directions and cases together."""
    config = LoopConfig(n=800, lam=0.5, runs=16)
    corrector = corrector_named(name, gamma, truth)
    found = audit(truth, corrector, AuditConfig(config.k, 24))
    assert found.one_gamma
    rows = verify(truth, corrector, found, config)
    bound = z_bound(2 * len(rows) * len(CASES), config.runs)
    for row in rows:
        assert abs(row.z_rate) < bound and abs(row.z_limit) < bound, row
        assert abs(row.measured_rate.value - contraction(config.s, 1 / (1 + gamma))) < 0.02


def test_shrink_settles_moment_by_moment_on_the_gaussian():
    """No gamma fits, yet the map is affine in each moment: predictions hold, those of one common gamma do not."""
    config = LoopConfig(n=800, runs=16)
    corrector = corrector_named("shrink", 1.0, LINE)
    found = audit(LINE, corrector, AuditConfig(config.k, 24))
    rows = named(verify(LINE, corrector, found, config))
    bound = z_bound(4, config.runs)
    assert all(abs(row.z_rate) < bound and abs(row.z_limit) < bound for row in rows.values())
    common = Value(float(contraction(config.s, found.rho)), 0.0)
    assert all(abs(score(row.measured_rate, common)) > bound for row in rows.values())


def test_without_one_gamma_a_limit_may_be_missed():
    """Shrunk modes drift over several generations into the middle one: one correction of the truth hardly shows it."""
    config = LoopConfig(n=800, runs=16)
    corrector = corrector_named("shrink", 0.3, MODES)
    found = audit(MODES, corrector, AuditConfig(config.k, 24))
    rows = named(verify(MODES, corrector, found, config))
    bound = z_bound(2 * len(rows), config.runs)
    assert not found.one_gamma
    assert rows["lost mode 2"].measured_limit.value > 0.01 > abs(rows["lost mode 2"].limit.value)
    assert abs(rows["lost mode 2"].z_limit) > bound > abs(rows["scale"].z_rate)


def test_wrong_theories_are_rejected():
    """At gamma = .3, of the rate: gamma read as the corrected share, the published bound, no correction. Of the limit
    beside a wrong target: none, gamma read as the share, the target itself.
    """
    gamma, config = 0.3, LoopConfig(n=2000, runs=16)
    corrector = corrector_named("ideal", gamma, LINE)
    found = audit(LINE, corrector, AuditConfig(config.k, 24))
    row = named(verify(LINE, corrector, found, config))["shift 1"]
    bound = z_bound(8, config.runs)
    assert abs(row.z_rate) < bound
    for wrong in (config.s * (1 - gamma), rate_published(config.lam, gamma, 0.0).value, config.s):
        assert abs(score(row.measured_rate, Value(wrong, row.rate.se))) > bound, wrong

    config = LoopConfig(n=2000, lam=2.0, runs=16)
    wrong_target = corrector_named("wrong-target", gamma, LINE)
    biased = audit(LINE, wrong_target, AuditConfig(config.k, 24))
    moved = named(verify(LINE, wrong_target, biased, config))["shift 1"]
    assert abs(moved.z_limit) < bound
    for wrong in (0.0, OFFSET * config.s * gamma / (1 - config.s * (1 - gamma)), OFFSET):
        assert abs(score(moved.measured_limit, Value(wrong, moved.limit.se))) > bound, wrong


@pytest.mark.slow
def test_scores_have_the_spread_of_scores():
    """Mean square of z over 40 audits and loops: between 1 and 15/13 (Student, 15 degrees), 4 standard errors.

    Rates and limits of two moments are about three independent scores a seed, each square with variance at most 3: its
    standard error is sqrt(3/120). Standard errors off by a factor 2 would give 4 or 1/4.
    """
    config = {"n": 400, "lam": 1.0, "runs": 16, "generations": 8, "decay": 3}
    corrector = corrector_named("wrong-target", 1.0, LINE)
    squares = []
    for seed in range(40):
        found = audit(LINE, corrector, AuditConfig(400, 16, seed=seed, permutations=99, compared=20))
        rows = verify(LINE, corrector, found, LoopConfig(**config, seed=seed))
        squares += [value**2 for row in rows for value in (row.z_rate, row.z_limit)]
    margin = 4 * np.sqrt(3 / 120)
    assert 1 - margin < np.mean(squares) < 15 / 13 + margin


@pytest.mark.parametrize("kind", [GaussianLoop, EmpiricalLoop])
def test_loops_resume_from_disk_and_repeat(kind, tmp_path):
    """A model read back from its folder is the model; the same seed gives the same moments."""
    problem = kind(PLANE, 50)
    rng = np.random.default_rng(0)
    model = problem.fit(None, problem.real(0, rng), rng)
    problem.save(model, tmp_path)
    assert np.array_equal(problem.moments(problem.load(tmp_path)), problem.moments(model))
    assert np.allclose(problem.moments(model), PLANE.statistics(problem.real(0, np.random.default_rng(0))).mean(0))
    one, two = (
        [r.measures for r in run(problem, corrector_named("ideal", 1.0, PLANE), schedule_named("augment", 1.0),
                                 RunConfig(3, 2), MemoryStore())]
        for _ in range(2)
    )  # fmt: skip
    assert one == two
    assert isinstance(loop_of(MODES, 50), EmpiricalLoop) and isinstance(loop_of(PLANE, 50), GaussianLoop)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (
            lambda: corrector_named("magic", 1.0, PLANE),
            "must be one of ideal, wrong-target, shrink, transport, got 'ma",
        ),
        (lambda: corrector_named("shrink", -1.0, PLANE), "gamma must be >= 0"),
        (lambda: corrector_named("transport", 1.0, MODES), "transport aims at the Gaussian"),
        (lambda: truth_named("magic", 1), "truth must be one of gaussian, mixture"),
        (lambda: truth_named("gaussian", 0), "dimension must be >= 1"),
        (lambda: MixtureTruth((1.0,)), "two or more centres"),
        (lambda: LoopConfig(lam=0.0), "lam \\* n must be >= 20"),
        (lambda: LoopConfig(lam=-1.0), "lam must be >= 0"),
        (lambda: LoopConfig(runs=2), "runs must be >= 8"),
        (lambda: LoopConfig(generations=2), "generations must be >= decay"),
        (lambda: audited("ideal", 1.0, amplitudes=(-1.5, 0.1)), "amplitude of 'scale' must be > -1"),
        (lambda: audited("ideal", 1.0, MODES, amplitudes=(0.1, 1.5)), "amplitude of 'lost mode 1' must be in"),
    ],
)
def test_bad_input(call, text):
    with pytest.raises(ValueError, match=text) as caught:
        call()
    assert "\n" not in str(caught.value)
