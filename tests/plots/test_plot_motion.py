import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from plots import motion, panels, style
from plots.findings import numbers, seen
from plots.folders import NothingToPlot
from plots.runs import read_experiment
from plots.statistics import band


def _figure(folder, names=None):
    found = read_experiment(folder)
    names = names or motion.chosen(found)[0]
    with style.paper():
        return panels.grid_figure(names, found, motion.MEASURES, seen(found, names[0], motion.MEASURES), found.notes)


def _lines(axes):
    return {line.get_gid(): line for line in axes.get_lines() if line.get_gid()}


def _bands(axes):
    return {area.get_gid(): area for area in axes.collections if (area.get_gid() or "").startswith("band")}


@pytest.fixture(scope="module")
def figure(experiment):
    return _figure(experiment)


def test_lines_and_bands_are_the_statistics(figure, write):
    assert len(figure.axes) == len(write.measures)
    for axes, measure in zip(figure.axes, write.measures, strict=True):
        lines, bands = _lines(axes), _bands(axes)
        assert [gid for gid in lines if gid != "floor"] == ["real", "synthetic", "corrected"]
        for arm in write.labels:
            values = np.array([[write.growth(arm, measure, g, seed) for seed in range(3)] for g in range(6)])
            wanted = band(values, axis=1)
            np.testing.assert_array_equal(lines[arm].get_xdata(), np.arange(6))
            np.testing.assert_array_equal(lines[arm].get_ydata(), wanted.mean)
            edge = bands[f"band {arm}"].get_paths()[0].vertices
            for generation in range(6):
                heights = edge[edge[:, 0] == generation][:, 1]
                assert heights.min() == wanted.low[generation] and heights.max() == wanted.high[generation]
            assert lines[arm].get_color() == style.ARMS[arm].colour
            assert lines[arm].get_linestyle() == style.ARMS[arm].line


def test_floor_is_a_dotted_line_where_there_is_one(figure):
    first, second, third = figure.axes[:3]
    for axes, value in ((first, 0.4), (second, 1.7)):
        floor = _lines(axes)["floor"]
        assert set(floor.get_ydata()) == {value} and floor.get_linestyle() == ":"
        assert axes.get_ylim()[0] <= value <= axes.get_ylim()[1]
    assert "floor" not in _lines(third)


def test_titles_and_units_say_what_is_seen(experiment, figure):
    found = read_experiment(experiment)
    assert seen(found, "frechet", motion.MEASURES) == (
        "Fréchet distance, generation 0 → 5: real 1 → 1, synthetic 1 → 4.48, corrected 1 → 1.65"
    )
    axes = figure.axes
    assert [panel.get_ylabel() for panel in axes[:4]] == ["no unit", "mm/frame", "mm", "mm"]
    assert axes[0].texts[0].get_text() == "real 1 · synthetic 4.48 · corrected 1.65"
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend[1] == "synthetic, uncorrected (3 seeds, 95 % band of the mean)"
    assert legend[3] == "real against real (floor)"


def test_statements_behind_the_picture(experiment):
    found = numbers(read_experiment(experiment), "frechet")
    assert found[1] == "frechet of synthetic: times 1.350 a generation (95 % interval 1.350 to 1.350, 3 seeds)"
    factor = np.exp(0.1 * 5) - np.exp(0.3 * 5)
    assert found[3].startswith("frechet at generation 5, corrected minus synthetic, 3 paired seeds: ")
    assert f": {factor:.3g} (95" in found[3]


def test_one_seed_has_no_band_and_says_so(tmp_path, write):
    figure = _figure(write.experiment(tmp_path, seeds=1, strips=False))
    assert not any(_bands(axes) for axes in figure.axes)
    assert all("1 seed, no band" in text.get_text() for text in figure.legends[0].get_texts()[:3])
    assert "no interval" in numbers(read_experiment(tmp_path), "frechet")[0]


def test_pairs_are_matched_by_seed_not_by_position(tmp_path, write):
    arms = {"corrected": {0: 1.0, 1: 2.0, 2: 3.0}, "synthetic": {1: 2.5, 2: 3.5, 7: 99.0}}
    write.json(
        tmp_path / "experiment.json",
        {"format": 1, "kind": "motion-experiment", "arms": {arm: {"label": arm} for arm in arms}},
    )
    for arm, values in arms.items():
        for seed, value in values.items():
            write.run(tmp_path / arm / f"seed-{seed:04d}", [{"frechet": value}])
    assert "2 paired seeds: -0.5 (95 % interval -0.5 to -0.5)" in numbers(read_experiment(tmp_path), "frechet")[-1]


def test_arms_of_different_length_and_measures_taken_now_and_then(tmp_path, write):
    write.json(
        tmp_path / "experiment.json",
        {"format": 1, "kind": "motion-experiment", "arms": {"b": {}, "real": {"label": "R"}, "late": {}}},
    )
    write.run(
        tmp_path / "b" / "seed-0000",
        [{"frechet": 1.0, "mine": 1.0} if g % 2 == 0 else {"mine": 2.0, "first": 1.0} for g in range(5)],
    )
    write.run(tmp_path / "real" / "seed-0000", [{"frechet": 2.0, "mine": 3.0, "alone": 1.0}])
    figure = _figure(tmp_path)
    lines = _lines(figure.axes[0])
    np.testing.assert_array_equal(lines["b"].get_xdata(), [0, 2, 4])  # a line through, no holes
    np.testing.assert_array_equal(lines["real"].get_xdata(), [0])
    assert "late" not in lines
    note = figure.legends[0].get_title().get_text()
    assert "late: no finished generation yet" in note and "real: ends at generation 0 of 4" in note
    assert "values of frechet" not in note
    assert motion.chosen(read_experiment(tmp_path)) == (["frechet"], ["mine"])  # the others are not in all arms


