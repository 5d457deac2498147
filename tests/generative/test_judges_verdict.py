"""Which judge sees which fault; floors, the protocol of 20 replications, and the one table."""

import json
from functools import cache

import numpy as np
import pytest

from generative.distances import frechet
from generative.judges import TooFew, against_floor, fid, judge, replicated
from generative.judges.fid import fid_infinity
from generative.judges.kernel import kid_with_error
from generative.judges.memorisation import statistics
from generative.judges.neighbours import shares
from generative.judges.pairs import nearest
from generative.judges.spread import diversity_with_error
from generative.judges.text_match import text_match

D, MODES, N = 12, 8, 500
CENTRES = 4 * np.eye(MODES, D)
MEASURES = (
    "fid", "fid_infinity", "kid", "precision", "recall", "density", "coverage", "diversity", "memorised_share", "c_t",
    "r_precision_1", "matching_distance",
)  # fmt: skip


def real(rng, modes=MODES):
    return CENTRES[rng.integers(modes, size=N)] + rng.normal(size=(N, D))


FAULTS = {
    "none": lambda rng, training: real(rng),
    "variance down by 10 %": lambda rng, training: (real(rng) - CENTRES.mean(0)) * np.sqrt(0.9) + CENTRES.mean(0),
    "a mode missing": lambda rng, training: real(rng, MODES - 1),
    "training set memorised": lambda rng, training: training + rng.normal(0, 1e-3, training.shape),
    "shifted": lambda rng, training: real(rng) + 0.3,
    "texts ignored": lambda rng, training: real(rng),
}


def measured(fault, rng):
    """All measures of one draw of training set, samples and held-out real data; texts lie near their samples."""
    training, held_out = real(rng), real(rng)
    samples = FAULTS[fault](rng, training)
    texts = samples + rng.normal(0, 0.7, samples.shape)
    match = text_match(samples, texts[::-1] if fault == "texts ignored" else texts)
    return [
        frechet(samples, held_out).value,
        fid_infinity(samples, held_out, groups=0).value,
        kid_with_error(samples, held_out).value,
        *shares(samples, held_out),
        diversity_with_error(samples).value,
        *statistics(nearest(samples, training), nearest(held_out, training)),
        match.top[0].value,
        match.distance.value,
    ]


@cache
def real_versus_real():
    """Mean and standard deviation of each measure over 40 draws in which nothing is wrong."""
    found = np.array([measured("none", np.random.default_rng([0, i])) for i in range(40)])
    return found.mean(axis=0), found.std(axis=0, ddof=1)


SEEN = {
    "none": set(),
    "variance down by 10 %": {"diversity"},
    "a mode missing": {"fid", "fid_infinity", "kid", "recall", "coverage"},
    "training set memorised": {"memorised_share", "c_t"},
    "shifted": {"fid", "fid_infinity", "kid", "coverage"},
    "texts ignored": {"r_precision_1", "matching_distance"},
}
BLIND = {
    "none": set(MEASURES),
    "variance down by 10 %": {"coverage", "fid_infinity", "memorised_share", "r_precision_1"},
    "a mode missing": {"precision", "density", "diversity", "memorised_share", "c_t", "matching_distance"},
    "training set memorised": set(MEASURES) - {"memorised_share", "c_t"},
    "shifted": {"diversity", "memorised_share", "matching_distance"},
    "texts ignored": set(MEASURES) - {"r_precision_1", "matching_distance"},
}


@pytest.mark.parametrize("fault", FAULTS)
def test_which_measure_sees_which_fault(fault):
    """Mean of 6 faulty draws in standard deviations of ONE real-versus-real draw: seen above 4, blind below 2.5.

    So a single run would show what is seen. Where nothing is wrong the mean of 6 scatters by sqrt(1/6 + 1/40) = 0.44,
    and 2.5 is 5.7 of that. Most measures are blind to most faults: none may be reported alone.
    """
    mean, sd = real_versus_real()
    found = np.mean([measured(fault, np.random.default_rng([1, i])) for i in range(6)], axis=0)
    z = dict(zip(MEASURES, np.abs(found - mean) / sd, strict=True))
    assert {name for name in MEASURES if z[name] > 4} >= SEEN[fault], z
    assert all(z[name] < 2.5 for name in BLIND[fault]), z
    assert SEEN[fault] or fault == "none"


def test_the_floor_is_of_disjoint_halves_of_equal_size():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(70, 2)) + 1, np.arange(100.0).reshape(50, 2)
    seen = []

    def measure(a, b):
        seen.append((a, b))
        return [len(a), len(b)]

    found = against_floor(measure, x, y, replications=3)
    assert found.n == 25 and found.value.values.shape == (3, 2)
    for (samples, against), (other, again) in zip(seen[::2], seen[1::2], strict=True):
        assert len(samples) == len(against) == len(other) == 25 and np.array_equal(against, again)
        assert sorted(np.concatenate([against, other])[:, 0]) == sorted(y[:, 0])
        assert len(np.unique(samples[:, 0])) == 25 and np.isin(samples[:, 0], x[:, 0]).all()
    assert against_floor(measure, x[:7], y).n == 7  # fewer samples: the halves are cut
    with pytest.raises(TooFew, match="real n >= 4, got 3"):
        against_floor(measure, x, y[:3])


