"""The moving stick figure: as many pictures as frames, the floor, refusals."""

import numpy as np
import pytest
from PIL import Image

from plots.animate import write_gif, write_side_by_side


def test_every_frame_is_drawn_and_moves(tmp_path, write):
    path = tmp_path / "new" / "a.gif"
    assert write_gif(write.walk(12), tuple(write.parents), 20, path, "a person walks") == 12
    with Image.open(path) as moving:
        assert moving.n_frames >= 11 and moving.info["duration"] == 50
        first = np.asarray(moving.convert("L"), dtype=int)
        moving.seek(6)
        later = np.asarray(moving.convert("L"), dtype=int)
    assert np.abs(first - later).max() > 100
    assert write_gif(write.walk(410), tuple(write.parents), 20, tmp_path / "long.gif", "x") == 400


def test_two_motions_stand_side_by_side(tmp_path, write):
    path, one = tmp_path / "a.gif", write.walk(6)
    assert write_side_by_side({"before": one, "after": one + [0.0, 0.5, 0.0]}, tuple(write.parents), 20, path, "x") == 6
    with Image.open(path) as moving:
        picture = np.asarray(moving.convert("L"), dtype=int)
    height, width = picture.shape
    assert width > 1.8 * height
    dark = [
        np.flatnonzero((picture[60:, part] < 80).any(axis=1))
        for part in (slice(0, width // 2), slice(width // 2, None))
    ]
    assert dark[1].min() < dark[0].min() - 10, "the second one floats"
    for wrong in ({}, {"a": one, "b": one[:3]}):
        with pytest.raises(ValueError, match="of one length"):
            write_side_by_side(wrong, tuple(write.parents), 20, path, "x")


@pytest.mark.parametrize("shape", [(0, 22, 3), (5, 21, 3), (5, 22)])
def test_what_is_no_motion_is_refused(tmp_path, write, shape):
    with pytest.raises(ValueError, match="joints must have shape"):
        write_gif(np.zeros(shape), tuple(write.parents), 20, tmp_path / "a.gif", "x")
    assert not (tmp_path / "a.gif").exists()
