"""Procedural motions: captioned, of many kinds, each from its own random stream."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from motion.data.clip import Clip
from motion.data.procedural import gait, gestures, standing
from motion.data.procedural.body import build, centre_of_mass
from motion.data.procedural.gait import GRAVITY
from motion.data.procedural.styles import STYLES, styled
from motion.data.procedural.words import PHRASES, sentences
from motion.kinematics.bodies import draw_adult, on_body
from motion.kinematics.retarget import normalise
from motion.kinematics.skeleton import FPS

Float = NDArray[np.float64]

KINDS = tuple(PHRASES)
"""All kinds of motion, which are also the action labels."""
SOURCE = "procedural"
LICENCE = "made by this program; MIT, as the program"
BASIC_KINDS = (
    "walk", "walk backward", "run", "side step left", "side step right", "turn left", "turn right", "jump",
    "jump forward", "squat", "crouch", "bow", "kick left", "kick right", "punch left", "punch right", "wave left",
    "wave right", "raise arms", "idle",
)  # fmt: skip
"""Those that small experiments use: with a hundred motions each kind still has several."""
_MOVING = ("walk", "run", "side step", "turn", "march", "sneak", "circle", "jump", "kick")
"""Kinds whose centre of mass is not over both feet."""
_GESTURES = {
    "clap": gestures.clap, "stretch": gestures.stretch, "pick up": gestures.pick_up,
    "arm circles": gestures.arm_circles, "twist": gestures.twist, "dance": gestures.dance,
}  # fmt: skip
MIN_FRAMES, MAX_FRAMES = 30, 400
_LABEL = zlib.crc32(b"procedural motion")
_TEMPO = {-1: 0.72, 0: 1.0, 1: 1.35}
_SIZE = {-1: 0.75, 0: 1.0, 1: 1.25}


@dataclass(frozen=True)
class Drawing:
    """Which motions are drawn: clip i depends on these and on i only.

    frames: length of each, at 20 frames a second; repetitions are chosen to fit.
    seed: of all random streams.
    kinds: which of KINDS.
    styles: which of STYLES; each clip draws one, and its captions say so. The default draws none and changes nothing.
    bodies: each clip on a body of its own, see `embodied`.
    """

    frames: int
    seed: int
    kinds: tuple[str, ...] = KINDS
    styles: tuple[str, ...] = ("neutral",)
    bodies: bool = False

    def __post_init__(self) -> None:
        kinds, styles = self.kinds, self.styles
        if not MIN_FRAMES <= self.frames <= MAX_FRAMES:
            raise ValueError(
                f"frames must be between {MIN_FRAMES} and {MAX_FRAMES} (at 20 a second), got {self.frames}"
            )
        if self.seed < 0:
            raise ValueError(f"seed must not be negative, got {self.seed}; choose 0 or more")
        unknown = [kind for kind in kinds if kind not in PHRASES]
        if unknown or not kinds or len(set(kinds)) < len(kinds):
            raise ValueError(f"kinds must be some of {', '.join(KINDS)}, each once, got {', '.join(kinds) or 'none'}")
        if not styles or not set(styles) <= set(STYLES) or len(set(styles)) < len(styles):
            raise ValueError(
                f"styles must be some of {', '.join(STYLES)}, each once, got {', '.join(styles) or 'none'}"
            )

    def name(self, i: int) -> str:
        """Name of clip i; up to 100,000 clips sort by it."""
        return f"{SOURCE}-{self.seed}-{i:05d}"

    def kind(self, i: int) -> str:
        """Kind of clip i, without drawing it: each block of as many clips as there are kinds has every kind once."""
        order = np.random.default_rng([self.seed, _LABEL, 0, i // len(self.kinds)]).permutation(len(self.kinds))
        return self.kinds[int(order[i % len(self.kinds)])]

    def clip(self, i: int) -> Clip:
        """Clip i, counted from 0."""
        kind = self.kind(i)
        rng = np.random.default_rng([self.seed, _LABEL, 1, i])
        tempo, size = (int(step) for step in rng.integers(-1, 2, 2))
        manner = np.random.default_rng([self.seed, _LABEL, 2, i])  # of its own: a style changes nothing else of a clip
        style = self.styles[int(manner.integers(len(self.styles)))]
        joints, extra = _motion(kind, np.arange(self.frames) / FPS, tempo, size, style, rng)
        captions = sentences(kind, tempo, size, extra + manner.choice(STYLES[style]), rng)
        clip = Clip(self.name(i), joints.astype(np.float32), captions, kind, SOURCE, LICENCE)
        return embodied(clip, self.seed, i) if self.bodies else clip


def generate(
    n: int,
    *,
    frames: int,
    seed: int,
    kinds: tuple[str, ...] | None = None,
    styles: tuple[str, ...] = ("neutral",),
    bodies: bool = False,
) -> tuple[Clip, ...]:
    """n clips, balanced over kinds (counts differ by at most one).

    Clip i depends on (seed, i, frames, kinds, styles, bodies) only: fewer clips are the first ones of more.

    Args:
        n: how many.
        frames, seed, kinds, styles, bodies: see `Drawing`; kinds None means all of KINDS.

    Returns:
        Clips on the uniform body, on the floor, starting at x = z = 0 facing +z; action is the kind. With `bodies`
        each is on a body of its own instead, as a capture of somebody would be, see `embodied`.

    Raises:
        ValueError: n below 1, frames outside 30..400, a negative seed, an unknown kind or style.
    """
    if n < 1:
        raise ValueError(f"the number of motions must be at least 1, got {n}; ask for some")
    drawing = Drawing(frames, seed, KINDS if kinds is None else tuple(kinds), tuple(styles), bodies)
    return tuple(drawing.clip(i) for i in range(n))


def embodied(clip: Clip, seed: int, i: int) -> Clip:
    """A clip of the uniform body as somebody else does it: clip i of a seed always on the same body.

    What varies is the adult who does it (`draw_adult`), from a random stream of its own: the directions of the bones
    are those without a body, the path is scaled by the legs, so `retarget` undoes it exactly (to the rounding of
    float32, below 1e-5 m). Captions stay.

    The measures of `motion.plausibility` hold on these joints, lengths scaled by the legs: the lowest joint touches the
    floor, feet that stand do not slide, bones are rigid. What weighs does not: a flight is a scaled one, which falls
    with about the legs' factor times g, and who is balanced on the uniform body may lean a little on another.
    """
    lengths = draw_adult(np.random.default_rng([seed, _LABEL, 3, i]))
    return replace(clip, joints=on_body(clip.joints.astype(float), lengths).astype(np.float32))


def _motion(kind: str, t: Float, tempo: int, size: int, style: str, rng: np.random.Generator) -> tuple[Float, str]:
    """Joints (T, 22, 3) and what else the caption should say."""
    fast = _TEMPO[tempo] * rng.uniform(0.93, 1.07)
    large = _SIZE[size] * rng.uniform(0.95, 1.05)
    extra = ""
    side = 1 if kind.endswith("right") else 0
    to_left = 1.0 - 2.0 * side
    airborne: NDArray[np.bool_] | None = None
    if kind in ("walk", "run"):
        veer = int(rng.integers(-1, 2))
        turning = veer * rng.uniform(0.25, 0.5) * fast
        extra = {-1: " veering right", 0: "", 1: " veering left"}[veer]
        if kind == "walk":
            pose = gait.walk(t, fast, large, 0.0, turning, rng)
        else:
            pose = gait.run(t, 1 + 0.6 * (fast - 1), 1 + 0.6 * (large - 1), turning, rng)
    elif kind == "walk backward":
        pose = gait.walk(t, fast, large, np.pi, 0.0, rng)
    elif kind == "march":
        pose = gait.march(t, fast, large, rng)
    elif kind == "sneak":
        pose = gait.sneak(t, fast, large, rng)
    elif kind.startswith("circle"):
        pose = gait.walk(t, fast, 0.85 + 0.15 * large, 0.0, to_left * rng.uniform(0.85, 1.1) * fast, rng)
    elif kind.startswith("side step"):
        pose = gait.side_step(t, to_left, fast, large, rng)
    elif kind.startswith("turn"):
        pose = gait.turn_in_place(t, to_left, fast, large, rng)
    elif kind in ("jump", "jump forward"):
        distance = 0.0 if kind == "jump" else 0.4 * large
        pose, airborne = standing.jump(t, fast, large, distance, rng)
    elif kind in ("squat", "crouch"):
        pose = standing.squat(t, fast, large, kind == "crouch", rng)
    elif kind == "bow":
        pose = standing.bow(t, fast, large, rng)
    elif kind == "raise arms":
        sideways = bool(rng.integers(2))
        extra = " to the sides" if sideways else " in front"
        pose = standing.raise_arms(t, fast, min(large, 1.1), sideways, rng)
    elif kind == "idle":
        pose = standing.idle(t, fast, large, rng)
    elif kind in _GESTURES:
        pose = _GESTURES[kind](t, fast, large, rng)
    elif kind.startswith(("throw", "side bend")):
        pose = (gestures.throw if kind.startswith("throw") else gestures.side_bend)(t, side, fast, large, rng)
    else:
        act = {"kick": standing.kick, "punch": standing.punch, "wave": standing.wave}[kind.split()[0]]
        pose = act(t, side, fast, large, rng)
    joints = build(styled(pose, style, standing=not kind.startswith(_MOVING)))
    if airborne is not None:
        joints = _falling(joints, airborne)
    return normalise(joints), extra


def _falling(joints: Float, airborne: NDArray[np.bool_]) -> Float:
    """The whole body shifted in flight so that its centre of mass falls freely between take-off and landing."""
    joints = joints.copy()
    edges = np.flatnonzero(np.diff(airborne.astype(int), prepend=0, append=0))
    for first, stop in edges.reshape(-1, 2):
        span = np.arange(stop - first)
        if span.size < 3:
            continue
        centre = centre_of_mass(joints[first:stop])
        share = (span / span[-1])[:, None]
        wanted = centre[0] + share * (centre[-1] - centre[0])
        wanted[:, 1] += GRAVITY / 2 * (span * (span[-1] - span)) / FPS**2
        joints[first:stop] += (wanted - centre)[:, None]
    return joints
