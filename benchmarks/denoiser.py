"""What the denoiser's architectures cost: `python benchmarks/denoiser.py [--quick] [--device auto] [--motions 4]`.

"patch" at the laptop preset's size against "mdm" as published, on the same 64 motions of 40 to 196 frames with 512-dim
caption states, in CPU-seconds of one thread, or in seconds where a GPU works. Each is measured in a process of its own,
so that peak memory is its own (on a CPU with Python and torch themselves, 0.4 GB). Training steps are whole ones (batch
64, dropout, optimiser, moving average), after a first that is not counted. Sampling is dpm++2m without guidance; on a
CPU of fewer motions than 64 (--motions), all in one chunk, and 1000 evaluations (MDM's own sampler) are extrapolated
from the measured ones. The last columns hold the products of a step, counted by torch, against the rate at which the
same device multiplies large matrices in the same precision.
"""

import argparse
import resource
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context

import numpy as np
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from generative.device import Device, compile_for, device_of
from generative.samplers import SamplerConfig
from generative.training import averaged, new_state, train
from motion.batch import MotionBatch
from motion.features.normaliser import Normaliser
from motion.model.architectures import denoiser_of
from motion.model.contract import DenoiserConfig
from motion.model.denoiser import ModelConfig
from motion.model.generator import MotionModel, _training_set, sample
from motion.model.mdm import PUBLISHED
from motion.model.training import TrainConfig, gradients_of
from motion.text.words import Tokens

BATCH, EVALUATIONS, TEXT_DIM = 64, 8, 512
TEXT = {"vocabulary": 0, "text_dim": TEXT_DIM, "text_tokens": 20}
SIZES: dict[str, DenoiserConfig] = {
    "patch": ModelConfig(width=128, layers=4, heads=4, frames=196, **TEXT),
    "mdm": replace(PUBLISHED, text_tokens=20),
}
QUICK: dict[str, DenoiserConfig] = {
    "patch": ModelConfig(width=64, layers=2, frames=60, **TEXT),
    "mdm": replace(PUBLISHED, width=64, layers=2, feed_forward=128, frames=60, text_tokens=20),
}


class States:
    """A frozen encoder's place: 20 random states a caption, as what they say costs nothing."""

    vocabulary, dim = 0, TEXT_DIM

    def encode(self, captions: Sequence[str]) -> Tokens:
        values = np.random.default_rng(0).normal(size=(len(captions), 20, TEXT_DIM)).astype(np.float32)
        return Tokens(values, np.ones(values.shape[:2], bool))


def motions(frames: int) -> MotionBatch:
    """64 random ones: times do not depend on what is in them."""
    rng = np.random.default_rng(0)
    lengths = rng.integers(40, frames + 1, BATCH)
    features = rng.normal(size=(BATCH, frames, 263)).astype(np.float32)
    features[np.arange(frames) >= lengths[:, None]] = 0
    return MotionBatch(features, lengths, ("a person walks",) * BATCH, ("",) * BATCH, tuple(map(str, range(BATCH))))


def clock() -> float:
    """CPU-seconds of this one-threaded process, or of the wall where a GPU does the work."""
    return time.perf_counter() if torch.cuda.is_initialized() else time.process_time()  # type: ignore[no-untyped-call]


def measure(size: DenoiserConfig, device: Device, steps: int, asked: int) -> dict[str, float]:
    """Seconds, bytes and products of one architecture, in this process."""
    torch.set_num_threads(1)
    where = device_of(device)
    batch, encoder = motions(size.frames), States()
    normaliser = Normaliser.fit(batch)
    config = TrainConfig(steps=1, batch_size=BATCH, learning_rate=1e-4, schedule="constant", warmup=0, model=size)
    gradients = gradients_of(_training_set(batch, normaliser, size, encoder).to(where), config)
    net = denoiser_of(size)
    net.initialise(torch.Generator().manual_seed(0))
    parameters = sum(weight.numel() for weight in net.parameters())
    net = net.to(where)
    compile_for(net, where)
    state = train(new_state(net, config, torch.Generator().manual_seed(0)), gradients, config)
    begin = clock()
    state = train(state, gradients, replace(config, steps=1 + steps))
    step = (clock() - begin) / steps
    memory = torch.cuda.max_memory_allocated() if where.type == "cuda" else 1024 * peak_kilobytes()
    model = MotionModel(size, normaliser, averaged(state), None, state.loss)
    captions, lengths, rng = batch.captions[:asked], batch.lengths[:asked], np.random.default_rng(0)

    def seconds(evaluations: int) -> float:
        begin = clock()
        sample(model, captions, lengths, SamplerConfig(steps=evaluations), rng, encoder=encoder, device=device,
               chunk=asked)  # fmt: skip
        return clock() - begin

    seconds(2)
    short, long = seconds(2), seconds(2 + EVALUATIONS)
    return {
        "parameters": parameters, "step": step, "memory": memory, "evaluation": (long - short) / EVALUATIONS / asked,
        "products": products(size), "rate": matmul_rate(where),
    }  # fmt: skip


