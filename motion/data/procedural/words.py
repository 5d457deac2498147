"""What procedural motions are called: several sentences for each, with side, tempo and size in words."""

from __future__ import annotations

import numpy as np

SUBJECTS = ("a person", "someone", "the person", "a human")
TEMPO = {
    -1: ("slowly", "at a slow pace"),
    0: ("at a normal pace", "at a steady pace"),
    1: ("quickly", "at a fast pace"),
}
"""Words for slow, medium and fast."""

PHRASES: dict[str, tuple[str, ...]] = {
    "walk": ("walks forward{size}", "is walking ahead{size}", "takes steps forward{size}"),
    "walk backward": ("walks backward{size}", "is walking backwards{size}", "takes steps back{size}"),
    "run": ("runs forward{size}", "is running ahead{size}", "jogs forward{size}"),
    "side step left": ("steps sideways to the left{size}", "side-steps left{size}", "moves to the left side{size}"),
    "side step right": ("steps sideways to the right{size}", "side-steps right{size}", "moves to the right side{size}"),
    "turn left": ("turns left on the spot", "turns around to the left in place", "is turning to the left"),
    "turn right": ("turns right on the spot", "turns around to the right in place", "is turning to the right"),
    "jump": ("jumps up{size}", "is jumping in place{size}", "hops up with both legs{size}"),
    "jump forward": ("jumps forward{size}", "leaps ahead with both legs{size}", "hops forward{size}"),
    "squat": ("squats down and stands up{size}", "does squats{size}", "bends the knees and rises again{size}"),
    "crouch": ("crouches down and stays low{size}", "lowers into a crouch{size}", "sinks down as if to sit{size}"),
    "bow": ("bows{size}", "bends forward in a bow{size}", "takes a bow{size}"),
    "kick left": ("kicks with the left leg{size}", "does a left kick{size}", "kicks the left foot forward{size}"),
    "kick right": ("kicks with the right leg{size}", "does a right kick{size}", "kicks the right foot forward{size}"),
    "punch left": ("punches with the left hand", "throws a left punch", "strikes forward with the left fist"),
    "punch right": ("punches with the right hand", "throws a right punch", "strikes forward with the right fist"),
    "wave left": ("waves the left hand", "is waving with the left arm", "raises the left hand and waves"),
    "wave right": ("waves the right hand", "is waving with the right arm", "raises the right hand and waves"),
    "raise arms": ("raises both arms{size}", "lifts both hands{size}", "puts both arms up{size}"),
    "march": ("marches forward{size}", "is marching ahead{size}", "strides like a soldier{size}"),
    "sneak": ("sneaks forward{size}", "creeps ahead{size}", "tiptoes forward, crouching{size}"),
    "circle left": ("walks in a circle to the left", "walks round in a left curve", "circles to the left"),
    "circle right": ("walks in a circle to the right", "walks round in a right curve", "circles to the right"),
    "clap": ("claps the hands{size}", "is clapping{size}", "applauds{size}"),
    "stretch": ("stretches both arms up{size}", "reaches up and stretches{size}", "has a good stretch{size}"),
    "throw left": ("throws with the left hand", "throws a ball with the left arm", "hurls something left-handed"),
    "throw right": ("throws with the right hand", "throws a ball with the right arm", "hurls something right-handed"),
    "pick up": ("picks something up{size}", "bends to pick up a thing{size}", "lifts something from below{size}"),
    "side bend left": ("bends to the left side{size}", "leans over to the left{size}", "does a left side bend{size}"),
    "side bend right": (
        "bends to the right side{size}",
        "leans over to the right{size}",
        "does a right side bend{size}",
    ),
    "arm circles": ("circles both arms{size}", "draws circles with the arms{size}", "does arm circles{size}"),
    "twist": (
        "twists the trunk from side to side{size}",
        "turns the upper body to and fro{size}",
        "does trunk twists{size}",
    ),
    "dance": ("dances on the spot{size}", "is dancing{size}", "sways to the music{size}"),
    "idle": ("stands still, shifting weight", "stands in place, swaying", "is standing and waiting, swaying"),
}
"""Phrases of each kind; {size} takes the words for small and large movements."""

SIZES: dict[str, tuple[str, str]] = {
    "walk": (" with short steps", " with long steps"),
    "walk backward": (" with short steps", " with long steps"),
    "run": (" with short steps", " with long steps"),
    "side step left": (" with short steps", " with long steps"),
    "side step right": (" with short steps", " with long steps"),
    "jump": (" a little", " high"),
    "jump forward": (" a little", " far"),
    "squat": (" a little", " deeply"),
    "crouch": (" a little", " deeply"),
    "bow": (" slightly", " deeply"),
    "kick left": (" low", " high"),
    "kick right": (" low", " high"),
    "raise arms": (" halfway", " all the way"),
    "march": (" with low knees", " with high knees"),
    "sneak": (" with short steps", " with long steps"),
    "clap": (" a little", " widely"),
    "stretch": (" a little", " far"),
    "pick up": (" from knee height", " from far down"),
    "side bend left": (" slightly", " far"),
    "side bend right": (" slightly", " far"),
    "arm circles": (" with small circles", " with large circles"),
    "twist": (" a little", " far"),
    "dance": (" a little", " wildly"),
}
"""Words for small and large, where the size is told."""


def sentences(
    kind: str, tempo: int, size: int, extra: str, rng: np.random.Generator, count: int = 3
) -> tuple[str, ...]:
    """`count` different sentences for one motion; tempo and size are -1, 0 or 1; `extra` comes after the size."""
    sized = {-1: SIZES.get(kind, ("", ""))[0], 0: "", 1: SIZES.get(kind, ("", ""))[1]}[size]
    phrases = rng.permutation(len(PHRASES[kind]))
    subjects = rng.permutation(len(SUBJECTS))
    found = []
    for k in range(count):
        phrase = PHRASES[kind][phrases[k % len(phrases)]].format(size=sized)
        comma = "," if sized or extra else ""  # "jumps up a little, slowly", not "a little slowly"
        found.append(f"{SUBJECTS[subjects[k % len(subjects)]]} {phrase}{extra}{comma} {rng.choice(TEMPO[tempo])}")
    return tuple(found)
