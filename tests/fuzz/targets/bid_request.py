"""Bid requests: JSON, its repair, the native request within, and the auction made of it."""

import json

import msgspec

from adserver.domain.consent import REFUSED
from adserver.domain.exchange import ExchangeTerms
from adserver.domain.money import Rates
from adserver.domain.opportunity import Auction
from adserver.domain.reasons import Reason
from adserver.errors import InvalidBidRequest
from adserver.openrtb.codec import REFUSALS, decode
from adserver.openrtb.inbound import auction, signals, time_left_ms
from adserver.openrtb.people import MAX_IDS, identifiers
from adserver.privacy.permission import ALLOWED, permit
from adserver.privacy.rules import Rules
from tests.bench.bench_openrtb import REQUEST
from tests.endpoints.wire import person, request
from tests.fuzz.target import Target, corpus
from tests.torture import strict
from tests.torture.kinds import MEDIA

_TERMS = ExchangeTerms(name="open", currencies=("USD", "EUR"))
_RATES = Rates("USD", {"EUR": "0.92"})


def check(body: bytes) -> None:
    """Only documented refusals; what was read is read the same again, and makes an auction or a reason."""
    try:
        decoded = decode(body)
    except InvalidBidRequest as refusal:
        assert refusal.reason in REFUSALS, refusal
        return
    again = decode(msgspec.json.encode(decoded.request))
    assert again.request == decoded.request
    assert not again.dropped
    permit(signals(decoded.request), Rules(7), 1.8e9, contextual_without_consent=True)
    assert time_left_ms(decoded.request, _TERMS) >= 0
    for permission in (ALLOWED, REFUSED):
        found = auction(decoded.request, _TERMS, _RATES, permission)
        assert isinstance(found, Auction | Reason)
        if isinstance(found, Auction):
            assert all(each.floor >= 0 for each in found.opportunities)
            assert permission is ALLOWED or not found.segments
    assert len(list(identifiers(decoded.request))) <= MAX_IDS


def seeds() -> list[bytes]:
    """Return the corpus and one of ours of each medium."""
    ours = [strict.request(media, media) for media in MEDIA]
    ours += [request(), request(**person("ada")), REQUEST]
    return [json.dumps(each).encode() for each in ours] + list(corpus("openrtb/open/requests"))


TARGET = Target(check, seeds, 8_192)
