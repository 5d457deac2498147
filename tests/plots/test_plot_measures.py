"""Pictures of any toy ensemble: its measures over generations, its stored theory, its refusals."""

import json

import numpy as np
import pytest

from plots import measures, style, toy
from plots.folders import NothingToPlot
from plots.statistics import band

G, S = 5, 30
GAMMA, LAM = np.array([1.0, 0.0, 0.0, 1.0]), np.array([0.5, 0.5, 2.0, 2.0])


def _arrays(**more):
    rng = np.random.default_rng(0)
    theory = 1.0 + np.arange(G)[:, None] * np.ones(4)
    theory[:, 0] = np.nan
    return {
        "generation": np.arange(float(G)), "gamma": GAMMA, "lam": LAM, "seed": np.arange(float(S)),
        "a": rng.random((G, S, 4)) - 0.5, "b": 1.0 + np.arange(G)[:, None, None] + 0.1 * rng.normal(size=(G, S, 4)),
        "b_theory": theory, "c": rng.random((G, S, 4)), "d": rng.random((G, S, 4)), **more,
    }  # fmt: skip


def _write(folder, arrays, problem="kde"):
    identity = {"problem": {"name": problem}, "schedule": {"name": "augment"}}
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps({"format": 1, "kind": "toy-ensemble", "identity": identity}))
    np.savez(folder / "curves.npz", **arrays)
    return folder


def _figure(folder):
    curves = measures.read_measures(folder)
    with style.paper():
        return measures.measures_figure(curves, np.unique(curves.lam))


def _lines(axes):
    return {line.get_gid(): line for line in axes.get_lines()}


def test_a_row_a_lambda_a_column_a_measure_theory_first(tmp_path):
    arrays = _arrays()
    figure, title, notes = _figure(_write(tmp_path / "run", arrays))
    assert len(figure.axes) == 6
    for cell, (gamma, lam) in enumerate(zip(GAMMA, LAM, strict=True)):
        for column, name in enumerate("bac"):
            axes = figure.axes[3 * (lam == 2.0) + column]
            wanted = band(arrays[name][:, :, cell], axis=1)
            np.testing.assert_array_equal(_lines(axes)[f"gamma {gamma:g}"].get_ydata(), wanted.mean)
            known = name == "b" and cell > 0
            assert (f"theory {gamma:g}" in _lines(axes)) == known
            if known:
                np.testing.assert_array_equal(
                    _lines(axes)[f"theory {gamma:g}"].get_ydata(), arrays["b_theory"][:, cell]
                )
    for note, cells in zip(notes, ([1], [2, 3]), strict=True):
        bands = [band(arrays["b"][:, :, cell], axis=1) for cell in cells]
        inside = [(b.low <= np.arange(1, G + 1)) & (np.arange(1, G + 1) <= b.high) for b in bands]
        assert note.endswith(f"theory in the band at {100 * np.mean(inside):.0f} % of points")
    last = arrays["b"][-1].mean(axis=0)
    assert title == f"kde loop, schedule augment: b after 4 generations {last[1]:.3g} at γ = 0, {last[0]:.3g} at γ = 1"


def test_the_toy_room_draws_them(tmp_path, monkeypatch):
    (picture,) = toy.draw(_write(tmp_path / "run", _arrays()), tmp_path / "out")
    assert picture.path.name == "curves.png" and picture.path.exists() and picture.pdf.exists()
    monkeypatch.setattr(style, "save", lambda figure, stem: stem)
    arrays = _arrays(w2=np.ones((G, S, 4)), mean_error2=np.ones((G, S, 4)))
    (gaussian,) = toy.draw(_write(tmp_path / "other", arrays, "gaussian"), tmp_path / "out2")
    assert gaussian.title.startswith("Gaussian loop")


def test_many_lambdas_fill_several_pictures(tmp_path, monkeypatch):
    saved = []
    monkeypatch.setattr(style, "save", lambda figure, stem: saved.append((stem.name, len(figure.axes))) or stem)
    arrays = {
        "generation": np.arange(2.0), "gamma": np.zeros(5), "lam": np.arange(5.0), "a": np.ones((2, 1, 5)),
    }  # fmt: skip
    measures.draw(_write(tmp_path / "run", arrays), tmp_path / "out")
    assert saved == [("curves-1", 4), ("curves-2", 1)]


@pytest.mark.parametrize(
    "broken", [{"a": np.ones((G, S, 3))}, {"b_theory": np.ones((G, 3))}, {"lam": np.ones(3)}, {"a": np.ones(4)}]
)
def test_arrays_that_do_not_fit_name_the_file(tmp_path, broken):
    with pytest.raises(ValueError, match=r"curves\.npz"):
        measures.read_measures(_write(tmp_path / "run", _arrays(**broken)))


def test_nothing_to_plot_and_damage(tmp_path):
    folder = _write(tmp_path / "run", {"generation": np.arange(2.0), "gamma": np.ones(1), "lam": np.ones(1)})
    with pytest.raises(NothingToPlot, match="no measure"):
        measures.read_measures(folder)
    (folder / "curves.npz").write_bytes(b"PK damaged")
    with pytest.raises(ValueError, match="not a readable npz"):
        measures.read_measures(folder)
    (folder / "curves.npz").unlink()
    with pytest.raises(NothingToPlot, match="missing"):
        measures.read_measures(folder)
