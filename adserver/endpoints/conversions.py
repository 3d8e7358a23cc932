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

from collections.abc import Callable, Mapping, Sequence

from adserver.domain.consent import Permission, Signals
from adserver.domain.notice import Conversion
from adserver.domain.person import PersonKey
from adserver.endpoints.browser_signals import browser_signals
from adserver.endpoints.messages import Reply, Request
from adserver.endpoints.replies import json, pixel, problem, wrong_method
from adserver.endpoints.reported import InvalidOrder, click_of, fields_of, sum_of, text_of
from adserver.endpoints.tokens import CLICK_PARAMETER, TokenVault
from adserver.errors import Unavailable
from adserver.metrics import CONVERSIONS
from adserver.ports import Clock, Owner

MAX_ORDER_CHARS = 128
PERSON_FIELDS = ("ifa", "buyeruid", "user")
"""Kinds of ids, the most lasting first: the same as are read from bid requests."""


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
            conversion, reason = self._read(parts, fields_of(request), permission)
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
        order = text_of(fields, "order")
        if not 0 < len(order) <= MAX_ORDER_CHARS or not order.isprintable():
            raise InvalidOrder(
                f"The order number is needed: up to {MAX_ORDER_CHARS} printable characters.",
                "order",
            )
        person, click, reason = b"", None, "not_measured"
        if permission.measure:
            click, reason = click_of(self._vault, text_of(fields, CLICK_PARAMETER))
            person = self._person(fields) if permission.identify else b""
        return Conversion(
            advertiser=advertiser,
            order=order,
            at_s=int(self._clock.now()),
            value=sum_of(text_of(fields, "value"), "value"),
            click=click,
            person=person,
        ), reason

    def _person(self, fields: Mapping[str, object]) -> PersonKey:
        """Return the key of the first id given, or nothing; the id itself goes no further."""
        for kind in PERSON_FIELDS:
            identifier = text_of(fields, kind)
            if len(identifier) > MAX_ORDER_CHARS:
                raise InvalidOrder(f"An id has at most {MAX_ORDER_CHARS} characters.", kind)
            if identifier:
                return self._pseudonym(kind, identifier.lower() if kind == "ifa" else identifier)
        return b""
