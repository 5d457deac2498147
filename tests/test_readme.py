"""The README's promises: its code runs, its commands exist, its pictures and those of `docs` are there."""

import re
from pathlib import Path

import pytest

from scsc.main import COMMANDS

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_corrector_example_runs(capsys):
    (code,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    exec(compile(code, "README.md", "exec"), {"__name__": "readme"})
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 11
    assert float(lines[-1].split()[1]) < float(lines[0].split()[1]), "shrinking shrinks"


def test_every_command_is_named():
    for name in COMMANDS:
        assert f"scsc {name}" in TEXT or name == "demo"


@pytest.mark.parametrize("path", [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))], ids=lambda p: p.name)
def test_linked_files_exist_and_are_small(path):
    links = re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8"))
    assert links
    for link in links:
        assert (path.parent / link).is_file(), link
        assert (path.parent / link).stat().st_size < 1_000_000
