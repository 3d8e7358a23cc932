"""Every real request leads to an auction or a reason, and a bid on it satisfies the judge."""

import json
import lzma
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from adapters.channels.display import DisplayChannel
from adserver.certification.judge import problems
from adserver.domain.bid import Bid
from adserver.domain.exchange import ExchangeTerms
from adserver.domain.opportunity import Auction, MediaType, Opportunity
from adserver.domain.reasons import Reason
from adserver.openrtb import codec, inbound, outbound
from tests.bench.bench_openrtb import CANDIDATE, CREATIVE
from tests.corpus.corpus import corpus
from tests.unit.openrtb.wire import EVERYTHING, RATES

UNITS = {"USD": "1", "EUR": "0.8", "JPY": "150"}
TERMS = ExchangeTerms(name="corpus", currencies=("USD", "EUR", "JPY"))
WRONG_TYPES = 34
"""Requests with a wrong type in an optional field; not all of these are fields that we read."""


def requests() -> Iterator[tuple[Path, bytes]]:
    for file in sorted(corpus("openrtb", "open", "requests").iterdir()):
        yield file, file.read_bytes()


def read(decoded: codec.Decoded, **terms: Any) -> Auction | Reason:
    seated = msgspec.structs.replace(TERMS, **terms)
    return inbound.auction(decoded.request, seated, RATES, EVERYTHING)


def test_every_request_is_an_auction_or_a_reason() -> None:
    found: Counter[str] = Counter()
    repaired = 0
    for _, body in requests():
        decoded = codec.decode(body)
        repaired += bool(decoded.dropped)
        inbound.signals(decoded.request)
        read_ = read(decoded)
        found[read_ if isinstance(read_, Reason) else "auction"] += 1
    assert found.total() == 1_945
    assert found["auction"] > 1_600
    assert found.keys() <= {"auction", "seat_excluded", "currency", "no_opportunity"}
    assert 0 < repaired <= WRONG_TYPES


def test_a_banner_bid_on_every_request_that_takes_one_satisfies_the_judge() -> None:
    complaints: dict[str, list[str]] = {}
    bids = 0
    for file, body in requests():
        decoded = codec.decode(body)
        seats = tuple(map(str, decoded.request.wseat or ())) or ("adserver",)
        auction = read(decoded, seats=seats)
        if isinstance(auction, Reason):
            continue
        answers = [
            each
            for each in (answer(auction, opportunity) for opportunity in auction.opportunities)
            if each is not None
        ]
        if not answers:
            continue
        bids += len(answers)
        response = outbound.respond(auction, answers, "response", TERMS)
        wrong = problems(json.loads(body), json.loads(response), UNITS)
        if wrong:
            complaints[file.name] = wrong
    assert complaints == {}
    assert bids > 1_000


def answer(auction: Auction, opportunity: Opportunity) -> str | None:
    """Bid the lowest that is allowed with a picture that nobody blocks, on the first deal if any."""
    if opportunity.banner is None:
        return None
    width, height = (opportunity.banner.sizes or ((300, 250),))[0]
    creative = msgspec.structs.replace(CREATIVE, width=width, height=height, attributes=())
    deal = next((each for each in opportunity.deals if each.advertiser_domains is None), None)
    if deal is None and opportunity.deals_only:
        return None
    floor = deal.floor if deal else opportunity.floor
    bid = Bid(
        opportunity=opportunity,
        candidate=msgspec.structs.replace(CANDIDATE, creative=creative, categories=()),
        media_type=MediaType.BANNER,
        deal=deal,
        click_probability=0.001,
        value=floor + 1_000,
        price=max(floor, 1_000),
        reserved=floor + 1_000,
    )
    writer = outbound.BidWriter(
        "https://ads.example", {creative.id: DisplayChannel().prepare(creative)}
    )
    price = outbound.wire_price(bid, auction.currency, RATES)
    return writer.write(
        auction,
        bid,
        TERMS,
        bid_id=f"b{auction.opportunities.index(opportunity)}",
        token="token",
        wire_price=price,
    )


def test_the_logged_traffic_is_on_offer() -> None:
    with lzma.open(corpus("traffic", "logged_10k.jsonl.xz")) as log:
        lines = log.readlines()
    assert len(lines) == 10_000
    for line in lines:
        decoded = codec.decode(line)
        assert decoded.dropped == ()
        assert isinstance(read(decoded), Auction)


def test_native_requests_of_both_roots_are_read() -> None:
    listed = json.loads(corpus("native", "native_requests_from_open.json").read_bytes())
    spaces = {True: 0, False: 0}
    for each in listed:
        imp = {"id": "1", "native": {"request": each["request_string"]}}
        found = read(codec.decode(msgspec.json.encode({"id": "r", "imp": [imp]})))
        if isinstance(found, Auction) and (space := found.opportunities[0].native):
            assert space.wrapped is each["wrapped"]
            spaces[space.wrapped] += 1
    assert spaces[True] >= 4
    assert spaces[False] >= 45  # the others leave out the assets' ids
