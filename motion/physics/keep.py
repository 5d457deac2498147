"""Where the body performs its reference, the reference stays: a tracker's own error is no correction.

No simulated body follows a captured motion to the millimetre. Taken as the result, its error of about a centimetre is
added in every pass: after ten, real motions had gained a tenth in speed and range. Within a tolerance the simulation
therefore only certifies: this much help, and a body does it. Beyond, where the reference is nothing that a body does,
what the body did instead is taken.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d

from motion.kinematics.rotations import unit
from motion.kinematics.skeleton import FPS
from motion.physics.ik import Pose
from motion.physics.quaternions import Floats, dot
from motion.physics.tracker import Track

SIGMA = 0.25
"""The distance is smoothed in time by a Gaussian of this standard deviation, so that no frame jumps [s]."""


def kept(reference: Pose, track: Track, tolerance: tuple[float, float]) -> tuple[Pose, Floats]:
    """The reference, going over into the track where they part; and the share of each that is reference, (n,).

    Args:
        tolerance: mean joint distances up to which the reference counts as performed and from which on it does not
            [m]; between them the pose is blended, root and rotations, smoothly in the distance.
    """
    low, high = tolerance
    distance = np.minimum(track.distance, 1e3 * high)  # inf where the simulation gave up
    away = gaussian_filter1d(distance, SIGMA * FPS, axis=1, mode="nearest")
    share = np.clip((away - low) / (high - low), 0.0, 1.0)
    share = share * share * (3 - 2 * share)
    # Where nothing is taken of the track, the reference stays bit for bit, and a track of nan harms nothing.
    taken = share[..., None]
    root = np.where(taken > 0, (1 - taken) * reference.root + taken * track.pose.root, reference.root)
    turn = track.pose.rotations * np.where(dot(track.pose.rotations, reference.rotations) < 0, -1.0, 1.0)
    taken = taken[..., None]
    blend = np.where(taken > 0, (1 - taken) * reference.rotations + taken * turn, reference.rotations)
    rotations = np.where(taken > 0, unit(blend), reference.rotations)
    result: Floats = 1 - share.mean(axis=1)
    return Pose(root, rotations), result
