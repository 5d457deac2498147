"""Mutated files of every kind that is read: a clip, or one line that says what is wrong; never more.

Each case copies a small good folder, spoils one file, and reads it. What may come back is clips or a ValueError or
OSError of one line. Nothing is unpickled, nothing is written, and memory stays bounded.
"""

import gzip
import io
import json
import os
import pickle
import resource
import shutil
import tracemalloc
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from motion.data.bvh import read_bvh
from motion.data.bvh_write import write_bvh
from motion.data.mirror import mirrored
from motion.data.pack import load_pack
from motion.data.procedural import generate
from motion.data.skeleton_guess import guess_map
from motion.data.skeleton_map import MAP_FILE, write_map
from motion.features.hml263 import encode

WALK = replace(_LONG := generate(1, frames=30, seed=5, kinds=("walk",))[0], joints=_LONG.joints[:12])
MOST = 200 * 2**20
"""Memory that reading a small spoilt file may take [bytes]."""
NUMBERS = (b"nan", b"inf", b"-inf", b"1e308", b"-1e308", b"1e999", b"99999999999999999999", b"-1", b"0", b"1e-320",
           b"_1", b"2147483648", b"0x10", "٣".encode(), b"", b"1,5", b"1e9", b"1000001")  # fmt: skip
WORDS = (b"\x00", b"\xff\xfe", b"\n" * 40, b"{" * 3000, b"}", b"[" * 3000, b"#" * 50, b"../../etc/passwd",
         b"\r", b'"' * 9,
         b"JOINT x { OFFSET 0 0 0 CHANNELS 0 " * 1200, b"End Site", b"\xe2\x80\xa8", b"\x1b[31m",
         b"," * 500)  # fmt: skip


_SIDE = (("hipjoint", "root", 1, 0, 0), ("femur", "{s}hipjoint", 0, -4, 0), ("tibia", "{s}femur", 0, -4, 0),
         ("foot", "{s}tibia", 0, 0, 1), ("clavicle", "thorax", 1, 0, 0), ("humerus", "{s}clavicle", 2, 0, 0),
         ("radius", "{s}humerus", 2, 0, 0), ("wrist", "{s}radius", 1, 0, 0))  # fmt: skip
ACCLAIM = {
    f"{s}{name}": (parent.format(s=s), f"{x if s == 'l' else -x} {y} {z}")
    for s in "lr"
    for name, parent, x, y, z in _SIDE
}
ACCLAIM |= {name: (parent, "0 1 0") for name, parent in (
    ("lowerback", "root"), ("upperback", "lowerback"), ("thorax", "upperback"), ("lowerneck", "thorax"),
    ("upperneck", "lowerneck"))}  # fmt: skip


class Trap:
    """Anything that unpickles this has lost."""

    def __reduce__(self):
        return (os.mkdir, ("unpickled",))


def mixamo(text):
    """The written skeleton under other names, so that it has to be guessed."""
    for ours, theirs in (("spine1", "Spine"), ("left_knee", "LeftLeg"), ("pelvis\n", "Hips\n")):
        text = text.replace(f" {ours}", f" {theirs}")
    return text


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A good folder of each kind, by name."""
    base = tmp_path_factory.mktemp("good")
    made = {name: base / name for name in ("npy", "bvh", "gz", "map", "joints", "vecs", "cmu", "bandai", "amc")}
    for path in made.values():
        path.mkdir()
    np.save(made["npy"] / "a.npy", WALK.joints)
    write_bvh(made["bvh"] / "a.bvh", WALK.joints)
    write_bvh(made["gz"] / "a.bvh.gz", WALK.joints)
    write_bvh(made["map"] / "a.bvh", WALK.joints)
    path = made["map"] / "a.bvh"
    path.write_text(mixamo(path.read_text()))
    write_map(made["map"] / MAP_FILE, guess_map(read_bvh(path).tree)[0])
    for name in ("npy", "bvh", "gz", "map"):
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
    write_amc(made["amc"])
    for path in made.values():
        load_pack(path)
    return made


def write_amc(folder):
    """A person of CMU's bones standing, in three frames."""
    data, tree = "", {}
    for name, (parent, vector) in ACCLAIM.items():
        data += f"begin\nid 1\nname {name}\ndirection {vector}\nlength 2\naxis 0 20 -30 XYZ\ndof rx ry rz\nend\n"
        tree.setdefault(parent, []).append(name)
    rows = "".join(f"{parent} {' '.join(children)}\n" for parent, children in tree.items())
    (folder / "07.asf").write_text(
        f":units\nlength 0.45\nangle deg\n:root\norder TX TY TZ RX RY RZ\naxis XYZ\nposition 0 0 0\n:bonedata\n{data}"
        f":hierarchy\nbegin\n{rows}end\n"
    )
    frame = "".join(f"{name} 1.5 -2 0\n" for name in ACCLAIM)
    motion = "".join(f"{k}\nroot 0 17 {k} 0 10 0\n{frame}" for k in range(1, 20))
    (folder / "07_01.amc").write_text(f":FULLY-SPECIFIED\n:DEGREES\n{motion}")
    (folder / "07_01.txt").write_text("a person stands\n")


