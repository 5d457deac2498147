"""The cells of an ensemble: pairs of (gamma, lam) on one schedule; what all ensembles check and describe alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np

from loop import kept_share, schedule_named
from loop.ensemble import Array, EnsembleProblem
from toy.report import standard_error


class PredictedEnsemble(EnsembleProblem, Protocol):
    """An ensemble whose cells have a gamma and a lam each, and whose measures theory knows, all or some."""

    @property
    def gammas(self) -> tuple[float, ...]: ...

    @property
    def lams(self) -> tuple[float, ...]: ...

    def expected(self, generations: int) -> Mapping[str, Array]:
        """Expectation by measure, (generations + 1, C); nan where there is no theory."""
        ...


SCHEDULES = ("augment", "replace", "fresh", "accumulate")
"""Those that the fused ensembles of the further models know; the point-wise engine knows all."""


def check_cells(
    gammas: tuple[float, ...],
    lams: tuple[float, ...],
    schedule: str,
    n: int,
    least: int,
    schedules: tuple[str, ...] = SCHEDULES,
) -> None:
    """Refuse what no ensemble can run.

    least: synthetic samples that a generation needs if it has nothing else to train on (`replace`).

    Raises:
        ValueError: no cell or unequal numbers, a negative or nan gamma or lam, a schedule that is none of `schedules`,
            too few samples.
    """
    if len(gammas) != len(lams) or not gammas:
        raise ValueError(f"one gamma and one lam per cell, got {len(gammas)} and {len(lams)}; give as many of each")
    if schedule not in schedules:
        raise ValueError(f"schedule must be one of {', '.join(schedules)} here, got {schedule!r}; choose one of them")
    for gamma in gammas:
        kept_share(gamma)
    for lam, k in zip(lams, synthetic_counts(schedule, lams, n), strict=True):
        if schedule == "replace" and k < least:
            raise ValueError(f"lam * n must be >= {least} for 'replace', got {lam} * {n}; raise lam or n")


def synthetic_counts(schedule: str, lams: tuple[float, ...], n: int) -> tuple[int, ...]:
    """Synthetic samples per generation, one number per cell."""
    return tuple(schedule_named(schedule, lam).request(n) for lam in lams)


def described_cells(
    problem: dict[str, Any], gammas: tuple[float, ...], lams: tuple[float, ...], schedule: str, n: int
) -> dict[str, Any]:
    """The identity of an ensemble with the ideal corrector, as JSON."""
    return {
        "problem": problem,
        "n": n,
        "schedule": {"name": schedule},
        "corrector": {"name": "mixture", "corrector": {"name": "redraw"}},
        "gamma": list(gammas),
        "lam": list(lams),
        "k": list(synthetic_counts(schedule, lams, n)),
    }


def grid(gammas: tuple[float, ...], lams: tuple[float, ...]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Every gamma with every lam, as the cells' gammas and lams; repeated values count once."""
    pairs = [(gamma, lam) for lam in dict.fromkeys(lams) for gamma in dict.fromkeys(gammas)]
    return tuple(gamma for gamma, _ in pairs), tuple(lam for _, lam in pairs)


def stored(gammas: tuple[float, ...], lams: tuple[float, ...], expected: Mapping[str, Array]) -> dict[str, Array]:
    """What stands beside the curves in `curves.npz`: gamma and lam of each cell, and `<measure>_theory` where known."""
    known = {f"{name}_theory": values for name, values in expected.items() if np.isfinite(values).any()}
    return {"gamma": np.array(gammas), "lam": np.array(lams), **known}


def curve_rows(
    gammas: tuple[float, ...],
    lams: tuple[float, ...],
    curves: Mapping[str, Array],
    theory: Mapping[str, Array],
    **more: Any,
) -> list[dict[str, Any]]:
    """One row a cell and generation: mean, standard error (nan for one run) and theory (None where there is none).

    Args:
        curves: name -> (generations + 1, runs, C). theory: name -> (generations + 1, C).
        more: further columns, the same in every row.
    """
    generations, runs, _ = next(iter(curves.values())).shape
    mean = {name: curve.mean(axis=1) for name, curve in curves.items()}
    error = {name: standard_error(curve) for name, curve in curves.items()}
    rows = []
    for cell, (gamma, lam) in enumerate(zip(gammas, lams, strict=True)):
        for generation in range(generations):
            row: dict[str, Any] = {**more, "gamma": gamma, "lam": lam, "generation": generation}
            for name in curves:
                known = float(theory[name][generation, cell]) if name in theory else float("nan")
                row[f"{name}_mean"] = float(mean[name][generation, cell])
                row[f"{name}_se"] = float(error[name][generation, cell])
                row[f"{name}_theory"] = known if np.isfinite(known) else None
            rows.append({**row, "n_runs": runs})
    return rows
