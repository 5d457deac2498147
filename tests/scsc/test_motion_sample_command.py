"""`scsc motion sample`: shapes, growth, resuming, formats; wrong use by table."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image
from support import deterministic
from tiny_model import call, refused


def test_sample_shapes_index_and_growth(tiny, capsys, made):
    code, text, error = call(capsys, "sample", made, "--count", 3, "--out", "three", "--gif", 1, "--json", "i.json")
    assert code == 0 and "3 drawn" in text, error
    index = json.loads((tiny / "three/index.json").read_text())
    assert index == json.loads((tiny / "i.json").read_text())
    assert index["seed"] == 0 and len(index["model"]) == 64 and index["sampler"]["steps"] == 3
    for one in index["motions"]:
        joints = np.load(tiny / "three" / one["file"])
        assert joints.shape == (33, 22, 3) and joints.dtype == np.float32 and one["frames"] == 33
        assert (tiny / "three" / one["file"]).with_suffix(".txt").read_text() == one["caption"] + "\n"
    with Image.open(tiny / "three/00000.gif") as picture:
        assert picture.n_frames == 33
    assert "nothing to do" in call(capsys, "sample", made, "--count", 3, "--out", "three")[1]
    assert call(capsys, "sample", made, "--count", 70, "--out", "three")[0] == 0
    assert call(capsys, "sample", made, "--count", 70, "--out", "seventy")[0] == 0
    grown, whole = deterministic(tiny / "three"), deterministic(tiny / "seventy")
    grown.pop("00000.gif")
    assert grown == whole, "more motions are added; the first ones stay"


def test_sample_resumes_to_the_same_bits(tiny, capsys, made):
    args = ("sample", made, "--count", 70, "--out")
    assert call(capsys, *args, "whole")[0] == 0
    whole = deterministic(tiny / "whole")
    shutil.copytree("whole", "torn")
    for name in ("00003.npy", "00065.npy", "00066.txt"):
        (tiny / "torn" / name).unlink()
    (tiny / "torn/00003.npy.partial").write_bytes(b"x")
    assert "3 drawn" in call(capsys, *args, "torn")[1]
    torn = deterministic(tiny / "torn")
    torn.pop("00003.npy.partial", None)
    assert torn == whole
    assert call(capsys, *args, "other", "--seed", 1)[0] == 0
    assert (tiny / "other/00000.npy").read_bytes() != whole["00000.npy"], "the seed counts"


def test_sample_formats_are_one_motion(tiny, capsys, made):
    """The same caption, seed and length; a motion of bodies that stretch cannot be a BVH exactly."""
    from motion.experiment.samples import read_clip

    (tiny / "said.txt").write_text("a person walks\n\na person kicks with the left leg\n", encoding="utf-8")
    for kind in ("joints", "features", "bvh"):
        args = ("--captions", "said.txt", "--seconds", 1.0, 1.5, "--format", kind, "--out", kind)
        assert call(capsys, "sample", made, *args)[0] == 0
    assert np.load("features/00000.npy").shape == (20, 263)
    for i, frames in enumerate((21, 31)):
        joints = np.load(f"joints/{i:05d}.npy")
        assert joints.shape == (frames, 22, 3)
        np.testing.assert_allclose(read_clip(tiny / f"features/{i:05d}.npy", frames), joints, atol=1e-5)
        root = read_clip(tiny / f"bvh/{i:05d}.bvh", frames)[:, 0]
        np.testing.assert_allclose(root, joints[:, 0], atol=1e-4)


@pytest.mark.parametrize(
    ("args", "text"),
    [
        ((), "name either --count N"),
        (("--count", 2, "--captions", "said.txt"), "one of the two"),
        (("--count", 0), "count must be 1 to 100,000"),
        (("--count", 10**9), "count must be 1 to 100,000"),
        (("--count", 2, "--seed", -3), "seed must be >= 0"),
        (("--count", 2, "--seconds", 99), "0.2 to 1.6 s"),
        (("--count", 2, "--seconds", 0), "seconds must be positive"),
        (("--count", 2, "--seconds", "nan"), "seconds must be positive"),
        (("--count", 2, "--seconds", 1, 1, 1), "one for all or one for each of 2"),
        (("--count", 2, "--lengths", 34), "5 to 33 frames"),
        (("--count", 2, "--lengths", 20, "--seconds", 1), "got both"),
        (("--count", 2, "--guidance", -1), "guidance must be"),
        (("--count", 2, "--steps", 0), "steps must be 2 to 1000"),
        (("--count", 2, "--gif", -1), "--gif must be >= 0"),
        (("--captions", "nowhere.txt"), "nowhere.txt"),
        (("--captions", "empty.txt"), "holds no caption"),
        (("--captions", "odd.txt"), "caption 2 must hold at least one word, got '...'"),
        (("--captions", "bytes.txt"), "expected UTF-8"),
        (("--count", 2, "--out", "full"), "holds other files (thesis.txt)"),
        (("--count", 2, "--out", "said.txt"), "is a file"),
    ],
)
def test_sample_wrong_use(tiny, capsys, made, args, text):
    (tiny / "said.txt").write_text("a person walks\n")
    (tiny / "empty.txt").write_text("\n \n")
    (tiny / "odd.txt").write_text("a person walks\n...\n")
    (tiny / "bytes.txt").write_bytes(b"\xff\xfe\xfa\n")
    (tiny / "full").mkdir()
    (tiny / "full/thesis.txt").touch()
    out = () if "--out" in args else ("--out", "out")
    refused(capsys, text, "sample", made, *args, *out)
    assert not (tiny / "out").exists()


def test_other_samples_in_the_folder_are_refused(tiny, capsys, made):
    assert call(capsys, "sample", made, "--count", 3, "--out", "s")[0] == 0
    refused(capsys, "seed: started with 0, now 1", "sample", made, "--count", 3, "--out", "s", "--seed", 1)
    refused(capsys, "motions: 3 are there, 2 asked for", "sample", made, "--count", 2, "--out", "s")
    refused(capsys, "frames: started with 33, now 21", "sample", made, "--count", 3, "--out", "s", "--seconds", 1)


def test_drawn_bvh_is_a_pack(tiny, capsys, made):
    assert call(capsys, "sample", made, "--count", 4, "--format", "bvh", "--out", "s")[0] == 0
    code, _, error = call(capsys, "data", "prepare", "s", "--out", "prepared", "--workers", 1)
    assert code == 0, error