def spoil(data, rng):
    """The bytes of a file with one to three things wrong."""
    packed = data[:2] == b"\x1f\x8b" and rng.random() < 0.8
    text = bytearray(gzip.decompress(data) if packed else data)
    for _ in range(rng.integers(1, 4)):
        at = int(rng.integers(0, len(text) + 1))
        match rng.integers(0, 8):
            case 0:
                del text[at:]
            case 1 if text:
                text[min(at, len(text) - 1)] ^= 1 << int(rng.integers(0, 8))
            case 2:
                text[at:at] = WORDS[rng.integers(0, len(WORDS))]
            case 3:
                del text[at : at + int(rng.integers(1, 200))]
            case 4:
                text[at:at] = text[at : at + int(rng.integers(1, 2000))]
            case 5:
                text[at : at + 8] = rng.bytes(8)
            case _:  # one number, or one cell, becomes another
                words = [m for m in bytes(text).split() if m[:1].isdigit() or m[:1] == b"-"]
                if words:
                    word = words[int(rng.integers(0, len(words)))]
                    where = [k for k in range(len(text)) if text.startswith(word, k)] if len(text) < 3000 else []
                    start = where[int(rng.integers(0, len(where)))] if where else text.find(word, at)
                    start = text.find(word) if start < 0 else start
                    text[start : start + len(word)] = NUMBERS[rng.integers(0, len(NUMBERS))]
    return gzip.compress(bytes(text), 1, mtime=0) if packed else bytes(text)


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


def fuzz(folders, tmp_path, count, seed):
    rng = np.random.default_rng(seed)
    names = list(folders)
    files = {name: sorted(p.relative_to(folders[name]) for p in folders[name].rglob("*") if p.is_file())
             for name in names}  # fmt: skip
    for name in names:
        shutil.copytree(folders[name], tmp_path / name)
    limits = resource.getrlimit(resource.RLIMIT_AS)
    now = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + MOST, limits[1]))  # more is a MemoryError, which `read` refuses
    try:
        for case in range(count):
            name = names[case % len(names)]
            file = files[name][int(rng.integers(0, len(files[name])))]
            good = (folders[name] / file).read_bytes()
            bad = spoil(good, rng)
            path = tmp_path / name / file
            path.unlink()  # some file systems flush a file that is emptied and written anew, but not a new one
            path.write_bytes(bad)
            read(tmp_path / name, (case, name, str(file), bad[:300]), skip_bad=bool(case % 3 == 0))
            path.unlink()
            path.write_bytes(good)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limits)


def test_some_hundred_mutations(folders, tmp_path):
    fuzz(folders, tmp_path, 400, 1)


@pytest.mark.slow
def test_ten_thousand_mutations(folders, tmp_path):
    fuzz(folders, tmp_path, 10_000, 2)


def npy(header, body=b"", version=b"\x01\x00"):
    size = len(header).to_bytes(2 if version[0] == 1 else 4, "little")
    return b"\x93NUMPY" + version + size + header + body


