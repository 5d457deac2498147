"""What is evaluated and against what: a model or a folder of motions, and the real motions that it has not seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from loop import files, stream
from loop.progress import Report, silent
from motion.batch import MotionBatch
from motion.data.clip import windows
from motion.data.motion_file import read_motion
from motion.data.npy import read_captions
from motion.data.pack import load_pack, source_fingerprint
from motion.data.plain import PACK_FILE, read_pack_file
from motion.experiment import dataset
from motion.experiment.dataset import EMBEDDED, Dataset
from motion.experiment.evaluate import Truth
from motion.experiment.presets import PRESETS, Preset
from motion.experiment.samples import INDEX, as_batch, draw_features, read_clip, read_index
from motion.experiment.trained import Trained, data_of

_FRESH = 600  # samples where the truth can be drawn: four times the kinematic statistics, enough for every measure


@dataclass(frozen=True)
class Against:
    """Real motions with what is told of them.

    about: source, licence, counts, as JSON.
    data: the data set that they are of, and the folder that it lies in; None for those of a pack itself.
    """

    truth: Truth
    about: dict[str, Any]
    data: Dataset | None = None
    folder: Path | None = None

    @property
    def usual(self) -> int:
        """How many samples are drawn where nobody says."""
        return len(self.truth.real) // 2 if self.truth.by_rules else len(self.truth.real)


def against(
    folder: Path | None, trained: Trained | None, frames: int, n: int | None, seed: int, *, workers: int = 1,
    skip_bad: bool = False, model: str | None = None, report: Report = silent,
) -> Against:  # fmt: skip
    """The real motions of an evaluation.

    Args:
        folder: a motion pack, or the folder of a model or experiment; None takes the data that `trained` was trained
            on, of which its held-out part is used.
        frames: of joints, of the windows that a pack is cut into.
        model: fingerprint of the model that drew the motions; whose own training set is looked for copies.
        n: samples that will be held against them; procedural motions are drawn twice as many.

    Raises:
        ValueError: nothing says which motions, or there are too few.
    """
    own = None if trained is None else data_of(trained)
    if folder is not None:
        given = _prepared(folder)
        if given is not None:
            same = own is not None and own.info["fingerprint"] == given[0].info["fingerprint"]
            return _held_out(*given, n, seed, knows_training=same or _made(given[1], model))
        if own is None or own.info.get("source_fingerprint") != source_fingerprint(folder):
            return _pack(folder, frames, workers, skip_bad, report)
    if own is None or trained is None or trained.data is None:
        raise ValueError("the data of its training are not beside it; name real motions with --data")
    return _held_out(own, trained.data.parent, n, seed, knows_training=True)


def draw(
    trained: Trained, real: MotionBatch, n: int, sampler: Any, seed: int, replication: int, report: Report = silent
) -> MotionBatch:
    """One sample for each of n held-out motions: its caption, its length (as far as the model goes).

    Captions are taken in the order of the motions, again from the first where there are fewer.
    """
    chosen = real.take(np.arange(n) % len(real))
    lengths = np.minimum(chosen.lengths, trained.frames)
    stage = f"motion evaluate {replication}"
    features = draw_features(trained, chosen.captions, [int(t) + 1 for t in lengths], sampler, seed, stage, report)
    return MotionBatch(features, lengths, chosen.captions, chosen.actions, chosen.ids)


def draw_repeats(
    trained: Trained, real: MotionBatch, captions: int, each: int, sampler: Any, seed: int, report: Report = silent
) -> list[MotionBatch]:
    """`each` samples of each of the first different captions."""
    first = [real.captions.index(caption) for caption in list(dict.fromkeys(real.captions))[:captions]]
    several = draw(trained, real.take(np.repeat(first, each)), len(first) * each, sampler, seed, -1, report)
    return [several.take(np.arange(each) + at) for at in range(0, len(several), each)]


def read_motions(folder: Path) -> tuple[MotionBatch, dict[str, Any]]:
    """The motions of a folder, and what its index says of them all.

    Of `scsc motion sample`; or .npy with captions in a `.txt` of the same name, judged as they stand, also where bones
    stretch; or any other pack, put on the uniform body.

    Raises:
        ValueError, OSError: it holds no motions, damaged ones, or captions are missing.
    """
    if (folder / INDEX).is_file():
        index = read_index(folder)
        entries = index["motions"]
        clips = [read_clip(folder / one["file"], int(one["frames"])) for one in entries]
        batch = as_batch(clips, [one["caption"] for one in entries], [one["action"] for one in entries])
        return batch, {key: value for key, value in index.items() if key != "motions"}
    paths = sorted(folder.glob("*.npy"))
    if not paths:
        pack = load_pack(folder)
        captions = [clip.captions[0] for clip in pack.clips]
        return as_batch([clip.joints for clip in pack.clips], captions, [clip.action for clip in pack.clips]), {}
    said = read_pack_file(folder / PACK_FILE) if (folder / PACK_FILE).is_file() else {}
    found = [read_motion(path) for path in paths]
    wrong = [one for one in found if one.fault]
    if 2 * len(wrong) > len(found):  # one or two may be a generator's failures, most are another convention
        raise ValueError(f"{wrong[0].path.name}: {wrong[0].fault}; so are {len(wrong)} of {len(found)} motions")
    captions = [read_captions(path.with_suffix(".txt"))[0] for path in paths]
    actions = [str(said.get("actions", {}).get(path.stem, "")) for path in paths]
    return as_batch([one.joints for one in found], captions, actions), {}


def _prepared(folder: Path) -> tuple[Dataset, Path] | None:
    """The data set of an experiment and the experiment's folder, by either's name; None where there is none."""
    for place in (folder, folder / "data"):
        if (place / "data.json").is_file():
            return dataset.load(place), place.resolve().parent
    return None


def _made(folder: Path, model: str | None) -> bool:
    """True where the model of that fingerprint lies in an experiment's folder."""
    places = folder.glob("*/seed-*/gen-*/model") if model is not None else ()
    return any(files.fingerprint(place) == model for place in places)


