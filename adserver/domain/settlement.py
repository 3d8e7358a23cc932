"""What a billed bid costs: media by the cleared price, and each fee as an amount of its own."""

from typing import NamedTuple

from adserver.domain.campaign import Fees
from adserver.domain.fees import fees_on
from adserver.domain.money import Nanos, share
from adserver.domain.ticket import Ticket


class Charge(NamedTuple):
    """House nanos; the sum is never above what the bid reserved."""

    media: Nanos
    data: Nanos
    tech: Nanos
    margin: Nanos


def charge(ticket: Ticket, wire_price: int, fees: Fees) -> Charge | None:
    """Return what a bid costs at a cleared price (micros per mille, the bid's currency).

    `None` if the price is above our bid or negative: no agreement says that we owe it. Amounts are
    half-even to the nano. Fees that rose since the bid are cut to what it reserved, margin first:
    the advertiser agreed to the price at which we bid.
    """
    if not 0 <= wire_price <= ticket.wire_price:
        return None
    media = share(ticket.price, wire_price, ticket.wire_price) if wire_price else 0
    left = max(0, ticket.reserved - media)
    data, tech, margin = fees_on(media, fees)
    data = min(data, left)
    tech = min(tech, left - data)
    margin = min(margin, left - data - tech)
    return Charge(media, data, tech, margin)
