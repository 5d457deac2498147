"""A folder of motions read whole: which kind it is, its clips, what was left out and why, its fingerprint."""

from __future__ import annotations

import csv
import hashlib
import io
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Literal, TypeVar

import numpy as np

from loop import files
from loop.progress import Report
from motion.data import amass, amc, bandai, cmu, humanml3d, npy
from motion.data.arrays import contents
from motion.data.clip import Clip
from motion.data.floor import stood
from motion.data.plain import PLAIN, Row, labelled, plain_bvh, plain_rows
from motion.data.prepared import MANIFEST, Prepared

Kind = Literal["cmu", "bandai", "humanml3d", "npy", "bvh", "amc", "amass", "prepared"]
R = TypeVar("R")
NO_CAPTION = "no caption: cmu_description and kitml_text are empty or 'Unknown'"
Read = tuple[list[Clip], list[tuple[str, str]]]
"""The clips of one file, and (name, reason) of parts that were left out."""
_TABLE_BYTES = 64 * 2**20
_CHUNK = 8  # clips a worker process takes at once


@dataclass(frozen=True)
class Pack:
    """The clips of a folder.

    clips: in the order of the table, or of the names.
    skipped: (name, reason) of what was left out.
    fingerprint: sha256 over names and contents of the files that were read.
    name: the folder's.
    licence: terms of use.
    """

    clips: tuple[Clip, ...]
    skipped: tuple[tuple[str, str], ...]
    fingerprint: str
    name: str
    licence: str


def kind_of(folder: Path) -> Kind:
    """What kind of pack a folder is.

    Raises:
        FileNotFoundError: no such folder.
        ValueError: not a folder, or none of the known kinds.
    """
    if not folder.exists():
        raise FileNotFoundError(f"no folder {folder}; give the folder of a motion pack")
    if not folder.is_dir():
        raise ValueError(f"{folder} is a file; give the folder of a motion pack")
    if (folder / "trials.csv").is_file() and (folder / "bvh").is_dir():
        return "cmu"
    if (folder / "clips.csv").is_file() and (folder / "bvh").is_dir():
        return "bandai"
    if (folder / MANIFEST).is_file() and (folder / "shards").is_dir():
        return "prepared"
    if humanml3d.is_humanml3d(folder):
        return "humanml3d"
    if any(folder.glob("*.npy")):
        return "npy"
    if plain_bvh(folder):
        return "bvh"
    if any(folder.glob("*.amc")):
        return "amc"
    if amass.motions(folder):
        return "amass"
    raise ValueError(
        f"{folder} is no motion pack; looked for trials.csv or clips.csv beside bvh/, for *.npy, for *.bvh or "
        "*.bvh.gz, *.amc or *.npz with captions in *.txt, for texts/ beside new_joints/ or new_joint_vecs/, and for a "
        "prepared folder"
    )


def load_pack(
    folder: Path,
    *,
    skip_bad: bool = False,
    limit: int | None = None,
    workers: int = 1,
    report: Report | None = None,
) -> Pack:
    """Read a pack: CMU trials, Bandai-Namco clips, HumanML3D, a prepared folder, or a plain folder of joints, BVH, AMC
    or AMASS archives with captions.

    A clip whose captions say nothing is always left out and listed.

    Args:
        folder: the pack.
        skip_bad: leave out and list clips that cannot be read, instead of stopping at the first.
        limit: read that many files only, spread evenly over the pack.
        workers: processes that read; the result does not depend on it.
        report: told (stage, files done, files in all).

    Raises:
        FileNotFoundError: no such folder.
        ValueError: an unknown kind of folder, a malformed table or clip, or nothing left.
    """
    if limit is not None and limit < 1:
        raise ValueError(f"limit must be at least 1, got {limit}; leave it out to read the whole pack")
    if workers < 1:
        raise ValueError(f"workers must be at least 1, got {workers}; 1 reads in this process")
    folder = Path(folder)
    kind = kind_of(folder)
    name = folder.resolve().name
    if kind == "prepared":
        return _prepared(folder, limit)
    table, rows = _rows(folder, kind)
    rows = _spread(rows, limit)
    skipped = [(row["name"], NO_CAPTION) for row in rows if _has_no_caption(kind, row)]
    readable = [row for row in rows if not _has_no_caption(kind, row)]
    clips: list[Clip] = []
    results = _read_all(partial(read_row, folder, kind, name), readable, workers)
    for done, (row, result) in enumerate(zip(readable, results, strict=True), 1):
        if not isinstance(result, str):
            clips += result[0]
            skipped += result[1]
        elif skip_bad:
            skipped.append((row["name"], result))
        else:
            raise ValueError(f"{result}; --skip-bad leaves such clips out")
        if report is not None:
            report("reading motions", done, len(readable))
    if not clips:
        why = f"{len(skipped)} left out ({skipped[0][1]})" if skipped else "it names none"
        raise ValueError(f"{folder}: no clip could be read, {why}")
    return Pack(tuple(clips), tuple(skipped), _fingerprint(folder, table, rows), name, clips[0].licence)


