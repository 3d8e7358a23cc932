"""A market whose prices move after it was learned, with and without looking at one's own wins."""

from pathlib import Path

import pytest

from adserver.background.drifting import DriftWatch
from adserver.background.served_landscape import ServedLandscape
from adserver.domain.creative import Banner
from adserver.domain.opportunity import Auction, Opportunity
from models.landscape.artifact import read
from models.landscape.train import train
from tests.unit.models_landscape.market import CPM, auctions, log

VALUE = 10 * CPM
BANNER = Banner(id="b", landing_url="https://shop.example/", width=300, height=250, image_url="https://shop.example/i")  # fmt: skip


class Clock:
    """The time of the auction that is on."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def now(self) -> float:
        """Return it."""
        return self.now_s


def left(served: ServedLandscape, scale: float, *, watched: bool) -> int:
    """Return what is left of 3,000 auctions, after 2,000 in which to see that prices moved."""
    clock = Clock()
    watch = DriftWatch(served, lambda _: 5.0, clock)
    total = 0
    for number, each in enumerate(auctions(5_000, seed=9, scale=scale)):
        clock.now_s = each.at
        auction = Auction(id="1", exchange="ssp", opportunities=(), country="USA", publication=each.publication)  # fmt: skip
        space = Opportunity(id="1", floor=each.floor, tag_id="top")
        offer = served.offer(auction, space, BANNER, None, each.floor, VALUE, each.at)
        if offer is None:
            continue
        bid, won = each.bid.encode(), offer.price >= each.minimum
        if watched:
            watch.booked(bid, "ssp", offer, each.at)
            if won:
                watch.resolved(bid, offer.price)
            watch.poll()
        if number >= 2_000 and won:
            total += VALUE - offer.price
    return total


@pytest.mark.parametrize(("scale", "gain"), [(1.6, 1.15), (0.6, 1.05), (1.0, 0.98)])
def test_who_looks_at_its_wins_follows_the_market(
    tmp_path: Path, scale: float, gain: float
) -> None:
    train(log(tmp_path / "events.jsonl", list(auctions(3_000))), tmp_path / "models")
    learned = read(tmp_path / "models")
    results = {}
    for watched in (True, False):
        served = ServedLandscape()
        served.serve(learned, {}, 0.0)
        results[watched] = left(served, scale, watched=watched)
    assert results[True] >= gain * results[False], results
