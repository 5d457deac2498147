"""Files made to do harm: huge, deep, pickled, packed, linked, named to lead out of the folder."""

import gzip
import io
import json
import os
import pickle
import resource
import shutil
import tracemalloc

import numpy as np
import pytest
from packs import MOST, read

from motion.data.pack import load_pack
from motion.data.skeleton_map import MAP_FILE


class Trap:
    """Anything that unpickles this has lost."""

    def __reduce__(self):
        return (os.mkdir, ("unpickled",))


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
