"""How fast the theory is checked: statements, cases a second, and two array programs against plain loops.

    python benchmarks/theory.py

Prints seconds and cases for both sizes of `scsc theory`, exact fourth moments of 500 generations (under 50 ms is
promised) against a loop over monomials, and random Hessians against one at a time; all measured in this run.
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])  # this file's own folder would put it in place of the package
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")  # before numpy: as `scsc` runs

import numpy as np  # noqa: E402

from scsc.commands.theory import all_statements  # noqa: E402
from theory import rate_exact  # noqa: E402
from theory.checks import chain  # noqa: E402
from theory.fourth import FourthMoments, weight_map  # noqa: E402
from theory.moments import moments  # noqa: E402

GENERATIONS = 500
PAIRS = 4000


def best(work: Callable[[], object], times: int = 5) -> float:
    """Shortest of several runs [s]."""
    seconds = []
    for _ in range(times):
        begin = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begin)
    return min(seconds)


def statements(quick: bool) -> None:
    results = [item.verify(0, quick) for item in all_statements()]
    assert all(result.good for result in results)
    seconds, cases = sum(r.seconds for r in results), sum(r.cases for r in results)
    print(f"{'quick' if quick else 'full'}: {len(results)} statements, {cases:,} cases in {seconds:.1f} s", end=", ")
    print(f"{cases / seconds:,.0f} cases/s; slowest:")
    for result in sorted(results, key=lambda r: -r.seconds)[:4]:
        print(f"    {result.seconds:6.2f} s {result.cases:8,} cases  {result.code} {result.statement}")


def fourth() -> object:
    return FourthMoments(50, 25, 0.3).path(GENERATIONS)


def monomial_by_monomial() -> float:
    """The same numbers as a newcomer would write them: every generation, every monomial, every term."""
    moving = FourthMoments(50, 25, 0.3)
    rows = weight_map(n=50.0, k=25.0, s=25 / 75, a=1 / 1.3, bias=1.0, nu=1.0, regime="fixed")
    state = dict(zip(moving.basis, moving.start.tolist(), strict=True))
    for _ in range(GENERATIONS):
        new = {}
        for powers, polynomial in rows.items():
            new[powers] = sum(c * state[exponents[:4]] for exponents, c in polynomial.terms.items())
        state = new
    return float(state[0, 2, 0, 0])


def all_pairs() -> None:
    chain.random_pairs.cache_clear()
    chain.random_pairs(0, PAIRS)


def one_pair_at_a_time() -> None:
    rng = np.random.default_rng(0)
    for A, B in zip(*chain._hessians(rng, PAIRS, 3), strict=True):
        radius = np.abs(np.linalg.eigvals(np.linalg.solve(A + B, B))).max()
        assert abs(rate_exact(1.0, 0.0, A, B).value - radius) < 1e-9


if __name__ == "__main__":
    for quick in (True, False):
        statements(quick)
    path, slow = best(fourth), best(monomial_by_monomial, 2)
    exact = FourthMoments(50, 25, 0.3).path(GENERATIONS).v2[-1]
    assert abs(monomial_by_monomial() - exact) < 1e-12
    second = best(lambda: moments(50, 25, 0.3, GENERATIONS))
    print(f"fourth moments, {GENERATIONS} generations: {1e3 * path:.1f} ms (under 50 promised)", end=", ")
    print(f"ratio to a loop over monomials {slow / path:.0f}; second moments alone {1e3 * second:.1f} ms")
    together = best(all_pairs, 3)
    print(f"random Hessians: {PAIRS / together:,.0f} pairs/s, ratio to one at a time", end=" ")
    print(f"{best(one_pair_at_a_time, 1) / together:.0f}")
