"""`scsc motion evaluator` and `evaluate --t2m`: a user's files at their full size, converted, then a judge."""

import json
import pickle

import numpy as np
import pytest
from t2m_files import checkpoint, glove, networks

from motion.data.procedural import generate
from motion.evaluation.t2m_networks import T2MSize
from scsc.main import main


def call(*words):
    return main(["motion", *map(str, words)])


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Weights drawn at random: what such a judge says means nothing, but it has the published shapes."""
    folder = tmp_path_factory.mktemp("t2m")
    glove(folder / "glove", d=300)
    np.save(folder / "mean.npy", np.zeros(263))
    np.save(folder / "std.npy", np.full(263, 0.0005))
    checkpoint(folder / "finest.tar", networks(T2MSize()))
    return folder


def words(files, out):
    named = ("--glove", files / "glove", "--mean", files / "mean.npy", "--std", files / "std.npy")
    return ("evaluator", files / "finest.tar", *named, "--out", out)


@pytest.mark.slow
def test_converted_once_it_judges(files, tmp_path, capsys):
    assert call(*words(files, tmp_path / "judge")) == 0
    assert "21,690,560 parameters" in capsys.readouterr().out
    for name, seed in (("one", 1), ("two", 2)):
        (tmp_path / name).mkdir()
        for k, clip in enumerate(generate(40, frames=60, seed=seed)):
            np.save(tmp_path / name / f"{k}.npy", clip.joints)
            (tmp_path / name / f"{k}.txt").write_text(clip.captions[0])
    given = ("--data", tmp_path / "two", "--t2m", tmp_path / "judge", "--json", tmp_path / "e.json")
    assert call("evaluate", tmp_path / "one", *given) == 0, capsys.readouterr().err
    told = json.loads((tmp_path / "e.json").read_text())
    assert told["evaluator"]["name"] == "t2m"
    rows = {row["name"]: row for row in told["rows"] if row["group"] == "learned"}
    assert rows["fid"]["d"] == 512 and np.isfinite(rows["fid"]["value"])
    assert np.isfinite(rows["r_precision_3"]["value"])


def test_hostile_files_are_one_line(files, tmp_path, capsys):
    class Bomb:
        def __reduce__(self):
            return (exec, (f"open({str(tmp_path / 'ran')!r}, 'w')",))

    for name in ("glove/our_vab_words.pkl", "finest.tar"):
        good = (files / name).read_bytes()
        (files / name).write_bytes(pickle.dumps([Bomb()]))
        try:
            assert call(*words(files, tmp_path / "judge")) == 2
        finally:
            (files / name).write_bytes(good)
        error = capsys.readouterr().err
        assert error.count("\n") == 1 and name.rsplit("/")[-1] in error
    assert not (tmp_path / "ran").exists() and not (tmp_path / "judge").exists()


def test_a_folder_that_is_no_evaluator(tmp_path, capsys):
    (tmp_path / "motions").mkdir()
    np.save(tmp_path / "motions/a.npy", generate(1, frames=60, seed=0)[0].joints)
    assert call("evaluate", tmp_path / "motions", "--data", tmp_path / "motions", "--t2m", tmp_path / "absent") == 2
    assert capsys.readouterr().err.count("\n") == 1
