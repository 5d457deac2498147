"""The theorems as numeric checks. A new file of checks adds one line here."""

from theory.checks import chain, families, golden, moments
from theory.checks.check import Check, Measured

CHECKS: tuple[Check, ...] = (*chain.CHECKS, *families.CHECKS, *moments.CHECKS, *golden.CHECKS)

__all__ = ["CHECKS", "Check", "Measured"]
