"""What all connections of an owner work with."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from adserver.domain.ledger import Ledger
from adserver.ports import Clock
from adserver.processes.owner.commits import Commits
from adserver.processes.owner.exposure import Exposure
from adserver.processes.owner.grants import Grants
from adserver.processes.owner.installs import Installs
from adserver.processes.owner.notices import Notices
from adserver.processes.owner.paces import Paces as PaceKeeper
from adserver.processes.owner.people import PeopleKeeper
from adserver.processes.owner.workers import Workers


@dataclass(frozen=True)
class Desk:
    """What all connections work with."""

    clock: Clock
    ledger: Ledger
    commits: Commits
    grants: Grants
    notices: Notices
    installs: Installs
    paces: PaceKeeper
    people: PeopleKeeper
    workers: Workers
    reload: Callable[[], Awaitable[None]]
    exposure: Exposure
    term_s: Callable[[], float]
    """How long workers may bid without another word of ours."""
    ahead_s: float
    """How long what is granted should last."""
    holds: Callable[[], dict[str, int]]
    """By exchange: how long bids need their money."""
