"""A tiny preset in the place of smoke, and a model of it."""

import pytest
from tiny_model import TINY

from motion.experiment import presets
from scsc.main import main


@pytest.fixture
def tiny(monkeypatch, tmp_path):
    monkeypatch.setitem(presets.PRESETS, "smoke", TINY)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """The folder of a tiny model, trained once; never written to."""
    out = tmp_path_factory.mktemp("made") / "model"
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(presets.PRESETS, "smoke", TINY)
        assert main(["motion", "train", "--out", str(out)]) == 0
    return out
