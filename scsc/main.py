"""The command `scsc`: finds the sub-command, imports only its module, turns every error into one line.

Exit status: 0 done, 1 a check failed, 2 wrong use or bad input (one line on stderr), 130 interrupted.
"""

from __future__ import annotations

import contextlib
import errno
import importlib
import io
import os
import re
import sys
import traceback
from collections.abc import Sequence
from typing import Protocol, cast

# One thread a process, before numpy is imported: several were slower on busy cores, and runs resume bit for bit.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

COMMANDS: dict[str, tuple[str, str]] = {
    "theory": ("scsc.commands.theory:Theory", "check the theorems, symbolically and numerically"),
    "rates": ("scsc.commands.rates:Rates", "contraction rates of a loop: exact, tight, Euclidean, published"),
    "regions": ("scsc.commands.regions:Regions", "maps over (lambda, gamma): stable by theorem, exactly; the error"),
    "toy gaussian": (
        "scsc.commands.toy_gaussian:ToyGaussian",
        "the Gaussian loop with the ideal corrector, many seeds",
    ),
    "audit": ("scsc.commands.audit:AuditCommand", "effective strength of a corrector, verified by running the loop"),
    "toy diffusion": ("scsc.commands.toy_diffusion:ToyDiffusion", "a small diffusion model in the plane"),
    "toy digits": ("scsc.commands.toy_digits:ToyDigits", "a diffusion model of digits that eats its own output"),
    "toy preset": (
        "scsc.commands.toy_preset:ToyPreset",
        "published toy figures: official-gaussian, exact-gaussian, mad, ferbach, regression",
    ),
    "toy mixture": ("scsc.commands.toy_mixture:ToyMixture", "a Gaussian mixture on a ring of modes"),
    "toy kde": ("scsc.commands.toy_kde:ToyKde", "the kernel density loop, against theory"),
    "toy finite": ("scsc.commands.toy_finite:ToyFinite", "a finite space, with curation by rewards"),
    "toy regression": ("scsc.commands.toy_regression:ToyRegression", "regression on its own labels, against theory"),
    "motion data draw": (
        "scsc.commands.motion_data_draw:MotionDataDraw",
        "procedural motions into a folder, as if captured",
    ),
    "motion data prepare": ("scsc.commands.motion_data:MotionDataPrepare", "motion packs, checked, into one folder"),
    "motion data check": ("scsc.commands.motion_data:MotionDataCheck", "a prepared folder against its fingerprints"),
    "motion data show": ("scsc.commands.motion_data:MotionDataShow", "what a prepared folder holds; one clip as a GIF"),
    "motion data map": ("scsc.commands.motion_data_map:MotionDataMap", "how a strange BVH skeleton is understood"),
    "motion correct": ("scsc.commands.motion_correct:MotionCorrect", "motions in files, corrected by physics or less"),
    "motion train": ("scsc.commands.motion_train:MotionTrain", "a text-to-motion model, on embedded motions or yours"),
    "motion prompt": ("scsc.commands.motion_prompt:MotionPrompt", "one sentence, as a moving stick figure or a file"),
    "motion sample": ("scsc.commands.motion_sample:MotionSample", "motions drawn from a model, as .npy or .bvh"),
    "motion evaluate": ("scsc.commands.motion_evaluate:MotionEvaluate", "all judges of a model or a folder of motions"),
    "motion evaluator": ("scsc.commands.motion_evaluator:MotionEvaluator", "the published T2M evaluator, converted"),
    "motion run": ("scsc.commands.motion_run:MotionRun", "the motion experiment: arms over generations"),
    "plot": ("scsc.commands.plot:Plot", "pictures of stability versus generation from run folders"),
    "motion status": ("scsc.commands.motion_status:MotionStatus", "how far an experiment is, and the time left"),
    "motion resume": ("scsc.commands.motion_resume:MotionResume", "an experiment, continued from its folder alone"),
    "motion export": ("scsc.commands.motion_export:MotionExport", "an experiment's records, for TensorBoard"),
    "claims": ("scsc.commands.claims:Claims", "the ledger of claims, with verdicts computed from what was run"),
    "demo": ("scsc.commands.demo:Demo", "theory, Gaussian toy and a small motion loop, with pictures"),
}


