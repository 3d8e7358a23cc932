"""Clients that go on side by side while a test changes something."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread


@contextmanager
def side_by_side(flow: Callable[[Event], None], lines: int) -> Iterator[None]:
    """Run so many of these until left; each ends when it sees its event set."""
    over = Event()
    threads = [Thread(target=flow, args=(over,)) for _ in range(lines)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()
