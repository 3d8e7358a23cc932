"""From a token and a query to a recorded fact: what notices, pixels and clicks have in common."""

import re
from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum

from adserver.domain.exchange import ExchangeTerms
from adserver.domain.fees import PPM
from adserver.domain.losses import LossReason
from adserver.domain.notice import KINDS, Kind, Notice
from adserver.domain.opportunity import MediaType
from adserver.domain.ticket import Ticket
from adserver.endpoints.suspicion import Visitor
from adserver.endpoints.tokens import TokenVault
from adserver.errors import InvalidToken, Unavailable
from adserver.metrics import INVALID_TRAFFIC, LOSSES, NOTICES, PRICES_UNREAD
from adserver.openrtb.dialect import PriceReader, Unread
from adserver.openrtb.losses import loss_reason
from adserver.ports import Clock, Owner
from adserver.validity.judge import ContactJudge

_UNTIL_BILLED = frozenset[Kind]({"win", "billing", "loss", "impression"})
_FROM_EXCHANGES = frozenset[Kind]({"win", "billing", "loss"})
_MAX_LOSS_CODE = 9_999
_LONGEST_NUMBER = 32
_NUMBER = re.compile(r"[0-9]{1,12}(\.[0-9]{1,20})?([eE][+-]?[0-9])?")


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
        price_readers: Mapping[str, PriceReader],
        plain: PriceReader,
        judge: ContactJudge | None = None,
    ) -> None:
        """Without a judge every impression and click is taken for a person's. Prices are read as each exchange writes
        them, and in the open (`plain`) for who left the configuration.
        """
        self._vault = vault
        self._owner = owner
        self._clock = clock
        self._terms = terms
        self._price_readers = price_readers
        self._plain = plain
        self._judge = judge
        self._invalid = {
            (kind, rule): INVALID_TRAFFIC.labels(kind, rule)
            for kind in (KINDS if judge else ())
            for rule in (judge.rules if judge else ())
            if kind not in _FROM_EXCHANGES
        }
        self._losses = {
            (name, reason): LOSSES.labels(name, reason) for name in terms for reason in LossReason
        }
        self._unread = {
            (name, why): PRICES_UNREAD.labels(name, why) for name in terms for why in Unread
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

        `p` is the cleared price; in a loss notice it is what would have won, which `m` is in others. `r` is the loss code,
        `n` how many impressions were won.
        """
        now_s = self._clock.now()
        read = self._price_readers.get(ticket.exchange, self._plain)
        price = read(query.get("p"), ticket.bid_s, now_s)
        settles = not ticket.test and self._billable(ticket) == kind
        if settles and isinstance(price, Unread) and ticket.exchange in self._terms:
            self._unread[ticket.exchange, price].inc()
        micros, seal = (None, b"") if isinstance(price, Unread) else price
        least = query.get("p" if kind == "loss" else "m")
        rule = ""
        # Screens out of home report by their players and servers: no person is to be expected there.
        if visitor is not None and self._judge is not None and not ticket.out_of_home:
            rule = self._judge.judge(kind, ticket, now_s, *visitor)
        loss_code = loss = None
        if kind == "loss":
            loss_code = _loss_code(query.get("r"))
            loss = loss_reason(loss_code, self._terms_of(ticket).loss_codes)
        return Notice(
            kind=kind,
            ticket=ticket,
            at_s=int(now_s),
            settles=settles,
            wire_price=micros,
            wire_minimum=None if least is None else self._least(least, ticket, now_s),
            seal=seal,
            impressions_ppm=_millionths(query.get("n")) if ticket.out_of_home else None,
            loss_code=loss_code,
            loss=loss,
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
        if new and notice.loss is not None and notice.ticket.exchange in self._terms:
            self._losses[notice.ticket.exchange, notice.loss].inc()
        return self.count(notice.kind, Outcome.NEW if new else Outcome.REPEATED)

    def count(self, kind: Kind, outcome: Outcome) -> Outcome:
        """Count an outcome and return it."""
        self._counters[kind, outcome].inc()
        return outcome

    def _least(self, text: str, ticket: Ticket, now_s: float) -> int | None:
        """Return what would have won: in the open or encrypted as prices are; exchanges differ in that."""
        found = self._plain(text, ticket.bid_s, now_s)
        if isinstance(found, Unread):
            found = self._price_readers.get(ticket.exchange, self._plain)(text, ticket.bid_s, now_s)
        return None if isinstance(found, Unread) else found.micros

    def _terms_of(self, ticket: Ticket) -> ExchangeTerms:
        # An exchange that left the configuration still invoices what it sold before: by the usual terms.
        return self._terms.get(ticket.exchange) or ExchangeTerms(name=ticket.exchange)

    def _billable(self, ticket: Ticket) -> str:
        terms = self._terms_of(ticket)
        return terms.billable(MediaType(ticket.media_type), out_of_home=ticket.out_of_home)


def _until_s(notice: Notice) -> int:
    """Return until when the notice counts.

    What settles is taken as long as the token lives at all: the exchange invoices it late or not, and the owner,
    who remembers that long what was counted, books it as late.
    """
    ticket = notice.ticket
    if notice.settles:
        return max(ticket.bill_until_s, ticket.click_until_s)
    return ticket.bill_until_s if notice.kind in _UNTIL_BILLED else ticket.click_until_s


def _millionths(text: str | None) -> int | None:
    """Return a decimal number, as exchanges write floats, in millionths, half-even."""
    if not text or len(text) > _LONGEST_NUMBER or not _NUMBER.fullmatch(text):
        return None
    return int((Decimal(text) * PPM).to_integral_value(ROUND_HALF_EVEN))


def _loss_code(text: str | None) -> int | None:
    if not text or not text.isascii() or not text.isdigit() or len(text) > len(str(_MAX_LOSS_CODE)):
        return None  # a macro that nobody replaced, `AUDIT`, nonsense
    return int(text)
