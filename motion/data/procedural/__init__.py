"""Our own captioned motions, made on the spot: the default where no motion capture is at hand."""

from motion.data.procedural.generate import KINDS, generate

__all__ = ["KINDS", "generate"]
