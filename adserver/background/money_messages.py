"""What flows through workers, and what a command asks the owner to correct in the books; see `protocol`."""

from typing import Literal

import msgspec

from adserver.domain.money import Nanos

Booked = Literal["booked", "repeated", "unknown"]
"""`repeated`: it was booked before. `unknown`: nothing was ever paid for that line item, and it is in no campaign."""


class _Message(msgspec.Struct, frozen=True, array_like=True, tag=True):
    pass


class Release(_Message, frozen=True):
    """May we let go of what bids hold? Until it is answered nothing that they hold is free."""

    until_s: int
    """Of bids that by their tickets hold money until then, or shorter; 0: of none."""
    exposed: dict[int, Nanos]
    """By key: the full price of bids that will hold no money then and may still be billed."""


class Released(_Message, frozen=True):
    """The answer: whatever they were charged was told before this, and nothing more will be."""

    until_s: int


class Flow(_Message, frozen=True):
    """What a worker counted since it said so last."""

    elapsed_s: float
    requests: int
    """How many it decided on."""
    samples: int
    """How many of them it looked at for chances."""
    lines: tuple["LineFlow", ...]
    is_more: bool = False
    """These lines belong to what was told before; its requests and samples are not told again."""


class LineFlow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What was counted of one line item."""

    number: int
    chances: float
    """Estimated for all requests."""
    bids: int
    claimed: Nanos
    """Their full price."""
    free: Nanos
    """What is in its lease now and in no bid."""


class Amendment(msgspec.Struct, frozen=True, array_like=True):
    """One correction; amounts may be negative."""

    number: bytes
    """What the same correction has each time it is made."""
    line_item: int
    exchange: str
    about_s: int
    """A moment of the day (UTC) that it is about."""
    media: Nanos
    impressions_ppm: int
    wire: Nanos
    """By how much what the exchange billed changes, nanos of its currency."""
    currency: str
    """Nothing for the house currency."""
    why: str


class Amend(_Message, frozen=True):
    """Book corrections of money; answered by `Amended`."""

    request: int
    amendments: tuple[Amendment, ...]


class Amended(_Message, frozen=True):
    """It is durable: what became of each."""

    request: int
    outcomes: tuple[Booked, ...]
