"""Measures of generated motions against real ones."""
