"""What correctors of the experiment know besides the generator: a prior from real motions that it never sees."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np

from loop.progress import Report, silent
from motion.batch import MotionBatch
from motion.correctors import prior_file as priors
from motion.correctors.prior import LEAST, MotionPrior, PriorSettings
from motion.correctors.stock import Stock
from motion.data.clip import Clip
from motion.experiment.dataset import EMBEDDED, Dataset, batch_for, capture_of, embedded
from motion.experiment.presets import Preset
from motion.features.padded import decode_clips
from motion.features.representation import representation_named

PRIOR = "prior.npz"
"""Where an experiment keeps its prior."""
_SEED = 20260302  # of the embedded stock: none that data sets or fresh draws use


def stock(data: Dataset, preset: Preset, size: int) -> MotionBatch:
    """At most `size` real motions that are neither training nor reference nor second motions.

    Embedded data draw them anew, as many as asked for; a pack gives what it has left, chosen by lot.

    Raises:
        ValueError: fewer than a prior needs.
    """
    _check_size(size)
    if data.info["source"] == EMBEDDED:
        return _drawn(preset, size)
    if len(data.rest) < LEAST:
        raise ValueError(
            f"a prior needs at least {LEAST} real motions that the generator never sees, the data have "
            f"{len(data.rest)} left; use more data, a smaller preset or other arms"
        )
    return data.rest.take(np.sort(np.random.default_rng(_SEED).permutation(len(data.rest))[:size]))


def _drawn(preset: Preset, size: int) -> MotionBatch:
    return batch_for(preset, embedded(size, preset, _SEED), np.random.default_rng(_SEED))


def drawn_prior(preset: Preset, size: int) -> MotionPrior:
    """The prior of an experiment on embedded motions: always the same, of none that data sets or fresh draws hold."""
    return prior_of(_drawn(preset, size))


def prior_of(batch: MotionBatch) -> MotionPrior:
    """The prior of real motions; of the length of the longest, held still beyond their own."""
    clips = decode_clips(representation_named("hml263"), batch.features, batch.lengths)
    captures = tuple(capture_of(name) if "@" in name else name for name in batch.ids)
    lengths = np.array([len(clip) for clip in clips])
    longest = int(lengths.max())
    if (lengths == longest).all():
        return MotionPrior(np.stack(clips), batch.captions, captures)
    held = [np.concatenate([clip, np.repeat(clip[-1:], longest - len(clip), axis=0)]) for clip in clips]
    return MotionPrior(np.stack(held), batch.captions, captures, lengths=lengths)


def stock_of(prior: MotionPrior) -> Stock:
    """The prior's motions as the stock of a projection: the same knowledge, used without captions."""
    lengths = [prior.frames] * len(prior) if prior.lengths is None else prior.lengths.tolist()
    return Stock(
        tuple(
            Clip(capture, joints[:length], (caption,), "", "prior", "as its source's")
            for capture, joints, length, caption in zip(
                prior.captures, prior.joints, lengths, prior.captions, strict=True
            )
        )
    )


def prepare_prior(out: Path, data: Dataset, preset: Preset, size: int, report: Report = silent) -> MotionPrior:
    """The experiment's prior, made in `out` if it is not there yet.

    Raises:
        ValueError: another one is there, or the data cannot give one.
    """
    _check_size(size)
    path = out / PRIOR
    embedded_data = data.info["source"] == EMBEDDED
    made_from = {
        "data": data.info["fingerprint"], "size": size if embedded_data else min(size, len(data.rest)), "seed": _SEED,
        "settings": asdict(PriorSettings()),
    }  # fmt: skip
    if path.exists():  # the stock is not drawn again only to be compared
        return priors.load(path, made_from)
    prior = prior_of(stock(data, preset, size))
    usual = preset.frames if prior.lengths is None else int(np.median(prior.lengths)) - 1
    priors.save(prior, path, usual, report, made_from=made_from)
    return prior


def _check_size(size: int) -> None:
    if size < LEAST:
        raise ValueError(f"a prior needs at least {LEAST} real motions, got {size}; raise --prior-size")
