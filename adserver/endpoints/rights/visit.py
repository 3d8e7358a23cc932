"""One request to these pages, read: by whom, in which language, about which ad; and a form, within bounds."""

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode

import msgspec

from adserver.domain.ticket import Ticket
from adserver.endpoints.messages import Request
from adserver.endpoints.rights.refusals import No, Refused
from adserver.endpoints.rights.sealing import NOBODY, Who
from adserver.endpoints.rights.words import SPOKEN, Words, spoken

MAX_BODY_BYTES = 4_096
MAX_FIELDS = 20
_FORM = "application/x-www-form-urlencoded"
_JSON = "application/json"


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """What a page is written from."""

    words: Words
    who: Who = NOBODY
    ticket: Ticket | None = None
    """Of the ad that they came from."""
    ad: str = ""
    """The ad's token, to come back to it."""
    gpc: bool = False
    """Does the browser send Global Privacy Control?"""
    lasting: Mapping[str, str] = {}
    """The part of the query that every link carries on."""

    def link(self, home: str, page: str, **more: str) -> str:
        """Return the address of a page, below `home`; that of an ad has its token in the path."""
        fields = {**self.lasting, **more}
        if page.startswith("why/"):
            fields.pop("ad", None)
        query = urlencode(fields)
        return f"{home}/{page}?{query}" if query else f"{home}/{page}"


def words_of(request: Request) -> Words:
    """Return the language to answer in."""
    return spoken(request.query.get("lang", ""), request.header(b"accept-language"))


def lasting(query: Mapping[str, str], ad: str) -> dict[str, str]:
    """Return what links carry on: a language that was chosen, and the ad."""
    kept = {"lang": query["lang"]} if query.get("lang") in SPOKEN else {}
    return kept | ({"ad": ad} if ad else {})


def has_gpc(request: Request) -> bool:
    """Tell whether the browser says no for its person."""
    return request.header(b"sec-gpc").strip() == "1"


def form_of(request: Request) -> dict[str, str]:
    """Return the fields of a form of ours. Raises `Refused`."""
    text = _body(request, _FORM)
    try:
        pairs = parse_qsl(
            text.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict"
        )
    except ValueError:
        raise Refused(No.UNREADABLE) from None
    return dict(reversed(pairs))


class Asked(msgspec.Struct, frozen=True):
    """What a program may send; all of it is optional, and what is unknown is ignored."""

    token: str = ""
    """The token of an ad, from its link."""
    ifa: str = ""
    """An advertising id."""
    change: str = ""
    """A decision."""
    segment: int = 0
    """The number of the segment that it is about."""


def asked_of(request: Request) -> Asked:
    """Return the JSON of a program. Raises `Refused`.

    Another site can make a browser send this type only after asking us (CORS), and we do not answer that.
    """
    text = _body(request, _JSON)
    try:
        return msgspec.json.decode(text or b"{}", type=Asked)
    except msgspec.ValidationError as error:
        raise Refused(No.UNREADABLE, str(error).rpartition("$.")[2].rstrip("`")) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Refused(No.UNREADABLE) from None


def _body(request: Request, kind: str) -> bytes:
    # Browsers say where a request comes from; programs, and browsers over plain http, say nothing.
    if request.header(b"sec-fetch-site") not in {"", "same-origin", "none"}:
        raise Refused(No.FORGED_FORM)
    if request.excessive or len(request.body) > MAX_BODY_BYTES:
        raise Refused(No.TOO_LARGE)
    if request.header(b"content-type").partition(";")[0].strip().lower() != kind:
        raise Refused(No.WRONG_TYPE)
    if request.header(b"content-encoding"):
        raise Refused(No.WRONG_TYPE)
    return request.body
