"""Motions drawn from a trained model into a folder: whole or absent, resumable, with an index that says all of them.

DIR/00000.npy   joints (T, 22, 3) float32 [m], y up, 20 frames a second; or features (T - 1, 263); or 00000.bvh
DIR/00000.txt   its caption, so that a folder of BVH is a motion pack as well (joints whose bones stretch are none)
DIR/index.json  model, seed, sampler; of each motion its file, caption, action, frames
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from generative.samplers import SamplerConfig
from loop import files, stream
from loop.progress import Report, silent
from loop.records import locked
from motion.batch import MotionBatch
from motion.data.bvh_write import write_bvh
from motion.data.motion_file import BvhFile, JointsFile, read_motion
from motion.experiment.trained import Trained
from motion.features.padded import decode_clips, encode_clips
from motion.features.representation import representation_named
from motion.kinematics.skeleton import FPS
from motion.model import generator
from motion.text.words import words

INDEX = "index.json"
KIND = "motion-samples"
SUFFIXES = {"joints": ".npy", "features": ".npy", "bvh": ".bvh"}
"""What a motion can be written as, and the ending of its file."""
MAX_COUNT = 100_000
LEAST = 5
"""Fewest frames of a motion that is drawn: a quarter of a second."""


@dataclass(frozen=True)
class Order:
    """What is to be drawn: motion i for caption i, of frames[i] frames of joints at 20 a second.

    actions: what the captions ask for, "" where nobody knows. written: joints | features | bvh.
    """

    captions: tuple[str, ...]
    actions: tuple[str, ...]
    frames: tuple[int, ...]
    seed: int
    sampler: SamplerConfig
    written: str = "joints"

    def __post_init__(self) -> None:
        check_seed(self.seed)
        if not 1 <= len(self.captions) <= MAX_COUNT:
            raise ValueError(f"motions must be 1 to {MAX_COUNT:,}, got {len(self.captions):,}; choose such a number")
        if self.written not in SUFFIXES:
            raise ValueError(f"format must be one of {', '.join(SUFFIXES)}, got {self.written!r}; choose one of them")
        for place, caption in enumerate(self.captions, 1):
            if not words(caption):
                raise ValueError(f"caption {place} must hold at least one word, got {caption!r}; describe the motion")

    def file(self, index: int) -> str:
        """The name of a motion's file."""
        return f"{index:05d}{SUFFIXES[self.written]}"

    def describe(self, trained: Trained) -> dict[str, Any]:
        """What the folder says of all motions together."""
        return {
            "format": 1, "kind": KIND, "model": trained.fingerprint, "seed": self.seed,
            "sampler": asdict(self.sampler), "written": self.written, "fps": FPS,
        }  # fmt: skip

    def rows(self, trained: Trained) -> list[dict[str, Any]]:
        """One entry a motion."""
        return [
            {"file": self.file(i), "caption": caption, "action": action, "frames": frames,
             "seconds": (frames - 1) / FPS, "unseen": list(trained.unseen(caption))}
            for i, (caption, action, frames) in enumerate(zip(self.captions, self.actions, self.frames, strict=True))
        ]  # fmt: skip


def check_seed(seed: int) -> None:
    """Raise ValueError unless a seed is 0 or more."""
    if seed < 0:
        raise ValueError(f"seed must be >= 0, got {seed}; choose a non-negative whole number")


def check_frames(frames: Sequence[int], trained: Trained) -> None:
    """Raise ValueError unless a model can make motions of so many frames of joints."""
    for one in frames:
        if not LEAST <= one <= trained.frames + 1:
            raise ValueError(
                f"a motion must be {(LEAST - 1) / FPS:g} to {trained.seconds:g} s ({LEAST} to {trained.frames + 1} "
                f"frames), the longest that this model makes, got {(one - 1) / FPS:g} s; ask for another length, or "
                "train with --set frames=N"
            )


