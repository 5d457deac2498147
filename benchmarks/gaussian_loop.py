"""How fast the fused Gaussian ensemble is: against the point-wise engine, and against its own floor of random numbers.

    python benchmarks/gaussian_loop.py

Prints generations per second and two ratios, all measured in this run, best of three.
"""

import time
from collections.abc import Callable

import numpy as np

from loop import Augment, MemoryStore, RunConfig, run
from loop.ensemble import BLOCK, Block, EnsembleConfig, run_ensemble
from toy.gaussian import GaussianProblem, ideal
from toy.gaussian_ensemble import GaussianEnsemble
from toy.groups import standard_group

GAMMAS = (0.0, 0.1, 0.3, 1.0, 5.0)
RUNS, GENERATIONS, POINTWISE = 640, 50, 400


def best(work: Callable[[], object]) -> float:
    """Shortest of three runs [s]."""
    seconds = []
    for _ in range(3):
        begin = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begin)
    return min(seconds)


def fused() -> object:
    problem = GaussianEnsemble(GAMMAS, (0.5,) * len(GAMMAS))
    return run_ensemble(problem, EnsembleConfig(0, RUNS, GENERATIONS))


def pointwise() -> object:
    config = RunConfig(0, POINTWISE)
    return list(run(GaussianProblem(), ideal(1.0), Augment(0.5), config, MemoryStore()))


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


if __name__ == "__main__":
    np.random.default_rng(0)  # imports warm
    many = RUNS * GENERATIONS * len(GAMMAS)
    rate, slow, floor = many / best(fused), POINTWISE / best(pointwise), many / best(numbers)
    print(f"fused ensemble      {rate:12,.0f} generations/s")
    print(f"point-wise engine   {slow:12,.0f} generations/s   ratio fused / point-wise {rate / slow:.0f}")
    print(f"random numbers only {floor:12,.0f} generations/s   ratio fused / floor {rate / floor:.2f}")
