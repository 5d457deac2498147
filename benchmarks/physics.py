"""What the physics corrector costs, beside the floor under it: MuJoCo's own steps on the same bodies.

    python -m benchmarks.physics [clips] [seconds]

Prints motion seconds per wall second on one and two threads, each stage's share, and the ratio to bare stepping.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import mujoco
import numpy as np

from motion.data.procedural import generate
from motion.kinematics.skeleton import FPS
from motion.physics import PhysicsSettings, correct_joints, ik, tracker
from motion.physics.correct import reference, simulate


def seconds(call: Callable[[], object], repeats: int = 3) -> float:
    """Least wall time of a few calls [s]."""
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - start)
    return best


def bare_steps(skeleton: ik.Skeleton, pose: ik.Pose, settings: PhysicsSettings) -> float:
    """Wall time of `mj_step` in C on one thread, for one simulation a clip, without records [s]."""
    goal = tracker.resample(skeleton, pose, settings.rate)
    controls, ghost = tracker.set_points(goal, None)
    inputs = np.concatenate([controls[:, 1:], ghost[:, 1:]], axis=-1)
    qpos, qvel = tracker.start_states(skeleton, pose, goal)
    batch = tracker.make_batch(skeleton, PhysicsSettings(threads=1))
    spec = int(mujoco.mjtState.mjSTATE_CTRL | mujoco.mjtState.mjSTATE_MOCAP_POS | mujoco.mjtState.mjSTATE_MOCAP_QUAT)

    def steps() -> None:
        batch.reset()
        batch.bind("qpos")[:], batch.bind("qvel")[:] = qpos, qvel
        batch.rollout(inputs.shape[1], inputs, control_spec=spec, record=())

    return seconds(steps)


def main(clips: int = 32, length: float = 2.0) -> None:
    settings = PhysicsSettings()
    frames = int(length * FPS)
    joints = np.stack([clip.joints for clip in generate(clips, frames=frames, seed=0)]).astype(float)
    motion = clips * frames / FPS
    _, skeleton, pose = reference(joints, settings)
    floor = bare_steps(skeleton, pose, settings)
    rows = {
        "bare steps, one pass": floor,
        "reference (filter, floor, feet, inverse kinematics)": seconds(lambda: reference(joints, settings)),
        "simulation (feed-forward, ladder, records)": seconds(lambda: simulate(skeleton, pose, settings)),
        "all, 1 thread": seconds(lambda: correct_joints(joints, None, settings)),
        "all, 2 threads": seconds(lambda: correct_joints(joints, None, PhysicsSettings(threads=2))),
    }
    print(f"{clips} clips of {length:g} s ({motion:g} s of motion), {settings.rate} steps a second")
    for name, wall in rows.items():
        print(f"{name:52s} {wall:7.3f} s  {motion / wall:7.1f} x real time  {wall / floor:5.2f} x bare steps")
    print(f"one step: {1e6 * floor / (motion * settings.rate):.1f} microseconds")
    found = correct_joints(joints, None, settings)
    rungs = np.bincount(found.rung + 1, minlength=len(settings.ladder) + 1)
    moved = 1e3 * found.moved.mean()
    print(f"success {found.success.mean():.3f}, moved {moved:.1f} mm, failed and rungs {rungs.tolist()}")


if __name__ == "__main__":
    main(*(kind(value) for kind, value in zip((int, float), sys.argv[1:], strict=False)))
