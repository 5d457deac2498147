import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb

from plots import stick, strips, style
from plots.runs import read_experiment

angles = st.floats(-np.pi, np.pi)


def _turned(motion, angle):
    """`motion` turned about the vertical."""
    c, s = np.cos(angle), np.sin(angle)
    return motion @ np.array([[c, 0, -s], [0, 1, 0], [s, 0, c]])


def _strips(folder):
    return strips.read_strips(read_experiment(folder))


def _panels(figure):
    return {axes.get_gid(): axes for axes in figure.axes if axes.get_gid()}


def _poses(axes):
    return {c.get_gid(): c for c in axes.collections if isinstance(c, LineCollection)}


@pytest.fixture(scope="module")
def skeleton(write):
    return strips.Skeleton(tuple(write.joints), tuple(write.parents), 20.0)


def _one(motion, skeleton, experiment):
    arm = read_experiment(experiment).arms[0]
    return strips.Strip("a caption", skeleton, (arm,), (0,), {("real", 0): motion})


@given(st.lists(st.tuples(*[st.floats(-5, 5)] * 3), min_size=1, max_size=4), angles)
def test_projection_is_orthographic(points, azimuth):
    points = np.array(points)
    flat, depth = stick.project(points, azimuth)
    np.testing.assert_allclose((flat**2).sum(axis=-1) + depth**2, (points**2).sum(axis=-1), atol=1e-9)
    np.testing.assert_array_equal(flat[:, 1], points[:, 1])  # a level camera: the floor is a line


def test_projection_shows_the_side_that_the_camera_sees():
    front, depth = stick.project(np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]), 0.0)
    np.testing.assert_allclose(front, [[1, 0], [0, 0]], atol=1e-15)  # a figure facing +z has its left at the right
    np.testing.assert_allclose(depth, [0, 1], atol=1e-15)
    side, depth = stick.project(np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]), np.pi / 2)  # from the figure's left
    np.testing.assert_allclose(side, [[0, 0], [-1, 0]], atol=1e-15)
    np.testing.assert_allclose(depth, [1, 0], atol=1e-15)


@settings(max_examples=25, deadline=None)
@given(angles, st.sampled_from([0.0, 2.0]))
def test_picture_does_not_depend_on_where_the_figure_heads(experiment, write, skeleton, angle, travel):
    straight = write.walk(travel=travel)
    views = [stick.choose_view(_one(m, skeleton, experiment)) for m in (straight, _turned(straight, angle))]
    flats = [stick.poses(m, skeleton, v)[0] for m, v in zip((straight, _turned(straight, angle)), views, strict=True)]
    np.testing.assert_allclose(flats[0], flats[1], atol=1e-9)
    np.testing.assert_allclose(views[0].box, views[1].box, atol=1e-9)


def test_a_walk_goes_to_the_right_and_a_standing_figure_shows_its_front(experiment, write, skeleton):
    walk = _turned(write.walk(), 1.0)
    azimuth = stick.choose_view(_one(walk, skeleton, experiment)).azimuth
    root = stick.project(walk[:, 0], azimuth)[0][:, 0]
    assert root[-1] - root[0] > 0.9 * 2.0
    standing = _turned(write.walk(travel=0.0), 1.0)
    azimuth = stick.choose_view(_one(standing, skeleton, experiment)).azimuth
    toes = [skeleton.joints.index(name) for name in ("left_foot", "left_ankle")]
    depth = stick.project(standing[0], azimuth)[1]
    assert depth[toes[0]] > depth[toes[1]]  # the toes point towards the camera


def test_poses_stand_side_by_side_and_travel_is_measured(experiment, write, skeleton):
    motion = write.walk(travel=3.0)
    view = stick.choose_view(_one(motion, skeleton, experiment))
    flat, _ = stick.poses(motion, skeleton, view)
    np.testing.assert_allclose(flat[:, 0, 0], stick.SPACING * np.arange(stick.POSES), atol=1e-12)
    np.testing.assert_array_equal(flat[:, :, 1], motion[[0, 13, 26, 39], :, 1])  # heights are untouched
    assert stick.travel(motion, skeleton) == pytest.approx(3.0)
    there_and_back = np.concatenate([motion, motion[::-1]])
    assert stick.travel(there_and_back, skeleton) == pytest.approx(3.0)


