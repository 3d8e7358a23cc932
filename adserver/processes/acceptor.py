"""Accepts connections so that all workers have about as many.

Workers wait on one socket, and the kernel wakes all of them: on a quiet machine the same one is always first, and would
have every line that an exchange keeps open, while the others have nothing to do.
"""

import asyncio
import errno
import os
import socket
from collections.abc import Callable

import structlog

from adserver.processes.spread import Place

GIVE_WAY_S = 0.002
"""So long whoever has more connections lets others accept what waits; what still waits then, they have no time for."""
AT_ONCE = 8
"""So many are accepted in one go: requests have their turn in between."""
FULL_S = 1.0
"""So long nothing is accepted when the system has no room for more."""
_FULL = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})

_log = structlog.get_logger()


class Acceptor:
    """One worker's; `place` counts what it accepts, and whoever ends a connection counts that."""

    def __init__(
        self, listener: socket.socket, factory: Callable[[], asyncio.Protocol], place: Place
    ) -> None:
        """`listener` listens already, and does not block."""
        self._listener = listener
        self._factory = factory
        self._place = place
        self._loop = asyncio.get_running_loop()
        self._pausing: asyncio.TimerHandle | None = None
        self._coming: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Accept from now on."""
        self._place.enter()
        self._loop.add_reader(self._listener, self._ready)

    def stop(self) -> None:
        """Accept nothing more; what waits is for others, who have the socket, too."""
        if self._pausing is not None:
            self._pausing.cancel()
        self._loop.remove_reader(self._listener)
        self._listener.close()
        self._place.leave()

    def _ready(self) -> None:
        if self._place.is_ahead():
            self._pause(GIVE_WAY_S)
        else:
            self._accept_some()

    def _pause(self, seconds: float) -> None:
        self._loop.remove_reader(self._listener)
        self._pausing = self._loop.call_later(seconds, self._resume)

    def _resume(self) -> None:
        self._pausing = None
        self._loop.add_reader(self._listener, self._ready)
        self._accept_some(also_ahead=self._place.is_ahead())

    def _accept_some(self, *, also_ahead: bool = False) -> None:
        for _ in range(AT_ONCE):
            if not self._accept() or (not also_ahead and self._place.is_ahead()):
                return

    def _accept(self) -> bool:
        """Accept one connection; tell whether there may be more."""
        try:
            line, _ = self._listener.accept()
        except BlockingIOError:
            return False
        except OSError as error:
            if error.errno not in _FULL:
                return True  # that of a connection which ended before; see accept(2)
            _log.error("accept_failed", error=os.strerror(error.errno), pause_s=FULL_S)
            self._pause(FULL_S)
            return False
        line.setblocking(False)  # noqa: FBT003 - the standard library's signature
        self._place.more()
        task = self._loop.create_task(self._connect(line))
        self._coming.add(task)
        task.add_done_callback(self._coming.discard)
        return True

    async def _connect(self, line: socket.socket) -> None:
        try:
            await self._loop.connect_accepted_socket(self._factory, line)
        except OSError:  # it is gone already
            line.close()
            self._place.fewer()
