"""`/p/{partner}`: what happened in an application, as an attribution partner reports it; counted once as an order.

The partner writes its own words into the address or the body; `Terms` say which of them is which of ours. It knows people
by the click id that our link handed it, and where measuring was not permitted it was handed none.
"""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from adserver.domain.consent import Permission, Signals
from adserver.domain.money import Nanos, Rates
from adserver.domain.notice import Conversion
from adserver.endpoints.browser_signals import browser_signals
from adserver.endpoints.messages import Reply, Request
from adserver.endpoints.postbacks.proofs import Proof
from adserver.endpoints.replies import empty, json, problem, wrong_method
from adserver.endpoints.reported import InvalidOrder, click_of, fields_of, sum_of, text_of
from adserver.endpoints.tokens import TokenVault
from adserver.errors import InvalidToken, Unavailable
from adserver.metrics import PARTNER_POSTBACKS
from adserver.ports import Clock, Owner

MAX_WORD_CHARS = 128
"""Of an event's name, and of an order number."""


_SEAM = "\0"
"""Between words of a partner's, which have none: so no two orders are one, nor one of a shop's."""


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What was agreed with one partner."""

    name: str
    click: str
    """What the partner calls our click id; so the next five."""
    event: str
    order: str
    revenue: str
    currency: str
    events: frozenset[str] = frozenset()
    """The events that count; empty: all."""
    advertiser: str = ""
    """Whose orders these are; empty: that of the click's line item."""


class Partner:
    """The endpoint of one partner; GET or POST."""

    def __init__(
        self,
        terms: Terms,
        proof: Proof,
        *,
        vault: TokenVault,
        owner: Owner,
        clock: Clock,
        rates: Rates,
        advertiser_of: Callable[[int], str | None],
        permit: Callable[[Signals], Permission],
    ) -> None:
        """`advertiser_of` returns the id of the advertiser of a line item, by its number."""
        self._terms = terms
        self._proof = proof
        self._vault = vault
        self._owner = owner
        self._clock = clock
        self._rates = rates
        self._advertiser_of = advertiser_of
        self._permit = permit

    async def __call__(self, request: Request, parts: Sequence[str]) -> Reply:
        """Answer `{"counted": true}` the first time and false for a repetition, or why it counts for nothing."""
        if request.method not in {"GET", "POST"}:
            return wrong_method("GET", "POST")
        if not self._proof.holds(request, parts):
            self._count("forged")
            return empty(403, "forged")
        try:
            fields = fields_of(request)
            conversion, reason = self._read(fields, self._permit(browser_signals(request)))
        except InvalidOrder as fault:
            self._count("refused")
            return problem(fault.status, fault.detail, fault.field)
        if conversion is None:
            self._count("ignored")
            return json({"counted": False}, reason)
        try:
            counted = await self._owner.record(conversion)
        except Unavailable:
            self._count("unavailable")
            return problem(503, "Nothing was counted; please send it again.")
        self._count("counted" if counted else "repeated")
        return json({"counted": counted}, reason)

    def _read(
        self, fields: Mapping[str, object], permission: Permission
    ) -> tuple[Conversion | None, str]:
        terms = self._terms
        event = _word(fields, terms.event)
        if terms.events and event not in terms.events:
            return None, "other_event"
        token = text_of(fields, terms.click)
        advertiser = terms.advertiser or self._advertiser(token)
        click, reason = None, "not_measured"
        if permission.measure:
            click, reason = click_of(self._vault, token)
        order = _word(fields, terms.order)
        if not order:
            if click is None:
                return None, reason or "no_order"
            order = click.bid.hex()  # once per click, then
        return Conversion(
            advertiser=advertiser,
            order=_SEAM.join((terms.name, event, order)),
            at_s=int(self._clock.now()),
            value=self._value(fields),
            click=click,
        ), reason

    def _advertiser(self, token: str) -> str:
        """Return whose application it is; of the click nothing else is looked at here."""
        try:
            found = self._advertiser_of(self._vault.open(token).line_item)
        except InvalidToken as refusal:
            raise InvalidOrder(
                f"The click id is none of ours ({refusal.reason}).", self._terms.click
            ) from None
        if found is None:
            raise InvalidOrder("The click's line item is gone.", self._terms.click, status=404)
        return found

    def _value(self, fields: Mapping[str, object]) -> Nanos:
        value = sum_of(text_of(fields, self._terms.revenue), self._terms.revenue)
        currency = text_of(fields, self._terms.currency).upper()
        if not value or not currency:
            return value
        if not self._rates.knows(currency):
            raise InvalidOrder("There is no rate for this currency.", self._terms.currency)
        return self._rates.to_house(value, currency)

    def _count(self, outcome: str) -> None:
        PARTNER_POSTBACKS.labels(self._terms.name, outcome).inc()


def _word(fields: Mapping[str, object], name: str) -> str:
    word = text_of(fields, name)
    if len(word) > MAX_WORD_CHARS or not word.isprintable():
        raise InvalidOrder(f"Up to {MAX_WORD_CHARS} printable characters.", name)
    return word
