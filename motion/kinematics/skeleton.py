"""The 22-joint human skeleton: names, tree, chains, canonical directions, and our uniform body.

Frames and units everywhere in `motion/`: metres, y up, the character faces +z, +x is its left, 20 frames a second.
The joint order and the canonical directions are those of the HumanML3D representation (spec: motion, section 1.1).
"""

import numpy as np

FPS = 20
"""Frames per second of every motion inside the program [1/s]."""

JOINTS: tuple[str, ...] = (
    "pelvis", "left_hip", "right_hip", "spine1", "left_knee", "right_knee", "spine2", "left_ankle", "right_ankle",
    "spine3", "left_foot", "right_foot", "neck", "left_collar", "right_collar", "head", "left_shoulder",
    "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist",
)  # fmt: skip
N_JOINTS = len(JOINTS)
J: dict[str, int] = {name: index for index, name in enumerate(JOINTS)}

PARENTS: tuple[int, ...] = (-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19)
"""Parent of each joint; -1 for the root. Parents always come before their children."""

CHAINS: tuple[tuple[int, ...], ...] = (
    (0, 2, 5, 8, 11),
    (0, 1, 4, 7, 10),
    (0, 3, 6, 9, 12, 15),
    (9, 14, 17, 19, 21),
    (9, 13, 16, 18, 20),
)

MIRROR: tuple[int, ...] = (0, 2, 1, 3, 5, 4, 6, 8, 7, 9, 11, 10, 12, 14, 13, 15, 17, 16, 19, 18, 21, 20)
"""Index of each joint's left-right partner."""

FEET_LEFT = (7, 10)
FEET_RIGHT = (8, 11)

RAW_DIRECTIONS = np.array(
    [
        [0, 0, 0], [1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, -1, 0], [0, 1, 0], [0, -1, 0], [0, -1, 0],
        [0, 1, 0], [0, 0, 1], [0, 0, 1], [0, 1, 0], [1, 0, 0], [-1, 0, 0], [0, 0, 1], [0, -1, 0], [0, -1, 0],
        [0, -1, 0], [0, -1, 0], [0, -1, 0], [0, -1, 0],
    ],
    dtype=float,
)  # fmt: skip
"""Canonical unit direction of the bone that ends in each joint, (22, 3)."""
RAW_DIRECTIONS.setflags(write=False)

BONE_LENGTHS = np.array(
    [
        0.0, 0.105, 0.105, 0.115, 0.390, 0.390, 0.135, 0.410, 0.410, 0.060, 0.135, 0.135, 0.215, 0.140, 0.140, 0.105,
        0.125, 0.125, 0.265, 0.265, 0.250, 0.250,
    ]
)  # fmt: skip
"""Our uniform body: length of the bone that ends in each joint, (22,) [m].

A plausible adult of about 1.70 m, chosen for this project (it is nobody's body model): thigh and shin after the usual
0.245 and 0.246 of stature, arms 0.186 and 0.146, left and right equal.
"""
BONE_LENGTHS.setflags(write=False)
