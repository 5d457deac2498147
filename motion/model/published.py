"""MDM's published settings for HumanML3D (Tevet et al. 2023), to start a faithful run from."""

from __future__ import annotations

import math

from generative.samplers import SamplerConfig
from motion.model.mdm import PUBLISHED
from motion.model.training import TrainConfig

TRAINING = TrainConfig(
    steps=475_000, batch_size=64, learning_rate=1e-4, schedule="constant", warmup=0, clip=math.inf, ema=0.0,
    beta2=0.999, weight_decay=0.0, drop_caption=0.1, objective="ddpm-x0", levels="level", crops=True, batches="epochs",
    model=PUBLISHED,
)  # fmt: skip
"""Constant rate, no clipping, no moving average, torch's own AdamW without decay of the weights, each level alike."""

SAMPLER = SamplerConfig(steps=1000, guidance=2.5, solver="ddpm")
"""Ancestral sampling at every level. Self-consuming loops of MDM have been run with guidance 1."""