def test_what_is_drawn_are_the_projected_bones_in_the_colours_of_their_sides(experiment, write, skeleton):
    (strip,) = _strips(experiment)
    view = stick.choose_view(strip)
    with style.paper():
        figure, notes = stick.strip_figure(strip)
    assert notes == ()
    panels = _panels(figure)
    assert list(panels) == [f"{arm} {g}" for arm in write.labels for g in range(6)]
    flat, _ = stick.poses(strip.motions["synthetic", 5], skeleton, view)
    drawn = _poses(panels["synthetic 5"])
    assert list(drawn) == [f"pose {i}" for i in range(stick.POSES)]
    for index, pose in enumerate(flat):
        segments = {tuple(np.ravel(s)) for s in drawn[f"pose {index}"].get_segments()}
        assert segments == {tuple(np.ravel(pose[bone])) for bone in skeleton.bones}
    last = drawn[f"pose {stick.POSES - 1}"]
    by_segment = {tuple(np.ravel(s)): tuple(c[:3]) for s, c in zip(last.get_segments(), last.get_colors(), strict=True)}
    for child, colour in (("left_knee", style.LEFT), ("right_wrist", style.RIGHT), ("head", style.TRUNK)):
        at = skeleton.joints.index(child)
        assert by_segment[tuple(np.ravel(flat[-1][[skeleton.parents[at], at]]))] == pytest.approx(to_rgb(colour))
    whiteness = [np.min(drawn[f"pose {i}"].get_colors()[:, :3]) for i in range(stick.POSES)]
    assert (np.diff(whiteness) < 0).all()  # fades with time


def test_sinking_is_seen_below_the_floor_line(experiment):
    (strip,) = _strips(experiment)
    with style.paper():
        panels = _panels(stick.strip_figure(strip)[0])
    (floor,) = [line for line in panels["synthetic 5"].get_lines() if line.get_gid() == "floor"]
    assert set(floor.get_ydata()) == {0.0}
    lowest = {name: np.min(_poses(panels[name])["pose 3"].get_segments(), axis=(0, 1))[1] for name in panels}
    assert lowest["real 5"] == pytest.approx(0.02, abs=1e-6)
    assert lowest["synthetic 5"] == pytest.approx(0.02 - 0.3, abs=1e-6)
    assert panels["synthetic 5"].get_ylim()[0] < lowest["synthetic 5"]


def test_every_cell_has_the_same_scale_in_both_directions(experiment):
    (strip,) = _strips(experiment)
    with style.paper():
        figure = stick.strip_figure(strip)[0]
    metres = []
    for axes in figure.axes[:-1]:
        (x0, y0), (x1, y1) = axes.transData.transform([(0, 0), (1, 1)])
        metres += [x1 - x0, y1 - y0]
    bar = figure.axes[-1].get_window_extent()
    np.testing.assert_allclose(metres, bar.width, rtol=1e-6)


def test_at_most_six_generations_with_first_and_last(tmp_path, write):
    generations = 23
    write.run(tmp_path, [{"x": 1.0}] * generations, motions={g: [write.walk(8)] for g in range(generations)})
    (strip,) = _strips(tmp_path)
    assert len(strip.generations) == strips.COLUMNS
    assert strip.generations[0] == 0 and strip.generations[-1] == 22
    assert np.ptp(np.diff(strip.generations)) <= 1
    assert set(strip.motions) == {(tmp_path.name, g) for g in strip.generations}


def test_captions_are_matched_by_text_and_at_most_three_are_drawn(tmp_path, write):
    tall = [write.walk(8) * size for size in (1.0, 1.1, 1.2, 1.3, 1.4)]
    write.run(tmp_path, [{}, {}], motions={0: tall}, captions=["a", "b", "a", "c", "d"])
    np.savez(tmp_path / "gen-0001" / "strips.npz", joints=np.array(tall, dtype=np.float32))
    write.json(tmp_path / "gen-0001" / "strips.json", {"captions": ["c", "a", "b", "x", "a"]})
    found = _strips(tmp_path)
    assert [strip.caption for strip in found] == ["a", "b", "a"]
    sizes = [[round(float(m[0, 0, 1]) / 0.93, 2) for m in strip.motions.values()] for strip in found]
    assert sizes == [[1.0, 1.1], [1.1, 1.2], [1.2, 1.4]]  # the second "a" meets the second "a"


def test_padding_is_not_drawn(tmp_path, write):
    write.run(tmp_path, [{}], motions={0: [np.zeros((30, 22, 3))]})
    joints = np.zeros((1, 30, 22, 3), dtype=np.float32)
    joints[0, :10] = write.walk(10)
    np.savez(tmp_path / "gen-0000" / "strips.npz", joints=joints, lengths=np.array([10]))
    (strip,) = _strips(tmp_path)
    np.testing.assert_array_equal(strip.motions[tmp_path.name, 0], joints[0, :10])


