"""`scsc motion evaluator`: the T2M evaluator from a user's files, converted once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import tyro

from scsc import console


@dataclass(frozen=True)
class MotionEvaluator:
    """Convert the published T2M evaluator (which cannot be shipped here) into a folder that scsc motion evaluate --t2m
    reads. Its files are pickles, which can run any program when they are read: they are read under restriction, and
    refused if they name anything but numbers and texts."""

    checkpoint: tyro.conf.Positional[Path]
    """text_mot_match/model/finest.tar."""
    glove: Path
    """Folder with our_vab_data.npy, our_vab_words.pkl and our_vab_idx.pkl."""
    mean: Path
    """The evaluator's own mean, t2m_mean.npy (263 numbers); not the data's Mean.npy."""
    std: Path
    """Its own deviation, t2m_std.npy."""
    out: Path
    """Folder to be made."""

    def run(self) -> int:
        from motion.evaluation.t2m_convert import convert

        made = convert(self.checkpoint, self.glove, self.mean, self.std, self.out)
        count = sum(weight.numel() for weight in made.weights.values())
        size = f"{count:,} parameters, {len(made.words.vocabulary):,} words, points of {made.dim} numbers"
        console.out.print(f"{size}; kept in {self.out}", markup=False)
        console.out.print(f"next: scsc motion evaluate MODEL --t2m {self.out} --replications 20", markup=False)
        return 0
