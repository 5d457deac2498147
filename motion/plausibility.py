"""Physical plausibility of motions, measured on joints and sole points alone.

The measures follow PhysDiff (Yuan et al. 2023) and UHC, which take them on a body mesh. Here there is no mesh: a foot
is its ankle, its toe joint and a sole below them, so the numbers are NOT comparable with mesh-based figures. Floor
y = 0, y up, metres, 20 frames a second.

The data's floor is where the lowest joint touches, so the toe joint is taken to lie on the sole; the heel is the point
below the ankle, by the height of the ankle over the toe joint while a foot rests.
"""

from __future__ import annotations

from itertools import combinations, combinations_with_replacement
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from motion.kinematics.mass import centre_of_mass
from motion.kinematics.skeleton import FPS, N_JOINTS, PARENTS, J

Floats = NDArray[np.floating[Any]]
Bools = NDArray[np.bool_]

TOLERANCE = 0.005
"""Penetration and floating below this count as none [m]."""
TOUCH_HEIGHT = 0.03
"""A sole point below this height touches the ground [m]."""
CONTACT_SPEED = 0.894
"""Speed below which HumanML3D calls a foot joint in contact [m/s]."""
REST_SPEED = 0.3
"""A joint slower than this rests [m/s]."""
SUPPORT_MARGIN = 0.10
"""How far beyond the touching sole points a centre of mass still counts as supported [m]: toes reach beyond the toe
joint, heels behind the ankle, and a foot is some 10 cm wide."""

ANKLES = (J["left_ankle"], J["right_ankle"])
TOES = (J["left_foot"], J["right_foot"])
FOOT_JOINTS = (ANKLES[0], TOES[0], ANKLES[1], TOES[1])

UNITS: dict[str, str] = {
    "penetration": "mm",
    "floating": "mm",
    "skating": "mm/frame",
    "physics_error": "mm",
    "jerk": "m/s^3",
    "contact_consistency": "share",
    "bone_variation": "%",
    "unsupported": "share",
}


def measure(joints: ArrayLike, lengths: ArrayLike | None = None) -> dict[str, Floats]:
    """All measures of each motion, {name: (n,)}; units in `UNITS`.

    - penetration: depth of the lowest joint or sole point below the floor where it exceeds 5 mm, mean over all
      frames (zeros included) [mm].
    - floating: height of the lowest joint or sole point above the floor where it exceeds 5 mm, mean over all frames
      (a jump floats too) [mm].
    - skating: mean horizontal displacement of the four sole points (heels and toe joints) that are below 3 cm in two
      neighbouring frames, over those frames and points [mm/frame]; 0 for a motion whose feet never touch.
    - physics_error: their sum, as PhysDiff adds it [mm].
    - jerk: mean size of the third derivative of the joints [m/s^3]; nan under 4 frames.
    - contact_consistency: share of frames and feet for which touching (below 3 cm) and being slow (below 0.894 m/s,
      HumanML3D's contact label) say the same, in 0..1; nan under 2 frames.
    - bone_variation: standard deviation over mean of each bone's length over time, mean over bones [%].
    - unsupported: of the frames in which a sole point touches (below 3 cm), the share in which the centre of mass, seen
      from above, lies more than 10 cm outside the convex hull of the touching sole points, in 0..1; 0 for a motion
      whose feet never touch. Standing has none; walking and running, which fall from foot to foot, have some.

    Args:
        joints: (n, T, 22, 3) [m].
        lengths: (n,) valid frames, 1..T; None is T for all. What stands beyond is not read.

    Returns:
        A motion with a nan or inf in a valid frame gets nan for every measure.

    Raises:
        ValueError: another shape, or a length outside 1..T.
    """
    given = np.asarray(joints, dtype=np.float64)
    if given.ndim != 4 or given.shape[1] < 1 or given.shape[2:] != (N_JOINTS, 3):
        raise ValueError(
            f"joints must have shape (n, T >= 1, {N_JOINTS}, 3), got {given.shape}; one clip: joints[None]"
        )
    n, frames = given.shape[:2]
    size = np.full(n, frames) if lengths is None else np.asarray(lengths)
    if size.shape != (n,) or (n and (size.min() < 1 or size.max() > frames)):
        raise ValueError(f"lengths must be {n} numbers from 1 to {frames}, got {size.tolist()}; check the padding")
    inside = np.arange(frames) < size[:, None]  # (n, T)
    broken = np.asarray(~np.isfinite(np.where(inside[..., None, None], given, 0.0)).all(axis=(1, 2, 3)))
    p = np.where(inside[..., None, None] & ~broken[:, None, None, None], given, 0.0)

    soles = sole_points(p, inside)  # (n, T, 4, 3)
    lowest = np.minimum(p[..., 1].min(axis=2), soles[..., 1].min(axis=2))
    found: dict[str, Floats] = {
        "penetration": 1e3 * _mean(np.where(lowest < -TOLERANCE, -lowest, 0.0), inside),
        "floating": 1e3 * _mean(np.where(lowest > TOLERANCE, lowest, 0.0), inside),
        "skating": 1e3 * skating(soles, inside),
    }
    found["physics_error"] = found["penetration"] + found["floating"] + found["skating"]
    found["jerk"] = jerk(p, inside)
    found["contact_consistency"] = contact_consistency(soles, inside)
    found["bone_variation"] = 100 * bone_variation(p, inside)
    found["unsupported"] = unsupported(p, soles, inside)
    return {name: np.where(broken, np.nan, values) for name, values in found.items()}