HEADERS = {
    "huge shape": npy(b"{'descr': '<f4', 'fortran_order': False, 'shape': (9999999999, 22, 3), }"),
    "overflow": npy(b"{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296, 3), }"),
    "negative": npy(b"{'descr': '<f4', 'fortran_order': False, 'shape': (-1, 22, 3), }"),
    "many axes": npy(b"{'descr': '<f4', 'fortran_order': False, 'shape': (" + b"1, " * 90 + b"), }", b"1234"),
    "nested": npy(b"{'descr': " + b"[" * 5000 + b"]" * 5000 + b", 'fortran_order': False, 'shape': (2,), }"),
    "code": npy(b"{'descr': __import__('os').mkdir('ran'), 'fortran_order': False, 'shape': (2,), }"),
    "fields": npy(b"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", b"1234"),
    "void": npy(b"{'descr': '|V4', 'fortran_order': False, 'shape': (1,), }", b"1234"),
    "type": npy(b"{'descr': '<f3', 'fortran_order': False, 'shape': (1,), }", b"123"),
    "no width": npy(b"{'descr': '<U0', 'fortran_order': False, 'shape': (99999999,), }"),
    "empty": npy(b"{'descr': '<f4', 'fortran_order': False, 'shape': (0, 22, 3), }"),
    "long header": npy(b" " * 70_000, version=b"\x02\x00"),
    "header cut": npy(b"{'descr': '<f4'", version=b"\x03\x00")[:-3],
    "version": npy(b"{}", version=b"\x09\x00"),
    "text": npy(b"{'descr': '<U3', 'fortran_order': False, 'shape': (1,), }", b"a\0\0\0" * 3),
    "zip": b"PK\x03\x04" + bytes(50),
    "pickle": pickle.dumps(Trap()),
}


