"""Preset: everything that sets the size of a motion experiment, and how it is done."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from generative.samplers import WITHIN_LOG_SNR, SamplerConfig, Solver, check_levels
from generative.schedule import Spacing
from loop import files
from motion.model.architectures import CONFIGS, Architecture
from motion.model.batches import whole_epochs
from motion.model.contract import DenoiserConfig
from motion.model.denoiser import ModelConfig
from motion.model.mdm import MdmConfig
from motion.model.training import Batches, Objective, TrainConfig, spacing_of

_DROPOUT = 0.1


@dataclass(frozen=True, kw_only=True)
class Preset:
    """Sizes of one experiment.

    frames: features per motion (20 a second), one less than its frames.
    n: real training motions. reference: held-out real motions that all samples are measured against.
    evaluation: samples drawn for measuring each generation.
    generations: after generation 0.
    first_steps, steps: optimiser steps of generation 0 and of each later one.
    architecture, width, layers, heads, patch: of the denoiser; patch is 1 for "mdm", see `motion.model`.
    attend_padding: of "mdm". batch_size, learning_rate, fine_learning_rate: of its training.
    sampler_steps, guidance, solver: of the sampler. `benchmarks/motion_solver.py` compares solvers on a trained model:
        "adams", the best on laws where the denoiser is known, is the worse one there; at 16 evaluations "dpm++2m" has
        3.5 % bias there and 3.9 % here.
    objective, levels: of training, see `motion.model.training`. levels: None means those that the solver needs: the
        objective's own, but "level" where a solver begins at pure noise and these leave it out.
    kinds: which of the embedded motions are used; None means all. Real packs are used whole.
    styles: ways in which the embedded motions are done, see `motion.data.procedural.STYLES`; each draws one.
    performed: the embedded motions as a simulated body performs them, not as they are drawn.
    text: how captions are read: "words" (learned embeddings of hashed words), "minilm" (token states of a frozen
        all-MiniLM-L6-v2), "pretrained" (those of any encoder in a folder) or "clip" (one vector a caption, of CLIP in a
        folder). text_weights: that folder; None takes MiniLM's installed package.
    start: whether a generation is fine-tuned from its predecessor or refitted from scratch (with `first_steps`).
    optimiser: whether its moments begin afresh in each generation or are carried over.

    Of the data (`motion.experiment.cutting`):

    min_frames: motions have lengths of their own, from that of a clip of so many frames (as its file counts them) up to
        `frames`; None: all have `frames`, and what is longer is cut up.
    longest: with min_frames, clips of more frames are left out and others cut to `frames` from a random place; None:
        longer ones are cut up.
    splits: training and reference sets are "drawn" from all motions, or from the pack's own lists ("given").
    captions: "one" of each motion, chosen by lot once, is trained on and asked for; or "all" are trained on, one at
        each step, and the first is asked for.
    crops, batches: see `TrainConfig`; with "epochs" first_steps and steps are rounded up as `whole_epochs` says.

    Of training, see `TrainConfig`; fine_warmup is that of later generations, decay its `schedule`:

    ema, clip, warmup, fine_warmup, decay, beta2, weight_decay, drop_caption, dropout and alike_layers (of "mdm").

    Of the loop:

    count: lam times n synthetic motions, to the nearest ("round") or the next smaller ("down") whole number.
    noise: of drawing and training: "new" in each generation, or the "same".
    """

    frames: int
    n: int
    reference: int
    evaluation: int
    generations: int
    first_steps: int
    steps: int
    width: int
    layers: int
    heads: int
    architecture: Architecture = "patch"
    patch: int = 4
    attend_padding: bool = False
    batch_size: int = 32
    learning_rate: float = 2e-3
    fine_learning_rate: float = 3e-4
    sampler_steps: int = 16
    guidance: float = 1.0
    solver: Solver = "dpm++2m"
    objective: Objective = "ddpm-x0"
    levels: Spacing | None = None
    kinds: tuple[str, ...] | None = None
    styles: tuple[str, ...] = ("neutral",)
    performed: bool = False
    text: Literal["words", "minilm", "pretrained", "clip"] = "words"
    text_weights: Path | None = None
    start: Literal["finetune", "scratch"] = "finetune"
    optimiser: Literal["fresh", "carried"] = "fresh"
    min_frames: int | None = field(default=None, metadata=files.ADDED)
    longest: int | None = field(default=None, metadata=files.ADDED)
    splits: Literal["drawn", "given"] = field(default="drawn", metadata=files.ADDED)
    captions: Literal["one", "all"] = field(default="one", metadata=files.ADDED)
    crops: bool = field(default=False, metadata=files.ADDED)
    batches: Batches = field(default="drawn", metadata=files.ADDED)
    ema: float = field(default=0.99, metadata=files.ADDED)
    clip: float = field(default=1.0, metadata=files.ADDED)
    warmup: int = field(default=50, metadata=files.ADDED)
    fine_warmup: int = field(default=10, metadata=files.ADDED)
    decay: Literal["constant", "cosine"] = field(default="cosine", metadata=files.ADDED)
    beta2: float = field(default=0.99, metadata=files.ADDED)
    weight_decay: float = field(default=0.0, metadata=files.ADDED)
    drop_caption: float = field(default=0.1, metadata=files.ADDED)
    dropout: float = field(default=_DROPOUT, metadata=files.ADDED)
    alike_layers: bool = field(default=False, metadata=files.ADDED)
    count: Literal["round", "down"] = field(default="round", metadata=files.ADDED)
    noise: Literal["new", "same"] = field(default="new", metadata=files.ADDED)

    def __post_init__(self) -> None:
        for name, least in (("frames", 8), ("n", 2), ("reference", 8), ("evaluation", 8), ("generations", 0)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} must be >= {least}, got {getattr(self, name)}; choose a larger number")
        for name, known in (
            ("start", ("finetune", "scratch")), ("optimiser", ("fresh", "carried")),
            ("text", ("words", "minilm", "pretrained", "clip")), ("architecture", tuple(CONFIGS)),
            ("splits", ("drawn", "given")), ("captions", ("one", "all")), ("count", ("round", "down")),
            ("noise", ("new", "same")),
        ):  # fmt: skip
            if getattr(self, name) not in known:
                raise ValueError(
                    f"{name} must be {' or '.join(known)}, got {getattr(self, name)!r}; choose one of them"
                )
        if self.start == "scratch" and self.optimiser == "carried":
            raise ValueError("optimiser 'carried' needs start 'finetune': from scratch there is nothing to carry")
        if self.architecture == "mdm" and self.patch != 1:
            raise ValueError(f"patch must be 1 for architecture 'mdm', a token a frame, got {self.patch}; set it to 1")
        if self.architecture == "patch" and self.attend_padding:
            raise ValueError("attend_padding is for architecture 'mdm', got 'patch', which masks padding; leave it out")
        if self.architecture == "patch" and (self.alike_layers or self.dropout != _DROPOUT):
            raise ValueError("alike_layers and dropout are for architecture 'mdm', got 'patch'; leave them out")
        self._check_lengths()
        self.sampler, self.size, self.training(self.size)  # noqa: B018  (check their own)
        check_levels(self.solver, self.spacing)
        if self.evaluation > self.reference:
            raise ValueError(
                f"evaluation must be <= reference ({self.reference}), got {self.evaluation}; "
                "every sample is asked for by another held-out caption"
            )

    def _check_lengths(self) -> None:
        if self.min_frames is None:
            if self.longest is not None:
                raise ValueError(f"longest needs min_frames, got {self.longest} alone; give both or neither")
            return
        if not 8 <= self.min_frames <= self.frames + 1:
            raise ValueError(
                f"min_frames must be 8 to {self.frames + 1}, the longest clip, got {self.min_frames}; choose one"
            )
        if self.longest is not None and self.longest <= self.frames:
            raise ValueError(f"longest must be above frames ({self.frames}), got {self.longest}; or lower frames")

    @property
    def sampler(self) -> SamplerConfig:
        return SamplerConfig(steps=self.sampler_steps, guidance=self.guidance, solver=self.solver)

    @property
    def spacing(self) -> Spacing:
        """How the noise levels of training are spread."""
        own = spacing_of(self.objective, self.levels)
        return "level" if self.levels is None and own == "log-snr" and self.solver not in WITHIN_LOG_SNR else own

    @property
    def size(self) -> DenoiserConfig:
        """The denoiser's, for captions as learned words."""
        size = {"width": self.width, "layers": self.layers, "heads": self.heads, "frames": self.frames}
        if self.architecture == "mdm":
            return MdmConfig(
                **size, feed_forward=2 * self.width, dropout=self.dropout, attend_padding=self.attend_padding,
                alike_layers=self.alike_layers,
            )  # fmt: skip
        return ModelConfig(**size, patch=self.patch)

    def size_for(self, text_dim: int, text_tokens: int) -> DenoiserConfig:
        """The denoiser's, for captions as states of a frozen encoder."""
        return replace(self.size, vocabulary=0, text_dim=text_dim, text_tokens=text_tokens)

    def training(self, model: DenoiserConfig, *, later: bool = False, **more: Any) -> TrainConfig:
        """How generation 0 is trained, or a later one that is fine-tuned; more: other fields."""
        return TrainConfig(
            steps=self.steps if later else self.first_steps,
            batch_size=self.batch_size,
            learning_rate=self.fine_learning_rate if later else self.learning_rate,
            schedule=self.decay,
            warmup=self.fine_warmup if later else self.warmup,
            clip=self.clip,
            ema=self.ema,
            start=self.start,
            optimiser=self.optimiser,
            beta2=self.beta2,
            weight_decay=self.weight_decay,
            drop_caption=self.drop_caption,
            objective=self.objective,
            levels=self.spacing,
            crops=self.crops,
            batches=self.batches,
            model=model,
            **more,
        )

    def steps_of(self, motions: int, *, later: bool) -> int:
        """Optimiser steps of a generation that trains on so many motions; later: one that is fine-tuned."""
        steps = self.steps if later else self.first_steps
        return whole_epochs(steps, motions, self.batch_size) if self.batches == "epochs" else steps

    def describe(self) -> dict[str, Any]:
        """The sizes as JSON, less `generations`, by which a finished run may be extended, and where weights lie; and
        less what came later and is as it always was, see `loop.files.ADDED`."""
        sizes: dict[str, Any] = files.identity_of(self) | {"levels": self.spacing}
        del sizes["generations"], sizes["text_weights"]
        if self.architecture == "patch":
            del sizes["attend_padding"]
        return sizes
