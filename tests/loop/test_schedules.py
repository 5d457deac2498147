"""What each schedule trains on, read off the points themselves."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import deterministic

from loop import (
    AccumulateSubsample,
    ArrayBatch,
    Augment,
    FolderStore,
    MemoryStore,
    Mix,
    NoCorrection,
    RampAccumulate,
    RunConfig,
    run,
    schedule_named,
)
from loop.schedule import SCHEDULES
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
        ("ramp-accumulate", [2.0, 3.0, 3.0] + [100.0] * 4),  # int(2 i/3) of batch i: 0, 1, 2
        ("mix", [3.0] + [100.0] * 3),  # real share 1/1.5 of 4: 2.67, so 3
    ],
)
def test_training_set_of_generation_three(name, expected):
    sets, counts = seen(name, 0.5)
    assert sets[0] == [100.0] * 4, "generation 0 is fitted on real data, whatever the schedule"
    assert sets[3] == expected
    synthetic = sum(value < 100 for value in expected)
    assert counts[3] == {"real": len(expected) - synthetic, "synthetic": synthetic}


def test_ramp_takes_the_first_of_every_batch():
    """Batch i's j-th sample is 10 i + j: what is kept is a prefix, int(4 i/g) long, and the newest batch is whole."""

    @dataclass(frozen=True)
    class Numbered(Tagged):
        def sample(self, model, request, rng):
            return ArrayBatch(10.0 * model[1] + np.arange(request.count)[:, None])

    records = list(run(Numbered(), NoCorrection(), RampAccumulate(1.0), RunConfig(0, 5), MemoryStore()))
    for generation in range(1, 6):
        wanted = [10.0 * i + j for i in range(1, generation + 1) for j in range(4 * i // generation)]
        assert records[generation].measures["seen"] == wanted + [100.0] * 4
        assert records[generation].training == {"real": 4, "synthetic": len(wanted)}


def test_subsample_has_a_fixed_size_and_no_repeats():
    """n of the pool: every sample at most once, all equally likely; generation 1 of pool 4 + 2 keeps 8/3 real."""
    seen_real = []
    for seed in range(400):
        records = list(run(Tagged(), NoCorrection(), AccumulateSubsample(0.5), RunConfig(seed, 3), MemoryStore()))
        for generation, record in enumerate(records):
            tags, counts = np.unique(record.measures["seen"], return_counts=True)
            assert counts.sum() == 4 == sum(record.training.values())
            assert all(count <= (4 if tag == 100 else 2) for tag, count in zip(tags, counts, strict=True))
            assert set(tags) <= {100.0, *np.arange(1.0, generation + 1)}
        seen_real.append(records[1].training["real"])
    spread = np.sqrt(4 * (2 / 3) * (1 / 3) * (2 / 5) / 400)  # hypergeometric: 4 of 6, of which 4 are real
    assert abs(np.mean(seen_real) - 8 / 3) < 5 * spread


@pytest.mark.parametrize(("fraction", "real"), [(0.0, 0), (0.25, 1), (0.5, 2), (0.625, 3), (1.0, 4)])
def test_real_fraction_from_zero_to_one(fraction, real):
    records = list(run(Tagged(), NoCorrection(), Mix.of_fraction(fraction), RunConfig(0, 2), MemoryStore()))
    assert [record.measures["seen"] for record in records] == [
        [100.0] * 4,
        [1.0] * (4 - real) + [100.0] * real,
        [2.0] * (4 - real) + [100.0] * real,
    ]
    assert records[2].training == {"real": real, "synthetic": 4 - real}


@given(st.integers(1, 1000), st.integers(0, 200))
def test_mix_rounds_halves_up(n, twice_percent):
    fraction = twice_percent / 200
    schedule = Mix.of_fraction(fraction)
    assert schedule.real_count(n) == (twice_percent * n + 100) // 200
    assert schedule.request(n) + schedule.real_count(n) == n


@pytest.mark.parametrize("name", SCHEDULES)
def test_names_are_those_of_the_table(name):
    assert schedule_named(name, 0.5).describe()["name"] == name


@pytest.mark.parametrize("name", ["accumulate-subsample", "ramp-accumulate", "mix"])
def test_interrupted_runs_equal_whole_ones(tmp_path, name):
    """Stopped after each generation and continued by a new call: every deterministic byte is the same."""
    problem, schedule = GaussianProblem(6, 2), schedule_named(name, 0.5)
    for _ in run(problem, NoCorrection(), schedule, RunConfig(4, 5), FolderStore(tmp_path / "whole")):
        pass
    for generations in (0, 1, 2, 4, 5):
        list(run(problem, NoCorrection(), schedule, RunConfig(4, generations), FolderStore(tmp_path / "parts")))
    assert deterministic(tmp_path / "parts") == deterministic(tmp_path / "whole")


@pytest.mark.parametrize("fraction", [-0.1, 1.1, float("nan")])
def test_bad_fraction(fraction):
    with pytest.raises(ValueError, match="real_fraction must lie in"):
        Mix.of_fraction(fraction)


@pytest.mark.parametrize("lam", [-1.0, float("nan")])
def test_bad_mix(lam):
    with pytest.raises(ValueError, match="lam must be >= 0"):
        schedule_named("mix", lam)


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
