"""One motion in one file: read as joints, written back as it came, or one line that says what is wrong."""

import gzip
import os

import numpy as np
import pytest

from motion.data.bvh_write import write_bvh
from motion.data.motion_file import SOLE, input_fingerprint, read_motion
from motion.data.procedural import generate
from motion.features.representation import REPRESENTATIONS
from motion.kinematics.skeleton import J

WALK = generate(1, frames=40, seed=3, kinds=("walk",))[0].joints


def saved(folder, array, name="a.npy"):
    np.save(folder / name, array)
    return folder / name


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("unit", [1.0, 0.01, 0.001])
def test_joints_come_back_in_their_unit_and_type(tmp_path, dtype, unit):
    array = (WALK / unit).astype(dtype)
    motion = read_motion(saved(tmp_path, array))
    np.testing.assert_allclose(motion.joints, WALK, atol=1e-5)
    assert motion.fault == "" and (motion.notes == ()) == (unit == 1.0)
    moved = motion.joints + [0.0, 0.1, 0.0]
    content = motion.content(moved)
    np.testing.assert_allclose(motion.parsed(content), moved, atol=1e-5)
    (tmp_path / "b.npy").write_bytes(content)
    back = np.load(tmp_path / "b.npy", allow_pickle=False)
    assert back.dtype == dtype
    np.testing.assert_allclose(back, (WALK + np.float32([0, 0.1, 0])) / unit, rtol=1e-5, atol=1e-5 / unit)


def test_whole_numbers_and_halves_become_single_precision(tmp_path):
    for array in ((1000 * WALK).astype(int), WALK.astype(np.float16)):
        motion = read_motion(saved(tmp_path, array))
        (tmp_path / "b.npy").write_bytes(motion.content(motion.joints))
        assert np.load(tmp_path / "b.npy").dtype == np.float32


@pytest.mark.parametrize("kind", REPRESENTATIONS, ids=lambda kind: kind.name)
def test_the_width_tells_the_features(tmp_path, kind):
    features = kind.encode(WALK, floor="given")
    motion = read_motion(saved(tmp_path, features))
    assert motion.joints.shape == (40, 22, 3)
    np.testing.assert_allclose(motion.joints[:39], WALK[:39], atol=2e-3)
    (tmp_path / "b.npy").write_bytes(motion.content(motion.joints))
    again = np.load(tmp_path / "b.npy")
    assert again.shape == features.shape and again.dtype == np.float32
    np.testing.assert_allclose(motion.parsed(motion.content(motion.joints)), motion.joints, atol=1e-3)


def test_features_that_contradict_each_other_change_by_the_move_alone(tmp_path):
    kind = REPRESENTATIONS[0]
    features = kind.encode(WALK, floor="given")
    features[:, 100] += 0.1  # a rotation that the positions do not have
    motion = read_motion(saved(tmp_path, features))
    raised = motion.joints + [0.0, 0.02, 0.0]
    for anew in (False, True):
        (tmp_path / "b.npy").write_bytes(motion.content(raised, anew=anew))
        back = np.load(tmp_path / "b.npy")
        np.testing.assert_allclose(motion.parsed(motion.content(raised, anew=anew)), raised, atol=1e-3)
        assert (np.abs(back[:, 100] - features[:, 100]).max() < 1e-5) != anew
        np.testing.assert_allclose(back[:, 3], features[:, 3] + 0.02, atol=1e-5)