def _prepared(folder: Path, limit: int | None) -> Pack:
    """A prepared folder as a pack: its clips are read and checked already."""
    data = Prepared.open(folder)
    damaged = data.damaged()
    if damaged:
        raise ValueError(f"{damaged[0]}; prepare it again")
    entries = _spread(list(data.entries), limit)
    skipped = tuple((str(one["name"]), str(one["reason"])) for one in data.manifest["skipped"])
    licence = "; ".join(dict.fromkeys(entry.licence for entry in entries))
    clips = tuple(data.clip(entry) for entry in entries)
    return Pack(clips, skipped, files.fingerprint(folder / MANIFEST), folder.resolve().name, licence)


def source_fingerprint(folder: Path) -> str:
    """The `fingerprint` that `load_pack` would give the whole pack, without parsing it.

    Raises:
        FileNotFoundError, ValueError: as `load_pack`, where the folder or its table is wrong.
    """
    kind = kind_of(folder)
    if kind == "prepared":
        return files.fingerprint(folder / MANIFEST)
    table, rows = _rows(folder, kind)
    return _fingerprint(folder, table, rows)


def _rows(folder: Path, kind: Kind) -> tuple[list[Path], list[Row]]:
    """Tables that name the clips; one row a file: `name`, `file`, perhaps `text` (paths in the folder), more."""
    if kind in PLAIN:
        return plain_rows(folder, kind)
    if kind == "humanml3d":
        lists, splits = humanml3d.list_motions(folder)
        motions = humanml3d.motions_dir(folder)
        return lists, [
            {"name": name, "file": f"{motions}/{name}.npy", "text": f"texts/{name}.txt", "split": split}
            for name, split in splits.items()
        ]
    path, key, columns = (
        (folder / "trials.csv", "trial", cmu.COLUMNS)
        if kind == "cmu"
        else (folder / "clips.csv", "clip", bandai.COLUMNS)
    )
    rows = list(_read_table(path, columns))
    names = [row[key] for row in rows]
    if len(set(names)) < len(names):
        twice = Counter(names).most_common(1)[0][0]
        raise ValueError(f"{path.name}: each {key} must stand once, {twice[:40]!r} stands twice; remove one row")
    for row in rows:
        # A name is part of a path: it must not lead out of the folder.
        if row[key] != Path(row[key]).name or not row[key].strip(".") or len(row[key]) > 200:
            raise ValueError(f"{path.name}: {key} must be a plain file name, got {row[key][:40]!r}; correct the table")
    return [path], [row | {"name": row[key], "file": f"bvh/{row[key]}.bvh.gz"} for row in rows]


