"""What waits for a turn."""

from collections.abc import Callable
from typing import NamedTuple

import structlog

TURN_S = 0.1
"""So long a turn decides; the last job that it began is done in it."""

_log = structlog.get_logger()

Refuse = Callable[[str], None]
"""Called with the reason."""


class Job(NamedTuple):
    """What waits."""

    do: Callable[[], None]
    refuse: Refuse | None
    """Called in its place when there is no turn to be had; without one it waits for the next."""


class Jobs:
    """In their order."""

    def __init__(self) -> None:
        self._waiting: list[Job] = []

    def __bool__(self) -> bool:
        """Tell whether something waits."""
        return bool(self._waiting)

    def add(self, job: Job) -> None:
        """Let it wait behind all others."""
        self._waiting.append(job)

    def add_first(self, job: Job) -> None:
        """Let it wait before all others."""
        self._waiting.insert(0, job)

    def run(self, monotonic: Callable[[], float]) -> None:
        """Run what waits; what takes too long for one turn stays, and others are heard in between."""
        jobs, self._waiting = self._waiting, []
        until_s = monotonic() + TURN_S
        for number, job in enumerate(jobs):
            if monotonic() > until_s:
                self._waiting = jobs[number:] + self._waiting
                return
            try:
                job.do()
            except Exception:  # noqa: BLE001 - a bug: loud, and no reason to fail everybody else
                _log.exception("owner_job_failed")
                if job.refuse is not None:
                    job.refuse("the owner failed; its log tells more")

    def refuse(self, why: str) -> None:
        """Refuse what cannot wait."""
        waiting, self._waiting = self._waiting, []
        for job in waiting:
            if job.refuse is None:
                self._waiting.append(job)
            else:
                job.refuse(why)
