"""Stability against generations for the arms of a motion experiment, and strips of stick figures."""

from __future__ import annotations

from pathlib import Path

from plots import stick, style
from plots.findings import draw_pages
from plots.folders import NothingToPlot
from plots.panels import Measure
from plots.runs import Experiment, read_experiment
from plots.style import Picture

MEASURES: dict[str, Measure] = {
    "frechet": Measure("Fréchet distance", "no unit", "lower is better"),
    "skating": Measure("Foot skating", "mm/frame", "near real is better"),
    "floating": Measure("Floating", "mm", "lower is better"),
    "penetration": Measure("Penetration", "mm", "lower is better"),
    "jerk": Measure("Jerk", "m/s³", "near real is better"),
    "diversity": Measure("Diversity", "no unit", "near real is better"),
    "action_accuracy": Measure("Action agreement", "share", "higher is better"),
}
"""The main measures, in the order of their panels. Skating and jerk fall when motion dies out, so low is not good."""

OTHER: dict[str, Measure] = {
    "loss": Measure("Training loss", "no unit", ""),
    "frechet_before_correction": Measure("Fréchet before correction", "no unit", ""),
    "frechet_after_correction": Measure("Fréchet after correction", "no unit", ""),
    "physics_error": Measure("Physics error", "mm", "lower is better"),
    "contact_consistency": Measure("Contact consistency", "share", "near real is better"),
    "fid": Measure("FID", "no unit", "lower is better"),
    "kid": Measure("KID", "no unit", "lower is better"),
    "speed": Measure("Root speed", "m/s", "near real is better"),
    "bone_variation": Measure("Bone-length variation", "%", "lower is better"),
    "nearest_train": Measure("Nearest training clip", "no unit", ""),
    "r_precision_1": Measure("R-precision at 1", "share", "higher is better"),
    "r_precision_2": Measure("R-precision at 2", "share", "higher is better"),
    "r_precision_3": Measure("R-precision at 3", "share", "higher is better"),
    "matching_distance": Measure("Distance to the caption", "no unit", "lower is better"),
    "precision": Measure("Precision", "share", "near real is better"),
    "recall": Measure("Recall", "share", "near real is better"),
    "density": Measure("Density", "no unit", "near real is better"),
    "coverage": Measure("Coverage", "share", "near real is better"),
    "learned_diversity": Measure("Diversity, learned", "no unit", "near real is better"),
    "memorised_share": Measure("Memorised", "share", "near real is better"),
    "action_chance": Measure("Action by chance", "share", ""),
    "c_t": Measure("Copying test C_T", "no unit", "near 0 is better"),
    "fid_infinity": Measure("FID, no bias of n", "no unit", "lower is better"),
}
"""Further measures that are known by name; any other is drawn under its own name without a unit."""


ENDS = ("_low", "_high")
"""Of names of the ends of an interval."""


def draw(folder: Path, out: Path) -> list[Picture]:
    """All pictures of a motion experiment, an arm's folder of seeds, or one motion run.

    Args:
        folder: what the run wrote; half-finished ones are drawn as far as they go, and the notes say so.
        out: where the pictures go; made if missing.

    Returns:
        The pictures, in the order in which they should be read.

    Raises:
        NothingToPlot: no generation is finished.
        ValueError, OSError: damaged or unreadable files, named in the message.
    """
    experiment = read_experiment(folder)
    main, further = chosen(experiment)
    pictures = draw_pages([("stability", main), ("further", further)], experiment, {**MEASURES, **OTHER}, out)
    with style.paper():
        pictures += stick.draw(experiment, out)
    if not pictures:
        raise NothingToPlot(f"{folder} holds nothing to plot: its records have no numbers and there are no strips")
    return pictures


def chosen(experiment: Experiment) -> tuple[list[str], list[str]]:
    """The measures to draw: the main ones that any arm has, and the further ones that every started arm has; no ends
    of intervals, as the bands are over seeds."""
    started = [arm for arm in experiment.arms if len(arm.generations)]
    main = [name for name in MEASURES if any(name in arm.measured for arm in started)]
    rest = [name for name in started[0].measured if name not in MEASURES and not name.endswith(ENDS)]
    return main, [name for name in rest if all(name in arm.measured for arm in started)]
