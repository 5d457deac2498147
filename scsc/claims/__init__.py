"""The ledger of claims: what is claimed, what was measured, and a verdict that a rule computes from both."""
