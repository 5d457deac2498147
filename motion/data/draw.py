"""Procedural motions written into a plain folder, as if they had been captured; resumable and idempotent.

DIR/procedural-0-00000.npy  joints (T, 22, 3) float32 [m], y up, 20 frames a second; its captions in a `.txt` beside it
DIR/pack.json               actions and terms of use, which readers keep, and the drawing that the folder holds
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from loop import files
from loop.progress import Report, silent
from loop.records import locked
from motion.data.clip import Clip
from motion.data.plain import PACK_FILE, read_pack_file
from motion.data.procedural import LICENCE, Drawing, embodied

BLOCK = 32
"""Motions that are drawn, performed and written together: what an interrupt may cost."""
MAX_CLIPS = 100_000
"""Most motions of a folder: their names sort in their order."""
_MAX_SEED = 2**63

Performer = Callable[[Sequence[Clip]], Sequence[Clip]]
"""Clips as something performs them; what was not possible comes back as it was, with a note."""


@dataclass(frozen=True)
class Drawn:
    """What a folder holds. kinds: motions of each kind. made: how many were written now.

    unperformed: names of those that were written now as they were drawn, since performing them failed.
    """

    kinds: Mapping[str, int]
    made: int
    unperformed: tuple[str, ...]


def draw(drawing: Drawing, n: int, out: Path, *, performer: Performer | None = None, report: Report = silent) -> Drawn:
    """The first n motions of a drawing in `out`; what is there already is not drawn again.

    The folder's content depends on drawing and n alone, not on interruptions: more motions may be added later.

    Args:
        performer: performs the motions on the uniform body, before they are put on bodies of their own;
            `motion.physics.perform`. None keeps them as they are drawn.

    Raises:
        ValueError: n outside 1..100,000, or a folder that holds something else, another drawing or more motions.
        OSError: it cannot be written.
    """
    if not 1 <= n <= MAX_CLIPS:
        raise ValueError(f"n must be 1 to {MAX_CLIPS} motions, got {n}; choose such a number")
    if drawing.seed >= _MAX_SEED:
        raise ValueError("seed must be below 2^63, got a larger one; choose a smaller number")
    about = {**asdict(drawing), "performed": performer is not None}
    names = [drawing.name(i) for i in range(n)]
    _check(out, about, names)  # before the folder is made or locked
    with locked(out):
        there = _check(out, about, names)
        kinds = {name: drawing.kind(i) for i, name in enumerate(names)}
        wanted = {"licence": LICENCE, "actions": kinds, "drawing": {**about, "n": n}}
        if PACK_FILE not in there or read_pack_file(out / PACK_FILE) != files.to_json(wanted):
            files.write_json(out / PACK_FILE, wanted)
        missing = [i for i, name in enumerate(names) if not {f"{name}.txt", f"{name}.npy"} <= there]
        done = n - len(missing)
        report("drawing motions", done, n)
        unperformed: list[str] = []
        for at in range(0, len(missing), BLOCK):
            part = missing[at : at + BLOCK]
            for clip in _clips(drawing, part, performer):
                files.write_bytes(out / f"{clip.name}.txt", ("\n".join(clip.captions) + "\n").encode())
                files.write_array(out / f"{clip.name}.npy", clip.joints)
                unperformed += [clip.name] if clip.notes else []
                done += 1
                report("drawing motions", done, n)
    return Drawn(dict(sorted(Counter(kinds.values()).items())), len(missing), tuple(unperformed))


def _clips(drawing: Drawing, numbers: Sequence[int], performer: Performer | None) -> Sequence[Clip]:
    if performer is None:
        return [drawing.clip(i) for i in numbers]
    plain = replace(drawing, bodies=False)
    clips = performer([plain.clip(i) for i in numbers])
    if not drawing.bodies:
        return clips
    return [embodied(clip, drawing.seed, i) for clip, i in zip(clips, numbers, strict=True)]


def _check(out: Path, about: Mapping[str, Any], names: Sequence[str]) -> set[str]:
    """Names of the files in `out`; ValueError if they are not those of the first motions of this drawing."""
    if not out.exists():
        return set()
    if not out.is_dir():
        raise ValueError(f"{out} is a file; choose a folder for --out")
    there = {path.name for path in out.iterdir()}
    stored: dict[str, Any] = {}
    if PACK_FILE in there:
        stored = read_pack_file(out / PACK_FILE).get("drawing", {})
        found = files.differences({k: v for k, v in stored.items() if k != "n"}, files.to_json(about)) if stored else []
        if found:
            raise ValueError(f"{out} holds another drawing ({'; '.join(found)}); choose a new --out or the old values")
        if isinstance(stored.get("n"), int) and stored["n"] > len(names):
            raise ValueError(
                f"{out} holds {stored['n']} motions of this drawing, {len(names)} are asked for; choose a new --out"
            )
    own = {f"{name}.{kind}" for name in names for kind in ("npy", "txt")} if stored else set()
    whole = own | {".lock", ".holder"} | ({PACK_FILE} if stored else set())
    partial = {f"{name}.partial" for name in own | {PACK_FILE}}  # what a kill may have left
    foreign = sorted(there - whole - partial)
    if foreign:
        raise ValueError(f"{out} holds other files ({', '.join(foreign[:3])[:120]}); choose a new --out")
    return there
