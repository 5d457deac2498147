import json

import numpy as np
import pytest

from plots import style, toy
from plots.folders import NothingToPlot
from plots.statistics import band
from theory.moments import moments

G, S = 6, 40
GAMMA = np.array([1.0, 0.0, np.inf, 0.0, 1.0, np.inf])  # cells in no particular order
LAM = np.array([0.5, 0.5, 0.5, 2.0, 2.0, 2.0])


def _arrays(seeds=S, gamma=GAMMA, lam=LAM, scale=1.0, seed=0):
    """Errors of the mean with exactly the law of a generation-0 fit, scaled; distances tied to them."""
    rng = np.random.default_rng(seed)
    mean_error2 = scale * rng.chisquare(2, (G, seeds, len(gamma))) / 2 / 50  # d = 2, n = 50: |mu - mu*|^2 / d
    return {
        "generation": np.arange(float(G)), "gamma": gamma, "lam": lam, "seed": np.arange(float(seeds)),
        "w2": np.sqrt(2 * mean_error2), "mean_error2": mean_error2,
    }  # fmt: skip


def _figure(folder):
    curves = toy.read_curves(folder)
    with style.paper():
        return toy.curves_figure(curves, np.unique(curves.lam))


def _lines(axes):
    return {line.get_gid(): line for line in axes.get_lines()}


def test_one_row_a_lambda_one_curve_a_gamma_with_its_statistics(tmp_path, write):
    arrays = _arrays()
    figure, _, _ = _figure(write.ensemble(tmp_path, arrays, k=(25, 25, 25, 100, 100, 100)))
    assert len(figure.axes) == 4
    for cell, (gamma, lam) in enumerate(zip(GAMMA, LAM, strict=True)):
        row = 0 if lam == 0.5 else 1
        for column, name in enumerate(("w2", "mean_error2")):
            axes = figure.axes[2 * row + column]
            wanted = band(arrays[name][:, :, cell], axis=1)
            line = _lines(axes)[f"gamma {gamma:g}"]
            np.testing.assert_array_equal(line.get_xdata(), np.arange(G))
            np.testing.assert_array_equal(line.get_ydata(), wanted.mean)
            (area,) = [c for c in axes.collections if c.get_gid() == f"band gamma {gamma:g}"]
            edge = area.get_paths()[0].vertices
            assert edge[edge[:, 0] == 3][:, 1].min() == wanted.low[3]
            assert edge[edge[:, 0] == 3][:, 1].max() == wanted.high[3]
    handles = [text.get_text() for text in figure.legends[0].get_texts()]
    assert handles == ["γ = 0", "γ = 1", "γ = ∞", "theory, exact"]
    assert figure.legends[0].get_title().get_text() == "40 seeds, 95 % band of the mean"


@pytest.mark.parametrize(("schedule", "regime"), [("augment", "fixed"), ("fresh", "fresh"), ("replace", "none")])
def test_theory_is_that_of_the_schedule(tmp_path, write, schedule, regime):
    folder = write.ensemble(tmp_path, _arrays(), k=(25, 25, 25, 100, 100, 100), schedule=schedule)
    figure, _, _ = _figure(folder)
    for gamma, row, k in ((0.0, 0, 25), (np.inf, 1, 100)):
        drawn = _lines(figure.axes[2 * row + 1])[f"theory {gamma:g}"]
        np.testing.assert_array_equal(drawn.get_ydata(), moments(50, k, gamma, G - 1, regime=regime).M)
        assert drawn.get_linestyle() == "--"
        low, high = figure.axes[2 * row + 1].get_ylim()
        assert low <= drawn.get_ydata().min() and drawn.get_ydata().max() <= high
        assert not any((gid or "").startswith("theory") for gid in _lines(figure.axes[2 * row]))


def test_schedules_without_exact_theory_say_so(tmp_path, write):
    figure, _, notes = _figure(write.ensemble(tmp_path, _arrays(), schedule="accumulate"))
    assert not any((gid or "").startswith("theory") for axes in figure.axes for gid in _lines(axes))
    assert notes == tuple(f"λ = {lam}: no exact theory curve for this schedule" for lam in ("0.5", "2"))


