"""Independent tasks in several processes that tell the parent what they do, and die with it."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import queue
import signal
import threading
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

Message = tuple[Any, ...]
Send = Callable[[Message], None]
_POLL = 0.5  # seconds
_METHOD = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"


def warm_up(modules: Sequence[str]) -> None:
    """Start the process that workers are forked from, with `modules` imported; call early, it works in parallel.

    Importing torch and MuJoCo takes seconds: so it is paid once, not by every worker.
    """
    if _METHOD == "forkserver":
        from multiprocessing import forkserver  # only where the platform has it

        context = multiprocessing.get_context(_METHOD)
        context.set_forkserver_preload(list(modules))
        forkserver.ensure_running()


class Named(Protocol):
    @property
    def name(self) -> str: ...


T = TypeVar("T", bound=Named)


def run_tasks(
    work: Callable[[T, Send], None], tasks: Sequence[T], workers: int, heard: Callable[[str, Message], None]
) -> None:
    """Run `work(task, send)` for every task, `workers` at a time; `heard(name of the task, message)` in this process.

    A single task or worker runs in this process. An interrupt stops the workers at once: what they had committed
    stays, as each task keeps its own folder.

    Raises:
        ValueError: a task failed with a caller's mistake; its message.
        OSError: a task could not read or write a file.
        RuntimeError: a worker died, or failed with a fault of the program; its traceback.
    """
    if workers == 1 or len(tasks) <= 1:
        for task in tasks:
            work(task, lambda message, name=task.name: heard(name, message))  # type: ignore[misc]
        return
    context: Any = multiprocessing.get_context(_METHOD)
    messages: Any = context.Queue()
    waiting = list(tasks)
    running: dict[str, Any] = {}
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                task = waiting.pop(0)
                process = context.Process(target=_child, args=(work, task, messages), daemon=True)
                process.start()
                running[task.name] = process
            with contextlib.suppress(queue.Empty):
                name, message = messages.get(timeout=_POLL)
                if message[0] == "end":
                    running.pop(name).join()
                elif message[0] == "mistake":
                    raise ValueError(message[1])
                elif message[0] == "system":
                    raise OSError(*message[1:])
                elif message[0] == "fault":
                    raise RuntimeError(f"{name} failed:\n{message[1]}")
                else:
                    heard(name, message)
                continue
            for name, process in running.items():
                if process.exitcode not in (None, 0) and messages.empty():
                    raise RuntimeError(f"the process of {name} died with exit code {process.exitcode}; run it again")
    finally:
        for process in running.values():
            process.kill()
            process.join()


def _child(work: Callable[[T, Send], None], task: T, messages: Any) -> None:
    """Body of a worker process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what an interrupt means
    threading.Thread(target=_die_with_parent, daemon=True).start()
    try:
        work(task, lambda message: messages.put((task.name, message)))
    except OSError as problem:
        messages.put((task.name, ("system", problem.errno or 0, problem.strerror or str(problem), problem.filename)))
    except ValueError as problem:
        messages.put((task.name, ("mistake", str(problem))))
    except BaseException:
        import traceback

        messages.put((task.name, ("fault", traceback.format_exc())))
    else:
        messages.put((task.name, ("end",)))


def _die_with_parent() -> None:
    """A parent killed by -9 cannot stop its children: they would hold the locks of their folders."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()  # returns when the parent is gone, however it went
        os._exit(1)
