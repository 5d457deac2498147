"""What real motions of a caption look like, from a stock of them: a likeness test, and the nearest real motions.

Derived here [H]. A motion is compared with the real ones whose captions are most like its own. They lie near a space
of few dimensions (their principal components). A generated motion differs in what it has outside of it, per channel and
frequency and in units of what real motions have there (a generator jitters where they hold nothing, a collapsed one is
smoother than they are); in how far it is from their mean inside of it (an average of real motions is none); and in the
lengths of its bones, which vary. No network is trained; the stock is the knowledge, and its size is part of every
record.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dct
from scipy.linalg import eigh

from loop.progress import Report, silent
from motion.correctors.likeness import CaptionIndex
from motion.features import core67
from motion.features.normaliser import Normaliser
from motion.plausibility import bone_variation

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEAST = 24
"""Motions that a stock must hold."""
_DIMS = 0.4  # dimensions of the space, as a share of the candidates that span it
_SMALLEST = 1e-2  # least variance of a channel and frequency, as a share of the median one
_SAME = 1e-6  # squared distance a number [standard deviations] below which two motions are one
_RIGID = 1e-3  # bones that vary less are rigid [share]: rounding is no tell
_CALIBRATED_ON, _SILENT = 2000, 200  # motions held against the rest of the stock, with captions and without


@dataclass(frozen=True, kw_only=True)
class PriorSettings:
    """candidates: real motions of like captions a motion is compared with; None: a fortieth of the stock, 20 to 100.
    passes: share of real motions that count as real.
    choices: of the candidates, those of the likest captions, one of which is chosen. More of them come nearer to the
        motion, but do less what the caption says: at 100 every tenth is another action.
    width: how freely one of them is chosen: each counts exp(-(d^2 / d0^2 - 1) / (2 width)), d its distance,
        d0 the nearest one's; 0 takes the nearest.
    """

    candidates: int | None = None
    passes: float = 0.95
    choices: int = 6
    width: float = 0.3

    def __post_init__(self) -> None:
        if self.candidates is not None and self.candidates < 8:
            raise ValueError(f"candidates must be at least 8 motions, got {self.candidates}; leave it out")
        if not 0.5 <= self.passes < 1:
            raise ValueError(f"passes must be 0.5 to below 1 (share of real motions), got {self.passes}; try 0.95")
        if self.choices < 1:
            raise ValueError(f"choices must be at least 1 motion, got {self.choices}; try 6")
        if not 0 <= self.width <= 10:
            raise ValueError(f"width must be 0 (the nearest) to 10, got {self.width}; try 0.3")


@dataclass(frozen=True)
class Look:
    """A motion beside the stock.

    candidates: (K,) indices into the stock, the likest captions first.
    distances: (K,) squared distance to each, in standard deviations, summed.
    outside: (L, 67) what the motion has outside of their space [standard deviations].
    radius: how far from their mean it is inside of it: root mean square, in the candidates' own spread along each axis.
    spoken: the candidates are those of like captions; else the caption says nothing, and they are the nearest motions.
    """

    candidates: Ints
    distances: Floats
    outside: Floats
    radius: float
    spoken: bool = True


@dataclass(frozen=True)
class Calibration:
    """The likeness test for motions of one length, from the stock itself, each motion held against the others.

    variance: (L, 67) of what real motions have outside, per frequency and channel. score: (m,) of the first m motions
    of the stock, nan where one is shorter.
    score_range: of the score over that of like real motions; below a motion is smoother than they are, above it holds
    what they do not. radius_range: of the radius; below a motion is an average of real ones, above none of them.
    bones: variation of its bones' lengths above which it is unlike them, a share.
    """

    variance: Floats
    score: Floats
    score_range: tuple[float, float]
    radius_range: tuple[float, float]
    bones: float


@dataclass(frozen=True)
class MotionPrior:
    """A stock of real motions: (N, T+1, 22, 3) [m] joints, captions, and names of their captures.

    lengths: (N,) frames of each, where they differ: held still beyond. A motion is compared with those that are at
    least as long. None: all T+1.

    Motions of one capture are never held against each other when the test is calibrated.
    """

    joints: NDArray[np.float32]
    captions: tuple[str, ...]
    captures: tuple[str, ...]
    settings: PriorSettings = field(default_factory=PriorSettings)
    kept: dict[tuple[int, bool], Calibration] = field(default_factory=dict, repr=False, compare=False)
    lengths: Ints | None = None

    def __post_init__(self) -> None:
        n = len(self.joints)
        if n < LEAST:
            raise ValueError(f"a prior needs at least {LEAST} real motions, got {n}; give it a larger stock")
        if not n == len(self.captions) == len(self.captures):
            raise ValueError(f"captions and captures must have one entry per motion ({n}); give all")

    def __len__(self) -> int:
        return len(self.joints)

    @property
    def frames(self) -> int:
        """Frames of the stock's motions: the longest motion that it can judge."""
        return int(self.joints.shape[1])

    @property
    def k(self) -> int:
        """Candidates of each comparison."""
        return min(self.settings.candidates or min(100, max(20, len(self) // 40)), len(self) - 2)

    @cached_property
    def _valid(self) -> Ints:
        """(N,) rows of features of each motion."""
        return np.full(len(self), self.frames - 1) if self.lengths is None else self.lengths - 1

    def serves(self, frames: int) -> bool:
        """Whether motions of so many frames can be judged: enough of the stock are as long."""
        return int((self._valid >= frames - 1).sum()) >= LEAST

    @cached_property
    def _encoded(self) -> tuple[Normaliser, NDArray[np.float32]]:
        rows = core67.encode(self.joints, floor="given")
        normaliser = Normaliser.of_features(rows, self._valid, core67.GROUPS)
        return normaliser, normaliser.apply(rows)

    @property
    def normaliser(self) -> Normaliser:
        return self._encoded[0]

    @property
    def rows(self) -> NDArray[np.float32]:
        """(N, T, 67) features in standard deviations."""
        return self._encoded[1]

    @cached_property
    def index(self) -> CaptionIndex:
        return CaptionIndex.of(self.captions)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of motions and captions."""
        digest = hashlib.sha256(np.ascontiguousarray(self.joints).tobytes())
        digest.update(repr((self.captions, self.captures)).encode())
        if self.lengths is not None:
            digest.update(repr(self.lengths.tolist()).encode())
        return digest.hexdigest()

    def describe(self) -> dict[str, Any]:
        return {"motions": len(self), "frames": self.frames, "stock": self.fingerprint, **asdict(self.settings)}

    def standardised(self, joints: NDArray[Any]) -> Floats:
        """Rows (n, L, 67) of motions (n, L+1, 22, 3) [m], in the stock's standard deviations."""
        return self.normaliser.apply(core67.encode(joints, floor="given")).astype(float)

    @cached_property
    def _of_capture(self) -> NDArray[np.str_]:
        return np.array(self.captures)

    def look(self, row: Floats, caption: str, *, without: str | None = None) -> Look:
        """One motion (L, 67) beside the real ones of like captions; `without`: a capture that is left out.

        Where the caption has no word that tells captions of the stock apart, beside the nearest motions.
        """
        likeness = self.index.similarity(caption)
        spoken = bool(likeness.max() > 0)
        if not spoken:
            likeness = -self._distances(row)
        if without is not None:
            likeness = np.where(self._of_capture == without, -np.inf, likeness)
        likeness = np.where(self._valid < len(row), -np.inf, likeness)
        k = self.k if self.lengths is None else min(self.k, int(np.isfinite(likeness).sum()))
        chosen = np.argsort(-likeness, kind="stable")[:k]
        real = self.rows[chosen, : len(row)].reshape(k, -1).astype(float)
        asked = row.reshape(-1)
        distances = ((real - asked) ** 2).sum(axis=1)
        mean = real.mean(axis=0)
        real -= mean
        dims = max(1, round(_DIMS * k))
        power, basis = eigh(real @ real.T, subset_by_index=(k - dims, k - 1))
        kept = power > 1e-9 * power[-1]
        power, basis = power[kept], basis[:, kept]
        along = basis.T @ (real @ (asked - mean))
        share = basis @ (along / power)
        radius = float(np.sqrt(k * ((along / power) ** 2).mean()))
        return Look(chosen, distances, (asked - mean - share @ real).reshape(row.shape), radius, spoken)

    def _distances(self, row: Floats) -> Floats:
        """Squared distance of a motion (L, 67) to every one of the stock, (N,), in blocks to spare memory."""
        block = 256
        parts = [
            ((self.rows[at : at + block, : len(row)] - row.astype(np.float32)) ** 2).sum(axis=(1, 2), dtype=np.float64)
            for at in range(0, len(self), block)
        ]
        return np.concatenate(parts)

    def calibration(self, length: int, report: Report = silent, *, spoken: bool = True) -> Calibration:
        """The test for motions of `length` rows, with a caption or without; made once."""
        key = (length, spoken)
        if key not in self.kept:
            many = np.flatnonzero(self._valid >= length)[: _CALIBRATED_ON if spoken else _SILENT]
            looks = []
            for done, i in enumerate(many.tolist()):
                caption = self.captions[i] if spoken else ""
                looks.append(self.look(self.rows[i, :length].astype(float), caption, without=self.captures[i]))
                report("calibrating the prior", done + 1, len(many))
            power = np.stack([_frequencies(look.outside) ** 2 for look in looks])
            variance = power.mean(axis=0)
            variance = np.maximum(variance, _SMALLEST * np.median(variance))
            score = np.full(int(many[-1]) + 1, np.nan)
            score[many] = np.sqrt((power / variance).mean(axis=(1, 2)))
            ratio = score[many] / np.array([_expected(score, look) for look in looks])
            tail = (1 - self.settings.passes) / 5  # of each of the five tests
            bones = np.quantile(_bone_variation(self.joints[many, : length + 1]), 1 - tail)
            self.kept[key] = Calibration(
                variance, score, _range(ratio, tail), _range(np.array([look.radius for look in looks]), tail),
                max(float(bones), _RIGID),
            )  # fmt: skip
        return self.kept[key]

    def looks_real(self, look: Look, joints: NDArray[Any]) -> bool:
        """Whether a motion, joints (L+1, 22, 3) [m], passes all tests, or is one of the stock."""
        if look.distances.min() <= _SAME * look.outside.size:
            return True
        known = self.calibration(len(look.outside), spoken=look.spoken)
        tests = ((self.unlikeness(look), known.score_range), (look.radius, known.radius_range))
        inside = all(low <= value <= high for value, (low, high) in tests)
        return inside and float(_bone_variation(joints[None])[0]) <= known.bones

    def unlikeness(self, look: Look) -> float:
        """What a motion has outside of the real ones' space over what like real motions have; they have about 1."""
        known = self.calibration(len(look.outside), spoken=look.spoken)
        score = np.sqrt((_frequencies(look.outside) ** 2 / known.variance).mean())
        return float(score / _expected(known.score, look))

    def choose(self, look: Look, lot: float) -> int:
        """One of the candidates with the likest captions, the nearer the likelier; lot in [0, 1)."""
        away = look.distances[: self.settings.choices]
        width = 2 * max(self.settings.width, 1e-9)
        weight = np.exp(-np.minimum((away / max(float(away.min()), 1e-12) - 1) / width, 700.0))
        total = np.cumsum(weight)
        return int(look.candidates[np.searchsorted(total, lot * total[-1], side="right").clip(max=len(away) - 1)])


def _expected(score: Floats, look: Look) -> float:
    """Score (m,) of the real motions among the candidates, median; of all where fewer than five were calibrated."""
    known = np.isfinite(score)
    own = look.candidates[look.candidates < len(score)]
    own = own[known[own]]
    return float(np.median(score[own] if len(own) >= 5 else score[known]))


def _range(values: Floats, tail: float) -> tuple[float, float]:
    low, high = np.quantile(values, (tail, 1 - tail))
    return float(low), float(high)


def _bone_variation(joints: NDArray[Any]) -> Floats:
    """Coefficient of variation of the bones' lengths, mean over bones, (n, F, 22, 3) -> (n,)."""
    return bone_variation(joints.astype(float), np.ones(joints.shape[:2], bool)).astype(float)


def _frequencies(rows: Floats) -> Floats:
    """Cosine transform over time, (L, 67)."""
    result: Floats = dct(rows, axis=0, norm="ortho")
    return result
