import ast
from pathlib import Path

import numpy as np
import pytest

import plots
from plots import draw_all, style
from plots.folders import NothingToPlot

ONE_CELL = {
    "generation": np.arange(2.0), "gamma": np.zeros(1), "lam": np.ones(1), "w2": np.ones((2, 3, 1)),
    "mean_error2": np.ones((2, 3, 1)),
}  # fmt: skip


def test_everything_in_a_folder_is_drawn_into_folders_of_the_same_names(tmp_path, write, monkeypatch):
    monkeypatch.setattr(style, "save", lambda figure, stem: stem.with_suffix(".png"))
    write.run(tmp_path / "b" / "run", [{"frechet": 1.0}])
    write.run(tmp_path / "c", [])
    write.ensemble(tmp_path / "a", ONE_CELL, k=(50,))
    pictures = draw_all(tmp_path, tmp_path / "plots")
    assert [picture.path.relative_to(tmp_path / "plots").as_posix() for picture in pictures] == [
        "a/curves.png", "b/run/stability.png",
    ]  # fmt: skip
    assert "no generation is finished" in pictures[0].notes[0] and str(tmp_path / "c") in pictures[0].notes[0]


def test_nothing_at_all_is_an_error(tmp_path, write):
    write.run(tmp_path / "a", [])
    with pytest.raises(NothingToPlot, match="no generation is finished"):
        draw_all(tmp_path, tmp_path / "plots")
    assert not (tmp_path / "plots").exists()


def test_plots_read_records_and_theory_only():
    """A figure redraws without torch or MuJoCo, so no import may reach them."""
    allowed = {"theory", "plots", "loop.records"}
    ours = ("theory", "loop", "toy", "motion", "plots", "scsc", "paper_figures", "torch", "mujoco")
    for path in Path(plots.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                if name.split(".")[0] in ours:
                    assert name in allowed or name.split(".")[0] in allowed, f"{path.name} imports {name}"
