"""A machine that stands somewhere else."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def standing_in(zone: str) -> Iterator[None]:
    """Let the machine's own time zone be this one for a while."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = zone
    time.tzset()
    try:
        yield
    finally:
        if before is None:
            del os.environ["TZ"]
        else:
            os.environ["TZ"] = before
        time.tzset()
