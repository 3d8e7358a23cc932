"""Signals between processes: waiting for them without a thread, and sending them to who may be gone."""

import os
import selectors
import signal
import socket
from collections.abc import Callable, Sequence


def arriving() -> Callable[[float, Sequence[int]], list[int]]:
    """Return a function that waits for signals up to so many seconds and returns their numbers.

    It also ends, with none, as soon as one of the given descriptors can be read.
    """
    reading, writing = socket.socketpair()
    for end in (reading, writing):
        end.setblocking(False)  # noqa: FBT003 - the standard library's signature
    signal.set_wakeup_fd(writing.fileno())
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(number, lambda *_: None)

    def wait(seconds: float, also: Sequence[int] = ()) -> list[int]:
        writing.fileno()  # kept open as long as this function lives
        with selectors.DefaultSelector() as selector:
            for source in (reading.fileno(), *also):
                selector.register(source, selectors.EVENT_READ)
            ready = [key.fd for key, _ in selector.select(seconds)]
        return list(reading.recv(1_024)) if reading.fileno() in ready else []

    return wait


def send(pid: int, number: signal.Signals) -> None:
    """Send a signal to a child of ours; one that ended by itself is heard of otherwise."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
