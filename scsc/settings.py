"""`--set NAME=VALUE`: any field of a config by its name, read as its annotation says."""

from __future__ import annotations

import difflib
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

_READERS: Mapping[Any, tuple[str, Callable[[str], Any]]] = {
    int: ("a whole number", int),
    float: ("a number", float),
    bool: ("true or false", lambda text: {"true": True, "false": False}[text.lower()]),
    str: ("a word", str),
    Path: ("a path", Path),
}


def parse(given: Sequence[str], *configs: type, own: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The fields that settings NAME=VALUE name, each of the type that its annotation tells.

    A tuple is written with commas, what may be None as none.

    Args:
        configs: dataclasses whose fields may be set.
        own: fields that may not, with the flag that sets each.

    Raises:
        ValueError: not NAME=VALUE, an unknown name (the nearest known one is told), a name twice, a value of another
            type.
    """
    hints = {name: kind for config in configs for name, kind in typing.get_type_hints(config).items()}
    flags = own or {}
    found: dict[str, Any] = {}
    for text in given:
        name, sign, value = text.partition("=")
        if not sign or not name:
            raise ValueError(f"--set takes NAME=VALUE, got {text!r}; for instance --set steps=100")
        if name in flags:
            raise ValueError(f"--set does not take {name}, got {text!r}; use {flags[name]}")
        if name not in hints:
            raise ValueError(
                f"--set knows no {name!r}, got {text!r}; {_nearest(name, [n for n in hints if n not in flags])}"
            )
        if name in found:
            raise ValueError(f"--set {name} is given twice, as {found[name]!r} and as {value!r}; give it once")
        found[name] = read(name, value, hints[name])
    return found


def read(name: str, text: str, kind: Any) -> Any:
    """A value of a type from its text.

    Raises:
        ValueError: it is none; told as what `name` must be.
    """
    try:
        return _read(text.strip(), kind)
    except (ValueError, KeyError):
        raise ValueError(f"--set {name} must be {words_of(kind)}, got {text!r}; write --set {name}=VALUE") from None


def words_of(kind: Any) -> str:
    """A type in words."""
    options = _options(kind)
    if options is not None:
        return " or ".join(words_of(option) for option in options)
    if kind is type(None):
        return "none"
    if typing.get_origin(kind) is typing.Literal:
        return " or ".join(map(str, typing.get_args(kind)))
    if typing.get_origin(kind) is tuple:
        return f"{words_of(typing.get_args(kind)[0])}, or several with commas"
    return _READERS[kind][0]


def _read(text: str, kind: Any) -> Any:
    options = _options(kind)
    if options is not None:
        if type(None) in options and text.lower() == "none":
            return None
        return _read(text, next(option for option in options if option is not type(None)))
    if typing.get_origin(kind) is typing.Literal:
        if text not in typing.get_args(kind):
            raise ValueError(text)
        return text
    if typing.get_origin(kind) is tuple:
        inner = typing.get_args(kind)[0]
        return tuple(_read(part.strip(), inner) for part in text.split(",") if part.strip())
    value = _READERS[kind][1](text)
    if not text:
        raise ValueError(text)
    return value


def _options(kind: Any) -> tuple[Any, ...] | None:
    """The members of a union; None for any other type."""
    return typing.get_args(kind) if typing.get_origin(kind) in (typing.Union, types.UnionType) else None


def _nearest(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5) or [k for k in known if name in k][:1]
    return f"did you mean {close[0]}?" if close else f"known are {', '.join(known)}"
