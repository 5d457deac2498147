"""`scsc toy mixture|kde|finite|regression`: tables, JSON, resuming, pictures, one-line errors."""

import json

import numpy as np
import pytest

from loop import FolderStore, RunConfig, run, schedule_named
from loop.ensemble import EnsembleConfig
from scsc.main import main
from toy.kernel import second_moment_path
from toy.laws import ring
from toy.mixture import GaussianMixtureProblem
from toy.sweep import run_sweep

SMALL = {
    "mixture": ["--n", "40", "--modes", "3", "--runs", "2"],
    "kde": ["--seeds", "64"],
    "finite": ["--runs", "64", "--n", "50"],
    "regression": ["--runs", "64", "--n", "20", "--schedule", "replace", "accumulate"],
}
MEASURES = {
    "mixture": {"sliced_w2", "lost_modes", "least_share"},
    "kde": {"second_moment", "mean_error2"},
    "finite": {"top_mass", "reward", "kl", "lost_points"},
    "regression": {"error2"},
}


@pytest.mark.parametrize("name", SMALL)
def test_answers_resumes_and_is_drawn(name, tmp_path, capsys):
    args = ["toy", name, *SMALL[name], "--gamma", "0", "inf", "--lam", "1", "2", "--out", str(tmp_path / "run")]
    file = tmp_path / "out.json"
    assert main([*args, "--generations", "2"]) == 0, capsys.readouterr().err
    assert main([*args, "--generations", "3", "--json", str(file)]) == 0
    printed = capsys.readouterr().out
    assert "generation 3" in printed and "at end" in printed and ("theory" in printed) == (name != "mixture")
    rows = json.loads(file.read_text())["rows"]
    schedules = 2 if name == "regression" else 1
    assert len(rows) == schedules * 4 * 4
    for measure in MEASURES[name]:
        assert {f"{measure}_mean", f"{measure}_se", f"{measure}_theory"} <= set(rows[0])
    assert {(row["gamma"], row["lam"]) for row in rows} == {(0.0, 1.0), (0.0, 2.0), ("inf", 1.0), ("inf", 2.0)}
    whole = tmp_path / "whole.json"
    assert main([*args[:-1], str(tmp_path / "whole"), "--generations", "3", "--json", str(whole)]) == 0
    assert json.loads(whole.read_text())["rows"] == rows, "extended equals uninterrupted"
    assert main([*args, "--generations", "3", "--seed", "1"]) == 2
    assert "seed: started with 0, now 1" in capsys.readouterr().err
    assert main(["plot", str(tmp_path / "run"), "--out", str(tmp_path / "pictures")]) == 0
    assert len(list((tmp_path / "pictures").rglob("curves.png"))) == schedules


def test_theory_stands_in_the_file(tmp_path):
    assert main(["toy", "kde", "--runs", "64", "--generations", "4", "--out", str(tmp_path)]) == 0
    with np.load(tmp_path / "augment" / "curves.npz") as file:
        assert np.array_equal(file["second_moment_theory"][:, 1], second_moment_path(0.3, 2.0, 0.4, 4, "augment", 50))


@pytest.mark.parametrize(
    ("args", "text"),
    [
        (["kde", "--gamma", "-1"], "gamma must be >= 0"),
        (["kde", "--lam", "-0.5"], "lam must be >= 0"),
        (["kde", "--lam", "nan"], "lam must be >= 0"),
        (["kde", "--schedule", "magic"], "schedule must be one of augment, replace, fresh, accumulate"),
        (["kde", "--schedule", "mix"], "schedule must be one of augment, replace, fresh, accumulate here"),
        (["kde", "--schedule"], "--schedule needs at least one name"),
        (["kde", "--gamma"], "one gamma and one lam per cell"),
        (["kde", "--seed", "-1"], "seed must be >= 0"),
        (["kde", "--runs", "0"], "runs must be >= 1"),
        (["finite", "--candidates", "0"], "K must be >= 1"),
        (["finite", "--truth", "0.5", "0.6"], "truth must be >= 0 with sum 1"),
        (["finite", "--rewards", "nan", "1"], "rewards must be finite"),
        (["regression", "--n", "6"], "n must be >= 7"),
        (["regression", "--gamma", "nan"], "gamma must be >= 0"),
        (["mixture", "--n", "10"], "n must be >= 2 real points per component"),
        (["mixture", "--schedule", "augment", "magic"], "schedule must be one of"),
        (["mixture", "--lam", "0.01"], "lam * n must be >= 16 for 'replace'"),
        (["mixture", "--generations", "-1"], "generations must be >= 0"),
    ],
)
def test_wrong_use_is_one_line_and_leaves_nothing(args, text, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["toy", *args]) == 2
    error = capsys.readouterr().err
    assert error.startswith("scsc: error: ") and error.count("\n") == 1 and text in error
    assert not (tmp_path / "runs").exists()


def test_a_sweep_gathers_the_engine_s_runs(tmp_path):
    """Its curves are the measures of single runs of the same seeds, in memory and in a folder."""
    problem = GaussianMixtureProblem(20, ring(2), 2)
    config = EnsembleConfig(5, 2, 2)
    args = (problem, problem.ideal, (0.0, 1.0), (1.0, 2.0), "augment", config)
    seen = []
    kept = run_sweep(*args, tmp_path / "sweep", lambda stage, done, total: seen.append((done, total)))
    memory = run_sweep(*args)
    assert seen == [(done, 12) for done in range(1, 13)]
    assert all(np.array_equal(kept[name], memory[name]) and kept[name].shape == (3, 2, 2) for name in kept)
    rule = schedule_named("augment", 2.0)
    alone = [*run(problem, problem.ideal(1.0), rule, RunConfig(6, 2, "toy"), FolderStore(tmp_path / "alone"))]
    assert [record.measures["sliced_w2"] for record in alone] == kept["sliced_w2"][:, 1, 1].tolist()


def test_the_mixture_takes_several_correctors(tmp_path, capsys):
    args = ["toy", "mixture", *SMALL["mixture"], "--gamma", "1", "--generations", "1", "--out", str(tmp_path / "run")]
    assert main([*args, "--corrector", "shrink", "likelihood-rank"]) == 0, capsys.readouterr().err
    assert sorted(path.parent.name for path in (tmp_path / "run").glob("*/curves.npz")) == [
        "replace-likelihood-rank", "replace-shrink",
    ]  # fmt: skip
    assert main([*args, "--corrector", "magic"]) == 2
    assert "ideal, wrong-target, shrink" in capsys.readouterr().err
