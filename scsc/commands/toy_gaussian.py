"""`scsc toy gaussian`: the Gaussian loop on any schedule, against theory."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from scsc import console


@dataclass(frozen=True)
class ToyGaussian:
    """The Gaussian loop: many seeds and strengths of correction at once, held against the exact theory."""

    gamma: tuple[float, ...] = (0.0, 0.1, 0.3, 1.0, 5.0)
    """Correction strengths, each >= 0; inf always corrects. One curve each."""
    lam: tuple[float, ...] = (0.5,)
    """Synthetic samples per real sample and generation, each >= 0. Every gamma runs with every lam."""
    real_fraction: tuple[float, ...] = ()
    """Schedule mix: real shares of the training set, each in [0, 1], instead of lam = 1/share - 1."""
    n: int = 50
    """Real points."""
    dimension: int = 2
    """Dimension of the target N(0, I)."""
    schedule: str = "augment"
    """augment | replace | fresh | accumulate | accumulate-subsample | ramp-accumulate | mix: what a generation trains
    on."""
    corrector: str = "mixture"
    """mixture (ideal) | histogram-official | histogram-floorfix | histogram-exact (dimension 2)."""
    normalisation: str = "mle"
    """Covariance divided by the number of points (mle) or by one less (unbiased)."""
    bias: float = 1.0
    """Sampling bias in [0, 1]: factor on the covariance of the samples; 1 is honest."""
    first: int | None = None
    """Schedule fresh: points of generation 0, if not n."""
    generations: int = 100
    """Generations after the first fit; a finished run is extended by asking for more."""
    runs: int = 256
    """Independent runs (seeds) of every cell."""
    seed: int = 0
    """Seed of all streams, >= 0."""
    checkpoint_every: int = 0
    """Generations between checkpoints of a block of 64 runs; 0 keeps finished blocks only."""
    workers: int = 1
    """Processes, 0 = one a core; the result does not depend on it."""
    out: Path = Path("runs/toy-gaussian")
    """Folder of the run; the same command again resumes or re-reads it."""
    json: Path | None = None
    """Also write the table's rows there as JSON."""

    def run(self) -> int:
        console.check_json(self.json)
        from loop import mixed
        from loop.ensemble import EnsembleConfig, run_ensemble
        from toy.ensembles import gaussian_loop
        from toy.report import rows, theory_arrays

        if self.real_fraction and self.schedule != "mix":
            raise ValueError(f"--real-fraction belongs to the schedule mix, got {self.schedule!r}; give --schedule mix")
        lams = tuple(mixed(share) for share in self.real_fraction) or self.lam
        problem = gaussian_loop(
            self.gamma, lams, self.n, self.dimension, self.schedule, self.corrector,
            self.normalisation, self.bias, self.first,
        )  # fmt: skip
        config = EnsembleConfig(self.seed, self.runs, self.generations, self.checkpoint_every)
        begin = time.perf_counter()
        with console.progress() as report:
            arrays = theory_arrays(problem, self.generations)
            curves = run_ensemble(problem, config, self.out, report, arrays, self.workers)
        seconds = time.perf_counter() - begin

        found = rows(problem, curves)
        last = [row for row in found if row["generation"] == self.generations]
        first = [row for row in found if row["generation"] == 0]
        console.show_table(
            f"Gaussian loop, {self.schedule}, n = {self.n}, d = {self.dimension}, "
            f"generation {self.generations}, {self.runs} runs",
            ("gamma", "lam", "W2 at start", "W2 at end", "+- (1 SE)", "mean error^2", "+- (1 SE)", "theory",
             "variance", "+- (1 SE)", "theory"),
            [
                [a["gamma"], a["lam"], b["w2_mean"], a["w2_mean"], a["w2_se"], a["mean_error2"], a["mean_error2_se"],
                 a["mean_error2_theory"], a["variance"], a["variance_se"], a["variance_theory"]]
                for a, b in zip(last, first, strict=True)
            ],
        )  # fmt: skip
        steps = len(problem.gammas) * self.runs * self.generations
        console.out.print(
            f"{steps:,} generations in {seconds:.2f} s; kept in {self.out}; pictures: scsc plot {self.out}"
        )
        console.write_json(self.json, {"rows": found, "seconds": seconds})
        return 0
