"""What the owner process is made of."""

from adapters.events.segment_files import SegmentFiles
from adapters.ledger.journal import Journal
from adserver.background.owner_parts import OwnerParts
from adserver.bootstrap.state import SnapshotSource, SystemClock, ceilings, places, profiles_config
from adserver.config import Loaded


def owner_parts(loaded: Loaded) -> OwnerParts:
    """Build the owner process."""
    where = places(loaded)
    people = profiles_config(loaded).build_writer()
    return OwnerParts(
        socket=where.socket,
        store=Journal(where.journal),
        events=SegmentFiles(where.events),
        contacts=people,
        people=people,
        audiences=people,
        campaigns=SnapshotSource(where.snapshot),
        clock=SystemClock(),
        ceilings=ceilings(loaded),
        billing_life_s=max(
            (terms.longest_life_s for terms in loaded.terms.values()), default=3_600
        ),
    )
