"""Sufficient statistics of points: pooling them, drawing those of standard normal points without the points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loop.ensemble import Array, State


@dataclass(frozen=True)
class Group:
    """Sufficient statistics of points: how many (...), their mean (..., d), their scatter about it (..., d, d)."""

    count: Array
    mean: Array
    scatter: Array


def pooled(*groups: Group) -> Group:
    """The statistics of all the groups' points together."""
    count = np.sum(np.broadcast_arrays(*(g.count for g in groups)), axis=0)
    weights = [g.count / count for g in groups]
    mean = sum((w[..., None] * g.mean for w, g in zip(weights, groups, strict=True)), np.zeros(1))
    scatter = np.zeros(1)
    for group in groups:
        gap = group.mean - mean
        between = group.count[..., None, None] * gap[..., :, None] * gap[..., None, :]
        scatter = scatter + group.scatter + between
    return Group(count, np.asarray(mean), scatter)


def standard_group(count: Array, d: int, rng: np.random.Generator) -> Group:
    """Statistics of `count` points of N(0, I), without the points.

    Bartlett: the scatter is T T^T with T lower triangular, its diagonal sqrt(chi^2 of count-1-i degrees of freedom),
    standard normals below; columns beyond the degrees of freedom vanish. A group without points has zeros.

    Args:
        count: (m,) whole numbers >= 0.
    """
    m = len(count)
    if not count.any():
        return Group(count, np.zeros((m, d)), np.zeros((m, d, d)))
    mean = rng.standard_normal((m, d)) / np.sqrt(np.maximum(count, 1.0))[:, None]
    free = count[:, None] - 1.0 - np.arange(d)  # (m, d) degrees of freedom of each diagonal entry
    diagonal = np.sqrt(rng.chisquare(np.maximum(free, 1.0)))
    root = np.tril(rng.standard_normal((m, d, d)), -1)
    root[:, np.arange(d), np.arange(d)] = diagonal
    root *= (free > 0)[:, None, :]
    mean *= (count > 0)[:, None]
    return Group(count, mean, root @ root.transpose(0, 2, 1))


def group_of(points: Array) -> Group:
    """Statistics of points, (..., m, d) with m >= 1."""
    mean = points.mean(axis=-2)
    centred = points - mean[..., None, :]
    count = np.full(mean.shape[:-1], float(points.shape[-2]))
    return Group(count, mean, np.swapaxes(centred, -1, -2) @ centred)


def pooled_or_empty(first: Group, second: Group) -> Group:
    """Both groups pooled; where both are empty (k = 0) a group without weight."""
    empty = first.count + second.count == 0
    safe = Group(np.where(empty, 1.0, first.count), first.mean, first.scatter)
    both = pooled(safe, second)
    return Group(np.where(empty, 0.0, both.count), both.mean, np.where(empty[..., None, None], 0.0, both.scatter))


def stacked(groups: list[Group]) -> Group:
    return Group(*(np.stack([getattr(g, part) for g in groups], axis=1) for part in ("count", "mean", "scatter")))


def group_in(state: State, name: str) -> Group:
    return Group(state[f"{name}.count"], state[f"{name}.mean"], state[f"{name}.scatter"])


def named(name: str, group: Group) -> State:
    return {f"{name}.count": group.count, f"{name}.mean": group.mean, f"{name}.scatter": group.scatter}
