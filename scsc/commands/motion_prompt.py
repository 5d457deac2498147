"""`scsc motion prompt`: one sentence to one motion, as a picture that moves or a file."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from textwrap import shorten
from typing import Any

import tyro

from scsc import console
from scsc.commands.motion_sample import Solver, sampler_of, show_unseen, title_of

_ENDINGS = (".gif", ".mp4", ".npy", ".bvh", ".bvh.gz")
_MODEL = "--model must name a trained model; make one: scsc motion train --preset smoke --out runs/my-model"


@dataclass(frozen=True)
class MotionPrompt:
    """Draw one motion for a sentence: scsc motion prompt "a person kicks with the left leg" --model DIR --out kick.gif

    The same model, sentence, length and seed give the same motion; another --seed gives another."""

    caption: tyro.conf.Positional[str]
    """What the person does, in quotes."""
    model: Path | None = None
    """Folder of a model: what `scsc motion train` or `run` named, or one of its generations."""
    out: Path = Path("motion.gif")
    """.gif: a moving stick figure | .mp4: the same as a film | .npy: joints (T, 22, 3) in metres, y up, 20 a second |
    .bvh or .bvh.gz: for animation programs, in centimetres and degrees. An older file is replaced."""
    seconds: float | None = None
    """Length [s]; left out: the longest that the model makes."""
    seed: int = 0
    """Of the noise, >= 0."""
    guidance: float | None = None
    """Scale of classifier-free guidance, >= 0; 1: none; left out: as the model was measured."""
    solver: Solver | None = None
    """How the motion is drawn, see generative/samplers.py; left out: as the model was measured."""
    steps: int | None = None
    """Evaluations of the model; left out: as it was measured."""
    text_weights: Path | None = None
    """Folder of the weights of the model's frozen text encoder, where it has one."""

    def run(self) -> int:
        from motion.experiment.samples import check_seed, draw_features, frames_of, joints_of
        from motion.experiment.trained import Trained
        from motion.kinematics.skeleton import FPS
        from motion.text.words import words

        if not words(self.caption):
            raise ValueError(f"the caption must hold at least one word, got {self.caption!r}; say what the person does")
        if self.model is None:
            raise ValueError(_MODEL)
        check_seed(self.seed)
        write = _writer(self.out)
        begin = time.perf_counter()
        trained = Trained.open(self.model, self.text_weights)
        frames = (trained.frames + 1 if self.seconds is None else frames_of(self.seconds),)
        sampler = sampler_of(trained, self.solver, self.steps, self.guidance)
        features = draw_features(trained, [self.caption], frames, sampler, self.seed, "motion prompt")
        (joints,) = joints_of(features, frames)
        self.out.parent.mkdir(parents=True, exist_ok=True)
        write(joints, self.out, title_of(self.caption))
        show_unseen(trained.unseen(self.caption))
        unread = trained.unread(self.caption)
        if unread:
            most = trained.model.config.text_tokens
            console.out.print(
                f"note: the model reads {most} words; not read: {shorten(' '.join(unread), 80)}", markup=False
            )
        console.out.print(
            f"{self.out}: {frames[0]} frames, {(frames[0] - 1) / FPS:g} s, seed {self.seed}; "
            f"{time.perf_counter() - begin:.1f} s", markup=False,
        )  # fmt: skip
        return 0


Write = Callable[[Any, Path, str], object]


def _writer(path: Path) -> Write:
    """What writes such a file; refuses before any work what could not be written.

    Raises:
        ValueError: an unknown ending, a folder, or a library that is missing.
    """
    from loop import files
    from motion.data.bvh_write import write_bvh
    from motion.kinematics.skeleton import FPS, JOINTS, PARENTS

    name = path.name.lower()
    if not name.endswith(_ENDINGS):
        raise ValueError(
            f"--out must end in {', '.join(_ENDINGS)}, got {path.name!r}; the ending tells what is written"
        )
    if path.is_dir():
        raise ValueError(f"--out must name a file, {path} is a folder; add a file name")
    if path.parent.exists() and not os.access(path.parent, os.W_OK):
        raise ValueError(f"--out {path} cannot be written: its folder is read-only; choose another")
    if name.endswith(".npy"):
        return lambda joints, place, _: files.write_array(place, joints)
    if not name.endswith((".gif", ".mp4")):
        return lambda joints, place, _: write_bvh(place, joints)
    from plots import animate

    if name.endswith(".mp4"):
        animate.film_writer()
    draw = animate.write_mp4 if name.endswith(".mp4") else animate.write_gif
    return lambda joints, place, caption: draw(joints, PARENTS, FPS, place, caption, JOINTS)
