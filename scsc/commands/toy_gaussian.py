"""`scsc toy gaussian`: the Gaussian loop with the ideal corrector, against theory."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scsc import console


@dataclass(frozen=True)
class ToyGaussian:
    """The Gaussian loop with the ideal corrector: many seeds and strengths at once, held against the exact theory."""

    gamma: tuple[float, ...] = (0.0, 0.1, 0.3, 1.0, 5.0)
    """Correction strengths, each >= 0; inf always corrects. One curve each."""
    lam: tuple[float, ...] = (0.5,)
    """Synthetic samples per real sample and generation, each >= 0. Every gamma runs with every lam."""
    n: int = 50
    """Real points."""
    dimension: int = 2
    """Dimension of the target N(0, I)."""
    schedule: str = "augment"
    """What a generation trains on: augment | replace | fresh | accumulate."""
    generations: int = 100
    """Generations after the first fit; a finished run is extended by asking for more."""
    runs: int = 256
    """Independent runs (seeds) of every cell."""
    seed: int = 0
    """Seed of all streams, >= 0."""
    checkpoint_every: int = 0
    """Generations between checkpoints of a block of 64 runs; 0 keeps finished blocks only."""
    out: Path = Path("runs/toy-gaussian")
    """Folder of the run; the same command again resumes or re-reads it."""
    json: Path | None = None
    """Also write the table's rows there as JSON."""

    def run(self) -> int:
        console.check_json(self.json)
        import numpy as np

        from loop.ensemble import EnsembleConfig, run_ensemble
        from toy.gaussian_ensemble import GaussianEnsemble
        from toy.prediction import expected

        cells = [(gamma, lam) for lam in self.lam for gamma in self.gamma]
        problem = GaussianEnsemble(
            tuple(g for g, _ in cells), tuple(x for _, x in cells), self.n, self.dimension, self.schedule
        )
        config = EnsembleConfig(self.seed, self.runs, self.generations, self.checkpoint_every)
        begin = time.perf_counter()
        with console.progress() as report:
            arrays = {"gamma": np.array(problem.gammas), "lam": np.array(problem.lams)}
            curves = run_ensemble(problem, config, self.out, report, arrays)
        seconds = time.perf_counter() - begin

        rows: list[dict[str, Any]] = []
        for cell, (gamma, lam) in enumerate(cells):
            theory = expected(problem, cell, self.generations).mean_error2
            for generation in range(self.generations + 1):
                w2 = curves["w2"][generation, :, cell]
                error2 = curves["mean_error2"][generation, :, cell]
                rows.append(
                    {
                        "gamma": gamma,
                        "lam": lam,
                        "generation": generation,
                        "w2_mean": w2.mean(),
                        "w2_se": w2.std(ddof=1) / np.sqrt(self.runs) if self.runs > 1 else float("nan"),
                        "mean_error2": error2.mean(),
                        "mean_error2_se": error2.std(ddof=1) / np.sqrt(self.runs) if self.runs > 1 else float("nan"),
                        "mean_error2_theory": None if theory is None else theory[generation],
                        "n_runs": self.runs,
                    }
                )
        last = [row for row in rows if row["generation"] == self.generations]
        first = [row for row in rows if row["generation"] == 0]
        console.show_table(
            f"Gaussian loop, {self.schedule}, n = {self.n}, d = {self.dimension}, "
            f"generation {self.generations}, {self.runs} runs",
            ("gamma", "lam", "W2 at start", "W2 at end", "+- (1 SE)", "mean error^2", "+- (1 SE)", "theory"),
            [
                [a["gamma"], a["lam"], b["w2_mean"], a["w2_mean"], a["w2_se"], a["mean_error2"], a["mean_error2_se"],
                 a["mean_error2_theory"]]
                for a, b in zip(last, first, strict=True)
            ],
        )  # fmt: skip
        steps = len(cells) * self.runs * self.generations
        console.out.print(
            f"{steps:,} generations in {seconds:.2f} s; kept in {self.out}; pictures: scsc plot {self.out}"
        )
        console.write_json(self.json, {"rows": rows, "seconds": seconds})
        return 0
