"""The nearest joints whose bones have given lengths, and what a joint that is moved by hand costs its neighbours.

Noise moves every joint by itself, a body does not: of the 66 coordinates of 22 joints, noise along the 21 bones can be
told and taken away. Inverse kinematics from the root outwards would hand each error on to the limb's end.
"""

from __future__ import annotations

import numpy as np

from motion.kinematics.skeleton import BONE_LENGTHS, N_JOINTS, PARENTS, J
from motion.physics.quaternions import Floats

_PARENT, _CHILD = np.array(PARENTS[1:]), np.arange(1, N_JOINTS)
_ENDS = np.zeros((N_JOINTS - 1, N_JOINTS))  # of each bone, -1 at its parent joint, +1 at its child
_ENDS[np.arange(N_JOINTS - 1), _PARENT] = -1.0
_ENDS[np.arange(N_JOINTS - 1), _CHILD] = 1.0

ROUNDS = 3
"""Newton steps; after three, bones that were 8 cm wrong are right to a few micrometres."""
FARTHEST = 0.5
"""A frame in which a joint would have to move farther is no body: it stays [m]."""
EVEN: Floats = np.ones(N_JOINTS)
"""All joints give way alike: the most likely body under white noise."""
STEADY = EVEN.copy()
"""Pelvis, hips and shoulders hardly give way: for what a generator draws, whose limbs stretch and whose trunk is right.
Where the bones of a leg or an arm are wrong, hip or shoulder would else take its share, and the heading, which is read
off them, would tremble. Retrained three times on samples that were corrected so, behind an earlier `noise.denoise`, a
small model ends at a Frechet distance of 51.1; at 55.5 where shoulders give way, too (no correction: 57.6)."""
STEADY[[J[name] for name in ("pelvis", "left_hip", "right_hip", "left_shoulder", "right_shoulder")]] = 0.1
PLANTED = STEADY.copy()
"""For planted feet: these half as movable as knees, too. A nearly straight leg whose foot was raised by a centimetre
would else have to push its knee out by six."""
PLANTED[[J[f"{side}_{name}"] for side in ("left", "right") for name in ("ankle", "foot")]] = 0.5


def nearest_rigid(joints: Floats, lengths: Floats | None, mobility: Floats = EVEN) -> Floats:
    """Joints (n, T, 22, 3) [m] with bones of the given lengths, as near as they can be, frame by frame.

    Minimises the sum of |x - joints|^2 / mobility over the joints, subject to the lengths: with equal mobilities the
    most likely body under white noise. Solved by Newton's method on the linearised constraints (21 x 21 a frame).

    Args:
        lengths: (22,) or (n, 22) as `ik.solve`; None is our uniform body. mobility: (22,) > 0.
    """
    wanted = np.broadcast_to(BONE_LENGTHS if lengths is None else lengths, (len(joints), N_JOINTS))[:, None, 1:]
    coupling = (_ENDS * mobility) @ _ENDS.T
    # so little that lengths stay, so much that a bone without length or direction divides by nothing
    slack = 1e-6 * np.eye(N_JOINTS - 1)
    given = joints[:, :, _CHILD] - joints[:, :, _PARENT]
    result = joints
    for _ in range(ROUNDS):
        bone = result[:, :, _CHILD] - result[:, :, _PARENT]
        size = np.sqrt((bone * bone).sum(axis=-1))
        along = bone / np.maximum(size, 1e-9)[..., None]
        # written out, since the rounding of a matrix product may depend on how many there are
        overlap = sum(along[..., :, None, k] * along[..., None, :, k] for k in range(3))
        wrong = size - wanted + ((given - bone) * along).sum(axis=-1)
        pull = np.linalg.solve(overlap * coupling + slack, wrong[..., None]) * along
        result = joints.copy()
        for bone_index, (parent, child) in enumerate(zip(_PARENT, _CHILD, strict=True)):
            result[:, :, child] -= mobility[child] * pull[:, :, bone_index]
            result[:, :, parent] += mobility[parent] * pull[:, :, bone_index]
    # a comparison with nan is false: such frames stay, too
    near = ((result - joints) ** 2).sum(axis=-1).max(axis=-1) <= FARTHEST**2
    return np.where(near[..., None, None], result, joints)