@pytest.mark.parametrize("case", HEADERS)
def test_headers_of_arrays_allocate_and_run_nothing(folders, tmp_path, case, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, file in (("npy", "a.npy"), ("joints", "new_joints/000001.npy"), ("vecs", "new_joint_vecs/000001.npy")):
        shutil.copytree(folders[name], tmp_path / name)
        (tmp_path / name / file).write_bytes(HEADERS[case])
        tracemalloc.start()
        with pytest.raises(ValueError, match="expected") as caught:
            load_pack(tmp_path / name)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert "\n" not in str(caught.value) and peak < 20 * 2**20
    assert {p.name for p in tmp_path.iterdir()} == {"npy", "joints", "vecs"}


def test_objects_are_never_unpickled(folders, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, file in (("npy", "a.npy"), ("joints", "new_joints/000001.npy"), ("vecs", "new_joint_vecs/000001.npy")):
        shutil.copytree(folders[name], tmp_path / name)
        stream = io.BytesIO()
        np.save(stream, np.array([Trap(), Trap()], object), allow_pickle=True)
        (tmp_path / name / file).write_bytes(stream.getvalue())
        with pytest.raises(ValueError, match="without pickled objects"):
            load_pack(tmp_path / name)
    assert not (tmp_path / "unpickled").exists()


@pytest.mark.slow
def test_packed_bombs_stay_small(folders, tmp_path):
    """A few kilobytes that unpack to the largest text that is read: rows of numbers, one endless line, blanks."""
    shutil.copytree(folders["gz"], tmp_path / "gz")
    head = gzip.decompress((folders["gz"] / "a.bvh.gz").read_bytes()).partition(b"Frames:")[0]
    path = tmp_path / "gz" / "a.bvh.gz"
    row = b"0 " * 71 + b"0\n"
    # Every 64 MiB more is packed once: a gzip file may have many members.
    for filler in (row * 4000, b"1 " * 100_000, b" " * 100_000, b"\n" * 100_000):
        block = gzip.compress(filler * (2**24 // len(filler)), 9)
        path.write_bytes(gzip.compress(head + b"Frames: 900000\nFrame Time: 0.05\n") + block * 3)
        read(tmp_path / "gz", filler[:20])
        path.write_bytes(gzip.compress(head + b"Frames: 900000\nFrame Time: 0.05\n") + block * 17)
        with pytest.raises(ValueError, match="at most 256 MiB"):
            load_pack(tmp_path / "gz")


def test_links_pipes_and_folders_in_the_place_of_files(folders, tmp_path):
    for name, file in (("npy", "a.npy"), ("npy", "a.txt"), ("bvh", "a.bvh"), ("gz", "a.bvh.gz"), ("map", MAP_FILE),
                       ("joints", "train.txt"), ("joints", "texts/000001.txt"), ("joints", "new_joints/000001.npy"),
                       ("vecs", "new_joint_vecs/000001.npy"), ("cmu", "trials.csv"), ("cmu", "bvh/07_01.bvh.gz"),
                       ("bandai", "clips.csv"), ("amc", "07.asf"), ("amc", "07_01.amc")):  # fmt: skip
        for kind in ("pipe", "folder", "device", "dangling", "loop", "good link"):
            folder = tmp_path / "pack"
            shutil.copytree(folders[name], folder)
            path = folder / file
            path.unlink()
            if kind == "pipe":
                os.mkfifo(path)
            elif kind == "folder":
                path.mkdir()
            else:
                target = {"device": "/dev/zero", "dangling": folder / "none", "loop": path}.get(
                    kind, folders[name] / file
                )
                path.symlink_to(target)
            read(folder, (name, file, kind))
            if kind == "good link":
                assert load_pack(folder).clips
            shutil.rmtree(folder)


def test_names_do_not_lead_out_of_the_folder(folders, tmp_path):
    secret = tmp_path / "secret"
    secret.mkdir()
    for name in ("000001.npy", "000001.txt"):
        shutil.copy(folders["joints"] / ("texts" if name.endswith("txt") else "new_joints") / name, secret / name)
    for table, text in (
        ("train.txt", "../../secret/000001\n"),
        ("train.txt", f"{secret}/000001\n"),
        ("train.txt", "..\n"),
        ("train.txt", "a\\b\n"),
        ("train.txt", "a\0b\n"),
        ("train.txt", "x" * 5000 + "\n"),
    ):
        folder = tmp_path / "pack"
        shutil.copytree(folders["joints"], folder)
        (folder / table).write_text(text)
        with pytest.raises(ValueError, match="expected a plain name"):
            load_pack(folder)
        shutil.rmtree(folder)
    for kind, key, table in (("cmu", "trial", "trials.csv"), ("bandai", "clip", "clips.csv")):
        for name in ("../x", "/etc/passwd", "..", "", "a/b"):
            folder = tmp_path / "pack"
            shutil.copytree(folders[kind], folder)
            (folder / table).write_text((folder / table).read_text().replace("07_01", name))
            with pytest.raises(ValueError, match=f"{key} must be a plain file name"):
                load_pack(folder)
            shutil.rmtree(folder)


@pytest.mark.parametrize(
    ("column", "value"),
    [(column, value) for column in ("frames", "fps", "skip_first", "glitch_frames")
     for value in ("inf", "nan", "-1", "1e300", "9" * 5000, "1e-300", "0", "99999999", "_1", "٣", "1 2 " * 20_000)],
)  # fmt: skip
def test_numbers_in_tables(folders, tmp_path, column, value):
    shutil.copytree(folders["cmu"], tmp_path / "pack")
    row = dict(trial="07_01", action="walk", frames="12", fps="60", skip_first="1", glitch_frames="4 5",
               cmu_description="walk", kitml_text="") | {column: value}  # fmt: skip
    (tmp_path / "pack" / "trials.csv").write_text(f"{','.join(row)}\n{','.join(row.values())}\n")
    tracemalloc.start()
    read(tmp_path / "pack", (column, value[:20]))
    assert tracemalloc.get_traced_memory()[1] < MOST
    tracemalloc.stop()


def test_deep_trees_and_long_names(folders, tmp_path):
    shutil.copytree(folders["bvh"], tmp_path / "pack")
    path = tmp_path / "pack" / "a.bvh"
    good = path.read_text()
    for depth in (900, 5000):
        deep = "".join(f"JOINT j{i} {{ OFFSET 0 0 0 CHANNELS 0 " for i in range(depth)) + "}" * depth
        path.write_text(good.replace("JOINT left_hip_turn", f"{deep}\nJOINT left_hip_turn", 1))
        read(tmp_path / "pack", depth)
    path.write_text(good.replace("left_hip_turn", "x" * 100_000))
    read(tmp_path / "pack", "long name")
    (tmp_path / "pack" / MAP_FILE).write_text(json.dumps({"joints": {"head": "y" * 60_000}}))
    read(tmp_path / "pack", "long name in the map")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 4 * 2**20  # kibibytes
