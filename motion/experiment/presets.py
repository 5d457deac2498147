"""Presets: everything that sets the size of a motion experiment."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from generative.samplers import WITHIN_LOG_SNR, SamplerConfig, Solver, check_levels
from generative.schedule import Spacing
from motion.data.procedural import BASIC_KINDS
from motion.model.architectures import CONFIGS, Architecture
from motion.model.contract import DenoiserConfig
from motion.model.denoiser import ModelConfig
from motion.model.mdm import MdmConfig
from motion.model.training import Objective, spacing_of


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
    text: how captions are read: "words" (learned embeddings of hashed words) or "minilm" (token states of a frozen
        all-MiniLM-L6-v2) or "pretrained" (those of any encoder in a folder). text_weights: that folder; None takes
        MiniLM's installed package.
    start: whether a generation is fine-tuned from its predecessor or refitted from scratch (with `first_steps`).
    optimiser: whether its moments begin afresh in each generation or are carried over.
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
    text: Literal["words", "minilm", "pretrained"] = "words"
    text_weights: Path | None = None
    start: Literal["finetune", "scratch"] = "finetune"
    optimiser: Literal["fresh", "carried"] = "fresh"

    def __post_init__(self) -> None:
        for name, least in (("frames", 8), ("n", 2), ("reference", 8), ("evaluation", 8), ("generations", 0)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} must be >= {least}, got {getattr(self, name)}; choose a larger number")
        for name, known in (
            ("start", ("finetune", "scratch")), ("optimiser", ("fresh", "carried")),
            ("text", ("words", "minilm", "pretrained")), ("architecture", tuple(CONFIGS)),
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
        self.sampler, self.size  # noqa: B018  (check their own)
        check_levels(self.solver, self.spacing)
        if self.evaluation > self.reference:
            raise ValueError(
                f"evaluation must be <= reference ({self.reference}), got {self.evaluation}; "
                "every sample is asked for by another held-out caption"
            )

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
            return MdmConfig(**size, feed_forward=2 * self.width, attend_padding=self.attend_padding)
        return ModelConfig(**size, patch=self.patch)

    def size_for(self, text_dim: int, text_tokens: int) -> DenoiserConfig:
        """The denoiser's, for captions as states of a frozen encoder."""
        return replace(self.size, vocabulary=0, text_dim=text_dim, text_tokens=text_tokens)

    def describe(self) -> dict[str, Any]:
        """The sizes as JSON, less `generations`, by which a finished run may be extended, and where weights lie."""
        sizes = asdict(self) | {"levels": self.spacing}
        del sizes["generations"], sizes["text_weights"]
        if self.architecture == "patch":
            del sizes["attend_padding"]
        return sizes


FEW_KINDS = (
    "walk", "walk backward", "run", "turn left", "jump", "squat", "bow", "kick left", "wave right", "raise arms",
)  # fmt: skip
"""Ten kinds: with few training motions each kind still has several."""

PRESETS: dict[str, Preset] = {
    "smoke": Preset(
        frames=40, n=64, reference=128, evaluation=128, generations=3, first_steps=700, steps=50, width=96, layers=2,
        heads=4, kinds=FEW_KINDS,
    ),
    "laptop": Preset(
        frames=60, n=128, reference=256, evaluation=256, generations=10, first_steps=3000, steps=150, width=128,
        layers=4, heads=4, kinds=BASIC_KINDS,
    ),
}  # fmt: skip


def preset_named(name: str) -> Preset:
    """The preset of that name.

    Raises:
        ValueError: there is none.
    """
    if name not in PRESETS:
        raise ValueError(f"preset must be one of {', '.join(PRESETS)}, got {name!r}; choose one of them")
    return PRESETS[name]
