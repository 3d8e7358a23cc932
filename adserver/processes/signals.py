"""Signals between processes: waiting for them without a thread, and sending them to who may be gone."""

import os
import selectors
import signal
import socket
from collections.abc import Callable


def arriving() -> Callable[[float], list[int]]:
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


def send(pid: int, number: signal.Signals) -> None:
    """Send a signal to a child of ours; one that ended by itself is heard of otherwise."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
