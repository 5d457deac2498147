"""Correcting files: whole or absent, once and not again, the same in any number of processes, never over the input."""

import json
from dataclasses import dataclass

import numpy as np
import pytest

from loop import files
from motion.correctors import KinematicCorrector, RegroundCorrector, corrector_named
from motion.correctors.files import check_out, correct_files, find_inputs
from motion.data.bvh_write import write_bvh
from motion.data.procedural import generate
from motion.features.representation import REPRESENTATIONS
from motion.joint_corrector import CorrectedJoints, JointCorrector, mean_distance

CLIPS = generate(6, frames=40, seed=13)


@dataclass(frozen=True)
class Shaking(JointCorrector):
    """Draws; fails at every motion that starts lower than half a metre; counts its calls."""

    calls: tuple[list[int], ...] = ([],)

    @property
    def name(self):
        return "shaking"

    def correct(self, joints, lengths, captions, rng):
        self.calls[0].append(len(joints))
        found = joints + rng.normal(0, 0.01, joints.shape)
        success = joints[:, 0, 0, 1] > 0.5
        found[~success] = joints[~success]
        return CorrectedJoints(found, mean_distance(found, joints, lengths), success)


@pytest.fixture
def folder(tmp_path):
    base = tmp_path / "in"
    (base / "deep").mkdir(parents=True)
    np.save(base / "a.npy", CLIPS[0].joints + np.float32([0, 0.1, 0]))
    np.save(base / "deep" / "b.npy", REPRESENTATIONS[0].encode(CLIPS[1].joints, floor="given"))
    write_bvh(base / "deep" / "c.bvh.gz", CLIPS[2].joints)
    np.save(base / "short.npy", CLIPS[3].joints[:5])
    (base / "words.txt").write_text("not a motion")
    return base


def contents_of(out):
    return {
        str(path.relative_to(out)): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.name not in (".lock", ".holder")
    }


def test_outputs_records_and_report(tmp_path, folder):
    told = correct_files([folder], tmp_path / "out", KinematicCorrector(body="clip"))
    assert told["counts"] == {"files": 4, "corrected": 3, "kept": 1, "bad": 0}
    assert [one["file"] for one in told["files"]] == ["a.npy", "deep/b.npy", "deep/c.bvh.gz", "short.npy"]
    assert json.loads((tmp_path / "out" / "report.json").read_text()) == told
    a, _, _, short = told["files"]
    assert a["moved_mm"] == pytest.approx(100, abs=10) and a["written_mm"] < 0.01
    assert a["before"]["floating"] > 90 and a["after"]["floating"] < 40
    assert sum(a["stages_mm"].values()) >= a["moved_mm"] - 1e-9 and a["stages_mm"]["reground"] > 90
    assert short["result"] == "kept" and "too short: 5 frames" in short["reason"]
    assert (tmp_path / "out" / "short.npy").read_bytes() == (folder / "short.npy").read_bytes()
    for one in told["files"]:
        output = tmp_path / "out" / one["file"]
        assert files.fingerprint(output) == one["output"]
        assert files.read_json(tmp_path / "out" / "records" / f"{one['file']}.json") == one
    assert not list((tmp_path / "out").rglob("*.partial"))


def test_the_number_of_processes_and_company_do_not_matter(tmp_path, folder):
    corrector = corrector_named("physics")
    one = tmp_path / "one"
    correct_files([folder], one, corrector, workers=1)
    correct_files([folder], tmp_path / "two", corrector, workers=2)
    assert contents_of(one) == contents_of(tmp_path / "two")
    correct_files([folder / "a.npy"], tmp_path / "alone", corrector)
    assert (tmp_path / "alone" / "a.npy").read_bytes() == (one / "a.npy").read_bytes()


def test_random_streams_are_of_names_and_seeds(tmp_path, folder):
    made = {}
    for name, inputs, seed in (("all", [folder], 0), ("one", [folder / "a.npy"], 0), ("seed", [folder], 1)):
        correct_files(inputs, tmp_path / name, Shaking(), seed=seed)
        made[name] = (tmp_path / name / "a.npy").read_bytes()
    assert made["all"] == made["one"] != made["seed"]


def test_what_is_done_is_not_done_again(tmp_path, folder):
    shaking, out = Shaking(calls=([],)), tmp_path / "out"
    correct_files([folder], out, shaking)
    first = contents_of(out)
    assert len(shaking.calls[0]) == 4
    correct_files([folder], out, shaking)
    assert len(shaking.calls[0]) == 4 and contents_of(out) == first
    np.save(folder / "a.npy", CLIPS[4].joints)  # another input
    (out / "deep" / "b.npy").write_bytes(b"spoilt")  # another output
    (out / "records" / "deep" / "c.bvh.gz.json").write_text("{")  # a damaged record
    told = correct_files([folder], out, shaking)
    assert len(shaking.calls[0]) == 7
    again = contents_of(out)
    assert again["deep/b.npy"] == first["deep/b.npy"] and again["a.npy"] != first["a.npy"]
    assert told["files"][2] == json.loads(first["records/deep/c.bvh.gz.json"])
    correct_files([folder], out, shaking, seed=5)  # other settings
    assert len(shaking.calls[0]) == 11


def test_a_stopped_run_goes_on(tmp_path, folder):
    whole, out = tmp_path / "whole", tmp_path / "out"
    correct_files([folder], whole, Shaking())

    def stop(stage, done, total):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        correct_files([folder], out, Shaking(), report=stop)
    assert not (out / "report.json").exists() and len(list((out / "records").rglob("*.json"))) == 2
    correct_files([folder], out, Shaking())
    assert contents_of(out) == contents_of(whole)


