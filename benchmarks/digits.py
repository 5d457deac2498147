"""What a generation of the image loop costs beside the network itself: `python benchmarks/digits.py`.

Prints, on one thread, the time of drawing 500 images and of 50 training steps as a ratio to nothing but the forward
passes, or the forward and backward passes, that they need; and what is measured and corrected beside them. Last, how
long the default experiment (9 arms, 20 generations, 5 seeds) takes at this rate on two cores.
"""

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch

from toy.digits import judge
from toy.digits.campaign import LoopConfig, loaded
from toy.digits.corrector import DigitKMeans
from toy.digits.measures import Ruler
from toy.digits.model import CHUNK, fit, sample
from toy.digits.network import DigitDenoiser
from toy.digits.settings import EMBEDDED

COUNT = 500


def seconds(work: Callable[[], object], repeats: int = 3) -> float:
    """CPU-seconds of the fastest of several calls, after one to warm up."""
    work()
    times = []
    for _ in range(repeats):
        begin = time.process_time()
        work()
        times.append(time.process_time() - begin)
    return min(times)


def main() -> None:
    torch.set_num_threads(1)
    settings, data = EMBEDDED, loaded(EMBEDDED)
    rng = np.random.default_rng
    model = fit(None, data.train, replace(settings.first, steps=20), rng(0))
    labels = data.reference.labels[:COUNT]
    net = DigitDenoiser(settings.network)
    net.load_state_dict(model.weights)

    def passes(size: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        x = torch.zeros(size, 1, settings.size, settings.size)
        return x, torch.full((size,), 500.0), torch.zeros(size, dtype=torch.long)

    def forward() -> None:
        with torch.inference_mode():
            for _ in range(settings.sampler_steps * COUNT // CHUNK):
                net(*passes(2 * CHUNK))

    def both() -> None:
        for _ in range(settings.steps):
            net(*passes(settings.batch_size)).square().mean().backward()

    drawn = seconds(lambda: sample(model, labels, settings.sampler, rng(0)))
    bare = seconds(forward)
    print(f"drawing {COUNT} images: {drawn:.2f} s, {drawn / bare:.2f} x its {bare:.2f} s of forward passes")
    fitted = seconds(lambda: fit(model, data.train, settings.later, rng(0)))
    floor = seconds(both)
    print(f"{settings.steps} steps: {fitted:.2f} s, {fitted / floor:.2f} x their {floor:.2f} s forward and backward")
    batch = sample(model, labels, settings.sampler, rng(0))
    ruler = Ruler.fit(judge.trained(data), data.reference)
    corrector = DigitKMeans.fitted(data.train, settings.centres)
    measured, corrected = seconds(lambda: ruler.measure(batch, data.train)), seconds(lambda: corrector(batch, rng(0)))
    print(f"measuring {COUNT}: {measured:.3f} s, correcting {COUNT}: {corrected:.4f} s")
    lams = LoopConfig().lams
    images = sum(2 * lam * settings.n for lam in lams) + 9 * (COUNT + CHUNK)  # of the nine arms, in one generation
    whole = 5 * 20 * (images * drawn / COUNT + 9 * (fitted + measured))
    print(f"9 arms x 20 generations x 5 seeds: {whole / 60:.0f} CPU-minutes, {whole / 120:.0f} minutes on two cores")


if __name__ == "__main__":
    main()
