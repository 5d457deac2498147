"""What a generation's record holds beside the network-free measures: a learned evaluator's, and what correction did."""

import json
from dataclasses import replace

import numpy as np
import pytest

from loop import read_records
from loop.progress import silent
from motion.evaluation.text_motion_training import EvaluatorConfig
from motion.experiment import evaluator
from motion.experiment.campaign import Experiment, execute
from motion.experiment.presets import Preset
from plots.motion import chosen
from plots.runs import read_experiment

pytestmark = pytest.mark.usefixtures("one_thread")
PRESET = Preset(
    frames=32, n=6, reference=40, evaluation=34, generations=1, first_steps=6, steps=3, width=16, layers=1, heads=2,
    batch_size=4, sampler_steps=3,
)  # fmt: skip
TINY = EvaluatorConfig(steps=4, batch_size=8, width=16, blocks=1, dim=8, warmup=2, checkpoint_every=2)


def use_a_tiny_evaluator(patch):
    patch.setattr(evaluator, "DRAWN", 60)
    patch.setattr(evaluator, "EvaluatorConfig", lambda: TINY)


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    out = tmp_path_factory.mktemp("judged")
    with pytest.MonkeyPatch.context() as patch:
        use_a_tiny_evaluator(patch)
        execute(Experiment(out / "with", PRESET, arms=("synthetic", "ideal"), judge=True), silent)
    execute(Experiment(out / "without", PRESET, arms=("synthetic", "ideal")), silent)
    return out


def measures(out, arm):
    return [record["measures"] for record in read_records(out / arm / "seed-0000")]


def test_every_generation_has_the_learned_measures_with_intervals(judged):
    names = ("fid", "kid", "precision", "coverage", "r_precision_1", "matching_distance", "learned_diversity")
    for found in measures(judged / "with", "synthetic"):
        for name in names:
            assert found[f"{name}_low"] <= found[name] <= found[f"{name}_high"], name
        assert all(np.isfinite(value) for value in found.values())
        assert "fid_infinity" not in found, "34 motions are too few for it: left out, not nan"
    floor = json.loads((judged / "with/experiment.json").read_text())["floor"]
    assert floor["fid"] >= 0 and floor["r_precision_3"] <= 1


def test_a_judge_changes_no_motion_and_no_other_measure(judged):
    for arm in ("synthetic", "ideal"):
        for seen, plain in zip(measures(judged / "with", arm), measures(judged / "without", arm), strict=True):
            assert plain.items() <= seen.items() and "fid" in seen and "fid" not in plain
    models = [
        read_records(judged / kind / "synthetic/seed-0000")[1]["fingerprints"]["model"] for kind in ("with", "without")
    ]
    assert models[0] == models[1]


def test_arms_added_later_are_measured_as_the_others_or_refused(judged, monkeypatch):
    use_a_tiny_evaluator(monkeypatch)
    more = Experiment(judged / "with", PRESET, arms=("synthetic", "real"))
    execute(more, silent)
    assert all("fid" in found for found in measures(judged / "with", "real")), "the folder was begun with the evaluator"
    with pytest.raises(ValueError, match="without the learned evaluator, and synthetic, ideal.*new --out"):
        execute(replace(more, out=judged / "without", judge=True), silent)
    assert not (judged / "without/real").exists()


def test_the_frechet_distance_has_its_interval_and_pictures_leave_ends_out(judged):
    for found in measures(judged / "without", "synthetic"):
        assert found["frechet_low"] < found["frechet"] < found["frechet_high"]
        assert found["skating_low"] < found["skating"] < found["skating_high"]
    main, further = chosen(read_experiment(judged / "with"))
    assert "fid" in further and not any(name.endswith(("_low", "_high")) for name in (*main, *further))


def test_motions_before_and_after_correction_are_kept_for_viewing(judged):
    folder = judged / "without/ideal/seed-0000/gen-0001"
    with np.load(folder / "corrections.npz", allow_pickle=False) as kept:
        assert kept["before"].shape == kept["after"].shape == (3, 32, 22, 3) and kept["lengths"].shape == (3,)
        assert not np.array_equal(kept["before"], kept["after"])
    assert len(json.loads((folder / "corrections.json").read_text())["captions"]) == 3
    assert not (judged / "without/synthetic/seed-0000/gen-0001/corrections.npz").exists()


def test_the_record_says_how_much_help_the_physics_needed(tmp_path):
    execute(Experiment(tmp_path, replace(PRESET, n=4), arms=("corrected",)), silent)
    did = read_records(tmp_path / "corrected/seed-0000")[1]["correction"]
    assert did["picked"] == 4
    if did["failed"] < 4:
        assert did["residual_force_mean"] >= 0 and 0 <= did["kept_mean"] <= 1


def test_fewer_synthetic_motions_than_are_shown_are_kept_all(tmp_path):
    execute(Experiment(tmp_path, PRESET, arms=("ideal-0.25",)), silent)
    with np.load(tmp_path / "ideal-0.25/seed-0000/gen-0001/corrections.npz", allow_pickle=False) as kept:
        assert len(kept["before"]) == len(kept["after"]) == len(kept["lengths"]) == 2
