"""Small good packs of every kind, and a reader that demands clips or one line of complaint."""

import warnings
from dataclasses import replace

import numpy as np
from acclaim_files import BONES, DOFS, amc, asf, person_rows

from motion.data.bvh import read_bvh
from motion.data.bvh_write import write_bvh
from motion.data.mirror import mirrored
from motion.data.pack import load_pack
from motion.data.plain import PACK_FILE
from motion.data.procedural import generate
from motion.data.skeleton_guess import guess_map
from motion.data.skeleton_map import MAP_FILE, write_map
from motion.features.hml263 import encode

WALK = replace(_LONG := generate(1, frames=30, seed=5, kinds=("walk",))[0], joints=_LONG.joints[:12])
MOST = 200 * 2**20
"""Memory that reading a small spoilt file may take [bytes]."""


def mixamo(text):
    """The written skeleton under other names, so that it has to be guessed."""
    for ours, theirs in (("spine1", "Spine"), ("left_knee", "LeftLeg"), ("pelvis\n", "Hips\n")):
        text = text.replace(f" {ours}", f" {theirs}")
    return text


def good_packs(base):
    """A good folder of each kind in `base`, by name."""
    made = {name: base / name for name in ("npy", "bvh", "gz", "map", "joints", "vecs", "cmu", "bandai", "amc", "told")}
    for path in made.values():
        path.mkdir()
    for name in ("npy", "told"):
        np.save(made[name] / "a.npy", WALK.joints)
    (made["told"] / PACK_FILE).write_text('{"licence": "mine", "actions": {"a": "walk"}, "drawing": {"n": 1}}')
    write_bvh(made["bvh"] / "a.bvh", WALK.joints)
    write_bvh(made["gz"] / "a.bvh.gz", WALK.joints)
    write_bvh(made["map"] / "a.bvh", WALK.joints)
    path = made["map"] / "a.bvh"
    path.write_text(mixamo(path.read_text()))
    write_map(made["map"] / MAP_FILE, guess_map(read_bvh(path).tree)[0])
    for name in ("npy", "bvh", "gz", "map", "told"):
        (made[name] / "a.txt").write_text("a person walks\n")
    for name, place in (("joints", "new_joints"), ("vecs", "new_joint_vecs")):
        (made[name] / place).mkdir()
        (made[name] / "texts").mkdir()
        for stem, clip in (("000001", WALK), ("M000001", mirrored(WALK))):
            np.save(made[name] / place / f"{stem}.npy", clip.joints if name == "joints" else encode(clip.joints))
            (made[name] / "texts" / f"{stem}.txt").write_text("walks#a/DET#0.0#0.0\nsteps#b/NOUN#0.1#0.4\n")
        (made[name] / "train.txt").write_text("000001\nM000001\n")
    for name in ("cmu", "bandai"):
        (made[name] / "bvh").mkdir()
        write_bvh(made[name] / "bvh" / "07_01.bvh.gz", WALK.joints, fps=60)
    (made["cmu"] / "trials.csv").write_text(
        "trial,action,frames,fps,skip_first,glitch_frames,cmu_description,kitml_text\n07_01,walk,12,60,1,4 5,walk,\n"
    )
    (made["bandai"] / "clips.csv").write_text(
        "clip,content,style,frames,fps,template_sentence\n07_01,walk,sad,12,60,a person walks\n"
    )
    (made["amc"] / "07.asf").write_text(asf(BONES, {name: (0, 20, -30) for name in BONES}, DOFS))
    (made["amc"] / "07_01.amc").write_text(amc(person_rows(19)))
    (made["amc"] / "07_01.txt").write_text("a person stands\n")
    for path in made.values():
        load_pack(path)
    return made


def read(folder, why, skip_bad=False):
    """Read a folder as the program does; AssertionError where anything but clips or one line comes back."""
    before = sorted(folder.rglob("*"))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            pack = load_pack(folder, skip_bad=skip_bad)
    except (ValueError, OSError) as problem:
        text = str(problem)
        assert text and "\n" not in text and len(text) < 4000, (why, text[:500])
        assert isinstance(problem, OSError) or type(problem) is ValueError, (why, type(problem))
    except Exception as problem:
        raise AssertionError(f"{why}: {type(problem).__name__}: {problem}") from problem
    else:
        assert all(np.isfinite(clip.joints).all() for clip in pack.clips), why
        assert all("\n" not in reason for _, reason in pack.skipped), why
    assert sorted(folder.rglob("*")) == before, why
