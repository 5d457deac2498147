"""Motions before the judges: `generative.judges` on what an `Embedder` makes of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from generative.judges import Drawn, Verdict, judge, t2m
from motion.batch import MotionBatch
from motion.evaluation.embedder import Embedder, Float64


def judge_motions(
    embedder: Embedder,
    samples: MotionBatch,
    real: MotionBatch,
    *,
    training: MotionBatch | None = None,
    repeats: Sequence[MotionBatch] | None = None,
    seed: int = 0,
    floors: bool = True,
) -> Verdict:
    """All measures of samples, drawn for their captions, against real motions that neither model nor judge has seen.

    Args:
        training: the model's training set: memorisation.
        repeats: for each of some captions several samples, equally many: multimodality.
        floors: False leaves out the real motions' own values.

    Raises:
        ValueError: as `Embedder` and `judge`.
    """
    return judge(
        embedder.motions(samples), embedder.motions(real),
        texts=embedder.captions(samples.captions), captions=samples.captions,
        real_texts=embedder.captions(real.captions) if floors else None, real_captions=real.captions,
        repeats=None if repeats is None else _stacked(embedder, repeats),
        training=None if training is None else embedder.motions(training),
        seed=seed, floors=floors,
    )  # fmt: skip


def judge_as_t2m(
    embedder: Embedder,
    draw: Callable[[np.random.Generator], MotionBatch],
    real: MotionBatch,
    *,
    repeat: Callable[[np.random.Generator], Sequence[MotionBatch]] | None = None,
    replications: int = 20,
    seed: int = 0,
) -> Verdict:
    """The published protocol, see `generative.judges.t2m`; comparable with its tables only with T2M's own evaluator.

    Args:
        draw: samples for the captions of the test set, drawn anew from each generator.
        repeat: 100 batches of 30 samples of one caption each, drawn anew: multimodality; None leaves it out.

    Raises:
        ValueError: as `Embedder` and `t2m`.
    """

    def drawn(rng: np.random.Generator) -> Drawn:
        samples = draw(rng)
        many = None if repeat is None else _stacked(embedder, repeat(rng))
        return Drawn(embedder.motions(samples), embedder.captions(samples.captions), many)

    points, texts = embedder.motions(real), embedder.captions(real.captions)
    return t2m(drawn, points, texts, replications=replications, seed=seed)


def _stacked(embedder: Embedder, repeats: Sequence[MotionBatch]) -> Float64:
    """(captions, repeats, d) of batches of equally many motions."""
    counts = {len(one) for one in repeats}
    if len(counts) != 1:
        raise ValueError(f"repeats must be equally many samples of each caption, got {sorted(counts)}; draw as many")
    together = embedder.motions(repeats[0].concat(*repeats[1:]))
    return together.reshape(len(repeats), -1, together.shape[1])
