"""What a corrector does to real motion: a corrector that changes what is real drives the loop by itself.

Near-identity on real motion, C(C(x)) near C(x), and C(real) as far from other real motions as real ones are: necessary
of any corrector, sufficient of none (doing nothing passes). What it repairs is measured in `repair`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loop import files
from loop.progress import Report, silent
from loop.seeds import stream
from motion import plausibility
from motion.evaluation.frechet_floor import OverFloor, over_floor
from motion.evaluation.kinematics import Standardiser, kinematic_features
from motion.evaluation.movement import distances, furthest, inside, mean_speed, range_of_motion
from motion.evaluation.over_clips import UNKNOWN, Mean, mean, ratio, root_mean_square
from motion.features.hml263 import GROUPS
from motion.features.normaliser import Normaliser
from motion.features.padded import encode_clips
from motion.features.representation import representation_named
from motion.joint_corrector import CorrectedJoints, JointCorrector, mean_distance
from motion.physics.correct import JointsReport

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PASSES = 10
WITHIN = 0.5
"""A motion whose mean joint distance from its reference exceeds this in any frame counts as lost [m]."""
GROUP_NAMES = ("yaw", "root velocity", "root height", "positions", "rotations", "velocities", "contacts")
"""Of `motion.features.hml263.GROUPS`."""
PLAUSIBLE = ("penetration", "floating", "skating", "jerk")


@dataclass(frozen=True)
class Gates:
    """What a corrector C does to real motions x; every `Mean` is over clips, with its standard error.

    corrector: its name. clips, captures: how many motions, cut from how many captures.
    success: share of the motions for which C had an answer that stays within 0.5 m of its reference: mean joint
        distance, in every frame. The reference is the regrounded input where C reports it, else x.
    moved: mean joint distance of C(x) from x [mm]; a failed motion stays, and counts 0 here and below.
    change: rms of C(x) - x in each group of the 263 features (`GROUP_NAMES`; floor "given"), in standard deviations.
        As the generator sees it: of each dimension over all frames of x, averaged inside the group (`Normaliser`).
    speed, range_of_motion: mean after over mean before (`movement`), for C applied "once" and "ten" times.
    passes: how many passes the ten are: fewer, where one changed nothing.
    second_pass: moved by the second pass over moved by the first; 0 where neither moves.
    plausibility: {measure: {"before", "after"}}, units in `motion.plausibility.UNITS`. skating_ratio: after / before.
    global_error, relative_error: mean joint distance from the regrounded input, as it stands (E_g) and less each
        frame's root (E_mpjpe), of motions that succeeded [mm].
    residual_force: forces of pelvis and ankles that no muscle and no floor gives [body weights]; residual_torque: at
        the pelvis [N m]. These four are nan where the corrector does not report them.
    frechet: of kinematic statistics, to real motions of other captures.
    """

    corrector: str
    clips: int
    captures: int
    success: Mean
    moved: Mean
    change: dict[str, Mean]
    speed: dict[str, Mean]
    range_of_motion: dict[str, Mean]
    passes: int
    second_pass: Mean
    plausibility: dict[str, dict[str, Mean]]
    skating_ratio: Mean
    global_error: Mean
    relative_error: Mean
    residual_force: Mean
    residual_torque: Mean
    frechet: OverFloor

    def to_json(self) -> dict[str, Any]:
        """All fields as strict JSON."""
        found: dict[str, Any] = files.to_json(asdict(self))
        return found

    def rows(self) -> list[tuple[str, str, float, float]]:
        """(measure, unit, value, standard error), for a table."""
        found = [("success", "share", self.success), ("moved", "mm", self.moved)]
        found += [(f"change of {name}", "sd", value) for name, value in self.change.items()]
        for label, by_passes in (("speed", self.speed), ("range of motion", self.range_of_motion)):
            found += [(f"{label}, {passes}", "after/before", value) for passes, value in by_passes.items()]
        found.append(("second pass", "of the first", self.second_pass))
        for name, pair in self.plausibility.items():
            found += [(f"{name} {when}", plausibility.UNITS[name], value) for when, value in pair.items()]
        found += [
            ("skating", "after/before", self.skating_ratio),
            ("E_g", "mm", self.global_error),
            ("E_mpjpe", "mm", self.relative_error),
            ("residual force", "body weights", self.residual_force),
            ("residual torque", "N m", self.residual_torque),
            ("Frechet distance", "of the floor", self.frechet.ratio),
        ]
        rows = [(name, unit, value.value, value.se) for name, unit, value in found]
        nan = float("nan")
        return [
            *rows,
            ("Frechet floor", "", self.frechet.floor, nan),
            ("Frechet, same motions", "", self.frechet.same, nan),
        ]


def measure_gates(
    corrector: JointCorrector,
    joints: Floats,
    lengths: Ints,
    captions: Sequence[str],
    captures: Sequence[str] | None = None,
    *,
    passes: int = PASSES,
    seed: int = 0,
    report: Report = silent,
) -> Gates:
    """Run a corrector on real motions and measure what it does.

    Args:
        corrector: a `JointsReport` with the stage "reground" gives the errors against the regrounded input.
        joints: (n, F, 22, 3) [m], floor at y = 0, 20 fps; real motions.
        lengths: (n,) valid frames, 2 or more; what stands beyond is not read.
        captions: n texts.
        captures: what each motion was cut from, for errors and halves; None: each from its own.
        passes: how often the repeated correction is applied, 2 or more; "ten" stands for it everywhere.
        seed: of the corrector's random streams, one a pass, and of the Frechet distance's halves.

    Raises:
        ValueError: sizes do not fit, fewer than 2 motions, or the corrector returns another shape or nan.
    """
    n = len(joints)
    owners = [str(i) for i in range(n)] if captures is None else [str(capture) for capture in captures]
    if n < 2 or not n == len(lengths) == len(captions) == len(owners):
        sizes = (n, len(lengths), len(captions), len(owners))
        raise ValueError(f"gates need at least 2 motions and one length, caption and capture each, got {sizes}")
    if passes < 2:
        raise ValueError(f"passes must be at least 2, got {passes}; 10 is usual")

    def corrected(of: Floats, done: int) -> CorrectedJoints:
        found = checked(corrector, of, lengths, captions, stream(seed, done, "gates"))
        report(f"gates of {corrector.name}", done + 1, passes)
        return found

    first = corrected(joints, 0)
    once = last = first.joints
    steps: list[Floats] = []
    count = 1
    while count < passes:
        again = corrected(last, count)
        steps.append(mean_distance(again.joints, last, lengths))
        count += 1
        still = np.array_equal(_kept(again.joints, lengths), _kept(last, lengths))
        last = again.joints
        if still:
            report(f"gates of {corrector.name}", passes, passes)
            break

    reference: Floats | None = None
    if isinstance(first, JointsReport) and "reground" in first.stages:
        reference = np.asarray(first.stages["reground"], dtype=np.float64)
    near = furthest(once, joints if reference is None else reference, lengths) <= WITHIN
    moved = mean_distance(once, joints, lengths)
    looks = [plausibility.measure(motion, lengths) for motion in (joints, once)]
    amounts = [
        {when: ratio(amount(motion, lengths), amount(joints, lengths), owners)
         for when, motion in (("once", once), ("ten", last))}
        for amount in (mean_speed, range_of_motion)
    ]  # fmt: skip
    return Gates(
        corrector=corrector.name,
        clips=n,
        captures=len(set(owners)),
        success=mean(first.success & near, owners),
        moved=mean(1e3 * moved, owners),
        change=_change(joints, once, lengths, owners),
        speed=amounts[0],
        range_of_motion=amounts[1],
        passes=count,
        second_pass=ratio(steps[0], moved, owners, nothing=0.0),
        plausibility={
            name: {when: mean(look[name], owners) for when, look in zip(("before", "after"), looks, strict=True)}
            for name in PLAUSIBLE
        },
        skating_ratio=ratio(looks[1]["skating"], looks[0]["skating"], owners),
        **_errors(first, reference, lengths, owners),
        frechet=_frechet(joints, once, lengths, owners, seed),
    )


def checked(
    corrector: JointCorrector, joints: Floats, lengths: Ints, captions: Sequence[str], rng: np.random.Generator
) -> CorrectedJoints:
    """What the corrector returns, if it can be measured.

    Raises:
        ValueError: another shape, or a valid frame is not finite.
    """
    found = corrector.correct(joints, lengths, captions, rng)
    if found.joints.shape != joints.shape or found.success.shape != (len(joints),):
        raise ValueError(f"{corrector.name} returned joints {found.joints.shape} for {joints.shape}; keep the shape")
    bad = np.flatnonzero(~np.isfinite(_kept(found.joints, lengths)).all(axis=(1, 2, 3)))
    if bad.size:
        raise ValueError(
            f"{corrector.name} returned nan or inf for motion {bad[0]}; mark it failed and return the input"
        )
    return found


def _kept(joints: Floats, lengths: Ints) -> Floats:
    """Joints with zeros beyond each motion's length."""
    return np.where(inside(joints, lengths)[..., None, None], joints, 0.0)


