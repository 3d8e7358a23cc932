"""`/c/{advertiser}`: an order, reported by the advertiser's shop; counted once per advertiser and order id.

    order    required, up to 128 characters: the shop's order number
    value    a decimal in the house currency, such as 19.90; left out it is 0
    adclick  what the landing page found under that name in its address, if it came from a click of ours
    ifa, buyeruid or user   the person's id as the exchange sent it to us, if the shop knows it and may say
             it: without a click it lets the order be credited to what the person saw within a day
    gdpr, gdpr_consent, us_privacy, gpp, gpp_sid   in the query: what the visitor allowed; with `Sec-GPC` and `DNT`.
             What they refused is not done: no id is read, or the order is credited to nothing

As a query (an image on the thank-you page), a form, or JSON.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from adserver.domain.consent import Permission, Signals
from adserver.domain.money import Nanos, nanos
from adserver.domain.notice import Conversion
from adserver.domain.person import PersonKey
from adserver.domain.ticket import Ticket
from adserver.endpoints.browser_signals import browser_signals
from adserver.endpoints.messages import Reply, Request
from adserver.endpoints.replies import json, pixel, problem, wrong_method
from adserver.endpoints.tokens import CLICK_PARAMETER, TokenVault
from adserver.errors import AdserverError, InvalidToken, Unavailable
from adserver.metrics import CONVERSIONS
from adserver.ports import Clock, Owner

MAX_BODY_BYTES = 4_096
MAX_ORDER_CHARS = 128
PERSON_FIELDS = ("ifa", "buyeruid", "user")
"""Kinds of ids, the most lasting first: the same as are read from bid requests."""
_VALUE = re.compile(r"[0-9]{1,12}(\.[0-9]{1,9})?", re.ASCII)


class InvalidOrder(AdserverError):  # theirs
    """A report that we cannot read: what to mend, and in which field."""

    def __init__(self, detail: str, field: str = "", status: int = 400) -> None:
        super().__init__(detail)
        self.detail, self.field, self.status = detail, field, status


class Conversions:
    """The endpoint; GET or POST.

    A damaged or foreign `adclick` loses the credit, not the order; a header says so.
    """

    def __init__(
        self,
        *,
        vault: TokenVault,
        owner: Owner,
        clock: Clock,
        is_advertiser: Callable[[str], bool],
        pseudonym: Callable[[str, str], PersonKey],
        permit: Callable[[Signals], Permission],
    ) -> None:
        self._vault = vault
        self._owner = owner
        self._clock = clock
        self._is_advertiser = is_advertiser
        self._pseudonym = pseudonym
        self._permit = permit
        # What came of the others the owner counts: it alone knows to whom an order is credited.
        self._refused = CONVERSIONS.labels("refused")
        self._unavailable = CONVERSIONS.labels("unavailable")

    async def __call__(self, request: Request, parts: Sequence[str]) -> Reply:
        """Answer `{"counted": true}` the first time and false for a repetition, or with a pixel."""
        if request.method not in {"GET", "POST"}:
            return wrong_method("GET", "POST")
        try:
            permission = self._permit(browser_signals(request))
            conversion, reason = self._read(parts, _fields(request), permission)
        except InvalidOrder as fault:
            self._refused.inc()
            return problem(fault.status, fault.detail, fault.field)
        try:
            counted = await self._owner.record(conversion)
        except Unavailable:
            self._unavailable.inc()
            return problem(503, "Nothing was counted; please send the order again.")
        if request.method == "GET" and request.header(b"accept").startswith("image/"):
            return pixel(200, reason)
        return json({"counted": counted}, reason)

    def _read(
        self, parts: Sequence[str], fields: Mapping[str, object], permission: Permission
    ) -> tuple[Conversion, str]:
        match parts:
            case [_, advertiser] if self._is_advertiser(advertiser):
                pass
            case _:
                raise InvalidOrder("There is no such advertiser.", "advertiser", status=404)
        order = _text(fields, "order")
        if not 0 < len(order) <= MAX_ORDER_CHARS or not order.isprintable():
            raise InvalidOrder(
                f"The order number is needed: up to {MAX_ORDER_CHARS} printable characters.",
                "order",
            )
        person, click, reason = b"", None, "not_measured"
        if permission.measure:
            click, reason = self._click(_text(fields, CLICK_PARAMETER))
            person = self._person(fields) if permission.identify else b""
        return Conversion(
            advertiser=advertiser,
            order=order,
            at_s=int(self._clock.now()),
            value=_value(_text(fields, "value")),
            click=click,
            person=person,
        ), reason

    def _person(self, fields: Mapping[str, object]) -> PersonKey:
        """Return the key of the first id given, or nothing; the id itself goes no further."""
        for kind in PERSON_FIELDS:
            identifier = _text(fields, kind)
            if len(identifier) > MAX_ORDER_CHARS:
                raise InvalidOrder(f"An id has at most {MAX_ORDER_CHARS} characters.", kind)
            if identifier:
                return self._pseudonym(kind, identifier.lower() if kind == "ifa" else identifier)
        return b""

    def _click(self, token: str) -> tuple[Ticket | None, str]:
        """Return the click to credit, or none and why."""
        if not token:
            return None, ""
        try:
            ticket = self._vault.open(token)
        except InvalidToken as refusal:
            return None, f"{CLICK_PARAMETER}_{refusal.reason}"
        if ticket.test or not ticket.measured:
            return None, f"{CLICK_PARAMETER}_not_measured"
        return ticket, ""


def _fields(request: Request) -> Mapping[str, Any]:
    query = request.query
    if request.method == "GET":
        return query
    body = request.body
    if request.excessive or len(body) > MAX_BODY_BYTES:
        raise InvalidOrder(f"More than {MAX_BODY_BYTES} bytes.", status=413)
    if request.header(b"content-type").partition(";")[0].strip().lower() != "application/json":
        try:
            return query | dict(parse_qsl(body.decode(), keep_blank_values=True))
        except ValueError:
            raise InvalidOrder("The form is no UTF-8, or has too many fields.") from None
    try:
        read = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, ValueError):
        raise InvalidOrder("The body is no JSON.") from None
    if not isinstance(read, dict):
        raise InvalidOrder("The JSON must be an object.")
    return query | read


def _text(fields: Mapping[str, object], name: str) -> str:
    found = fields.get(name)
    if found is None:
        return ""
    if isinstance(found, bool) or not isinstance(found, str | int | float):
        raise InvalidOrder("This must be text or a number.", name)
    return str(found).strip()


def _value(text: str) -> Nanos:
    if not text:
        return 0
    if not _VALUE.fullmatch(text):
        raise InvalidOrder("This must be a decimal such as 19.90, not negative.", "value")
    try:
        return nanos(Decimal(text))
    except ValueError as fault:
        raise InvalidOrder(str(fault), "value") from None
