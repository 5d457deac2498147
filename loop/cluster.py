"""Independent tasks through Ray, on the machines of a cluster or on this one: an `Executor`, as `loop.workers.Pool` is.

Every machine has this program installed, and sees the run folders under the same path (a shared file system). A lost
worker or machine costs what it had not yet committed: its task is begun again where there is room, and goes on from its
folder, whose lock keeps a second process out for as long as the first lives.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import math
import os
import socket
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from loop.turns import Named, Turns, free
from loop.workers import Message, Runner, Send, attempt, check, lost

T = TypeVar("T", bound=Named)
_POLL = 0.2  # seconds between looks at the mailbox
_PATIENCE = 10.0  # seconds to wait for an answer
_GRACE = 10.0  # seconds that tasks have to end after an interrupt
_STORE = 80 * 2**20  # bytes of shared memory, Ray's least: tasks and messages are small, data lie on the disk
_ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}


@dataclass(frozen=True)
class Cluster:
    """Each task takes one CPU. address: of a running cluster, host:port or auto; None: what RAY_ADDRESS names, else Ray
    is started on this machine, and ends with the tasks. gpus: share of a GPU that each task reserves."""

    address: str | None = None
    gpus: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.gpus < math.inf or (self.gpus > 1 and self.gpus != int(self.gpus)):
            raise ValueError(
                f"the GPUs of a run must be 0, a share below 1 or a whole number, got {self.gpus}; 0.25: four share one"
            )
        if importlib.util.find_spec("ray") is None:
            raise ValueError("Ray is not installed; pip install 'scsc[cluster]', or name a number of workers")

    @contextmanager
    def opened(self, workers: int) -> Iterator[Runner]:
        """Join the cluster, or start Ray `workers` CPUs wide.

        Raises:
            ValueError: there is no such cluster, or none with the GPUs.
        """
        ray = _ray()
        address = self.address or os.environ.get("RAY_ADDRESS")
        here = {} if address else {"num_cpus": workers, "object_store_memory": _STORE, "include_dashboard": False}
        try:
            _reach(address)
            ray.init(
                address=address, **here, log_to_driver=False, logging_level="ERROR",
                runtime_env={"env_vars": _ONE_THREAD},  # bits depend on the number of threads
            )  # fmt: skip
        except (OSError, RuntimeError, ValueError) as problem:
            where, way_out = "start Ray here", "see Ray's session_latest/logs"
            if address:
                where, way_out = f"join the Ray cluster {address}", "begin it by: ray start --head"
            raise ValueError(f"could not {where} ({_line(problem, 0)}); {way_out}") from None
        try:
            self.check(ray.cluster_resources())
            yield partial(_on_cluster, self.gpus)
        finally:
            ray.shutdown()

    def check(self, resources: Mapping[str, float]) -> None:
        """Raise ValueError where a task would wait for ever. resources: of the cluster, by Ray's names."""
        there = resources.get("GPU", 0.0)
        if there < self.gpus:
            raise ValueError(f"a run asks for {self.gpus:g} GPUs, Ray has {there:g}; ask for less, or for none")


def _on_cluster(
    gpus: float,
    work: Callable[[T, Send], None],
    tasks: Sequence[T],
    heard: Callable[[str, Message], None],
    after: Callable[[T], Collection[str]] = free,
) -> None:
    """As `loop.workers.run_tasks`; how many at a time, Ray decides by its CPUs and GPUs."""
    ray = _ray()
    here = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(
        ray.get_runtime_context().get_node_id(), soft=False
    )
    mailbox = ray.remote(_Mailbox).options(num_cpus=0, scheduling_strategy=here).remote()
    # Ray would begin lost tasks again too, but without a word
    remote = ray.remote(_on_node).options(num_cpus=1, num_gpus=gpus, max_retries=0)
    turns = Turns(tasks, after)
    pending: dict[Any, int] = {}  # places

    def begin() -> None:
        while (place := turns.take()) is not None:
            pending[remote.remote(work, tasks[place], mailbox)] = place

    def deliver() -> None:
        letters: list[tuple[str, Message]] = []
        with contextlib.suppress(ray.exceptions.RayActorError):  # without a mailbox the work goes on, unheard
            letters = ray.get(mailbox.take.remote())
        for name, message in letters:
            heard(name, message)

    try:
        begin()
        while pending:
            ready, _ = ray.wait(list(pending), timeout=_POLL)
            deliver()
            for reference in ready:
                place = pending.pop(reference)
                task = tasks[place]
                try:
                    check(task.name, ray.get(reference))
                    turns.end(place)
                except ray.exceptions.RayTaskError as problem:
                    raise ValueError(
                        f"{task.name} could not begin on a machine of the cluster ({_line(problem, -1)}); install this "
                        "version of the program on all of them"
                    ) from None
                except ray.exceptions.RayError as problem:
                    lost(task.name, turns.begun[place], _line(problem, 0))
                    turns.again(place)
            begin()
    finally:
        for reference in pending:
            ray.cancel(reference, force=True)
        ray.wait(list(pending), num_returns=len(pending), timeout=_GRACE) if pending else None
        ray.kill(mailbox)


def _on_node(work: Callable[[T, Send], None], task: T, mailbox: Any) -> Message:
    """Body of a task: its outcome, once all that it said has arrived."""
    ray = _ray()
    outcome = attempt(work, task, lambda message: mailbox.put.remote(task.name, message))
    with contextlib.suppress(ray.exceptions.RayError):  # nobody listens: what was done is on the disk
        ray.get(mailbox.arrived.remote())
    return outcome


class _Mailbox:
    """What tasks said and the driver has not yet heard; lives beside the driver."""

    def __init__(self) -> None:
        self._letters: list[tuple[str, Message]] = []

    def put(self, name: str, message: Message) -> None:
        self._letters.append((name, message))

    def arrived(self) -> None:
        """Answered after all that the same task put before."""

    def take(self) -> list[tuple[str, Message]]:
        taken, self._letters = self._letters, []
        return taken


def _reach(address: str | None) -> None:
    """Raise OSError where nobody answers at host:port: Ray would try for minutes."""
    host, _, port = (address or "").rpartition(":")
    if host and port.isdigit() and "://" not in host:
        socket.create_connection((host.strip("[]"), int(port)), _PATIENCE).close()


def _ray() -> Any:
    """The library, which tells nobody of its use."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # its coming default, of which it warns
    return importlib.import_module("ray")


def _line(problem: BaseException, index: int) -> str:
    """One of the lines of a message."""
    return ([line.strip() for line in str(problem).splitlines() if line.strip()] or [type(problem).__name__])[index]
