"""A trained model as its user sees it: weights, the sampler it was measured with, the words and captions it has seen.

Opened by the folder that training named, by a run or a generation of any experiment, or by a copy of a generation.
`about.json` beside the model holds what is not in the weights; folders that were written before it existed are
understood by the config and the data set above them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from generative.samplers import SamplerConfig
from loop import files
from loop.campaign import SHARED
from loop.records import generation_name, generations
from motion.batch import MotionBatch
from motion.experiment import dataset
from motion.experiment.presets import Preset
from motion.kinematics.skeleton import FPS
from motion.model.generator import MotionModel
from motion.text import encoders
from motion.text.frozen import FrozenEncoder
from motion.text.states import FOLDER
from motion.text.words import words

ABOUT = "about.json"
_CAPTIONS = 1000  # kept at most, with their actions: enough to draw from


@dataclass(frozen=True)
class Trained:
    """A model with what is known of its training.

    folder: of the model itself. fingerprint: SHA-256 of it.
    preset: the sizes of its experiment; None where nothing tells them.
    seen: words of its training captions; empty where they are not known.
    asked: (caption, action) of training motions, at most 1,000 different ones.
    data: folder of the data set that it was trained on; None where it is not beside it.
    text, text_weights: the encoder of captions, and where its weights are.
    """

    model: MotionModel
    folder: Path
    fingerprint: str
    preset: Preset | None
    seen: frozenset[str]
    asked: tuple[tuple[str, str], ...]
    data: Path | None
    text: str = "words"
    text_weights: Path | None = None
    _made: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def open(cls, folder: Path, text_weights: Path | None = None) -> Trained:
        """Read it.

        Args:
            text_weights: folder of a frozen text encoder's weights, where the model needs one.

        Raises:
            ValueError: no model is there, a damaged one, or one of images.
            OSError: it cannot be read.
        """
        place = find(folder)
        model = MotionModel.load(place)
        about = _about(place)
        preset = _preset_of(about.get("preset"))
        if preset is not None and preset.frames != model.config.frames:
            raise ValueError(
                f"{place} makes {model.config.frames} frames, {ABOUT} says {preset.frames}; restore both files"
            )
        text = preset.text if preset is not None else "words"
        if model.config.text_dim and text == "words":
            raise ValueError(f"{place} reads captions through a frozen encoder and nothing says which; keep {ABOUT}")
        return cls(
            model, place, files.fingerprint(place), preset, frozenset(about.get("words", ())),
            tuple((str(one["caption"]), str(one["action"])) for one in about.get("asked", ())), _data_above(place),
            text, text_weights,
        )  # fmt: skip

    @property
    def frames(self) -> int:
        """Longest motion [steps of a twentieth of a second; its joints are one frame more]."""
        return self.model.config.frames

    @property
    def seconds(self) -> float:
        """Longest motion [s]."""
        return self.frames / FPS

    @property
    def parameters(self) -> int:
        """Weights of the network."""
        return sum(weight.numel() for weight in self.model.weights.values())

    @property
    def sampler(self) -> SamplerConfig:
        """The sampler that its experiment measures it with; the default where that is not known."""
        return SamplerConfig() if self.preset is None else self.preset.sampler

    @property
    def encoder(self) -> FrozenEncoder | None:
        """The frozen text encoder; None where the model learned its own words.

        Raises:
            ValueError: its weights are missing or others than those of the training.
        """
        if "encoder" not in self._made:
            found = encoders.frozen_encoder(self.text, self.text_weights)
            if found is not None:
                wanted = _about(self.folder).get("text")
                if wanted not in (None, found.fingerprint()):
                    raise ValueError(
                        f"the encoder {self.text} has other weights than the model was trained with; name those "
                        "with --text-weights"
                    )
                if self.data is not None and (self.data.parent / FOLDER).is_dir():
                    found.use(self.data.parent / FOLDER)
            self._made["encoder"] = found
        return self._made["encoder"]  # type: ignore[no-any-return]

    def unseen(self, caption: str) -> tuple[str, ...]:
        """The words of a caption that no training caption held, each once; none where the words are not known."""
        return tuple(word for word in dict.fromkeys(words(caption)) if self.seen and word not in self.seen)

    def unread(self, caption: str) -> tuple[str, ...]:
        """The words of a caption beyond the longest that the model reads; none for a frozen encoder, which counts
        pieces of words."""
        return tuple(words(caption)[self.model.config.text_tokens :]) if self.text == "words" else ()


def write_about(
    folder: Path,
    preset: Preset,
    data: Mapping[str, Any],
    text: str | None,
    batches: Sequence[MotionBatch],
    more: Sequence[str] = (),
) -> None:
    """Write `about.json` into a generation's folder. batches: the real motions it was trained on; more: captions."""
    pairs = dict(zip((c for b in batches for c in b.captions), (a for b in batches for a in b.actions), strict=True))
    files.write_json(
        folder / ABOUT,
        {
            "format": 1, "preset": preset.describe(), "data": data, "text": text,
            "words": sorted({word for caption in (*pairs, *more) for word in words(caption)}),
            "asked": [{"caption": caption, "action": action} for caption, action in list(pairs.items())[:_CAPTIONS]],
        },
    )  # fmt: skip


