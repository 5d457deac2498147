"""Skeleton, rotations, kinematics, resampling."""

from motion.kinematics.skeleton import BONE_LENGTHS, CHAINS, FPS, JOINTS, MIRROR, N_JOINTS, PARENTS, RAW_DIRECTIONS, J

__all__ = ["BONE_LENGTHS", "CHAINS", "FPS", "JOINTS", "MIRROR", "N_JOINTS", "PARENTS", "RAW_DIRECTIONS", "J"]
