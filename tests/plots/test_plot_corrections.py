"""Strips of motions before and after they were corrected."""

import numpy as np
import pytest

from plots import stick, style
from plots.corrections import read_corrections
from plots.runs import read_experiment


def keep(folder, generation, before, after, captions, **more):
    inside = folder / f"gen-{generation:04d}"
    arrays = {"before": np.asarray(before, np.float32), "after": np.asarray(after, np.float32)}
    np.savez(inside / "corrections.npz", **arrays, **more)
    (inside / "corrections.json").write_text('{"captions": ["' + '", "'.join(captions) + '"]}')


@pytest.fixture
def folder(tmp_path, write):
    """Real data only, which corrects nothing; uncorrected; and corrected, which kept two generations."""
    folder = write.experiment(tmp_path, seeds=2, generations=3)
    for generation in (1, 2):
        drawn = [write.walk(12, sink=0.1 * generation), write.walk(12)]
        keep(folder / "corrected" / "seed-0000", generation, drawn, [write.walk(12)] * 2, ["goes", "stays"])
    return folder


def test_the_newest_corrections_are_shown_beside_what_was_drawn(folder, write, tmp_path):
    strips = read_corrections(read_experiment(folder))
    assert [strip.caption for strip in strips] == ["goes", "stays"]
    (one, _) = strips
    assert [arm.name for arm in one.arms] == ["corrected"] and one.heads == ("generation 2, as drawn", "corrected")
    np.testing.assert_allclose(one.motions["corrected", 0], write.walk(12, sink=0.2), atol=1e-6)
    np.testing.assert_allclose(one.motions["corrected", 1], write.walk(12), atol=1e-6)
    pictures = stick.draw(read_experiment(folder), tmp_path / "plots")
    assert [picture.path.name for picture in pictures] == ["strip-1.png", "correction-1.png", "correction-2.png"]
    assert all(picture.path.stat().st_size > 1000 for picture in pictures)


def test_an_arm_that_lags_behind_is_left_out_and_one_without_a_motion_said(folder, write):
    keep(folder / "synthetic" / "seed-0000", 2, [write.walk(12)], [write.walk(12)], ["goes"])
    strips = read_corrections(read_experiment(folder))
    assert [arm.name for arm in strips[0].arms] == ["synthetic", "corrected"]
    with style.paper():
        _, notes = stick.strip_figure(strips[1])
    assert notes == (
        "synthetic: no motion of generation 2, as drawn",
        "synthetic: no motion of corrected",
    )
    (folder / "synthetic" / "seed-0000" / "gen-0002" / "corrections.npz").rename(
        folder / "synthetic" / "seed-0000" / "gen-0001" / "corrections.npz"
    )
    # generation 1 is the newest that both have
    (folder / "synthetic" / "seed-0000" / "gen-0002" / "corrections.json").rename(
        folder / "synthetic" / "seed-0000" / "gen-0001" / "corrections.json"
    )
    assert read_corrections(read_experiment(folder))[0].heads[0] == "generation 1, as drawn"


def test_nothing_kept_is_nothing_drawn(experiment):
    assert read_corrections(read_experiment(experiment)) == []


@pytest.mark.parametrize("damage", ["truncated", "lengths", "captions", "side"])
def test_damaged_files_are_named(folder, write, damage):
    path = folder / "corrected" / "seed-0000" / "gen-0002" / "corrections.npz"
    if damage == "truncated":
        path.write_bytes(path.read_bytes()[:-200])
    elif damage == "lengths":
        keep(path.parent.parent, 2, [write.walk(12)], [write.walk(12)], ["goes"], lengths=np.array([13]))
    elif damage == "captions":
        keep(path.parent.parent, 2, [write.walk(12)], [write.walk(12)], ["goes", "stays"])
    else:
        np.savez(path, before=np.zeros((2, 12, 22, 3)))
    with pytest.raises(ValueError, match="corrections"):
        read_corrections(read_experiment(folder))
