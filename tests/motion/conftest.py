"""Packs that the readers' tests copy and spoil."""

import pytest
from packs import good_packs


@pytest.fixture(scope="session")
def folders(tmp_path_factory):
    """A good folder of each kind, by name; copy before you change one."""
    return good_packs(tmp_path_factory.mktemp("good"))
