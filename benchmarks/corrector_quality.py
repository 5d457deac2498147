"""What correctors do to real motion, clean and spoiled, beside what is asked of them.

    python -m benchmarks.corrector_quality [--half tune|report] [--correctors physics gated kinematic reground]
        [--clips N] [--data FOLDER] [--json FILE]

Each pack is cut into windows (CMU 4 s, without stairs and props; Bandai-Namco 3 s) and halved by subject or clip.
Correctors are tuned on the half `tune`; the half `report` is looked at once, at the end. Progress on stderr.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loop import files
from motion.correctors import PlausibilityGate, corrector_named
from motion.correctors.gated import GatedCorrector
from motion.correctors.kinematic import KinematicCorrector
from motion.data.clip import Clip, windows
from motion.data.pack import load_pack
from motion.evaluation.corruptions import CORRUPTIONS
from motion.evaluation.gates import measure_gates
from motion.evaluation.halves import HALVES, Half, in_half
from motion.evaluation.movement import MEASURES
from motion.evaluation.repair import RepairTest, repair_test
from motion.evaluation.requirements import Requirement, requirements
from motion.joint_corrector import JointCorrector
from motion.kinematics.skeleton import FPS
from motion.physics import JointsReport, PhysicsCorrector, PhysicsSettings, correct_joints

Floats = NDArray[np.float64]
SECONDS = {"cmu": 4, "bandai": 3}
RIVALS = ("kinematic", "plain kinematic", "reground")
BEATEN = (("plain kinematic", "reground"), ("kinematic", "reground"))
"""Whom a corrector is asked to beat: filter, inverse kinematics and foot lock; then all that comes before physics."""
SETTINGS = PhysicsSettings()


@dataclass(frozen=True)
class Staged(PhysicsCorrector):
    """The physics corrector, with its stages in the report."""

    def correct(
        self,
        joints: NDArray[np.floating[Any]],
        lengths: NDArray[np.int64],
        captions: Sequence[str],
        rng: np.random.Generator,
    ) -> JointsReport:
        return correct_joints(joints, lengths, self.settings, stages=True)


def correctors(names: Sequence[str], real: Floats) -> dict[str, JointCorrector]:
    """Those named; "gated" is physics for motions outside the plausible range of `real`, of the tuning half."""
    physics = Staged(settings=SETTINGS)
    found: dict[str, JointCorrector] = {}
    for name in names:
        if name == "gated":
            found[name] = GatedCorrector(corrector=physics, gate=PlausibilityGate.fit(real))
        elif name == "plain kinematic":
            found[name] = KinematicCorrector(plain=True)
        else:
            found[name] = physics if name == "physics" else corrector_named(name)
    return found


def real_motions(folder: Path, seconds: int, half: Half, clips: int | None) -> tuple[Clip, ...]:
    """Windows of one half of a pack, or so many of them, evenly spread."""
    cuts = windows(tuple(clip for clip in load_pack(folder).clips if clip.flat), seconds * FPS + 1).clips
    found = in_half(cuts, half)
    if clips is None or clips >= len(found):
        return found
    return tuple(found[i] for i in np.linspace(0, len(found) - 1, clips).round().astype(int))


def progress(stage: str, done: int, total: int) -> None:
    end = "\n" if done == total or not sys.stderr.isatty() else "\r"
    print(f"{stage}: {done} of {total}", end=end, file=sys.stderr, flush=True)


def show_requirements(rows: Sequence[Requirement]) -> None:
    print(f"  {'measure':62s} {'reach':>7s} {'aim':>7s} {'measured':>18s}")
    for row in rows:
        error = "" if np.isnan(row.se) else f" ± {row.se:.2g}"
        value = "not reported" if np.isnan(row.value) else f"{row.value:.4g}{error}"
        reach, aim = (f"{row.sense} {bound:g}" for bound in (row.reach, row.aim))
        print(f"  {row.measure:62s} {reach:>7s} {aim:>7s} {value:>18s}  {row.mark}")


def show_repairs(test: RepairTest) -> None:
    """One line a kind: distance to the clean clip, spoiled and after each corrector, by one measure after the other."""
    for measure in MEASURES:
        print(f"  distance to the clean clip, {measure} [mm]: spoiled -> corrected ± standard error of the change")
        table = [test.outcomes(name, measure) for name in test.correctors]
        print(f"    {'':66s} {'spoiled':>8s}" + "".join(f"{name:>22s}" for name in test.correctors))
        for kind, row in zip(CORRUPTIONS, zip(*table, strict=True), strict=True):
            cells = "".join(
                f"{one.after.value:10.1f} ± {one.change.se:4.1f} "
                f"{'nearer' if one.nearer else 'farther' if one.p < 0.05 and one.change.value > 0 else '=':>7s}"
                f"{'' if one.success == 1 else ' ' + format(one.success, '.0%')}"
                for one in row
            )
            print(f"    {f'{kind.name} ({kind.about})':66.66s} {row[0].before.value:8.1f}{cells}")


def main(arguments: Sequence[str] | None = None) -> int:
    root = Path(os.environ.get("SCSC_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", choices=HALVES, default="tune")
    parser.add_argument("--correctors", nargs="+", choices=("physics", "gated", *RIVALS), default=["physics"])
    parser.add_argument("--clips", type=int, default=60, help="of each pack, evenly spread; 0: all")
    parser.add_argument("--data", type=Path, default=root, help="folder of the packs cmu and bandai")
    parser.add_argument("--json", type=Path, default=None)
    asked = parser.parse_args(arguments)
    packs = [name for name in SECONDS if (asked.data / name).is_dir()]
    if not packs:
        print(f"no pack in {asked.data}; name the folder with --data or SCSC_DATA", file=sys.stderr)
        return 0 if asked.data == root else 2  # all benchmarks run where there is no data, too
    everyone = list(dict.fromkeys([*asked.correctors, *RIVALS]))
    record: dict[str, Any] = {"half": asked.half, "clips": asked.clips}
    for pack in packs:
        cuts = real_motions(asked.data / pack, SECONDS[pack], asked.half, asked.clips or None)
        joints = np.stack([cut.joints for cut in cuts]).astype(float)
        lengths = np.full(len(cuts), joints.shape[1])
        captions, names = [cut.captions[0] for cut in cuts], [cut.name for cut in cuts]
        captures = [name.rpartition("@")[0] for name in names]
        print(f"{pack}, half {asked.half}: {len(cuts)} windows of {SECONDS[pack]} s from {len(set(captures))} captures")
        tuning = real_motions(asked.data / pack, SECONDS[pack], "tune", 120)
        known = correctors(everyone, np.stack([cut.joints for cut in tuning]).astype(float))
        repairs = repair_test(
            [known[name] for name in everyone], joints, lengths, captions, names, captures, report=progress
        )
        record[pack] = {"windows": names, "repairs": repairs.to_json()}
        for name in asked.correctors:
            gates = measure_gates(known[name], joints, lengths, captions, captures, report=progress)
            rows = requirements(gates, repairs, BEATEN)
            record[pack][name] = {
                "gates": gates.to_json(), "requirements": [asdict(row) | {"mark": row.mark} for row in rows],
            }  # fmt: skip
            print(f" {name}")
            show_requirements(rows)
            print("  all measures:")
            for measure, unit, value, error in gates.rows():
                print(f"    {measure:40s} {value:12.4g} ± {error:<10.2g} {unit}")
            for other in RIVALS:
                if other != name:
                    lines = repairs.comparisons(known[name].name, other)
                    print(f"  distance less that of {other} [mm], * better: " + ", ".join(
                        f"{one.kind} {one.difference.value:+.1f}{'*' if one.better else ''}" for one in lines
                    ))  # fmt: skip
        show_repairs(repairs)
    if asked.json is not None:
        files.write_json(asked.json, record)
    return 0


if __name__ == "__main__":
    sys.exit(main())
