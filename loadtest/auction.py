"""The auction for one placement: our bidder against rivals that nobody ever meets."""

from typing import NamedTuple

from loadtest.answer import Bid, floor_dollars
from loadtest.market.publishers import AGREED_PRICE, SECOND_PRICE, Placement, Publisher

_STEP = 10_000
"""One cent of CPM: what a second-price winner pays above the runner-up."""
BELOW_FLOOR, BELOW_DEAL_FLOOR, OUTBID, LOST_TO_DEAL = 100, 101, 102, 103  # OpenRTB loss codes


class Outcome(NamedTuple):
    """What became of one bid; amounts are micros of a CPM in the bid's currency."""

    bid: Bid
    won: bool
    clearing: int
    minimum: int
    """What would have been enough; more than the price for those who lost to a higher bid."""
    loss: int = 0


def hold(placement: Placement, publisher: Publisher, bids: list[Bid], rival: int) -> list[Outcome]:
    """Return one outcome per bid; `rival` is the best offer of others, in micros of dollars."""
    if rival < floor_dollars(placement, publisher, None):
        rival = 0
    standing = [bid for bid in bids if _floor(bid, placement, publisher) <= bid.dollars(bid.price)]
    winner = max(standing, key=lambda bid: (_preferred(bid), bid.dollars(bid.price)), default=None)
    if winner and not _preferred(winner) and winner.dollars(winner.price) <= rival:
        winner = None
    return [_outcome(bid, winner, rival, placement, publisher) for bid in bids]


def _outcome(
    bid: Bid, winner: Bid | None, rival: int, placement: Placement, publisher: Publisher
) -> Outcome:
    floor = _floor(bid, placement, publisher)
    enough = max(rival, floor)
    if bid is winner:
        if _preferred(bid):
            return Outcome(bid, won=True, clearing=bid.own(floor), minimum=bid.own(floor))
        at = bid.deal.auction_type if bid.deal else publisher.auction_type
        clearing = bid.own(enough + _STEP) if at == SECOND_PRICE else bid.price
        return Outcome(bid, won=True, clearing=clearing, minimum=bid.own(enough))
    top = winner.dollars(winner.price) if winner else enough
    minimum = round(top / bid.dollars(1_000_000) * 1_000_000)
    if bid.dollars(bid.price) < floor:
        loss = BELOW_DEAL_FLOOR if bid.deal else BELOW_FLOOR
    else:
        loss = LOST_TO_DEAL if winner and winner.deal and not bid.deal else OUTBID
    return Outcome(bid, won=False, clearing=0, minimum=minimum, loss=loss)


def _preferred(bid: Bid) -> bool:
    """A deal at an agreed price comes before the open market."""
    return bid.deal is not None and bid.deal.auction_type == AGREED_PRICE


def _floor(bid: Bid, placement: Placement, publisher: Publisher) -> int:
    return floor_dollars(placement, publisher, bid.deal)
