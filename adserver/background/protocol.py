"""What workers and the owner say to each other: MessagePack frames over a Unix socket.

A frame is its length (4 bytes, big-endian) and one message. Both ends are the same release on the
same machine, so there are no versions: a frame that cannot be read ends the connection.
"""

import asyncio
from collections.abc import AsyncIterator
from struct import Struct
from typing import TypeVar

import msgspec

from adserver.background import people_messages
from adserver.background.money_messages import Amend, Amended, Flow, Release, Released
from adserver.background.people_messages import Counted, Forget
from adserver.background.report_rows import InvalidRow, LineReport
from adserver.domain.bandit import Arm
from adserver.domain.money import Nanos
from adserver.domain.notice import Fact
from adserver.domain.person import PersonKey, Touch
from adserver.errors import AdserverError

MAX_MESSAGE_BYTES = 64 << 20
CHUNK_BYTES = 1 << 18
_LENGTH = Struct(">I")


class Broken(AdserverError):
    """The other end said something that is no message."""


class _Message(msgspec.Struct, frozen=True, array_like=True, tag=True):
    pass


# --- from a worker ---


class Hello(_Message, frozen=True):
    """The first message. Who comes back after a break tells what it believes to have."""

    slot: int
    pid: int
    lease: int = 0
    """0: a new one, please."""
    believed: tuple[tuple[int, Nanos], ...] = ()
    """By pot: what is free or held for bids."""
    holds: tuple[bytes, ...] = ()
    """The bids held for."""
    stamp_s: float = 0.0
    """When it was said, by the worker's own steady clock."""


class Ask(_Message, frozen=True):
    """More money: pairs of key and nanos wanted (0: as much as is usual)."""

    wants: tuple[tuple[int, Nanos], ...]
    least: dict[int, Nanos] = {}
    """By key: less than that is of no use now, where a claim failed."""


class Return(_Message, frozen=True):
    """Money not needed any more: pairs of pot and nanos."""

    amounts: tuple[tuple[int, Nanos], ...]


class Renew(_Message, frozen=True):
    """May we go on? `stamp_s` is when we asked, by our own steady clock."""

    stamp_s: float


class Record(_Message, frozen=True):
    """Make this durable and say so."""

    request: int
    fact: Fact


class Events(_Message, frozen=True):
    """Whole JSON lines for the event log; not acknowledged."""

    lines: bytes


class Query(_Message, frozen=True):
    """Tell the state of all line items."""

    request: int


class Reload(_Message, frozen=True):
    """Load the catalog again: budgets, fees or people changed."""

    request: int


class Correct(_Message, frozen=True):
    """Take back what a rule said of impressions and clicks, or take that back; answered by `Corrected`."""

    request: int
    rule: str
    start_s: int
    end_s: int
    valid: bool


class Scrape(_Message, frozen=True):
    """Tell the metrics."""

    request: int


# --- from the owner ---


class Welcome(_Message, frozen=True):
    """The answer to `Hello`; another lease than announced means that the old one has expired."""

    lease: int
    stamp_s: float
    """That of the `Hello`."""
    term_s: float
    """So long after it the lease is good without another word."""
    ahead_s: float
    """So long what is granted should last."""


class Renewed(_Message, frozen=True):
    """The answer to `Renew`: the lease is good for so long after its stamp."""

    stamp_s: float
    term_s: float


class Holds(_Message, frozen=True):
    """By exchange: how many seconds a bid needs its money; elsewhere as long as it may be billed."""

    seconds: dict[str, int]


class Grant(_Message, frozen=True):
    """Money: key, pot, nanos, and when its window ends (seconds since the epoch)."""

    grants: tuple[tuple[int, int, Nanos, int], ...]


class Recall(_Message, frozen=True):
    """Another worker has nothing left: give back half of what is free in these pots."""

    pots: tuple[int, ...]


class Recorded(_Message, frozen=True):
    """It is durable; `first` is false for a repetition."""

    request: int
    first: bool


class Failed(_Message, frozen=True):
    """It is not durable."""

    request: int
    message: str


class Resolved(_Message, frozen=True):
    """Bids that no longer hold money: pairs of bid and nanos charged (0: lost)."""

    bids: tuple[tuple[bytes, Nanos], ...]


class Contact(_Message, frozen=True):
    """Impressions that a moment ago came true, on any worker."""

    touches: tuple[tuple[PersonKey, Touch], ...]


class Paces(_Message, frozen=True):
    """By line item number: the share of its chances to take; only what changed."""

    multipliers: dict[int, float]


class Arms(_Message, frozen=True):
    """What was seen and clicked, by line item number and arm; of line items that are not named nothing changed."""

    counts: dict[int, dict[int, Arm]]


class Trouble(_Message, frozen=True):
    """Why nothing can be made durable now; empty when it can again."""

    problem: str


class Report(_Message, frozen=True):
    """The answer to `Query` and `Reload`."""

    request: int
    lines: tuple[LineReport, ...] = ()
    quarantined: int = 0
    events_dropped: int = 0
    failing: str = ""
    """Why nothing can be made durable now."""
    invalid: tuple[InvalidRow, ...] = ()


class Corrected(_Message, frozen=True):
    """It is durable: how it stands now with what the correction names."""

    request: int
    rows: tuple[InvalidRow, ...]


class Scraped(_Message, frozen=True):
    """The answer to `Scrape`: the Prometheus text of the owner's own metrics."""

    request: int
    text: bytes


Answer = Recorded | Report | Scraped | Corrected | Amended | people_messages.Answer
"""What a worker waits for, each with the number of its question."""
FromWorker = (
    Hello | Ask | Return | Renew | Release | Flow | Record | Events | Query | Reload | Correct | Amend | Scrape | people_messages.Question
)  # fmt: skip
FromOwner = (
    Answer
    | Welcome
    | Renewed
    | Released
    | Holds
    | Grant
    | Recall
    | Failed
    | Resolved
    | Contact
    | Counted
    | Paces
    | Arms
    | Trouble
    | Forget
)

_encoder = msgspec.msgpack.Encoder()
from_worker = msgspec.msgpack.Decoder(FromWorker)
from_owner = msgspec.msgpack.Decoder(FromOwner)

M = TypeVar("M")


def frame(message: FromWorker | FromOwner) -> bytes:
    """Return a message as it goes over the socket."""
    payload = _encoder.encode(message)
    return _LENGTH.pack(len(payload)) + payload


async def messages(
    reader: asyncio.StreamReader, decoder: msgspec.msgpack.Decoder[M]
) -> AsyncIterator[M]:
    """Yield messages until the other end closes. Raises `Broken` for what is no message."""
    waiting = bytearray()
    while chunk := await reader.read(CHUNK_BYTES):
        waiting += chunk
        start = 0
        while len(waiting) - start >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(waiting, start)
            if length > MAX_MESSAGE_BYTES:
                raise Broken(f"a message of {length} bytes")
            end = start + _LENGTH.size + length
            if len(waiting) < end:
                break
            try:
                message = decoder.decode(bytes(waiting[start + _LENGTH.size : end]))
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                raise Broken(str(error)) from error
            yield message
            start = end
        del waiting[:start]
