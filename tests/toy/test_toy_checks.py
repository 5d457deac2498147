"""The checks that simulate the loop: each passes, each control is rejected, names are its own."""

import pytest

from scsc.commands.theory import all_statements
from toy.checks import CHECKS


@pytest.mark.slow
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.statement)
@pytest.mark.parametrize("seed", [0, 1])
def test_the_check_passes_and_its_control_is_rejected(check, seed):
    found = check.verify(seed, quick=True)
    assert found.verdict == "pass", found.note
    assert check.verify_control(seed, quick=True).verdict == "rejected"


def test_statements_have_distinct_names():
    names = [(item.codes[0], item.statement) for item in all_statements()]
    assert len(set(names)) == len(names)
