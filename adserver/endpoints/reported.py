"""What a report of an order says, in a query, a form or JSON: its fields, its sums, and the click behind it."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from adserver.domain.money import Nanos, nanos
from adserver.domain.ticket import Ticket
from adserver.endpoints.messages import Request
from adserver.endpoints.tokens import CLICK_PARAMETER, TokenVault
from adserver.errors import AdserverError, InvalidToken

MAX_BODY_BYTES = 4_096
_VALUE = re.compile(r"[0-9]{1,12}(\.[0-9]{1,9})?", re.ASCII)


class InvalidOrder(AdserverError):  # theirs
    """A report that we cannot read: what to mend, and in which field."""

    def __init__(self, detail: str, field: str = "", status: int = 400) -> None:
        super().__init__(detail)
        self.detail, self.field, self.status = detail, field, status


def fields_of(request: Request) -> Mapping[str, Any]:
    """Return the fields of a GET's query, or of a POST's query and body. Raises `InvalidOrder`."""
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


def text_of(fields: Mapping[str, object], name: str) -> str:
    """Return a field as text, empty if it is not there. Raises `InvalidOrder` for what is neither text nor number."""
    found = fields.get(name)
    if found is None:
        return ""
    if isinstance(found, bool) or not isinstance(found, str | int | float):
        raise InvalidOrder("This must be text or a number.", name)
    return str(found).strip()


def sum_of(text: str, field: str) -> Nanos:
    """Return a sum in nanos, 0 where nothing is said. Raises `InvalidOrder` naming the field."""
    if not text:
        return 0
    if not _VALUE.fullmatch(text):
        raise InvalidOrder("This must be a decimal such as 19.90, not negative.", field)
    try:
        return nanos(Decimal(text))
    except ValueError as fault:
        raise InvalidOrder(str(fault), field) from None


def click_of(vault: TokenVault, token: str) -> tuple[Ticket | None, str]:
    """Return the click to credit, or none and why; no token is no fault."""
    if not token:
        return None, ""
    try:
        ticket = vault.open(token)
    except InvalidToken as refusal:
        return None, f"{CLICK_PARAMETER}_{refusal.reason}"
    if ticket.test or not ticket.measured:
        return None, f"{CLICK_PARAMETER}_not_measured"
    return ticket, ""
