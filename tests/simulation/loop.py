"""An event loop whose time is a number: it jumps to the next timer, and only a seed decides what comes first."""

import asyncio
import math
from asyncio.events import Handle, TimerHandle
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from contextvars import Context, ContextVar, copy_context
from heapq import heappop, heappush
from itertools import count
from typing import Any, Protocol, TypeVar

from tests.simulation.wire import Ends, Network

T = TypeVar("T")
CLOSE_S = 1e-9
"""Timers so close to each other fire together."""


class Job:
    """Work that was handed to another thread: done half-way through its time, if nobody kills the process before."""

    def __init__(self, work: Callable[[], Any], future: "asyncio.Future[Any]") -> None:
        self.work = work
        self.future = future
        self.begun = False

    def do(self) -> None:
        """Do it, once."""
        self.begun = True
        try:
            outcome = self.work()
        except Exception as error:  # noqa: BLE001 - as an executor: whoever awaits it gets it
            if not self.future.done():
                self.future.set_exception(error)
        else:
            if not self.future.done():
                self.future.set_result(outcome)


class Process:
    """Whatever would run in one process: it can be frozen, thawed and killed."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.frozen = False
        self.dead = False
        self.halted = False
        """Frozen or dead."""
        self.input: list[Handle] = []
        self.timers: list[Handle] = []
        """What became ready while it was frozen; when it goes on it reads first."""
        self.jobs: list[Job] = []
        self.tasks: dict[asyncio.Task[Any], None] = {}
        self.context: Context = copy_context()
        self.context.run(PROCESS.set, self)

    def forget(self, task: "asyncio.Task[Any]") -> None:
        """A task is done."""
        self.tasks.pop(task, None)

    def keep(self, handle: Handle) -> None:
        """Keep for later what cannot run now; of the dead nothing is kept."""
        if not self.dead:
            (self.timers if isinstance(handle, TimerHandle) else self.input).append(handle)


PROCESS: ContextVar[Process | None] = ContextVar("PROCESS", default=None)


class _Patient(Handle):
    """A callback that does not run while its process is frozen, and never when it is dead."""

    _context: Context

    def _run(self) -> None:
        process = self._context.get(PROCESS)
        if process is not None and process.halted:
            process.keep(self)
        else:
            super()._run()


class _Timer(_Patient, TimerHandle):
    """The same at a time."""


class _Dice(Protocol):
    def random(self) -> float: ...


class VirtualLoop(asyncio.BaseEventLoop):
    """No sockets, no threads, no waiting; Unix sockets are those of a `Network` in memory."""

    def __init__(self, network: Network, dice: _Dice) -> None:
        super().__init__()
        self.network = network
        self.disk_s = 0.002
        """What work in another thread takes at most."""
        self.grain_s = 0.0
        """Sleepers wake at whole multiples of this: a machine that turns slowly while nothing happens."""
        self._graves: list[Process] = []
        self._dice = dice
        self._now = 0.0
        self._soon: deque[Handle] = deque()
        self._later: list[tuple[float, int, TimerHandle]] = []
        self._number = count()

    # --- what asyncio asks for ---

    def time(self) -> float:
        """Return seconds since the simulation began."""
        return self._now

    def call_soon(  # type: ignore[override]
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> Handle:
        """Call in the next turn."""
        handle = _Patient(callback, args, self, context)
        self._soon.append(handle)
        return handle

    def call_at(  # type: ignore[override]
        self,
        when: float,
        callback: Callable[..., object],
        *args: Any,
        context: Context | None = None,
    ) -> TimerHandle:
        """Call at a time, or a little later: see `grain_s`."""
        if self.grain_s:
            when = math.ceil(when / self.grain_s - CLOSE_S) * self.grain_s
        return self.exactly_at(when, callback, *args, context=context)

    def create_task(  # type: ignore[override]
        self,
        coro: Coroutine[Any, Any, T],
        *,
        name: str | None = None,
        context: Context | None = None,
    ) -> "asyncio.Task[T]":
        """Begin a coroutine in the process of its context."""
        task = super().create_task(coro, name=name, context=context)
        process = PROCESS.get() if context is None else context.get(PROCESS)
        if process is not None:
            process.tasks[task] = None
            task.add_done_callback(process.forget)
        return task

    def call_later(  # type: ignore[override]
        self,
        delay: float,
        callback: Callable[..., object],
        *args: Any,
        context: Context | None = None,
    ) -> TimerHandle:
        """Call after a while."""
        return self.call_at(self._now + delay, callback, *args, context=context)

    def run_in_executor(  # type: ignore[override]
        self, executor: None, func: Callable[..., Any], *args: Any
    ) -> "asyncio.Future[Any]":
        """Do it as if in another thread: it takes a moment, is not done by the dead, and waits with the frozen."""
        job = Job(lambda: func(*args), self.create_future())
        process = PROCESS.get()
        if process is not None:
            process.jobs = [each for each in process.jobs if not each.begun]
            process.jobs.append(job)
        self.exactly_at(self._now + self.disk_s * self._dice.random(), job.do)
        return job.future

    async def create_unix_connection(  # type: ignore[override]
        self, protocol_factory: Callable[[], asyncio.Protocol], path: str, **_: Any
    ) -> tuple[asyncio.Transport, asyncio.Protocol]:
        """Connect in memory. Raises `OSError` if nobody listens there."""
        return self.network.connect(Ends(self, PROCESS.get()), protocol_factory, str(path))

    async def create_unix_server(  # type: ignore[override]
        self, protocol_factory: Callable[[], asyncio.Protocol], path: str, **_: Any
    ) -> object:
        """Listen in memory."""
        return self.network.listen(Ends(self, PROCESS.get()), protocol_factory, str(path))

    def _timer_handle_cancelled(self, handle: TimerHandle) -> None:
        """Nothing: it is passed over when its time comes."""

    def _asyncgen_finalizer_hook(self, agen: Any) -> None:
        """Nothing: what is dropped half-way has nothing to finish here."""
        self._asyncgens.discard(agen)  # type: ignore[attr-defined]

    def _run_once(self) -> None:
        later = self._later
        if not self._soon:
            while later and later[0][2].cancelled():
                heappop(later)
            if not later:
                raise RuntimeError("everybody waits for nothing: the simulation cannot go on")
            self._now = max(self._now, later[0][0])
        end = self._now + CLOSE_S
        while later and later[0][0] <= end:
            timer = heappop(later)[2]
            if not timer.cancelled():
                self._soon.append(timer)
        for _ in range(len(self._soon)):
            handle = self._soon.popleft()
            if not handle.cancelled():
                handle._run()

    # --- what the simulation asks for ---

    def exactly_at(
        self,
        when: float,
        callback: Callable[..., object],
        *args: Any,
        context: Context | None = None,
    ) -> TimerHandle:
        """Call at exactly this time."""
        handle = _Timer(when, callback, args, self, context)
        heappush(self._later, (when, next(self._number), handle))
        return handle

    async def until(self, when: float) -> None:
        """Wait until exactly this time."""
        reached: asyncio.Future[None] = self.create_future()
        self.exactly_at(when, reached.set_result, None)
        await reached

    def arrive(self, process: Process, callback: Callable[..., object], *args: Any) -> None:
        """Have a process read something from outside."""
        self.call_soon(callback, *args, context=process.context)

    def spawn(self, process: Process, work: Coroutine[Any, Any, T]) -> "asyncio.Task[T]":
        """Begin a coroutine in a process."""
        return self.create_task(work, context=process.context)

    def freeze(self, process: Process) -> None:
        """Stop a process where it is; what arrives waits."""
        process.frozen = process.halted = True

    def thaw(self, process: Process) -> None:
        """Let it go on: first it reads what came, then it sees to its timers."""
        if process.frozen and not process.dead:
            process.frozen = process.halted = False
            self._soon.extend(process.input)
            self._soon.extend(process.timers)
            process.input, process.timers = [], []

    def kill(self, process: Process) -> list[Job]:
        """End a process without a word; return the work that its threads had not begun."""
        process.frozen, process.dead, process.halted = False, True, True
        process.input, process.timers = [], []
        self.network.hang_up(process)
        self._graves.append(process)
        return [job for job in process.jobs if not job.begun]

    def bury(self) -> None:
        """Let go of the dead. Until then nothing of theirs ends: whoever is killed closes nothing."""
        self.set_exception_handler(lambda *_: None)
        for process in self._graves:
            for task in list(process.tasks):
                task._log_destroy_pending = False  # type: ignore[attr-defined]
                with suppress(RuntimeError):
                    process.context.run(task.get_coro().close)
            process.tasks.clear()
        self._graves.clear()
