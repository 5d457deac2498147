"""The experiment's data: training, reference and second-real motions, prepared once and kept as one folder."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from loop import files, stream
from loop.progress import Report
from motion.batch import MotionBatch
from motion.data.clip import Clip, windows
from motion.data.humanml3d import source_motion
from motion.data.pack import load_pack, source_fingerprint
from motion.data.procedural import generate
from motion.experiment.presets import Preset
from motion.features.hml263 import encode
from motion.physics.performed import perform

EMBEDDED = "procedural"
SETS = ("train", "reference", "second", "rest")
_DATA_SEED = 20260101  # fixed: which motions are real does not change with the seed of a run


@dataclass(frozen=True)
class Dataset:
    """Real motions as the experiment uses them; the sets share no source clip.

    train: the n motions that generation 0 is fitted on. reference: what samples are measured against.
    second: further real motions, for the distance that remains between two real sets (may be empty).
    rest: all other real motions, from captures of their own, which only correctors may know (empty for the embedded
        data, which can draw more).
    info: name, fingerprints, licence, counts, what was left out; all deterministic.
    """

    train: MotionBatch
    reference: MotionBatch
    second: MotionBatch
    rest: MotionBatch
    info: Mapping[str, Any]


def to_batch(clips: Sequence[Clip], rng: np.random.Generator) -> MotionBatch:
    """Features of clips of one length; one caption of each, chosen by `rng`."""
    features = encode(np.stack([clip.joints for clip in clips]), floor="given")
    choices = rng.integers(2**31, size=len(clips))
    return MotionBatch(
        features,
        np.full(len(clips), features.shape[1], dtype=np.int64),
        tuple(clip.captions[choice % len(clip.captions)] for clip, choice in zip(clips, choices, strict=True)),
        tuple(clip.action for clip in clips),
        tuple(clip.name for clip in clips),
    )


def draw_procedural(count: int, preset: Preset, rng: np.random.Generator) -> MotionBatch:
    """`count` procedural motions, new ones for every state of `rng`."""
    seed = _DATA_SEED + 1 + int(rng.integers(2**40))  # above the seed of the prepared sets
    return to_batch(embedded(count, preset, seed), rng)


def embedded(count: int, preset: Preset, seed: int) -> Sequence[Clip]:
    """`count` procedural motions of the preset's kinds and length; with `performed` as the simulated body does them."""
    clips = generate(count, frames=preset.frames + 1, seed=seed, kinds=preset.kinds, styles=preset.styles)
    return perform(clips) if preset.performed else clips


def prepare(
    folder: Path, preset: Preset, source: Path | None, *, skip_bad: bool, workers: int = 1, report: Report | None = None
) -> Dataset:
    """The data set in `folder`, made there if it is not yet.

    Args:
        source: folder of a motion pack, or None for the embedded procedural motions.
        skip_bad: leave out clips that cannot be read, counted, instead of stopping.

    Raises:
        ValueError, OSError: the source cannot be read, is too small, or differs from the prepared one.
    """
    if not (folder / "data.json").exists():
        made = _make(preset, source, skip_bad, workers, report)
        with files.whole_folder(folder) as partial:
            for name in SETS:
                (partial / name).mkdir()
                getattr(made, name).save(partial / name)
            files.write_json(partial / "data.json", made.info)
        return load(folder)
    data = load(folder)
    wanted: dict[str, Any] = {"preset": _sizes(preset)}
    if source is None:
        wanted |= {"source": EMBEDDED}
    else:
        wanted |= {"source": source.resolve().name, "source_fingerprint": source_fingerprint(source)}
    found = files.differences({key: data.info[key] for key in wanted}, files.to_json(wanted))
    if found:
        raise ValueError(f"{folder} holds another data set ({'; '.join(found)}); choose a new --out or the old values")
    return data


def load(folder: Path) -> Dataset:
    """Read a prepared data set and check it against its fingerprint.

    Raises:
        ValueError: it is damaged.
    """
    info = files.read_json(folder / "data.json")
    sets = [MotionBatch.load(folder / name) for name in SETS]
    if _fingerprint(sets) != info["fingerprint"]:
        raise ValueError(f"{folder} is damaged: it does not match its fingerprint; remove it or choose a new --out")
    return Dataset(sets[0], sets[1], sets[2], sets[3], info)


