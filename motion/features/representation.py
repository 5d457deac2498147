"""One face for all motion representations: a name, its dims and groups, joints to features and back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from motion.features import core67, hml263, rot6d
from motion.features.hml263 import Float32, Floats, Floor


class Representation(Protocol):
    """Joints to rows of features and back; pure, vectorised over all leading axes."""

    @property
    def name(self) -> str:
        """What `representation_named` finds it under."""
        ...

    @property
    def dim(self) -> int:
        """Length of a row."""
        ...

    @property
    def groups(self) -> tuple[slice, ...]:
        """Parts of a row in one unit each, together the whole row; a normaliser shares one std inside each."""
        ...

    def encode(self, joints: Floats, *, floor: Floor, heading: Floats | None = None) -> Float32:
        """Features of clips, (..., T+1, 22, 3) [m, y up] -> (..., T, dim).

        Args:
            joints: T+1 >= 2 frames.
            heading: of the frames in which features are told, (..., T+1, 4); left out: read off the joints.
            floor: "clip" lowers each clip to y = 0, "given" keeps its heights (`hml263.encode` says more).

        Raises:
            ValueError: another shape, or a value that is not finite.
        """
        ...

    def decode(self, features: Floats) -> Float32:
        """Joints of features, (..., T, dim) -> (..., T, 22, 3) [m], starting at x = z = 0, first facing +z.

        Raises:
            ValueError: another shape, or rows that state no motion.
        """
        ...


@dataclass(frozen=True)
class FromFunctions:
    """A representation made of a module's functions."""

    name: str
    dim: int
    groups: tuple[slice, ...]
    encoder: Callable[..., Float32]
    decoder: Callable[[Floats], Float32]

    def encode(self, joints: Floats, *, floor: Floor, heading: Floats | None = None) -> Float32:
        return self.encoder(joints, floor=floor, heading=heading)

    def decode(self, features: Floats) -> Float32:
        return self.decoder(features)


REPRESENTATIONS: tuple[Representation, ...] = (
    FromFunctions("hml263", hml263.DIM, hml263.GROUPS, hml263.encode, hml263.decode),
    FromFunctions("core67", core67.DIM, core67.GROUPS, core67.encode, core67.decode),
    FromFunctions("rot6d", rot6d.DIM, rot6d.GROUPS, rot6d.encode, rot6d.decode),
)


def representation_named(name: str) -> Representation:
    """The representation of that name.

    Raises:
        ValueError: there is none.
    """
    for known in REPRESENTATIONS:
        if known.name == name:
            return known
    valid = ", ".join(known.name for known in REPRESENTATIONS)
    raise ValueError(f"representation must be one of {valid}, got {name!r}; take hml263 for HumanML3D's own")
