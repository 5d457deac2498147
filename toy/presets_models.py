"""Named settings of the further models, each a function that runs its parts into FOLDER/PART and returns their curves.

`scsc plot FOLDER` draws them, theory over the measured curves. A preset run again resumes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from loop.ensemble import Curves, EnsembleConfig, run_ensemble
from loop.progress import Report, silent
from toy.cells import PredictedEnsemble, stored
from toy.curated_gaussian import CuratedGaussianEnsemble
from toy.finite import FiniteEnsemble
from toy.regression_ensemble import RegressionEnsemble

Preset = Callable[..., Mapping[str, Curves]]


def _run(
    parts: Mapping[str, tuple[PredictedEnsemble, int]], folder: Path | None, seed: int, runs: int, report: Report
) -> dict[str, Curves]:
    """Each part (ensemble, generations) in its folder, its theory beside the curves."""
    found = {}
    for name, (loop, generations) in parts.items():

        def told(stage: str, done: int, total: int, part: str = name) -> None:
            report(f"{part}: {stage}", done, total)

        place = None if folder is None else folder / name
        extra = stored(loop.gammas, loop.lams, loop.expected(generations))
        found[name] = run_ensemble(loop, EnsembleConfig(seed, runs, generations), place, told, extra)
    return found


def ferbach(folder: Path | None = None, seed: int = 0, runs: int = 256, report: Report = silent) -> dict[str, Curves]:
    """Curation (Ferbach et al. [2nd]; R16, R17): two points with K = 2, advantage 1; Gaussians with K = inf.

    two-points: no real data, the bad mass falls by .538 a round. two-points-mixed: lam = .5 real data hold the good
    mass at .557. gaussian: no real data, r = -(x-1)^2/8, the variance falls like 1/t. gaussian-mixed: the same with
    real data, lam = 1, without and with correction (no theory). 10,000 points each.
    """
    n = 10_000
    parts: dict[str, tuple[PredictedEnsemble, int]] = {
        "two-points": (FiniteEnsemble((0.0,), (1.0,), n, K=2, schedule="replace"), 10),
        "two-points-mixed": (FiniteEnsemble((0.0,), (0.5,), n, K=2), 20),
        "gaussian": (CuratedGaussianEnsemble((0.0,), (1.0,), n, schedule="replace"), 20),
        "gaussian-mixed": (CuratedGaussianEnsemble((0.0, 1.0), (1.0, 1.0), n), 20),
    }
    return _run(parts, folder, seed, runs, report)


def regression(
    folder: Path | None = None, seed: int = 0, runs: int = 1024, report: Report = silent
) -> dict[str, Curves]:
    """Linear regression on its own labels: n = 50, d = 5, lam = 1, without and with correction, 50 generations.

    replace: the error grows by d/(n-d-1) a generation for ever, or settles with correction. accumulate: it stays below
    pi^2/6 of the first fit's. fresh: new real data each generation.
    """
    parts: dict[str, tuple[PredictedEnsemble, int]] = {
        schedule: (RegressionEnsemble((0.0, 1.0), (1.0, 1.0), 50, 5, schedule), 50)
        for schedule in ("replace", "accumulate", "fresh")
    }
    return _run(parts, folder, seed, runs, report)


PRESETS: dict[str, Preset] = {"ferbach": ferbach, "regression": regression}