def test_theory_follows_the_generations_that_were_kept(tmp_path, write):
    arrays = _arrays(gamma=np.array([0.3]), lam=np.array([0.5])) | {"generation": 10.0 * np.arange(G)}
    figure, _, _ = _figure(write.ensemble(tmp_path, arrays))
    whole = moments(50, 25, 0.3, 50, regime="fixed").M
    np.testing.assert_array_equal(_lines(figure.axes[1])["theory 0.3"].get_ydata(), whole[::10])


def test_agreement_counts_and_has_power(tmp_path, write):
    """gamma = inf at lam = 0.5 has the exact law chi^2 M from generation 1 on; the note must tell right from wrong."""
    gamma, lam = np.array([np.inf]), np.array([0.5])
    law = moments(50, 25, np.inf, G - 1, regime="fixed").M * 50
    for scale, inside in ((law[:, None, None], True), (2 * law[:, None, None], False)):
        arrays = _arrays(seeds=4000, gamma=gamma, lam=lam, scale=scale)
        curves = toy.read_curves(write.ensemble(tmp_path, arrays))
        _, _, (note,) = _figure(tmp_path)
        over_seeds = band(curves.mean_error2[:, :, 0], axis=1)
        expected = 100 * np.mean((over_seeds.low <= law / 50) & (law / 50 <= over_seeds.high))
        assert note == f"λ = 0.5: theory in the 95 % band at {expected:.0f} % of points"
        z = np.abs(over_seeds.mean - law / 50) / over_seeds.se
        assert (z < 5).all() == inside


def test_one_seed_has_no_band_and_tests_nothing(tmp_path, write):
    figure, _, notes = _figure(write.ensemble(tmp_path, _arrays(seeds=1)))
    assert not any(axes.collections for axes in figure.axes)
    assert figure.legends[0].get_title().get_text() == "1 seed, no band"
    assert "one seed cannot test it" in notes[0]


def test_title_is_measured(tmp_path, write):
    arrays = _arrays(gamma=np.array([0.0, 5.0]), lam=np.array([0.5, 0.5]))
    arrays["w2"] = np.ones((G, S, 2)) * np.array([2.0, 0.5])
    _, title, _ = _figure(write.ensemble(tmp_path, arrays))
    assert title == "Gaussian loop, schedule augment, n = 50, d = 2: final W2 at γ = 5 is 0.25 times that at γ = 0"


def test_collapsed_runs_go_on_a_log_axis(tmp_path, write):
    arrays = _arrays(gamma=np.array([0.0]), lam=np.array([0.5]))
    arrays["w2"] = np.exp(-np.arange(float(G)))[:, None, None] * np.ones((G, S, 1))
    figure, _, _ = _figure(write.ensemble(tmp_path, arrays, schedule="augment"))
    assert [axes.get_yscale() for axes in figure.axes] == ["log", "linear"]


def test_many_lambdas_fill_several_pictures(tmp_path, write, monkeypatch):
    saved = []
    monkeypatch.setattr(style, "save", lambda figure, stem: saved.append((stem.name, len(figure.axes))) or stem)
    lam = np.arange(1.0, 7.0)
    write.ensemble(tmp_path, _arrays(gamma=np.zeros(6), lam=lam), k=(50, 100, 150, 200, 250, 300))
    toy.draw(tmp_path, tmp_path / "out")
    assert saved == [("curves-1", 8), ("curves-2", 4)]


@pytest.mark.parametrize("broken", [
    {"w2": np.ones((G, S, 5))}, {"w2": np.ones((G, S))}, {"gamma": np.ones(4)}, {"lam": np.ones(5)},
    {"generation": np.ones(3)}, {"mean_error2": np.ones((G, 1, 6))},
])  # fmt: skip
def test_arrays_that_do_not_fit_name_the_file(tmp_path, write, broken):
    write.ensemble(tmp_path, _arrays() | broken)
    with pytest.raises(ValueError, match=r"curves\.npz"):
        toy.read_curves(tmp_path)


