"""The presets by name."""

from __future__ import annotations

from motion.data.procedural import BASIC_KINDS
from motion.experiment.paper import PAPER
from motion.experiment.preset import Preset

__all__ = ["FEW_KINDS", "PRESETS", "Preset", "preset_named"]

FEW_KINDS = (
    "walk", "walk backward", "run", "turn left", "jump", "squat", "bow", "kick left", "wave right", "raise arms",
)  # fmt: skip
"""Ten kinds: with few training motions each kind still has several."""

PRESETS: dict[str, Preset] = {
    "smoke": Preset(
        frames=40, n=64, reference=128, evaluation=128, generations=3, first_steps=700, steps=50, width=96, layers=2,
        heads=4, kinds=FEW_KINDS,
    ),
    "laptop": Preset(
        frames=60, n=128, reference=256, evaluation=256, generations=10, first_steps=3000, steps=100, width=128,
        layers=4, heads=4, kinds=BASIC_KINDS,
    ),
    "paper": PAPER,
}  # fmt: skip


def preset_named(name: str) -> Preset:
    """The preset of that name.

    Raises:
        ValueError: there is none.
    """
    if name not in PRESETS:
        raise ValueError(f"preset must be one of {', '.join(PRESETS)}, got {name!r}; choose one of them")
    return PRESETS[name]
