"""Loops whose truth is known, held against the theory."""
