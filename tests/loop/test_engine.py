"""The engine's promises: resuming, identity, sharing generation 0, pairing, locks, damage."""

import json
import multiprocessing
import shutil

import numpy as np
import pytest
from support import deterministic

from loop import (
    Accumulate,
    Augment,
    FolderStore,
    MemoryStore,
    NoCorrection,
    RunConfig,
    read_config,
    read_records,
    run,
    schedule_named,
    stream,
)
from loop.files import fingerprint
from loop.records import generations, locked
from toy.gaussian import GaussianProblem, ideal

PROBLEM = GaussianProblem(12, 2)


def go(folder, generations=4, seed=0, gamma=1.0, schedule=None, start=None):
    schedule = schedule or Augment(0.5)
    store = FolderStore(folder) if folder else MemoryStore()
    return list(run(PROBLEM, ideal(gamma), schedule, RunConfig(seed, generations), store, start))


@pytest.mark.parametrize("name", ["augment", "replace", "fresh", "accumulate"])
def test_stopping_anywhere_changes_nothing(tmp_path, name):
    schedule = schedule_named(name, 0.5)
    whole = go(tmp_path / "whole", 5, schedule=schedule)
    for stop in range(5):
        part = tmp_path / f"stop-{stop}"
        go(part, stop, schedule=schedule)
        assert go(part, 5, schedule=schedule) == whole
        assert deterministic(part) == deterministic(tmp_path / "whole")


def test_memory_equals_disk(tmp_path):
    on_disk = go(tmp_path / "run")
    in_memory = go(None)
    assert [r.measures for r in on_disk] == [r.measures for r in in_memory]


def test_every_generation_reads_its_predecessor_from_the_store(tmp_path):
    """Swapping the stored model of the last generation changes what follows: nothing is carried in memory."""
    go(tmp_path / "a", 2)
    go(tmp_path / "b", 2, seed=0)
    record = json.loads((tmp_path / "b/gen-0002/record.json").read_text())
    np.savez(tmp_path / "b/gen-0002/model/gaussian.npz", mean=np.array([9.0, 9.0]), covariance=np.eye(2))
    record["fingerprints"]["model"] = fingerprint(tmp_path / "b/gen-0002/model")
    (tmp_path / "b/gen-0002/record.json").write_text(json.dumps(record))
    assert go(tmp_path / "b", 3)[3].measures != go(tmp_path / "a", 3)[3].measures


def test_damage_is_detected(tmp_path):
    go(tmp_path / "run", 2)
    file = tmp_path / "run/gen-0002/model/gaussian.npz"
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    with pytest.raises(ValueError, match="is damaged"):
        go(tmp_path / "run", 3)


def test_missing_generation_is_detected(tmp_path):
    go(tmp_path / "run", 3)
    shutil.rmtree(tmp_path / "run/gen-0001")
    with pytest.raises(ValueError, match="lacks generation 1"):
        go(tmp_path / "run", 4)


def test_other_config_is_refused_with_both_values(tmp_path):
    go(tmp_path / "run", 1)
    with pytest.raises(ValueError) as caught:
        go(tmp_path / "run", 1, seed=7, gamma=2.0)
    text = str(caught.value)
    assert "seed: started with 0, now 7" in text
    assert "corrector.gamma: started with 1.0, now 2.0" in text
    assert "\n" not in text


def test_generations_are_not_identity(tmp_path):
    go(tmp_path / "run", 1)
    assert len(go(tmp_path / "run", 3)) == 4
    assert len(go(tmp_path / "run", 2)) == 3, "asking for fewer reads what is there"


def test_infinite_strength_survives_json(tmp_path):
    go(tmp_path / "run", 1, gamma=np.inf)
    assert read_config(tmp_path / "run")["identity"]["corrector"]["gamma"] == "inf"
    go(tmp_path / "run", 2, gamma=np.inf)


def test_shared_generation_zero(tmp_path):
    go(tmp_path / "base", 1)
    start = tmp_path / "base" / "gen-0000"
    one = go(tmp_path / "arm", 2, gamma=0.0, start=start)
    assert (tmp_path / "arm/gen-0000/record.json").read_bytes() == (start / "record.json").read_bytes()
    assert one[0].measures == go(tmp_path / "base", 1)[0].measures
    go(tmp_path / "other", 0, seed=1)
    with pytest.raises(ValueError, match="start"):
        go(tmp_path / "arm", 2, gamma=0.0, start=tmp_path / "other/gen-0000")
    with pytest.raises(ValueError, match="is no generation"):
        go(tmp_path / "third", 2, start=tmp_path / "nowhere")


