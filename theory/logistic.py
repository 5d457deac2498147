"""Logistic location, R3: a model whose Hessian depends on x, with data N(0, width^2); everything by quadrature."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from theory import updates

Floats = NDArray[np.float64]


def logistic_hessian(x: Floats) -> Floats:
    """Second derivative of log p by the location, p logistic of scale 1: -1/2 sech^2(x/2)."""
    return np.asarray(-0.5 / np.cosh(np.clip(x / 2, -300, 300)) ** 2)


def logistic_density(x: Floats) -> Floats:
    """Density of the logistic law of scale 1."""
    return -logistic_hessian(x) / 2


def logistic_grid(width: float, dx: float = 0.002) -> tuple[Floats, Floats]:
    """(x, density of N(0, width^2)), step dx, on [-60, 60] or ten widths, whichever is more.

    There both laws have decayed below 1e-22, and the trapezoid rule is exact to rounding: its error is about
    exp(-2 pi^2 (width/dx)^2) for the data and exp(-2 pi^2/dx) for the logistic law.

    Raises:
        ValueError: the width is not positive and finite, below two steps, or needs more than two million points.
    """
    if not (width > 0 and math.isfinite(width)):
        raise ValueError(f"width must be positive and finite (data N(0, width^2)), got {width!r}; choose such a value")
    reach = max(60.0, 10 * width)
    if width < 2 * dx or reach > 1e6 * dx:
        raise ValueError(
            f"width {width!r} needs 2 dx <= width and max(60, 10 width) <= 1e6 dx, got dx = {dx!r}; choose another step"
        )
    half = math.ceil(reach / dx)
    x = (
        np.arange(-half, half + 1, dtype=np.float64) * dx
    )  # the step is dx exactly: sums become integrals by this factor
    return x, np.exp(-0.5 * (x / width) ** 2) / (width * math.sqrt(2 * math.pi))


def logistic_mu(x: Floats, data: Floats) -> float:
    """B/A at theta* = 0, by quadrature; B = -1/3 comes out of it and is not put in."""
    hessian = logistic_hessian(x)
    return float((logistic_density(x) * hessian).sum() / (data * hessian).sum())


def logistic_curvature(width: float) -> float:
    """A at theta* = 0: E of the Hessian under N(0, width^2), by quadrature with a step that suits the width.

    Raises:
        ValueError: as `logistic_grid`; with this step it holds widths from 0.00024 to 25000.
    """
    dx = min(width, 1.0) / 4
    x, data = logistic_grid(width, dx)
    return float((data * logistic_hessian(x)).sum() * dx)


def logistic_distance(width: float) -> float:
    """W1 distance of N(0, width^2) to the logistic law of scale 1: the area between their distribution functions.

    Exact but for one root: with H(x) the difference of E(X - x)+, an antiderivative of the tails' difference, the area
    is 2|H(0) - 2 H(x0)|, x0 > 0 the one crossing of the tails. They cross only if the data's density is the lower one
    at 0, width > 4/sqrt(2 pi); before 2 width^2, because there the Gaussian tail is the lighter one.
    """
    from scipy.optimize import brentq
    from scipy.special import log_ndtr

    def excess(x: float) -> float:
        """Of log P(X > x): data minus model."""
        return float(log_ndtr(-x / width) + np.logaddexp(0.0, x))

    def H(x: float) -> float:
        z = x / width
        data = width * (math.exp(-0.5 * z * z) / math.sqrt(2 * math.pi) - z * math.erfc(z / math.sqrt(2)) / 2)
        return data - math.log1p(math.exp(-x))

    low, high = 1e-6, 2 * width * width  # a crossing below `low` would enclose an area below 1e-12
    if not (excess(low) > 0 > excess(high)):
        return 2 * abs(H(0.0))
    return 2 * abs(H(0.0) - 2 * H(float(brentq(excess, low, high, xtol=1e-12))))


def logistic_step(theta: float, x: Floats, data: Floats, *, s: float, a: float) -> float:
    """One generation: the maximum-likelihood location of the training law, by Newton's method on the grid."""
    model = updates.corrected(logistic_density(x - theta), logistic_density(x), a=a)
    training = updates.trained(data, model, s=s)
    new = theta
    for _ in range(50):
        z = x - new
        move = float((training * np.tanh(z / 2)).sum() / -(training * logistic_hessian(z)).sum())
        new += move
        if abs(move) < 1e-13:
            return new
    raise ArithmeticError(f"Newton's method did not settle at theta = {theta}")
