"""A worker's own bids against what the landscape said of them."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adserver.background.drifting import USUAL_S, DriftWatch
from adserver.background.served_landscape import ServedLandscape
from adserver.domain.creative import Banner
from adserver.domain.money import Nanos
from adserver.domain.offer import Offer
from adserver.domain.opportunity import Auction, Opportunity
from tests.fakes.landscape import FakeLandscape

AUCTION = Auction(id="1", exchange="ssp", opportunities=())
SPACE = Opportunity(id="1")
BANNER = Banner(id="b", landing_url="https://shop.example/", width=1, height=1, image_url="https://shop.example/i")  # fmt: skip


class Steps:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now_s = 1_000.0

    def now(self) -> float:
        """Return it."""
        return self.now_s


def served(price: Nanos = 1_000, paid: Mapping[str, float] = {}) -> ServedLandscape:
    found = ServedLandscape()
    found.serve(FakeLandscape(price), paid, 0.0)
    return found


def offered(landscape: ServedLandscape, floor: Nanos = 0, value: Nanos = 10_000) -> Offer | None:
    return landscape.offer(AUCTION, SPACE, BANNER, None, floor, value, 0.0)


def bid(
    watch: DriftWatch, clock: Steps, landscape: ServedLandscape, count: int, won: float
) -> None:
    """Make bids, one a second, of which a share is billed at once and the others are never heard of."""
    for number in range(count):
        offer = offered(landscape)
        if offer is None:
            return
        name = f"{clock.now_s:.0f}".encode()
        watch.booked(name, "ssp", offer, clock.now())
        if number * won % 1 + won >= 1:
            watch.resolved(name, 500)
        clock.now_s += 1
        watch.poll()


def test_fewer_wins_than_foretold_raise_the_prices() -> None:
    landscape, clock = served(), Steps()
    watch = DriftWatch(landscape, lambda _: 10.0, clock)
    bid(watch, clock, landscape, 200, won=0.2)
    assert landscape.levels["ssp"] > 1_200_000
    offer = offered(landscape)
    assert offer is not None
    assert offer.price > 1_200


def test_as_many_as_foretold_leave_them() -> None:
    landscape, clock = served(), Steps()
    watch = DriftWatch(landscape, lambda _: 10.0, clock)
    bid(watch, clock, landscape, 1_000, won=0.5)
    assert landscape.levels == {}


def test_of_wins_that_are_not_billed_none_is_missed() -> None:
    landscape, clock = served(paid={"ssp": 0.4}), Steps()
    watch = DriftWatch(landscape, lambda _: 10.0, clock)
    bid(watch, clock, landscape, 1_000, won=0.2)
    assert landscape.levels == {}


def test_nothing_is_a_loss_before_its_time() -> None:
    landscape, clock = served(), Steps()
    watch = DriftWatch(landscape, lambda _: 0.0, clock)
    bid(watch, clock, landscape, int(USUAL_S), won=0.0)
    assert landscape.levels == {}
    clock.now_s += USUAL_S
    watch.poll()
    assert landscape.levels["ssp"] > 1_000_000


def test_what_is_refuted_is_asked_no_more_until_another_serves() -> None:
    landscape, clock = served(), Steps()
    watch = DriftWatch(landscape, lambda _: 10.0, clock)
    bid(watch, clock, landscape, 2_000, won=0.0)
    assert landscape.levels["ssp"] == 0
    assert offered(landscape) is None
    landscape.serve(FakeLandscape(3_000), {}, clock.now_s)
    watch.poll()
    assert offered(landscape) == Offer(3_000, 0.5, "ssp / USA", 1_234, told=True)
    bid(watch, clock, landscape, 500, won=0.5)
    assert landscape.levels == {}


@given(
    st.floats(0.5, 2.0),
    st.integers(0, 10**12),
    st.integers(0, 10**12),
    st.integers(0, 10**13),
)
def test_a_moved_price_stays_between_floor_and_value(
    level: float, floor: int, above: int, price: int
) -> None:
    landscape = served(price)
    level_ppm = round(level * 1_000_000)
    landscape.levels = {"ssp": level_ppm}
    offer = offered(landscape, floor, floor + above)
    assert offer is not None
    assert floor <= offer.price <= floor + above
    if floor * 2 < price < (floor + above) / 2:
        assert offer.price == pytest.approx(price * level_ppm / 1_000_000, abs=2)
