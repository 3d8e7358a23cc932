"""Screens out of home on the wire: how many impressions one play is, and whose consent is handed on (nobody's)."""

import pytest

from adserver.domain.consent import NO_MACROS
from adserver.domain.exchange import ExchangeTerms
from adserver.domain.opportunity import Auction
from adserver.domain.wanted import Wanted
from adserver.openrtb import inbound
from tests.unit.openrtb.wire import EVERYTHING, RATES, TERMS, auction, decode, imp, request

HOUR_S = 3_600


@pytest.mark.parametrize(
    ("qty", "millionths"),
    [
        (None, 1_000_000),
        ({"multiplier": 14.2}, 14_200_000),
        ({"multiplier": 0.25, "sourcetype": 1, "vendor": "route.example"}, 250_000),
        ({"multiplier": 1}, 1_000_000),
        ({"multiplier": 1e6}, 10**12),
    ],
)
def test_the_impressions_of_one_play_are_counted_in_millionths(
    qty: dict[str, object] | None, millionths: int
) -> None:
    (space,) = auction(imp(qty=qty), dooh={"domain": "boards.example"}).opportunities
    assert space.multiplier_ppm == millionths


def test_a_screen_is_known_by_its_network_and_hands_on_nobody_s_consent() -> None:
    asked = request(
        dooh={"domain": "www.Boards.example"},
        user={"consent": "CPXxRfAPXxRfAAfKABENB-CgAAAAAAAAAAYgAAAAAAAA"},
        regs={"gdpr": 1},
    )
    found = inbound.auction(decode(asked).request, TERMS, RATES, EVERYTHING, Wanted(macros=True))
    assert isinstance(found, Auction)
    assert (found.inventory_type, found.publication) == ("out_of_home", "boards.example")
    assert found.macros == NO_MACROS


@pytest.mark.parametrize(
    ("asked_s", "out_of_home", "life_s"),
    [
        (None, True, HOUR_S),
        (60, True, 60),
        (6 * HOUR_S, True, 6 * HOUR_S),
        (48 * HOUR_S, True, 12 * HOUR_S),
        (6 * HOUR_S, False, HOUR_S),
    ],
)
def test_only_a_screen_may_keep_a_bid_for_hours_and_only_if_it_asks(
    asked_s: int | None,
    out_of_home: bool,  # noqa: FBT001 - a parameter of cases
    life_s: int,
) -> None:
    terms = ExchangeTerms(name="screens", expiry_out_of_home_s=12 * HOUR_S)
    assert terms.life_s(asked_s, out_of_home=out_of_home) == life_s
    assert terms.longest_life_s == 12 * HOUR_S
    usual = ExchangeTerms(name="usual")
    assert usual.life_s(6 * HOUR_S, out_of_home=True) == usual.longest_life_s == HOUR_S


@pytest.mark.parametrize(
    ("bundle", "publication"),
    [("id383457673", "383457673"), (46041, "46041"), ("B00ODC5N80", "b00odc5n80")],
)
def test_an_application_is_known_by_its_store_s_id(bundle: str | int, publication: str) -> None:
    assert auction(app={"bundle": bundle}).publication == publication
