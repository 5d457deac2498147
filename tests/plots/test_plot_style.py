import os

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from PIL import Image

from plots import legends, style


def _figure():
    with style.paper():
        figure = style.new_figure(2.0)
        figure.subplots().plot([0, 1], [0, 1])
    return figure


def test_main_arms_look_the_same_in_every_picture():
    assert style.arm_looks(["corrected", "x"])["corrected"] == style.arm_looks(["real", "corrected"])["corrected"]
    many = style.arm_looks([f"arm-{i}" for i in range(15)])
    assert len({str(look) for look in many.values()}) == 15
    others = style.arm_looks(["real", "a", "synthetic", "b"])
    assert others["a"] != others["b"]


def test_looks_differ_in_colour_line_and_marker_and_in_grey():
    looks = list(style.arm_looks(["real", "synthetic", "corrected", "a", "b"]).values())
    for part in ("colour", "marker"):
        assert len({str(getattr(look, part)) for look in looks}) == len(looks)
    assert len({str(look.line) for look in looks[:3]}) == 3
    grey = sorted(np.dot(to_rgb(look.colour), [0.2126, 0.7152, 0.0722]) for look in style.ordered_looks(8))
    assert np.diff(grey).min() > 0.02  # an ordered parameter stays ordered without colour
    assert [look.colour for look in style.ordered_looks(8)] == [look.colour for look in style.ordered_looks(8)]
    left, right = (np.dot(to_rgb(c), [0.2126, 0.7152, 0.0722]) for c in (style.LEFT, style.RIGHT))
    assert right - left > 0.3


def test_png_pdf_and_svg_with_the_stated_size(tmp_path):
    path = style.save(_figure(), tmp_path / "new" / "picture")
    assert path == tmp_path / "new" / "picture.png"
    with Image.open(path) as image:
        assert image.size == (int(style.WIDTH * style.DPI), 300)
    pdf = path.with_suffix(".pdf").read_bytes()
    assert pdf.startswith(b"%PDF") and b"CreationDate" not in pdf
    svg = path.with_suffix(".svg").read_text()
    assert "<svg" in svg and "dc:date" not in svg
    assert sorted(item.name for item in path.parent.iterdir()) == ["picture.pdf", "picture.png", "picture.svg"]
    assert path.stat().st_mode & 0o777 == 0o644


def test_same_input_same_bytes_whatever_the_users_settings(tmp_path):
    first = style.save(_figure(), tmp_path / "a")
    with matplotlib.rc_context({"font.size": 20, "axes.facecolor": "red", "savefig.bbox": "tight"}):
        second = style.save(_figure(), tmp_path / "b")
    assert first.read_bytes() == second.read_bytes()
    for suffix in (".pdf", ".svg"):
        assert first.with_suffix(suffix).read_bytes() == second.with_suffix(suffix).read_bytes()


def test_a_failed_write_leaves_the_old_picture(tmp_path, monkeypatch):
    (tmp_path / "a.png").write_bytes(b"old")

    def refuse(*_):
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(OSError, match="disk full"):
        style.save(_figure(), tmp_path / "a")
    assert [item.name for item in tmp_path.iterdir()] == ["a.png"]
    assert (tmp_path / "a.png").read_bytes() == b"old"


def test_long_titles_are_wrapped_inside_the_picture():
    with style.paper():
        figure = style.new_figure(2.0)
        style.headline(figure, "a very long title that says what is seen " * 6)
    figure.draw_without_rendering()
    box = figure._suptitle.get_window_extent()
    assert box.x1 <= figure.bbox.x1


@pytest.mark.parametrize(
    ("scale", "values", "expected"),
    [
        ("auto", [1.0, 11.0], "log"),
        ("auto", [1.0, 9.0], "linear"),
        ("auto", [0.0, 1.0, 100.0], "linear"),
        ("auto", [], "linear"),
        ("log", [1.0, 2.0], "log"),
        ("log", [-1.0, 2.0], "log"),
        ("log", [-1.0, 0.0], "linear"),
        ("linear", [1.0, 1e6], "linear"),
    ],
)
def test_the_axis_suits_the_values_or_is_as_asked(scale, values, expected):
    with style.paper(), style.scaled(scale):
        panel = style.new_figure(2.0).subplots()
        panel.plot([0, 1], [1, 2])
        style.scale_axis(panel, values)
    assert panel.get_yscale() == expected
    panel = style.new_figure(2.0).subplots()
    style.scale_axis(panel, [1.0, 11.0])
    assert panel.get_yscale() == "log", "the setting ends with the block"


def test_families_share_a_colour_and_darken_with_lambda():
    names = ["baseline", "uncorrected-0.2", "k-means-0.2", "uncorrected-1", "k-means-1", "other"]
    looks = style.arm_looks(names)
    assert looks["baseline"] == style.ARMS["real"] and looks["uncorrected-1"].colour.upper() == "#D55E00"
    light, dark = (np.dot(to_rgb(looks[f"k-means-{lam}"].colour), [0.2126, 0.7152, 0.0722]) for lam in ("0.2", "1"))
    assert light > dark + 0.1 and looks["k-means-0.2"].line == looks["k-means-1"].line
    assert len({str(look) for look in looks.values()}) == len(names)


@pytest.mark.parametrize(
    ("seeds", "words"),
    [
        ((1, 1), "1 seed, no band"),
        ((), "1 seed, no band"),
        ((8, 8), "8 seeds, 95 % band of the mean"),
        ((8, 1), "1 or 8 seeds, 95 % band of the mean"),
    ],
)
def test_a_legend_says_what_its_bands_are(seeds, words):
    assert legends.bands_in_words(seeds) == words
