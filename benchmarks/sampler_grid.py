"""How the noise levels of the solver "adams" were found: `python benchmarks/sampler_grid.py [--fit N ...]`.

Prints the worst error of the stored grid of each number of evaluations on the laws that it was fitted to and on others,
and with --fit finds those grids again (8: 15 seconds, 16: two minutes). What is made small is the largest of: relative
bias of the variance of N(0, v), v = 0.01 .. 30; bias of the mean of N(1, v), v <= 1; relative bias of the variance, and
Wasserstein-1 distance in standard deviations, of mixtures of two Gaussians. The mixtures are there because on Gaussians
alone a grid learns to let errors of opposite sign cancel: with DPM-Solver++ 1.8 % there, 10 % on mixtures, at 8.

The other laws were kept from the grids only: the form of the solver was chosen at 8 evaluations from some seventy
variants with both sets in view.
"""

import argparse

import numpy as np
import torch
from scipy import optimize

from generative import grids
from generative.adams import integrate, plan
from generative.exact import Mixture, gaussian_denoiser, mixture_denoiser
from generative.schedule import LAMBDA_RANGE

Floats = np.ndarray
LOW, HIGH = LAMBDA_RANGE
VARIANCES = np.geomspace(0.01, 30, 49)


def pair(deviation: float, weight: float) -> Mixture:
    """Two equal Gaussians, together of mean 0 and variance 1."""
    apart = np.sqrt((1 - deviation**2) / (weight * (1 - weight)))
    return Mixture(((1 - weight) * apart, -weight * apart), (deviation, deviation), (weight, 1 - weight))


FITTED = (
    pair(0.1, 0.5), pair(0.3, 0.5), pair(0.6, 0.5), pair(0.1, 0.3), pair(0.3, 0.2),
    Mixture((2.5, -2.5), (0.5, 0.5), (0.5, 0.5)), Mixture((0.4, -0.4), (0.15, 0.15), (0.5, 0.5)),
)  # fmt: skip
OTHERS = (
    pair(0.2, 0.5), pair(0.15, 0.4), pair(0.5, 0.1), pair(0.8, 0.3), Mixture((1.5, -1.5), (0.4, 0.4), (0.35, 0.65)),
    Mixture((0.3, -0.3), (0.1, 0.1), (0.5, 0.5)), Mixture((4.0, -1.0), (0.5, 0.5), (0.3, 0.7)),
)  # fmt: skip


class Laws:
    """Mixtures at `count` quantiles each, beside the Gaussians."""

    def __init__(self, mixtures: tuple[Mixture, ...], count: int) -> None:
        parts = (
            [law.means for law in mixtures],
            [law.deviations for law in mixtures],
            [law.weights for law in mixtures],
        )
        self.denoise = mixture_denoiser(*(torch.tensor(part, dtype=torch.float64)[:, None, :] for part in parts))
        middles = (torch.arange(count).double() + 0.5) / count
        normal = torch.distributions.Normal(0.0, 1.0).icdf(middles)  # type: ignore[no-untyped-call]
        self.noise = normal.repeat(len(mixtures), 1)
        self.truth = np.stack([law.quantiles(count) for law in mixtures])

    def errors(self, lam: Floats) -> Floats:
        """All the errors of a grid, (m,)."""
        numbers = plan(lam)
        v = torch.from_numpy(VARIANCES)
        kept = integrate(gaussian_denoiser(v), torch.ones_like(v), numbers).numpy() ** 2 / VARIANCES
        small = v[v <= 1]
        mean = integrate(gaussian_denoiser(small, 1.0), torch.zeros_like(small), numbers).numpy()
        got = np.sort(integrate(self.denoise, self.noise, numbers).numpy(), axis=1)
        spread = got.var(axis=1) / self.truth.var(axis=1)
        away = np.abs(got - self.truth).mean(axis=1) / self.truth.std(axis=1)
        return np.concatenate([kept - 1, mean - 1, spread - 1, away])


def worst(laws: Laws, lam: Floats) -> float:
    return float(np.abs(laws.errors(lam)).max())


def nodes(free: Floats) -> Floats:
    """n rising nodes from n free numbers: n - 1 logarithms of steps (their sum does not matter), and the two ends."""
    step = np.exp(free[:-2] - free[:-2].mean())
    begin, end = LOW + 3 / (1 + np.exp(-free[-2])), HIGH - 3 / (1 + np.exp(-free[-1]))
    spread: Floats = begin + (end - begin) * np.append(0, np.cumsum(step) / step.sum())
    return spread


def fit(steps: int, laws: Laws) -> Floats:
    """The grid of least largest error, by BFGS on norms that come closer to it, from a few starts."""

    def norm(free: Floats, power: int) -> float:
        with np.errstate(all="ignore"):
            errors = np.abs(laws.errors(nodes(free)))
        if not np.isfinite(errors).all():
            return 1e3
        return float(errors.max() * np.mean((errors / errors.max()) ** power) ** (1 / power))

    found = []
    for tilt, begin in ((0.0, -1.0), (0.5, -0.5), (0.8, 0.0)):
        free = np.append(np.linspace(tilt, -tilt, steps - 1), [begin, -1.0])
        for power in (8, 24):
            free = optimize.minimize(norm, free, (power,), method="BFGS", options={"maxiter": 120}).x
        found.append(nodes(free))
    return np.round(min(found, key=lambda lam: worst(laws, lam)), 3)


def fit_formula(laws: Laws) -> Floats:
    """Parameters of `grids.formula`: least mean logarithm of the largest error over 16 to 96 evaluations."""

    def score(p: Floats) -> float:
        if not 1 < p[1] - p[0] or min(p[2:]) < 0.1:
            return 1e3
        return float(np.mean([np.log(worst(laws, grids.formula(n, tuple(p)))) for n in (16, 20, 24, 32, 48, 64, 96)]))

    found: Floats = optimize.minimize(score, grids.FORMULA, method="Nelder-Mead", options={"maxfev": 250}).x
    return np.round(found, 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fit", type=int, nargs="*", metavar="N", help="numbers of evaluations; 0: the formula")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    known, new = Laws(FITTED, 160), Laws(OTHERS, 1000)
    for steps in chosen.fit or ():
        if steps == 0:
            print("FORMULA =", tuple(fit_formula(known).tolist()))
            continue
        lam = fit(steps, known)
        print(f"    {steps}: {tuple(lam.tolist())},  # {worst(known, lam):.4f}, {worst(new, lam):.4f}", flush=True)
    if not chosen.fit:
        print("largest error of the stored grids: fitted laws, other laws")
        for steps in (*grids.TABLE, 20, 24, 32, 50, 100, 200):
            lam = grids.grid(steps)
            print(f"{steps:4d} evaluations  {worst(known, lam):.4f}  {worst(new, lam):.4f}")


if __name__ == "__main__":
    main()
