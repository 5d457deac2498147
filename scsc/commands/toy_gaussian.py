"""`scsc toy gaussian`: the Gaussian loop on any schedule, against theory."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from loop.progress import Report
from scsc import console

if TYPE_CHECKING:
    from loop.ensemble import Curves, EnsembleConfig


@dataclass(frozen=True)
class ToyGaussian:
    """The Gaussian loop: many seeds and strengths of correction at once, held against the exact theory."""

    gamma: tuple[float, ...] = (0.0, 0.1, 0.3, 1.0, 5.0)
    """Correction strengths, each >= 0; inf always corrects. One curve each."""
    lam: tuple[float, ...] = (0.5,)
    """Synthetic samples per real sample and generation, each >= 0. Every gamma runs with every lam."""
    real_fraction: tuple[float, ...] = ()
    """Schedule mix: real shares of the training set, each in [0, 1], instead of lam = 1/share - 1."""
    n: int = 50
    """Real points."""
    dimension: int = 2
    """Dimension of the target N(0, I)."""
    schedule: tuple[str, ...] = ("augment",)
    """What a generation trains on, one or several: augment | replace | fresh | accumulate | accumulate-subsample |
    ramp-accumulate | mix."""
    corrector: tuple[str, ...] = ("mixture",)
    """One or several: mixture (ideal) | histogram-official | histogram-floorfix | histogram-exact (dimension 2), fused;
    wrong-target | shrink | transport | k-means | curation | likelihood-rank, point by point (a thousand times slower;
    take fewer --runs). The last two choose one of two candidates, then the ideal corrector follows."""
    normalisation: str = "mle"
    """Covariance divided by the number of points (mle) or by one less (unbiased)."""
    bias: float = 1.0
    """Sampling bias in [0, 1]: factor on the covariance of the samples; 1 is honest."""
    first: int | None = None
    """Schedule fresh: points of generation 0, if not n."""
    generations: int = 100
    """Generations after the first fit; a finished run is extended by asking for more."""
    runs: Annotated[int, tyro.conf.arg(aliases=["--seeds"])] = 256
    """Independent runs (seeds) of every cell."""
    seed: int = 0
    """Seed of all streams, >= 0."""
    checkpoint_every: int = 0
    """Generations between checkpoints of a block of 64 fused runs; 0 keeps finished blocks only."""
    workers: int = 1
    """Processes, 0 = one a core; the result does not depend on it."""
    out: Path = Path("runs/toy-gaussian")
    """Folder of the run, of several schedules or correctors one sub-folder each; the same command again resumes."""
    json: Path | None = None
    """Also write the table's rows there as JSON."""

    def run(self) -> int:
        console.check_json(self.json)
        from loop.ensemble import EnsembleConfig
        from toy.report import rows

        config = EnsembleConfig(self.seed, self.runs, self.generations, self.checkpoint_every)
        loops = self.loops()
        begin = time.perf_counter()
        found: list[dict[str, Any]] = []
        steps = 0
        with console.progress() as report:
            for name, loop in loops.items():
                curves = self._curves(loop, config, name, report)
                part = {"schedule": loop.schedule, "corrector": loop.corrector}
                found += rows(loop, curves, **(part if len(loops) > 1 else {}))
                steps += len(loop.gammas) * self.runs * self.generations
        seconds = time.perf_counter() - begin
        self._show(found, len(loops) > 1)
        console.out.print(
            f"{steps:,} generations in {seconds:.2f} s; kept in {self.out}; pictures: scsc plot {self.out}"
        )
        console.write_json(self.json, {"rows": found, "seconds": seconds})
        return 0

    def loops(self) -> dict[str, Any]:
        """Sub-folder ("" where there is one loop) -> loop; refuses bad settings."""
        from loop import mixed
        from toy.ensembles import gaussian_loop
        from toy.gaussian import GaussianProblem
        from toy.named import NAMES
        from toy.point_loop import PointLoop
        from toy.points_ensemble import CORRECTORS

        if not self.schedule or not self.corrector:
            raise ValueError("--schedule and --corrector need at least one name each; leave them out for the defaults")
        if self.real_fraction and self.schedule != ("mix",):
            got = " ".join(self.schedule)
            raise ValueError(f"--real-fraction belongs to the schedule mix, got {got!r}; give --schedule mix")
        lams = tuple(mixed(share) for share in self.real_fraction) or self.lam
        known = (*CORRECTORS, *(name for name in NAMES if name != "ideal"))
        found: dict[str, Any] = {}
        for schedule in dict.fromkeys(self.schedule):
            for corrector in dict.fromkeys(self.corrector):
                if corrector not in known:
                    raise ValueError(
                        f"corrector must be one of {', '.join(known)}, got {corrector!r}; choose among them"
                    )
                if corrector in CORRECTORS:
                    loop: Any = gaussian_loop(
                        self.gamma, lams, self.n, self.dimension, schedule, corrector, self.normalisation, self.bias,
                        self.first,
                    )  # fmt: skip
                else:
                    problem = GaussianProblem(self.n, self.dimension, self.normalisation, self.bias, self.first)
                    loop = PointLoop.of(corrector, problem, self.gamma, lams, schedule)
                found[f"{schedule}-{corrector}"] = loop
        return found if len(found) > 1 else {"": loop}

    def _curves(self, loop: Any, config: EnsembleConfig, name: str, report: Report) -> Curves:
        from loop.ensemble import run_ensemble
        from toy.point_loop import PointLoop
        from toy.report import theory_arrays

        def told(stage: str, done: int, total: int) -> None:
            report(f"{name} {stage}".strip(), done, total)

        arrays = theory_arrays(loop, self.generations)
        if isinstance(loop, PointLoop):
            return loop.run(config, self.out / name, told, arrays)
        return run_ensemble(loop, config, self.out / name, told, arrays, self.workers)

    def _show(self, found: list[dict[str, Any]], several: bool) -> None:
        last = [row for row in found if row["generation"] == self.generations]
        first = [row for row in found if row["generation"] == 0]
        what = f"n = {self.n}, d = {self.dimension}, generation {self.generations}, {self.runs} runs"
        heads = ["gamma", "lam", "W2 at start", "W2 at end", "+- (1 SE)"]
        table = [
            [a["gamma"], a["lam"], b["w2_mean"], a["w2_mean"], a["w2_se"]] for a, b in zip(last, first, strict=True)
        ]
        if several:
            heads = ["schedule", "corrector", *heads, "mean error^2", "variance", "+- (1 SE)"]
            table = [
                [a["schedule"], a["corrector"], *line, a["mean_error2"], a["variance"], a["variance_se"]]
                for a, line in zip(last, table, strict=True)
            ]
            console.show_table(f"Gaussian loop, {what}", heads, table)
            return
        heads += ["mean error^2", "+- (1 SE)", "theory", "variance", "+- (1 SE)", "theory"]
        more = [f"{name}{end}" for name in ("mean_error2", "variance") for end in ("", "_se", "_theory")]
        table = [[*line, *(a[key] for key in more)] for a, line in zip(last, table, strict=True)]
        console.show_table(f"Gaussian loop, {self.schedule[0]}, {what}", heads, table)
