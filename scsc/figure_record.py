"""Records of figures, as the commands that make the runs write them."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def write_record(
    path: Path | None,
    runs: Sequence[tuple[Path, str]],
    title: str,
    result: Mapping[str, Any],
    shown: Sequence[str] = (),
) -> None:
    """Write the record of runs (folder, label) atomically, named after its file; nothing when `path` is None.

    shown: the figure's measures; left out: those that suit the runs.

    Raises:
        ValueError: it would be too large, or the runs do not fit into one figure.
    """
    if path is None:
        return
    from loop import files
    from loop.provenance import surroundings
    from plots.record import collect, dumped, to_json

    known = surroundings()
    made = {key: known[key] for key in ("python", "versions", "commit")}
    record = collect(runs, path.stem, title, command_line(), made=made, result=files.to_json(result), shown=shown)
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write_bytes(path, dumped(to_json(record)).encode())


def command_line() -> str:
    """The command that is running, as one would type it: without the places where it writes, and only with the names of
    what it reads, since where these lie is the machine's own."""
    words, skip = [], False
    for word in sys.argv[1:]:
        if skip:
            skip = False
        elif word.split("=", 1)[0] in ("--out", "--json", "--record"):
            skip = "=" not in word
        else:
            words.append(shlex.quote(Path(word).name if Path(word).is_absolute() else word))
    return " ".join(["scsc", *words])
