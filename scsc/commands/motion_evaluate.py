"""`scsc motion evaluate`: all judges of a model's motions, or of a folder of motions, in one table."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tyro

from scsc import console
from scsc.commands.motion_sample import Solver, sampler_of

if TYPE_CHECKING:
    from motion.batch import MotionBatch
    from motion.evaluation.embedder import Embedder
    from motion.experiment.evaluate import Line
    from motion.experiment.subject import Against
    from motion.experiment.trained import Trained

_GROUPS = ("kinematic", "learned", "captions", "plausibility")
_LABELS = {
    "fid": "Frechet distance", "fid_infinity": "... at endless n", "kid": "kernel distance",
    "memorised_share": "near training motions", "c_t": "z of copies (below 0)",
    "matching_distance": "distance to caption",
    "r_precision_1": "R-precision at 1", "r_precision_2": "... at 2", "r_precision_3": "... at 3",
    "action_by_neighbours": "action, by neighbours", "action_by_rules": "action, by rules",
    "side_by_rules": "side, by rules",
}  # fmt: skip
_REPEATED, _EACH = 20, 10  # captions of which several samples are drawn, and how many


@dataclass(frozen=True)
class MotionEvaluate:
    """Judge a model on captions of real motions that it has not seen, or a folder of motions, against real motions:
    every measure with a 95 % interval and the same of real motions. The first time it trains a small text-motion
    evaluator, kept beside the data (a minute or two)."""

    subject: tyro.conf.Positional[Path]
    """Folder of a model (scsc motion train), or of motions: of scsc motion sample, or .npy and BVH with captions."""
    data: Path | None = None
    """Real motions to judge against: a motion pack, or the folder of a model; left out: what the model held out."""
    n: int | None = None
    """Motions that are judged, >= 2; left out: 600 where real ones can be drawn, else as many as are held out."""
    replications: int = 1
    """Draws of the samples, >= 1; from 2 on the intervals are those of the field, of what is drawn anew (20 there)."""
    learned: bool = True
    """Also judge by a learned evaluator, of motions that no model sees."""
    t2m: Path | None = None
    """Judge by the published T2M evaluator, as scsc motion evaluator has converted it, instead of our own: motions of 4
    to 196 frames; captions by the tokens of --data where that is a HumanML3D folder, else tagged by rule."""
    guidance: float | None = None
    """Scale of classifier-free guidance, >= 0; 1: none; left out: as the model was measured."""
    solver: Solver | None = None
    """How motions are drawn; left out: as the model was measured."""
    steps: int | None = None
    """Evaluations of the model a motion; left out: as it was measured."""
    seed: int = 0
    """Of the samples and the intervals, >= 0."""
    text_weights: Path | None = None
    """Folder of the weights of the model's frozen text encoder, where it has one."""
    skip_bad: bool = False
    """Leave out motions of --data that cannot be read, instead of stopping at the first."""
    json: Path | None = None
    """Also write the table there as JSON."""

    def run(self) -> int:
        console.check_json(self.json)
        self._check()
        import torch

        torch.set_num_threads(1)
        begin = time.perf_counter()
        with console.progress() as report:
            trained, motions, about = self._subject()
            real = self._against(trained, motions, about, report)
            embedder = self._embedder(real, report)
            lines, n = self._lines(trained, motions, real, embedder, report)
        train = real.truth.train
        asked = () if motions is None or train is None else motions.captions
        known = set() if train is None else set(train.captions)
        told = {
            "subject": str(self.subject), **about, "n": n, "seed": self.seed, "replications": self.replications,
            "real": real.about, "held_out": real.data is not None,
            "training_captions": bool(asked) and set(asked) <= known,
            "evaluator": None if embedder is None else embedder.describe(),
            "rows": [line.to_json() for line in lines],
        }  # fmt: skip
        _show(lines, told)
        console.out.print(f"{time.perf_counter() - begin:.0f} s")
        console.write_json(self.json, told)
        return 0

    def _check(self) -> None:
        from motion.experiment.samples import check_seed

        check_seed(self.seed)
        for name, value, least in (("n", self.n, 2), ("replications", self.replications, 1)):
            if value is not None and not least <= value <= 100_000:
                raise ValueError(f"--{name} must be {least} to 100,000, got {value}; choose such a number")

    def _subject(self) -> tuple[Trained | None, MotionBatch | None, dict[str, Any]]:
        """The model or the motions, and what is told of them."""
        import numpy as np

        from motion.experiment.subject import is_motions, read_motions
        from motion.experiment.trained import Trained

        if not is_motions(self.subject):
            trained = Trained.open(self.subject, self.text_weights)
            sampler = sampler_of(trained, self.solver, self.steps, self.guidance)
            return trained, None, {"kind": "model", "model": trained.fingerprint, "sampler": vars(sampler)}
        if self.replications > 1 or (self.solver, self.steps, self.guidance) != (None, None, None):
            raise ValueError(
                "--replications, --solver, --steps and --guidance are for a model, got a folder of motions"
            )
        batch, index = read_motions(self.subject)
        if self.n is not None:
            if self.n > len(batch):
                raise ValueError(f"{self.subject} holds {len(batch)} motions, got --n {self.n}; ask for fewer")
            batch = batch.take(np.arange(self.n))
        return None, batch, {"kind": "motions", "model": index.get("model"), "sampler": index.get("sampler")}

    def _against(
        self, trained: Trained | None, motions: MotionBatch | None, about: Mapping[str, Any], report: Any
    ) -> Against:
        from motion.experiment.subject import against

        if motions is not None and self.data is None:
            raise ValueError(
                "a folder of motions needs --data, the real motions it is judged against: a pack or a model"
            )
        frames = trained.frames + 1 if motions is None and trained is not None else int(motions.lengths.max()) + 1  # type: ignore[union-attr]
        n = self.n if motions is None else len(motions)
        return against(self.data, trained, frames, n, self.seed, skip_bad=self.skip_bad, model=about["model"],
                       report=report)  # fmt: skip

    def _embedder(self, real: Against, report: Any) -> Embedder | None:
        """The learned evaluator of the data set; None where it is not wanted, or nothing is left to train one on."""
        if self.t2m is not None:
            from motion.data.humanml3d import read_tokens
            from motion.evaluation.t2m import T2MEmbedder

            return T2MEmbedder.load(self.t2m, {} if self.data is None else read_tokens(self.data))
        if not self.learned or real.data is None or real.folder is None:
            return None
        from loop.records import locked
        from motion.experiment.evaluator import prepare_evaluator
        from motion.experiment.subject import preset_of

        with locked(real.folder):
            return prepare_evaluator(real.folder, real.data, preset_of(real.data), report=report)

    def _lines(
        self,
        trained: Trained | None,
        motions: MotionBatch | None,
        real: Against,
        embedder: Embedder | None,
        report: Any,
    ) -> tuple[tuple[Line, ...], int]:
        """The rows, and how many motions were judged."""
        from motion.experiment.evaluate import evaluate, over_replications
        from motion.experiment.subject import draw, draw_repeats, with_actions

        if motions is not None:
            return evaluate(with_actions(motions, real.truth), real.truth, embedder=embedder, seed=self.seed), len(
                motions
            )
        assert trained is not None
        n = real.usual if self.n is None else self.n
        sampler = sampler_of(trained, self.solver, self.steps, self.guidance)
        repeats = draw_repeats(trained, real.truth.real, _REPEATED, _EACH, sampler, self.seed, report)
        found = []
        for index in range(self.replications):
            samples = draw(trained, real.truth.real, n, sampler, self.seed, index, report)
            found.append(evaluate(samples, real.truth, repeats=repeats, embedder=embedder, seed=self.seed))
            report("judging", index + 1, self.replications)
        return over_replications(found), n


