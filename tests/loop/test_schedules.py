"""What each schedule trains on, read off the points themselves."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loop import ArrayBatch, Augment, MemoryStore, NoCorrection, RunConfig, run, schedule_named
from toy.gaussian import GaussianProblem


@dataclass(frozen=True)
class Tagged(GaussianProblem):
    """A problem whose points tell where they come from: real of set g is 100 + g, synthetic of generation g is g."""

    n: int = 4
    dimension: int = 1

    def real(self, generation, rng):
        return ArrayBatch(np.full((self.n, 1), 100.0 + generation))

    def fit(self, previous, training, rng, work=None):
        return training.samples[:, 0], 1 if previous is None else previous[1] + 1

    def sample(self, model, request, rng):
        return ArrayBatch(np.full((request.count, 1), float(model[1])))

    def measure(self, model, synthetic, corrected, rng):
        return {"seen": sorted(model[0].tolist())}


def seen(name, lam, generations=3):
    store = MemoryStore()
    records = list(run(Tagged(), NoCorrection(), schedule_named(name, lam), RunConfig(0, generations), store))
    return [record.measures["seen"] for record in records], [record.training for record in records]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("augment", [3.0, 3.0] + [100.0] * 4),
        ("replace", [3.0, 3.0]),
        ("fresh", [3.0, 3.0] + [103.0] * 4),
        ("accumulate", [1.0, 1.0, 2.0, 2.0, 3.0, 3.0] + [100.0] * 4),
    ],
)
def test_training_set_of_generation_three(name, expected):
    sets, counts = seen(name, 0.5)
    assert sets[0] == [100.0] * 4, "generation 0 is fitted on real data, whatever the schedule"
    assert sets[3] == expected
    synthetic = sum(value < 100 for value in expected)
    assert counts[3] == {"real": len(expected) - synthetic, "synthetic": synthetic}


def test_zero_weight_is_the_real_baseline():
    sets, _ = seen("augment", 0.0)
    assert sets[3] == [100.0] * 4


@given(st.integers(1, 10_000), st.integers(0, 300))
def test_request_is_exact_for_percentages(n, percent):
    assert abs(Augment(percent / 100).request(n) - percent * n / 100) <= 0.5 + 1e-9


def test_request_does_not_truncate():
    assert Augment(0.29).request(100) == 29  # int(0.29 * 100) is 28


@pytest.mark.parametrize("lam", [-1.0, float("nan"), float("inf")])
def test_bad_weight(lam):
    with pytest.raises(ValueError, match="lam must be"):
        schedule_named("augment", lam)


def test_replace_needs_samples():
    with pytest.raises(ValueError, match="lam must be > 0"):
        schedule_named("replace", 0.0)


def test_unknown_schedule():
    with pytest.raises(ValueError, match="schedule must be one of augment, replace"):
        schedule_named("magic", 1.0)


def test_selector_keeps_n_of_k_times_n():
    asked = []

    @dataclass(frozen=True)
    class Best:
        candidates_per_sample: int = 3

        def __call__(self, candidates, n, rng):
            asked.append(len(candidates))
            return candidates.take(np.argsort(candidates.samples[:, 0])[-n:])

        def describe(self):
            return {"name": "best"}

    problem = GaussianProblem(20, 1)
    schedule = Augment(0.5, Best())
    records = list(run(problem, NoCorrection(), schedule, RunConfig(0, 8), MemoryStore()))
    plain = list(run(problem, NoCorrection(), Augment(0.5), RunConfig(0, 8), MemoryStore()))
    assert asked == [30] * 8
    assert records[-1].training == {"real": 20, "synthetic": 10}
    assert records[-1].measures["mean_error2"] > plain[-1].measures["mean_error2"], "choosing the largest shifts it"
    assert schedule.describe()["selector"] == {"name": "best"}
