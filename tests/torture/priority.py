"""Going before whatever else the machine does, where the system allows it: its noise is then not measured."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_LOWEST = os.sched_param(1)


@contextmanager
def first(*pids: int, inherited: bool) -> Iterator[None]:
    """Let this thread and processes go first; `inherited` by what this thread starts meanwhile, or not.

    Without the right to do so (`CAP_SYS_NICE`) nothing changes, and noise may decide where milliseconds count.
    """
    policy = os.SCHED_FIFO if inherited else os.SCHED_FIFO | os.SCHED_RESET_ON_FORK
    with suppress(PermissionError):
        for pid in (0, *pids):
            os.sched_setscheduler(pid, policy, _LOWEST)
    try:
        yield
    finally:
        for pid in (0, *pids):
            with suppress(PermissionError, ProcessLookupError):
                os.sched_setscheduler(pid, os.SCHED_OTHER, os.sched_param(0))
