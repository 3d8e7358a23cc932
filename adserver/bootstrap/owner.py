"""What the owner process is made of."""

from adapters.events.segment_files import SegmentFiles
from adapters.ledger import journal
from adserver.background.owner_parts import OwnerParts
from adserver.bootstrap.state import (
    SnapshotSource,
    SystemClock,
    ceilings,
    people_writer,
    places,
)
from adserver.config import Loaded


def owner_parts(loaded: Loaded) -> OwnerParts:
    """Build the owner process."""
    where = places(loaded)
    ledger = loaded.settings.ledger or journal.Config()
    people = people_writer(loaded)
    return OwnerParts(
        socket=where.socket,
        store=ledger.within(loaded.file.parent).build(where.journal),
        events=SegmentFiles(where.events),
        contacts=people,
        people=people,
        audiences=people,
        campaigns=SnapshotSource(where.snapshot),
        clock=SystemClock(),
        strict=loaded.settings.money.mode == "strict",
        host_term_s=loaded.settings.money.host_term_s,
        ceilings=ceilings(loaded),
        supply=where.chances,
        billing_life_s=max(
            (terms.longest_life_s for terms in loaded.terms.values()), default=3_600
        ),
    )
