"""The simulated humanoid: one MuJoCo model of fixed layout, and the numbers in it that differ from clip to clip.

World frame as everywhere in `motion/`: metres, y up; kilograms, newtons, seconds. The floor is the plane y = 0.
54 degrees of freedom: a free pelvis and 16 ball joints. Only floor contacts exist (the body does not touch itself).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import mujoco
import numpy as np

from motion.kinematics.rotations import between, rotate
from motion.kinematics.skeleton import BONE_LENGTHS, JOINTS, PARENTS, RAW_DIRECTIONS, J
from motion.physics.ik import ANKLES, BALLS, Skeleton
from motion.physics.quaternions import Floats
from motion.physics.settings import PhysicsSettings, Residual

MASS = 70.0
"""Body mass [kg]."""
GRAVITY = 9.81
WEIGHT = MASS * GRAVITY
"""Body weight [N]."""

SEGMENTS: dict[str, tuple[str | None, float, float, float, float]] = {
    "pelvis": (None, 0.1117, 0.0, 0.09, 0.09),
    "spine1": ("spine2", 0.0817, 0.5, 0.09, 0.10),
    "spine2": ("spine3", 0.0816, 0.5, 0.09, 0.10),
    "spine3": ("neck", 0.1496, 0.4, 0.10, 0.09),
    "left_collar": ("left_shoulder", 0.005, 0.5, 0.04, 0.03),
    "right_collar": ("right_shoulder", 0.005, 0.5, 0.04, 0.03),
    "neck": ("head", 0.0694, 0.9, 0.075, 0.065),
    "left_hip": ("left_knee", 0.1416, 0.4095, 0.128, 0.058),
    "right_hip": ("right_knee", 0.1416, 0.4095, 0.128, 0.058),
    "left_knee": ("left_ankle", 0.0433, 0.4395, 0.102, 0.042),
    "right_knee": ("right_ankle", 0.0433, 0.4395, 0.102, 0.042),
    "left_ankle": ("left_foot", 0.0137, 0.5, 0.065, 0.03),
    "right_ankle": ("right_foot", 0.0137, 0.5, 0.065, 0.03),
    "left_shoulder": ("left_elbow", 0.0271, 0.5772, 0.075, 0.042),
    "right_shoulder": ("right_elbow", 0.0271, 0.5772, 0.075, 0.042),
    "left_elbow": ("left_wrist", 0.0223, 0.60, 0.090, 0.032),
    "right_elbow": ("right_wrist", 0.0223, 0.60, 0.090, 0.032),
}
"""Segment of each body: (end joint, share of the mass, centre of mass along the bone, radii of gyration across and
along the bone [m]).

