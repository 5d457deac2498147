"""The experiment's data: training, reference and second-real motions, prepared once and kept as one folder."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from loop import files, stream
from loop.progress import Report
from motion.batch import MotionBatch
from motion.data.clip import Clip, Windows, windows
from motion.data.humanml3d import source_motion
from motion.data.pack import load_pack, source_fingerprint
from motion.data.procedural import KINDS, Drawing, generate
from motion.experiment.cutting import Pieces, by_lists, lengths_drawn, pieces
from motion.experiment.presets import Preset
from motion.features.hml263 import encode
from motion.features.padded import encode_clips
from motion.features.representation import representation_named
from motion.physics.performed import perform

EMBEDDED = "procedural"
SAID = "captions.json"
SETS = ("train", "reference", "second", "rest")
_BLOCK = 256  # clips of different lengths whose features are worked out together: bounds the memory
_DATA_SEED = 20260101  # fixed: which motions are real does not change with the seed of a run


@dataclass(frozen=True)
class Dataset:
    """Real motions as the experiment uses them; the sets share no source clip.

    train: the n motions that generation 0 is fitted on. reference: what samples are measured against.
    second: further real motions, for the distance that remains between two real sets (may be empty).
    rest: all other real motions, from captures of their own, which only correctors may know (empty for the embedded
        data, which can draw more).
    said: all captions of a motion by its id, where the experiment trains on all of them; else empty.
    info: name, fingerprints, licence, counts, what was left out; all deterministic.
    """

    train: MotionBatch
    reference: MotionBatch
    second: MotionBatch
    rest: MotionBatch
    info: Mapping[str, Any]
    said: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def to_batch(
    clips: Sequence[Clip], rng: np.random.Generator, frames: int | None = None, *, first: bool = False
) -> MotionBatch:
    """Features of clips, padded to `frames` (None: all are of one length); one caption of each, chosen by `rng` or, if
    asked for, the first."""
    if frames is None:
        features = encode(np.stack([clip.joints for clip in clips]), floor="given")
        lengths = np.full(len(clips), features.shape[1], dtype=np.int64)
    else:
        blocks = [[clip.joints for clip in clips[at : at + _BLOCK]] for at in range(0, len(clips), _BLOCK)]
        kind = representation_named("hml263")
        parts = [encode_clips(kind, block, frames, floor="given") for block in blocks]
        features, lengths = (np.concatenate([part[i] for part in parts]) for i in (0, 1))
    choices = np.zeros(len(clips), int) if first else rng.integers(2**31, size=len(clips))
    return MotionBatch(
        features,
        lengths,
        tuple(clip.captions[choice % len(clip.captions)] for clip, choice in zip(clips, choices, strict=True)),
        tuple(clip.action for clip in clips),
        tuple(clip.name for clip in clips),
    )


def draw_procedural(count: int, preset: Preset, rng: np.random.Generator) -> MotionBatch:
    """`count` procedural motions, new ones for every state of `rng`."""
    seed = _DATA_SEED + 1 + int(rng.integers(2**40))  # above the seed of the prepared sets
    return batch_for(preset, embedded(count, preset, seed), rng)


def batch_for(preset: Preset, clips: Sequence[Clip], rng: np.random.Generator) -> MotionBatch:
    """`to_batch` as a preset wants it: padded where lengths differ, with the first caption where all count."""
    frames = None if preset.min_frames is None else preset.frames
    return to_batch(clips, rng, frames, first=preset.captions == "all")


def embedded(count: int, preset: Preset, seed: int) -> Sequence[Clip]:
    """`count` procedural motions of the preset's kinds and lengths; with `performed` as the simulated body has them."""
    if preset.min_frames is None:
        clips = generate(count, frames=preset.frames + 1, seed=seed, kinds=preset.kinds, styles=preset.styles)
    else:
        lengths = lengths_drawn(count, preset.min_frames, preset.frames + 1, seed)
        kinds = KINDS if preset.kinds is None else preset.kinds
        clips = tuple(Drawing(many, seed, kinds, preset.styles).clip(i) for i, many in enumerate(lengths))
    if not preset.performed:
        return clips
    return perform(clips) if preset.min_frames is None else tuple(perform([clip])[0] for clip in clips)


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
            if made.said:
                files.write_json(partial / SAID, made.said)
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
    said: dict[str, tuple[str, ...]] = {}
    if (folder / SAID).is_file():
        said = {name: tuple(captions) for name, captions in files.read_json(folder / SAID).items()}
    if _fingerprint(sets, said) != info["fingerprint"]:
        raise ValueError(f"{folder} is damaged: it does not match its fingerprint; remove it or choose a new --out")
    return Dataset(sets[0], sets[1], sets[2], sets[3], info, said)


def _make(preset: Preset, source: Path | None, skip_bad: bool, workers: int, report: Report | None) -> Dataset:
    rng = stream(_DATA_SEED, 0, "split")
    if source is None and preset.splits == "given":
        raise ValueError(
            "splits 'given' needs real motions with lists of their own; name HumanML3D's folder with --data, or draw "
            "the sets: --set splits=drawn"
        )
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
        cuts = _cut(flat, preset)
        if preset.splits == "given":
            groups = by_lists(cuts.clips, preset.n, preset.reference, capture_of, rng)
        else:
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
        if isinstance(cuts, Pieces):
            about["too_long"] = cuts.long
    empty = batch_for(preset, groups[0][:1], rng).take([])
    sets = [batch_for(preset, group, rng) if group else empty for group in groups]
    said = {clip.name: clip.captions for group in groups[:3] for clip in group} if preset.captions == "all" else {}
    fingerprint = _fingerprint(sets, said)
    info = {**about, "preset": _sizes(preset), "fingerprint": fingerprint, "sizes": [len(part) for part in sets]}
    return Dataset(sets[0], sets[1], sets[2], sets[3], info, said)


def _cut(clips: tuple[Clip, ...], preset: Preset) -> Windows | Pieces:
    if preset.min_frames is None:
        return windows(clips, preset.frames + 1)
    longest = preset.longest
    return pieces(clips, preset.min_frames, preset.frames + 1, longest, stream(_DATA_SEED, 0, "cutting"))


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
            f"the data gives {len(groups[0])} training and {len(groups[1])} reference motions of {_range(preset)} "
            f"frames, needed are {preset.n} and {preset.reference}; use a smaller preset or more data"
        )
    if len(groups[2]) < preset.reference:
        return [groups[0], groups[1], [], groups[2]]
    return [*groups, rest]


def _range(preset: Preset) -> str:
    least = "" if preset.min_frames is None else f"{preset.min_frames} to "
    return f"{least}{preset.frames + 1}"


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
    for name, usual in (("min_frames", None), ("longest", None), ("splits", "drawn"), ("captions", "one")):
        if getattr(preset, name) != usual:
            more[name] = getattr(preset, name)
    return {"frames": preset.frames, "n": preset.n, "reference": preset.reference, "kinds": kinds, **more}


def _fingerprint(sets: Sequence[MotionBatch], said: Mapping[str, tuple[str, ...]]) -> str:
    """SHA-256 over the content of the batches: motions, lengths and conditions; and all captions where there are."""
    digest = hashlib.sha256()
    for part in sets:
        digest.update(np.ascontiguousarray(part.features).tobytes())
        digest.update(np.ascontiguousarray(part.lengths).tobytes())
        digest.update(repr((part.captions, part.actions, part.ids)).encode())
    if said:
        digest.update(repr(sorted(said.items())).encode())
    return digest.hexdigest()
