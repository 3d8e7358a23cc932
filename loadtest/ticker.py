"""An alarm clock with a resolution of microseconds; event loops round their timers to milliseconds."""

import asyncio
import ctypes
import os
import sys
import time
from collections.abc import Callable

_CLOCK_MONOTONIC, _ABSOLUTE = 1, 1  # from Linux's time.h and timerfd.h
_FLAGS = os.O_NONBLOCK | getattr(os, "O_CLOEXEC", 0)


class _Setting(ctypes.Structure):
    """`struct itimerspec`: the repetition (none), then when."""

    _fields_ = (
        ("repeat_s", ctypes.c_long),
        ("repeat_ns", ctypes.c_long),
        ("at_s", ctypes.c_long),
        ("at_ns", ctypes.c_long),
    )


class Ticker:
    """Calls back at a time of `time.monotonic()`; where the system has no timerfd, a millisecond late."""

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        self._loop = asyncio.get_running_loop()
        self._libc: ctypes.CDLL | None = None
        self._file = -1
        if sys.platform == "linux":
            self._libc = ctypes.CDLL(None, use_errno=True)
            self._file = self._libc.timerfd_create(_CLOCK_MONOTONIC, _FLAGS)
            if self._file < 0:
                raise OSError(ctypes.get_errno(), "timerfd_create")
            self._loop.add_reader(self._file, self._rang)

    def at(self, when_s: float) -> None:
        """Ring once, then; the past means at once. A later call replaces this one."""
        if self._libc is None:
            self._loop.call_later(max(0.0, when_s - time.monotonic()), self._ring)
            return
        when_ns = max(1, int(when_s * 1e9))  # zero would mean never
        setting = _Setting(0, 0, when_ns // 10**9, when_ns % 10**9)
        if self._libc.timerfd_settime(self._file, _ABSOLUTE, ctypes.byref(setting), None):
            raise OSError(ctypes.get_errno(), "timerfd_settime")

    def close(self) -> None:
        """Never ring again."""
        if self._file >= 0:
            self._loop.remove_reader(self._file)
            os.close(self._file)
            self._file = -1

    def _rang(self) -> None:
        try:
            os.read(self._file, 8)
        except BlockingIOError:
            return  # set anew between ringing and reading
        self._ring()
