"""How fast the Gaussian ensembles are: against the engine, a plain loop, their own floor of random numbers; absolute.

    python benchmarks/gaussian_loop.py          a tenth of the large workload, and how cost grows
    python benchmarks/gaussian_loop.py --full   also the whole of it: 1,000 seeds, 8 strengths, 500 generations

All ratios are measured in this run, the best of three where a run is short.
"""

import argparse
import os
import resource
import time
from collections.abc import Callable
from functools import partial

import numpy as np
from scipy import linalg

from loop import ArrayBatch, Augment, MemoryStore, RunConfig, run
from loop.ensemble import BLOCK, Block, EnsembleConfig, run_ensemble
from toy.gaussian import Gaussian, GaussianProblem, ideal
from toy.gaussian_ensemble import GaussianEnsemble
from toy.groups import standard_group
from toy.points_ensemble import PointsEnsemble
from toy.published import GAMMAS as TOY

GAMMAS = (0.0, 0.1, 0.3, 1.0, 5.0)
RUNS, GENERATIONS, POINTWISE, PLAIN = 640, 50, 400, 100


def timed(work: Callable[[], object], times: int = 3) -> float:
    """Shortest of so many runs [s]."""
    seconds = []
    for _ in range(times):
        begin = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begin)
    return min(seconds)


def fused() -> object:
    problem = GaussianEnsemble(GAMMAS, (0.5,) * len(GAMMAS))
    return run_ensemble(problem, EnsembleConfig(0, RUNS, GENERATIONS))


def pointwise() -> object:
    config = RunConfig(0, POINTWISE)
    store: MemoryStore[Gaussian, ArrayBatch] = MemoryStore()
    return list(run(GaussianProblem(), ideal(1.0), Augment(0.5), config, store))


def numbers() -> None:
    """Only the random numbers of the fused run: nothing that draws them from these streams can be faster."""
    for block in range(RUNS // BLOCK):
        for generation in range(GENERATIONS):
            rng = Block(0, block).stream(generation, "sample")
            beginning = rng.bit_generator.state
            for gamma in GAMMAS:
                rng.bit_generator.state = beginning
                own = rng.binomial(25, 1 / (1 + gamma), BLOCK).astype(float)
                standard_group(own, 2, rng)
                standard_group(25 - own, 2, rng)


def toy(seeds: int, generations: int, workers: int = 1) -> object:
    """The accumulating toy with the ideal mixture, 8 strengths."""
    return run_ensemble(PointsEnsemble(TOY), EnsembleConfig(0, seeds, generations), workers=workers)


def plain() -> list[float]:
    """The same toy, one run at a time and one point at a time, as one would write it down; returns W2."""
    rng = np.random.default_rng(0)
    found = []
    for gamma in TOY:
        real = [rng.multivariate_normal(np.zeros(2), np.eye(2)) for _ in range(50)]
        mean, cov = np.mean(real, axis=0), np.cov(np.transpose(real), bias=True)
        batches: list[list[np.ndarray]] = []
        for generation in range(1, PLAIN + 1):
            batch = []
            for _ in range(25):
                point = rng.multivariate_normal(mean, cov)
                if rng.random() >= 1 / (1 + gamma):
                    point = rng.multivariate_normal(np.zeros(2), np.eye(2))
                batch.append(point)
            batches.append(batch)
            training = list(real)
            for i, earlier in enumerate(batches, start=1):
                training += earlier[: int(25 * i / generation)]
            mean, cov = np.mean(training, axis=0), np.cov(np.transpose(training), bias=True)
            root = np.real(linalg.sqrtm(cov))
            found.append(float(np.sqrt(mean @ mean + np.trace(cov + np.eye(2) - 2 * root))))
    return found


def growth() -> None:
    """Cost over three numbers of seeds and three of generations."""
    for label, sizes in (
        ("seeds", [(64, 250), (128, 250), (256, 250)]),
        ("generations", [(64, 125), (64, 250), (64, 500)]),
    ):
        seconds = [timed(partial(toy, s, g), 2) for s, g in sizes]
        words = "   ".join(f"{s} x {g}: {t:.2f} s" for (s, g), t in zip(sizes, seconds, strict=True))
        print(f"growth in {label:<11} {words}   per doubling {(seconds[2] / seconds[0]) ** 0.5:.2f} (linear: 2)")


def large(seeds: int, workers: int) -> None:
    begin = time.perf_counter()
    toy(seeds, 500, workers)
    seconds = time.perf_counter() - begin
    own, child = (resource.getrusage(who).ru_maxrss / 2**20 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    peak = own + workers * child
    print(
        f"8 strengths x 500 generations x {seeds} seeds, {workers} processes: {seconds:.1f} s, "
        f"at most {peak:.2f} GiB (largest process {max(own, child):.2f} GiB)"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="also 1,000 seeds")
    full = parser.parse_args().full
    np.random.default_rng(0)  # imports warm
    many = RUNS * GENERATIONS * len(GAMMAS)
    rate, slow, floor = many / timed(fused), POINTWISE / timed(pointwise), many / timed(numbers)
    print(f"fused ensemble      {rate:12,.0f} generations/s")
    print(f"point-wise engine   {slow:12,.0f} generations/s   ratio fused / point-wise {rate / slow:.0f}")
    print(f"random numbers only {floor:12,.0f} generations/s   ratio fused / floor {rate / floor:.2f}")
    ours, theirs = 256 * PLAIN / timed(lambda: toy(256, PLAIN), 2), PLAIN / timed(plain, 1)
    print(f"accumulating toy    {ours:12,.0f} generations/s of 8 strengths; a plain loop {theirs:,.0f}")
    print(f"                    ratio ensemble / plain loop {ours / theirs:.0f}, one process each")
    print(f"8 strengths x 500 generations x 1 seed: {timed(lambda: toy(1, 500)):.2f} s")
    cores = os.cpu_count() or 1
    growth()
    large(1000 if full else 100, min(2, cores))