def _show(lines: Sequence[Line], told: Mapping[str, Any]) -> None:
    real, n = told["real"], told["n"]
    console.out.print(
        f"{told['subject']}: {n} motions against {real['motions']} real ones of {real['recordings']} recordings "
        f"({real['source']})", markup=False,
    )  # fmt: skip
    table, notes = [], []
    for group in _GROUPS:
        rows = [line for line in lines if line.group == group]
        table += [[group if line is rows[0] else "", *_cells(line)] for line in rows]
        notes += [f"{group}, {_label(line)}: {line.row.note}" for line in rows if line.row.note]
    columns = ("judge", "measure", "samples [95 %]", "at real n", "real [95 %]", "n", "real n")
    console.show_table(f"n = {n}", columns, table)
    for note in notes:
        console.out.print(note, markup=False)
    for group in ("kinematic", "learned"):
        d = max((line.row.d for line in lines if line.group == group), default=0)
        if d:
            console.out.print(f"{group}: n = {n}, d = {d}")
    if real["recordings"] < real["motions"]:
        console.out.print("several motions of one recording are not independent: intervals are too narrow")
    if told["kind"] == "motions" and not told["held_out"]:
        console.out.print("the real motions may be such as their model was trained on: then likeness is flattered")
    if told["training_captions"]:
        console.out.print("drawn for captions of training motions: nearer to those than to others by that alone")
    if told["evaluator"] is None:
        console.out.print("no learned evaluator: not wanted, or --data is a pack without a model's data set")


def _label(line: Line) -> str:
    return _LABELS.get(line.row.name, line.row.name.replace("_", " "))


def _cells(line: Line) -> list[Any]:
    row = line.row
    unit = f" {line.unit}" if line.unit not in ("", "share") else ""
    matched = _number(row.matched) if row.floor_n and row.matched != row.value else ""
    return [
        _label(line) + unit, _range(row.value, row.low, row.high), matched,
        _range(row.floor, row.floor_low, row.floor_high), str(row.n[0] or "-"), str(row.floor_n or "-"),
    ]  # fmt: skip


def _number(value: float) -> str:
    return f"{value:.3g}" if math.isfinite(value) else "-"


def _range(value: float, low: float, high: float) -> str:
    ends = f" [{low:.3g}, {high:.3g}]" if math.isfinite(low) and math.isfinite(high) else ""
    return _number(value) + ends
