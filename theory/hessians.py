"""The two Hessians at theta*: which pairs (A, B) are admissible, the spectrum of A^-1 B, how far A and B lie apart."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from theory.hypotheses import Hypothesis, HypothesisError

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Pair:
    """An admissible pair.

    A, B: (p, p), symmetric, p the number of parameters.
    mu: (p,) eigenvalues of A^-1 B, ascending, >= 0; relative error about 1e-16 times the condition number of A.
    alpha: smallest eigenvalue of -A, > 0 [as A].
    hypotheses: what was checked.
    """

    A: Floats
    B: Floats
    mu: Floats
    alpha: float
    hypotheses: tuple[Hypothesis, ...]


def pair(A: ArrayLike, B: ArrayLike) -> Pair:
    """Check A = E_data and B = E_p_theta* of the Hessian of log p at theta*, each (p, p) or a number.

    Raises:
        ValueError: no numbers, shapes differ, not square, not finite or not symmetric.
        HypothesisError: A is not negative definite (theta* is no strict maximum) or B not negative semidefinite.
    """
    hessian, fisher = _symmetric("A", A), _symmetric("B", B)
    if hessian.shape != fisher.shape:
        raise ValueError(f"A and B must have the same shape, got {hessian.shape} and {fisher.shape}; give both (p, p)")
    # Both scaled to size 1: the products below then neither overflow nor lose digits to subnormal numbers.
    size_a, size_b = (float(np.abs(x).max()) or 1.0 for x in (hessian, fisher))
    hessian, fisher = hessian / size_a, fisher / size_b
    values = np.linalg.eigvalsh(hessian)
    top_a, top_b = float(values[-1]), float(np.linalg.eigvalsh(fisher)[-1])
    resolution = 8 * len(values) * sys.float_info.epsilon * float(np.abs(values).max())
    held = (
        Hypothesis("A: largest eigenvalue < 0", top_a * size_a, 0.0, top_a < -resolution),
        Hypothesis("B: largest eigenvalue <= 0", top_b * size_b, 0.0, top_b <= 1e-10),
    )
    if not held[0].holds:
        raise HypothesisError(
            f"A must be negative definite, its largest eigenvalue is {top_a * size_a:.6g} (resolved to "
            f"{resolution * size_a:.1g}): theta* is no strict maximum; choose other parameters or rescale them",
            held[0],
        )
    if not held[1].holds:
        raise HypothesisError(
            f"B must be negative semidefinite, its largest eigenvalue is {top_b * size_b:.6g}; "
            "give minus the Fisher information of the model at theta*",
            held[1],
        )
    root = np.linalg.cholesky(-hessian)  # cannot fail: A is definite beyond rounding
    half = np.linalg.solve(root, -fisher)
    spectrum = np.linalg.eigvalsh(np.linalg.solve(root, half.T))
    mu = np.maximum(spectrum, 0.0) * (size_b / size_a)
    return Pair(hessian * size_a, fisher * size_b, mu, -top_a * size_a, held)


def hessian_gap(A: ArrayLike, B: ArrayLike, norm: Literal["energy", "euclidean"] = "energy") -> float:
    """The e that the bounds of T3 need, from A and B themselves: at most eps L/alpha, and without Lipschitz constant.

    "energy" for `rate_tight`: the smallest e >= 0 with -B <= (1+e)(-A), that is max(mu_max - 1, 0).
    "euclidean" for `rate_euclidean`: |A - B|_2/alpha.

    T3's proofs use L and eps only for these two inequalities, so its bounds hold with either e. [D]

    Raises:
        ValueError, HypothesisError: as `pair`; also a gap beyond the floats.
    """
    if norm not in ("energy", "euclidean"):
        raise ValueError(f"norm must be energy or euclidean, got {norm!r}; choose one of them")
    found = pair(A, B)
    if norm == "energy":
        gap = max(float(found.mu[-1]) - 1, 0.0)
    else:
        gap = float(np.abs(np.linalg.eigvalsh(found.A - found.B)).max()) / found.alpha
    if not math.isfinite(gap):
        raise HypothesisError("the gap between A and B overflows; rescale the parameters or use rate_exact")
    return gap


def _symmetric(name: str, value: ArrayLike) -> Floats:
    try:
        matrix = np.atleast_2d(np.asarray(value, dtype=np.float64))
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{name} must be a number or a square matrix of numbers; give rows of equal length") from None
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not matrix.size:
        raise ValueError(f"{name} must be a number or a square matrix, got shape {np.shape(value)}; give a Hessian")
    if not np.isfinite(matrix).all():
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(matrix))[0])
        raise ValueError(f"{name} must be finite, entry {where} is {matrix[where]}; check how it was computed")
    matrix = matrix / 2  # halves, so that the largest floats have a sum
    gap = float(np.abs(matrix - matrix.T).max())
    if gap > 1e-8 * float(np.abs(matrix).max()):
        raise ValueError(f"{name} must be symmetric, its sides differ by {2 * gap:.3g}; give (X + X.T)/2")
    return np.asarray(matrix + matrix.T)
