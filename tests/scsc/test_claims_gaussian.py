"""The claims about the Gaussian toy, from ensembles made of stated numbers."""

from __future__ import annotations

import json

import numpy as np
import pytest

from scsc.claims.evidence import gather
from scsc.claims.gaussian import falls_in_gamma, partly_the_sampler

GAMMA = (0.0, 0.1, 1.0)
RUNS = 24


def ensemble(folder, levels, corrector="mixture", *, generations=500, schedule="ramp-accumulate", runs=RUNS, n=50):
    """W2 that ends around `levels`, one a gamma, with noise that the gammas of a run share in part."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(3)
    shared = rng.normal(0, 0.1, (1, runs, 1))
    w2 = np.asarray(levels) + shared + rng.normal(0, 0.01, (generations + 1, runs, len(levels)))
    np.savez(folder / "curves.npz", w2=w2, gamma=np.array(GAMMA[: len(levels)]))
    identity = {"corrector": {"name": corrector}, "schedule": {"name": schedule}, "n": n}
    (folder / "config.json").write_text(json.dumps({"format": 1, "kind": "toy-ensemble", "identity": identity}))
    return folder


def test_the_order_in_gamma_is_judged_step_by_step(tmp_path):
    falls = falls_in_gamma("G-1", gather([ensemble(tmp_path / "a", (0.6, 0.5, 0.3))]))
    assert [one.verdict for one in falls] == ["holds"] and "2 of 2 steps" in falls[0].measured
    assert falls[0].command == "scsc toy preset exact-gaussian"
    rises = falls_in_gamma("G-1", gather([ensemble(tmp_path / "b", (0.6, 0.3, 0.5))]))[0]
    assert rises.verdict == "does not hold" and "not 0.1 over 1" in rises.measured
    flat = falls_in_gamma("G-1", gather([ensemble(tmp_path / "c", (0.6, 0.5, 0.5))]))[0]
    assert flat.verdict == "undecided"


def test_a_short_loop_or_another_schedule_says_nothing_of_the_figure(tmp_path):
    short = ensemble(tmp_path / "short", (0.6, 0.5, 0.3), generations=100)
    assert falls_in_gamma("G-1", gather([short]))[0].verdict == "undecided"
    assert falls_in_gamma("G-1", gather([ensemble(tmp_path / "other", (0.6, 0.5, 0.3), schedule="replace")])) == []


def test_the_share_of_the_sampler_is_paired_with_the_exact_mixture(tmp_path):
    ideal = ensemble(tmp_path / "x" / "ideal", (0.4, 0.3, 0.2))
    drawn = ensemble(tmp_path / "x" / "drawn", (0.8, 0.6, 0.4), "histogram-official")
    (found,) = partly_the_sampler("G-2", gather([ideal, drawn]))
    assert found.verdict == "holds" and found.seeds == RUNS and "50% (" in found.measured
    same = ensemble(tmp_path / "same", (0.4, 0.3, 0.2), "histogram-official")
    (none,) = partly_the_sampler("G-2", gather([ideal, same]))
    assert none.verdict != "holds"
    less = ensemble(tmp_path / "less", (0.2, 0.2, 0.1), "histogram-official")
    assert partly_the_sampler("G-2", gather([ideal, less]))[0].verdict == "does not hold"
    other = ensemble(tmp_path / "other", (0.8, 0.6, 0.4), "histogram-official", n=60)
    assert partly_the_sampler("G-2", gather([ideal, other])) == [], "another toy is no pair"


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 truncated", b"\x93NUMPY"])
def test_damaged_curves_are_an_error_that_names_the_file(tmp_path, content):
    folder = ensemble(tmp_path / "a", (0.6, 0.5, 0.3))
    (folder / "curves.npz").write_bytes(content)
    with pytest.raises(ValueError, match="curves.npz"):
        gather([folder])


def test_toys_that_measure_something_else_are_passed_over(tmp_path):
    ensemble(tmp_path / "runs/a", (0.6, 0.5, 0.3))
    other = ensemble(tmp_path / "runs/b", (0.6, 0.5, 0.3))
    np.savez(other / "curves.npz", error=np.zeros((5, 3, 2)), lam=np.zeros(2))
    assert [one.folder.name for one in gather([tmp_path / "runs"]).ensembles] == ["a"]
