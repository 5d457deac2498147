"""The audit of motion correctors: planted ones are recovered, and so is the ideal one's strength."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from loop import Corrected, Mixture
from loop.audit import AuditConfig, audit
from motion.evaluation.drift import STATISTICS
from motion.experiment.audit_correctors import NAMES, motion_corrector
from motion.experiment.audit_truth import KIND, MotionTruth, check_settings, default_preset, joints_of
from motion.features.padded import encode_clips

SHORT = MotionTruth(replace(default_preset(), frames=32))
SMALL = AuditConfig(samples=20, batches=8, amplitudes=(-0.3, 0.3), permutations=99, compared=20)
FLOAT32 = 2e-3  # what four decimals of a statistic leave uncertain in a retention


@dataclass(frozen=True)
class Chosen:
    """A truth with some of its directions."""

    truth: MotionTruth
    names: tuple[str, ...]

    @property
    def moments(self):
        return self.truth.moments

    @property
    def perturbations(self):
        return tuple(direction for direction in self.truth.perturbations if direction.name in self.names)

    def sample(self, n, rng):
        return self.truth.sample(n, rng)

    def statistics(self, batch):
        return self.truth.statistics(batch)


@dataclass(frozen=True)
class OnJoints:
    """A corrector from a function of joints."""

    change: object
    scope = "sample"

    def __call__(self, batch, rng):
        joints = self.change(joints_of(batch))
        n = len(batch)
        features = encode_clips(KIND, list(joints), batch.features.shape[1], floor="given")[0]
        return Corrected(batch.with_features(features), np.zeros(n), np.ones(n, bool), np.zeros(n, bool))

    def describe(self):
        return {"name": "planted"}


def half_the_floor(joints):
    out = joints.copy()
    out[..., 1] -= 0.5 * joints[..., 1].min(axis=(1, 2))[:, None, None]
    return out


def smoothing(frames):
    """Mean of every frame and the next, the last one as it is, (F, F)."""
    matrix = 0.5 * (np.eye(frames) + np.eye(frames, k=1))
    matrix[-1, -1] = 1.0
    return matrix


def rho(found):
    return {direction.name: direction.rho for direction in found.directions}


def test_units_are_the_truth_s_deviations():
    """Of the first batches, to five standard errors of a deviation (kurtosis up to 12) and its pilot's own."""
    batch = SHORT.sample(200, np.random.default_rng(5))
    spread = SHORT.statistics(batch).std(axis=0)
    for name, deviation in zip(STATISTICS, spread, strict=True):
        if name == "limb length %":
            assert deviation == 0 and SHORT.units[name] == 5.5
        elif name in ("lowest point cm", "bone variation %"):
            assert deviation == SHORT.units[name] == 0
        else:
            assert deviation == pytest.approx(SHORT.units[name], rel=5 * np.sqrt(13 / 4 * (1 / 200 + 1 / 400))), name


def test_amplitudes_displace_their_own_statistic_by_so_much():
    """All of them linear with the sign; `extent` falls short, `jitter` cannot be negative."""
    batch = SHORT.sample(40, np.random.default_rng(6))
    before = SHORT.statistics(batch).mean(axis=0)
    for direction in SHORT.perturbations:
        (name,) = direction.weights
        k = STATISTICS.index(name)
        for e in (-0.4, 0.4):
            shifted = direction.apply(batch, e, np.random.default_rng(7))
            moved = (SHORT.statistics(shifted).mean(axis=0) - before)[k] / SHORT.units[name] / e
            if direction.name == "jitter":
                assert moved == pytest.approx(max(np.sign(e), 0), abs=0.15)
            elif direction.name == "speed":  # a factor: the batch's own mean speed is not the law's
                assert moved == pytest.approx(before[k] / SHORT._means[name], rel=1e-3)
            else:
                low = 0.55 if direction.name == "extent" else 0.99
                assert low < moved < 1.01, direction.name
            assert shifted.captions == batch.captions and np.array_equal(shifted.lengths, batch.lengths)


