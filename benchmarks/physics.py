"""What the physics corrector costs, beside the floor under it: MuJoCo's own steps on the same bodies.

    python -m benchmarks.physics [--clips N] [--seconds S] [--most N]

Prints motion seconds per wall second on one and two threads, the share of bare `mj_step` on the same models in each
stage, and with --most (4096 takes minutes) the cost of a motion by the number of motions in one call.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial

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


def count(steps: int) -> None:
    for _ in range(steps):
        pass


def two_processes(steps: int = 30_000_000) -> float:
    """What a second process adds here at best: work done by two at once, over that of one in the same time."""
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        list(pool.map(count, [1, 1]))
        alone = seconds(lambda: list(pool.map(count, [steps])))
        return 2 * alone / seconds(lambda: list(pool.map(count, [steps] * 2)))


def show_stages(clips: int, length: float, settings: PhysicsSettings) -> None:
    joints = drawn(clips, length)
    motion = clips * length
    _, skeleton, pose = reference(joints, settings)
    floor = bare_steps(skeleton, pose, settings)
    rows = {
        "bare mj_step, one pass": floor,
        "reference (all before the simulation)": seconds(lambda: reference(joints, settings)),
        "simulation (feed-forward, ladder, records)": seconds(lambda: simulate(skeleton, pose, settings)),
        "all, 1 thread": seconds(lambda: correct_joints(joints, None, settings)),
        "all, 2 threads": seconds(lambda: correct_joints(joints, None, replace(settings, threads=2))),
    }
    print(f"{clips} clips of {length:g} s ({motion:g} s of motion), {settings.rate} steps a second")
    for name, wall in rows.items():
        share = f"{100 * floor / wall:5.1f} % of it bare mj_step"
        print(f"{name:45s} {wall:7.3f} s  {motion / wall:7.1f} x real time  {share}")
    gain = rows["all, 1 thread"] / rows["all, 2 threads"]
    print(f"two threads: {gain:.2f} x, where two processes that only count get {two_processes():.2f} x of the machine")
    print(f"one step: {1e6 * floor / (motion * settings.rate):.1f} microseconds")
    found = correct_joints(joints, None, settings)
    rungs = np.bincount(found.rung + 1, minlength=len(settings.ladder) + 1)
    moved = 1e3 * found.moved.mean()
    print(f"success {found.success.mean():.3f}, moved {moved:.1f} mm, failed and rungs {rungs.tolist()}")


def show_growth(most: int, length: float, settings: PhysicsSettings) -> None:
    """Cost of a motion and peak memory, by the number of motions in one call."""
    print("motions   ms a motion   peak memory, GiB (with the motions themselves)")
    count, first = 16, None
    while count <= most:
        joints = drawn(count, length)
        wall = seconds(partial(correct_joints, joints, None, settings), 3 if count < 100 else 1)
        first = first or wall / count
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(
            f"{count:7d}   {1e3 * wall / count:11.1f}   {memory:.2f}   {wall / count / first:.2f} x that of 16 motions"
        )
        count *= 4


def drawn(clips: int, length: float) -> np.ndarray:
    """Joints of procedural motions, (clips, T, 22, 3) [m]; length [s]."""
    return np.stack([clip.joints for clip in generate(clips, frames=int(length * FPS), seed=0)]).astype(float)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=3.0, help="length of a clip [s]")
    parser.add_argument("--most", type=int, default=0, help="also the cost of 16, 64, ... up to so many motions")
    given = parser.parse_args()
    show_stages(given.clips, given.seconds, PhysicsSettings())
    if given.most:
        show_growth(given.most, given.seconds, PhysicsSettings())


if __name__ == "__main__":
    main()
