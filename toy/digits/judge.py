"""The judge: a classifier trained on digits that the loop never sees; its last hidden layer is the space of the FID."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

from generative.training import OptimiserConfig, Weights, averaged, draw_rows, new_state, train
from loop import files
from loop.progress import Report
from toy.digits.batch import CLASSES, ImageBatch
from toy.digits.data import DigitData

FEATURES = 32
"""Width d of the judge's last hidden layer: small, so that a few hundred images determine a covariance."""

_TRAINING = OptimiserConfig(steps=1500, batch_size=64, learning_rate=2e-3)
_NOISE = 0.15  # standard deviation added to training images [pixel range]
_STEPS_ASIDE = 1  # pixels by which training images are moved at most, per 8 of width


class JudgeNet(nn.Module):
    """Two convolutions, one hidden layer of `FEATURES`, ten classes."""

    def __init__(self, size: int) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
            self.conv2 = nn.Conv2d(16, 32, 3, stride=2, padding=1)
            self.pool = nn.AdaptiveAvgPool2d(min(4, size // 2))
            self.hidden = nn.Linear(32 * min(4, size // 2) ** 2, FEATURES)
            self.leave = nn.Linear(FEATURES, CLASSES)

    def features(self, x: Tensor) -> Tensor:
        """(B, 1, H, W), pixels 0 to 1 -> (B, FEATURES)."""
        h = functional.silu(self.conv2(functional.silu(self.conv1(x))))
        found: Tensor = torch.tanh(self.hidden(self.pool(h).flatten(1)))
        return found

    def forward(self, x: Tensor) -> Tensor:
        """Logits of the ten digits, (B, 10)."""
        logits: Tensor = self.leave(self.features(x))
        return logits


@dataclass(frozen=True)
class Judge:
    """A trained judge. accuracy: share of the reference that it names rightly."""

    size: int
    weights: Weights
    accuracy: float

    def features(self, batch: ImageBatch) -> NDArray[np.float64]:
        """(n, FEATURES), each between -1 and 1."""
        return self._apply(batch)[0]

    def probability(self, batch: ImageBatch) -> NDArray[np.float64]:
        """Probability of the digit that each image was asked to show, (n,)."""
        return self._apply(batch)[1][np.arange(len(batch)), batch.labels]

    @torch.inference_mode()
    def _apply(self, batch: ImageBatch) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        net = JudgeNet(self.size)
        net.load_state_dict(self.weights)
        features = net.features(torch.from_numpy(batch.images).unsqueeze(1))
        chances = torch.softmax(net.leave(features).double(), 1)
        return features.double().numpy(), chances.numpy()


def trained(data: DigitData, report: Report | None = None) -> Judge:
    """A judge from `data.judge`; the same data give the same judge."""
    generator = torch.Generator().manual_seed(0)
    net = JudgeNet(data.size)
    with torch.no_grad():
        for weight in net.parameters():
            if weight.dim() > 1:
                weight.normal_(0.0, (2 / weight[0].numel()) ** 0.5, generator=generator)
            else:
                weight.zero_()
    images, labels = torch.from_numpy(data.judge.images).unsqueeze(1), torch.from_numpy(data.judge.labels)
    aside = max(1, _STEPS_ASIDE * data.size // 8) if data.size > 8 else 0  # at 8 pixels a digit fills its frame

    def gradients(net: JudgeNet, generator: torch.Generator) -> float:
        rows = draw_rows(len(images), _TRAINING.batch_size, generator)
        x = images[rows]
        if aside:
            down, right = torch.randint(-aside, aside + 1, (2,), generator=generator).tolist()
            x = torch.roll(x, (down, right), (2, 3))
        x = x + _NOISE * torch.randn(x.shape, generator=generator)
        loss = functional.cross_entropy(net(x), labels[rows], label_smoothing=0.05)
        loss.backward()  # type: ignore[no-untyped-call]
        return float(loss.detach())

    state = train(new_state(net, _TRAINING, generator), gradients, _TRAINING, report=report)
    unmeasured = Judge(data.size, averaged(state), 0.0)
    found = unmeasured._apply(data.reference)[1].argmax(axis=1)
    return Judge(data.size, unmeasured.weights, float((found == data.reference.labels).mean()))


def prepared(folder: Path, data: DigitData, report: Report | None = None) -> Judge:
    """The judge kept in `folder`, trained if there is none; whole or absent.

    Raises:
        ValueError: it was trained on other digits.
    """
    about = folder / "judge.json"
    if not about.exists():
        judge = trained(data, report)
        folder.mkdir(parents=True, exist_ok=True)
        partial = folder / "judge.safetensors.partial"
        save_file({name: weight.contiguous() for name, weight in judge.weights.items()}, partial)
        files.sync(partial)
        os.replace(partial, folder / "judge.safetensors")
        files.write_json(
            about, {"size": data.size, "accuracy": judge.accuracy, "fingerprint": data.info["fingerprint"]}
        )
    stored = json.loads(about.read_text(encoding="utf-8"))
    if stored["fingerprint"] != data.info["fingerprint"]:
        raise ValueError(f"{folder} holds a judge of other digits; choose a new --out or the old data")
    return Judge(stored["size"], load_file(folder / "judge.safetensors"), stored["accuracy"])
