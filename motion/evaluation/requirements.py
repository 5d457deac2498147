"""What a corrector of motions must show: the bounds, and how far it meets them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from motion.evaluation.gates import Gates
from motion.evaluation.over_clips import Mean
from motion.evaluation.repair import RepairTest

Mark = Literal["aim", "reach", "missed", "-"]
Sense = Literal["<=", ">=", "+-"]


@dataclass(frozen=True)
class Requirement:
    """One measure beside its bounds.

    measure: what, with its unit. reach, aim: the bounds. value: what was measured; nan where the corrector does not
    report it. se: its standard error, nan where there is none. sense: the value must be at most the bound, at least the
    bound, or no further from 0 than the bound.
    """

    measure: str
    reach: float
    aim: float
    value: float
    se: float
    sense: Sense = "<="

    @property
    def mark(self) -> Mark:
        """Which bound the measured value itself meets, whatever its error; "-" if there is none."""
        if math.isnan(self.value):
            return "-"
        return "aim" if self._meets(self.aim) else "reach" if self._meets(self.reach) else "missed"

    def _meets(self, bound: float) -> bool:
        if self.sense == ">=":
            return self.value >= bound
        return (abs(self.value) if self.sense == "+-" else self.value) <= bound


GROUPS = {
    "root velocity": {"yaw": 1, "root velocity": 2},
    "positions": {"root height": 1, "positions": 63},
    "rotations": {"rotations": 126},
    "velocities": {"velocities": 66},
}
"""The feature groups that a change is asked of, made of those of `Gates.change` with their dimensions."""


def group_change(gates: Gates, group: str) -> Mean:
    """Root of the mean square over the dimensions of a group. Its error is as if those of its parts were one."""
    parts = [(size, gates.change[name]) for name, size in GROUPS[group].items()]
    total = sum(size for size, _ in parts)
    value = math.sqrt(sum(size * part.value**2 for size, part in parts) / total)
    se = sum(size * part.value * part.se for size, part in parts) / (total * value) if value else 0.0
    return Mean(value, se, parts[0][1].n)


def requirements(
    gates: Gates, repairs: RepairTest | None = None, others: Sequence[Sequence[str]] = ()
) -> list[Requirement]:
    """All measures a corrector is held to.

    Of the feature `GROUPS` the one that changes most counts; contacts, zeros and ones, do not. Speed and range
    of motion may neither fall nor rise by more than the bound: a loop drifts either way.

    Args:
        gates: of real motions. repairs: the test in which the corrector stood; None leaves its lines out.
        others: sets of correctors that it must beat there, a line each; those of its own name are no rivals.
    """
    changes = {name: group_change(gates, name) for name in GROUPS}
    most = max(changes, key=lambda name: changes[name].value)

    def line(
        measure: str, reach: float, aim: float, value: Mean, scale: float = 1.0, sense: Sense = "<="
    ) -> Requirement:
        return Requirement(measure, reach, aim, scale * value.value, scale * value.se, sense)

    def drift(measure: str, reach: float, aim: float, value: Mean) -> Requirement:
        return Requirement(measure, reach, aim, 100 * (value.value - 1), 100 * value.se, "+-")

    speed, extent = gates.speed, gates.range_of_motion
    rows = [
        line("success [%]", 97.0, 99.5, gates.success, 100, sense=">="),
        line("E_g to the regrounded input [mm]", 30, 15, gates.global_error),
        line("E_mpjpe to the regrounded input [mm]", 22, 10, gates.relative_error),
        line("penetration after [mm]", 0.5, 0.1, gates.plausibility["penetration"]["after"]),
        line("floating after [mm]", 6, 3, gates.plausibility["floating"]["after"]),
        line("skating, after / before", 1.0, 0.5, gates.skating_ratio),
        line("residual force [body weights]", 0.35, 0.10, gates.residual_force),
        line("second pass moves, of the first [%]", 50, 15, gates.second_pass, 100),
        line(f"largest change of a feature group [sd] ({most})", 0.15, 0.05, changes[most]),
        drift("mean speed, once [%]", 2, 0.5, speed["once"]),
        drift("mean speed, ten times [%]", 5, 3, speed["ten"]),
        drift("range of motion, once [%]", 2, 0.5, extent["once"]),
        drift("range of motion, ten times [%]", 5, 3, extent["ten"]),
        line("Frechet distance over the floor", 2.0, 1.2, gates.frechet.ratio),
    ]
    if repairs is not None:
        name, kinds = gates.corrector, len(repairs.kinds)
        nearer = len(repairs.nearer(name))
        rows.append(Requirement(f"kinds that end nearer to the clean clip, of {kinds}", 5, 8, nearer, math.nan, ">="))
        for rivals in ([one for one in named if one != name] for named in others):
            if rivals:
                label = f"of these, better than {' and '.join(rivals)}"
                rows.append(Requirement(label, 3, 6, len(repairs.better(name, rivals)), math.nan, ">="))
    return rows