def _change(before: Floats, after: Floats, lengths: Ints, owners: Sequence[str]) -> dict[str, Mean]:
    kind = representation_named("hml263")
    rows = []
    for motions in (before, after):
        clips = [motion[:length] for motion, length in zip(motions, lengths, strict=True)]
        rows.append(encode_clips(kind, clips, before.shape[1] - 1, floor="given")[0])
    std = Normaliser.of_features(rows[0], lengths - 1, GROUPS).std
    gap = (rows[1].astype(float) - rows[0]) / std  # zero beyond a motion's rows
    return {
        name: root_mean_square((gap[..., group] ** 2).mean(axis=2).sum(axis=1) / (lengths - 1), owners)
        for name, group in zip(GROUP_NAMES, GROUPS, strict=True)
    }


def _errors(first: CorrectedJoints, reference: Floats | None, lengths: Ints, owners: Sequence[str]) -> dict[str, Mean]:
    """What only a simulated body reports, by the name of the field."""
    names = ("global_error", "relative_error", "residual_force", "residual_torque")
    if not isinstance(first, JointsReport):
        return dict.fromkeys(names, UNKNOWN)
    gaps = dict.fromkeys(("absolute", "relative"), np.full(len(lengths), np.nan))
    if reference is not None:
        away = distances(first.joints, reference, lengths)
        gaps = {name: np.where(first.success, 1e3 * away[name], np.nan) for name in gaps}
    values = (gaps["absolute"], gaps["relative"], first.residual_force, first.residual_torque)
    return {name: mean(value, owners) for name, value in zip(names, values, strict=True)}


def _frechet(before: Floats, after: Floats, lengths: Ints, owners: Sequence[str], seed: int) -> OverFloor:
    raw = kinematic_features(before, lengths)
    ruler = Standardiser.fit(raw)
    return over_floor(ruler.apply(raw), ruler.apply(kinematic_features(after, lengths)), owners, seed)
