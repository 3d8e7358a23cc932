"""An owner as a process of its own, to be killed: `python owner_alone.py FOLDER`."""

import sys
import time
from pathlib import Path

from adapters.events.segment_files import SegmentFiles
from adapters.ledger.journal import Journal
from adserver.domain.campaign import Budget
from adserver.processes.owner import OwnerParts, run
from tests.fakes.contacts import FakeContacts
from tests.fakes.profiles import FakeProfiles
from tests.unit.processes.owner_world import Source

BUDGET = 200_000


class WallClock:
    """The real time."""

    def now(self) -> float:
        """Return it."""
        return time.time()


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    people = FakeProfiles()
    run(
        OwnerParts(
            socket=folder / "owner",
            store=Journal(folder / "ledger"),
            events=SegmentFiles(folder / "events"),
            contacts=FakeContacts(),
            people=people,
            audiences=people,
            campaigns=Source(budget=Budget(lifetime=BUDGET)),
            clock=WallClock(),
        )
    )
