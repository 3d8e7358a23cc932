"""Decisions worth discussing, told as JSON in `tests/cases/decisions`; each begins with why it matters.

A case says only what is special about it. Unless it says otherwise there is one advertiser in UTC with
one square banner, line items of 2.00 CPM in flight, and one square banner space at first price.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from adapters.campaigns.yaml_folder import Config
from adserver.catalog.compiler import compile_snapshot
from adserver.catalog.snapshot import Snapshot
from adserver.decision.pipeline import decide, look_ahead
from adserver.decision.tracing import Traced
from adserver.domain.bits import ascending
from adserver.domain.exchange import ExchangeTerms
from adserver.domain.identity import segment_number
from adserver.domain.money import NANOS_PER_UNIT, Rates, cpm_nanos, wire_cpm
from adserver.domain.opportunity import Auction
from adserver.domain.person import Profile, Touch
from adserver.openrtb import codec, inbound
from adserver.openrtb.people import identifiers
from adserver.ports.landscape import UNKNOWN, Landscape
from adserver.privacy.permission import ALLOWED
from models.landscape.artifact import Branch, Curves, served
from tests.fakes.purse import FakePurse
from tests.unit.decision import made

CASES = sorted((Path(__file__).parents[2] / "cases/decisions").glob("*.json"))
ADVERTISER = {"id": "shop", "domain": "shop.example", "timezone": "UTC"}
TILE = {
    "id": "tile",
    "banner": "300x250",
    "image": "https://cdn.example/tile.png",
    "landing": "https://shop.example/",
}
LINE_ITEM = {
    "flight": ["2026-01-01", "2027-01-01"],
    "goal": {"cpm": 2},
    "creatives": ["tile"],
    "pacing": "asap",
}
REQUEST = {
    "id": "r",
    "at": 1,
    "cur": ["USD"],
    "imp": [{"id": "1", "banner": {"w": 300, "h": 250}}],
    "site": {"domain": "news.example"},
    "device": {"ifa": "6d92078a-8246-4ba4-ae5b-76104861e7dc"},
    "user": {"buyeruid": "somebody"},
}


def load(case: dict[str, Any], folder: Path) -> Snapshot:
    """Write the catalog as its author would and read it as the server does; JSON is YAML."""
    items = [LINE_ITEM | item for item in case["line_items"]]
    shop = {
        "advertiser": ADVERTISER | case.get("advertiser", {}),
        "creatives": [TILE, *case.get("creatives", [])],
        "campaigns": [{"id": "all", "insertion_orders": [{"id": "order", "line_items": items}]}],
    }
    files = {
        "shop": shop,
        "segments": {"segments": {"camera-intent": "", "camera-owner": ""}},
        "deals": {"deals": [{"id": deal, "exchange": "one"} for deal in case.get("deals", [])]},
    }
    for name, lines in case.get("lists", {}).items():
        (folder / name).write_text("\n".join(lines), encoding="utf-8")
    for name, content in files.items():
        (folder / f"{name}.yaml").write_text(json.dumps(content), encoding="utf-8")
    return compile_snapshot(Config(str(folder)).build(["one"]).load())


def read(case: dict[str, Any], snapshot: Snapshot) -> Auction:
    body = msgspec.json.encode(REQUEST | case["request"])
    request = codec.decode(body).request
    rates = Rates("USD", {"EUR": "0.9"})
    terms = ExchangeTerms(name="one")
    auction = inbound.auction(request, terms, rates, ALLOWED, snapshot.wanted)
    assert isinstance(auction, Auction), auction
    if identifiers(request):  # found in the store, as gathering does
        auction.person = b"somebody's key .."
    return auction


def touches(case: dict[str, Any], snapshot: Snapshot, now_s: float) -> tuple[Touch, ...]:
    numbers = {item.id: item.number for item in snapshot.line_items}
    return tuple(
        Touch("impression", int(now_s) - age, numbers[name], 1, bytes([position]) * 16)
        for name, ages in case.get("seen", {}).items()
        for position, age in enumerate(ages)
    )


def purse(case: dict[str, Any], snapshot: Snapshot) -> FakePurse:
    if "left" not in case:
        return FakePurse()
    positions = {item.id: index for index, item in enumerate(snapshot.line_items)}
    return FakePurse(
        left={
            positions[name]: round(amount * NANOS_PER_UNIT) for name, amount in case["left"].items()
        }
    )


def landscape(case: dict[str, Any]) -> Landscape:
    """Return what is known of the exchange: how likely prices (CPM) win, the same everywhere there."""
    wins = case.get("wins")
    if wins is None:
        return UNKNOWN
    prices = [cpm_nanos(price) for price in wins]
    everywhere = Branch(-1, "one", 500, tuple(range(len(prices))), tuple(wins.values()))
    return served(Curves(tuple(prices), (everywhere, Branch(0, "", 500, (), ()))))


@pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
def test_it_is_decided_as_the_case_says(file: Path, tmp_path: Path) -> None:
    case = json.loads(file.read_text(encoding="utf-8"))
    assert next(iter(case)) == "why"
    assert case["why"].endswith(".")
    snapshot = load(case, tmp_path)
    now_s = datetime.fromisoformat(case.get("now", "2026-11-02T10:00:00")).replace(tzinfo=UTC)
    at_s = now_s.timestamp()
    money = purse(case, snapshot)
    now = made.moment(
        snapshot,
        money,
        now_s=at_s,
        profile=Profile(tuple(segment_number(name) for name in case.get("segments", []))),
        touches=touches(case, snapshot, at_s),
        paces=[case.get("paces", {}).get(item.id, 1.0) for item in snapshot.line_items],
    )
    trace = Traced()
    auction = read(case, snapshot)
    world = replace(made.world(snapshot), landscape=landscape(case))
    bids = decide(world, auction, look_ahead(snapshot, auction), now, trace)
    expected = case["expected"]
    assert [
        [
            bid.opportunity.id,
            bid.candidate.line_item,
            bid.deal.id if bid.deal else None,
            wire_cpm(bid.price),
        ]
        for bid in bids
    ] == expected["bids"]
    fell: dict[str, list[str]] = {}
    for fall in trace.falls:
        for index in ascending(fall.fallen):
            reasons = fell.setdefault(snapshot.candidates[index].line_item, [])
            if fall.reason not in reasons:
                reasons.append(fall.reason.value)
    assert fell == expected["fell"]
    assert len(money.claims) == expected.get("claims", len(bids))
