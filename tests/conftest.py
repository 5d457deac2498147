"""Fixtures shared by all tests."""

import os
from pathlib import Path

import pytest

import scsc.main  # noqa: F401  (one thread a process, before numpy is imported: on busy cores two were far slower)

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder with the real motion capture packs: SCSC_DATA, else `shared/data` beside the checkout."""
    return _there(Path(os.environ.get("SCSC_DATA") or ROOT.parent / "shared" / "data"), "real motion capture")


@pytest.fixture(scope="session")
def humanml3d_reference(shared_data) -> Path:
    """The folder of one published clip of HumanML3D with its features and their normalisation."""
    return _there(shared_data / "humanml3d-reference", "the reference clip of HumanML3D")


def _there(folder: Path, what: str) -> Path:
    """The folder; where it is missing a skip, but in CI a failure."""
    if not folder.is_dir():
        message = f"{what} not found at {folder}; set SCSC_DATA"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return folder


@pytest.fixture
def one_thread():
    """Small tensors: a second thread only costs, and bits are promised for an equal number of threads."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
