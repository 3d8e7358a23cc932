"""A request with what is true when it comes, and changes of it."""

import copy
from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple

import msgspec

from adserver.domain.reasons import Reason
from tests.torture import kinds
from tests.torture.kinds import ALL, KINDS

Json = dict[str, Any]
NOON, NIGHT = 12, 23


class Situation(msgspec.Struct):
    """A request and what is true when it comes."""

    kind: str
    request: Json
    base: Json
    """The same request, unspoiled."""
    exchange: str
    hour: int = NOON
    stopped: bool = False
    """Somebody stopped everything."""
    advertiser_stopped: bool = False
    hasty: bool = False
    """The id comes more often than people do."""
    funded: bool = True
    claimable: bool = True
    covered: bool = True
    """The hourly ceiling leaves something."""
    covered_at_claim: bool = True
    seen: int = 0
    """So often the person saw this line item in the last hour."""

    @property
    def media(self) -> str:
        """What is sold."""
        return KINDS[self.kind].media

    @property
    def imp(self) -> Json:
        """The one that is sold."""
        imp: Json = self.request["imp"][0]
        return imp


Change = Callable[[Situation, Random], None]


class Spoiler(NamedTuple):
    """One condition broken."""

    reason: Reason
    place: str
    """Spoilers of one place exclude each other."""
    spoil: Change
    kinds: tuple[str, ...] = ALL
    on_the_wire: bool = True
    """Does the request carry it?"""


def put(path: str, *values: Any) -> Change:
    """Set a path of the request to one of these; see `kinds.way`."""
    return lambda situation, dice: kinds.write(
        situation.request, path, situation.kind, copy.deepcopy(dice.choice(values))
    )


def be(**fields: Any) -> Change:
    """Set a field of the situation; a tuple is a choice."""
    ((field, given),) = fields.items()
    values = given if isinstance(given, tuple) else (given,)
    return lambda situation, dice: setattr(situation, field, dice.choice(values))


def restore(*paths: str) -> Change:
    """Make these paths what they were in the good request, or take them away."""

    def change(situation: Situation, _: Random) -> None:
        for path in paths:
            kinds.restore(situation.request, situation.base, path, situation.kind)

    return change


def both(*changes: Change) -> Change:
    """Make one change after the other."""

    def change(situation: Situation, dice: Random) -> None:
        for each in changes:
            each(situation, dice)

    return change
