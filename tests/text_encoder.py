"""A small frozen text encoder: each word is one piece, its state is drawn from the word; counts what it computes."""

import hashlib
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from motion.text.frozen import FrozenEncoder


@dataclass(frozen=True)
class SmallEncoder(FrozenEncoder):
    """salt: another one is another encoder."""

    name: ClassVar[str] = "small"
    salt: str = ""

    @property
    def dim(self):
        return 6

    def fingerprint(self):
        return hashlib.sha256(f"small {self.salt}".encode()).hexdigest()

    @property
    def computed(self):
        """The captions that were computed, in order."""
        return self._loaded.setdefault("computed", [])

    def states(self, captions):
        self.computed.extend(captions)
        return [
            np.array([self._state(word) for word in caption.split()[: self.max_tokens] if word != "-"], np.float32)
            for caption in captions
        ]

    def _state(self, word):
        digest = hashlib.sha256(f"{self.salt} {word}".encode()).digest()
        return np.frombuffer(digest[:6], np.uint8) / 256 if word != "nan" else np.full(6, np.nan)