def _held_out(data: Dataset, folder: Path, n: int | None, seed: int, *, knows_training: bool) -> Against:
    """Reference and second motions; procedural ones topped up with fresh draws to twice the samples."""
    parts = [part for part in (data.reference, data.second) if len(part)]
    real = parts[0].concat(*parts[1:])
    procedural = data.info["source"] == EMBEDDED
    if procedural:
        wanted = 2 * (_FRESH if n is None else n) - len(real)
        if wanted > 0:
            fresh = dataset.draw_procedural(wanted, preset_of(data), stream(seed, 0, "motion evaluate: real"))
            real = real.concat(fresh)
    about = {
        "source": data.info["source"], "licence": data.info["licence"], "motions": len(real),
        "recordings": len(real) if procedural else _recordings(real.ids),
        "training": len(data.train) if knows_training else 0,
    }  # fmt: skip
    return Against(Truth(real, procedural, data.train if knows_training else None), about, data, folder)


def preset_of(data: Dataset) -> Preset:
    """A preset that draws motions as those of the data set."""
    stored = data.info["preset"].items()
    sizes: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in stored}
    return replace(PRESETS["smoke"], evaluation=8, **sizes)


def _pack(folder: Path, frames: int, workers: int, skip_bad: bool, report: Report) -> Against:
    """All motions of a pack, one window a recording: several are not independent."""
    pack = load_pack(folder, skip_bad=skip_bad, workers=workers, report=report)
    cuts = windows(tuple(clip for clip in pack.clips if clip.flat), frames).clips
    first = list({dataset.capture_of(cut.name): cut for cut in reversed(cuts)}.values())[::-1]
    if len(first) < 2:
        raise ValueError(f"{folder} has {len(first)} motions of {frames} frames; use more data or a shorter model")
    real = dataset.to_batch(first, np.random.default_rng(0))
    about = {
        "source": folder.resolve().name, "licence": pack.licence, "motions": len(real), "recordings": len(real),
        "training": 0,
    }  # fmt: skip
    return Against(Truth(real), about)


def _recordings(names: Sequence[str]) -> int:
    return len({dataset.capture_of(name) if "@" in name else name for name in names})


def is_motions(folder: Path) -> bool:
    """True for a folder of motions, False for one that may hold a model.

    Raises:
        FileNotFoundError: no such folder.
    """
    if not folder.exists():
        raise FileNotFoundError(f"no folder {folder}; name the folder of a model or of motions")
    if not folder.is_dir() or (folder / "data" / "data.json").exists():
        return False
    return (folder / INDEX).is_file() or any(any(folder.glob(f"*{end}")) for end in (".npy", ".bvh", ".bvh.gz"))


def with_actions(motions: MotionBatch, truth: Truth) -> MotionBatch:
    """The motions with the actions of their captions, where real motions of the same caption tell one."""
    known = dict(zip(truth.real.captions, truth.real.actions, strict=True))
    pairs = zip(motions.captions, motions.actions, strict=True)
    actions = tuple(action or known.get(caption, "") for caption, action in pairs)
    return MotionBatch(motions.features, motions.lengths, motions.captions, actions, motions.ids)
