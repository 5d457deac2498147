"""Formulas and their proofs: plain arithmetic on floats, arrays and sympy symbols. Imports nothing of ours."""
