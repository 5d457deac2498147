"""The motion experiment at its smallest: arms, sharing, resuming, refusing; on the embedded motions."""

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
from support import deterministic, hear_interrupts

from loop import read_config, read_records, stream
from loop.campaign import costs
from loop.keep import keep_named
from loop.progress import silent
from motion.batch import MotionBatch
from motion.data.clip import Clip
from motion.experiment import dataset
from motion.experiment.arms import Knowledge, LoopConfig, arm_named, arm_parts
from motion.experiment.campaign import Experiment, execute
from motion.experiment.measures import Ruler
from motion.experiment.presets import PRESETS, Preset, preset_named
from motion.experiment.problem import MotionProblem

TINY = Preset(
    frames=32, n=6, reference=20, evaluation=12, generations=2, first_steps=6, steps=3, width=16, layers=1, heads=2,
    batch_size=4, sampler_steps=3,
)  # fmt: skip


def go(out, **changes):
    experiment = Experiment(out, **{"preset": TINY, "arms": ("real", "synthetic"), **changes})
    execute(experiment, silent)
    return experiment


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    out = tmp_path_factory.mktemp("experiment") / "whole"
    go(out)
    return out


def test_arms_share_generation_zero_and_then_part(whole):
    real, synthetic = (read_records(whole / arm / "seed-0000") for arm in ("real", "synthetic"))
    assert (whole / "real/seed-0000/gen-0000/record.json").read_bytes() == (
        whole / "synthetic/seed-0000/gen-0000/record.json"
    ).read_bytes()
    assert len(real) == len(synthetic) == 3
    assert real[2]["training"] == {"real": 6, "synthetic": 0}
    assert synthetic[2]["training"] == {"real": 0, "synthetic": 6}
    assert real[1]["measures"]["frechet"] != synthetic[1]["measures"]["frechet"]


def test_record_names_data_seed_and_versions(whole):
    folder = whole / "synthetic/seed-0000"
    record = read_records(folder)[1]
    assert record["data"]["source"] == "procedural" and len(record["data"]["fingerprint"]) == 64
    assert record["seed"] == 0
    cost = json.loads((folder / "gen-0001/cost.json").read_text())
    assert 0 < cost["cpu_seconds"] and 50 < cost["peak_memory_mb"]
    assert cost["versions"]["torch"] and cost["versions"]["mujoco"] and cost["commit"]
    assert read_config(folder)["identity"]["problem"]["preset"]["n"] == 6
    assert {"frechet", "skating", "floating", "penetration", "jerk", "diversity"} <= set(record["measures"])
    assert all(np.isfinite(value) for value in record["measures"].values())


def test_same_command_again_changes_nothing_and_more_generations_extend(whole, tmp_path):
    go(tmp_path / "part", generations=1)
    go(tmp_path / "part")
    assert deterministic(tmp_path / "part") == deterministic(whole)
    before = deterministic(whole)
    go(whole)
    assert deterministic(whole) == before


def test_arms_and_seeds_can_be_added(whole, tmp_path):
    go(tmp_path / "part", arms=("synthetic",))
    go(tmp_path / "part")
    assert deterministic(tmp_path / "part") == deterministic(whole)


@pytest.mark.slow
def test_number_of_workers_changes_nothing(whole, tmp_path):
    go(tmp_path / "two", workers=2)
    assert deterministic(tmp_path / "two") == deterministic(whole)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"preset": replace(TINY, n=7)}, "n: started with 6, now 7"),
        ({"preset": replace(TINY, width=32)}, "width: started with 16, now 32"),
        ({"preset": replace(TINY, solver="adams")}, "solver: started with 'dpm++2m', now 'adams'"),
        ({"loop": LoopConfig("augment")}, "schedule"),
    ],
)
def test_another_experiment_in_the_same_folder_is_refused(whole, changes, text):
    before = deterministic(whole)
    with pytest.raises(ValueError, match="choose a new --out") as caught:
        go(whole, **changes)
    assert text in str(caught.value)
    assert deterministic(whole) == before


def test_costs_are_those_of_an_arms_own_generations(tmp_path):
    """The copies of generation 0 that the arms hold are not counted, with several seeds either."""
    out, seeds = tmp_path / "run", (0, 1)
    go(out, seeds=seeds)
    assert len(costs(out, None, seeds)) == 2 and len(costs(out, "synthetic", seeds)) == 4
    assert all("sample" not in cost["seconds"] for cost in costs(out, None, seeds))
    assert all("sample" in cost["seconds"] for cost in costs(out, "synthetic", seeds))


