"""Every proof verifies, every wrong claim does not, and an undecided step counts as failed."""

from dataclasses import replace

import pytest
import sympy as sp

from theory.proofs import PROOFS, Proof, Step

x, y = sp.symbols("x y", real=True)
p = sp.symbols("p", positive=True)
m = sp.symbols("m", nonnegative=True)


@pytest.mark.parametrize("proof", PROOFS, ids=lambda proof: proof.statement)
def test_the_proof_verifies_and_its_control_does_not(proof: Proof) -> None:
    found = proof.verify()
    assert found.verdict == "pass", found.note
    assert found.cases > 0
    control = proof.verify_control()
    assert control.verdict == "rejected"
    assert control.note.startswith("does not verify")


@pytest.mark.parametrize("proof", PROOFS, ids=lambda proof: proof.statement)
def test_the_proof_says_what_it_assumes(proof: Proof) -> None:
    assert proof.latex and proof.assumptions and proof.paper
    assert proof.status in {"P", "2nd", "abs", "R", "D", "H"}


@pytest.mark.parametrize(
    ("step", "holds"),
    [
        (Step("identity", (x + y) ** 2 - x**2 - 2 * x * y - y**2), True),
        (Step("not an identity", (x + y) ** 2 - x**2 - y**2), False),
        (Step("square", x**2, "nonnegative"), True),
        (Step("square may vanish", x**2, "positive"), False),
        (Step("sign unknown", x, "nonnegative"), False),
        (Step("positive", p / (1 + p), "positive"), True),
        (Step("negative", -p, "nonnegative"), False),
        (Step("positive over nonnegative symbols", (1 + m) / (1 + 2 * m), "positive"), True),
        (Step("may vanish", m / (1 + m), "positive"), False),
        (Step("may vanish, nonnegative", m / (1 + m), "nonnegative"), True),
        (Step("negative for large values only", 1 + m - m**2 / 100, "nonnegative"), False),
        (Step("square with a negative coefficient", (m - p) ** 2, "nonnegative"), True),
    ],
    ids=lambda value: value.text if isinstance(value, Step) else "",
)
def test_step(step: Step, holds: bool) -> None:
    assert step.holds() is holds


def test_a_proof_without_steps_fails() -> None:
    assert replace(PROOFS[0], steps=lambda claim: ()).verify().verdict == "fail"


def test_one_planted_error_fails_the_proof_by_name() -> None:
    proof = next(proof for proof in PROOFS if proof.codes[0] == "T9")
    spoiled = replace(proof, steps=lambda claim: (*proof.steps(claim), Step("planted", sp.Integer(1))))
    found = spoiled.verify()
    assert found.verdict == "fail" and found.note == "does not verify: planted"
