"""Independent tasks in several processes of this machine that tell the parent what they do, and die with it."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection, wait
from typing import Any, Protocol, TypeVar

from loop.turns import Named, Turns, free

Message = tuple[Any, ...]
Send = Callable[[Message], None]
TRIES = 3
"""How often a task may lose its process (killed, out of memory): it goes on from its folder the next time."""
log = logging.getLogger(__name__)
_METHOD = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"


def warm_up(modules: Sequence[str]) -> None:
    """Start the process that workers are forked from, with `modules` imported; call early, it works in parallel.

    Importing torch and MuJoCo takes seconds: so it is paid once, not by every worker.
    """
    if _METHOD == "forkserver":
        multiprocessing.get_context(_METHOD).set_forkserver_preload(list(modules))
    _start_server()


def _start_server() -> None:
    """Start the process that workers are forked from, where it does not run."""
    if _METHOD == "forkserver":
        from multiprocessing import forkserver, resource_tracker  # only where the platform has it

        resource_tracker.ensure_running()  # by itself, as it lifts the block that follows
        with _interrupts_held():
            forkserver.ensure_running()


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Ctrl-C in a terminal reaches every process of a group; those begun within never hear it, the caller afterwards.

    They import for seconds before they can say what it means to them: it would end them with a traceback.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


T = TypeVar("T", bound=Named)


class Runner(Protocol):
    """`run_tasks`, or what does the same elsewhere: runs `work(task, send)` for every task, in the order that `Turns`
    gives with `after`; `heard(name of the task, message)` in this process; raises as `run_tasks`."""

    def __call__(
        self,
        work: Callable[[T, Send], None],
        tasks: Sequence[T],
        heard: Callable[[str, Message], None],
        after: Callable[[T], Collection[str]] = free,
    ) -> None: ...


class Executor(Protocol):
    """Where tasks run."""

    def opened(self, workers: int) -> AbstractContextManager[Runner]:
        """Within, tasks can be run, `workers` at a time on this machine."""
        ...


@dataclass(frozen=True)
class Pool:
    """An `Executor`: processes of this machine."""

    @contextmanager
    def opened(self, workers: int) -> Iterator[Runner]:
        yield partial(run_tasks, workers=workers)


def run_tasks(
    work: Callable[[T, Send], None],
    tasks: Sequence[T],
    heard: Callable[[str, Message], None],
    after: Callable[[T], Collection[str]] = free,
    *,
    workers: int,
) -> None:
    """Run `work(task, send)` for every task, `workers` at a time; `heard(name of the task, message)` in this process.

    after: which tasks wait for which, see `Turns`.

    A single task or worker runs in this process. A task whose process is lost is begun again, see `TRIES`. An interrupt
    stops the workers at once: what they had committed stays, as each task keeps its own folder.

    Raises:
        ValueError: a task failed with a caller's mistake; its message.
        OSError: a task could not read or write a file, or lost its process time and again.
        RuntimeError: a task failed with a fault of the program; its traceback.
    """
    if workers == 1 or len(tasks) <= 1:
        for task in tasks:  # which have those that they wait for before them
            work(task, lambda message, name=task.name: heard(name, message))  # type: ignore[misc]
        return
    _start_server()
    context: Any = multiprocessing.get_context(_METHOD)
    turns = Turns(tasks, after)
    # A pipe for each: of a queue that all share, a killed process may leave the lock taken.
    running: dict[Connection, tuple[int, Any]] = {}  # places, processes
    try:
        while True:
            while len(running) < workers and (place := turns.take()) is not None:
                reader, writer = context.Pipe(duplex=False)
                process = context.Process(target=_child, args=(work, tasks[place], writer), daemon=True)
                process.start()
                writer.close()  # so that the worker's end is the only one, and its death closes the pipe
                running[reader] = (place, process)
            if not running:
                return
            for reader in wait(list(running)):
                assert isinstance(reader, Connection)
                place, process = running[reader]
                task = tasks[place]
                try:
                    kind, message = reader.recv()
                except (EOFError, OSError):
                    del running[reader]
                    process.join()
                    lost(task.name, turns.begun[place], f"exit code {process.exitcode}")
                    turns.again(place)
                    continue
                if kind == "message":
                    heard(task.name, message)
                    continue
                del running[reader]
                process.join()
                check(task.name, message)
                turns.end(place)
    finally:
        for _, process in running.values():
            process.kill()
            process.join()


def lost(name: str, number: int, how: str) -> None:
    """A task's process died, the `number`-th that it had.

    Raises:
        ChildProcessError: it has had enough of them.
    """
    if number >= TRIES:
        raise ChildProcessError(
            f"the process of {name} died {number} times ({how}); make sure that memory suffices and run "
            "the same command again"
        )
    log.warning("the process of %s died (%s); it is begun again where it was", name, how)


def attempt(work: Callable[[T, Send], None], task: T, send: Send) -> Message:
    """Run a task; its outcome, for `check` in another process."""
    try:
        work(task, send)
    except OSError as problem:
        return ("system", problem.errno or 0, problem.strerror or str(problem), problem.filename)
    except ValueError as problem:
        return ("mistake", str(problem))
    except BaseException:
        import traceback

        return ("fault", traceback.format_exc())
    return ("end",)


def check(name: str, outcome: Message) -> None:
    """Raise what the task of that name raised; what `run_tasks` says."""
    if outcome[0] == "mistake":
        raise ValueError(outcome[1])
    if outcome[0] == "system":
        raise OSError(*outcome[1:])
    if outcome[0] == "fault":
        raise RuntimeError(f"{name} failed:\n{outcome[1]}")


def _child(work: Callable[[T, Send], None], task: T, writer: Connection) -> None:
    """Body of a worker process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what an interrupt means
    threading.Thread(target=_die_with_parent, daemon=True).start()
    writer.send(("outcome", attempt(work, task, lambda message: writer.send(("message", message)))))


def _die_with_parent() -> None:
    """A parent killed by -9 cannot stop its children: they would hold the locks of their folders."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()  # returns when the parent is gone, however it went
        os._exit(1)
