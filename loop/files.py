"""Files that are whole or absent: atomic JSON, synced folders, fingerprints, JSON without nan."""

from __future__ import annotations

import hashlib
import io
import json
import math
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np


def to_json(value: Any) -> Any:
    """`value` as strict JSON: numpy becomes plain, inf and nan become the strings "inf", "-inf", "nan"."""
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(item) for item in value]
    if hasattr(value, "tolist"):
        return to_json(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else ("inf" if value > 0 else "-inf")
    return value


def sync(path: Path) -> None:
    """Force a file or folder to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as problem:
        problem.filename = problem.filename or str(path)
        raise
    finally:
        os.close(handle)


def sync_tree(folder: Path) -> None:
    """Force every file and folder below `folder`, and itself, to the disk."""
    for base, _, files in os.walk(folder, topdown=False):
        for name in files:
            sync(Path(base, name))
        sync(Path(base))


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """A folder to write into, which becomes `folder` at the end: that is there whole or not at all. What an earlier try
    left goes first.

    Raises:
        OSError: it cannot be written, or `folder` holds something.
    """
    partial = folder.with_name(folder.name + ".partial")
    remove(partial)
    partial.mkdir(parents=True)
    yield partial
    sync_tree(partial)
    os.rename(partial, folder)
    sync(folder.parent)


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file so that it is whole or absent, also when the power fails; a full disk leaves the old one."""
    partial = path.with_name(path.name + ".partial")
    try:
        with open(partial, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except OSError as problem:
        partial.unlink(missing_ok=True)  # on a full disk it only takes room
        problem.filename = problem.filename or str(path)
        raise
    sync(path.parent)


def write_arrays(path: Path, arrays: Mapping[str, Any]) -> None:
    """Write an .npz that is whole or absent, without pickle."""
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    write_bytes(path, buffer.getvalue())


def write_array(path: Path, array: Any) -> None:
    """Write an .npy that is whole or absent, without pickle; it can be mapped."""
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    write_bytes(path, buffer.getvalue())


def write_json(path: Path, value: Any) -> None:
    """Write strict JSON atomically, keys in the given order."""
    text = json.dumps(to_json(value), indent=1, allow_nan=False, ensure_ascii=False) + "\n"
    write_bytes(path, text.encode())


def read_json(path: Path) -> Any:
    """Read JSON; a damaged file, or one nested without end, is a ValueError that names it."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise ValueError(f"{path} is not readable JSON ({problem}); restore it or start a new --out") from None


def fingerprint(path: Path) -> str:
    """SHA-256 over a file, or over the names and contents of all files below a folder, in sorted order."""
    digest = hashlib.sha256()
    if path.is_file():
        digest.update(path.read_bytes())
        return digest.hexdigest()
    for file in sorted(item for item in path.rglob("*") if item.is_file()):
        content = file.read_bytes()
        digest.update(f"{file.relative_to(path).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def remove(folder: Path) -> None:
    """Delete a folder if it is there; an interrupted deletion is completed by the next one."""
    if folder.exists():
        shutil.rmtree(folder)


ADDED = {"added": True}
"""Metadata of a config's field that came later: at its default it is what was always done, and not told of."""


def identity_of(config: Any) -> Any:
    """A dataclass as JSON, less the fields marked ADDED that have their default; so what was stored before such a field
    existed is told as it was."""
    if isinstance(config, tuple | list):
        return [identity_of(item) for item in config]
    if not is_dataclass(config):
        return config
    told = {}
    for one in fields(config):
        value = getattr(config, one.name)
        if not (one.metadata.get("added") and one.default is not MISSING and value == one.default):
            told[one.name] = identity_of(value)
    return told


EARLIER = {
    "solver": "dpm++2m", "architecture": "patch", "objective": "ddpm-x0", "levels": "log-snr", "ema": 0.99, "clip": 1.0,
    "warmup": 50, "fine_warmup": 10, "decay": "cosine", "beta2": 0.99, "weight_decay": 0.0, "drop_caption": 0.1,
    "dropout": 0.1, "batches": "drawn", "crops": False, "alike_layers": False, "splits": "drawn", "captions": "one",
    "count": "round", "noise": "new", "min_frames": None, "longest": None,
}  # fmt: skip
"""What a config means that was stored before these fields existed, or that leaves them out (see ADDED)."""


def differences(old: Any, new: Any, name: str = "") -> list[str]:
    """The fields in which two JSON values differ, each with both values; `old` is the stored one, see EARLIER."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        found: list[str] = []
        for key in [*old, *(key for key in new if key not in old)]:
            inner = f"{name}.{key}" if name else str(key)
            found += differences(
                old.get(key, EARLIER.get(key, "absent")), new.get(key, EARLIER.get(key, "absent")), inner
            )
        return found
    return [] if old == new else [f"{name}: started with {old!r}, now {new!r}"]