@pytest.mark.parametrize("name", ["a.bvh", "a.bvh.gz"])
def test_a_bvh_is_moved_on_its_soles_and_back(tmp_path, name):
    """Toe joints 3 cm over the floor stand on soles of that height; 10 cm are 5 cm of sole and 5 cm too much."""
    toes = [J["left_foot"], J["right_foot"]]
    for height, sole in ((0.03, 0.03), (0.10, SOLE), (-0.02, 0.0)):
        write_bvh(tmp_path / name, WALK + np.float32([0.0, height, 0.0]))
        motion = read_motion(tmp_path / name)
        lowest = np.quantile(motion.joints[:, toes, 1].min(axis=1), 0.25)
        assert lowest == pytest.approx(height - sole, abs=0.004)
        content = motion.content(motion.joints + [0.0, 0.0, 1.0])
        np.testing.assert_allclose(motion.parsed(content), motion.joints + [0.0, 0.0, 1.0], atol=1e-4)
        assert (content[:2] == b"\x1f\x8b") == name.endswith(".gz")
        text = gzip.decompress(content) if name.endswith(".gz") else content
        assert text.startswith(b"HIERARCHY\nROOT pelvis")


def test_what_is_no_person_is_read_but_said(tmp_path):
    for array, words in (
        (0 * WALK, "unit: pelvis to head is 0"),
        (1e-6 * WALK, "no usual unit"),
        (WALK[..., [2, 0, 1]], "the head lies towards +z"),
    ):
        motion = read_motion(saved(tmp_path, array))
        assert words in motion.fault and "\n" not in motion.fault
    features = REPRESENTATIONS[1].encode(WALK, floor="given")
    assert "unit" in read_motion(saved(tmp_path, 0 * features)).fault
    write_bvh(tmp_path / "a.bvh", 100 * WALK)
    assert "unit" in read_motion(tmp_path / "a.bvh").fault
    assert read_motion(saved(tmp_path, WALK[:1])).joints.shape == (1, 22, 3)
    write_bvh(tmp_path / "a.bvh", WALK[:1])
    assert read_motion(tmp_path / "a.bvh").joints.shape == (1, 22, 3)


def test_what_is_no_motion_is_one_line(tmp_path):
    nan, far = WALK.copy(), WALK.copy()
    nan[3, 2, 1], far[5, 1, 0] = np.nan, 1e9
    features = REPRESENTATIONS[0].encode(WALK, floor="given")
    broken = features.copy()
    broken[2, 7] = np.inf
    for array, words in (
        (nan, "found nan at frame 3, joint 2"),
        (far, "expected finite metres"),
        (WALK[None], r"expected numbers \(T, 22, 3\)"),
        (WALK.reshape(40, 66), "features"),
        (np.zeros((0, 22, 3)), "it is empty"),
        (np.array(["a"]), "expected numbers"),
        (broken, "found inf in row 2, column 7"),
        (1e20 * features, "expected finite metres"),
        (np.zeros((5, 136)), "neither zero nor parallel"),
    ):
        with pytest.raises(ValueError, match=words):
            read_motion(saved(tmp_path, array))
    np.save(tmp_path / "p.npy", np.array([{}], dtype=object), allow_pickle=True)
    (tmp_path / "e.npy").write_bytes(b"")
    (tmp_path / "e.bvh").write_bytes(b"")
    os.mkfifo(tmp_path / "f.npy")
    for name in ("p.npy", "e.npy", "e.bvh", "f.npy"):
        with pytest.raises(ValueError) as problem:
            read_motion(tmp_path / name)
        assert "\n" not in str(problem.value)
    with pytest.raises(ValueError, match="name that ends in .npy, .bvh, .bvh.gz"):
        read_motion(tmp_path / "a.txt")
    with pytest.raises(FileNotFoundError):
        read_motion(tmp_path / "nothing.npy")


def test_the_fingerprint_sees_the_map_beside_a_bvh_only(tmp_path):
    write_bvh(tmp_path / "a.bvh", WALK)
    saved(tmp_path, WALK)
    before = [input_fingerprint(tmp_path / name) for name in ("a.bvh", "a.npy")]
    (tmp_path / "map.json").write_text("{}")
    after = [input_fingerprint(tmp_path / name) for name in ("a.bvh", "a.npy")]
    assert before[0] != after[0] and before[1] == after[1]
