"""Pictures from records: reads run folders, never models."""

from plots.gallery import draw_all
from plots.style import Picture, scaled
from plots.together import draw_together

__all__ = ["Picture", "draw_all", "draw_together", "scaled"]
