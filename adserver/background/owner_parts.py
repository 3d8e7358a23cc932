"""What the owner process is made of; bootstrap builds it, the owner runs it."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from adserver.domain.money import Nanos
from adserver.ports import CampaignSource, Clock, EventStore, LedgerStore
from adserver.ports.people import Audiences, Contacts, People


@dataclass(frozen=True)
class OwnerParts:
    """What the owner is made of."""

    socket: Path
    store: LedgerStore
    events: EventStore
    contacts: Contacts
    people: People
    audiences: Audiences
    campaigns: CampaignSource
    clock: Clock
    monotonic: Callable[[], float] = time.monotonic
    ceilings: Mapping[str, Nanos] = field(default_factory=dict)
    """Nanos per hour of the clock, by exchange name; `all` for everything together."""
    billing_life_s: int = 3_600
    """No bid may be billed longer than this after its auction."""
    supply: Path | None = None
    """Where what is learned of supply is kept between starts, if it is."""
    strict: bool = False
    """Bids hold their money as long as they may be billed, however long bills usually take."""
    host_term_s: float = 120.0
    """A host from which nothing was read for so long is taken for dead."""
