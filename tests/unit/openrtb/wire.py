"""Small requests and what else reading them takes."""

from typing import Any

import msgspec
from msgspec.structs import replace

from adserver.domain.consent import Permission, without_person
from adserver.domain.exchange import ExchangeTerms
from adserver.domain.money import Rates
from adserver.domain.opportunity import Auction, Opportunity
from adserver.domain.reasons import Reason
from adserver.openrtb import codec, inbound
from adserver.privacy.permission import ALLOWED

TERMS = ExchangeTerms(name="test", seats=("one", "two"), currencies=("USD", "EUR"))
RATES = Rates("USD", {"EUR": "0.8", "JPY": "150"})
EVERYTHING = replace(ALLOWED, basis="test")
CONTEXT = without_person("test")
BANNER = {"w": 300, "h": 250}


def imp(**fields: Any) -> dict[str, Any]:
    """Return an imp; a banner of 300x250 unless it says otherwise."""
    media = {} if fields.keys() & {"banner", "video", "native", "audio"} else {"banner": BANNER}
    return {"id": "1", **media, **fields}


def request(*imps: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Return a bid request of these imps."""
    return {"id": "r", "imp": list(imps) or [imp()], **fields}


def decode(document: Any) -> codec.Decoded:
    """Decode a document as if it had come over the wire."""
    return codec.decode(msgspec.json.encode(document))


def read(
    document: Any, permission: Permission = EVERYTHING, terms: ExchangeTerms = TERMS
) -> Auction | Reason:
    """Read a document to the end."""
    return inbound.auction(decode(document).request, terms, RATES, permission)


def auction(*imps: dict[str, Any], **fields: Any) -> Auction:
    """Return what is on offer in a request of these imps."""
    found = read(request(*imps, **fields))
    assert isinstance(found, Auction), found
    return found


def opportunity(**fields: Any) -> Opportunity:
    """Return the only opportunity of a request with this one imp."""
    (only,) = auction(imp(**fields)).opportunities
    return only
