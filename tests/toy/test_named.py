"""Correctors by name in point-wise loops: each does what its name says, sweeps keep whole runs or generations."""

import numpy as np
import pytest

from loop import ArrayBatch
from loop.ensemble import EnsembleConfig
from toy.ensembles import gaussian_loop
from toy.gaussian import GaussianProblem
from toy.laws import Normal, ring
from toy.named import CENTRES, NAMES, OFFSET, choice_named
from toy.point_loop import PointLoop
from toy.sweep import place_of, run_sweep

RNG = np.random.default_rng
FLAT = Normal((0.0, 0.0))


@pytest.mark.parametrize("name", NAMES)
def test_gamma_0_changes_nothing_and_inf_does_what_the_name_says(name):
    choice = choice_named(name, FLAT, 2)
    batch = ArrayBatch(RNG(0).normal(3, 0.1, (400, 2)))
    still = choice.corrector(0.0)(batch, RNG(1)).samples.samples
    assert np.array_equal(still, batch.samples)
    out = choice.corrector(np.inf)(batch, RNG(1)).samples.samples
    mean, spread = out.mean(axis=0), out.std(axis=0)
    if name == "shrink":
        assert (out == 0).all()
    elif name == "k-means":
        assert len(np.unique(out, axis=0)) <= CENTRES and np.linalg.norm(out, axis=1).max() < 4
    else:  # 5 standard errors of 400 points of N(0, 1)
        target = np.array([OFFSET if name == "wrong-target" else 0.0, 0.0])
        assert np.abs(mean - target).max() < 5 / 20 and np.abs(spread - 1).max() < 5 / np.sqrt(800)
    assert (choice.selector is not None) == (name in ("curation", "likelihood-rank"))


def test_selectors_move_the_loop_as_they_must():
    """Curation draws the mean towards its centre, ranking by likelihood narrows; 6 generations, 24 seeds, one-sided."""
    found = {}
    for name in ("mixture", "curation", "likelihood-rank"):
        problem = GaussianProblem(100, 1)
        loop = PointLoop.of("ideal" if name == "mixture" else name, problem, (0.0,), (1.0,), "replace")
        curves = loop.run(EnsembleConfig(0, 24, 6))
        found[name] = curves["mean_error2"][-1, :, 0], curves["variance"][-1, :, 0]
    assert found["curation"][0].mean() > found["mixture"][0].mean() + 0.1
    plain, ranked = found["mixture"][1], found["likelihood-rank"][1]
    assert ranked.mean() + 5 * ranked.std() / np.sqrt(24) < plain.mean()


def test_the_ideal_corrector_point_by_point_has_the_fused_law():
    """Against the fused ensemble: means of W2 within 5 joint standard errors."""
    config = EnsembleConfig(0, 128, 5)
    slow = PointLoop.of("ideal", GaussianProblem(20, 2), (1.0,), (0.5,), "augment").run(config)["w2"][-1, :, 0]
    from loop.ensemble import run_ensemble

    fast = run_ensemble(gaussian_loop((1.0,), (0.5,), 20, 2), config)["w2"][-1, :, 0]
    error = np.hypot(slow.std(ddof=1), fast.std(ddof=1)) / np.sqrt(128)
    assert abs(slow.mean() - fast.mean()) < 5 * error
    none = PointLoop.of("ideal", GaussianProblem(20, 2), (0.0,), (2.0,), "replace").run(config)["w2"][-1, :, 0]
    assert abs(none.mean() - fast.mean()) > 5 * error


def test_whole_runs_are_kept_extended_and_damage_is_named(tmp_path):
    loop = PointLoop.of("shrink", GaussianProblem(20, 2), (0.5, 1.0), (0.5,), "augment")
    short = loop.run(EnsembleConfig(0, 3, 4), tmp_path)
    path = place_of(tmp_path, 0.5, 0.5, 1) / "curves.npz"
    before = path.stat().st_mtime_ns
    again = loop.run(EnsembleConfig(0, 3, 4), tmp_path)
    assert path.stat().st_mtime_ns == before and all(np.array_equal(again[key], short[key]) for key in short)
    longer = loop.run(EnsembleConfig(0, 3, 6), tmp_path)
    assert all(np.array_equal(longer[key][:5], short[key]) for key in short) and len(longer["w2"]) == 7
    assert all(np.array_equal(loop.run(EnsembleConfig(0, 3, 4), tmp_path)[key], short[key]) for key in short)
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(ValueError, match="curves.npz is not a readable npz"):
        loop.run(EnsembleConfig(0, 3, 6), tmp_path)
    with pytest.raises(ValueError, match="another config"):
        PointLoop.of("transport", GaussianProblem(20, 2), (0.5, 1.0), (0.5,), "augment").run(
            EnsembleConfig(0, 3, 4), tmp_path
        )


def test_a_sweep_with_a_selector_says_so(tmp_path):
    problem = GaussianProblem(20, 2)
    choice = choice_named("curation", FLAT, 2)
    args = ((1.0,), (1.0,), "augment", EnsembleConfig(0, 1, 1))
    run_sweep(problem, choice.corrector, *args, tmp_path / "a", selector=choice.selector)
    assert '"curation"' in (tmp_path / "a" / "config.json").read_text()
    with pytest.raises(ValueError, match="selector"):
        run_sweep(problem, choice.corrector, *args, tmp_path / "a")


@pytest.mark.parametrize(
    "make",
    [
        lambda: choice_named("magic", ring(3), 2),
        lambda: PointLoop.of("magic", GaussianProblem(), (1.0,), (1.0,), "augment"),
    ],
)
def test_unknown_names_list_the_known_ones(make):
    with pytest.raises(ValueError, match="ideal, wrong-target, shrink"):
        make()
    with pytest.raises(ValueError, match="schedule must be one of"):
        PointLoop.of("shrink", GaussianProblem(), (1.0,), (1.0,), "refill")
    with pytest.raises(ValueError, match="lam"):
        PointLoop.of("shrink", GaussianProblem(), (1.0,), (-1.0,), "augment")