def _read_table(path: Path, columns: Sequence[str]) -> Iterator[Row]:
    try:
        reader = csv.DictReader(io.StringIO(contents(path, _TABLE_BYTES).decode("utf-8"), newline=""))
        missing = [c for c in columns if c not in (reader.fieldnames or ())]
        if missing:
            found = str(reader.fieldnames)[:200]
            raise ValueError(f"{path.name}: expected a column {missing[0]!r}, found {found}")
        for row in reader:
            if any(row[c] is None for c in columns):
                raise ValueError(f"{path.name}, line {reader.line_num}: expected {len(columns)} fields or more")
            yield {c: str(row[c]) for c in columns}
    except (csv.Error, UnicodeDecodeError) as problem:
        raise ValueError(f"{path.name}: expected a UTF-8 table with commas, but {problem}") from None


def _spread(rows: list[R], limit: int | None) -> list[R]:
    if limit is None or limit >= len(rows):
        return rows
    return [rows[i] for i in np.linspace(0, len(rows) - 1, limit).round().astype(int)]


def _has_no_caption(kind: Kind, row: Mapping[str, str]) -> bool:
    """True where a table's row says nothing of its clip: no fault, the clip is left out and listed."""
    return kind == "cmu" and not cmu.captions_of(row)


def read_row(folder: Path, kind: Kind, source: str, row: Mapping[str, str]) -> Read | str:
    """The clips of a row's file and what was left out of it, or in one line why there is none, as `NO_CAPTION`."""
    if _has_no_caption(kind, row):
        return NO_CAPTION
    path = folder / row["file"]
    try:
        if kind == "humanml3d":
            return humanml3d.read_clips(folder, row["name"], row["split"], source)
        if kind == "cmu":
            return [stood(cmu.read_trial(folder, row, source))], []
        if kind == "bandai":
            return [stood(bandai.read_clip(folder, row, source))], []
        read = {"amass": amass.read_motion, "amc": amc.read_trial, "npy": npy.read_npy}.get(kind, npy.read_plain_bvh)
        return [stood(labelled(read(path, source), row))], []
    except (ValueError, OSError) as problem:
        text = " ".join(str(problem).split())
        return text if text.startswith(row["name"]) else f"{row['name']}: {text}"


def _read_all(read: Callable[[Mapping[str, str]], Read | str], rows: list[Row], workers: int) -> Iterator[Read | str]:
    if workers == 1 or len(rows) <= _CHUNK:
        yield from map(read, rows)
        return
    # Spawned, not forked: a fork of a process with numeric threads may hang.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(read, rows, chunksize=_CHUNK)


def files_of(folder: Path, table: Sequence[Path], rows: Sequence[Row]) -> list[str]:
    """What is read of a pack: its tables, the file of every row even if missing, and the captions that are there."""
    found = {path.relative_to(folder).as_posix() for path in table} | {row["file"] for row in rows}
    found |= {row["text"] for row in rows if "text" in row and (folder / row["text"]).is_file()}
    return sorted(found)


def _fingerprint(folder: Path, table: Sequence[Path], rows: Sequence[Row]) -> str:
    digest = hashlib.sha256()
    for file in files_of(folder, table, rows):
        path = folder / file
        content = bytes.fromhex(files.fingerprint(path)) if path.is_file() else b"missing"
        digest.update(file.encode() + b"\0" + content)
    return digest.hexdigest()


def rows_of(folder: Path) -> tuple[Kind, list[Path], list[Row]]:
    """Kind of a pack, its table's file where it has one, and one row a clip with at least `name` and `file`.

    Raises:
        FileNotFoundError, ValueError: as `load_pack`, where the folder or its table is wrong.
    """
    kind = kind_of(folder)
    if kind == "prepared":
        raise ValueError(f"{folder} is prepared already; name the packs that it was made from")
    table, rows = _rows(folder, kind)
    return kind, table, rows


def licence_of(kind: Kind) -> str:
    """Terms of use of a kind of pack."""
    known = {
        "cmu": cmu.LICENCE, "bandai": bandai.LICENCE, "humanml3d": humanml3d.LICENCE, "amass": amass.LICENCE,
    }  # fmt: skip
    return known.get(kind, npy.LICENCE)
