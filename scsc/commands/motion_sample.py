"""`scsc motion sample`: motions drawn from a trained model, as files."""

from __future__ import annotations

import textwrap
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import tyro

from scsc import console

if TYPE_CHECKING:
    from generative.samplers import SamplerConfig
    from motion.experiment.samples import Order
    from motion.experiment.trained import Trained

Solver = Literal["dpm++2m", "adams", "ddim", "ddpm", "flow-euler", "flow-heun"]
_ROWS = 20


@dataclass(frozen=True)
class MotionSample:
    """Draw motions from a trained model into a folder of .npy or .bvh, each with its caption beside it, and index.json
    that says everything. The same command again continues; a larger --count or a longer --captions adds motions."""

    model: tyro.conf.Positional[Path]
    """Folder of a model: what `scsc motion train` or `run` named, or one of its generations."""
    out: Path
    """Folder of the motions, a new one or one of the same command."""
    count: int | None = None
    """How many motions, for captions drawn from the training motions; 1 to 100,000."""
    captions: Path | None = None
    """Text file of captions instead, one a line: one motion each."""
    seconds: tuple[float, ...] = ()
    """Length of every motion [s], or one number for each; left out: the longest that the model makes."""
    lengths: tuple[int, ...] = ()
    """The same in frames of joints, 20 a second and one: 41 is 2 s."""
    guidance: float | None = None
    """Scale of classifier-free guidance, >= 0; 1: none; left out: as the model was measured."""
    solver: Solver | None = None
    """How motions are drawn, see generative/samplers.py; left out: as the model was measured."""
    steps: int | None = None
    """Evaluations of the model a motion; left out: as it was measured."""
    seed: int = 0
    """Of noise and captions, >= 0."""
    format: Literal["joints", "features", "bvh"] = "joints"
    """joints: .npy (T, 22, 3) in metres, y up, 20 a second | features: .npy (T - 1, 263), HumanML3D's | bvh: .bvh in
    centimetres and degrees."""
    gif: int = 0
    """Also draw the first so many as moving stick figures, NAME.gif."""
    text_weights: Path | None = None
    """Folder of the weights of the model's frozen text encoder, where it has one."""
    json: Path | None = None
    """Also write the index there."""

    def run(self) -> int:
        console.check_json(self.json)
        from motion.experiment.samples import INDEX, read_index, write_samples
        from motion.experiment.trained import Trained

        if self.gif < 0:
            raise ValueError(f"--gif must be >= 0 pictures, got {self.gif}; 0 draws none")
        begin = time.perf_counter()
        trained = Trained.open(self.model, self.text_weights)
        order = self._order(trained)
        with console.progress() as report:
            made = write_samples(trained, order, self.out, report)
            self._draw(order, report)
        index = read_index(self.out)
        _show(index, trained)
        seconds = time.perf_counter() - begin
        done = f"{made} drawn in {seconds:.1f} s" if made else "nothing to do: all were there"
        console.out.print(f"{done}; kept in {self.out}, listed in {self.out / INDEX}", markup=False)
        console.write_json(self.json, index)
        return 0

    def _order(self, trained: Trained) -> Order:
        from motion.experiment.samples import Order, prompts

        if (self.count is None) == (self.captions is None):
            raise ValueError("name either --count N (captions of training motions) or --captions FILE, one of the two")
        if self.captions is None:
            pairs = prompts(trained, self.count or 0, self.seed)
        else:
            pairs = [(caption, dict(trained.asked).get(caption, "")) for caption in _read(self.captions)]
        texts, actions = zip(*pairs, strict=True)
        frames = self._frames(trained, len(texts))
        sampler = sampler_of(trained, self.solver, self.steps, self.guidance)
        return Order(texts, actions, frames, self.seed, sampler, self.format)

    def _frames(self, trained: Trained, count: int) -> tuple[int, ...]:
        from motion.experiment.samples import frames_of

        if self.seconds and self.lengths:
            raise ValueError("name either --seconds or --lengths, got both; leave one out")
        given = self.lengths or tuple(frames_of(one) for one in self.seconds) or (trained.frames + 1,)
        if len(given) not in (1, count):
            raise ValueError(f"lengths must be one for all or one for each of {count} motions, got {len(given)}")
        return given if len(given) == count else given * count

    def _draw(self, order: Order, report: Any) -> None:
        """The pictures that are not there yet."""
        wanted = range(min(self.gif, len(order.captions)))
        for i in wanted:
            path = self.out / f"{i:05d}.gif"
            if not path.exists():
                from motion.experiment.samples import read_clip
                from motion.kinematics.skeleton import FPS, JOINTS, PARENTS
                from plots.animate import write_gif

                joints = read_clip(self.out / order.file(i), order.frames[i])
                write_gif(joints, PARENTS, FPS, path, title_of(order.captions[i]), JOINTS)
            report("drawing pictures", i + 1, len(wanted))


def sampler_of(
    trained: Trained, solver: Solver | None = None, steps: int | None = None, guidance: float | None = None
) -> SamplerConfig:
    """The model's own sampler, but for what is given."""
    given = {"solver": solver, "steps": steps, "guidance": guidance}
    return replace(trained.sampler, **{key: value for key, value in given.items() if value is not None})  # type: ignore[arg-type]


def _read(path: Path) -> list[str]:
    """The captions of a file, one a line, empty lines left out.

    Raises:
        ValueError: none, or no UTF-8. OSError: it cannot be read.
    """
    from motion.data.arrays import text_lines

    found = [line.strip() for line in text_lines(path, 2**26) if line.strip()]
    if not found:
        raise ValueError(f"{path} holds no caption; write one a line")
    return found


def title_of(caption: str) -> str:
    """A caption as the title of a picture: at most a few lines."""
    return textwrap.shorten(caption, 90, placeholder=" ...")


def show_unseen(words: tuple[str, ...]) -> None:
    """A note on words that the model cannot know."""
    if words:
        named = ", ".join(words[:12]) + (f" and {len(words) - 12} more" if len(words) > 12 else "")
        console.out.print(
            f"note: no training caption held: {named}; the model cannot know what they mean", markup=False
        )


def _show(index: dict[str, Any], trained: Trained) -> None:
    motions = index["motions"]
    step = max(1, -(-len(motions) // _ROWS))
    console.show_table(
        f"every {step}th motion" if step > 1 else "motions",
        ("file", "frames", "seconds", "caption"),
        [[one["file"], one["frames"], one["seconds"], one["caption"]] for one in motions[::step]],
    )
    show_unseen(tuple(dict.fromkeys(word for one in motions for word in one["unseen"])))