def _make(preset: Preset, source: Path | None, skip_bad: bool, workers: int, report: Report | None) -> Dataset:
    rng = stream(_DATA_SEED, 0, "split")
    if source is None:
        wanted = preset.n + 2 * preset.reference
        clips = embedded(wanted, preset, _DATA_SEED)
        ends = np.cumsum([preset.n, preset.reference])
        groups = [list(clips[: ends[0]]), list(clips[ends[0] : ends[1]]), list(clips[ends[1] :]), []]
        about: dict[str, Any] = {
            "source": EMBEDDED,
            "source_fingerprint": "generated by this program",
            "licence": clips[0].licence,
            "clips": len(clips),
            "skipped": 0,
        }
    else:
        pack = load_pack(source, skip_bad=skip_bad, workers=workers, report=report)
        flat = tuple(clip for clip in pack.clips if clip.flat)
        cuts = windows(flat, preset.frames + 1)
        groups = _split(cuts.clips, preset, rng)
        about = {
            "source": source.resolve().name,
            "source_fingerprint": pack.fingerprint,
            "licence": pack.licence,
            "clips": len(pack.clips),
            "skipped": len(pack.skipped),
            "skipped_names": [f"{name}: {why}" for name, why in pack.skipped],
            "not_flat": len(pack.clips) - len(flat),
            "too_short": cuts.short,
            "broken_windows": cuts.broken,
            "windows": len(cuts.clips),
        }
    empty = to_batch(groups[0][:1], rng).take([])
    sets = [to_batch(group, rng) if group else empty for group in groups]
    info = {**about, "preset": _sizes(preset), "fingerprint": _fingerprint(sets), "sizes": [len(part) for part in sets]}
    return Dataset(sets[0], sets[1], sets[2], sets[3], info)


def _split(cuts: Sequence[Clip], preset: Preset, rng: np.random.Generator) -> list[list[Clip]]:
    """Training, reference, second set and the rest, without a common source clip; cuts in random order.

    Source clips are dealt out whole, in random order: to the training set until it has n cuts, then to the reference,
    then to the second set. What is left is the rest, of which every cut is kept.

    Raises:
        ValueError: there are too few cuts.
    """
    by_source: dict[str, list[Clip]] = {}
    for cut in cuts:
        by_source.setdefault(capture_of(cut.name), []).append(cut)
    names = list(by_source)
    order = [names[i] for i in rng.permutation(len(names))]
    wanted = [preset.n, preset.reference, preset.reference]
    groups: list[list[Clip]] = [[], [], []]
    rest: list[Clip] = []
    # A long capture gives many cuts of one kind: at most this many of each, so that a set holds many captures.
    most = max(1, -(-2 * sum(wanted) // max(1, len(names))))
    for name in order:
        pool = by_source[name]
        chosen = [pool[i] for i in rng.permutation(len(pool))[:most]]
        slot = next((i for i in range(3) if len(groups[i]) < wanted[i]), None)
        if slot is None:
            rest += pool
        else:
            groups[slot] += chosen
    groups = [group[:size] for group, size in zip(groups, wanted, strict=True)]
    if len(groups[0]) < preset.n or len(groups[1]) < preset.reference:
        raise ValueError(
            f"the data gives {len(groups[0])} training and {len(groups[1])} reference motions of {preset.frames + 1} "
            f"frames, needed are {preset.n} and {preset.reference}; use a smaller preset or more data"
        )
    if len(groups[2]) < preset.reference:
        return [groups[0], groups[1], [], groups[2]]
    return [*groups, rest]


def capture_of(name: str) -> str:
    """The motion that a cut was made from: parts of one motion and its mirror image must not part sets."""
    pack, slash, clip = name.rpartition("@")[0].rpartition("/")
    return pack + slash + source_motion(clip)


def _sizes(preset: Preset) -> dict[str, Any]:
    """The part of a preset that decides the data set."""
    kinds = None if preset.kinds is None else list(preset.kinds)
    more: dict[str, Any] = {"performed": True} if preset.performed else {}
    if preset.styles != ("neutral",):
        more |= {"styles": list(preset.styles)}
    return {"frames": preset.frames, "n": preset.n, "reference": preset.reference, "kinds": kinds, **more}


def _fingerprint(sets: Sequence[MotionBatch]) -> str:
    """SHA-256 over the content of the batches: motions, lengths and conditions."""
    digest = hashlib.sha256()
    for part in sets:
        digest.update(np.ascontiguousarray(part.features).tobytes())
        digest.update(np.ascontiguousarray(part.lengths).tobytes())
        digest.update(repr((part.captions, part.actions, part.ids)).encode())
    return digest.hexdigest()
