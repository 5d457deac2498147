"""One motion in every format that can be written here comes back as the same motion."""

import numpy as np
import pytest

from motion.data.bvh_write import write_bvh
from motion.data.pack import load_pack
from motion.data.prepare import prepare
from motion.data.procedural import KINDS, generate
from motion.features.hml263 import encode

CLIPS = generate(len(KINDS), frames=50, seed=12)
TOLERANCE = 5e-4
"""Half a millimetre."""


def captions(folder, name, clip, tail=""):
    (folder / f"{name}.txt").write_text("\n".join(caption + tail for caption in clip.captions))


def as_npy(folder):
    for i, clip in enumerate(CLIPS):
        np.save(folder / f"{i:03d}.npy", clip.joints)
        captions(folder, f"{i:03d}", clip)


def as_bvh(folder):
    for i, clip in enumerate(CLIPS):
        write_bvh(folder / f"{i:03d}.bvh", clip.joints)
        captions(folder, f"{i:03d}", clip)


def as_humanml3d(folder, features=False):
    for name in ("texts", "new_joint_vecs" if features else "new_joints"):
        (folder / name).mkdir()
    for i, clip in enumerate(CLIPS):
        if features:
            np.save(folder / "new_joint_vecs" / f"{i:03d}.npy", encode(clip.joints))
        else:
            np.save(folder / "new_joints" / f"{i:03d}.npy", clip.joints)
        captions(folder / "texts", f"{i:03d}", clip, "#a/DET person/NOUN#0.0#0.0")
    (folder / "all.txt").write_text("\n".join(f"{i:03d}" for i in range(len(CLIPS))))


def as_features(folder):
    as_humanml3d(folder, features=True)


@pytest.mark.parametrize("write", [as_npy, as_bvh, as_humanml3d, as_features])
@pytest.mark.parametrize("prepared", [False, True])
def test_every_reader_gives_the_same_motion(tmp_path, write, prepared):
    """Every kind of procedural motion, also through a prepared folder; the features have one frame less."""
    folder = tmp_path / "pack"
    folder.mkdir()
    write(folder)
    pack = load_pack(prepare([folder], tmp_path / "out").folder if prepared else folder)
    assert len(pack.clips) == len(CLIPS)
    for clip, expected in zip(pack.clips, CLIPS, strict=True):
        frames = len(expected) - (write is as_features)
        assert len(clip) == frames and clip.captions == expected.captions
        assert np.abs(clip.joints - expected.joints[:frames]).max() < TOLERANCE
    gap = min(np.abs(a.joints[:49] - b.joints[:49]).max() for a, b in zip(CLIPS[:-1], CLIPS[1:], strict=True))
    assert gap > 20 * TOLERANCE, "different motions are told apart by the same measure"
