"""The curves that a toy ensemble keeps, and what theory expects of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from plots.folders import NothingToPlot, curves_of, read_arrays
from plots.statistics import Floats
from theory.moments import moments

REGIMES = {"augment": "fixed", "fresh": "fresh", "replace": "none"}
"""Schedules whose moments are known exactly, and what theory calls their real data."""

_OPTIONAL = {
    "variance": 3, "mean_error2_theory": 2, "variance_theory": 2,
    "reference_generation": 1, "reference_w2": 2, "reference_se": 2,
}  # fmt: skip


@dataclass(frozen=True)
class Curves:
    """A toy ensemble: G generations, S seeds, C cells (each a gamma and a lambda)."""

    generation: Floats  # (G,)
    gamma: Floats  # (C,)
    lam: Floats  # (C,)
    w2: Floats  # (G, S, C) Wasserstein-2 distance to the truth, not squared [target units]
    mean_error2: Floats  # (G, S, C) |mu - mu*|^2 / d [target units squared]
    identity: Mapping[str, Any]
    more: Mapping[str, Floats] = field(default_factory=dict)
    """What newer ensembles also keep: variance (G, S, C), tr(Sigma)/d; mean_error2_theory and variance_theory (G, C),
    nan where unknown; reference_generation (R,), reference_w2 and reference_se (R, C), values to compare with."""


def read_curves(folder: Path) -> Curves:
    """The curves of an ensemble folder.

    Raises:
        ValueError: a damaged file or arrays that do not fit together; the message names the file.
        NothingToPlot: the ensemble has no curves yet.
    """
    identity, path = curves_of(folder)
    axes = {"generation": 1, "gamma": 1, "lam": 1, "w2": 3, "mean_error2": 3}
    found = read_arrays(path, axes, _OPTIONAL)
    arrays = {name: np.asarray(found[name], dtype=np.float64) for name in axes}
    more = {name: np.asarray(value, dtype=np.float64) for name, value in found.items() if name not in axes}
    cells = (len(arrays["generation"]), arrays["w2"].shape[1], len(arrays["gamma"]))
    for name in ("w2", "mean_error2"):
        if arrays[name].shape != cells or len(arrays["lam"]) != cells[2]:
            raise ValueError(
                f"{path}: {name} must be (generations, seeds, cells) = {cells}, got {arrays[name].shape} with "
                f"{len(arrays['lam'])} lam; run it again"
            )
    shapes = {
        "variance": cells,
        "mean_error2_theory": cells[::2],
        "variance_theory": cells[::2],
        "reference_w2": (len(more.get("reference_generation", ())), cells[2]),
        "reference_se": (len(more.get("reference_generation", ())), cells[2]),
    }
    for name, shape in shapes.items():
        if name in more and more[name].shape != shape:
            raise ValueError(f"{path}: {name} must have shape {shape}, got {more[name].shape}; run it again")
    if 0 in cells:
        raise NothingToPlot(f"{path} holds nothing to plot: (generations, seeds, cells) = {cells}")
    return Curves(**arrays, identity=identity, more=more)


def theory_of(curves: Curves, cell: int, name: str = "mean_error2") -> Floats | None:
    """E|mu - mu*|^2/d ("mean_error2") or E tr(Sigma)/d ("variance") of a cell at each of the curves' generations, (G,).

    None where theory has no exact answer. What the ensemble kept; else theory.moments, for the schedules in `REGIMES`
    with the ideal corrector.
    """
    kept = curves.more.get(f"{name}_theory")
    if kept is not None:
        return None if np.isnan(kept[:, cell]).any() else kept[:, cell]
    schedule, corrector = curves.identity.get("schedule", {}), curves.identity.get("corrector", {})
    regime = REGIMES.get(schedule.get("name", "") if isinstance(schedule, Mapping) else "")
    n, k = curves.identity.get("n"), _synthetic(curves, cell)
    steps = curves.generation.astype(int)
    if isinstance(corrector, Mapping) and corrector.get("name", "mixture") != "mixture":
        return None
    if regime is None or not isinstance(n, int) or k is None or steps.min() < 0 or (steps != curves.generation).any():
        return None
    problem = curves.identity.get("problem", {})
    settings = {key: problem[key] for key in ("normalisation", "bias", "first") if key in problem}
    predicted = moments(n, k, float(curves.gamma[cell]), int(steps.max()), regime=regime, **settings)  # type: ignore[arg-type]
    path: Floats = (predicted.M if name == "mean_error2" else predicted.S)[steps]
    return path


def _synthetic(curves: Curves, cell: int) -> int | None:
    """k, the synthetic points of a generation: the config lists one for all cells, or one a cell."""
    listed = curves.identity.get("k", [])
    listed = [listed] if isinstance(listed, int) else listed
    if not isinstance(listed, list) or len(listed) not in (1, len(curves.gamma)):
        return None
    k = listed[cell if len(listed) > 1 else 0]
    return k if isinstance(k, int) else None
