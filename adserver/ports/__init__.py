"""What the core needs from outside, in its own words. Each docstring is the contract."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from adserver.domain.agent import Agent
from adserver.domain.campaign import Catalog
from adserver.domain.candidate import Candidate
from adserver.domain.consent import NO_MACROS, ConsentMacros
from adserver.domain.creative import AnyCreative
from adserver.domain.entries import AnyEntry
from adserver.domain.money import Nanos
from adserver.domain.notice import Fact
from adserver.domain.opportunity import Auction, Opportunity
from adserver.domain.place import Place


class Clock(Protocol):
    """The time, so that a demo or a simulation can run at any speed."""

    def now(self) -> float:
        """Return seconds since the epoch."""


class ClickModel(Protocol):
    """How likely a click is."""

    name: str
    """Names the model and its version in explanations and metrics."""
    breadth: int
    """How many of those who promise most it has to be asked about: the more its answers vary, the more, 8 at least."""

    def click_probabilities(
        self,
        auction: Auction,
        opportunity: Opportunity,
        candidates: Sequence[Candidate],
        now_s: float,
    ) -> Sequence[float]:
        """Return one probability in (0, 1) per candidate, in order; pure for given arguments."""


class Orders(NamedTuple):
    """What a click is expected to lead to."""

    per_click: float
    """Orders, in (0, 1]."""
    worth: Nanos
    """Of an order, house nanos, half-even."""
    doubt: float = 0.0
    """Standard deviation of the logarithm of orders per click: how little is behind it."""


class OrderModel(Protocol):
    """How often a click becomes an order, and what that is worth."""

    name: str
    """Names the model and its version in explanations."""

    def orders(
        self,
        auction: Auction,
        opportunity: Opportunity,
        candidates: Sequence[Candidate],
        now_s: float,
    ) -> Sequence[Orders]:
        """Return what to expect of each candidate, in order; pure for given arguments.

        Only asked about line items whose goal is by orders.
        """


class Evidence(Protocol):
    """How much is behind click probabilities."""

    def doubts(
        self, auction: Auction, opportunity: Opportunity, candidates: Sequence[Candidate]
    ) -> tuple[float, Sequence[float]]:
        """Return standard deviations of the log odds of a click: one that all share, by the place, and each candidate's own.

        0 says that nothing is left to learn, or that nobody knows how much is.
        """


class Purse(Protocol):
    """Money that this worker may spend without asking: a view in memory of its leases."""

    funded: int
    """The candidates whose line items have something left, as a set of bits."""

    def claim(self, line_item: int, exchange: str, amount: Nanos) -> bool:
        """Take house nanos from the lease of the line item (by index) and the ceilings, or take nothing and return False."""

    def covers(self, exchange: str, amount: Nanos) -> bool:
        """Tell whether the hourly ceilings leave so much for this exchange."""


class Wallet(Purse, Protocol):
    """The whole purse of a worker: what the shell does with it around a decision."""

    paces: list[float]
    """Multipliers on value by line item index, as the owner last said."""

    hold_s: Mapping[str, int]
    """By exchange: how many seconds a bid needs its money; elsewhere as long as it may be billed."""
    good_until: float
    """By the steady clock (`time.monotonic`): nothing is decided later without another look."""
    least_apart_s: float
    most_apart_s: float
    """So far the wall clock is ahead of the steady one while nobody sets it: nothing is decided elsewhere without a look."""

    def look(self, steady_s: float, now_s: float) -> None:
        """Fund nothing that may not be spent now, by the steady clock and by the other."""

    def hold(
        self,
        bid: bytes,
        line_item: int,
        exchange: str,
        amount: Nanos,
        until_s: int,
        held_s: int = 0,
    ) -> None:
        """Remember for which bid a claim was; it is free again when the bid is resolved, at `held_s` (0: `until_s`)."""

    def put_back(self, line_item: int, exchange: str, amount: Nanos) -> None:
        """Undo a claim whose bid was not sent."""


class Flow(Protocol):
    """What of a worker's traffic is counted for pacing."""

    requests: int
    """Raised by one for each request that is decided on."""
    sample_at: float
    """By the steady clock: the next request from then on is to be sampled."""

    def sample(self, chances: Mapping[int, float], at_s: float) -> None:
        """Take in the chances of the latest request, by line item index."""

    def booked(self, line_item: int, amount: Nanos) -> None:
        """Take in a bid that was sent, at its full price."""


class Restraint(Protocol):
    """What somebody stopped by hand."""

    everything: bool
    exchanges: frozenset[str]
    candidates: int
    """The candidates of stopped advertisers, as a set of bits."""


