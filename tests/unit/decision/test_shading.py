"""Prices between floor and value."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adserver.decision import shading
from adserver.decision.shading import PPM
from adserver.domain.creative import Banner
from adserver.domain.exchange import ExchangeTerms, Shading
from adserver.domain.money import Nanos
from adserver.domain.offer import Offer
from adserver.domain.opportunity import Auction, AuctionType, Opportunity
from adserver.ports.landscape import UNKNOWN, Landscape
from tests.fakes.landscape import FakeLandscape

FIRST, SECOND, AGREED = AuctionType.FIRST_PRICE, AuctionType.SECOND_PRICE, AuctionType.AGREED_PRICE
BANNER = Banner(id="b", landing_url="https://shop.example/", width=1, height=1, image_url="https://shop.example/i")  # fmt: skip


def price(
    value: Nanos,
    floor: Nanos,
    auction_type: AuctionType,
    keep_ppm: int,
    landscape: Landscape = UNKNOWN,
    how: Shading = "learned",
    seed: int = 7,
) -> tuple[Nanos, Offer | None]:
    terms = ExchangeTerms(name="ssp", keep_ppm=keep_ppm, shading=how)
    auction = Auction(id="1", exchange="ssp", opportunities=(), auction_type=auction_type)
    return shading.price(
        landscape,
        terms,
        auction,
        Opportunity(id="1"),
        BANNER,
        None,
        auction_type,
        floor,
        value,
        0.0,
        seed,
    )


@given(
    st.integers(0, 10**12),
    st.integers(0, 10**12),
    st.sampled_from(AuctionType),
    st.integers(0, PPM),
    st.none() | st.integers(-(10**13), 10**13),
)
def test_a_price_lies_between_floor_and_value(
    floor: int, above: int, auction_type: AuctionType, keep_ppm: int, offered: int | None
) -> None:
    landscape = UNKNOWN if offered is None else FakeLandscape(offered, wild=True)
    found, _ = price(floor + above, floor, auction_type, keep_ppm, landscape)
    assert floor <= found <= floor + above


@pytest.mark.parametrize(
    ("auction_type", "keep_ppm", "offered"),
    [
        (FIRST, 700_000, 1_700),
        (FIRST, 0, 1_000),
        (FIRST, PPM, 2_000),
        (SECOND, 700_000, 2_000),
        (AGREED, 700_000, 1_000),
    ],
)
def test_without_evidence_each_kind_of_auction_has_its_price(
    auction_type: AuctionType, keep_ppm: int, offered: int
) -> None:
    assert price(2_000, 1_000, auction_type, keep_ppm) == (offered, None)


def test_a_landscape_prices_first_price_auctions_and_no_others() -> None:
    known = FakeLandscape(1_234)
    assert price(2_000, 1_000, FIRST, 700_000, known) == (
        1_234,
        (1_234, 0.5, "ssp / USA", 1_234, True),
    )
    assert price(2_000, 1_000, SECOND, 700_000, known) == (2_000, None)
    assert price(2_000, 1_000, AGREED, 700_000, known) == (1_000, None)


def test_an_exchange_may_keep_the_fixed_share() -> None:
    assert price(2_000, 1_000, FIRST, 700_000, FakeLandscape(1_234), "fixed") == (1_700, None)


def test_where_nobody_tells_two_in_a_hundred_try_any_price() -> None:
    known = FakeLandscape(1_234, told=False)
    found = [price(2_000, 1_000, FIRST, 700_000, known, seed=seed) for seed in range(20_000)]
    tried = [offered for offered, offer in found if offer is None]
    assert 300 < len(tried) < 500
    assert all(1_000 <= offered < 2_000 for offered in tried)
    assert 1_450 < sum(tried) / len(tried) < 1_550
    assert {offered for offered, offer in found if offer is not None} == {1_234}
