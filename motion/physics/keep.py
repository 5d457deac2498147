"""Where the body performs its reference, the reference stays: a tracker's own error is no correction.

No simulated body follows a captured motion to the millimetre. Taken as the result, its error of about a centimetre is
added in every pass: after ten, real motions had gained a tenth in speed and range. Within a tolerance the simulation
therefore only certifies: this much help, and a body does it. Beyond, where the reference is nothing that a body does,
what the body did instead is taken. But not where it stumbled, far from anything that was asked for: what it does then
is no better, and of a generator's samples two stumbles of 500 outweighed all others in a Frechet distance. There the
reference stays too.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import maximum_filter1d

from motion.kinematics.rotations import unit
from motion.kinematics.skeleton import FPS
from motion.physics.ik import Pose
from motion.physics.quaternions import Floats, dot
from motion.physics.tracker import Track, smoothed

AROUND = 0.5
"""So long before and after a stumble nothing is taken of what the body did [s]."""


def kept(
    reference: Pose, track: Track, tolerance: tuple[float, float], stumble: tuple[float, float]
) -> tuple[Pose, Floats]:
    """The reference, going over into the track where they part; and what share of each frame is the track, (n, T).

    Args:
        tolerance: mean joint distances up to which the reference counts as performed and from which on it does not
            [m]; between them the pose is blended, root and rotations, smoothly in the distance.
        stumble: the same of the worst moment nearby, up to which the track is taken and from which on it is not [m].
    """
    distance = np.minimum(track.distance, 1e3 * stumble[1])  # inf where the simulation gave up
    worst = maximum_filter1d(distance, 2 * round(AROUND * FPS) + 1, axis=1, mode="nearest")
    share = _above(distance, tolerance) * (1 - _above(worst, stumble))
    # Where nothing is taken of the track, the reference stays bit for bit, and a track of nan harms nothing.
    taken = share[..., None]
    root = np.where(taken > 0, (1 - taken) * reference.root + taken * track.pose.root, reference.root)
    turn = track.pose.rotations * np.where(dot(track.pose.rotations, reference.rotations) < 0, -1.0, 1.0)
    taken = taken[..., None]
    blend = np.where(taken > 0, (1 - taken) * reference.rotations + taken * turn, reference.rotations)
    rotations = np.where(taken > 0, unit(blend), reference.rotations)
    return Pose(root, rotations), share


def _above(distance: Floats, bounds: tuple[float, float]) -> Floats:
    """0 up to the first bound of the smoothed distance, 1 from the second on, a smooth step between, (n, T)."""
    share: Floats = np.clip((smoothed(distance) - bounds[0]) / (bounds[1] - bounds[0]), 0.0, 1.0)
    return share * share * (3 - 2 * share)
