"""benchmarks/chaos.py, small: an experiment whose driver, workers and disk fail is the one that was left alone."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_a_few_disturbances():
    words = ["--tiny", "--kills", "3", "--window", "1.5", "--arms", "real", "synthetic"]
    done = subprocess.run(
        [sys.executable, ROOT / "benchmarks/chaos.py", *words], cwd=ROOT, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 disturbances" in done.stdout and " 0 with faults" in done.stdout
    assert " 0 differences from an undisturbed one" in done.stdout