Mass shares: de Leva 1996, "Adjustments to Zatsiorsky-Seluyanov's segment inertia parameters", male, with the hand in
the forearm, the middle trunk over two bodies and 1 % of the upper trunk in the collars. Limb centres and radii after
the same table for bones of our uniform body; the trunk's and head's radii are rounded by us.
"""

BUMPERS: dict[str, float] = {
    "pelvis": 0.08, "left_knee": 0.04, "right_knee": 0.04, "spine3": 0.09, "head": 0.08, "left_elbow": 0.03,
    "right_elbow": 0.03, "left_wrist": 0.03, "right_wrist": 0.03,
}  # fmt: skip
"""Radii of the spheres through which other joints than the feet meet the floor [m]."""

SOLE_RADIUS = 0.01
"""Radius of the four contact spheres under a foot [m]; their lowest points span the level sole."""
SOLE = ((0, 0.03, -0.04), (0, -0.03, -0.04), (1, 0.04, 0.0), (1, -0.04, 0.0))
"""Sole spheres (0 from the ankle or 1 from the toe joint, sideways from the foot's line, forwards) [m]: two behind the
ankle, two beside the toe joint, which does not sink however the foot rolls over it."""

STIFFNESS = {"hip": 600.0, "knee": 600.0, "ankle": 400.0, "spine1": 800.0, "spine2": 800.0, "spine3": 800.0,
             "neck": 250.0, "collar": 400.0, "shoulder": 250.0, "elbow": 120.0}  # fmt: skip
"""Servo stiffness by joint, without its side [N m/rad]; the damping is a tenth of it [N m s/rad]."""
TORQUE = {"hip": 300.0, "knee": 250.0, "ankle": 200.0, "spine1": 300.0, "spine2": 300.0, "spine3": 300.0,
          "neck": 60.0, "collar": 150.0, "shoulder": 120.0, "elbow": 80.0}  # fmt: skip
"""Servo torque limit by joint and axis [N m]."""
DAMPING_RATIO = 0.1
ROOT_STIFFNESS, ROOT_TURN_STIFFNESS, ANKLE_STIFFNESS = 20_000.0, 15_000.0, 5_000.0
"""Stiffness of the residual wrench's springs [N/m, N m/rad, N/m]; what they may give is bounded by the settings.

At 2,000 N m/rad a leaning trunk drooped further: generated side steps came out with 1.3 times the lean they went in
with, which a loop raises to a power. At 15,000 the factor is 1.05 and clean motions move less, for twice the residual
torque (35 -> 79 N m on Bandai-Namco clips); at 40,000 everything gets worse again.
"""

N_SERVOS = 3 * len(BALLS)
ROOT_FORCE = slice(N_SERVOS, N_SERVOS + 3)
ROOT_TORQUE = slice(N_SERVOS + 3, N_SERVOS + 6)
ANKLE_FORCE = slice(N_SERVOS + 6, N_SERVOS + 12)
"""Where each group of actuators stands in `ctrl` and `actuator_force`: three servos a ball joint, in `BALLS` order,
then the residual wrench."""


@dataclass(frozen=True)
class BodyFields:
    """Model fields that depend on the skeleton, one row a clip."""

    body_pos: Floats  # (n, nbody, 3)
    body_ipos: Floats
    body_iquat: Floats  # (n, nbody, 4)
    geom_pos: Floats  # (n, ngeom, 3)


def servo_gain(joint: int, table: dict[str, float]) -> float:
    """The entry of a per-joint table for joint index `joint`."""
    return table[JOINTS[joint].removeprefix("left_").removeprefix("right_")]


@lru_cache(maxsize=16)
def build(settings: PhysicsSettings) -> mujoco.MjModel:
    """The humanoid on our uniform body's nominal offsets; `fields` fits it to a clip.

    Bodies are named after their joints, in joint order (welded leaves have none); geoms "sole/<ankle>/<k>" and
    "bumper/<joint>".
    """
    spec = mujoco.MjSpec()
    spec.option.timestep = 1.0 / settings.rate
    spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    spec.option.solver = mujoco.mjtSolver.mjSOL_PGS
    spec.option.iterations = settings.solver_iterations
    spec.option.cone = mujoco.mjtCone.mjCONE_PYRAMIDAL
    # The bounding volumes belong to the nominal bones and would hide contacts of bodies fitted to a clip.
    spec.option.disableflags |= int(mujoco.mjtDisableBit.mjDSBL_MIDPHASE)
    spec.option.gravity = (0.0, -settings.gravity, 0.0)
    world = spec.worldbody
    if settings.floor:
        half = 2**-0.5  # a plane's normal is its +z: a quarter turn about -x brings it to +y
        world.add_geom(name="floor", type=mujoco.mjtGeom.mjGEOM_PLANE, size=(0, 0, 1), quat=(half, -half, 0, 0),
                       contype=0, conaffinity=1, friction=(settings.friction, 0.005, 0.0001),
                       solref=(0.01, 1.0))  # fmt: skip
    world.add_site(name="origin")
    ghost = world.add_body(name="ghost", mocap=True)
    ghost.add_site(name="ghost")
    bodies: dict[int, mujoco.MjsBody] = {}
    for joint in (0, *BALLS):
        bodies[joint] = _add_body(world if joint == 0 else bodies[PARENTS[joint]], joint, settings)
    for joint in BALLS:
        limit, stiffness = servo_gain(joint, TORQUE), servo_gain(joint, STIFFNESS)
        for axis in range(3):
            _servo(spec, mujoco.mjtTrn.mjTRN_JOINT, JOINTS[joint], None, axis, stiffness, limit)
    site, joint_site = mujoco.mjtTrn.mjTRN_SITE, JOINTS[0]
    bounds = iter(residual_bounds(settings.ladder[0]))
    for axis in range(3):
        _servo(spec, site, joint_site, "origin", axis, ROOT_STIFFNESS, next(bounds))
    for axis in range(3):
        _servo(spec, site, joint_site, "ghost", 3 + axis, ROOT_TURN_STIFFNESS, next(bounds))
    for joint in ANKLES:
        for axis in range(3):
            _servo(spec, site, JOINTS[joint], "origin", axis, ANKLE_STIFFNESS, next(bounds))
    return spec.compile()


def residual_bounds(residual: Residual) -> Floats:
    """Bounds of the residual wrench's twelve actuators, in their order [N, N m].

    MuJoCo refuses an empty range: zero becomes a force that nothing feels.
    """
    root = (residual.across * WEIGHT, residual.up * WEIGHT, residual.across * WEIGHT)
    bounds = np.array([*root, *[residual.torque] * 3, *[residual.ankle * WEIGHT] * 6])
    result: Floats = np.maximum(bounds, 1e-9)
    return result


def _add_body(parent: mujoco.MjsBody, joint: int, settings: PhysicsSettings) -> mujoco.MjsBody:
    name = JOINTS[joint]
    body = parent.add_body(name=name, pos=RAW_DIRECTIONS[joint] * BONE_LENGTHS[joint])
    kind = mujoco.mjtJoint.mjJNT_FREE if joint == 0 else mujoco.mjtJoint.mjJNT_BALL
    body.add_joint(name=name, type=kind, armature=0.0 if joint == 0 else 0.02)
    end, share, _, across, along = SEGMENTS[name]
    body.explicitinertial = True
    body.mass = share * MASS
    body.inertia = body.mass * np.array([across**2, across**2, along**2])
    # MuJoCo marks frames that coincide when it compiles, and then takes short cuts that would be wrong for a body
    # fitted to a clip: so no frame that `fields` sets may coincide with its body's here.
    apart = np.array([0.01, 0.02, 0.03])
    if end is not None:
        body.ipos, body.iquat = apart, between(np.array([0.0, 0.0, 1.0]), apart)
    body.add_site(name=name)
    touch = dict(type=mujoco.mjtGeom.mjGEOM_SPHERE, contype=1, conaffinity=0, density=0.0, condim=3,
                 friction=(settings.friction, 0.005, 0.0001), solref=(0.01, 1.0))  # fmt: skip
    for owner in (name, end):
        # bumpers of welded leaves hang on their parent's body
        if owner in BUMPERS and (owner == name or J[owner] not in BALLS):
            at = np.zeros(3) if owner == name else apart
            body.add_geom(name=f"bumper/{owner}", pos=at, size=(BUMPERS[owner], 0, 0), **touch)
    if joint in ANKLES:
        for k in range(len(SOLE)):
            body.add_geom(name=f"sole/{name}/{k}", pos=apart, size=(SOLE_RADIUS, 0, 0), **touch)
    return body


def _servo(
    spec: mujoco.MjSpec, kind: mujoco.mjtTrn, target: str, reference: str | None, axis: int, stiffness: float,
    limit: float,
) -> None:  # fmt: skip
    """A position servo whose set point may carry velocity and torque feed-forward, bounded by `limit`."""
    gear = np.zeros(6)
    gear[axis] = 1.0
    actuator = spec.add_actuator(
        trntype=kind, target=target, gear=gear, gaintype=mujoco.mjtGain.mjGAIN_FIXED,
        biastype=mujoco.mjtBias.mjBIAS_AFFINE, forcelimited=True,
        forcerange=(-limit, limit),
    )  # fmt: skip
    actuator.gainprm[0] = stiffness
    actuator.biasprm[:3] = (0.0, -stiffness, -DAMPING_RATIO * stiffness)
    if reference is not None:
        actuator.refsite = reference


def fields(model: mujoco.MjModel, skeleton: Skeleton) -> BodyFields:
    """The model's fields for each clip's skeleton: bones, centres of mass, soles."""
    n = len(skeleton.offsets)

    def tiled(values: Floats) -> Floats:
        return np.tile(values, (n, *([1] * values.ndim)))

    result = BodyFields(*(tiled(getattr(model, name)) for name in BodyFields.__annotations__))
    for joint in (0, *BALLS):
        index = model.body(JOINTS[joint]).id
        if joint:
            result.body_pos[:, index] = skeleton.offsets[:, joint]
        end, _, centre, _, _ = SEGMENTS[JOINTS[joint]]
        if end is not None:
            bone = skeleton.offsets[:, J[end]]
            result.body_ipos[:, index] = centre * bone
            result.body_iquat[:, index] = between(np.array([0.0, 0.0, 1.0]), bone)
            if end in BUMPERS and J[end] not in BALLS:
                result.geom_pos[:, model.geom(f"bumper/{end}").id] = bone
    soles = sole_points(skeleton)
    up = rotate(skeleton.level, np.array([0.0, SOLE_RADIUS, 0.0]))
    for side, ankle in enumerate(ANKLES):
        for k in range(len(SOLE)):
            index = model.geom(f"sole/{JOINTS[ankle]}/{k}").id
            result.geom_pos[:, index] = soles[:, side, k] + up[:, side]
    return result


def sole_points(skeleton: Skeleton) -> Floats:
    """The lowest points of the sole's spheres when the foot is level, in the ankle's frame, (n, 2, 4, 3) [m]."""
    length = np.sqrt((skeleton.offsets[:, (10, 11)] ** 2).sum(axis=-1))  # (n, 2)
    ahead = np.sqrt(np.maximum(length**2 - skeleton.drop[:, None] ** 2, 0.0))
    points = np.zeros((len(length), 2, len(SOLE), 3))
    for k, (end, side, forwards) in enumerate(SOLE):
        points[:, :, k, 0] = side
        points[:, :, k, 1] = -skeleton.drop[:, None]
        points[:, :, k, 2] = forwards + end * ahead
    return rotate(skeleton.level[:, :, None], points)
