"""Child processes by fork: each in its role, none of them outliving the supervisor."""

import ctypes
import gc
import os
import signal
import sys
from collections.abc import Callable

import structlog

from adserver.errors import AdserverError, Unavailable
from adserver.processes import logs

_PR_SET_PDEATHSIG = 1
EXIT_REFUSED = 2
"""What it was given cannot be used, and will not be better next time."""
EXIT_UNAVAILABLE = 75
"""Something that it needs is not there now."""
EXIT_BUG = 70

_log = structlog.get_logger()


def fork(name: str, body: Callable[[], None], *, close: tuple[int, ...] = ()) -> int:
    """Run `body` in a child and return its process id; the child ends with the body.

    Only for a process without threads and without an event loop.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    parent = os.getpid()
    child = os.fork()
    if child:
        return child
    code = EXIT_BUG
    try:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the supervisor's to pass on
        _die_with(parent)
        for descriptor in close:
            os.close(descriptor)
        gc.enable()
        logs.configure(name)
        body()
        code = 0
    except AdserverError as error:
        _log.critical("process_refused", error=str(error))
        code = EXIT_UNAVAILABLE if isinstance(error, Unavailable) else EXIT_REFUSED
    except BaseException:  # noqa: BLE001 - whatever ends a child must be seen, and must not run the parent's code
        _log.exception("process_failed")
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def gone(pid: int) -> bool:
    """Tell whether a child has ended, without waiting; who has is buried."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return True


def said(descriptor: int, word: bytes) -> bool | None:
    """Tell whether a byte has arrived on a pipe that does not block; `None`: nothing yet, and its other end is open."""
    try:
        return os.read(descriptor, 1) == word
    except BlockingIOError:
        return None


def _die_with(parent: int) -> None:
    """Have the kernel send SIGTERM when the supervisor is gone, however it went."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it went before we asked
        os._exit(EXIT_REFUSED)
