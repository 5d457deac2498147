"""MuJoCo's warnings kept quiet: they would write MUJOCO_LOG.TXT into the working directory."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import mujoco

_lock = threading.Lock()
_before: list[Any] = []
"""The handler that stood there, once for each thread that wants silence: it is the whole process's."""


@contextmanager
def without_log() -> Iterator[None]:
    """No warning of MuJoCo is printed or logged within: a diverged track is reported by its nan."""
    with _lock:
        handler = _before[0] if _before else mujoco.get_mju_user_warning()
        _before.append(handler)
        mujoco.set_mju_user_warning(lambda message: None)
    try:
        yield
    finally:
        with _lock:
            last = _before.pop()
            if not _before:
                mujoco.set_mju_user_warning(last)