class CampaignSource(Protocol):
    """Where campaigns are written."""

    def load(self) -> Catalog:
        """Return every campaign, checked. Raises `InvalidConfig` with all faults at once."""


class Owner(Protocol):
    """The one process that writes: money, contacts, notices."""

    async def record(self, fact: Fact) -> bool:
        """Return once the fact is durable: True the first time, False for a repetition.

        Raises `Unavailable` if that cannot be promised; the caller then answers 503.
        """


class EventLog(Protocol):
    """What happened, for reports and training; may drop under pressure, and counts what it dropped."""

    def write(self, line: bytes) -> None:
        """Queue one JSON object; never blocks, never raises."""


class LedgerStore(Protocol):
    """Where the ledger's entries are kept: one log in one order, whoever writes."""

    shared: bool
    """Whether others write to it, too. Then a failed `commit` leaves nothing queued, and may have succeeded all the
    same; and one `commit` ends a turn.
    """
    stale: bool
    """What was read need not be what the log says now: before the next turn it wants a fresh `replay`."""
    host: str
    """Our name among those who write to it; nothing where nobody else does."""

    def replay(self) -> Iterator[AnyEntry]:
        """Yield every durable entry in order. Blocks. Raises `InvalidConfig` if the middle is damaged, and
        `Unavailable`.
        """

    async def begin(self) -> Sequence[tuple[str, Sequence[AnyEntry]]]:
        """Take the turn to write, and return what others have written since we last knew: by which host, and what.

        Nobody else writes until our `commit`, which ends the turn, or until we have been silent for too long. Raises
        `Unavailable`; then nobody has the turn.
        """

    def append(self, entries: Sequence[AnyEntry]) -> None:
        """Queue entries; they are durable, all or none, after the next `commit` that succeeds."""

    async def commit(self) -> None:
        """Return once all that was appended before the call is durable; callers share the work.

        Raises `Unavailable` if not; the entries then stay queued for the next attempt, unless the log is shared.
        """

    def compact(self, checkpoint: Callable[[], AnyEntry]) -> None:
        """Replace all that is durable by one entry, if starting takes long without; nothing is queued.

        Raises `Unavailable`; then all is as before.
        """

    def close(self) -> None:
        """Let go of it; what was not committed is lost."""


class EventStore(Protocol):
    """Where events end up."""

    def append(self, lines: bytes) -> None:
        """Add whole JSON lines, each ending in a newline. Blocks. Raises `Unavailable`."""

    def close(self) -> None:
        """Let go of it."""


class Crawlers(Protocol):
    """User agents of programs that read pages on their own."""

    def is_crawler(self, user_agent: str) -> bool:
        """Tell whether this is one; never raises, whatever a stranger sent."""


class Places(Protocol):
    """Where addresses are."""

    def place(self, address: str) -> Place | None:
        """Return the place of an address, or nothing for one that is unknown or none; never raises."""


class Agents(Protocol):
    """What user agents are."""

    def agent(self, text: str) -> Agent:
        """Return what a user agent's string says; never raises, whatever a stranger sent."""


class ListedNetworks(Protocol):
    """Networks of which somebody says that no people sit there."""

    def __contains__(self, address: bytes) -> bool:
        """Tell whether an address of 4 or 16 bytes lies in one of them; never raises."""


class Links(NamedTuple):
    """Where markup reports to; every URL is complete and carries the encrypted ticket."""

    impression: str
    click: str
    """Redirects to the creative's landing page."""
    events: str
    """A prefix: append the name of a video event (`start`, `complete` ...)."""
    serving: str
    """Names this serving of the creative and tells nothing else; letters and digits."""
    why: str
    """Tells the person why they see this and who paid; empty where the publisher does."""
    viewable: str = ""
    """To be called once half of it has been in view for a second (for videos: for two)."""
    consent: ConsentMacros = NO_MACROS
    """The privacy signals, for third parties."""
    bare_click: str = ""
    """The click link without what the exchange wants before it, for places that can only hold one address."""


class Markup(Protocol):
    """One creative, prepared at load."""

    varies: bool
    """Whether the markup depends on the space: what is asked of a video or a native ad."""
    hands_on_consent: bool
    """Whether it contains `links.consent`."""

    def render(self, links: Links, opportunity: Opportunity) -> str:
        """Return the `adm` for this opportunity, escaped for its context.

        It depends on nothing but the links, which it contains as they are but for escaped punctuation, and, if it
        varies, on the opportunity's space of the creative's kind.
        """


class Channel(Protocol):
    """A way to put a creative out."""

    def prepare(self, creative: AnyCreative) -> Markup:
        """Return the creative as markup to render. Raises `ValueError` with what is wrong."""
