"""An ensemble's curves beside theory: the arrays that a run folder keeps, and the rows that a command reports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from toy.prediction import Expected, Loop, expected

Floats = NDArray[np.float64]
MEASURES = ("mean_error2", "variance", "mean_product")
"""What theory may predict."""


class Cells(Loop, Protocol):
    """A loop that also names its lams."""

    @property
    def lams(self) -> tuple[float, ...]: ...


def theory_arrays(loop: Cells, generations: int) -> dict[str, Floats]:
    """gamma and lam (C,), and NAME_theory (generations + 1, C) of each measure; nan where theory has no answer."""
    paths = [expected(loop, cell, generations) for cell in range(len(loop.gammas))]
    nothing = np.full(generations + 1, np.nan)
    arrays = {"gamma": np.array(loop.gammas), "lam": np.array(loop.lams)}
    for name in MEASURES:
        columns = [path.of(name) for path in paths]
        arrays[f"{name}_theory"] = np.stack([nothing if x is None else x for x in columns], axis=1)
    return arrays


def rows(loop: Cells, curves: Mapping[str, Floats], **more: Any) -> list[dict[str, Any]]:
    """One row a cell and generation: means with standard errors over the runs, and theory (None where there is none).

    Args:
        curves: name -> (generations + 1, runs, C). more: further columns, the same in every row.
    """
    generations, runs = curves["w2"].shape[0] - 1, curves["w2"].shape[1]
    means = {name: values.mean(axis=1) for name, values in curves.items()}
    errors = {name: standard_error(values) for name, values in curves.items()}
    squared = (curves["w2"] ** 2).mean(axis=1)
    found = []
    for cell, (gamma, lam) in enumerate(zip(loop.gammas, loop.lams, strict=True)):
        theory = expected(loop, cell, generations)
        for g in range(generations + 1):
            row: dict[str, Any] = {**more, "gamma": gamma, "lam": lam, "generation": g}
            row |= {"w2_mean": means["w2"][g, cell], "w2_se": errors["w2"][g, cell], "w2_squared": squared[g, cell]}
            for name in (name for name in MEASURES if name in curves):
                row |= {name: means[name][g, cell], f"{name}_se": errors[name][g, cell]}
                row[f"{name}_theory"] = _value(theory, name, g)
            found.append({**row, "n_runs": runs})
    return found


def standard_error(curve: Floats) -> Floats:
    """Of the mean over the runs, (generations + 1, runs, C) -> (generations + 1, C); nan for a single run."""
    generations, runs, cells = curve.shape
    if runs < 2:
        return np.full((generations, cells), np.nan)
    return np.asarray(curve.std(axis=1, ddof=1) / np.sqrt(runs))


def _value(theory: Expected, name: str, generation: int) -> float | None:
    path = theory.of(name)
    return None if path is None else float(path[generation])
