"""Which of several tasks begins next, where some must wait for others."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, Generic, Protocol, TypeVar


class Named(Protocol):
    @property
    def name(self) -> str: ...


T = TypeVar("T", bound=Named)


def free(task: Any) -> Collection[str]:
    """Waits for none."""
    return ()


class Turns(Generic[T]):
    """Tasks in the order in which they are to begin, by their places in it.

    after: names of those that, where they are earlier in the order, have ended before a task begins. Tasks of one name
        that are after their own name follow one another.
    """

    def __init__(self, tasks: Sequence[T], after: Callable[[T], Collection[str]] = free) -> None:
        self.tasks = tuple(tasks)
        self._after = after
        self._waiting = list(range(len(tasks)))
        self._to_do = list(range(len(tasks)))
        self.begun = [0] * len(tasks)
        """How often each was."""

    def take(self) -> int | None:
        """The place of the next task that may begin, which is now held to have begun; None: there is none yet."""
        for place in self._waiting:
            names = self._after(self.tasks[place])
            if not any(earlier < place and self.tasks[earlier].name in names for earlier in self._to_do):
                self._waiting.remove(place)
                self.begun[place] += 1
                return place
        return None

    def again(self, place: int) -> None:
        """A task that had begun was lost: it is the next, as it was before."""
        self._waiting.insert(0, place)

    def end(self, place: int) -> None:
        """A task is done."""
        self._to_do.remove(place)