def find(folder: Path) -> Path:
    """The folder of `model.json` that a user means by a folder: of training (the first seed that is done), a run (its
    newest generation), or a generation.

    Raises:
        FileNotFoundError: no such folder. ValueError: no model in it.
    """
    if not folder.exists():
        raise FileNotFoundError(f"no folder {folder}; make a model: scsc motion train --out {folder}")
    if not folder.is_dir():
        raise ValueError(f"{folder} is a file; name the folder of a trained model")
    shared = sorted((folder / SHARED).glob("seed-*")) if (folder / SHARED).is_dir() else []
    runs = [*shared, folder]
    newest = [run / generation_name(generations(run)[-1]) / "model" for run in runs if generations(run)]
    for place in (folder, folder / "model", *newest):
        if (place / "model.json").is_file():
            return place
    if shared:
        raise ValueError(f"{folder} holds a training that has not ended; run its command again, it continues")
    raise ValueError(f"{folder} holds no trained model; make one: scsc motion train --out NEW_FOLDER")


def _about(place: Path) -> dict[str, Any]:
    """What is known beside the weights: `about.json`, else what config and data set above the model say."""
    path = place.parent / ABOUT
    if path.is_file():
        found = files.read_json(path)
        if not isinstance(found, dict) or found.get("format") != 1:
            raise ValueError(f"{path} has not format 1; it was written by another version or is damaged")
        return found
    about: dict[str, Any] = {}
    config = place.parent.parent / "config.json"
    if config.is_file():
        problem = files.read_json(config).get("identity", {}).get("problem", {})
        about = {"preset": problem.get("preset"), "text": problem.get("text")}
    above = _data_above(place)
    if above is not None:
        train = MotionBatch.load(above / "train")
        pairs = dict(zip(train.captions, train.actions, strict=True))
        about["words"] = sorted({word for caption in pairs for word in words(caption)})
        about["asked"] = [{"caption": c, "action": a} for c, a in list(pairs.items())[:_CAPTIONS]]
    return about


def _data_above(place: Path) -> Path | None:
    """The data set of the experiment that a model lies in."""
    for above in place.resolve().parents[:4]:
        if (above / "data" / "data.json").is_file():
            return above / "data"
    return None


def _preset_of(stored: Any) -> Preset | None:
    """A preset as `describe` told it; fields that it does not know are refused."""
    if not isinstance(stored, dict):
        return None
    known = {one.name for one in fields(Preset)}
    strange = sorted(set(stored) - known)
    if strange:
        raise ValueError(f"the model's preset has fields of another version ({', '.join(strange)}); use that version")
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in stored.items()}
    if values.get("clip") == "inf":  # JSON has no infinity: it is a word there
        values["clip"] = math.inf
    return Preset(**{"generations": 0} | values)


def data_of(trained: Trained) -> dataset.Dataset | None:
    """The data set that a model was trained on, checked; None where it is not beside it."""
    return None if trained.data is None else dataset.load(trained.data)
