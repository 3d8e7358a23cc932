"""The supervisor: binds the ports, forks owner and workers, replaces them, and outlives their deaths.

It stays a process without threads, event loop or open stores, so that forking is safe for ever.
"""

import gc
import os
import signal
import time
from collections.abc import Callable

import structlog

from adserver import bootstrap
from adserver.catalog.snapshot import Snapshot
from adserver.config import Loaded
from adserver.errors import AdserverError, Fault, InvalidConfig
from adserver.processes import builder, children, owner
from adserver.processes.crew import Crew
from adserver.processes.learner import Learner
from adserver.processes.pulse import Pulse
from adserver.processes.signals import arriving, send
from adserver.processes.slots import Child, failures, retry_at

STOP_S = 15.0
BUILD_S = 120.0
"""A builder that is not done by then is given up: nobody waits for it, so the time is ample for a large catalog on a busy
machine, and what it is for is a disk that does not answer."""
OWNER_HUNG_S = 60.0
"""An owner whose event loop stands still for so long. Workers stop bidding after half of that; to read its log anew, when
a database lost something, may keep it busy for a while."""
LOOK_S = 1.0
"""How often children are looked at that give no signal."""

_log = structlog.get_logger()


class Supervisor:
    """One server; `run` is its life."""

    def __init__(self, loaded: Loaded, *, as_compiled: bool = False) -> None:
        """Bind every port. Raises `InvalidConfig` naming the one that is in use.

        `as_compiled` starts from the snapshot that is there, without looking at the campaigns.
        """
        self._loaded = loaded
        self._as_compiled = as_compiled
        self._crew = Crew(loaded)
        self._builder: Child | None = None
        self._build_again = False
        self._owner: Child | None = None
        self._owner_failures = 0
        self._owner_retry_at = 0.0
        self._owner_refused = False
        self._learner = Learner(loaded)
        self._snapshot: Snapshot | None = None
        self._claim = -1
        self._serving = False
        self._stopping = False

    def run(self, on_ready: Callable[[], None] = lambda: None) -> int:
        """Serve until SIGTERM or SIGINT; SIGHUP rebuilds the snapshot and replaces the workers.

        Returns the exit code. Raises `InvalidConfig` if it cannot begin.
        """
        signals = arriving()
        self._begin()
        while not self._stopping:
            for number in signals(self._pause(), self._crew.listening):
                if number in {signal.SIGTERM, signal.SIGINT}:
                    self._stopping = True
                elif number == signal.SIGHUP:
                    self._build()
            self._bury()
            self._end_what_hangs()
            self._revive()
            if not self._serving:
                self._look_whether_we_serve(on_ready)
            self._learner.start_if_due(time.monotonic())
        self._stop()
        return 0

    # --- beginning and ending ---

    def _begin(self) -> None:
        builder.prepare_state(self._loaded)
        where = bootstrap.places(self._loaded)
        self._claim = builder.claim_state(self._loaded)
        builder.check_secrets(self._loaded)
        builder.check_place(self._loaded)
        builder.renew_lists(self._loaded)
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

    def _look_whether_we_serve(self, on_ready: Callable[[], None]) -> None:
        """See whether the first workers have come."""
        if self._crew.complete:
            self._serving = True
            settings = self._loaded.settings
            _log.info("serving", url=settings.http.base_url, workers=settings.workers)
            on_ready()
            return
        what = ""
        if self._owner_refused:
            what = "the owner refuses to start; the log says why"
        elif self._crew.given_up:
            what = "no worker could start; the log says why"
        if what:
            self._stop()
            raise InvalidConfig([Fault(str(self._loaded.file), "$", what)])

    def _stop(self) -> None:
        self._learner.end()
        if self._builder:
            send(self._builder.pid, signal.SIGKILL)
        workers = self._crew.pids
        for pid in workers:
            send(pid, signal.SIGTERM)
        self._wait_for(workers)
        if self._owner:
            send(self._owner.pid, signal.SIGTERM)
            self._wait_for({self._owner.pid})
        os.ftruncate(self._claim, 0)
        _log.info("stopped")

    def _wait_for(self, pids: set[int]) -> None:
        until = time.monotonic() + STOP_S
        while pids and time.monotonic() < until:
            pids = {pid for pid in pids if not children.gone(pid)}
            time.sleep(0.02)
        for pid in pids:
            _log.error("killed_what_would_not_stop", pid=pid)
            send(pid, signal.SIGKILL)

    # --- the owner ---

    def _start_owner(self) -> None:
        loaded, pulse = self._loaded, Pulse()
        pid = children.fork("owner", lambda: owner.run(bootstrap.owner_parts(loaded), pulse.beat))
        self._owner = Child(pid, time.monotonic(), pulse)

    # --- reloads ---

    def _build(self) -> None:
        """Build in a child, so that no catalog can harm us or keep us waiting."""
        if self._builder:
            self._build_again = True  # what it has read may have changed since
            return
        loaded = self._loaded
        pid = children.fork("builder", lambda: _built(loaded))
        self._builder = Child(pid, time.monotonic())

    def _reload(self, code: int) -> None:
        """Take up what a builder that ended with this code has built; replace the workers one by one."""
        self._builder = None
        if code != 0:
            _log.error("reload_refused", code=code, serving="the catalog from before")
            return
        try:
            self._load()
        except AdserverError as error:
            _log.error("reload_refused", error=str(error))
            return
        if self._owner:
            send(self._owner.pid, signal.SIGHUP)
        self._crew.renew()

    # --- deaths ---

    def _pause(self) -> float:
        """Return how long nothing needs doing unless a signal comes."""
        now = time.monotonic()
        waiting = self._crew.due()
        if self._owner is None:
            waiting.append(self._owner_retry_at)
        return max(0.0, min([now + LOOK_S, *waiting]) - now)

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
        if self._learner.buried(pid, code) or self._crew.buried(pid, code):
            return
        if self._builder and self._builder.pid == pid:
            self._reload(code)
            if self._build_again:
                self._build_again = False
                self._build()
            return
        if self._owner and self._owner.pid == pid:
            _log.error("owner_died", pid=pid, code=code)
            self._owner_refused = code == children.EXIT_REFUSED
            self._owner_failures = failures(self._owner_failures, self._owner)
            self._owner_retry_at = retry_at(self._owner_failures)
            self._owner = None

    def _end_what_hangs(self) -> None:
        """Kill children that ought to have done something by now; `_bury` will hear of it."""
        now = time.monotonic()
        self._learner.end_if_hung(now)
        if self._builder and now - self._builder.started > BUILD_S:
            _log.error("builder_hung", pid=self._builder.pid, seconds=BUILD_S)
            send(self._builder.pid, signal.SIGKILL)
        begun = self._owner if self._owner and self._owner.pulse.has_begun else None
        if begun and begun.pulse.silent_s(now) > OWNER_HUNG_S:
            _log.error("owner_hung", pid=begun.pid, seconds=OWNER_HUNG_S)
            send(begun.pid, signal.SIGKILL)
        self._crew.end_what_hangs(now)

    def _revive(self) -> None:
        """Start whoever is missing, when its time has come."""
        now = time.monotonic()
        if self._owner is None and now >= self._owner_retry_at:
            self._start_owner()
        assert self._snapshot is not None  # noqa: S101 - loaded before any worker starts
        self._crew.step(self._snapshot)


def _built(loaded: Loaded) -> None:
    builder.check_place(loaded)
    builder.renew_lists(loaded)
    builder.build(loaded)
