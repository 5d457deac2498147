import json

import numpy as np
import pytest

from plots.folders import NothingToPlot, find, kind_of, read_arrays, read_json
from plots.runs import read_experiment


def test_kinds(tmp_path, write):
    run = write.run(tmp_path / "run", [{"a": 1.0}])
    toy = write.run(tmp_path / "toy", [{"a": 1.0}], kind="toy")
    write.run(tmp_path / "arm" / "seed-0003", [{"a": 1.0}])
    write.json(tmp_path / "exp" / "experiment.json", {"format": 1, "kind": "motion-experiment", "arms": {}})
    write.json(tmp_path / "foreign" / "config.json", {"hidden_size": 768})
    assert [kind_of(folder) for folder in (run, toy, tmp_path / "arm", tmp_path / "exp")] == [
        "motion", "toy", "motion", "motion-experiment",
    ]  # fmt: skip
    assert kind_of(tmp_path) is None and kind_of(tmp_path / "foreign") is None
    assert [folder.name for folder in find(tmp_path)] == ["arm", "exp", "run", "toy"]
    assert find(run) == [run]


def test_search_does_not_enter_pictures_or_parts_of_runs(tmp_path, write):
    for inside in ("plots", ".hidden", "work", "a/b/c/d/e"):  # the last one is deeper than the search goes
        write.run(tmp_path / inside / "run", [{"a": 1.0}])
    with pytest.raises(NothingToPlot, match="nothing to plot"):
        find(tmp_path)


@pytest.mark.parametrize("name", ["config.json", "experiment.json"])
@pytest.mark.parametrize(
    "content", [{"format": 2, "kind": "motion"}, {"format": 1, "kind": "else"}, {"kind": "motion"}]
)
def test_other_formats_and_kinds_are_refused_by_name(tmp_path, write, name, content):
    write.json(tmp_path / name, content)
    with pytest.raises(ValueError, match=name):
        kind_of(tmp_path)


def test_missing_folder_and_file_instead_of_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        find(tmp_path / "nowhere")
    (tmp_path / "file").write_text("x")
    with pytest.raises(ValueError, match="must be a folder"):
        find(tmp_path / "file")


def test_every_truncation_of_json_is_an_error_that_names_the_file(tmp_path):
    path = tmp_path / "some.json"
    text = json.dumps({"format": 1, "kind": "motion", "floor": {"frechet": 0.5}})
    for length in range(len(text)):
        path.write_text(text[:length])
        with pytest.raises(ValueError, match="some.json"):
            read_json(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match="some.json"):
        read_json(path)
    path.write_text("[1]")
    with pytest.raises(ValueError, match=r"some.json must hold a JSON object"):
        read_json(path)


def test_every_damage_to_an_npz_is_an_error_that_names_the_file(tmp_path):
    path = tmp_path / "curves.npz"
    np.savez_compressed(path, x=np.arange(40.0))
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match="curves.npz"):
            read_arrays(path, {"x": 1})
    refused = 0
    for at in range(len(whole)):  # one flipped byte: refused, or harmless (a date in the archive)
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        try:
            np.testing.assert_array_equal(read_arrays(path, {"x": 1})["x"], np.arange(40.0))
        except ValueError as problem:
            assert "curves.npz" in str(problem)
            refused += 1
    assert refused > len(whole) / 2


def test_arrays_of_the_wrong_kind(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, x=np.ones((2, 2)), words=np.array(["a"]), thing=np.array([None], dtype=object))
    for wanted in ({"x": 1}, {"words": 1}, {"thing": 1}, {"absent": 1}):
        with pytest.raises(ValueError, match="a.npz"):
            read_arrays(path, wanted)
    assert read_arrays(path, {"x": 2}, {"absent": 1}).keys() == {"x"}
    np.save(tmp_path / "b", np.ones(3))
    (tmp_path / "b.npy").rename(tmp_path / "b.npz")
    with pytest.raises(ValueError, match="b.npz"):
        read_arrays(tmp_path / "b.npz", {"x": 1})
    with pytest.raises(FileNotFoundError):
        read_arrays(tmp_path / "c.npz", {"x": 1})


def test_experiment_as_arrays(experiment, write):
    found = read_experiment(experiment)
    assert [arm.name for arm in found.arms] == ["real", "synthetic", "corrected"]
    values = found.arms[1].values("jerk")
    expected = [[write.growth("synthetic", "jerk", g, seed) for seed in range(3)] for g in range(6)]
    np.testing.assert_array_equal(values, expected)
    assert found.floor == {"frechet": 0.4, "skating": 1.7} and found.notes == ()
    assert np.isnan(found.arms[0].values("absent")).all() and found.arms[0].values("absent").shape == (6, 3)


def test_half_finished_experiment_is_read_and_what_lacks_is_said(tmp_path, write):
    write.json(
        tmp_path / "experiment.json",
        {
            "format": 1,
            "kind": "motion-experiment",
            "arms": {"real": {"label": "R"}, "synthetic": {}, "corrected": {"label": "C"}},
            "seeds": [0, 1, 2],
            "units": {"speed": "m/s"},
        },
    )
    write.run(tmp_path / "real" / "seed-0000", [{"x": 1.0}, {"x": 2.0}, {"x": 3.0}])
    write.run(tmp_path / "real" / "seed-0001", [{"x": 5.0}])
    write.run(tmp_path / "synthetic" / "seed-0000", [{"x": 1.0, "word": "no", "flag": True}, {"x": "inf"}])
    (tmp_path / "synthetic" / "seed-0000" / "gen-0002.partial").mkdir()
    found = read_experiment(tmp_path)
    real, synthetic, corrected = found.arms
    np.testing.assert_array_equal(real.values("x"), [[1, 5], [2, np.nan], [3, np.nan]])
    np.testing.assert_array_equal(synthetic.values("x"), [[1], [np.inf]])
    assert synthetic.label == "synthetic" and synthetic.measured == ("x",)
    assert len(corrected.generations) == 0
    assert found.units == {"speed": "m/s"}
    assert found.notes == (
        "real: no run yet for seed 2",
        "real/seed-0001: 1 of 3 generations",
        "synthetic: no run yet for seed 1, 2",
        "synthetic: 1 of 2 values of x are not finite and left out",
        "corrected: no finished generation yet",
        "synthetic: ends at generation 1 of 2",
    )


@pytest.mark.parametrize(
    "content",
    [
        '{"generation": 0, "measures": {"x"',
        "[]",
        '{"generation": 0}',
        '{"measures": {}}',
        '{"generation": "a", "measures": {}}',
        '{"generation": 0, "measures": [1]}',
    ],
)
def test_damaged_record_names_the_run(tmp_path, write, content):
    run = write.run(tmp_path / "run", [{"x": 1.0}])
    (run / "gen-0000" / "record.json").write_text(content)
    with pytest.raises(ValueError, match=r"run.*again|run.*restore"):
        read_experiment(run)


@pytest.mark.parametrize("field", [{"arms": [1]}, {"arms": {"a": 1}}, {"seeds": 3}, {"floor": []}, {}])
def test_damaged_experiment_names_the_file(tmp_path, write, field):
    stored = {"format": 1, "kind": "motion-experiment", "arms": {}, "seeds": []}
    write.json(tmp_path / "experiment.json", {**stored, **field} if field else {"format": 1, "kind": stored["kind"]})
    with pytest.raises(ValueError, match=r"experiment\.json"):
        read_experiment(tmp_path)


def test_nothing_finished_is_said(tmp_path, write):
    with pytest.raises(NothingToPlot, match="no generation is finished"):
        read_experiment(write.run(tmp_path, []))
