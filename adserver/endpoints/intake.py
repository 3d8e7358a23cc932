"""From a token and a query to a recorded fact: what notices, pixels and clicks have in common."""

from collections.abc import Callable, Mapping
from enum import StrEnum

from adserver.domain.exchange import ExchangeTerms
from adserver.domain.notice import KINDS, Kind, Notice
from adserver.domain.opportunity import MediaType
from adserver.domain.ticket import Ticket
from adserver.endpoints.suspicion import Visitor
from adserver.endpoints.tokens import TokenVault
from adserver.errors import InvalidToken, Unavailable
from adserver.metrics import INVALID_TRAFFIC, NOTICES
from adserver.ports import Clock, Owner
from adserver.validity.judge import ContactJudge

PriceReader = Callable[[str | None], int | str | None]
"""Micros per mille in the bid's currency from a price parameter. A text says why there is no price: the notice is
recorded without.
"""

_UNTIL_BILLED = frozenset[Kind]({"win", "billing", "loss", "impression"})
_FROM_EXCHANGES = frozenset[Kind]({"win", "billing", "loss"})
_MAX_LOSS_CODE = 9_999


class Outcome(StrEnum):
    """What became of a notice."""

    NEW = "new"
    REPEATED = "repeated"
    EXPIRED = "expired"
    MALFORMED = "malformed"
    FORGED = "forged"
    UNKNOWN_KEY = "unknown_key"
    UNLINKED = "unlinked"  # a click whose creative has no landing page any more
    UNAVAILABLE = "unavailable"

    @property
    def status(self) -> int:
        """The HTTP status: a repetition is as good as the first time, only 503 asks for another."""
        return _STATUS[self]

    @property
    def reason(self) -> str:
        """For the header: empty if all is well."""
        return "" if self.status == 200 else self.value  # noqa: PLR2004  HTTP's own number


_STATUS = {
    Outcome.NEW: 200,
    Outcome.REPEATED: 200,
    Outcome.EXPIRED: 410,
    Outcome.MALFORMED: 400,
    Outcome.FORGED: 400,
    Outcome.UNKNOWN_KEY: 400,
    Outcome.UNLINKED: 404,
    Outcome.UNAVAILABLE: 503,
}


class Intake:
    """Opens tokens, judges their time, has the owner record the fact, and counts what became of it."""

    def __init__(
        self,
        *,
        vault: TokenVault,
        owner: Owner,
        clock: Clock,
        terms: Mapping[str, ExchangeTerms],
        read_price: PriceReader,
        judge: ContactJudge | None = None,
    ) -> None:
        """Without a judge every impression and click is taken for a person's."""
        self._vault = vault
        self._owner = owner
        self._clock = clock
        self._terms = terms
        self._read_price = read_price
        self._judge = judge
        self._invalid = {
            (kind, rule): INVALID_TRAFFIC.labels(kind, rule)
            for kind in (KINDS if judge else ())
            for rule in (judge.rules if judge else ())
            if kind not in _FROM_EXCHANGES
        }
        self._counters = {
            (kind, outcome): NOTICES.labels(kind, outcome) for kind in KINDS for outcome in Outcome
        }

    async def take(
        self, kind: Kind, token: str, query: Mapping[str, str], visitor: Visitor | None = None
    ) -> Outcome:
        """Record the notice once and say what became of it; never raises for what a stranger sent.

        Behind an exchange's notices there is no visitor.
        """
        ticket = self.open(kind, token)
        if isinstance(ticket, Outcome):
            return ticket
        notice = self.notice(kind, ticket, query, visitor)
        if notice.at_s > _until_s(notice):
            return self.count(kind, Outcome.EXPIRED)
        return await self.record(notice)

    def open(self, kind: Kind, token: str) -> Ticket | Outcome:
        """Return the ticket, or why it is refused, counted."""
        try:
            return self._vault.open(token)
        except InvalidToken as refusal:
            return self.count(kind, Outcome(refusal.reason))

    def notice(
        self,
        kind: Kind,
        ticket: Ticket,
        query: Mapping[str, str],
        visitor: Visitor | None = None,
    ) -> Notice:
        """Return the notice with whatever of its query can be read.

        `p` is the cleared price; in a loss notice it is what would have won. `r` is the loss code.
        """
        price = self._read_price(query.get("p"))
        now_s = self._clock.now()
        rule = ""
        if visitor is not None and self._judge is not None:
            rule = self._judge.judge(kind, ticket, now_s, *visitor)
        return Notice(
            kind=kind,
            ticket=ticket,
            at_s=int(now_s),
            settles=not ticket.test and self._billable(ticket) == kind,
            wire_price=price if isinstance(price, int) else None,
            loss_code=_loss_code(query.get("r")) if kind == "loss" else None,
            rule=rule,
        )

    async def record(self, notice: Notice) -> Outcome:
        """Return once the owner has promised to keep the notice, or cannot promise it."""
        try:
            new = await self._owner.record(notice)
        except Unavailable:
            return self.count(notice.kind, Outcome.UNAVAILABLE)
        if new and notice.rule:
            self._invalid[notice.kind, notice.rule].inc()
        return self.count(notice.kind, Outcome.NEW if new else Outcome.REPEATED)

    def count(self, kind: Kind, outcome: Outcome) -> Outcome:
        """Count an outcome and return it."""
        self._counters[kind, outcome].inc()
        return outcome

    def _billable(self, ticket: Ticket) -> str:
        # An exchange that left the configuration still invoices what it sold before: by the usual terms.
        terms = self._terms.get(ticket.exchange) or ExchangeTerms(name=ticket.exchange)
        return terms.billable(MediaType(ticket.media_type))


def _until_s(notice: Notice) -> int:
    """Return until when the notice counts.

    What settles is taken as long as the token lives at all: the exchange invoices it late or not, and the owner,
    who remembers that long what was counted, books it as late.
    """
    ticket = notice.ticket
    if notice.settles:
        return max(ticket.bill_until_s, ticket.click_until_s)
    return ticket.bill_until_s if notice.kind in _UNTIL_BILLED else ticket.click_until_s


def _loss_code(text: str | None) -> int | None:
    if not text or not text.isascii() or not text.isdigit() or len(text) > len(str(_MAX_LOSS_CODE)):
        return None  # a macro that nobody replaced, `AUDIT`, nonsense
    return int(text)