def test_damaged_data_is_detected(tmp_path):
    data = dataset.prepare(tmp_path / "data", TINY, None, skip_bad=False)
    arrays = dict(np.load(tmp_path / "data/train/motions.npz"))
    arrays["features"][0, 0, 0] += 1
    np.savez(tmp_path / "data/train/motions.npz", **arrays)
    with pytest.raises(ValueError, match="is damaged"):
        dataset.load(tmp_path / "data")
    assert len(data.train) == 6


def test_sets_are_disjoint_and_deterministic(tmp_path):
    one = dataset.prepare(tmp_path / "a", TINY, None, skip_bad=False)
    two = dataset.prepare(tmp_path / "b", TINY, None, skip_bad=False)
    assert one.info == two.info
    ids = [set(part.ids) for part in (one.train, one.reference, one.second)]
    assert not len(one.rest)  # embedded motions are drawn anew instead
    assert not ids[0] & ids[1] and not ids[1] & ids[2] and not ids[0] & ids[2]
    fresh = [dataset.draw_procedural(6, TINY, stream(0, g, "real")) for g in (1, 2)]
    for batch in fresh:
        assert not any(np.array_equal(batch.features[0], motion) for motion in one.train.features)
    assert not np.array_equal(fresh[0].features, fresh[1].features)


def cuts(sources, each, frames=33):
    joints = np.zeros((frames, 22, 3), np.float32)
    return [
        Clip(f"clip{s}@{40 * i}", joints, ("a person stands",), "stand", "test", "none")
        for s in range(sources)
        for i in range(each)
    ]


def test_no_capture_is_in_two_sets():
    groups = dataset._split(cuts(40, 5), TINY, np.random.default_rng(0))
    assert [len(group) for group in groups[:3]] == [6, 20, 20] and len(groups[3]) == 5 * (40 - 2 - 7 - 7)
    captures = [{clip.name.partition("@")[0] for clip in group} for group in groups]
    assert all(not one & two for one, two in itertools.combinations(captures, 2))


def test_too_little_data_says_how_much_is_needed():
    with pytest.raises(ValueError, match="needed are 6 and 20"):
        dataset._split(cuts(4, 3), TINY, np.random.default_rng(0))


def test_measures_tell_real_from_shuffled_motion(tmp_path):
    """Frames in random order: same poses, far away in the kinematic measures."""
    data = dataset.prepare(tmp_path / "data", TINY, None, skip_bad=False)
    ruler = Ruler.fit(data.reference)
    order = np.random.default_rng(0).permutation(TINY.frames)
    shuffled = data.second.with_features(np.ascontiguousarray(data.second.features[:, order]))
    rng = np.random.default_rng(0)
    assert ruler.frechet(data.reference) == pytest.approx(0, abs=1e-6)
    real, broken = ruler.measure(data.second, None, rng), ruler.measure(shuffled, None, rng)
    assert broken["jerk"] > 5 * real["jerk"]
    assert broken["frechet"] > real["frechet"]


def test_samples_follow_the_conditions_asked_for(tmp_path):
    from loop import Request

    data = dataset.prepare(tmp_path / "data", TINY, None, skip_bad=False)
    problem = MotionProblem(data, TINY)
    model = problem.fit(None, data.train, stream(0, 0, "fit"))
    batch = problem.sample(model, Request(9, data.train), stream(0, 1, "sample"))
    assert len(batch) == 9 and set(batch.ids) == set(data.train.ids)
    assert sorted(batch.ids[:6]) == sorted(data.train.ids), "without replacement as long as there are any"
    for caption, name in zip(batch.captions, batch.ids, strict=True):
        assert caption == data.train.captions[data.train.ids.index(name)]
    with pytest.raises(ValueError, match="cannot give"):
        replace(problem, dataset=replace(data, info={**data.info, "source": "pack"})).real(1, stream(0, 1, "real"))


def test_wrong_names():
    with pytest.raises(ValueError, match="preset must be one of smoke, laptop"):
        preset_named("huge")
    with pytest.raises(ValueError, match="arms must be among"):
        arm_named("magic")
    with pytest.raises(ValueError, match="evaluation must be <= reference"):
        replace(TINY, evaluation=100)
    assert PRESETS["smoke"].generations >= 2


def test_scratch_and_carried_are_options(tmp_path):
    """Refitting from scratch forgets the predecessor's weights; carrying keeps more than the weights."""
    data = dataset.prepare(tmp_path / "data", TINY, None, skip_bad=False)
    weights, sizes = {}, {}
    for name, changes in {"fine": {}, "scratch": {"start": "scratch"}, "carried": {"optimiser": "carried"}}.items():
        problem = MotionProblem(data, replace(TINY, **changes))
        first = problem.fit(None, data.train, stream(0, 0, "fit"))
        second = problem.fit(first, data.train, stream(0, 1, "fit"))
        gap = max(float((second.weights[key] - first.weights[key]).abs().max()) for key in first.weights)
        weights[name], sizes[name] = gap, second.carried is not None
    assert weights["scratch"] > 10 * weights["fine"]
    assert sizes == {"fine": False, "scratch": False, "carried": True}
    with pytest.raises(ValueError, match="nothing to carry"):
        replace(TINY, start="scratch", optimiser="carried")


