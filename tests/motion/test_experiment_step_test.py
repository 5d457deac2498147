"""The one-step test of an experiment: its own models, its own data, correctors by name."""

import json
from dataclasses import asdict, replace

import pytest

from loop.progress import silent
from motion.experiment.campaign import Experiment, execute
from motion.experiment.presets import Preset
from motion.experiment.step_test import TESTED, StepTest, stored_preset
from scsc.main import main

TINY = Preset(
    frames=32, n=6, reference=20, evaluation=20, generations=1, first_steps=6, steps=2, width=16, layers=1, heads=2,
    batch_size=4, sampler_steps=2, kinds=("walk", "jump", "wave left"),
)  # fmt: skip


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("steps") / "tiny"
    execute(Experiment(folder, TINY, arms=("synthetic",)), silent)
    return folder


def test_preset_is_read_back(out):
    assert {**asdict(stored_preset(out)), "generations": 1} == asdict(replace(TINY, levels="log-snr"))


def test_every_kind_of_corrector_is_tested(out):
    names = ("none", "reground", "prior", "anchor")
    steps = StepTest(out, correctors=names, prior_size=120).run()
    assert [(step.corrector, step.generation) for step in steps] == [(n, g) for n in names for g in (-1, 0, 1)]
    found = {(step.corrector, step.generation): step for step in steps}
    # Six steps of training give noise, which anything real is far better than, and the anchor is as good as itself.
    assert found["prior", 0].high < 0.5 and found["prior", 1].high < 0.5
    assert found["anchor", 0].low < 1 < found["anchor", 0].high * 1.2
    assert found["none", 0].ratio == 1 and found["prior", -1].unmoved > 0.8
    again = StepTest(out, correctors=("prior",), prior_size=120).run()
    assert again[1] == found["prior", 0]  # the prior is read again, the streams are the same


def test_command_writes_rows_and_refuses_in_one_line(out, tmp_path, capsys):
    rows = tmp_path / "rows.json"
    assert main(["motion", "correct", "--test", "--out", str(out), "--correctors", "none", "--json", str(rows)]) == 0
    assert [row["ratio"] for row in json.loads(rows.read_text())["rows"]] == [1.0, 1.0, 1.0]
    capsys.readouterr()
    for more, words in (
        (["--correctors", "magic"], "correctors must be among none, reground"),
        (["--correctors", "prior", "--prior-size", "3"], "at least 24 real motions"),
        (["--correctors", "prior", "--prior-size", "60"], "made from 120 other real motions"),
        (["--preset", "huge"], "preset must be one of"),
        (["walk.npy"], "--test corrects no files"),
    ):
        assert main(["motion", "correct", "--test", "--out", str(out), *more]) == 2
        told = capsys.readouterr().err
        assert words in told and told.count("\n") == 1
    assert set(TESTED) >= {"physics", "physics+prior", "projection", "ideal"}
