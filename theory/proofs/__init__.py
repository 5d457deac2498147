"""The theorems as symbolic proofs, in the order of the statements. A new file of proofs adds one line here."""

from theory.proofs import bounds, families, jacobian, moments
from theory.proofs.step import Proof, Step

PROOFS: tuple[Proof, ...] = (*jacobian.PROOFS, *bounds.PROOFS, *families.PROOFS, *moments.PROOFS)

__all__ = ["PROOFS", "Proof", "Step"]
