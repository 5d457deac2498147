"""Where motions come from: captured ones read from packs, our own made on the spot."""

from motion.data.clip import Clip, Windows, windows
from motion.data.mirror import mirrored
from motion.data.pack import Pack, load_pack
from motion.data.procedural import KINDS, generate

__all__ = ["KINDS", "Clip", "Pack", "Windows", "generate", "load_pack", "mirrored", "windows"]
