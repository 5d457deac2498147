"""How fast the procedural motions are made, and what an inverse-dynamics check says of each kind.

`python benchmarks/procedural.py`: clips a second on one core, as a ratio to the 167 that make 10,000 in a minute; then
for each kind the largest ground reaction, how often the floor would have to pull or the body would topple, and the
share of frames that a body could perform by that check (`motion.kinematics.mass.ground_reaction`); the same of real
clips where a pack is given: `python benchmarks/procedural.py FOLDER`.
"""

import sys
import time
from pathlib import Path

import numpy as np

from motion.data.clip import windows
from motion.data.pack import load_pack
from motion.data.procedural import KINDS, generate
from motion.kinematics.mass import ground_reaction

FRAMES = 60


def line(name: str, joints: np.ndarray) -> str:
    found = ground_reaction(joints)
    numbers = [np.mean(found[key]) for key in ("load", "pull", "outside", "performable")]
    return f"{name:18s} {numbers[0]:5.2f} {numbers[1]:7.3f} {numbers[2]:9.3f} {numbers[3]:12.3f}"


def main() -> None:
    begin = time.process_time()
    clips = generate(20 * len(KINDS), frames=FRAMES, seed=0)
    rate = len(clips) / (time.process_time() - begin)
    print(f"{rate:.0f} clips of {FRAMES} frames a second, {rate / (10_000 / 60):.2f} x what makes 10,000 in a minute")
    print(f"{'kind':18s} {'load':>5s} {'pulled':>7s} {'toppling':>9s} {'performable':>12s}")
    for kind in KINDS:
        print(line(kind, np.stack([clip.joints for clip in clips if clip.action == kind])))
    print(line("all", np.stack([clip.joints for clip in clips])))
    if len(sys.argv) > 1:
        pack = load_pack(Path(sys.argv[1]), skip_bad=True)
        cuts = windows(tuple(clip for clip in pack.clips if clip.flat), FRAMES).clips
        print(line(f"real: {pack.name}", np.stack([clip.joints for clip in cuts])))


if __name__ == "__main__":
    main()
