"""A small market whose click probabilities are known: auctions, candidates, and the log of them."""

import json
import random
from collections.abc import Iterator
from math import exp
from pathlib import Path
from typing import NamedTuple

from adserver.domain.campaign import Fees, Goal
from adserver.domain.candidate import Candidate
from adserver.domain.creative import AnyCreative, Banner, MediaFile, Native, Video
from adserver.domain.opportunity import Auction, BannerSpace, Opportunity

MONDAY_S = 1_790_553_600.0  # 2026-09-28 00:00 UTC
SPAN_S = 7 * 86_400.0
COUNTRIES = ("USA", "DEU", "FRA", "JPN", "BRA")
DEVICES = ("phone", "tablet", "computer", "tv")
SIZES = ((300, 250), (728, 90), (320, 50), (160, 600))


class Shown(NamedTuple):
    """An impression and everything that was known when we bid on it."""

    auction: Auction
    opportunity: Opportunity
    candidate: Candidate
    now_s: float
    probability: float
    """The truth."""
    bid: str


def candidate(index: int, creative: AnyCreative | None = None) -> Candidate:
    """One of the market's line items, four to an advertiser, one creative each."""
    return Candidate(
        index=index,
        line_item_index=index,
        line_item=f"line-{index}",
        line_item_number=index,
        campaign=f"campaign-{index // 4}",
        advertiser=f"advertiser-{index // 4}",
        advertiser_domain="example.com",
        advertiser_bundle=None,
        categories=(),
        category_taxonomy=1,
        creative=creative or _creative(index),
        goal=Goal(kind="cpc", amount=500_000_000, max_cpm=20_000_000),
        fees=Fees(),
        bound=20_000_000,
        promise=10_000_000,
    )


def _creative(index: int) -> AnyCreative:
    identity = f"creative-{index}"
    landing = "https://example.com/"
    if index % 8 == 6:
        file = MediaFile(url="https://example.com/v.mp4", width=640, height=360)
        return Video(id=identity, landing_url=landing, duration_s=15, media_files=(file,))
    if index % 8 == 7:
        return Native(id=identity, landing_url=landing, title="A title")
    width, height = SIZES[index % len(SIZES)]
    return Banner(
        id=identity, landing_url=landing, width=width, height=height, image_url="https://e.com/i"
    )


def shown(count: int, seed: int = 1, candidates: int = 16) -> Iterator[Shown]:
    """Yield impressions over a week, in order of time."""
    dice = random.Random(seed)
    pool = [candidate(index) for index in range(candidates)]
    for number in range(count):
        now_s = MONDAY_S + SPAN_S * number / count
        publication = int(dice.paretovariate(0.8))
        opportunity = Opportunity(
            id="1",
            banner=BannerSpace(sizes=SIZES),
            floor=dice.randrange(0, 2_000_000),
            position=dice.choice((0, 1, 3)),
        )
        country = dice.choice(COUNTRIES)
        auction = Auction(
            id=f"auction-{number}",
            exchange=dice.choice(("north", "south")),
            opportunities=(opportunity,),
            country=country,
            region=f"{country}-{dice.randrange(4)}",
            device_type=dice.choice(DEVICES),
            os=dice.choice(("ios", "android", "windows")),
            inventory_type=dice.choice(("site", "app")),
            publication=f"page{publication}.example" if publication < 500 else "",
            categories=(f"IAB{dice.randrange(1, 9)}",) if dice.random() < 0.8 else (),
            segment_count=dice.randrange(30),
        )
        chosen = dice.choice(pool)
        probability = _truth(auction, opportunity, chosen, publication)
        yield Shown(auction, opportunity, chosen, now_s, probability, f"{number:032x}")


def _truth(
    auction: Auction, opportunity: Opportunity, chosen: Candidate, publication: int
) -> float:
    log_odds = (
        -3.0
        + 0.5 * COUNTRIES.index(auction.country) / 2
        + (0.8 if auction.device_type == "phone" else 0.0)
        + (1.0 if chosen.index % 5 == COUNTRIES.index(auction.country) else 0.0)
        - 0.3 * (chosen.index % 3)
        + 0.02 * auction.segment_count
        + (0.4 if opportunity.position == 1 else 0.0)
        - (0.7 if publication % 3 == 1 else 0.0)
    )
    return 1 / (1 + exp(-log_odds))


def bid_event(seen: Shown) -> dict[str, object]:
    """The bid as it is logged."""
    auction, creative = seen.auction, seen.candidate.creative
    return {
        "event": "bid",
        "at": seen.now_s,
        "bid": seen.bid,
        "exchange": auction.exchange,
        "media": {Banner: "banner", Video: "video", Native: "native"}[type(creative)],
        "size": f"{creative.width}x{creative.height}" if isinstance(creative, Banner) else "",
        "country": auction.country,
        "region": auction.region,
        "city": auction.city,
        "device_type": auction.device_type,
        "os": auction.os,
        "inventory_type": auction.inventory_type,
        "publication": auction.publication,
        "position": seen.opportunity.position,
        "category": auction.categories[0] if auction.categories else "",
        "hour_of_week": int((seen.now_s - MONDAY_S) // 3_600) % 168,
        "segments": auction.segment_count,
        "floor": seen.opportunity.floor,
        "advertiser": seen.candidate.advertiser,
        "line_item": seen.candidate.line_item,
        "creative": creative.id,
        "deal": "",
        "p_click": 0.002,
        "value": 1_000_000,
        "price": 900_000,
        "model": "constant",
        "measured": True,
        "trainable": True,
    }


def contact(seen: Shown, kind: str, after_s: float) -> dict[str, object]:
    """An impression or a click of it, as it is logged."""
    return {
        "event": kind,
        "at": seen.now_s + after_s,
        "bid": seen.bid,
        "line_item": seen.candidate.line_item,
        "creative": seen.candidate.creative.id,
        "exchange": seen.auction.exchange,
        "measured": True,
        "trainable": True,
    }


def write_log(folder: Path, impressions: list[Shown], seed: int = 2) -> int:
    """Write the log of these impressions in two segments, as two processes would; return clicks."""
    dice = random.Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    clicks = 0
    with (folder / "1.jsonl").open("w") as bids, (folder / "0.jsonl").open("w") as contacts:
        for seen in impressions:
            bids.write(json.dumps(bid_event(seen)) + "\n")
            contacts.write(json.dumps(contact(seen, "impression", 1)) + "\n")
            if dice.random() < seen.probability:
                clicks += 1
                contacts.write(json.dumps(contact(seen, "click", 9)) + "\n")
    return clicks
