"""The architecture's arrows, read off every import; and no other distribution shadows our package names."""

import ast
import importlib.metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
OURS = ("theory", "loop", "generative", "toy", "motion", "plots", "scsc")
MAY_IMPORT = {
    "theory": (),
    "loop": (),
    "generative": ("loop.progress", "loop.files", "loop.seeds"),
    "toy": ("theory", "loop", "generative"),
    "motion": ("loop", "generative"),
    "plots": ("theory", "loop.records"),
    "scsc": OURS,
    "paper_figures": ("plots",),
}
MOTION_ROOMS = (
    "kinematics", "plausibility", "batch", "features", "joint_corrector", "data", "text", "physics", "model",
    "evaluation", "correctors",
)  # fmt: skip
"""In order of dependence: each may import those before it. What is not listed (the experiment) may import all."""


def imports(path):
    """Every absolute module name imported in a file, at any depth."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import; name the module in full"
            yield from (f"{node.module}.{name.name}" for name in node.names)


def starts(name, prefix):
    return name == prefix or name.startswith(prefix + ".")


FILES = [path for package in MAY_IMPORT for path in sorted((ROOT / package).rglob("*.py"))]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_arrows(path):
    package = path.relative_to(ROOT).parts[0]
    for name in imports(path):
        if name.split(".")[0] not in OURS or starts(name, package):
            continue
        assert any(starts(name, allowed) for allowed in MAY_IMPORT[package]), f"{package} must not import {name}"


@pytest.mark.parametrize("path", [p for p in FILES if p.is_relative_to(ROOT / "motion")], ids=lambda p: p.name)
def test_rooms_of_motion(path):
    room = path.relative_to(ROOT / "motion").parts[0].removesuffix(".py")
    if room not in MOTION_ROOMS:
        return
    for name in imports(path):
        parts = name.split(".")
        if parts[0] == "motion" and len(parts) > 1 and parts[1] != room:
            assert parts[1] in MOTION_ROOMS, f"the room {room} must not import {name}"
            before = MOTION_ROOMS.index(parts[1]) < MOTION_ROOMS.index(room)
            assert before, f"the room {room} stands before {parts[1]}"


def test_command_modules_import_lazily():
    """`scsc theory` must not need torch or mujoco: command modules import only the console at their top. The ledger is
    itself imported by its command when that runs."""
    for path in sorted({*(ROOT / "scsc").rglob("*.py")} - {*(ROOT / "scsc/claims").rglob("*.py")}):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            names = []
            if isinstance(node, ast.Import):
                names = [name.name for name in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module]
            heavy = {
                "torch",
                "mujoco",
                "sympy",
                "scipy",
                "matplotlib",
                "generative",
                "motion",
                "toy",
                "theory",
                "plots",
            }
            assert not heavy & {name.split(".")[0] for name in names}, f"{path} imports {names} at its top"


def test_every_package_is_typed():
    for package in OURS:
        assert (ROOT / package / "py.typed").exists()


def test_no_other_distribution_shadows_us():
    owners = importlib.metadata.packages_distributions()
    for package in OURS:
        others = set(owners.get(package, ())) - {"scsc"}
        assert not others, f"{package} is also installed by {others}"
