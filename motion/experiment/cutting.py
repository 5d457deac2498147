"""Which stretches of a pack's clips an experiment uses, where motions have lengths of their own, and which set each is
in where the pack says so itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from motion.data.clip import Clip, fast_frames
from motion.kinematics.retarget import placed


@dataclass(frozen=True)
class Pieces:
    """clips: named `<clip>@<first frame>`. short, long: clips left out for their length. broken: pieces left out for
    glitches or joints that no body moves so fast."""

    clips: tuple[Clip, ...]
    short: int
    long: int
    broken: int


def pieces(clips: Sequence[Clip], shortest: int, frames: int, longest: int | None, rng: np.random.Generator) -> Pieces:
    """Clips of `shortest` to `frames` frames as they are, longer ones cut, each at the origin and facing +z.

    Args:
        longest: clips of more frames are left out, and others cut to `frames` from a random place, as HumanML3D has it
            (40, 196, 199); None: longer ones are cut up from their beginning, their rest too where it is long enough.
        rng: of the random places; asked only for clips that are cut.
    """
    found: list[Clip] = []
    short = long = broken = 0
    for clip in clips:
        if len(clip) < shortest:
            short += 1
            continue
        if longest is not None and len(clip) > longest:
            long += 1
            continue
        bad = fast_frames(clip)
        bad[[g for g in clip.glitches if g < len(clip)]] = True
        if len(clip) <= frames:
            spans = [(0, len(clip))]
        elif longest is not None:
            first = int(rng.integers(len(clip) - frames + 1))
            spans = [(first, first + frames)]
        else:
            spans = [(at, min(at + frames, len(clip))) for at in range(0, len(clip), frames)]
        for first, end in spans:
            if bad[first:end].any():
                broken += 1
            elif end - first >= shortest:
                joints = placed(clip.joints[first:end].astype(float)).astype(np.float32)
                found.append(replace(clip, name=f"{clip.name}@{first}", joints=joints, glitches=()))
    return Pieces(tuple(found), short, long, broken)


def lengths_drawn(count: int, shortest: int, frames: int, seed: int) -> list[int]:
    """Frames of motions that are made to measure: evenly from `shortest` to `frames`; fewer are the first of more."""
    drawn: list[int] = np.random.default_rng([seed, 1]).integers(shortest, frames, count, endpoint=True).tolist()
    return drawn


def by_lists(
    cuts: Sequence[Clip], n: int, reference: int, capture: Callable[[str], str], rng: np.random.Generator
) -> list[list[Clip]]:
    """Training, reference, second set and the rest, as the pack's lists have them; each in random order.

    The n training motions are of its list of training motions, the reference of its tests, the second set of what the
    tests have left (or empty), the rest of all lists but the tests. capture: of a cut's name, what it was cut from; the
    second set and the rest hold nothing of one that another set has.

    Raises:
        ValueError: the pack has no lists, they hold too few motions, or both have parts of one capture.
    """
    listed = {split: [cut for cut in cuts if cut.split == split] for split in ("train", "val", "test")}
    if not listed["train"] or not listed["test"]:
        raise ValueError(
            "splits 'given' needs a pack with lists of its own (train.txt and test.txt, as HumanML3D has), got none; "
            "draw them: --set splits=drawn"
        )
    if len(listed["train"]) < n or len(listed["test"]) < reference:
        raise ValueError(
            f"the lists give {len(listed['train'])} training and {len(listed['test'])} test motions of these lengths, "
            f"needed are {n} and {reference}; use more data, or --set n=... reference=... evaluation=..."
        )
    shuffled = {split: [own[i] for i in rng.permutation(len(own))] for split, own in listed.items()}
    train, tests = shuffled["train"][:n], shuffled["test"]
    taken = {capture(cut.name) for cut in train}
    both = sorted(taken & {capture(cut.name) for cut in tests})
    if both:
        raise ValueError(f"{both[0]} stands in train.txt and in test.txt, perhaps mirrored; leave it in one of them")
    held = {capture(cut.name) for cut in tests[:reference]}
    second = [cut for cut in tests[reference:] if capture(cut.name) not in held][:reference]
    rest = [cut for cut in (*shuffled["train"][n:], *shuffled["val"]) if capture(cut.name) not in taken]
    return [train, tests[:reference], second if len(second) == reference else [], rest]
