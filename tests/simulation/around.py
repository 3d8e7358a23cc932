"""What a simulation changes in the code's surroundings: where it logs, where the journal writes, how much evidence it waits for."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import structlog

from adapters.ledger import journal
from adserver.domain import delays

REWRITE_BYTES = 100_000
EVIDENCE = 60
LATE_PPM = 150_000
"""Many notices are late here, and few come in a day: with these, bids let go of their money early all the same."""
HARMLESS = frozenset(
    {
        "ledger_unavailable", "ledger_sync_failed", "contacts_unavailable", "worker_reads_nothing",
    }
)  # fmt: skip
"""Errors that our faults bring about."""


@contextmanager
def quiet_logs(error: Callable[[dict[str, Any]], None]) -> Iterator[None]:
    """Pass over the log, but for what names a bug."""
    before = structlog.get_config()

    def drop(_: object, level: str, event: Any) -> Any:
        if level in {"error", "critical"} and event["event"] not in HARMLESS:
            error(event)
        raise structlog.DropEvent

    structlog.configure(processors=[drop], cache_logger_on_first_use=False)
    try:
        yield
    finally:
        structlog.configure(**before)


@contextmanager
def patched(disk: object) -> Iterator[None]:
    """Let the journal write on our disk and begin anew early."""
    with (
        patch.object(journal, "os", disk),
        patch.object(journal, "REWRITE_BYTES", REWRITE_BYTES),
        patch.object(delays, "EVIDENCE", EVIDENCE),
        patch.object(delays, "LATE_PPM", LATE_PPM),
    ):
        yield