def sole_points(joints: Floats, inside: Bools) -> Floats:
    """Left heel, left toe, right heel, right toe, (n, T, 4, 3) [m].

    The heel lies below the ankle along the foot's own "down": the direction square to ankle-toe that is vertical
    while the foot is level.
    """
    ankle, toe = joints[:, :, ANKLES], joints[:, :, TOES]
    drop = ankle_height(joints, inside)[:, None, None, None]
    bone = toe - ankle
    length = np.sqrt((bone * bone).sum(axis=-1, keepdims=True))
    aim = bone / np.where(length > 1e-9, length, 1.0)
    # Of the directions square to the foot, the one nearest to "down"; a foot that points straight down has none, and
    # its heel is then taken at the ankle.
    down = np.array([0.0, -1.0, 0.0]) + aim * aim[..., 1:2]
    size = np.sqrt((down * down).sum(axis=-1, keepdims=True))
    down = down / np.where(size > 1e-6, size, np.inf)
    # In the level foot the ankle's foot point is `drop` below it: turn that point with the foot.
    sine = np.clip(drop / np.where(length > 1e-9, length, np.inf), 0.0, 0.95)
    heel = ankle + drop * (np.sqrt(1 - sine * sine) * down + sine * aim)
    result: Floats = np.stack([heel[:, :, 0], toe[:, :, 0], heel[:, :, 1], toe[:, :, 1]], axis=2)
    return result


def skating(points: Floats, inside: Bools) -> Floats:
    """Mean horizontal displacement of points that touch the ground in two neighbouring frames, (n,) [m/frame]."""
    step = np.diff(points[..., (0, 2)], axis=1)
    slide = np.sqrt((step * step).sum(axis=-1))
    low = (points[..., 1] < TOUCH_HEIGHT) & inside[..., None]
    touching = low[:, 1:] & low[:, :-1]
    total = (slide * touching).sum(axis=(1, 2))
    result: Floats = total / np.maximum(touching.sum(axis=(1, 2)), 1)
    return result


def jerk(joints: Floats, inside: Bools) -> Floats:
    """Mean size of the third derivative over joints and frames, (n,) [m/s^3]; nan under 4 frames."""
    if joints.shape[1] < 4:
        return np.full(len(joints), np.nan)
    third = np.diff(joints, n=3, axis=1) * FPS**3
    size = np.sqrt((third * third).sum(axis=-1)).mean(axis=2)
    return _mean(size, inside[:, 3:])


def contact_consistency(points: Floats, inside: Bools) -> Floats:
    """Share of frames and sole points whose height and speed agree on contact, (n,); nan under 2 frames."""
    step = np.diff(points, axis=1) * FPS
    slow = np.sqrt((step * step).sum(axis=-1)) < CONTACT_SPEED
    low = 0.5 * (points[:, 1:, :, 1] + points[:, :-1, :, 1]) < TOUCH_HEIGHT
    return _mean((slow == low).mean(axis=2), inside[:, 1:])


def bone_variation(joints: Floats, inside: Bools) -> Floats:
    """Coefficient of variation of the bones' lengths over time, mean over bones, (n,); bones of length 0 count 0."""
    bone = joints[:, :, 1:] - joints[:, :, np.array(PARENTS[1:])]
    length = np.sqrt((bone * bone).sum(axis=-1))  # (n, T, 21)
    mean = _mean(length, inside)
    spread = np.sqrt(_mean((length - mean[:, None]) ** 2, inside))
    result: Floats = (spread / np.where(mean > 1e-9, mean, np.inf)).mean(axis=1)
    return result


