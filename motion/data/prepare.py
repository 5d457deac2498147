"""Making a prepared data set out of motion packs: in blocks, over several processes, resumable and idempotent."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from loop import files
from loop.progress import Report, silent
from loop.records import locked
from motion.data import plain
from motion.data.checks import bad, check_clip, check_joints
from motion.data.clip import Clip
from motion.data.humanml3d import source_motion
from motion.data.pack import NO_CAPTION, Kind, files_of, licence_of, read_row, rows_of
from motion.data.prepared import FORMAT, MANIFEST, Entry, Prepared, skeleton
from motion.kinematics.skeleton import FPS, N_JOINTS

BLOCK = 32
"""Clips of a source in one shard: what an interrupt may cost."""
_SHARES = (("train", 0.80), ("val", 0.05), ("test", 0.15))  # HumanML3D's
_VERSION = 1  # of what is done to a clip: another one makes blocks anew

Row = Mapping[str, str]


@dataclass(frozen=True)
class _Block:
    """Some rows of one source, for one process."""

    folder: Path
    kind: Kind
    source: str
    rows: tuple[Row, ...]
    shard: Path
    digest: str

    @property
    def about(self) -> Path:
        return self.shard.with_suffix(".json")


def prepare(
    sources: Sequence[Path], out: Path, *, skip_bad: bool = False, workers: int = 1, report: Report = silent
) -> Prepared:
    """The prepared data set of some packs in `out`; what is there already is not made again.

    A bad clip stops the work, or with `skip_bad` is left out and listed with its reason; captions that say nothing are
    always listed.

    Raises:
        ValueError, OSError: no source, two of one name, a folder that is no pack, a bad clip, or other data in `out`.
    """
    if not sources:
        raise ValueError("name at least one motion pack to prepare, got none")
    if workers < 1:
        raise ValueError(f"workers must be >= 1, got {workers}; 1 reads in this process")
    names = [source.resolve().name for source in sources]
    if len(set(names)) < len(names):
        raise ValueError(f"sources must have different folder names, got {', '.join(names)}; rename one")
    blocks, about = [], []
    for source, name in zip(sources, names, strict=True):
        found, described = _blocks(source, name, out)
        blocks += found
        about.append(described)
    with locked(out):
        _check_same(out, about)
        (out / "shards").mkdir(exist_ok=True)
        missing = [block for block in blocks if not _is_made(block)]
        done = len(blocks) - len(missing)
        report("reading motions", done, len(blocks))
        for _ in _make_all(missing, skip_bad, workers):
            done += 1
            report("reading motions", done, len(blocks))
        _write_manifest(out, blocks, about, skip_bad)
    return Prepared.open(out)


def _blocks(source: Path, name: str, out: Path) -> tuple[list[_Block], dict[str, Any]]:
    """The blocks of a source, and what the manifest says of it: kind, licence, sha256 of every file."""
    kind, table, rows = rows_of(source)
    prints = {file: files.fingerprint(source / file) for file in files_of(source, table, rows)
              if (source / file).is_file()}  # fmt: skip
    blocks = []
    for at in range(0, len(rows), BLOCK):
        part = tuple(rows[at : at + BLOCK])
        seen = {file: prints.get(file, "missing") for file in files_of(source, table, part)}
        text = json.dumps([_VERSION, kind, name, [dict(row) for row in part], seen])
        shard = out / "shards" / f"{name}-{at // BLOCK:04d}.npy"
        blocks.append(_Block(source, kind, name, part, shard, hashlib.sha256(text.encode()).hexdigest()))
    total = hashlib.sha256(json.dumps(sorted(prints.items())).encode()).hexdigest()
    licence = plain.licence_of(rows[0] if rows else {}, licence_of(kind))
    about = {"name": name, "kind": kind, "licence": licence, "clips": len(rows), "fingerprint": total,
             "files": prints}  # fmt: skip
    return blocks, about


def _check_same(out: Path, about: Sequence[Mapping[str, Any]]) -> None:
    path = out / MANIFEST
    if not path.exists():
        return
    stored = files.read_json(path).get("sources", [])
    old, new = ({one["name"]: one["fingerprint"] for one in part} for part in (stored, about))
    if old != new:
        changed = sorted(name for name in {*old, *new} if old.get(name) != new.get(name))
        raise ValueError(f"{out} holds other data ({', '.join(changed)} differ); choose a new --out")


def _is_made(block: _Block) -> bool:
    if not (block.about.is_file() and block.shard.is_file()):
        return False
    try:
        return bool(files.read_json(block.about)["digest"] == block.digest)
    except (ValueError, KeyError, TypeError):
        return False


def _make_all(blocks: Sequence[_Block], skip_bad: bool, workers: int) -> Iterator[None]:
    """Makes them; yields once a block."""
    if workers == 1 or len(blocks) <= 1:
        for block in blocks:
            _make(block, skip_bad)
            yield
        return
    # Spawned, not forked: a fork of a process with numeric threads may hang.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        waiting = [pool.submit(_make, block, skip_bad) for block in blocks]
        try:
            for one in as_completed(waiting):
                one.result()
                yield
        finally:
            for one in waiting:
                one.cancel()


def _make(block: _Block, skip_bad: bool) -> None:
    """Read and check the clips of a block and write its shard, then what is in it."""
    clips: list[Clip] = []
    told: list[dict[str, Any]] = []
    skipped: list[dict[str, Any]] = []
    for row in block.rows:
        found = read_row(block.folder, block.kind, block.source, row)
        if isinstance(found, str):
            read, faults, listed = [], [] if found == NO_CAPTION else [(row["name"], found)], [(row["name"], found)]
        else:
            read, faults, listed = found[0], [], list(found[1])
        for clip in read:
            findings = (*(check_joints(clip.joints.astype(float)) if clip.flat else ()), *check_clip(clip))
            wrong = bad(findings)
            if wrong:
                faults.append((clip.name, str(wrong[0])))
                listed.append(faults[-1])
            else:
                told.append(_entry(clip, block, sum(map(len, clips)), tuple(map(str, findings))))
                clips.append(clip)
        if faults and not skip_bad:
            raise ValueError(f"{block.folder / row['file']}: {faults[0][1]}; --skip-bad leaves such clips out")
        skipped += [
            {"name": name, "file": row["file"], "source": block.source, "reason": why, "fault": (name, why) in faults}
            for name, why in listed
        ]
    joints = np.concatenate([clip.joints for clip in clips]) if clips else np.zeros((0, N_JOINTS, 3), np.float32)
    files.write_array(block.shard, joints)
    files.write_json(block.about, {"digest": block.digest, "clips": told, "skipped": skipped})


def _entry(clip: Clip, block: _Block, start: int, findings: tuple[str, ...]) -> dict[str, Any]:
    entry = Entry(
        f"{block.source}/{clip.name}", clip.source, clip.licence, clip.action, clip.captions,
        clip.split or split_of(block.source, clip.name), clip.flat, len(clip), block.shard.name, start,
        clip.glitches, clip.notes, findings,
    )  # fmt: skip
    return asdict(entry)


def split_of(source: str, name: str) -> str:
    """Train, val or test (80, 5, 15 %), by a hash of the name: the same whatever else is prepared beside it.

    Parts of one motion and its mirror image, as HumanML3D names them, stay together.
    """
    share = int.from_bytes(hashlib.sha256(f"{source}/{source_motion(name)}".encode()).digest()[:8], "big") / 2**64
    for split, part in _SHARES:
        share -= part
        if share < 0:
            return split
    return _SHARES[-1][0]


def _write_manifest(out: Path, blocks: Sequence[_Block], about: Sequence[Mapping[str, Any]], skip_bad: bool) -> None:
    parts = [files.read_json(block.about) for block in blocks]
    clips = [clip for part in parts for clip in part["clips"]]
    skipped = [one for part in parts for one in part["skipped"]]
    if not clips:
        raise ValueError(f"no clip could be read, {len(skipped)} left out ({skipped[0]['reason']}); check the packs")
    faults = [one for one in skipped if one["fault"]]
    if not skip_bad and faults:
        first = faults[0]
        raise ValueError(f"{first['file']}: {first['reason']}; it was left out before: give --skip-bad again")
    rules = Counter(finding.split(" at frame")[0].split(":")[0] for clip in clips for finding in clip["findings"])
    counts = {
        "clips": len(clips), "skipped": len(skipped), "frames": sum(clip["frames"] for clip in clips),
        "seconds": sum(clip["frames"] for clip in clips) / FPS,
        "splits": dict(sorted(Counter(clip["split"] for clip in clips).items())),
        "actions": dict(sorted(Counter(clip["action"] for clip in clips).items())),
        "findings": dict(sorted(rules.items())),
    }  # fmt: skip
    shards = {block.shard.name: files.fingerprint(block.shard) for block in blocks}
    files.write_json(
        out / MANIFEST,
        {
            "format": FORMAT, "kind": "motion-data", "fps": FPS, "skeleton": skeleton(), "counts": counts,
            "sources": list(about), "shards": shards, "skipped": skipped, "clips": clips,
        },
    )  # fmt: skip
