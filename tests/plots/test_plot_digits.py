"""Pictures of an image experiment: lines by arm, images by generation, damaged files named."""

import json

import numpy as np
import pytest

from plots import digits
from plots.digits import mosaic
from plots.findings import pairs_of
from plots.folders import NothingToPlot
from plots.gallery import draw_all
from plots.runs import read_experiment

ARMS = {"baseline": "real data only", "uncorrected-1": "uncorrected, λ = 1", "k-means-1": "k-means corrected, λ = 1"}


def tiles(seed):
    return np.random.default_rng(seed).integers(0, 256, (10, 6, 8, 8), dtype=np.uint8)


@pytest.fixture
def folder(tmp_path, write):
    out = tmp_path / "run"
    arms = {name: {"label": label} for name, label in ARMS.items()}
    write.json(
        out / "experiment.json",
        {"format": 1, "kind": "digits-experiment", "arms": arms, "seeds": [0, 1], "floor": {"fid": 0.1}},
    )
    for rank, arm in enumerate(ARMS):
        for seed in range(2):
            values = [
                {"fid": 0.4 + 0.1 * rank * g + 0.01 * seed, "kid": 0.1 * g - 0.01, "accepted": 0.9, "loss": 0.3,
                 "diversity_by_digit": [1.0] * 10}
                for g in range(4)
            ]  # fmt: skip
            run = write.run(out / arm / f"seed-{seed:04d}", values, kind="digits")
            for g in range(4):
                np.savez(run / f"gen-{g:04d}" / "shown.npz", images=tiles(g))
    np.savez(out / "real.npz", images=tiles(9))
    return out


def test_lines_images_and_what_they_show(folder, tmp_path):
    pictures = draw_all(folder, tmp_path / "plots")
    assert [picture.path.name for picture in pictures] == ["stability.png", "further.png", "images.png"]
    assert "generation 0 → 3" in pictures[0].title and "uncorrected-1 0.405 → 0.705" in pictures[0].title
    notes = " ".join(pictures[0].notes)
    assert "uncorrected-1 minus baseline" in notes and "k-means-1 minus uncorrected-1" in notes
    assert "generation 0 to 3" in pictures[2].title
    figure, _ = digits.images_figure(read_experiment(folder), tiles(9))
    assert len(figure.axes) == 3 * 4
    shown = figure.axes[2].images[0].get_array()
    assert np.array_equal(shown, mosaic(tiles(3))), "third column: the last generation"
    assert np.array_equal(figure.axes[3].images[0].get_array(), mosaic(tiles(9))), "last column: real digits"


def test_a_mosaic_has_digits_from_left_to_right():
    found = np.zeros((10, 6, 8, 8), np.uint8)
    found[7, 1] = 200
    image = mosaic(found)
    assert image.shape == (24, 80)
    assert np.array_equal(np.argwhere(image).min(axis=0), [8, 56]) and (image > 0).sum() == 64


def test_a_run_alone_and_one_without_images(folder, tmp_path, write):
    assert len(draw_all(folder / "baseline" / "seed-0000", tmp_path / "a")) == 3
    bare = write.run(tmp_path / "bare", [{"fid": 1.0}], kind="digits")
    assert [picture.path.name for picture in draw_all(bare, tmp_path / "b")] == ["stability.png"]
    with pytest.raises(NothingToPlot):
        draw_all(write.run(tmp_path / "none", [], kind="digits"), tmp_path / "c")


@pytest.mark.parametrize("content", [b"junk", None])
def test_damaged_images_are_named(folder, tmp_path, content):
    path = folder / "baseline" / "seed-0000" / "gen-0003" / "shown.npz"
    if content is None:
        np.savez(path, images=np.zeros((10, 6, 8, 8)))  # no bytes
    else:
        path.write_bytes(content)
    with pytest.raises(ValueError, match="shown.npz"):
        draw_all(folder, tmp_path / "plots")


def test_another_kind_of_experiment_is_refused(folder, tmp_path):
    stored = json.loads((folder / "experiment.json").read_text())
    (folder / "experiment.json").write_text(json.dumps({**stored, "kind": "sound-experiment"}))
    with pytest.raises(ValueError, match="kind must be one of"):
        draw_all(folder, tmp_path / "plots")


def test_which_arms_are_compared():
    names = [
        "baseline",
        "uncorrected-0.5",
        "k-means-0.5",
        "k-means-0.5-g0.3",
        "redraw-1",
        "corrected",
        "synthetic",
        "real",
    ]
    assert pairs_of(names) == [
        ("corrected", "synthetic"), ("uncorrected-0.5", "baseline"), ("k-means-0.5", "uncorrected-0.5"),
        ("k-means-0.5-g0.3", "uncorrected-0.5"),
    ]  # fmt: skip
    assert pairs_of(["k-means-1"]) == []