def test_arms_of_one_seed_share_streams():
    """The correction is the only difference: with gamma = 0 and no corrector the runs are the same bits."""
    none = list(run(PROBLEM, NoCorrection(), Augment(0.5), RunConfig(3, 3), MemoryStore()))
    zero = go(None, 3, seed=3, gamma=0.0)
    assert [r.measures for r in none] == [r.measures for r in zero]


def test_streams_differ_by_position():
    draws = {
        tuple(stream(*where).random(4))
        for where in [(0, 0, "fit"), (0, 1, "fit"), (1, 0, "fit"), (0, 0, "sample"), (0, 0, "fit", 1)]
    }
    assert len(draws) == 5
    assert np.array_equal(stream(1, 2, "x").random(3), stream(1, 2, "x").random(3))
    with pytest.raises(ValueError, match="seed must be >= 0"):
        stream(-1, 0, "x")


def _hold(folder, ready, release):
    with locked(folder):
        ready.set()
        release.wait(30)


def test_second_process_is_told_who_holds_the_run(tmp_path):
    context = multiprocessing.get_context("spawn")
    ready, release = context.Event(), context.Event()
    process = context.Process(target=_hold, args=(tmp_path / "run", ready, release))
    process.start()
    try:
        assert ready.wait(30)
        with pytest.raises(ValueError, match=f"in use by process {process.pid}"):
            go(tmp_path / "run", 1)
    finally:
        release.set()
        process.join()
    go(tmp_path / "run", 1)


def test_partial_generations_are_discarded(tmp_path):
    go(tmp_path / "run", 2)
    reference = deterministic(tmp_path / "run")
    (tmp_path / "run/gen-0003.partial/model").mkdir(parents=True)
    (tmp_path / "run/gen-0003.partial/record.json").write_text("{")
    (tmp_path / "run/config.json.partial").write_text("{")
    assert generations(tmp_path / "run") == [0, 1, 2]
    go(tmp_path / "run", 2)
    assert deterministic(tmp_path / "run") == reference


def test_corrected_batches_are_kept_while_needed(tmp_path):
    go(tmp_path / "augment", 2)
    go(tmp_path / "accumulate", 2, schedule=Accumulate(0.5))
    assert not (tmp_path / "augment/gen-0002/corrected").exists()
    assert (tmp_path / "accumulate/gen-0001/corrected/samples.npy").exists()


def test_record_names_seed_data_versions_and_commit(tmp_path):
    go(tmp_path / "run", 1, seed=5)
    record = read_records(tmp_path / "run")[1]
    assert record["seed"] == 5 and record["data"]["name"].startswith("N(0, I)")
    assert record["correction"]["samples"] == 6
    cost = json.loads((tmp_path / "run/gen-0001/cost.json").read_text())
    assert {"seconds", "peak_memory_mb", "host", "versions", "commit", "python"} <= set(cost)
    assert set(cost["versions"]) >= {"numpy", "torch", "mujoco"}


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": 99}', "\xff"])
def test_damaged_config_is_one_line(tmp_path, content):
    go(tmp_path / "run", 0)
    (tmp_path / "run/config.json").write_text(content, encoding="latin-1")
    with pytest.raises(ValueError) as caught:
        go(tmp_path / "run", 1)
    assert "config.json" in str(caught.value)


def test_reading_what_is_no_run(tmp_path):
    with pytest.raises(ValueError, match="holds no run"):
        read_config(tmp_path)
    assert read_records(tmp_path / "nowhere") == []


@pytest.mark.parametrize("bad", [{"seed": -1}, {"generations": -1}])
def test_bad_config(bad):
    with pytest.raises(ValueError, match="must be >= 0"):
        RunConfig(**bad)


def test_no_pickle_in_a_run(tmp_path):
    go(tmp_path / "run", 2, schedule=Accumulate(0.5))
    suffixes = {path.suffix for path in (tmp_path / "run").rglob("*") if path.is_file()}
    assert suffixes <= {".json", ".npz", ".npy", ""}


def test_values_that_json_cannot_hold_come_back_as_floats(tmp_path):
    class Odd(GaussianProblem):
        def measure(self, model, synthetic, corrected, rng):
            return {"a": float("nan"), "b": float("inf"), "c": np.float64(0.1), "d": [1.0, 2.0]}

    store = FolderStore(tmp_path / "run")
    record = list(run(Odd(5, 1), NoCorrection(), Augment(0.5), RunConfig(0, 1), store))[-1]
    assert np.isnan(record.measures["a"]) and record.measures["b"] == np.inf and record.measures["c"] == 0.1
    assert read_records(tmp_path / "run")[1]["measures"]["b"] == np.inf
    text = (tmp_path / "run/gen-0001/record.json").read_text()
    json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