def test_failed_motions_stay_as_they_were(tmp_path):
    low = tmp_path / "low.npy"
    np.save(low, CLIPS[0].joints - np.float32([0, 0.5, 0]))
    told = correct_files([low], tmp_path / "out", Shaking())
    assert told["files"][0]["result"] == "kept" and told["files"][0]["reason"] == "no answer"
    assert told["files"][0]["moved_mm"] == 0 and told["files"][0]["after"] == told["files"][0]["before"]
    assert (tmp_path / "out" / "low.npy").read_bytes() == low.read_bytes()


def test_an_unchanged_motion_is_the_same_file(tmp_path, folder):
    told = correct_files([folder], tmp_path / "out", corrector_named("none"))
    assert told["counts"]["corrected"] == 4
    for name in ("a.npy", "deep/b.npy", "deep/c.bvh.gz", "short.npy"):
        assert (tmp_path / "out" / name).read_bytes() == (folder / name).read_bytes()


def test_bad_files_stop_the_work_or_are_listed(tmp_path, folder):
    out = tmp_path / "out"
    bad = CLIPS[0].joints.copy()
    bad[3, 4, 1] = np.nan
    np.save(folder / "bad.npy", bad)
    with pytest.raises(ValueError, match=r"bad.npy: expected finite metres.*--skip-bad leaves such files out"):
        correct_files([folder], out, RegroundCorrector())
    told = correct_files([folder], out, RegroundCorrector(), skip_bad=True)
    assert told["counts"] == {"files": 5, "corrected": 4, "kept": 0, "bad": 1}
    assert not (out / "bad.npy").exists() and told["files"][1]["result"] == "bad"
    np.save(folder / "bad.npy", CLIPS[0].joints)  # repaired: it is read again
    assert correct_files([folder], out, RegroundCorrector())["counts"]["bad"] == 0
    np.save(folder / "bad.npy", bad)  # spoilt again: its old output goes
    correct_files([folder], out, RegroundCorrector(), skip_bad=True)
    assert not (out / "bad.npy").exists()


def test_inputs_are_found_by_name_and_never_twice(tmp_path, folder):
    assert [item.name for item in find_inputs([folder / "deep", folder / "a.npy"])] == ["b.npy", "c.bvh.gz", "a.npy"]
    with pytest.raises(ValueError, match="would both become a.npy"):
        find_inputs([folder, folder / "a.npy"])
    with pytest.raises(ValueError, match="name at least one file"):
        find_inputs([])
    with pytest.raises(FileNotFoundError):
        find_inputs([tmp_path / "nothing"])
    with pytest.raises(ValueError, match="expected a name that ends in"):
        find_inputs([folder / "words.txt"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="has no file that ends in"):
        find_inputs([tmp_path / "empty"])


def test_the_output_never_meets_the_input(tmp_path, folder):
    link = tmp_path / "link"
    link.symlink_to(folder)
    for inputs, out in (
        ([folder], folder),
        ([folder], folder / "out"),
        ([folder], tmp_path),
        ([folder], link),
        ([folder / "a.npy"], folder),
        ([folder / "deep" / "b.npy"], folder),
    ):
        with pytest.raises(ValueError, match="lie in one another"):
            check_out(inputs, out)
    check_out([folder / "a.npy"], folder / "out")
    with pytest.raises(ValueError, match="is a file"):
        check_out([folder], folder / "a.npy")
    with pytest.raises(ValueError, match="workers must be >= 1"):
        correct_files([folder], tmp_path / "out", RegroundCorrector(), workers=0)
    with pytest.raises(ValueError, match="seed must be >= 0"):
        correct_files([folder], tmp_path / "out", RegroundCorrector(), seed=-1)
    assert not (tmp_path / "out").exists()


def test_too_long_motions_are_kept(tmp_path, monkeypatch):
    monkeypatch.setattr("motion.correctors.one_file.LONGEST", 39)
    np.save(tmp_path / "a.npy", CLIPS[0].joints)
    told = correct_files([tmp_path / "a.npy"], tmp_path / "out", RegroundCorrector())
    assert told["files"][0]["result"] == "kept" and "too long: 40 frames" in told["files"][0]["reason"]


def test_who_stands_on_two_levels_is_told(tmp_path):
    idle = generate(1, frames=60, seed=3, kinds=("idle",))[0].joints
    np.save(tmp_path / "flat.npy", idle)
    np.save(tmp_path / "steps.npy", idle + np.where(np.arange(60) < 40, 0.3, 0.0)[:, None, None] * [0.0, 1.0, 0.0])
    told = correct_files([tmp_path / "flat.npy", tmp_path / "steps.npy"], tmp_path / "out", RegroundCorrector())
    flat, steps = told["files"]
    assert flat["notes"] == [] and "feet rest on ground of up to 29" in steps["notes"][0]


@pytest.mark.slow
def test_ten_minutes_are_corrected_in_one_piece(tmp_path):
    import resource

    clip = generate(1, frames=400, seed=1, kinds=("walk",))[0].joints
    there_and_back = np.concatenate([clip, clip[-2:0:-1]])
    np.save(tmp_path / "a.npy", np.tile(there_and_back, (16, 1, 1))[:12_000])
    told = correct_files([tmp_path / "a.npy"], tmp_path / "out", corrector_named("physics"))
    assert told["files"][0]["result"] == "corrected" and told["files"][0]["frames"] == 12_000
    assert np.isfinite(np.load(tmp_path / "out" / "a.npy")).all()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 2e6  # 2 GB
