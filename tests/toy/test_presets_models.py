"""The presets of further models show what their description says, and keep it where it is drawn."""

import numpy as np
import pytest

from plots.gallery import draw_all
from theory.regression import error_path, fit_error
from toy.presets_models import PRESETS


def near(curve, value):
    """The mean over runs is within 5 standard errors of `value`."""
    return abs(curve.mean() - value) < 5 * curve.std(ddof=1) / np.sqrt(curve.size)


def test_ferbach_shows_the_golden_numbers(tmp_path):
    """Two points: .61552929 to .93275644 in five rounds, mixed .55701358; Gaussian mean .833333, variance .166667."""
    found = PRESETS["ferbach"].run(tmp_path, runs=64)
    masses = (0.61552929, 0.72489069, 0.81704803, 0.88612555, 0.93275644)
    path = found["two-points"]["top_mass"][..., 0]
    assert all(near(path[generation + 1], mass) for generation, mass in enumerate(masses))
    assert not near(path[2], masses[0]), "a round more is told apart"
    assert near(found["two-points-mixed"]["top_mass"][-1, :, 0], 0.55701358)
    assert near(found["gaussian"]["mean"][-1, :, 0], 0.833333)
    assert near(found["gaussian"]["variance"][-1, :, 0], 0.166667)
    held = found["gaussian-mixed"]["variance"][-1].mean(axis=0)
    assert 0.166667 < held[0] < held[1] < 1
    with np.load(tmp_path / "gaussian" / "curves.npz") as file:
        assert np.isfinite(file["variance_theory"]).all()
    again = PRESETS["ferbach"].run(tmp_path, runs=64)
    assert all(np.array_equal(again[part][name], curve) for part in found for name, curve in found[part].items())


def test_regression_grows_or_stays_bounded():
    found = PRESETS["regression"].run(runs=256)
    replaced, kept = found["replace"]["error2"], found["accumulate"]["error2"]
    bound = np.pi**2 / 6 * fit_error(50, 5)
    assert near(replaced[-1, :, 0], 51 * fit_error(50, 5)) and not near(replaced[-1, :, 0], bound)
    assert near(kept[-1, :, 0], error_path(50, 50, 5, 0.0, 50, "accumulate")[-1])
    assert near(replaced[-1, :, 1], error_path(50, 50, 5, 1.0, 50, "replace")[-1])


@pytest.mark.slow
def test_every_preset_is_drawn(tmp_path):
    for name, preset in PRESETS.items():
        stages = set()
        parts = preset.run(tmp_path / name, runs=64, report=lambda stage, done, total, seen=stages: seen.add(stage))
        pictures = draw_all(tmp_path / name, tmp_path / "pictures" / name)
        assert len(pictures) == len(parts) == len(stages)
        assert any("theory in the band" in note for picture in pictures for note in picture.notes)


def test_a_wrong_theory_is_told_apart():
    """The error of replacing is not that of accumulating; too few runs judge nothing."""
    preset = PRESETS["regression"]
    found = preset.run(runs=256)
    assert all(one.agrees for one in preset.compare(found))
    swapped = preset.compare({**found, "replace": found["accumulate"]})
    assert not all(one.agrees for one in swapped)
    assert preset.compare(preset.run(runs=2)) == []
