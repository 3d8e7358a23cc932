"""Everything that can go wrong, named by whose fault it is."""

from collections.abc import Sequence
from dataclasses import dataclass


class AdserverError(Exception):
    """Anything this server raises on purpose; whatever else is raised is a bug."""


class InvalidBidRequest(AdserverError):  # theirs
    """The exchange sent something we must answer with 400: `reason` is a closed, short code."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason


class InvalidToken(AdserverError):  # theirs
    """A tracking token that we did not make, that was altered, or whose time is over."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Fault:
    """One thing to mend: in which file, where in it, what is wrong and what to do."""

    file: str
    path: str
    message: str

    def __str__(self) -> str:
        if self.path == "$":  # the whole file: the root's name would say nothing more
            return f"{self.file}: {self.message}"
        return f"{self.file}: {self.path}: {self.message}"


class InvalidConfig(AdserverError):  # the operator's
    """Settings, campaigns or artifacts that cannot be used; carries every fault found, not the first."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = tuple(faults)


class Unavailable(AdserverError):  # a dependency's
    """Something outside the process did not answer, answered late, or is broken."""
