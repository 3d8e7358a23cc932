"""CPU time of the wire's stages for one typical request: `python -m tests.bench.bench_openrtb`.

Prints microseconds per call: the best of several rounds, so that a noisy machine flatters nobody.
"""

import time
from collections.abc import Callable
from typing import Any

import msgspec

from adapters.channels import prepare
from adserver.domain.bid import Bid
from adserver.domain.campaign import Fees, Goal
from adserver.domain.candidate import Candidate
from adserver.domain.creative import Banner
from adserver.domain.exchange import ExchangeTerms
from adserver.domain.money import Rates
from adserver.domain.opportunity import Auction, MediaType
from adserver.openrtb import codec, inbound, outbound
from adserver.privacy.permission import ALLOWED

ROUNDS, CALLS = 15, 2_000

REQUEST: dict[str, Any] = {
    "id": "80ce30c53c16e6ede735f123ef6e32361bfc7b22",
    "at": 1,
    "tmax": 120,
    "cur": ["USD"],
    "imp": [
        {
            "id": "1",
            "tagid": "article-top",
            "secure": 1,
            "bidfloor": 0.45,
            "bidfloorcur": "USD",
            "exp": 300,
            "banner": {
                "format": [{"w": 300, "h": 250}, {"w": 336, "h": 280}],
                "battr": [1, 3, 6, 8, 13],
                "btype": [3, 4],
                "pos": 1,
                "api": [5, 7],
            },
            "pmp": {
                "private_auction": 0,
                "deals": [{"id": "deal-spring", "bidfloor": 1.2, "bidfloorcur": "USD", "at": 1}],
            },
            "ext": {"gpid": "/1234/news/article-top", "tid": "a7c1b9de-3f0e-4e8a-9d57-2f9b81c2a001"},
        }
    ],
    "site": {
        "id": "102855",
        "name": "The Daily Lens",
        "domain": "www.daily-lens.example",
        "page": "https://www.daily-lens.example/travel/ten-mountain-huts?page=2",
        "ref": "https://search.example/",
        "cat": ["IAB20", "IAB20-18"],
        "publisher": {"id": "8953", "name": "Lens Media", "domain": "lens-media.example"},
        "content": {"cat": ["IAB20"], "language": "en", "context": 5},
    },
    "device": {
        "ua": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)",
        "ip": "192.0.2.0",
        "devicetype": 4,
        "make": "Apple",
        "model": "iPhone",
        "os": "iOS",
        "osv": "17.5",
        "language": "en",
        "dnt": 0,
        "lmt": 0,
        "ifa": "6d92078a-8246-4ba4-ae5b-76104861e7dc",
        "geo": {"country": "USA", "region": "WI", "city": "Milwaukee", "type": 2, "utcoffset": -360},
    },
    "user": {
        "id": "55816b39711f9b5acf3b90e313ed29e51665623f",
        "buyeruid": "545678765467876567898765678987654",
        "consent": "CPxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "data": [{"id": "dmp", "segment": [{"id": "101"}, {"id": "7044"}, {"id": "88"}]}],
    },
    "regs": {"coppa": 0, "gdpr": 0, "us_privacy": "1YNN"},
    "source": {"tid": "a7c1b9de-3f0e-4e8a-9d57-2f9b81c2a001", "fd": 0},
    "badv": ["casino.example", "lottery.example", "www.vapes.example"],
    "bcat": ["IAB25", "IAB26", "IAB7-39"],
}  # fmt: skip

TERMS = ExchangeTerms(name="bench")
RATES = Rates("USD", {"EUR": "0.92"})
CREATIVE = Banner(
    id="tent-300x250", landing_url="https://shop.example/tent", width=300, height=250,
    image_url="https://shop.example/tent.png", preview_url="https://shop.example/tent.png",
    attributes=(7,), language="en",
)  # fmt: skip
CANDIDATE = Candidate(
    index=0, line_item_index=0, line_item="tents", line_item_number=1, campaign="summer",
    advertiser="outdoor", advertiser_domain="shop.example", advertiser_bundle=None,
    categories=("IAB20-18",), category_taxonomy=1, creative=CREATIVE, fees=Fees(),
    goal=Goal("cpm", 3_000_000, 3_000_000), bound=3_000_000, promise=3_000_000,
)  # fmt: skip


def main() -> None:
    """Print one line per stage."""
    body = msgspec.json.encode(REQUEST)
    request = codec.decode(body).request

    def read() -> None:
        inbound.signals(request)
        inbound.auction(request, TERMS, RATES, ALLOWED)

    auction = inbound.auction(request, TERMS, RATES, ALLOWED)
    if not isinstance(auction, Auction):
        raise SystemExit(f"the request is not bid on: {auction}")
    bid = Bid(
        opportunity=auction.opportunities[0], candidate=CANDIDATE, media_type=MediaType.BANNER,
        deal=None, click_probability=0.001, value=3_000_000, price=2_412_345, reserved=2_500_000,
    )  # fmt: skip
    writer = outbound.BidWriter("https://ads.example", {CREATIVE.id: prepare(CREATIVE)})

    def respond() -> bytes:
        price = outbound.wire_price(bid, "USD", RATES)
        one = writer.write(auction, bid, TERMS, bid_id="f" * 32, token="t" * 200, wire_price=price)
        return outbound.respond(auction, [one], "r" * 32, TERMS)

    stages: dict[str, Callable[[], object]] = {
        f"decode ({len(body)} bytes)": lambda: codec.decode(body),
        "signals + auction": read,
        "respond (one bid)": respond,
    }
    for name, stage in stages.items():
        print(f"{name:24} {_best_us(stage):6.2f} us")


def _best_us(stage: Callable[[], object]) -> float:
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.process_time()
        for _ in range(CALLS):
            stage()
        best = min(best, time.process_time() - started)
    return best / CALLS * 1e6


if __name__ == "__main__":
    main()
