"""Several runs in one picture, and records that redraw a figure without its runs."""

import json

import numpy as np
import pytest

from plots import lines, record, together
from plots.folders import NothingToPlot
from plots.measures import read_measures
from plots.runs import read_experiment
from plots.statistics import band


def arrays(seed, cells=1, *, generations=5, seeds=6, name="error2", gamma=None):
    rng = np.random.default_rng(seed)
    return {
        "generation": np.arange(float(generations)), "gamma": np.arange(float(cells)) if gamma is None else gamma,
        "lam": np.ones(cells), name: 1 + rng.random((generations, seeds, cells)),
        f"{name}_theory": np.full((generations, cells), 1.5),
    }  # fmt: skip


def test_ensembles_become_lines_with_their_theory(tmp_path, write):
    one, two = (write.ensemble(tmp_path / "x" / name, arrays(i, 2)) for i, name in enumerate(("one", "two")))
    (picture,) = together.draw_together([one, two], tmp_path / "out")
    assert picture.path.name == "together.png" and picture.svg.exists() and not picture.notes
    assert picture.title.startswith("Several runs: Squared error of the weights at the end")
    drawn = lines.of_ensembles([(name, read_measures(folder)) for name, folder in (("one", one), ("two", two))])
    assert [line.label for line in drawn] == ["one, γ = 0", "one, γ = 1", "two, γ = 0", "two, γ = 1"]
    assert len({line.look.colour for line in drawn}) == 2 and len({str(line.look) for line in drawn}) == 4
    expected = band(arrays(1, 2)["error2"][:, :, 1], axis=1)
    assert np.array_equal(drawn[3].bands["error2"].mean, expected.mean)
    assert np.array_equal(drawn[3].theory["error2"], np.full(5, 1.5))


def test_many_lines_are_thinned_and_it_is_said(tmp_path, write):
    folders = [write.ensemble(tmp_path / str(i), arrays(i, 13)) for i in range(2)]
    (picture,) = together.draw_together(folders, tmp_path / "out")
    assert "26 lines" in picture.notes[0]


def test_nothing_in_common_is_an_error(tmp_path, write):
    folders = [write.ensemble(tmp_path / name, arrays(0, name=name)) for name in ("error2", "reward")]
    with pytest.raises(NothingToPlot, match="no measure in common"):
        together.draw_together(folders, tmp_path / "out")


def test_names_are_what_differs(tmp_path):
    paths = [tmp_path / "a" / "run", tmp_path / "b" / "run"]
    assert list(together.short_names(paths).values()) == ["a/run", "b/run"]
    assert list(together.short_names(paths[:1]).values()) == ["run"]


def test_experiments_are_merged_arm_by_arm(experiment, tmp_path, write):
    one = read_experiment(experiment)
    merged = together.merge([("one", one), ("two", one)])
    assert [arm.name for arm in merged.arms[:4]] == ["one/real", "one/synthetic", "one/corrected", "two/real"]
    assert merged.floor == one.floor
    (picture,) = together.draw_together(
        [experiment, write.experiment(tmp_path / "other", strips=False)], tmp_path / "out"
    )
    assert picture.path.name == "together-experiments.png"


def test_a_record_redraws_the_same_picture(tmp_path, write):
    """Bands and theory come back within the five digits that are kept; the file is strict JSON without nan."""
    content = arrays(0, 3)
    content["error2_theory"][:, 1] = np.nan
    folder = write.ensemble(tmp_path / "run", content)
    found = record.collect([(folder, "run")], "a-figure", "Title", "scsc x", made={"python": "3"}, result={"ok": True})
    path = tmp_path / "records" / "a-figure.json"
    path.parent.mkdir()
    path.write_text(record.dumped(record.to_json(found)))
    json.loads(path.read_text(), parse_constant=lambda text: pytest.fail(text))
    again = record.read(path)
    assert again.command == "scsc x" and again.result == {"ok": True} and again.shown == found.shown
    for old, new in zip(found.lines, again.lines, strict=True):
        assert old.label == new.label and old.look == new.look
        for part in ("mean", "low", "high"):
            np.testing.assert_allclose(
                getattr(new.bands["error2"], part), getattr(old.bands["error2"], part), rtol=2e-4
            )
    assert [sorted(line.theory) for line in again.lines] == [["error2"], [], ["error2"]]
    script = tmp_path / "a_figure.py"
    picture = record.draw_beside(str(script), tmp_path / "figures")
    assert picture.path == tmp_path / "figures" / "a-figure.png" and picture.title.startswith("Title: ")


def test_a_record_of_an_experiment_has_its_floor(experiment):
    found = record.collect([(experiment, "")], "e", "T", "c", made={}, result={})
    assert found.floor == {"frechet": 0.4, "skating": 1.7} and len(found.lines) == 3
    assert record.to_json(found)["floor"] == found.floor


def test_long_runs_are_thinned_and_large_ones_refused(tmp_path, write, monkeypatch):
    folder = write.ensemble(tmp_path / "run", arrays(0, 1, generations=501))
    found = record.collect([(folder, "run")], "n", "T", "c", made={}, result={})
    (line,) = record.to_json(found)["lines"]
    assert len(line["generation"]) == 101 and line["generation"][0] == 0 and line["generation"][-1] == 500
    monkeypatch.setattr(record, "MOST_BYTES", 100)
    with pytest.raises(ValueError, match="at most 100 bytes"):
        record.to_json(found)


def test_published_values_come_along(tmp_path, write):
    content = arrays(0, 2, name="w2") | {
        "reference_generation": np.array([2.0]), "reference_w2": np.array([[1.0, 2.0]]),
        "reference_se": np.array([[0.1, 0.2]]),
    }  # fmt: skip
    folder = write.ensemble(tmp_path / "run", content)
    found = record.collect([(folder, "run")], "n", "T", "c", made={}, result={})
    assert record.to_json(found)["lines"][1]["published"] == {"w2": [[2.0], [2.0], [0.2]]}
    content["reference_w2"] = np.ones((1, 3))
    with pytest.raises(ValueError, match="reference values"):
        read_measures(write.ensemble(tmp_path / "bad", content))


@pytest.mark.parametrize("text", ["{", "[]", '{"format": 2}', '{"format": 1, "name": "x"}'])
def test_damaged_records_are_named(tmp_path, text):
    path = tmp_path / "r.json"
    path.write_text(text)
    with pytest.raises(ValueError, match="r.json"):
        record.read(path)
