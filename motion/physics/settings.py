"""What the physics corrector can be told."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal

Body = Literal["uniform", "clip"]
"""Whose bone lengths: our uniform body's, or each clip's own medians."""


@dataclass(frozen=True)
class Residual:
    """Bounds of the residual wrench: forces that no muscle and no floor gives, and that every such tracker needs.

    In the world's axes; forces in body weights, per axis.
    """

    across: float  # at the pelvis, horizontally
    up: float  # at the pelvis, vertically
    torque: float  # at the pelvis [N m]
    ankle: float  # at each ankle

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if not (value >= 0 and math.isfinite(value)):
                raise ValueError(f"residual {name} must be a finite number >= 0, got {value!r}; choose such a value")


STRICT = Residual(0.1, 0.1, 60.0, 0.0)
LIGHT = Residual(0.2, 0.2, 100.0, 0.025)
MODERATE = Residual(0.3, 0.3, 150.0, 0.05)
USUAL = Residual(0.6, 0.5, 300.0, 0.15)
STRONG = Residual(1.0, 0.7, 300.0, 0.3)
LADDER = (STRICT, LIGHT, MODERATE, USUAL, STRONG)
"""The default: every clip gets the least help with which the body stays near its reference."""
NEAREST = (USUAL, STRONG)
"""For the nearest track: about half its error, at twice the residual force."""


@dataclass(frozen=True, kw_only=True)
class PhysicsSettings:
    """Settings of the simulated humanoid and of what is done before it moves; units as noted."""

    body: Body = "uniform"  # bone lengths
    rate: int = 240  # simulation steps per second; a multiple of 20
    gravity: float = 9.81  # [m/s^2]; 0 and floor=False exist to show that the simulation matters
    floor: bool = True
    friction: float = 1.0  # of feet and floor
    solver_iterations: int = 10
    ladder: tuple[Residual, ...] = LADDER  # a clip gets the first of these bounds with which it follows its reference
    accept: float = 0.025  # ... to within this mean joint distance [m]; the last rung only has to succeed
    # ... and at no moment farther off than this [m]; None: however far. A jump or kick that fails with little help says
    # that the help was little. Half way between those of `tolerance`: up to it less is taken of the body than stays.
    depart: float | None = 0.0375
    # The joint distances below which the reference stays as it is and above which the body's own motion is taken [m];
    # None: the body's own motion throughout.
    tolerance: tuple[float, float] | None = (0.025, 0.05)
    # Beside a moment this far off the body has stumbled and the reference stays again, with a `tolerance` [m]. Real
    # windows stay below .14 (one of 200 has .20); of a collapsed generator's motions 2 % come to .15 to .25.
    stumble: tuple[float, float] = (0.12, 0.15)
    mend: bool = True  # fill in frozen frames, undo bones that stretch
    denoise: bool = True  # take away, frequency by frequency, as much noise as the bones' lengths show
    bones: bool = True  # the nearest joints whose bones have their lengths
    balance: bool = True  # put upright what leans beside its feet; part of the physics, so only with `simulate`
    reground: bool = True  # remove constant or slow floating and sinking
    plant: bool = True  # hold standing feet, keep swinging ones clear of the floor
    feed_forward: bool = True  # torques of the inverse dynamics, beside the servos
    simulate: bool = True  # False stops at the kinematic reference, feet raised out of the floor
    hold: bool = True  # after the simulation, feet are planted once more, by inverse kinematics
    fail_distance: float = 0.5  # a mean joint distance from the reference above this at any time is a failure [m]
    threads: int = 1  # parts of a batch that are corrected at once; the result does not depend on them

    def __post_init__(self) -> None:
        if self.body not in ("uniform", "clip"):
            raise ValueError(f"body must be 'uniform' or 'clip', got {self.body!r}; choose one of them")
        if self.rate < 120 or self.rate % 20:
            raise ValueError(
                f"rate must be a multiple of 20 and at least 120 (steps a second), got {self.rate!r}; try 240"
            )
        for name in ("gravity", "friction", "accept"):
            value = getattr(self, name)
            if not (value >= 0 and math.isfinite(value)):
                raise ValueError(f"{name} must be a finite number >= 0, got {value!r}; choose such a value")
        if self.depart is not None and not self.depart > 0:
            raise ValueError(f"depart must be a distance > 0 [m] or None, got {self.depart!r}; try 0.0375")
        if self.tolerance is not None and not 0 <= self.tolerance[0] < self.tolerance[1] < math.inf:
            raise ValueError(
                f"tolerance must be two rising distances >= 0 [m] or None, got {self.tolerance!r}; try (0.025, 0.05)"
            )
        if not 0 <= self.stumble[0] < self.stumble[1] < math.inf:
            raise ValueError(f"stumble must be two rising distances >= 0 [m], got {self.stumble!r}; try (0.12, 0.15)")
        if not self.ladder:
            raise ValueError("ladder must hold at least one Residual, got none; give for instance (USUAL,)")
        if not self.fail_distance > 0:
            raise ValueError(f"fail_distance must be > 0 (metres), got {self.fail_distance!r}; the default is 0.5")
        for name in ("threads", "solver_iterations"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)!r}; choose 1 or more")

    def describe(self) -> dict[str, Any]:
        """All settings that change a result, as JSON; the number of threads does not."""
        values = asdict(self)
        del values["threads"]
        values["ladder"] = list(values["ladder"])  # as JSON reads it back
        values["stumble"] = list(self.stumble)
        # what the noise is read off, which tells runs from those of filters before
        values["denoise"] = "fast frequencies" if self.denoise else False
        values["tolerance"] = None if self.tolerance is None else list(self.tolerance)
        return values


PERFORMED = PhysicsSettings(ladder=NEAREST, accept=0.025, depart=None, tolerance=None)
"""What the body did, nothing else."""
