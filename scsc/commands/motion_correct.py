"""`scsc motion correct`: files of motion, corrected, with what it did to each."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tyro

from scsc import console

if TYPE_CHECKING:
    from motion.correctors import Stock

_SHOWN = (
    ("penetration", "penetr. mm"), ("floating", "floats mm"), ("skating", "skates mm/fr"), ("jerk", "jerk m/s3"),
    ("unsupported", "unsupp. %"),
)  # fmt: skip
_FORCES = ("moved_mm", "residual_force", "residual_torque")
_WIDTHS = {"moved mm": 5, "force bw": 5, "torque N m": 6, **{head: 8 for _, head in _SHOWN}}
_ROWS = 40
_PRIOR_FRAMES = 81  # of a prior's motions: 4 s


@dataclass(frozen=True)
class MotionCorrect:
    """Correct motions: .npy of joints (T, 22, 3) in metres, y up, or of features (T, 263, 67 or 136) at 20 frames a
    second, .bvh and .bvh.gz; each is written as it was read, at its own frame rate and unit, on its own skeleton.

    A motion that cannot be corrected is kept as it was, and told. The same command again does only what is not done.
    Of a BVH the joints that turn the body's bones get new angles; all other channels stay. What is faster than 9 Hz is
    lost in the new ones; a person's height over the floor counts only beyond 5 cm, which the soles may take."""

    files: tyro.conf.Positional[tuple[Path, ...]] = ()
    """Files, and folders of them (with their sub-folders)."""
    out: Path = Path("runs/corrected")
    """Folder of the corrected motions, under the names they had, with report.json."""
    corrector: str = "physics"
    """physics: as a simulated body under gravity and contact performs it | kinematic: filter, floor, feet, no
    simulation | reground: the floor only | projection: the nearest real motion of a stock | prior: the same where a
    motion of at most 4 s looks unlike real ones, else left alone | physics+prior: the prior, then physics | none: only
    measured."""
    seed: int = 0
    """Of correctors that draw (prior, physics+prior), and of the samples of --test."""
    stages: bool = False
    """Also show how far each stage moved the motions (physics and kinematic), so that none takes another's credit."""
    gif: bool = False
    """Also draw each motion before and after, side by side: NAME.gif, the first 20 seconds."""
    workers: int = 2
    """Processes; the result does not depend on it."""
    stock: Path | None = None
    """Folder of a motion pack, for --corrector projection, prior and physics+prior; left out: embedded motions."""
    test: bool = False
    """Correct no files, but test correctors: what each does, in one step, to the distance of a generator's samples to
    real motions, at generation 0 and collapsed; --out then names an experiment with the arm synthetic, which is made
    (a few minutes) where there is none."""
    correctors: tuple[str, ...] = ()
    """With --test: which; left out: none reground kinematic physics projection prior physics+prior anchor ideal."""
    preset: str = "smoke"
    """With --test: size of an experiment that is made, smoke or laptop."""
    prior_size: int = 4000
    """With --test: real motions that prior and projection know, >= 24."""
    skip_bad: bool = False
    """Leave out files that cannot be read, counted and listed, instead of stopping at the first."""
    json: Path | None = None
    """Also write the report there."""

    def run(self) -> int:
        console.check_json(self.json)
        if self.test:
            return self._test()
        from loop.workers import warm_up
        from motion.correctors.files import REPORT, check_out, correct_files, find_inputs

        begin = time.perf_counter()
        items = find_inputs(self.files)
        check_out(self.files, self.out)
        if self.workers > 1 and len(items) > 1:
            warm_up(["motion.correctors.files"])
        with console.progress() as report:
            told = correct_files(
                self.files, self.out, self._corrector(report), seed=self.seed, skip_bad=self.skip_bad,
                workers=self.workers, report=report,
            )  # fmt: skip
            if self.gif:
                self._draw({item.name: item.source for item in items}, told["files"], report)
        _show(told["files"])
        if self.stages:
            _show_stages(told["files"])
        counts = told["counts"]
        bad = f", {counts['bad']} could not be read" if counts["bad"] else ""
        console.out.print(
            f"{counts['corrected']} of {counts['files']} corrected, {counts['kept']} kept as they were{bad}; "
            f"{time.perf_counter() - begin:.1f} s; everything is in {self.out / REPORT}"
        )
        console.write_json(self.json, told)
        return 0

    def _test(self) -> int:
        from loop.campaign import described
        from motion.experiment.step_test import TESTED, StepTest
        from scsc.step_report import show_steps

        if self.files:
            raise ValueError(f"--test corrects no files, got {self.files[0]}; leave one out")
        begin = time.perf_counter()
        test = StepTest(
            self.out, self.preset, self.correctors or TESTED, self.prior_size, self.seed, workers=self.workers
        )
        with console.progress() as report:
            steps = test.run(report)
        show_steps(steps)
        console.out.print(f"{time.perf_counter() - begin:.0f} s; models and data are in {self.out}")
        # whose generators they are: `scsc claims` holds loops of the same to it
        problem = described(self.out)["identity"]["problem"]
        console.write_json(self.json, {"problem": problem, "rows": [step.row() for step in steps]})
        return 0

    def _corrector(self, report: Any) -> Any:
        from motion.correctors import Material, corrector_named

        knowing = self.corrector in ("projection", "prior", "physics+prior")
        if self.stock is not None and not knowing:
            raise ValueError(
                f"--stock is for --corrector projection, prior and physics+prior, got {self.corrector!r}; leave one out"
            )
        stock = self._stock(report) if knowing else None
        prior = stock.prior(_PRIOR_FRAMES, report) if stock is not None and self.corrector != "projection" else None
        return corrector_named(self.corrector, Material(body="clip", stock=stock, prior=prior))

    def _stock(self, report: Any) -> Stock:
        from motion.correctors import Stock, embedded_stock
        from motion.data import load_pack

        if self.stock is None:
            return embedded_stock()
        pack = load_pack(self.stock, skip_bad=self.skip_bad, workers=self.workers, report=report)
        return Stock.from_clips(pack.clips)

    def _draw(self, sources: Mapping[str, Path], records: Sequence[Mapping[str, Any]], report: Any) -> None:
        """The pictures that are not there yet."""
        from motion.correctors.files import draw_missing

        draw: Callable[..., None] = _draw_one
        draw_missing(sources, records, self.out, draw, self.workers, report)


