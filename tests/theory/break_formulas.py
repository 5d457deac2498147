"""Breaks every formula of `theory`, one at a time, and names the first statement that notices.

    python tests/theory/break_formulas.py

Regression on own labels is left out: it is held against simulation alone, whose noise hides 1 %.

Prints {"module.function": "statement that failed" or null} as JSON. Each formula's result is off by 1 % (a count by 1)
in a process of its own, in every module that uses it, symbols included; then `scsc theory --quick` is run until
something fails.
"""

import ast
import dataclasses
import importlib
import importlib.abc
import importlib.util
import json
import os
import sys
from pathlib import Path

import numpy as np
import scipy.integrate
import scipy.optimize
import scipy.signal
import scipy.special  # noqa: F401  # imported once, before the processes part
import sympy as sp

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
MODULES = (
    "accumulation", "certificates", "collapse", "curation", "formulas", "fourth", "hessians", "hypotheses", "logistic",
    "mad", "moments", "rates", "rejection", "updates",
)  # fmt: skip
NO_FORMULA = {
    "hypotheses.whole": "checks a count",
    "hypotheses.below": "states an inequality",
    "hypotheses.strengths": "states inequalities; its numbers are those of `shares`",
    "moments.checked": "checks arguments",
    "hessians.pair": "checks arguments; its numbers are numpy's",
    "rates.lam_max_exact": "its value is always inf",
    "rates.lam_max_tight": "its value is always inf",
}


def broken(value):
    """The same kind of value, off by 1 %; a whole number by 1."""
    if isinstance(value, bool | str) or value is None:
        return value
    if isinstance(value, sp.Basic):
        return value * sp.Rational(101, 100)
    if isinstance(value, int | np.integer) or (isinstance(value, np.ndarray) and value.dtype.kind == "i"):
        return value + 1
    if isinstance(value, tuple | list):
        return type(value)(broken(item) for item in value)
    if isinstance(value, dict):
        return {key: broken(item) for key, item in value.items()}
    if dataclasses.is_dataclass(value):
        first = next(
            field.name for field in dataclasses.fields(value) if not isinstance(getattr(value, field.name), str)
        )
        return dataclasses.replace(value, **{first: broken(getattr(value, first))})
    return value * 1.01


class Breaker(importlib.abc.MetaPathFinder):
    """Wraps one function of a module as soon as the module exists, before anyone else imports it."""

    def __init__(self, module, function):
        self.module, self.function = module, function

    def find_spec(self, name, path, target=None):
        if name != self.module:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        run = spec.loader.exec_module

        def exec_module(module):
            run(module)
            right = getattr(module, self.function)
            setattr(module, self.function, lambda *args, **named: broken(right(*args, **named)))

        spec.loader.exec_module = exec_module
        return spec


def formulas():
    """Every public function of the modules, "module.function"."""
    for module in MODULES:
        tree = ast.parse((ROOT / "theory" / f"{module}.py").read_text(encoding="utf-8"))
        for node in tree.body:
            name = f"{module}.{getattr(node, 'name', '')}"
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and name not in NO_FORMULA:
                yield name


def mentions(item, function):
    """Whether the statement's file names the function: such statements are tried first, to be quick."""
    body = getattr(item, "measure", None) or item.steps
    return function in Path(sys.modules[body.__module__].__file__).read_text(encoding="utf-8")


def first_to_notice(name):
    """The statement that fails with this formula broken; None if none does. An error counts: nothing would pass.

    name: "module.function"; None breaks nothing.
    """
    module, _, function = (name or "").partition(".")
    if name:
        sys.meta_path.insert(0, Breaker(f"theory.{module}", function))
    try:
        statements = importlib.import_module("scsc.commands.theory").all_statements()
        for item in sorted(statements, key=lambda item: (not mentions(item, function), "R14" in item.codes)):
            if not item.verify(0, True).good:
                return f"{item.codes[0]} {item.statement}"
    except Exception as problem:
        return f"{type(problem).__name__}: {problem}"
    return None


def main():
    waiting, running, found = list(formulas()), {}, {}
    while waiting or running:
        while waiting and len(running) < (os.cpu_count() or 1):
            name = waiting.pop(0)
            reader, writer = os.pipe()
            child = os.fork()
            if child == 0:
                os.close(reader)
                with os.fdopen(writer, "w") as pipe:
                    json.dump(first_to_notice(name), pipe)
                os._exit(0)
            os.close(writer)
            running[child] = (name, reader)
        child, _ = os.wait()
        name, reader = running.pop(child)
        with os.fdopen(reader) as pipe:
            text = pipe.read()
        found[name] = json.loads(text) if text else "the process died"
    print(json.dumps(dict(sorted(found.items())), indent=1))


if __name__ == "__main__":
    main()
