"""`--set NAME=VALUE`: read by annotation; one line for whatever is wrong."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal

import pytest

from motion.experiment.arms import LoopConfig
from motion.experiment.presets import PRESETS, Preset
from scsc.main import _gathered
from scsc.settings import parse, words_of


@dataclass(frozen=True)
class Config:
    steps: int = 1
    rate: float = 1.0
    quick: bool = False
    solver: Literal["ddpm", "adams"] = "ddpm"
    kinds: tuple[str, ...] | None = None
    longest: int | None = None
    weights: Path | None = None


def test_values_have_the_type_of_their_field():
    given = (
        "steps=12",
        "rate=1e-4",
        "quick=true",
        "solver=adams",
        "kinds=walk, kick left",
        "longest=none",
        "weights=a/b",
    )
    assert parse(given, Config) == {
        "steps": 12, "rate": 1e-4, "quick": True, "solver": "adams", "kinds": ("walk", "kick left"), "longest": None,
        "weights": Path("a/b"),
    }  # fmt: skip
    assert parse(("longest=3", "rate=inf", "lam=2"), Config, LoopConfig) == {
        "longest": 3, "rate": float("inf"), "lam": 2.0
    }  # fmt: skip
    assert parse((), Config) == {}


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (("stepz=3",), "--set knows no 'stepz', got 'stepz=3'; did you mean steps?"),
        (("solvre=ddpm",), "did you mean solver?"),
        (("xyzzy=1",), "known are steps, rate, quick"),
        (("steps",), "--set takes NAME=VALUE, got 'steps'"),
        (("=3",), "--set takes NAME=VALUE"),
        (("steps=3", "steps=4"), "--set steps is given twice, as 3 and as '4'; give it once"),
        (("steps=3.5",), "--set steps must be a whole number, got '3.5'"),
        (("steps=",), "--set steps must be a whole number, got ''"),
        (("rate=fast",), "--set rate must be a number, got 'fast'"),
        (("quick=1",), "--set quick must be true or false, got '1'"),
        (("solver=euler",), "--set solver must be ddpm or adams, got 'euler'"),
        (("longest=long",), "--set longest must be a whole number or none, got 'long'"),
    ],
)
def test_wrong_settings_are_told_in_one_line(given, text):
    with pytest.raises(ValueError) as caught:
        parse(given, Config)
    assert text in str(caught.value) and "\n" not in str(caught.value)


def test_a_field_with_a_flag_of_its_own_is_refused_where_asked_for():
    with pytest.raises(ValueError, match="--set does not take steps, got 'steps=3'; use --steps"):
        parse(("steps=3",), Config, own={"steps": "--steps"})


def test_every_field_of_a_preset_can_be_written_and_read_back():
    import typing

    hints = typing.get_type_hints(Preset)
    for preset in PRESETS.values():
        for one in fields(Preset):
            value = getattr(preset, one.name)
            text = (
                ",".join(value) if isinstance(value, tuple) else str(value).lower() if value in (None, True) else value
            )
            assert parse((f"{one.name}={text}",), Preset) == {one.name: value}
            assert words_of(hints[one.name])


def test_set_may_be_given_again_and_again():
    args = ["--preset", "smoke", "--set", "a=1", "b=2", "--out", "x", "--set", "c=3", "--set=d=4", "--dry-run"]
    assert _gathered(args, "--set") == [
        "--preset",
        "smoke",
        "--set",
        "a=1",
        "b=2",
        "c=3",
        "d=4",
        "--out",
        "x",
        "--dry-run",
    ]
    assert _gathered(["--out", "x"], "--set") == ["--out", "x"]
