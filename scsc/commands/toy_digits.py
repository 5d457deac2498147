"""`scsc toy digits`: the image loop, a diffusion model of digits with a k-means corrector."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from scsc import console
from scsc.experiment_progress import experiment_progress
from scsc.experiment_report import mean_at, rows_of, show_costs, values_at
from scsc.figure_record import command_line, write_record

if TYPE_CHECKING:
    from toy.digits.campaign import Experiment

_SHOWN = ("fid", "kid", "accepted", "diversity", "diversity_lowest", "nearest_train")
_HEADS = ("FID", "KID", "accepted", "diversity", "lowest digit's", "to train")


@dataclass(frozen=True)
class ToyDigits:
    """The image loop: a class-conditional diffusion model of digits retrained on its own images, with and without the
    k-means corrector, beside a baseline on real data alone. All arms of a seed share generation 0. The same command
    again continues where it stopped."""

    data: Path | None = None
    """Folder with MNIST's four IDX files (plain or .gz); left out: the embedded 8x8 digits."""
    lam: tuple[float, ...] = (0.2, 0.5, 1.0, 1.5)
    """Synthetic images per real image and generation, each > 0; each gives one arm a corrector."""
    corrector: tuple[str, ...] = ("none", "k-means")
    """none | k-means | redraw (from the real training images of the same digit): which arms are run for every lam."""
    gamma: tuple[float, ...] = (float("inf"),)
    """Strengths of the correction, each >= 0, one arm each: every image is corrected with probability
    gamma/(1+gamma); inf: all."""
    centres: int | None = None
    """k-means centres per digit; left out: 16, as the authors have."""
    schedule: str = "augment"
    """What the arms train on: augment | replace | accumulate | accumulate-subsample | ramp-accumulate | mix."""
    generations: int | None = None
    """Generations after the first; left out: 20, with --quick 4. A finished run is extended by asking for more."""
    runs: Annotated[int | None, tyro.conf.arg(aliases=["--seeds"])] = None
    """Seeds: independent repetitions of all arms; left out: 5, with --quick 2."""
    seed: int = 0
    """The first of them, >= 0."""
    n: int | None = None
    """Real training images; left out: 800 (embedded), 2000 (MNIST)."""
    steps: int | None = None
    """Optimiser steps of every generation after the first; left out: 50."""
    guidance: float | None = None
    """Scale of classifier-free guidance, >= 0; left out: 1.5, the authors' w = 0.5. 1 samples the model itself."""
    quick: bool = False
    """Small: minutes instead of most of an hour, embedded digits only."""
    workers: int = 2
    """Processes; each uses one thread. The result does not depend on it."""
    out: Path | None = None
    """Folder of the experiment; default runs/toy-digits, with --quick runs/toy-digits-quick."""
    record: Path | None = None
    """Also write there a small JSON record of the figure, from which it is redrawn without the runs."""
    json: Path | None = None
    """Also write all rows and comparisons there as JSON."""

    def run(self) -> int:
        console.check_json(self.json)
        from toy.digits.campaign import execute

        experiment = self.experiment()
        begin = time.perf_counter()
        with experiment_progress() as report:
            execute(experiment, report, command_line())
        show(experiment, time.perf_counter() - begin, self.json, self.record)
        return 0

    def experiment(self) -> Experiment:
        """The experiment that the flags describe."""
        from toy.digits.campaign import Experiment, LoopConfig
        from toy.digits.settings import EMBEDDED, QUICK, for_mnist

        if self.quick and self.data is not None:
            raise ValueError("--quick is for the embedded digits, got --data too; leave one out")
        runs = self.runs if self.runs is not None else 2 if self.quick else 5
        if runs < 1:
            raise ValueError(f"runs must be >= 1, got {runs}; one seed at least")
        settings = QUICK if self.quick else EMBEDDED if self.data is None else for_mnist(self.data)
        wanted = {"n": self.n, "steps": self.steps, "guidance": self.guidance, "centres": self.centres}
        settings = replace(settings, **{name: value for name, value in wanted.items() if value is not None})  # type: ignore[arg-type]
        return Experiment(
            self.out or Path("runs") / ("toy-digits-quick" if self.quick else "toy-digits"),
            settings,
            LoopConfig(self.lam, self.schedule, self.corrector, self.gamma),
            tuple(range(self.seed, self.seed + runs)),
            self.generations if self.generations is not None else 4 if self.quick else 20,
            self.workers,
        )


def show(experiment: Experiment, seconds: float, json: Path | None, record: Path | None = None) -> None:
    """The tables at the end: measures by arm, arms compared seed by seed, seconds by stage."""
    from loop import files
    from plots.findings import pairs_of
    from plots.statistics import holm, paired_difference, paired_p

    arms, labels, last = experiment.plan.arms, experiment.loop.labels, experiment.generations
    info = files.read_json(experiment.out / "experiment.json")
    rows = rows_of(experiment.out, arms, experiment.seeds)
    table: list[list[Any]] = [["real digits", "-", *(info["floor"].get(name) for name in _SHOWN)]]
    table.append(["generation 0 (shared)", 0, *(mean_at(rows, None, 0, name) for name in _SHOWN)])
    if last > 0:
        table += [[labels[arm], last, *(mean_at(rows, arm, last, name) for name in _SHOWN)] for arm in arms]
    data, settings = info["identity"]["data"], experiment.settings
    sizes = (
        f"n = {data['n']}, {experiment.loop.schedule}, {len(experiment.seeds)} seeds, guidance {settings.guidance:g}"
    )
    console.show_table(f"{data['source']}, {sizes}", ("arm", "gen", *_HEADS), table)
    console.out.print(
        f"FID: {data['reference']} samples and as many real digits in the judge's 32 features; the judge names "
        f"{100 * info['identity']['judge']['accuracy']:.1f} % of the real ones rightly"
    )
    pairs = pairs_of(list(arms))
    compared: list[dict[str, Any]] = []
    for two, one in pairs if last > 0 else []:
        first, second = (values_at(rows, arm, last, "fid") for arm in (one, two))
        gap = paired_difference(second, first, axis=0)
        compared.append(
            {"arm": two, "against": one, "difference": float(gap.mean), "low": float(gap.low), "high": float(gap.high),
             "seeds": int(gap.count), "p": paired_p(second, first)}
        )  # fmt: skip
    for row, p in zip(compared, holm([row["p"] for row in compared]), strict=True):
        row["p_holm"], row["verdict"] = p, _verdict(row["difference"], p, row["seeds"])
    if compared:
        console.show_table(
            f"FID at generation {last}, paired by seed (Student's t; p after Holm)",
            ("arm", "against", "difference", "95 % from", "to", "p", "verdict"),
            [[row[key] for key in ("arm", "against", "difference", "low", "high", "p_holm", "verdict")]
             for row in compared],
        )  # fmt: skip
    show_costs(experiment.out, arms, experiment.seeds)
    console.out.print(f"{seconds:.0f} s; kept in {experiment.out}; pictures: scsc plot {experiment.out}")
    title = f"The image loop, {data['source']}, {sizes}"
    result = {"comparisons": compared}
    write_record(record, [(experiment.out, "")], title, result, ("fid", "diversity", "accepted"))
    console.write_json(json, {"rows": rows, "floor": info["floor"], "comparisons": compared, "seconds": seconds})


def _verdict(difference: float, p: float, seeds: int) -> str:
    """In words, at 5 %; with fewer than 5 seeds always undecided."""
    if seeds < 5 or not p < 0.05:
        return "undecided"
    return "worse" if difference > 0 else "better"
