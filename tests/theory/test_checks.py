"""Every numeric check passes, every negative control is rejected, and nothing passes by accident."""

import importlib
import math
import re
from dataclasses import replace
from pathlib import Path

import pytest

import theory
from theory.checks import CHECKS, Check, Measured
from theory.registry import STATEMENTS, codes, run, select

README = Path(theory.__file__).parent / "README.md"


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.statement)
@pytest.mark.parametrize("seed", [0, 1])
def test_the_check_passes_and_its_control_is_rejected(check: Check, seed: int) -> None:
    found = check.verify(seed, quick=True)
    assert found.verdict == "pass", found.note
    assert found.cases > 0 and found.slack is not None and found.slack >= 0
    control = check.verify_control(seed, quick=True)
    assert control.verdict == "rejected", control.note


def test_full_size_checks_pass() -> None:
    assert all(check.verify(0, quick=False).good for check in CHECKS)


@pytest.mark.parametrize("worst", [math.nan, math.inf, 2.0])
def test_a_measurement_beyond_the_bound_fails(worst: float) -> None:
    check = replace(CHECKS[0], bound=1.0, measure=lambda theory, seed, quick: Measured(worst, 5))
    assert check.verify().verdict == "fail"


def test_a_check_without_cases_fails_and_rejects_nothing() -> None:
    check = replace(CHECKS[0], measure=lambda theory, seed, quick: Measured(0.0, 0))
    assert check.verify().verdict == "fail"
    assert check.verify_control().verdict == "accepted"


def test_a_control_that_yields_nan_is_not_rejected() -> None:
    check = replace(CHECKS[0], measure=lambda theory, seed, quick: Measured(math.nan, 5))
    assert check.verify_control().verdict == "accepted"


def test_same_seed_same_result_and_another_seed_another() -> None:
    check = CHECKS[0]
    assert check.verify(7, True).measured == check.verify(7, True).measured != check.verify(8, True).measured


def test_selection_by_code() -> None:
    assert {item.codes[0] for item in select(["t4"])} == {"T4"}
    assert all("R1" in item.codes for item in select(["R1"])) and len(select(["R1"])) == 8
    assert select([]) == STATEMENTS
    with pytest.raises(ValueError, match="no statement 'T99'; known: T1, T2"):
        select(["T99"])


def test_run_reports_progress_and_pairs_each_statement_with_its_control() -> None:
    seen: list[tuple[int, int]] = []
    chosen = select(["R6", "R4"])
    results = list(run(chosen, quick=True, controls=True, report=lambda stage, done, total: seen.append((done, total))))
    assert [result.verdict for result in results] == ["pass", "rejected"] * len(chosen)
    assert seen == [(done, len(chosen)) for done in range(len(chosen) + 1)]


def test_statements_have_distinct_names() -> None:
    names = [(item.codes[0], item.statement) for item in STATEMENTS]
    assert len(set(names)) == len(names)


def test_the_readme_names_every_statement_and_only_what_exists() -> None:
    text = README.read_text(encoding="utf-8")
    for code in codes(STATEMENTS):
        if code[1:].isdigit():
            assert re.search(rf"\b{code}\b", text), code
    found = re.findall(r"`([\w/]+)\.py:(\w+)`", text)
    assert len(found) > 20
    for module, name in found:
        assert hasattr(importlib.import_module("theory." + module.replace("/", ".")), name), (module, name)
    for name in re.findall(r"`(test_\w+\.py)`", text):
        assert (Path(__file__).parent / name).is_file(), name
