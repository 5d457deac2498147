"""Any single formula off by 1 % is noticed by `scsc theory --quick`, in whichever module it stands."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("break_formulas.py")


@pytest.mark.slow
def test_every_broken_formula_is_noticed() -> None:
    done = subprocess.run([sys.executable, SCRIPT], capture_output=True, text=True, timeout=1200, check=True)
    found = json.loads(done.stdout)
    assert len(found) > 80
    unnoticed = [name for name, statement in found.items() if statement is None]
    assert not unnoticed


@pytest.mark.slow
def test_without_a_broken_formula_nothing_is_noticed() -> None:
    """The control of the test above: the same run on right formulas ends without a finding."""
    code = "import break_formulas; print(break_formulas.first_to_notice(None))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=SCRIPT.parent, capture_output=True, text=True, timeout=600, check=True
    )
    assert done.stdout.strip() == "None"