def _draw_one(before: Any, after: Any, path: Path, title: str) -> None:
    from motion.kinematics.skeleton import FPS, PARENTS
    from plots.animate import write_side_by_side

    write_side_by_side({"before": before, "after": after}, PARENTS, FPS, path, title)


def _show(records: Sequence[Mapping[str, Any]]) -> None:
    read = [one for one in records if one["result"] != "bad"]
    step = max(1, -(-len(read) // _ROWS))
    rows = [_row(one) for one in read[::step]]
    done = [one for one in read if one["result"] == "corrected"]
    if done:
        rows.append([
            f"mean of {len(done)} corrected", None, *(_cut(_mean(done, key)) for key in _FORCES),
            *(_change(_mean(done, "before", name), _mean(done, "after", name), name) for name, _ in _SHOWN),
        ])  # fmt: skip
    if rows:
        heads = ("file", "ok", "moved mm", "force bw", "torque N m", *(head for _, head in _SHOWN))
        title = f"every {step}th file" if step > 1 else "files"
        console.show_table(f"{title}; plausibility before→after", heads, rows, _WIDTHS)
    for one in [one for one in read if one["notes"]][:20]:
        console.out.print(f"{one['file']}: {'; '.join(one['notes'])}", markup=False)
    told = [one for one in records if one["result"] != "corrected"]
    for one in told[:20]:
        words = "kept as it was" if one["result"] == "kept" else "not read"
        console.out.print(f"{words}: {one['file']}: {one['reason']}", markup=False)
    if len(told) > 20:
        console.out.print(f"and {len(told) - 20} more, in the report")


def _row(one: Mapping[str, Any]) -> list[Any]:
    good = one["result"] == "corrected"
    return [
        one["file"], good, *(_cut(one.get(key)) for key in _FORCES),
        *(_change(_number(one["before"][name]), _number(one["after"][name]), name) for name, _ in _SHOWN),
    ]  # fmt: skip


def _show_stages(records: Sequence[Mapping[str, Any]]) -> None:
    moved = [one["stages_mm"] for one in records if "stages_mm" in one]
    if not moved:
        console.out.print("no stages to show: no motion was corrected in stages")
        return
    means = {stage: sum(one[stage] for one in moved) / len(moved) for stage in moved[0]}
    total = sum(means.values())
    rows = [[stage, mean, 100 * mean / total if total else 0.0] for stage, mean in means.items()]
    title = f"how far each stage moved {len(moved)} motions, mean"
    console.show_table(title, ("stage", "moved mm", "share of all ways %"), rows)


def _cut(value: float | None) -> str | None:
    return None if value is None else f"{value:.0f}" if value >= 100 else f"{round(value, 3):.3g}"


def _number(value: Any) -> float | None:
    return None if value in ("nan", "inf", "-inf") else float(value)


def _mean(records: Sequence[Mapping[str, Any]], *keys: str) -> float | None:
    found = []
    for one in records:
        value: Any = one
        for key in keys:
            value = value.get(key, "nan")
        found.append(_number(value))
    known = [value for value in found if value is not None]
    return sum(known) / len(known) if known else None


def _change(before: float | None, after: float | None, name: str) -> str:
    scale = 100.0 if name == "unsupported" else 1.0
    return "→".join("-" if value is None else _short(scale * value) for value in (before, after))


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 9.95 or value == 0 else f"{value:.1f}"
