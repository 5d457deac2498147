"""DigitModel: a trained class-conditional diffusion model of digits; fitting one generation and drawing from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from generative import weights
from generative.samplers import SamplerConfig, draw
from generative.schedule import LEVELS, noise_scales, scales_at, training_levels
from generative.training import (
    OptimiserConfig,
    Weights,
    averaged,
    carry,
    check_share,
    continued,
    digest,
    draw_rows,
    new_state,
    train_in,
)
from loop.progress import Report
from toy.digits.batch import CLASSES, ImageBatch
from toy.digits.network import DigitDenoiser, NetworkConfig

CHUNK = 100
"""Images sampled at once. Every chunk is filled up to this size, so sample i is the same however many follow it."""


@dataclass(frozen=True, kw_only=True)
class DigitTraining(OptimiserConfig):
    """drop_digit: share of images trained without their digit (for guidance). network: its size."""

    drop_digit: float = 0.1
    network: NetworkConfig = NetworkConfig()

    def __post_init__(self) -> None:
        super().__post_init__()
        check_share("drop_digit", self.drop_digit)


@dataclass(frozen=True)
class DigitModel:
    """A trained generator: immutable, all that sampling and the next generation need.

    weights: the averaged weights, by name; samples are drawn from these.
    carried: weights and moments of the optimiser, or None. loss: at the end of training, smoothed over about 50 steps.
    """

    network: NetworkConfig
    weights: Weights
    carried: Mapping[str, Weights] | None
    loss: float

    def save(self, folder: Path) -> None:
        """Write `model.json` and `model.safetensors` into an existing folder."""
        about = {"network": asdict(self.network), "loss": self.loss}
        weights.save(folder, weights.with_carried(self.weights, self.carried), about)

    @classmethod
    def load(cls, folder: Path) -> DigitModel:
        """Read what `save` wrote.

        Raises:
            OSError: a file is missing.
            ValueError: the weights do not fit the stored size.
        """
        groups, about = weights.load(folder)
        network = NetworkConfig(**about["network"])
        weights.check_fits(groups["weights"], DigitDenoiser(network), folder)
        return cls(network, groups["weights"], weights.carried_of(groups), about["loss"])


def fit(
    previous: DigitModel | None,
    batch: ImageBatch,
    config: DigitTraining,
    rng: np.random.Generator,
    *,
    work: Path | None = None,
    report: Report | None = None,
) -> DigitModel:
    """Train one generation on `batch`; from `previous` where `config.start` is "finetune".

    work: a folder for checkpoints, see `train_in`.

    Raises:
        ValueError: no or not finite images, another size than the model's, or training diverged.
    """
    if not len(batch) or not np.isfinite(batch.images).all():
        raise ValueError(f"training needs finite images, got {len(batch)} with nan or inf, or none; drop those")
    if batch.images.shape[1:] != (config.network.size,) * 2:
        raise ValueError(f"images must be {config.network.size} pixels wide, got {batch.images.shape[1:]}; resize them")
    seed = int(rng.integers(2**63))
    before, carried = continued(previous, config)
    if previous is not None and before is not None and previous.network != config.network:
        raise ValueError(
            f"fine-tuning needs the previous model's size {previous.network}, got {config.network}; keep it"
        )
    generator = torch.Generator().manual_seed(seed)
    net = DigitDenoiser(config.network)
    if before is None:
        net.initialise(generator)
    state = new_state(net, config, generator, weights=before, carried=carried)
    clean = torch.from_numpy(2 * batch.images - 1).unsqueeze(1)
    digits = torch.from_numpy(batch.labels)
    levels = training_levels("log-snr")

    def gradients(net: DigitDenoiser, generator: torch.Generator) -> float:
        size = config.batch_size
        rows = draw_rows(len(clean), size, generator)
        level = levels[torch.randint(LEVELS, (size,), generator=generator)]
        dropped = torch.rand(size, generator=generator) < config.drop_digit
        noise = torch.randn(size, *clean.shape[1:], generator=generator)
        alpha, sigma = (scale.view(-1, 1, 1, 1) for scale in noise_scales(level))
        x = clean[rows]
        told = torch.where(dropped, CLASSES, digits[rows])
        loss = functional.mse_loss(net(alpha * x + sigma * noise, level.float(), told), alpha * noise - sigma * x)
        loss.backward()  # type: ignore[no-untyped-call]
        return float(loss.detach())

    name = digest(config, seed, [clean, digits], before, carried)
    state = train_in(work, name, state, gradients, config, report)
    kept = carry(state) if config.optimiser == "carried" else None
    return DigitModel(config.network, averaged(state), kept, state.loss)


def sample(
    model: DigitModel,
    labels: NDArray[np.int64],
    config: SamplerConfig,
    rng: np.random.Generator,
    report: Report | None = None,
) -> ImageBatch:
    """One image per label; sample i depends on the state of `rng`, on i and its label, not on how many there are."""
    count, size = len(labels), model.network.size
    generator = torch.Generator().manual_seed(int(rng.integers(2**63)))
    net = DigitDenoiser(model.network)
    net.load_state_dict(model.weights)
    net.eval()
    out = np.zeros((count, size, size), np.float32)
    for begin in range(0, count, CHUNK):
        rows = np.arange(begin, begin + CHUNK)
        rows[rows >= count] = begin  # fill up with copies
        end = min(count, begin + CHUNK)
        out[begin:end] = _chunk(net, torch.from_numpy(labels[rows]), config, generator)[: end - begin]
        if report is not None:
            report("sample", end, count)
    return ImageBatch(out, labels)


@torch.inference_mode()
def _chunk(
    net: DigitDenoiser, digits: Tensor, config: SamplerConfig, generator: torch.Generator
) -> NDArray[np.float32]:
    """(CHUNK, H, W), pixels 0 to 1. Estimates of x_0 are cut to the range of pixels at every step."""
    guided = config.guidance != 1
    both = torch.cat([digits, torch.full_like(digits, CLASSES)]) if guided else digits

    def denoise(x: Tensor, level: float) -> Tensor:
        passes = torch.cat([x, x]) if guided else x
        alpha, sigma = scales_at(level)
        v = net(passes, torch.full((len(passes),), level), both)
        if guided:
            with_digit, without = v.chunk(2)
            v = torch.lerp(without, with_digit, config.guidance)
        clean: Tensor = (alpha * x - sigma * v).clamp(-1, 1)
        return clean

    def noise() -> Tensor:
        return torch.randn(CHUNK, 1, net.config.size, net.config.size, generator=generator)

    images: NDArray[np.float32] = ((draw(denoise, noise, config)[:, 0] + 1) / 2).clamp(0, 1).numpy()
    return images