def test_always_ideal_forgets_everything_and_leaves_the_truth():
    """The same real motions for the same captions, whatever was done to the motions: nothing is retained, exactly."""
    truth = Chosen(SHORT, ("speed", "jitter"))
    found = audit(truth, motion_corrector("ideal", np.inf, SHORT), SMALL)
    assert set(rho(found).values()) == {0.0} and found.smallest_gamma == np.inf
    assert not found.moves_truth and found.picked == 1 and found.failed == 0


def test_ideal_half_the_time_has_strength_one():
    """Five standard errors; sure enough to refuse strengths 0 and 10."""
    truth = Chosen(SHORT, ("lean", "extent"))
    found = audit(truth, motion_corrector("ideal", 1.0, SHORT), SMALL)
    assert found.one_gamma and not found.moves_truth
    for direction in found.directions:
        assert abs(direction.rho - 0.5) < 5 * direction.rho_se, direction.name
        assert 5 * direction.rho_se < min(1 - direction.rho, direction.rho - 1 / 11)


def test_a_corrector_that_halves_the_floor():
    truth = Chosen(SHORT, ("height", "lean", "extent", "limbs"))
    found = audit(truth, OnJoints(half_the_floor), SMALL)
    assert rho(found) == {name: pytest.approx(0.5 if name == "height" else 1.0, abs=FLOAT32) for name in truth.names}
    assert not found.moves_truth, "the truth stands on the floor"
    mixed = audit(Chosen(SHORT, ("height",)), Mixture(OnJoints(half_the_floor), 1.0), SMALL).directions[0]
    assert abs(mixed.rho - 0.75) < 5 * mixed.rho_se < 0.25, "half of them halved"


def test_of_jitter_the_variance_is_retained():
    """A linear filter S leaves |D S|^2 / |D|^2 of the noise, D third differences; of its size it leaves the root."""
    frames = SHORT.preset.frames + 1
    smooth, third = smoothing(frames), np.diff(np.eye(frames), n=3, axis=0)
    kept = ((third @ smooth) ** 2).sum() / (third**2).sum()
    corrector = OnJoints(lambda joints: np.einsum("ts,nsjc->ntjc", smooth, joints))
    (found,) = audit(Chosen(SHORT, ("jitter",)), corrector, replace(SMALL, amplitudes=(0.3, 0.6))).directions
    assert abs(found.rho - kept) < 5 * found.rho_se < 0.25 * kept
    assert abs(found.rho - np.sqrt(kept)) > 5 * found.rho_se


def test_a_stock_is_drawn_once_for_the_same_stream():
    one, two, other = (SHORT.stock(8, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert one is two and not np.array_equal(one.features, other.features)


def test_refusals():
    with pytest.raises(ValueError, match="corrector of motions must be one of none, .*, got 'magic'"):
        motion_corrector("magic", 1.0, SHORT)
    with pytest.raises(ValueError, match="gamma must be >= 0"):
        motion_corrector("none", -1.0, SHORT)
    with pytest.raises(ValueError, match="n must be >= 20 motions"):
        check_settings(5, (-0.2, 0.2))
    with pytest.raises(ValueError, match="need one above 0"):
        check_settings(20, (-0.2, -0.1))
    speed = next(direction for direction in SHORT.perturbations if direction.name == "speed")
    with pytest.raises(ValueError, match="turns 'speed' round"):
        speed.apply(SHORT.sample(2, np.random.default_rng(0)), -2.0, np.random.default_rng(0))


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("none", "ideal")])
def test_every_corrector_is_audited(name):
    """What is known of them: most put motions on the uniform body, some on the floor, and nothing grows far."""
    corrector = motion_corrector(name, np.inf, SHORT, size=300)
    found = audit(Chosen(SHORT, ("height", "limbs", "lean")), corrector, replace(SMALL, amplitudes=(-0.4, 0.4)))
    kept = rho(found)
    assert found.picked == 1 and found.failed < 0.1
    assert all(-0.1 < value < 1.1 for value in kept.values()), kept
    if name not in ("reground", "prior"):
        assert abs(kept["limbs"]) < 0.01
    if name in ("reground", "kinematic", "physics"):
        assert kept["height"] < 0.1 and kept["lean"] > 0.9
