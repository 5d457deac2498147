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
    """(x, density of N(0, width^2)) on [-60, 60]."""
    x = np.linspace(-60, 60, round(120 / dx) + 1)
    return x, np.exp(-0.5 * (x / width) ** 2) / (width * math.sqrt(2 * math.pi))


def logistic_mu(x: Floats, data: Floats) -> float:
    """B/A at theta* = 0, by quadrature; B = -1/3 comes out of it and is not put in."""
    hessian = logistic_hessian(x)
    return float((logistic_density(x) * hessian).sum() / (data * hessian).sum())


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
