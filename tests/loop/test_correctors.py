"""What correctors are built from: mixtures, chains, gates; their law, scope, order, failures."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import Centre, Shrink, near

from loop import ArrayBatch, Chain, Corrected, Gated, Mixture, NoCorrection, kept_share
from loop.corrector import Scope
from toy.gaussian import FreshDraw, ideal

SINGLE = {
    "none": NoCorrection(),
    "shrink": Shrink(),
    "chain": Chain((Shrink(), Shrink(0.4))),
    "gated": Gated(Shrink(), near, "|x| < 0.5"),
}


@pytest.mark.parametrize("name", SINGLE)
def test_scope_sample_ignores_batch_mates(name):
    corrector = SINGLE[name]
    assert corrector.scope == "sample"
    batch = ArrayBatch(np.random.default_rng(0).normal(0, 2, (20, 3)))
    whole = corrector(batch, np.random.default_rng(1)).samples.samples
    for i in (0, 7, 19):
        alone = corrector(batch.take([i]), np.random.default_rng(1)).samples.samples
        assert np.array_equal(alone[0], whole[i])


def test_scope_of_compounds():
    assert Mixture(Centre(), 1.0).scope == "batch"
    assert Chain((Shrink(), Centre())).scope == "batch"
    assert Chain((Shrink(), FreshDraw())).scope == "sample"


def test_order_is_kept():
    batch = ArrayBatch(np.arange(40.0)[:, None] / 20)
    out = Mixture(Shrink(), 1.0)(batch, np.random.default_rng(0))
    expected = np.where(out.picked[:, None], 0.5 * batch.samples, batch.samples)
    assert np.array_equal(out.samples.samples, expected)


def test_batch_scope_is_evaluated_whole():
    """A picked sample gets what the whole batch's correction gives it, not that of the picked ones alone."""
    batch = ArrayBatch(np.random.default_rng(0).normal(3, 1, (30, 2)))
    whole = Centre()(batch, np.random.default_rng(0)).samples.samples
    out = Mixture(Centre(), 1.0)(batch, np.random.default_rng(0))
    assert out.picked.any() and not out.picked.all()
    assert np.array_equal(out.samples.samples[out.picked], whole[out.picked])


def test_zero_strength_is_no_corrector_and_draws_nothing():
    batch = ArrayBatch(np.ones((4, 2)))
    rng = np.random.default_rng(0)
    assert ideal(0.0)(batch, rng).samples is batch
    assert rng.bit_generator.state == np.random.default_rng(0).bit_generator.state


def test_infinite_strength_always_applies():
    out = Mixture(Shrink(np.inf), np.inf)(ArrayBatch(np.ones((50, 1))), np.random.default_rng(0))
    assert out.picked.all() and np.all(out.samples.samples == 0.5)


@given(st.floats(0, 1e9) | st.just(np.inf))
def test_kept_share(gamma):
    a = kept_share(gamma)
    assert 0 <= a <= 1 and a == (0 if np.isinf(gamma) else 1 / (1 + gamma))


@pytest.mark.parametrize("gamma", [-0.1, float("nan"), -np.inf])
def test_bad_strength_is_refused(gamma):
    with pytest.raises(ValueError, match="gamma must be >= 0"):
        ideal(gamma)


def test_mixture_law_is_pi_gamma():
    """Mean and second moment of (p + gamma p*)/(1+gamma), p = N(3, 1), p* = N(0, 1); rejects gamma and 1-a swapped."""
    n, gamma = 200_000, 0.5
    batch = ArrayBatch(np.random.default_rng(1).normal(3, 1, (n, 1)))
    out = ideal(gamma)(batch, np.random.default_rng(2)).samples.samples[:, 0]
    a = 1 / (1 + gamma)
    error = np.sqrt((1 + a * (1 - a) * 9) / n)
    assert abs(out.mean() - a * 3) < 5 * error
    assert abs(out.mean() - (1 - a) * 3) > 5 * error
    spread = np.std(out**2) / np.sqrt(n)
    assert abs((out**2).mean() - (1 + a * 9)) < 5 * spread


def test_failed_must_be_picked():
    with pytest.raises(ValueError, match="failed samples must be picked"):
        Corrected(ArrayBatch(np.zeros((1, 1))), np.zeros(1), np.zeros(1, bool), np.ones(1, bool))


def test_chain_counts_failure_only_where_every_part_failed():
    batch = ArrayBatch(np.array([[0.2], [1.0], [5.0]]))
    out = Chain((Shrink(2.0), Shrink(0.4)))(batch, np.random.default_rng(0))
    assert out.failed.tolist() == [False, False, True]
    assert out.samples.samples[:, 0].tolist() == [0.05, 0.5, 5.0]


@dataclass(frozen=True)
class Noting:
    """Shifts by 1 and notes the new first coordinate, nan where that is negative."""

    scope: Scope = "sample"
    name: str = "first"

    def __call__(self, batch: ArrayBatch, rng: np.random.Generator) -> Corrected[ArrayBatch]:
        moved = batch.samples + 1
        n = len(batch)
        note = np.where(moved[:, 0] < 0, np.nan, moved[:, 0])
        return Corrected(ArrayBatch(moved), np.ones(n), np.ones(n, bool), np.zeros(n, bool), {self.name: note})

    def describe(self) -> dict[str, object]:
        return {"name": "noting"}


def test_notes_stand_with_the_samples_that_have_them():
    batch = ArrayBatch(np.arange(12.0).reshape(6, 2) - 5)
    gated = Gated(Noting(), lambda b: b.samples[:, 0] > 1, "first coordinate above 1")
    found = gated(batch, np.random.default_rng(0)).notes["first"]
    np.testing.assert_array_equal(found, [np.nan, np.nan, 0.0, 2.0, np.nan, np.nan])
    chained = Chain((Noting(), Noting(), Noting(name="other")))(batch, np.random.default_rng(0))
    assert set(chained.notes) == {"first", "other"} and chained.notes["first"][-1] == 7.0
    assert Mixture(Noting(), 0.0)(batch, np.random.default_rng(0)).notes == {}
    with pytest.raises(ValueError, match="first must have shape"):
        Corrected(batch, np.zeros(6), np.ones(6, bool), np.zeros(6, bool), {"first": np.zeros(5)})
