"""The supervisor: binds the ports, forks owner and workers, replaces them, and outlives their deaths.

It stays a process without threads, event loop or open stores, so that forking is safe for ever.
"""

import gc
import os
import selectors
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from adserver import bootstrap
from adserver.catalog.snapshot import Snapshot
from adserver.config import Loaded
from adserver.errors import AdserverError, Fault, InvalidConfig
from adserver.processes import builder, children, owner, worker
from adserver.processes.ports import bind

PATIENCE_S = 20.0
"""A process that is not ready by then is given up."""
STOP_S = 15.0
BACK_OFF_S = (0.0, 0.5, 1.0, 2.0, 5.0)
SETTLED_S = 30.0
"""Who lived so long may die again without waiting."""

_log = structlog.get_logger()


@dataclass
class Child:
    """A process of ours."""

    pid: int
    started: float


@dataclass
class Slot:
    """A worker's place: its number and private port stay while processes come and go."""

    number: int
    private: socket.socket
    child: Child | None = None
    failures: int = 0
    retry_at: float = 0.0
    leaving: set[int] = field(default_factory=set)
    """Workers that drain."""


class Supervisor:
    """One server; `run` is its life."""

    def __init__(self, loaded: Loaded, *, as_compiled: bool = False) -> None:
        """Bind every port. Raises `InvalidConfig` naming the one that is in use.

        `as_compiled` starts from the snapshot that is there, without looking at the campaigns.
        """
        http = loaded.settings.http
        self._loaded = loaded
        self._as_compiled = as_compiled
        self._public = bind(http.host, http.port, "$.http.port")
        self._slots = [
            Slot(number, bind(http.host, http.private_port + number, "$.http.private_port"))
            for number in range(loaded.settings.workers)
        ]
        self._owner: Child | None = None
        self._owner_failures = 0
        self._owner_retry_at = 0.0
        self._snapshot: Snapshot | None = None
        self._claim = -1
        self._stopping = False

    def run(self, on_ready: Callable[[], None] = lambda: None) -> int:
        """Serve until SIGTERM or SIGINT; SIGHUP rebuilds the snapshot and replaces the workers.

        Returns the exit code. Raises `InvalidConfig` if it cannot begin.
        """
        signals = _signals()
        self._begin()
        self._start_owner()
        for slot in self._slots:
            self._start_worker(slot)
        if not all(slot.child for slot in self._slots):
            self._stop()
            raise InvalidConfig(
                [Fault(str(self._loaded.file), "$", "no worker could start; the log says why")]
            )
        _log.info("serving", url=self._loaded.settings.http.base_url, workers=len(self._slots))
        on_ready()
        while not self._stopping:
            for number in signals(self._pause()):
                if number in {signal.SIGTERM, signal.SIGINT}:
                    self._stopping = True
                elif number == signal.SIGHUP:
                    self._reload()
            self._bury()
            self._revive()
        self._stop()
        return 0

    # --- beginning and ending ---

    def _begin(self) -> None:
        builder.prepare_state(self._loaded)
        where = bootstrap.places(self._loaded)
        self._claim = builder.claim_state(self._loaded)
        builder.check_lists(self._loaded)
        try:
            if not self._as_compiled:
                builder.build(self._loaded)
        except InvalidConfig as error:
            if not where.snapshot.exists():
                raise
            _log.critical("campaigns_refused", error=str(error), serving="the last good snapshot")
        self._load()

    def _load(self) -> None:
        self._snapshot = bootstrap.load_snapshot(self._loaded)
        gc.collect()
        gc.freeze()  # shared with every worker: the collector must not touch it

    def _stop(self) -> None:
        for slot in self._slots:
            for pid in ([slot.child.pid] if slot.child else []) + list(slot.leaving):
                _signal(pid, signal.SIGTERM)
        self._wait_for({pid for slot in self._slots for pid in self._pids(slot)})
        if self._owner:
            _signal(self._owner.pid, signal.SIGTERM)
            self._wait_for({self._owner.pid})
        os.ftruncate(self._claim, 0)
        _log.info("stopped")

    def _pids(self, slot: Slot) -> set[int]:
        return slot.leaving | ({slot.child.pid} if slot.child else set())

    def _wait_for(self, pids: set[int]) -> None:
        until = time.monotonic() + STOP_S
        while pids and time.monotonic() < until:
            pids = {pid for pid in pids if not _gone(pid)}
            time.sleep(0.02)
        for pid in pids:
            _log.error("killed_what_would_not_stop", pid=pid)
            _signal(pid, signal.SIGKILL)

    # --- the owner ---

    def _start_owner(self) -> None:
        loaded = self._loaded
        pid = children.fork("owner", lambda: owner.run(bootstrap.owner_parts(loaded)))
        self._owner = Child(pid, time.monotonic())

    # --- workers ---

    def _start_worker(self, slot: Slot) -> bool:
        """Fork a worker and wait until it can bid; the one before goes on meanwhile, then drains."""
        snapshot = self._snapshot
        assert snapshot is not None  # noqa: S101 - loaded before any worker starts
        reading, writing = os.pipe()
        loaded, public = self._loaded, self._public
        pid = children.fork(
            f"worker-{slot.number}",
            lambda: worker.run(loaded, snapshot, slot.number, public, slot.private, writing),
            close=(reading,),
        )
        os.close(writing)
        ready = _reads(reading, PATIENCE_S)
        os.close(reading)
        if not ready:
            _log.error("worker_not_ready", slot=slot.number, pid=pid)
            _signal(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            return False
        if slot.child is not None:
            slot.leaving.add(slot.child.pid)
            _signal(slot.child.pid, signal.SIGTERM)
        slot.child = Child(pid, time.monotonic())
        return True

    def _reload(self) -> None:
        """Build in a child, so that no catalog can harm us; replace the workers one by one."""
        loaded = self._loaded
        pid = children.fork("builder", lambda: _built(loaded))
        _, status = os.waitpid(pid, 0)
        if os.waitstatus_to_exitcode(status) != 0:
            _log.error("reload_refused", serving="the catalog from before")
            return
        try:
            self._load()
        except AdserverError as error:
            _log.error("reload_refused", error=str(error))
            return
        if self._owner:
            _signal(self._owner.pid, signal.SIGHUP)
        replaced = [self._start_worker(slot) for slot in self._slots]
        _log.info("reloaded", workers=sum(replaced), of=len(replaced))

    # --- deaths ---

    def _pause(self) -> float:
        """Return how long nothing needs doing unless a signal comes."""
        waiting = [slot.retry_at for slot in self._slots if slot.child is None]
        if self._owner is None:
            waiting.append(self._owner_retry_at)
        return max(0.0, min(waiting, default=time.monotonic() + 60.0) - time.monotonic())

    def _bury(self) -> None:
        """Take note of every child that ended."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            self._mourn(pid, os.waitstatus_to_exitcode(status))

    def _mourn(self, pid: int, code: int) -> None:
        if self._owner and self._owner.pid == pid:
            _log.error("owner_died", pid=pid, code=code)
            self._owner_failures = _failures(self._owner_failures, self._owner)
            self._owner_retry_at = _retry_at(self._owner_failures)
            self._owner = None
            return
        for slot in self._slots:
            slot.leaving.discard(pid)
            if slot.child and slot.child.pid == pid:
                _log.error("worker_died", slot=slot.number, pid=pid, code=code)
                slot.failures = _failures(slot.failures, slot.child)
                slot.retry_at = _retry_at(slot.failures)
                slot.child = None

    def _revive(self) -> None:
        """Start again whoever died, when its time has come."""
        now = time.monotonic()
        if self._owner is None and now >= self._owner_retry_at:
            self._start_owner()
        for slot in self._slots:
            if slot.child is None and now >= slot.retry_at and not self._start_worker(slot):
                slot.failures += 1
                slot.retry_at = _retry_at(slot.failures)


def _built(loaded: Loaded) -> None:
    builder.check_lists(loaded)
    builder.build(loaded)


def _failures(before: int, child: Child) -> int:
    return 1 if time.monotonic() - child.started > SETTLED_S else before + 1


def _retry_at(failures: int) -> float:
    return time.monotonic() + BACK_OFF_S[min(failures - 1, len(BACK_OFF_S) - 1)]


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return  # It ended by itself; `_bury` will hear of it.


def _gone(pid: int) -> bool:
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return True


def _reads(descriptor: int, seconds: float) -> bool:
    """Tell whether a byte arrives before the other end closes or the time is over."""
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        return bool(selector.select(seconds)) and os.read(descriptor, 1) == worker.READY


def _signals() -> Callable[[float], list[int]]:
    """Return a function that waits for signals up to so many seconds and returns their numbers."""
    reading, writing = socket.socketpair()
    for end in (reading, writing):
        end.setblocking(False)  # noqa: FBT003 - the standard library's signature
    signal.set_wakeup_fd(writing.fileno())
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(number, lambda *_: None)
    selector = selectors.DefaultSelector()
    selector.register(reading, selectors.EVENT_READ)

    def wait(seconds: float) -> list[int]:
        writing.fileno()  # kept open as long as this function lives
        return list(reading.recv(1_024)) if selector.select(seconds) else []

    return wait
