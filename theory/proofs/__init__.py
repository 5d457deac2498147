"""The theorems as symbolic proofs, in the order of the statements. A new file of proofs adds one line here."""

from theory.proofs import (
    accumulation,
    amounts,
    bounds,
    collapse,
    correctors,
    curation,
    families,
    fourth,
    identities,
    jacobian,
    moments,
    stability,
)
from theory.proofs.step import Proof, Step

PROOFS: tuple[Proof, ...] = (
    *jacobian.PROOFS,
    *bounds.PROOFS,
    *identities.PROOFS,
    *families.PROOFS,
    *correctors.PROOFS,
    *moments.PROOFS,
    *stability.PROOFS,
    *collapse.PROOFS,
    *fourth.PROOFS,
    *accumulation.PROOFS,
    *curation.PROOFS,
    *amounts.PROOFS,
)

__all__ = ["PROOFS", "Proof", "Step"]
