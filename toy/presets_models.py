"""Named settings of the further models: each a set of ensembles, run into FOLDER/PART, and what theory says of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from loop.ensemble import Curves, EnsembleConfig, run_ensemble
from loop.progress import Report, silent
from loop.student import quantile
from toy.cells import PredictedEnsemble, stored
from toy.curated_gaussian import CuratedGaussianEnsemble
from toy.finite import FiniteEnsemble
from toy.published import Comparison
from toy.regression_ensemble import RegressionEnsemble
from toy.report import standard_error


@dataclass(frozen=True)
class ModelPreset:
    """parts: name -> ensemble and its generations. runs: by default. judged: the measure that theory is asked about.

    together: whether the parts share a measure and belong into one picture.
    """

    title: str
    parts: Mapping[str, tuple[PredictedEnsemble, int]]
    runs: int
    judged: Mapping[str, str]
    together: bool = False

    def run(
        self, folder: Path | None = None, seed: int = 0, runs: int | None = None, report: Report = silent
    ) -> dict[str, Curves]:
        """Each part in its folder, its theory beside the curves; run again it resumes."""
        found = {}
        for name, (loop, generations) in self.parts.items():

            def told(stage: str, done: int, total: int, part: str = name) -> None:
                report(f"{part}: {stage}", done, total)

            place = None if folder is None else folder / name
            config = EnsembleConfig(seed, self.runs if runs is None else runs, generations)
            extra = stored(loop.gammas, loop.lams, loop.expected(generations))
            found[name] = run_ensemble(loop, config, place, told, extra)
        return found

    def compare(self, curves: Mapping[str, Curves]) -> list[Comparison]:
        """Every part's judged measure at its last generation against theory, in standard errors of the mean.

        Together they fail with probability 1 % where theory holds (Bonferroni, Student's t). Empty for fewer than 8
        runs, which say nothing.
        """
        found: list[Comparison] = []
        asked = [
            (name, loop, steps, cell) for name, (loop, steps) in self.parts.items() for cell in range(len(loop.gammas))
        ]
        theory = {name: loop.expected(steps)[self.judged[name]][-1] for name, (loop, steps) in self.parts.items()}
        known = [one for one in asked if np.isfinite(theory[one[0]][one[3]])]
        for name, loop, steps, cell in known:
            values = curves[name][self.judged[name]][:, :, [cell]]
            runs = values.shape[1]
            if runs >= 8:
                mean, wanted = float(values[-1].mean()), float(theory[name][cell])
                score = (mean - wanted) / float(standard_error(values)[-1, 0])
                bound = quantile(1 - 0.01 / len(known), runs - 1)
                what = f"{self.judged[name]}, {name}"
                found.append(Comparison(what, loop.gammas[cell], steps, mean, wanted, score, bound))
        return found


_POINTS = 10_000

PRESETS: dict[str, ModelPreset] = {
    "ferbach": ModelPreset(
        "Curation: two points and Gaussians, without and with real data",
        {
            "two-points": (FiniteEnsemble((0.0,), (1.0,), _POINTS, K=2, schedule="replace"), 10),
            "two-points-mixed": (FiniteEnsemble((0.0,), (0.5,), _POINTS, K=2), 20),
            "gaussian": (CuratedGaussianEnsemble((0.0,), (1.0,), _POINTS, schedule="replace"), 20),
            "gaussian-mixed": (CuratedGaussianEnsemble((0.0, 1.0), (1.0, 1.0), _POINTS), 20),
        },
        256,
        {
            "two-points": "top_mass",
            "two-points-mixed": "top_mass",
            "gaussian": "variance",
            "gaussian-mixed": "variance",
        },
    ),
    "regression": ModelPreset(
        "Linear regression on its own labels, n = 50, d = 5, lam = 1",
        {
            schedule: (RegressionEnsemble((0.0, 1.0), (1.0, 1.0), 50, 5, schedule), 50)
            for schedule in ("replace", "accumulate", "fresh")
        },
        1024,
        {schedule: "error2" for schedule in ("replace", "accumulate", "fresh")},
        together=True,
    ),
}
"""ferbach: curation (Ferbach et al. [2nd]; R16, R17). Two points with K = 2, advantage 1: without real data the bad
mass falls by .538 a round; lam = .5 real data hold the good mass at .557. Gaussians with K = inf, r = -(x-1)^2/8:
without real data the variance falls like 1/t; with real data, lam = 1, without and with correction (no theory).

regression: replace: the error grows by d/(n-d-1) a generation for ever, or settles with correction. accumulate: it
stays below pi^2/6 of the first fit's. fresh: new real data each generation.
"""