def test_batch_round_trip(tmp_path):
    data = dataset.prepare(tmp_path / "data", TINY, None, skip_bad=False)
    again = MotionBatch.load(tmp_path / "data/train")
    assert np.array_equal(again.features, data.train.features) and again.captions == data.train.captions
    swapped = data.train.replace([1, 3], data.reference.take([0, 1]))
    assert swapped.ids[1] == data.reference.ids[0] and swapped.ids[0] == data.train.ids[0]
    with pytest.raises(ValueError, match="captions must have one entry per motion"):
        MotionBatch(data.train.features, data.train.lengths, ("x",), data.train.actions, data.train.ids)


MANY = 24
"""Generations of the run that is stopped four times: many times more than are made before the signals come."""


def command(out, generations=3, workers=2):
    """The real command with the tiny preset in place of smoke."""
    code = (
        "import sys, dataclasses\n"
        "from motion.experiment import presets\n"
        f"presets.PRESETS['smoke'] = presets.Preset(**{ {k: v for k, v in vars(TINY).items()}!r})\n"
        "from scsc.main import main\n"
        "if __name__ == '__main__':\n"
        f"    sys.exit(main(['motion', 'run', '--out', {str(out)!r}, '--workers', '{workers}',"
        f" '--generations', '{generations}']))\n"
    )
    script = out.with_suffix(".py")
    script.write_text(code)
    return [sys.executable, str(script)]


def start(out, **more):
    return subprocess.Popen(
        command(out, **more), stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        preexec_fn=hear_interrupts,
    )  # fmt: skip


def generations_in(out):
    return len(list(out.glob("*/seed-*/gen-????")))


@pytest.mark.slow
def test_interrupted_and_killed_runs_equal_an_uninterrupted_one(tmp_path):
    """The command with two workers: kill -9 of the parent alone and Ctrl-C in turn, each soon after new progress."""
    reference = tmp_path / "whole"
    process = start(reference, generations=MANY)
    _, error = process.communicate(timeout=300)
    assert process.returncode == 0, error.decode()
    run = tmp_path / "run"
    rng = np.random.default_rng(0)
    for number in range(4):
        before = generations_in(run)
        process = start(run, generations=MANY)
        while process.poll() is None and generations_in(run) == before:
            time.sleep(0.01)
        time.sleep(rng.uniform(0, 0.3))
        if number % 2:
            os.killpg(process.pid, signal.SIGINT)
        else:
            process.kill()
        _, error = process.communicate(timeout=60)
        assert process.returncode == (130 if number % 2 else -9), error.decode()
        assert "Traceback" not in error.decode()
        assert ("the same command continues" in error.decode()) == (number % 2 == 1)
    assert before < generations_in(reference)
    process = start(run, generations=MANY)
    _, error = process.communicate(timeout=300)
    assert process.returncode == 0, error.decode()
    assert deterministic(run) == deterministic(reference)


def test_an_arm_with_a_lam_keeps_the_real_data(whole):
    data = dataset.load(whole / "data")
    knowledge = Knowledge(lambda: pytest.fail("no prior"), lambda: pytest.fail("no anchor"))
    loop = LoopConfig("replace", 2.0, 5.0)
    schedule, corrector = arm_parts(arm_named("corrected-0.25-g1"), loop, data, TINY, knowledge)
    assert schedule.describe() == {"name": "augment", "lam": 0.25}
    assert corrector.describe()["gamma"] == 1.0
    schedule, corrector = arm_parts(arm_named("corrected"), loop, data, TINY, knowledge)
    assert schedule.describe() == {"name": "replace", "lam": 2.0}
    assert corrector.describe()["gamma"] == 5.0


def test_models_that_are_not_kept_are_not_missed(tmp_path):
    """Disk stays bounded; records are the same to the bit, and the run goes on."""
    go(tmp_path / "all", generations=4)
    for name, left in (("last", [4]), ("every:2", [0, 2, 4])):
        out = tmp_path / name.replace(":", "")
        go(out, generations=3, keep=keep_named(name))
        go(out, generations=4, keep=keep_named(name))
        run = out / "synthetic/seed-0000"
        assert [g for g in range(5) if (run / f"gen-{g:04d}/model").is_dir()] == left
        for g in range(5):
            mine, whole = (root / f"synthetic/seed-0000/gen-{g:04d}/record.json" for root in (out, tmp_path / "all"))
            assert mine.read_bytes() == whole.read_bytes()
        assert (out / "shared/seed-0000/gen-0000/model").is_dir(), "all arms begin there"
