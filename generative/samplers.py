"""Samplers for a model that predicts the clean sample, behind one call: `draw`.

They see the model only as `denoise(x, level) -> x_0 estimate` (see `schedule.py`) and work on tensors of any shape.
None is exact at few steps; `exact.py` states the bias of each on laws where the perfect denoiser is known, and
`benchmarks/samplers.py` prints it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from torch import Tensor

from generative import adams, flow
from generative.schedule import LAMBDA_RANGE, LEVELS, Denoise, Noise, Spacing, cosine_alpha_bar, level_at, scales_of

Solver = Literal["dpm++2m", "ddim", "ddpm", "adams", "flow-euler", "flow-heun"]
SOLVERS: tuple[Solver, ...] = ("dpm++2m", "ddim", "ddpm", "adams", "flow-euler", "flow-heun")


WITHIN_LOG_SNR: tuple[Solver, ...] = ("dpm++2m", "adams")
"""Solvers that never look beyond LAMBDA_RANGE, the training levels "log-snr"; the others begin at pure noise."""


def check_levels(solver: Solver, spacing: Spacing) -> None:
    """Raise ValueError if a solver looks at noise levels that a network trained on `spacing` has never seen.

    "level" and "flow" reach from noise to data and serve every solver: what a level means is its log-SNR alone.
    """
    if spacing == "log-snr" and solver not in WITHIN_LOG_SNR:
        raise ValueError(
            f"solver {solver} begins at pure noise, which training levels 'log-snr' leave out; train with levels "
            f"'level' or objective 'flow-x1', or draw with {' or '.join(WITHIN_LOG_SNR)}"
        )


@dataclass(frozen=True, kw_only=True)
class SamplerConfig:
    """How samples are drawn.

    steps: model evaluations (two passes each when guidance is not 1).
    guidance: scale of classifier-free guidance; 1 is the model itself, without bias.
    solver: "dpm++2m" deterministic, second order, levels uniform in log-SNR; "adams" deterministic, third order, exact
        on the unit Gaussian, its levels chosen for the least bias (`adams.py`); "ddim" deterministic, first order,
        levels uniform in k; "ddpm" ancestral with the posterior's variance, levels uniform in k (1000 steps: MDM's
        sampler); "flow-euler" and "flow-heun" deterministic, first and second order, even in the time of the straight
        path (`flow.py`; Heun looks twice a step and once in the last: an odd number).
        Which levels a network must have been trained on for each: `check_levels`.
    """

    steps: int = 8
    guidance: float = 1.0
    solver: Solver = "dpm++2m"

    def __post_init__(self) -> None:
        if self.solver not in SOLVERS:
            raise ValueError(f"solver must be one of {', '.join(SOLVERS)}, got {self.solver!r}; choose one of them")
        least = {"dpm++2m": 2, "adams": 3}.get(self.solver, 1)
        if not least <= self.steps <= LEVELS:
            raise ValueError(f"steps must be {least} to {LEVELS} for {self.solver}, got {self.steps}; stay in between")
        if self.solver == "flow-heun" and self.steps % 2 == 0:
            raise ValueError(f"steps must be odd for flow-heun, got {self.steps}; take {self.steps - 1}")
        if not (math.isfinite(self.guidance) and self.guidance >= 0):
            raise ValueError(f"guidance must be finite and >= 0 (1 = none), got {self.guidance!r}")


def draw(denoise: Denoise, noise: Noise, config: SamplerConfig) -> Tensor:
    """One sample per element of what `noise()` returns (standard normal, called once, for "ddpm" once a step)."""
    if config.solver == "dpm++2m":
        return _dpm(denoise, noise(), config.steps)
    if config.solver == "adams":
        return adams.integrate(denoise, noise(), adams.planned(config.steps))
    if config.solver == "flow-euler":
        return flow.euler(denoise, noise(), config.steps)
    if config.solver == "flow-heun":
        return flow.heun(denoise, noise(), config.steps)
    return _respaced(denoise, noise, config.steps, ancestral=config.solver == "ddpm")


def _dpm(denoise: Denoise, x: Tensor, steps: int) -> Tensor:
    """DPM-Solver++(2M) of Lu et al. 2022 in data prediction; ends with the x_0 estimate at the last level."""
    lam = np.linspace(*LAMBDA_RANGE, steps)
    level = level_at(lam)
    before = None
    for i in range(steps - 1):
        clean = denoise(x, float(level[i]))
        # Steps of lambda are equal, so the extrapolation to the step's middle is 3/2, -1/2.
        middle = clean if before is None else 1.5 * clean - 0.5 * before
        x = dpm_step(x, middle, float(lam[i]), float(lam[i + 1]))
        before = clean
    return denoise(x, float(level[-1]))


def dpm_step(x: Tensor, clean: Tensor, lam: float, lam_next: float) -> Tensor:
    """From one half log-SNR to the next with x_0 held at `clean` (Lu et al. 2022, DPM-Solver++, eq. 9)."""
    (_, sigma), (alpha_next, sigma_next) = scales_of(lam), scales_of(lam_next)
    return float(sigma_next / sigma) * x + float(alpha_next) * -math.expm1(lam - lam_next) * clean


def _respaced(denoise: Denoise, noise: Noise, steps: int, *, ancestral: bool) -> Tensor:
    """DDIM or ancestral DDPM on evenly spaced levels."""
    levels = np.round(np.linspace(LEVELS - 1, 0, steps)).astype(int) if steps > 1 else np.array([LEVELS - 1])
    alpha_bar = np.append(cosine_alpha_bar()[levels], 1.0)
    x = noise()
    for i, level in enumerate(levels):
        clean = denoise(x, float(level))
        here, there = alpha_bar[i], alpha_bar[i + 1]
        if ancestral:
            x, deviation = ddpm_step(x, clean, here, there)
            if i + 1 < steps:
                x = x + deviation * noise()
        else:
            x = ddim_step(x, clean, here, there)
    return x


def ddim_step(x: Tensor, clean: Tensor, here: float, there: float) -> Tensor:
    """From one alpha_bar to another with x_0 and the noise held (Song et al. 2021, DDIM, eq. 12, no noise added)."""
    return math.sqrt(there) * clean + math.sqrt((1 - there) / (1 - here)) * (x - math.sqrt(here) * clean)


def ddpm_step(x: Tensor, clean: Tensor, here: float, there: float) -> tuple[Tensor, float]:
    """Mean and standard deviation of the posterior at another alpha_bar (Ho et al. 2020, eq. 7), any distance."""
    step = here / there  # alpha of this (long) step
    keep = math.sqrt(step) * (1 - there) / (1 - here)
    mean = math.sqrt(there) * (1 - step) / (1 - here) * clean + keep * x
    return mean, math.sqrt((1 - there) / (1 - here) * (1 - step))