def unsupported(joints: Floats, points: Floats, inside: Bools) -> Floats:
    """Share of the frames with touching sole points whose centre of mass is beyond them by `SUPPORT_MARGIN`, (n,)."""
    touching = (points[..., 1] < TOUCH_HEIGHT) & inside[..., None]
    away = support_distance(centre_of_mass(joints)[..., (0, 2)], points[..., (0, 2)], touching)
    standing = touching.any(axis=-1)
    outside = standing & (away > SUPPORT_MARGIN)
    result: Floats = outside.sum(axis=1) / np.maximum(standing.sum(axis=1), 1)
    return result


def support_distance(place: Floats, corners: Floats, touching: Bools) -> Floats:
    """Horizontal distance of a place from the convex hull of the touching corners, 0 inside; inf where none touches.

    Args:
        place: (..., 2) [m].
        corners: (..., k, 2) [m].
        touching: (..., k).
    """
    k = corners.shape[-2]
    best = np.full(place.shape[:-1], np.inf)
    # The hull is the union of its corners' triangles; outside, the nearest point lies on a segment between corners.
    for a, b in combinations_with_replacement(range(k), 2):
        start, way = corners[..., a, :], corners[..., b, :] - corners[..., a, :]
        length = (way * way).sum(axis=-1)
        along = ((place - start) * way).sum(axis=-1) / np.where(length > 0, length, 1.0)
        miss = place - start - np.clip(along, 0.0, 1.0)[..., None] * way
        both = touching[..., a] & touching[..., b]
        best = np.where(both, np.minimum(best, np.sqrt((miss * miss).sum(axis=-1))), best)
    for a, b, c in combinations(range(k), 3):
        sides = [_turn(corners[..., i, :], corners[..., j, :], place) for i, j in ((a, b), (b, c), (c, a))]
        flat = np.abs(sum(sides)) < 1e-12  # twice the area: corners in one line have no inside
        within = np.all([side >= 0 for side in sides], axis=0) | np.all([side <= 0 for side in sides], axis=0)
        best = np.where(within & ~flat & touching[..., (a, b, c)].all(axis=-1), 0.0, best)
    return best


def _turn(start: Floats, end: Floats, place: Floats) -> Floats:
    """Twice the signed area of the triangle of three points in the plane, (..., 2) each."""
    way, arm = end - start, place - start
    result: Floats = way[..., 0] * arm[..., 1] - way[..., 1] * arm[..., 0]
    return result


def _mean(values: NDArray[Any], inside: Bools) -> Floats:
    """Mean over valid frames (axis 1) of (n, T) or (n, T, k); nan where there is none."""
    weight = inside if values.ndim == 2 else inside[..., None]
    count = inside.sum(axis=1).astype(float)
    count[count == 0] = np.nan
    total = np.where(weight, values, 0.0).sum(axis=1)
    result: Floats = total / (count if values.ndim == 2 else count[:, None])
    return result


def ankle_height(joints: Floats, inside: Bools) -> Floats:
    """Height of the ankle over the toe joint of a level foot, (n,) [m].

    The median over frames in which ankle and toe joint of a foot rest near the lowest toes. A motion with fewer than
    three such frames, a run for instance, is given the difference of the heights both come down to (10 % quantile of
    the ankles less 5 % quantile of the toe joints). Clipped to 2..11 cm.

    Args:
        joints: (n, T, 22, 3) [m], finite; inside: (n, T) valid frames, at least one each.
    """
    n = len(joints)
    ankle, toe = joints[:, :, ANKLES], joints[:, :, TOES]
    hidden = ~inside[..., None]
    toe_y = np.where(hidden, np.nan, toe[..., 1])
    ankle_y = np.where(hidden, np.nan, ankle[..., 1])
    result = np.array([np.nanquantile(a, 0.1) - np.nanquantile(t, 0.05) for a, t in zip(ankle_y, toe_y, strict=True)])
    if n and joints.shape[1] > 1:
        speed = [np.sqrt((np.diff(part, axis=1) ** 2).sum(axis=-1)) * FPS for part in (ankle, toe)]
        ground = np.array([np.nanquantile(t, 0.05) for t in toe_y])[:, None, None]
        rest = (speed[0] < REST_SPEED) & (speed[1] < REST_SPEED) & (toe[:, 1:, :, 1] < ground + TOUCH_HEIGHT)
        rest &= inside[:, 1:, None]
        height = (ankle - toe)[:, 1:, :, 1]
        for row in np.flatnonzero(rest.sum(axis=(1, 2)) >= 3):
            result[row] = np.median(height[row][rest[row]])
    clipped: Floats = np.clip(result.reshape(n), 0.02, 0.11)
    return clipped