_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""A full disk, a quota, a limit on the size of files."""


class Command(Protocol):
    """A frozen dataclass whose fields are the flags; `run` returns the exit status."""

    def run(self) -> int: ...


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line; returns the exit status."""
    args = list(sys.argv[1:] if argv is None else argv)
    if not args or args[0] in ("-h", "--help"):
        print(_overview(""))
        return 0
    if args[0] == "--version":
        print(f"scsc {importlib.import_module('importlib.metadata').version('scsc')}")
        return 0
    name = _match(args)
    if name is None:
        words = [word for word in args[:2] if not word.startswith("-")]
        if any(word in ("-h", "--help") for word in args) and _overview(words[0]):
            print(_overview(words[0]))
            return 0
        return _fail(f"unknown command {' '.join(words)!r}; known: {', '.join(COMMANDS)}")
    try:
        command = _parse(name, args[len(name.split()) :])
        return command.run()
    except KeyboardInterrupt:
        print("scsc: interrupted; what was finished is kept, the same command continues", file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 2
    except (ValueError, OSError) as problem:
        if os.environ.get("SCSC_TRACEBACK"):
            traceback.print_exc()
        return _fail(_one_line(problem))


def _match(args: Sequence[str]) -> str | None:
    """The longest known command that the arguments begin with."""
    for length in (3, 2, 1):
        name = " ".join(args[:length])
        if len(args) >= length and name in COMMANDS:
            return name
    return None


def _overview(prefix: str) -> str:
    rows = [(name, text) for name, (_, text) in COMMANDS.items() if name.startswith(prefix)]
    if not rows:
        return ""
    width = max(len(name) for name, _ in rows)
    lines = [f"  scsc {name:<{width}}  {text}" for name, text in rows]
    return "\n".join(["usage: scsc COMMAND [--help] [flags]", "", *lines])


def _parse(name: str, args: list[str]) -> Command:
    """The command's dataclass filled from its flags; tyro's boxed errors become one line."""
    import tyro

    args = _gathered(args, "--set")
    flags = [arg.split("=", 1)[0].replace("_", "-") for arg in args if arg.startswith("--") and arg != "--"]
    repeated = sorted({flag for flag in flags if flags.count(flag) > 1})
    if repeated:
        raise ValueError(f"{repeated[0]} is given {flags.count(repeated[0])} times; give it once, with all its values")
    module, _, attribute = COMMANDS[name][0].partition(":")
    kind = getattr(importlib.import_module(module), attribute)
    caught = io.StringIO()
    try:
        with contextlib.redirect_stderr(caught):
            return cast(Command, tyro.cli(kind, prog=f"scsc {name}", args=args, description=kind.__doc__))
    except SystemExit as stop:
        if stop.code in (0, None):
            raise
        text = " ".join(re.sub(r"[─│╭╮╰╯━┃┏┓┗┛|]+", " ", _plain(caught.getvalue())).split())
        raise ValueError(text.removeprefix("Parsing error ").strip() or "the flags could not be read") from None


def _gathered(args: list[str], flag: str) -> list[str]:
    """The arguments with the values of a flag that may be given again and again behind its first place."""
    rest: list[str] = []
    values: list[str] = []
    place = taking = None
    for arg in args:
        if arg == flag or arg.startswith(f"{flag}="):
            place = len(rest) if place is None else place
            values += [arg.partition("=")[2]] if arg != flag else []
            taking = True
        elif taking and not arg.startswith("-"):
            values.append(arg)
        else:
            taking = False
            rest.append(arg)
    return rest if place is None else [*rest[:place], flag, *values, *rest[place:]]


def _plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def _one_line(problem: BaseException) -> str:
    if isinstance(problem, OSError) and problem.strerror:
        way_out = "name one that exists" if isinstance(problem, FileNotFoundError) else "choose another"
        if problem.errno in _NO_ROOM:
            way_out = "make room and run the same command again; what was finished is kept"
        named = f": {problem.filename}" if problem.filename else ""
        return f"{problem.strerror}{named}; {way_out}" if named or problem.errno in _NO_ROOM else problem.strerror
    return " ".join(str(problem).split()) or type(problem).__name__


def _fail(message: str) -> int:
    print(f"scsc: error: {message}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
