"""What correctors of the experiment know besides the generator: a prior from real motions that it never sees."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from loop.progress import Report, silent
from motion.batch import MotionBatch
from motion.correctors import prior_file as priors
from motion.correctors.prior import LEAST, MotionPrior
from motion.correctors.stock import Stock
from motion.data.clip import Clip
from motion.experiment.dataset import EMBEDDED, Dataset, capture_of, embedded, to_batch
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
    if size < LEAST:
        raise ValueError(f"a prior needs at least {LEAST} real motions, got {size}; raise --prior-size")
    if data.info["source"] == EMBEDDED:
        return _drawn(preset, size)
    if len(data.rest) < LEAST:
        raise ValueError(
            f"a prior needs at least {LEAST} real motions that the generator never sees, the data have "
            f"{len(data.rest)} left; use more data, a smaller preset or other arms"
        )
    return data.rest.take(np.sort(np.random.default_rng(_SEED).permutation(len(data.rest))[:size]))


def _drawn(preset: Preset, size: int) -> MotionBatch:
    return to_batch(embedded(size, preset, _SEED), np.random.default_rng(_SEED))


def drawn_prior(preset: Preset, size: int) -> MotionPrior:
    """The prior of an experiment on embedded motions: always the same, of none that data sets or fresh draws hold."""
    return prior_of(_drawn(preset, size))


def prior_of(batch: MotionBatch) -> MotionPrior:
    """The prior of real motions of one length."""
    clips = decode_clips(representation_named("hml263"), batch.features, batch.lengths)
    captures = tuple(capture_of(name) if "@" in name else name for name in batch.ids)
    return MotionPrior(np.stack(clips), batch.captions, captures)


def stock_of(prior: MotionPrior) -> Stock:
    """The prior's motions as the stock of a projection: the same knowledge, used without captions."""
    return Stock(
        tuple(
            Clip(capture, joints, (caption,), "", "prior", "as its source's")
            for capture, joints, caption in zip(prior.captures, prior.joints, prior.captions, strict=True)
        )
    )


def prepare_prior(out: Path, data: Dataset, preset: Preset, size: int, report: Report = silent) -> MotionPrior:
    """The experiment's prior, made in `out` if it is not there yet.

    Raises:
        ValueError: another one is there, or the data cannot give one.
    """
    path = out / PRIOR
    wanted = prior_of(stock(data, preset, size))
    if path.exists():
        found = priors.load(path)
        if found.describe() != wanted.describe():
            raise ValueError(
                f"{path} was made from {len(found)} other real motions, or with other settings; asked for are "
                f"{len(wanted)}; choose a new --out or the old --prior-size"
            )
        return found
    priors.save(wanted, path, preset.frames, report)
    return priors.load(path)
