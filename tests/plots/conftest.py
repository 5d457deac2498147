"""Run folders as the engine writes them, made from stated numbers, and a walking skeleton."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

JOINTS = (
    "pelvis left_hip right_hip spine1 left_knee right_knee spine2 left_ankle right_ankle spine3 left_foot right_foot "
    "neck left_collar right_collar head left_shoulder right_shoulder left_elbow right_elbow left_wrist right_wrist"
).split()
PARENTS = [-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19]
REST = np.array(
    [
        [0, 0.93, 0], [0.1, 0.9, 0], [-0.1, 0.9, 0], [0, 1.05, 0], [0.1, 0.49, 0], [-0.1, 0.49, 0], [0, 1.18, 0],
        [0.1, 0.08, 0], [-0.1, 0.08, 0], [0, 1.24, 0], [0.1, 0.02, 0.13], [-0.1, 0.02, 0.13], [0, 1.46, 0],
        [0.12, 1.38, 0], [-0.12, 1.38, 0], [0, 1.56, 0.03], [0.2, 1.36, 0], [-0.2, 1.36, 0], [0.22, 1.1, 0],
        [-0.22, 1.1, 0], [0.22, 0.86, 0.05], [-0.22, 0.86, 0.05],
    ]
)  # fmt: skip


def walk(frames=40, *, travel=2.0, sink=0.0, swing=0.35):
    """A straight walk along +z with swinging limbs, (frames, 22, 3) [m, y up]; `sink` lowers it over time."""
    time = np.linspace(0, 1, frames)
    joints = np.repeat(REST[None], frames, axis=0)
    phase = np.sin(4 * np.pi * time)
    for side, sign in (("left", 1), ("right", -1)):
        for joint, share in (("knee", 0.5), ("ankle", 1.0), ("foot", 1.0), ("elbow", -0.4), ("wrist", -0.9)):
            joints[:, JOINTS.index(f"{side}_{joint}"), 2] += sign * share * swing * phase
    joints[..., 2] += travel * time[:, None]
    joints[..., 1] -= sink * time[:, None]
    return joints


def write_json(path: Path, value) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")


def write_run(folder: Path, measures, *, kind="motion", motions=None, captions=("a man walks",)) -> Path:
    """A run folder; measures: one dict a generation; motions: generation -> (m, T, 22, 3)."""
    write_json(folder / "config.json", {"format": 1, "kind": kind, "identity": {"seed": 0}})
    write_json(folder / "skeleton.json", {"joints": JOINTS, "parents": PARENTS, "fps": 20})
    for generation, values in enumerate(measures):
        inside = folder / f"gen-{generation:04d}"
        write_json(inside / "record.json", {"generation": generation, "seed": 0, "measures": values})
        write_json(inside / "cost.json", {"seconds": {"fit": 1.0}})
        if motions is not None and generation in motions:
            np.savez(inside / "strips.npz", joints=np.asarray(motions[generation], dtype=np.float32))
            write_json(inside / "strips.json", {"captions": list(captions)})
    return folder


LABELS = {
    "real": "real data only",
    "synthetic": "synthetic, uncorrected",
    "corrected": "synthetic, physics-corrected",
}
MEASURES = ("frechet", "skating", "floating", "penetration", "jerk", "diversity", "action_accuracy")


def growth(arm: str, measure: str, generation: int, seed: int) -> float:
    """The stated value of a measure: exponential growth whose rate depends on the arm, spread over seeds."""
    rate = {"real": 0.0, "synthetic": 0.3, "corrected": 0.1}[arm]
    start = 1.0 + MEASURES.index(measure)
    return float(start * np.exp(rate * generation) * (1 + 0.05 * (seed - 1)))


def write_experiment(folder: Path, *, seeds=3, generations=6, strips=True) -> Path:
    write_json(
        folder / "experiment.json",
        {
            "format": 1,
            "kind": "motion-experiment",
            "arms": {name: {"label": label} for name, label in LABELS.items()},
            "seeds": list(range(seeds)),
            "floor": {"frechet": 0.4, "skating": 1.7},
        },
    )
    for arm in LABELS:
        for seed in range(seeds):
            sinks = {"real": 0.0, "synthetic": 0.06, "corrected": 0.01}[arm]
            motions = {g: [walk(sink=sinks * g, swing=0.35 - sinks * g)] for g in range(generations)}
            values = [{m: growth(arm, m, g, seed) for m in MEASURES} for g in range(generations)]
            write_run(folder / arm / f"seed-{seed:04d}", values, motions=motions if strips and seed == 0 else None)
    return folder


def write_ensemble(folder: Path, arrays, *, n=50, k=(25,), schedule="augment") -> Path:
    identity = {"seed": 0, "n": n, "k": list(k), "dimension": 2, "schedule": {"name": schedule}}
    write_json(folder / "config.json", {"format": 1, "kind": "toy-ensemble", "identity": identity})
    np.savez(folder / "curves.npz", **arrays)
    return folder


@pytest.fixture(scope="session")
def experiment(tmp_path_factory) -> Path:
    """A finished experiment: three arms, three seeds, six generations; never written to by a test."""
    return write_experiment(tmp_path_factory.mktemp("experiment"))


@pytest.fixture(scope="session")
def write():
    """The writers above, for tests that need a folder of their own."""
    return SimpleNamespace(
        json=write_json, run=write_run, experiment=write_experiment, ensemble=write_ensemble, walk=walk, growth=growth,
        joints=JOINTS, parents=PARENTS, labels=LABELS, measures=MEASURES,
    )  # fmt: skip
