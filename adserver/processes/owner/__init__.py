"""The owner: the one process that writes money, contacts and events."""

from adserver.background.owner_parts import OwnerParts
from adserver.processes.owner.service import run

__all__ = ["OwnerParts", "run"]