def test_values_that_are_not_finite_are_left_out_and_said(tmp_path, write):
    for seed in range(3):
        values = [{"frechet": 1.0 + seed}, {"frechet": "inf" if seed == 2 else 2.0 + seed}]
        write.run(tmp_path / f"seed-{seed:04d}", values)
    figure = _figure(tmp_path)
    np.testing.assert_array_equal(_lines(figure.axes[0])[tmp_path.name].get_ydata(), [2.0, 2.5])
    assert "1 of 6 values of frechet are not finite" in figure.legends[0].get_title().get_text()


def test_a_large_range_is_drawn_on_a_log_axis_a_small_one_is_not(tmp_path, write):
    write.run(
        tmp_path, [{"frechet": 1.0, "jerk": 1.0, "floating": 0.0}, {"frechet": 100.0, "jerk": 2.0, "floating": 50.0}]
    )
    assert {axes.get_title(loc="left").split(" —")[0]: axes.get_yscale() for axes in _figure(tmp_path).axes} == {
        "Fréchet distance": "log", "Floating": "linear", "Jerk": "linear",
    }  # fmt: skip


def test_one_generation_shows_its_interval_as_a_bar(tmp_path, write):
    for seed in range(3):
        write.run(tmp_path / f"seed-{seed:04d}", [{"frechet": 1.0 + seed}])
    (bar,) = _figure(tmp_path).axes[0].collections
    wanted = band([1.0, 2.0, 3.0], axis=0)
    np.testing.assert_allclose(bar.get_segments()[0][:, 1], [wanted.low, wanted.high])


def test_nothing_overlaps(tmp_path, write):
    """Title, panels and legend keep out of each other's way, also with many notes and long labels."""
    write.json(
        tmp_path / "experiment.json",
        {
            "format": 1, "kind": "motion-experiment", "seeds": list(range(9)),
            "arms": {f"arm-{i}": {"label": f"a long label of arm number {i}"} for i in range(6)},
        },
    )  # fmt: skip
    for i in range(6):
        write.run(tmp_path / f"arm-{i}" / "seed-0000", [{m: 1.0 + g for m in write.measures} for g in range(i + 2)])
    figure = _figure(tmp_path)
    figure.draw_without_rendering()
    boxes = [axes.get_tightbbox() for axes in figure.axes]
    parts = [
        [axes.get_window_extent(), axes.yaxis.label.get_window_extent(), axes._left_title.get_window_extent()]
        + [text.get_window_extent() for text in axes.texts]
        for axes in figure.axes
    ]
    legend = figure.legends[0].get_window_extent()
    title = figure._suptitle.get_window_extent()
    assert all(legend.y1 <= box.y0 + 1 and box.y1 <= title.y0 + 1 for box in boxes)
    assert legend.x0 >= 0 and legend.x1 <= figure.bbox.x1 and legend.y0 >= 0 and title.y1 <= figure.bbox.y1 + 1
    for at, own in enumerate(parts):
        assert not any(one.overlaps(two) for other in parts[at + 1 :] for one in own for two in other)
    assert figure._suptitle.get_text().replace("\n", " ") == (
        "Fréchet distance, lowest and highest of 6 arms: arm-0 1 → 2 (generation 0 → 1), arm-5 1 → 7 (generation 0 → 6)"
    )
    assert figure.axes[0].texts[0].get_text() == "lowest arm-0 2\nhighest arm-5 7"
    assert "and " in figure.legends[0].get_title().get_text().splitlines()[-1]


@pytest.mark.slow
def test_pictures_on_disk(experiment, tmp_path):
    pictures = motion.draw(experiment, tmp_path / "a")
    assert [picture.path.name for picture in pictures] == ["stability.png", "strip-1.png"]
    for picture in pictures:
        with Image.open(picture.path) as image:
            assert image.size[0] == 1050
        assert picture.path.stat().st_size < 1_000_000 and picture.pdf.exists()
    assert "synthetic 1 → 4.48" in pictures[0].title


def test_many_further_measures_fill_several_pictures(tmp_path, write, monkeypatch):
    saved = []
    monkeypatch.setattr(style, "save", lambda figure, stem: saved.append((stem.name, len(figure.axes))) or stem)
    write.run(tmp_path / "run", [{f"measure_{i:02d}": 1.0 for i in range(20)}])
    motion.draw(tmp_path / "run", tmp_path / "out")
    assert saved == [("further-1", 18), ("further-2", 2)]


def test_records_without_numbers_are_nothing_to_plot(tmp_path, write):
    with pytest.raises(NothingToPlot, match="no numbers"):
        motion.draw(write.run(tmp_path / "run", [{"word": "x"}]), tmp_path / "out")


@pytest.mark.slow
def test_same_bytes_in_another_process(tmp_path, write):
    values = [{"frechet": 1.0, "jerk": 2.0}, {"frechet": 2.0, "jerk": 1.0}]
    run = write.run(tmp_path / "run", values, motions={0: [write.walk()]})
    code = "import sys; from pathlib import Path; from plots import motion; motion.draw(*map(Path, sys.argv[1:]))"
    for seed in ("1", "2"):
        environment = {"PYTHONHASHSEED": seed, "PATH": "/usr/bin", "HOME": str(tmp_path)}
        subprocess.run([sys.executable, "-c", code, str(run), str(tmp_path / seed)], check=True, env=environment)
    files = sorted(item.name for item in (tmp_path / "1").iterdir())
    assert files == [f"{stem}.{kind}" for stem in ("stability", "strip-1") for kind in ("pdf", "png", "svg")]
    for name in files:
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes()