def peak_kilobytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def products(size: DenoiserConfig) -> float:
    """Floating-point operations in the matrix products of a training step, counted on one motion."""
    net = denoiser_of(size)
    x = torch.zeros(1, size.tokens, size.frames_a_token * 263)
    frames = torch.ones(1, size.tokens, size.frames_a_token)
    with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH):
        captions = net.memory(torch.zeros(1, 20, TEXT_DIM), torch.ones(1, 20, dtype=torch.bool), torch.zeros(1).bool())
        net(x, torch.zeros(1), captions, frames).sum().backward()
    return float(BATCH * counter.get_total_flops())


def matmul_rate(where: torch.device) -> float:
    """Operations a second of large matrix products: bfloat16 on a GPU, single precision on a CPU."""
    cpu = where.type == "cpu"
    n, repeats = (2048, 4) if cpu else (8192, 50)
    a = torch.randn(n, n, device=where, dtype=torch.float32 if cpu else torch.bfloat16)
    best = float("inf")
    for _ in range(4):
        if not cpu:
            torch.cuda.synchronize()
        begin = clock()
        for _ in range(repeats):
            a @ a
        if not cpu:
            torch.cuda.synchronize()
        best = min(best, clock() - begin)
    return 2 * n**3 * repeats / best


def show(sizes: dict[str, DenoiserConfig], device: Device, steps: dict[str, int], asked: int) -> None:
    found = {}
    for name, size in sizes.items():
        with ProcessPoolExecutor(1, get_context("spawn")) as pool:
            found[name] = pool.submit(measure, size, device, steps[name], asked).result()
    print(
        f"{device}: batch {BATCH}, {sizes['mdm'].frames} frames at most; "
        f"{asked} motions sampled at once, {EVALUATIONS} evaluations"
    )
    print(f"{'':7}{'parameters':>11}{'s/step':>9}{'peak GB':>9}{'s/motion':>10}{'s/motion, 1000':>16}{'Tflop/step':>12}"
          f"{'share of matmul rate':>22}")  # fmt: skip
    for name, row in found.items():
        share = row["products"] / row["step"] / row["rate"]
        print(f"{name:7}{row['parameters'] / 1e6:>9.2f} M{row['step']:>9.3g}{row['memory'] / 1e9:>9.2f}"
              f"{EVALUATIONS * row['evaluation']:>10.3g}{1000 * row['evaluation']:>16.3g}"
              f"{row['products'] / 1e12:>12.3g}{share:>21.0%} of {row['rate'] / 1e12:.3g} Tflop/s")  # fmt: skip
    patch, mdm = found["patch"], found["mdm"]
    print(f"mdm / patch: a step {mdm['step'] / patch['step']:.1f}, an evaluation a motion "
          f"{mdm['evaluation'] / patch['evaluation']:.1f}, peak memory {mdm['memory'] / patch['memory']:.1f}, "
          f"parameters {mdm['parameters'] / patch['parameters']:.1f}")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="both small, to try the script")
    parser.add_argument("--device", choices=("cpu", "cuda", "auto"), default="auto", help="auto: the CPU, and a GPU")
    parser.add_argument("--motions", type=int, default=4, help="motions sampled on a CPU; 64 on a GPU")
    chosen = parser.parse_args()
    sizes = QUICK if chosen.quick else SIZES
    gpu = chosen.device == "cuda" or (chosen.device == "auto" and torch.cuda.is_available())
    if chosen.device != "cuda":
        show(sizes, "cpu", {"patch": 4, "mdm": 1}, chosen.motions)
    if gpu:
        show(sizes, "cuda", {"patch": 100, "mdm": 100}, BATCH)


if __name__ == "__main__":
    main()
