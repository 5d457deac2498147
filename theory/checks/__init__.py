"""The theorems as numeric checks. A new file of checks adds one line here."""

from theory.checks import (
    accumulation,
    amounts,
    certificates,
    chain,
    collapse,
    correctors,
    curation,
    curation_cases,
    families,
    fourth,
    golden,
    mad,
    moments,
)
from theory.checks.check import Check, Measured

CHECKS: tuple[Check, ...] = (
    *chain.CHECKS,
    *families.CHECKS,
    *correctors.CHECKS,
    *moments.CHECKS,
    *certificates.CHECKS,
    *collapse.CHECKS,
    *fourth.CHECKS,
    *accumulation.CHECKS,
    *mad.CHECKS,
    *curation.CHECKS,
    *curation_cases.CHECKS,
    *amounts.CHECKS,
    *golden.CHECKS,
)

__all__ = ["CHECKS", "Check", "Measured"]
