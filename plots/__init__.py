"""Pictures from records: reads run folders, never models."""

from plots.gallery import draw_all
from plots.style import Picture

__all__ = ["Picture", "draw_all"]