def frames_of(seconds: float) -> int:
    """Frames of joints of a motion of so many seconds: the first one stands at 0.

    Raises:
        ValueError: not a positive, finite number.
    """
    if not 0 < seconds < 1e6:
        raise ValueError(f"seconds must be positive and finite, got {seconds!r}; 2 is usual")
    return round(seconds * FPS) + 1


def prompts(trained: Trained, count: int, seed: int) -> list[tuple[str, str]]:
    """Captions of training motions with their actions, drawn without repeats as long as there are any; fewer are the
    first ones of more.

    Raises:
        ValueError: the model does not know its captions, or a count outside 1..100,000.
    """
    check_seed(seed)
    if not 1 <= count <= MAX_COUNT:
        raise ValueError(f"count must be 1 to {MAX_COUNT:,} motions, got {count}; choose such a number")
    if not trained.asked:
        raise ValueError(f"{trained.folder} does not say what captions it was trained on; write some: --captions FILE")
    rng = stream(seed, 0, "motion sample: captions")
    rounds = -(-count // len(trained.asked))
    order = np.concatenate([rng.permutation(len(trained.asked)) for _ in range(rounds)])[:count]
    return [trained.asked[i] for i in order]


def draw_features(
    trained: Trained,
    captions: Sequence[str],
    frames: Sequence[int],
    sampler: SamplerConfig,
    seed: int,
    stage: str = "motion sample",
    report: Report = silent,
) -> NDArray[np.float32]:
    """One motion a caption, (n, F, 263) padded features; motion i depends on its place, caption, length and the seed.

    Raises:
        ValueError: a length that the model cannot make, or a caption without a word.
    """
    check_frames(frames, trained)
    made = []
    for at in range(0, len(captions), generator.CHUNK):
        part = slice(at, at + generator.CHUNK)
        made.append(
            generator.sample(
                trained.model, captions[part], np.asarray(frames[part]) - 1, sampler,
                stream(seed, at // generator.CHUNK, stage), encoder=trained.encoder,
            )
        )  # fmt: skip
        report("drawing motions", min(at + generator.CHUNK, len(captions)), len(captions))
    return np.concatenate(made)


def joints_of(features: NDArray[np.float32], frames: Sequence[int]) -> list[NDArray[np.float32]]:
    """Joints (frames, 22, 3) [m] of padded features."""
    lengths = np.asarray(frames, dtype=np.int64) - 1
    return [clip.astype(np.float32) for clip in decode_clips(representation_named("hml263"), features, lengths)]


def write_samples(trained: Trained, order: Order, out: Path, report: Report = silent) -> int:
    """Draw into `out` what is not there yet; how many motions were written.

    The folder's content depends on model and order alone, not on interruptions; more motions may be added later.

    Raises:
        ValueError: lengths that the model cannot make, or a folder that holds something else or more.
        OSError: it cannot be written.
    """
    check_frames(order.frames, trained)
    trained.encoder  # noqa: B018  (refused before the folder is made)
    wanted = {**order.describe(trained), "motions": order.rows(trained)}
    _check(out, order, wanted)
    with locked(out):
        there = _check(out, order, wanted)
        if not (out / INDEX).exists() or files.read_json(out / INDEX) != files.to_json(wanted):
            files.write_json(out / INDEX, wanted)
        n, made = len(order.captions), 0
        missing = [i for i in range(n) if not {order.file(i), f"{i:05d}.txt"} <= there]
        report("drawing motions", n - len(missing), n)
        for block in sorted({i // generator.CHUNK for i in missing}):
            at = block * generator.CHUNK
            todo = [i for i in missing if i // generator.CHUNK == block]
            part = slice(at, max(todo) + 1)  # a motion needs those before it, none after
            features = generator.sample(
                trained.model, order.captions[part], np.asarray(order.frames[part]) - 1, order.sampler,
                stream(order.seed, block, "motion sample"), encoder=trained.encoder,
            )  # fmt: skip
            clips = joints_of(features, order.frames[part])
            for i in todo:
                files.write_bytes(out / f"{i:05d}.txt", (order.captions[i] + "\n").encode())
                _write(out / order.file(i), order.written, features[i - at, : order.frames[i] - 1], clips[i - at])
                made += 1
            report("drawing motions", n - len(missing) + made, n)
    return made


def _write(path: Path, written: str, features: NDArray[np.float32], joints: NDArray[np.float32]) -> None:
    if written == "bvh":
        write_bvh(path, joints)
    else:
        files.write_array(path, joints if written == "joints" else features)


def _check(out: Path, order: Order, wanted: Mapping[str, Any]) -> set[str]:
    """Names of the files in `out`; ValueError if they are not those of the first motions of this order."""
    if not out.exists():
        return set()
    if not out.is_dir():
        raise ValueError(f"{out} is a file; choose a folder for --out")
    there = {path.name for path in out.iterdir()}
    stored = read_index(out) if INDEX in there else None
    if stored is not None:
        found = files.differences({**stored, "motions": []}, files.to_json({**wanted, "motions": []}))
        old, new = stored["motions"], files.to_json(wanted["motions"])
        if not found and len(old) > len(new):
            found = [f"motions: {len(old)} are there, {len(new)} asked for"]
        if not found and new[: len(old)] != old:
            place = next(i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b)
            found = [f"motion {place}: {'; '.join(files.differences(old[place], new[place]))}"]
        if found:
            raise ValueError(f"{out} holds other samples ({'; '.join(found)}); choose a new --out or the old values")
    names = range(len(order.captions))
    own = {name for i in names for name in (order.file(i), f"{i:05d}.txt", f"{i:05d}.gif")} if stored else set()
    own |= {INDEX} if stored else set()
    foreign = sorted(there - own - {f"{name}.partial" for name in own | {INDEX}} - {".lock", ".holder"})
    if foreign:
        raise ValueError(f"{out} holds other files ({', '.join(foreign[:3])[:120]}); choose a new --out")
    return there


def read_index(folder: Path) -> dict[str, Any]:
    """The index of a folder of samples.

    Raises:
        ValueError: it is none of ours, or damaged.
    """
    found = files.read_json(folder / INDEX)
    if not isinstance(found, dict) or found.get("kind") != KIND or found.get("format") != 1:
        raise ValueError(f"{folder / INDEX} is no index of drawn motions of format 1; choose another folder")
    entries = found.get("motions")
    keys = {"file", "caption", "action", "frames"}
    if not isinstance(entries, list) or not all(isinstance(one, dict) and keys <= set(one) for one in entries):
        raise ValueError(f"{folder / INDEX} is damaged: it lacks what every motion has; draw the motions again")
    return found


def as_batch(
    clips: Sequence[NDArray[np.floating[Any]]], captions: Sequence[str], actions: Sequence[str]
) -> MotionBatch:
    """Clips of joints (T_i, 22, 3) as one batch, padded to the longest."""
    longest = max(len(clip) for clip in clips) - 1
    features, lengths = encode_clips(representation_named("hml263"), clips, longest, floor="given")
    names = tuple(f"{i:05d}" for i in range(len(clips)))
    return MotionBatch(features, lengths, tuple(captions), tuple(actions), names)


def read_clip(path: Path, frames: int) -> NDArray[np.float64]:
    """The joints (frames, 22, 3) [m] of a motion that `write_samples` wrote.

    Raises:
        ValueError: it is damaged or another one. OSError: it cannot be read.
    """
    found = read_motion(path)
    joints = found.joints
    if isinstance(found, BvhFile):
        joints = joints + np.array([0.0, found.sole, 0.0])  # ours begin at the toe joints: nothing is sole
    elif isinstance(found, JointsFile):
        joints = joints / found.unit
    if len(joints) != frames:
        raise ValueError(f"{path} has {len(joints)} frames, its index says {frames}; draw the motions again")
    return joints