def test_missing_cells_are_said(tmp_path, write):
    folder = write.experiment(tmp_path, seeds=1, generations=2)
    (folder / "real" / "seed-0000" / "gen-0001" / "strips.npz").unlink()
    (strip,) = _strips(folder)
    with style.paper():
        figure, notes = stick.strip_figure(strip)
    assert notes == ("real: no motion of generation 1",)
    assert [text.get_text() for text in _panels(figure)["real 1"].texts] == ["not there"]


def test_a_motion_that_flies_off_is_said_and_does_not_shrink_the_others(experiment, write):
    (strip,) = _strips(experiment)
    wild = write.walk() * 30.0
    strip = dataclasses.replace(strip, motions={**strip.motions, ("synthetic", 5): wild})
    left, right, bottom, top = stick.choose_view(strip).box
    assert right - left < 4 and top - bottom < 4
    with style.paper():
        assert stick.strip_figure(strip)[1] == ("synthetic, generation 5: leaves the picture",)


def test_joints_that_are_not_finite_are_left_out_and_said(experiment, write, skeleton):
    motion = write.walk()
    motion[:, skeleton.joints.index("left_knee")] = np.nan
    whole = write.walk()
    whole[...] = np.nan
    (strip,) = _strips(experiment)
    strip = dataclasses.replace(strip, motions={**strip.motions, ("real", 1): motion, ("real", 2): whole})
    with style.paper():
        figure, notes = stick.strip_figure(strip)
        stick.strip_figure(dataclasses.replace(strip, motions={("real", 0): whole}))
    assert notes == tuple(f"real, generation {g}: has joints that are not finite" for g in (1, 2))
    panels = _panels(figure)
    assert len(_poses(panels["real 1"])["pose 0"].get_segments()) == len(skeleton.bones) - 2
    assert len(_poses(panels["real 2"])["pose 0"].get_segments()) == 0


@pytest.mark.parametrize("broken", [
    {"joints": ["a"]}, {"parents": [0, 1]}, {"fps": 0}, {"parents": [5] * 22}, {"parents": [-1] * 22}, {"joints": None},
])  # fmt: skip
def test_damaged_skeleton_names_the_file(tmp_path, write, broken):
    write.run(tmp_path, [{}], motions={0: [write.walk(4)]})
    write.json(tmp_path / "skeleton.json", {"joints": write.joints, "parents": write.parents, "fps": 20} | broken)
    with pytest.raises(ValueError, match=r"skeleton\.json"):
        _strips(tmp_path)


def test_damaged_strips_name_the_file(tmp_path, write):
    write.run(tmp_path, [{}], motions={0: [write.walk(4)]})
    path = tmp_path / "gen-0000" / "strips.npz"
    wrong = (
        {"joints": np.ones((1, 4, 21, 3))},
        {"joints": np.ones((2, 4, 22, 3))},
        {"joints": np.ones((1, 0, 22, 3))},
        {"joints": np.ones((1, 4, 22, 3)), "lengths": np.array([5])},
        {"other": np.ones(3)},
    )
    for arrays in wrong:
        np.savez(path, **arrays)
        with pytest.raises(ValueError, match="strips"):
            _strips(tmp_path)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(ValueError, match=r"strips\.npz"):
        _strips(tmp_path)
    (tmp_path / "gen-0000" / "strips.json").unlink()
    np.savez(path, joints=np.ones((1, 4, 22, 3)))
    with pytest.raises(FileNotFoundError, match=r"strips\.json"):
        _strips(tmp_path)


def test_arms_with_different_skeletons_are_refused(tmp_path, write):
    folder = write.experiment(tmp_path, seeds=1, generations=1)
    path = folder / "corrected" / "seed-0000" / "skeleton.json"
    write.json(path, {"joints": write.joints, "parents": write.parents, "fps": 30})
    with pytest.raises(ValueError, match="differs"):
        _strips(folder)


def test_human_motion_fits_its_cell(humanml3d_reference, experiment, skeleton):
    motion = np.load(humanml3d_reference / "new_joints_012314.npy", allow_pickle=False).astype(float)
    strip = _one(motion, skeleton, experiment)
    with style.paper():
        figure, notes = stick.strip_figure(strip)
    assert notes == ()
    left, right, bottom, top = stick.choose_view(strip).box
    segments = np.array([s for c in _poses(figure.axes[0]).values() for s in c.get_segments()])
    assert left < segments[..., 0].min() and segments[..., 0].max() < right
    assert bottom < segments[..., 1].min() and segments[..., 1].max() < top