def test_samples_of_the_real_law_lie_at_the_floor_and_wrong_ones_do_not():
    rng = np.random.default_rng(1)

    def measure(a, b):
        return frechet(a, b).value

    for shift, at_floor in ((0.0, True), (0.7, False)):
        found = against_floor(measure, rng.normal(size=(400, 4)) + shift, rng.normal(size=(400, 4)))
        low, high = found.floor.percentiles
        assert (low < found.value.mean < high) == at_floor
        assert np.isclose(found.excess.mean, found.value.mean - found.floor.mean)


def test_twenty_replications_as_t2m_prints_them():
    found = replicated(lambda rng: rng.normal())
    assert found.values.shape == (20,)
    assert np.isclose(found.t2m_half, 1.96 * np.std(found.values) / np.sqrt(20)) and found.mean == found.values.mean()
    assert np.array_equal(found.values, replicated(lambda rng: rng.normal()).values)
    assert not np.array_equal(found.values, replicated(lambda rng: rng.normal(), seed=1).values)
    with pytest.raises(ValueError, match="replications must be at least 2, got 1; T2M takes 20"):
        replicated(lambda rng: 0.0, 1)


def everything(seed=0, n=80, m=90, t=60):
    rng = np.random.default_rng(0)
    samples, held_out = rng.normal(size=(n, 3)), rng.normal(size=(m, 3))
    return judge(
        samples, held_out, texts=samples + rng.normal(size=samples.shape), captions=[str(i % 40) for i in range(n)],
        real_texts=held_out + rng.normal(size=held_out.shape), repeats=rng.normal(size=(5, 4, 3)),
        training=rng.normal(size=(t, 3)), seed=seed,
    )  # fmt: skip


def test_the_verdict_has_every_measure_with_interval_and_floor():
    verdict = everything()
    assert {row.name for row in verdict.rows} == {*MEASURES, "r_precision_2", "r_precision_3", "multimodality"}
    for row in verdict.rows:
        assert row.low <= row.value <= row.high and row.d == 3, row
        if row.name != "multimodality":  # real data have one motion per caption
            assert row.floor_low <= row.floor <= row.floor_high and row.floor_n >= 19, row
    assert verdict["fid"].value == frechet(*two_sets(verdict)).value and verdict["fid"].n == (80, 90)
    assert verdict["fid"].floor_n == 45 and verdict["diversity"].floor_n == 90
    assert "chance" in verdict["r_precision_1"].note and "expected" in verdict["memorised_share"].note
    text = json.dumps(verdict.to_json(), allow_nan=False)
    assert json.loads(text)["rows"][0]["name"] == "fid"
    assert verdict.to_json() == everything().to_json() != everything(seed=1).to_json()
    with pytest.raises(KeyError, match="no measure 'is'"):
        verdict["is"]


def two_sets(verdict):
    rng = np.random.default_rng(0)
    n, m = verdict["fid"].n
    return rng.normal(size=(n, 3)), rng.normal(size=(m, 3))


def test_what_was_not_asked_for_is_not_there_and_too_few_is_said():
    x = np.random.default_rng(0).normal(size=(12, 3))
    verdict = judge(x, x[::-1], texts=x, training=x)
    assert "multimodality" not in {row.name for row in verdict.rows}
    assert "memorised_share" not in {row.name for row in judge(x, x).rows}
    for name, least in (("fid_infinity", 16), ("r_precision_1", 32), ("c_t", 19)):
        row = verdict[name]
        assert np.isnan(row.value) and f"needs {'held-out ' if name == 'c_t' else ''}n >= {least}, got 12" in row.note
        assert row.note.startswith("not measured: ")
    assert np.isfinite(verdict["precision"].value) and verdict["precision"].floor_n == 6
    seven = judge(x[:7], x[:7])["precision"]
    assert np.isfinite(seven.value) and np.isnan(seven.floor) and seven.note.startswith("no floor: ")
    json.dumps(verdict.to_json(), allow_nan=False)


def test_wrong_input_is_refused_in_one_line():
    x = np.random.default_rng(0).normal(size=(40, 3))
    for keywords, text in (
        ({"captions": ["a"] * 40}, "captions need texts"),
        ({"texts": x, "captions": ["a"]}, "captions must be one per sample"),
        ({"training": x[:, :2]}, "same width"),
        ({"repeats": x}, "must have shape"),
        ({"k": 0}, "k must be at least 1"),
    ):
        with pytest.raises(ValueError, match=text) as problem:
            judge(x, x, **keywords)
        assert "\n" not in str(problem.value)
    for bad in (x * np.nan, x[:1], x[:, :2]):
        with pytest.raises(ValueError):
            judge(bad, x)
    with pytest.raises(TooFew, match="fid needs n >= 2, got 1"):
        fid(x[:1], x)