def test_no_curves_yet_and_empty_curves(tmp_path, write):
    write.ensemble(tmp_path, _arrays(seeds=0))
    with pytest.raises(NothingToPlot, match="curves.npz"):
        toy.draw(tmp_path, tmp_path / "out")
    (tmp_path / "curves.npz").unlink()
    with pytest.raises(NothingToPlot, match="missing"):
        toy.draw(tmp_path, tmp_path / "out")


def test_point_wise_toy_run(tmp_path, write, monkeypatch):
    figures = []
    monkeypatch.setattr(style, "save", lambda figure, stem: figures.append(figure) or stem)
    run = write.run(tmp_path / "run", [{"w2": 0.3, "share": 1.0, "dead": "nan"}, {"w2": 0.2, "share": 0.5}], kind="toy")
    (picture,) = toy.draw(run, tmp_path / "out")
    assert picture.title == "Wasserstein-2 distance to the truth, generation 0 → 1: run 0.3 → 0.2"
    assert [line.get_ydata().tolist() for axes in figures[0].axes for line in axes.get_lines()] == [
        [0.3, 0.2],
        [1.0, 0.5],
    ]


def test_recorded_theory_variance_and_published_values_are_drawn(tmp_path, write):
    arrays = _arrays(gamma=np.array([0.0, 1.0]), lam=np.array([0.5, 0.5]))
    arrays |= {
        "variance": np.ones((G, S, 2)), "variance_theory": np.full((G, 2), 0.9),
        "mean_error2_theory": np.stack([np.linspace(0.02, 0.03, G), np.full(G, np.nan)], axis=1),
        "reference_generation": np.array([3.0]), "reference_w2": np.array([[0.3, 0.2]]),
        "reference_se": np.array([[0.01, 0.02]]),
    }  # fmt: skip
    figure, _, notes = _figure(write.ensemble(tmp_path, arrays, schedule="ramp-accumulate"))
    distance, error, variance = figure.axes
    assert _lines(error)["theory 0"].get_ydata().tolist() == arrays["mean_error2_theory"][:, 0].tolist()
    assert "theory 1" not in _lines(error), "nan is no theory"
    assert _lines(variance)["theory 1"].get_ydata().tolist() == [0.9] * G
    drawn = [line for line in distance.get_lines() if line.get_xdata().tolist() == [3.0]]
    heights = {round(float(line.get_ydata()[0]), 6) for line in drawn}
    assert heights == {0.3, 0.28, 0.32, 0.2, 0.16, 0.24}, "the values and their caps, two standard errors away"
    assert "published, ± 2 SE" in [text.get_text() for text in figure.legends[0].get_texts()]
    arrays["variance_theory"] = np.ones((G, 3))
    write.ensemble(tmp_path, arrays)
    with pytest.raises(ValueError, match="variance_theory must have shape"):
        toy.read_curves(tmp_path)


@pytest.mark.parametrize("settings", [{"normalisation": "unbiased", "bias": 0.8, "first": 20}, {"bias": 0.5}])
def test_theory_without_a_record_follows_the_settings(tmp_path, write, settings):
    folder = write.ensemble(tmp_path, _arrays(gamma=np.array([0.3]), lam=np.array([0.5])), schedule="fresh")
    config = json.loads((folder / "config.json").read_text())
    config["identity"]["problem"] = settings
    (folder / "config.json").write_text(json.dumps(config))
    curves = toy.read_curves(folder)
    wanted = moments(50, 25, 0.3, G - 1, regime="fresh", **settings)
    np.testing.assert_array_equal(toy.theory_of(curves, 0), wanted.M)
    config["identity"]["corrector"] = {"name": "histogram-official"}
    (folder / "config.json").write_text(json.dumps(config))
    assert toy.theory_of(toy.read_curves(folder), 0) is None
