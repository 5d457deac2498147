"""What each sampler does to a law by itself: `python benchmarks/samplers.py [--figure FILE]`, seconds.

The denoiser is exact, so every number is the sampler's alone. The largest relative bias of the variance over N(0, v),
v = 0.01 .. 30, by number of evaluations; the same over v = 0.03, 0.1, 1 and 10; the numbers of evaluations that a bias
of 5 % and 1 % needs; the bias of the mean; and mixtures of two and three Gaussians that no grid was fitted to.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from generative.exact import Mixture, gaussian_mean, gaussian_variances, mixture_bias
from generative.samplers import SOLVERS, SamplerConfig, Solver

EVALUATIONS = (4, 5, 6, 7, 8, 10, 12, 16, 20, 25, 32, 40, 50, 64, 80, 100, 128, 160, 200)
SHOWN = (4, 6, 8, 12, 16, 32, 50, 100, 200)
WIDE = np.geomspace(0.01, 30, 49)
FOUR = np.array([0.03, 0.1, 1.0, 10.0])
MIXTURES = {
    "two points, blurred": Mixture((0.98, -0.98), (0.2, 0.2), (0.5, 0.5)),
    "rare and narrow": Mixture((3.0, -1 / 3), (0.1, 0.3), (0.1, 0.9)),
    "small": Mixture((0.3, -0.3), (0.1, 0.1), (0.5, 0.5)),
    "wide": Mixture((4.0, -1.0), (0.5, 0.5), (0.3, 0.7)),
    "three": Mixture((-1.2, 0.1, 1.4), (0.15, 0.3, 0.1), (0.4, 0.3, 0.3)),
}
LOOKS: dict[Solver, tuple[str, str, str]] = {
    "ddpm": ("#999999", "v", ":"), "ddim": ("#56B4E9", "^", "--"), "dpm++2m": ("#0072B2", "s", "-"),
    "adams": ("#D55E00", "o", "-"), "flow-euler": ("#CC79A7", "x", "--"), "flow-heun": ("#009E73", "D", "-."),
}  # fmt: skip


def config_of(solver: Solver, evaluations: int) -> SamplerConfig:
    """Heun takes an odd number: one fewer."""
    less = solver == "flow-heun" and evaluations % 2 == 0
    return SamplerConfig(solver=solver, steps=evaluations - less)


def bias(solver: Solver, evaluations: int, variances: np.ndarray) -> float:
    """Largest relative bias of the variance."""
    return float(np.abs(gaussian_variances(config_of(solver, evaluations), variances) / variances - 1).max())


def table(title: str, rows: dict[Solver, dict[int, float]]) -> None:
    print(f"\n{title}\n{'evaluations':<12}" + "".join(f"{n:>8}" for n in SHOWN))
    for solver, row in rows.items():
        print(f"{solver:<12}" + "".join(f"{row[n]:8.2%}" for n in SHOWN))


def figure(wide: dict[Solver, dict[int, float]], four: dict[Solver, dict[int, float]], path: Path) -> None:
    picture = Figure(figsize=(8.4, 3.6), layout="constrained")
    FigureCanvasAgg(picture)
    left, right = picture.subplots(1, 2, sharey=True)
    for axes, rows, title in (
        (left, wide, "Gaussians of variance 0.01 to 30"),
        (right, four, "Gaussians of variance 0.03, 0.1, 1, 10"),
    ):
        for solver, row in rows.items():
            colour, marker, line = LOOKS[solver]
            axes.plot(list(row), list(row.values()), line, color=colour, marker=marker, ms=3.5, lw=1.4, label=solver)
        axes.axhline(0.05, color="#444444", lw=0.8)
        axes.text(3.5, 0.046, "5 %", ha="left", va="top", fontsize=8, color="#444444")
        axes.set(xscale="log", yscale="log", xlabel="evaluations of the model", ylim=(5e-5, 2))
        axes.set_title(title, fontsize=9, loc="left")
        axes.set_xticks([4, 8, 16, 32, 64, 128, 200], ["4", "8", "16", "32", "64", "128", "200"])
        axes.set_yticks([1e-4, 1e-3, 1e-2, 1e-1, 1], ["0.01 %", "0.1 %", "1 %", "10 %", "100 %"])
        axes.minorticks_off()
        axes.grid(color="#e3e3e3", lw=0.5)
    left.set_ylabel("largest relative bias of the variance")
    right.legend(fontsize=8, frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    picture.savefig(path, dpi=130)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--figure", type=Path, metavar="FILE", help="also draw bias over evaluations")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    wide = {s: {n: bias(s, n, WIDE) for n in EVALUATIONS} for s in SOLVERS}
    four = {s: {n: bias(s, n, FOUR) for n in EVALUATIONS} for s in SOLVERS}
    table("largest relative bias of the variance, v = 0.01 .. 30", wide)
    table("the same, v = 0.03, 0.1, 1, 10", four)
    print("\nfirst evaluations listed from which the bias stays below 5 % and 1 % (v = 0.03 .. 10, the four)")
    for solver, row in four.items():
        ends = [
            next((n for n in EVALUATIONS if all(row[m] <= b for m in EVALUATIONS if m >= n)), None)
            for b in (0.05, 0.01)
        ]
        print(f"{solver:<12}" + "".join(f"{'> 200' if end is None else end:>8}" for end in ends))
    print("\nmean of N(1, v), largest bias over v = 0.01 .. 1")
    for solver in SOLVERS:
        if solver != "ddpm":
            worst = [
                max(abs(gaussian_mean(config_of(solver, n), v) - 1) for v in (0.01, 0.1, 1.0)) for n in (8, 16, 50)
            ]
            print(f"{solver:<12}" + "".join(f"{value:8.2%}" for value in worst) + "   at 8, 16, 50")
    print("\nmixtures: bias of the variance, W1 in standard deviations; at 8 and at 16 evaluations")
    for name, law in MIXTURES.items():
        for solver in SOLVERS:
            if solver != "ddpm":
                found = [mixture_bias(config_of(solver, n), law) for n in (8, 16)]
                print(f"{name:<22}{solver:<12}" + "".join(f"{a:9.2%} {w:8.4f}" for a, w in found))
    if chosen.figure is not None:
        figure(wide, four, chosen.figure)


if __name__ == "__main__":
    main()
