"""The workers: who serves in each slot, who is to follow, and who drains. Nobody is waited for: each step looks who is ready."""

import os
import signal
import time

import structlog

from adserver.catalog.snapshot import Snapshot
from adserver.config import Loaded
from adserver.processes import children, worker
from adserver.processes.ports import bind
from adserver.processes.pulse import Pulse
from adserver.processes.signals import send
from adserver.processes.slots import Child, Newcomer, Slot, failures, retry_at
from adserver.processes.spread import Spread

PATIENCE_S = 20.0
"""A worker that is not ready by then is given up."""
TOGETHER = max(2, os.cpu_count() or 1)
"""So many are started at once: more would only take processors from each other."""
LEAVE_S = worker.FAREWELL_S + worker.DRAIN_S + 8.0
"""A worker that drains is gone by then: its last requests, what the owner takes of it, and a margin."""
HUNG_S = 10.0
"""A worker whose event loop stands still for so long serves nobody: whoever asked it has long given up."""

_log = structlog.get_logger()


class Crew:
    """All workers of a server."""

    def __init__(self, loaded: Loaded) -> None:
        """Bind every port. Raises `InvalidConfig` naming the one that is in use."""
        http = loaded.settings.http
        self.given_up = False
        """A worker was not ready in time, or ended before."""
        self._loaded = loaded
        self._public = bind(http.host, http.port, "$.http.port")
        self._slots = [
            Slot(number, bind(http.host, http.private_port + number, "$.http.private_port"))
            for number in range(loaded.settings.workers)
        ]
        self._spread = Spread(len(self._slots))
        self._outdated: list[Slot] = []
        """Whose workers are still to be replaced, one by one."""
        self._renewing = False
        self._renewed = 0

    @property
    def complete(self) -> bool:
        """Tell whether somebody serves in every slot."""
        return all(slot.child for slot in self._slots)

    @property
    def pids(self) -> set[int]:
        """All processes of ours."""
        return {pid for slot in self._slots for pid in slot.pids}

    @property
    def listening(self) -> list[int]:
        """The descriptors on which newcomers say that they are ready."""
        return [slot.coming.says for slot in self._slots if slot.coming]

    def due(self) -> list[float]:
        """Return when something has to be done though nobody says anything, by the monotonic clock."""
        return [
            slot.coming.until if slot.coming else slot.retry_at
            for slot in self._slots
            if slot.coming or not slot.child
        ]

    def renew(self) -> None:
        """Replace all workers, one by one, by ones of the snapshot that `step` is given."""
        self._outdated = list(self._slots)
        self._renewing, self._renewed = True, 0

    def step(self, snapshot: Snapshot) -> None:
        """Greet who is ready, give up who is not, and start who is missing or outdated."""
        now = time.monotonic()
        for slot in self._slots:
            if slot.coming:
                self._look_at(slot, slot.coming, now)
        for slot in self._slots:
            missing = slot.child is None and slot.coming is None
            if missing and now >= slot.retry_at and len(self.listening) < TOGETHER:
                self._start(slot, snapshot)
        if self._outdated and not self.listening:
            self._start(self._outdated[0], snapshot)
        if self._renewing and not self._outdated and not self.listening:
            self._renewing = False
            _log.info("reloaded", workers=self._renewed, of=len(self._slots))

    def buried(self, pid: int, code: int) -> bool:
        """Take note if a child that ended was one of ours."""
        for slot in self._slots:
            if slot.leaving.pop(pid, None) is not None:
                return True
            if slot.coming and slot.coming.child.pid == pid:
                self._give_up(slot, slot.coming)
                return True
            if slot.child and slot.child.pid == pid:
                _log.error("worker_died", slot=slot.number, pid=pid, code=code)
                slot.failures = failures(slot.failures, slot.child)
                slot.retry_at = retry_at(slot.failures)
                slot.child = None
                return True
        return False

    def end_what_hangs(self, now: float) -> None:
        """Kill workers that ought to have done something by now; `buried` will hear of it."""
        for slot in self._slots:
            if slot.child and slot.child.pulse.silent_s(now) > HUNG_S:
                _log.error("worker_hung", slot=slot.number, pid=slot.child.pid, seconds=HUNG_S)
                send(slot.child.pid, signal.SIGKILL)
            for pid in [pid for pid, until in slot.leaving.items() if now > until]:
                _log.warning("worker_would_not_leave", slot=slot.number, pid=pid)
                send(pid, signal.SIGKILL)

    def _start(self, slot: Slot, snapshot: Snapshot) -> None:
        """Fork a worker; the one before goes on until this one can bid."""
        says, ready = os.pipe()
        os.set_blocking(says, False)
        loaded, public, pulse = self._loaded, self._public, Pulse()
        place = self._spread.place(slot.number)
        pid = children.fork(
            f"worker-{slot.number}",
            lambda: worker.run(
                loaded, snapshot, slot.number, public, slot.private, ready, pulse.beat, place
            ),
            close=(says, *self.listening),
        )
        os.close(ready)
        now = time.monotonic()
        slot.coming = Newcomer(Child(pid, now, pulse), says, now + PATIENCE_S)
        if slot in self._outdated:
            self._outdated.remove(slot)

    def _look_at(self, slot: Slot, coming: Newcomer, now: float) -> None:
        ready = children.said(coming.says, worker.READY)
        if ready is None and now < coming.until:
            return
        if not ready:
            send(coming.child.pid, signal.SIGKILL)
            self._give_up(slot, coming)
            return
        os.close(coming.says)
        if slot.child:
            slot.leaving[slot.child.pid] = now + LEAVE_S
            send(slot.child.pid, signal.SIGTERM)
        slot.child, slot.coming = Child(coming.child.pid, now, coming.child.pulse), None
        self._renewed += slot not in self._outdated

    def _give_up(self, slot: Slot, coming: Newcomer) -> None:
        _log.error("worker_not_ready", slot=slot.number, pid=coming.child.pid)
        os.close(coming.says)
        slot.coming = None
        self.given_up = True
        if slot.child is None:
            slot.failures += 1
            slot.retry_at = retry_at(slot.failures)
