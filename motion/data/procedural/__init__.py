"""Our own captioned motions, made on the spot: the default where no motion capture is at hand."""

from motion.data.procedural.generate import BASIC_KINDS, KINDS, LICENCE, Drawing, embodied, generate
from motion.data.procedural.styles import STYLES

__all__ = ["BASIC_KINDS", "KINDS", "LICENCE", "STYLES", "Drawing", "embodied", "generate"]
