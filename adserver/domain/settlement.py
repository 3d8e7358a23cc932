"""What a billed bid costs: media by the cleared price, and each fee as an amount of its own."""

from typing import NamedTuple

from adserver.domain.campaign import Fees
from adserver.domain.fees import PPM, fees_on
from adserver.domain.money import Nanos, share
from adserver.domain.ticket import Ticket


class Charge(NamedTuple):
    """House nanos; the sum is never above what the bid reserved."""

    media: Nanos
    data: Nanos
    tech: Nanos
    margin: Nanos


def charge(
    ticket: Ticket, wire_price: int, fees: Fees, said_ppm: int | None = None
) -> Charge | None:
    """Return what a bid costs at a cleared price (micros per mille, the bid's currency).

    `said_ppm` is how many impressions the exchange says we won, in millionths. `None` if the price is above our bid
    or negative: no agreement says that we owe it. Amounts are half-even to the nano. Fees that rose since the bid are
    cut to what it reserved, margin first: the advertiser agreed to the price at which we bid.
    """
    if not 0 <= wire_price <= ticket.wire_price:
        return None
    won_ppm = impressions_won(ticket, said_ppm)
    # One division, so one rounding: it grows with price and impressions, and so never exceeds what was reserved.
    media = share(ticket.price * won_ppm, wire_price, ticket.wire_price * PPM) if wire_price else 0
    left = max(0, ticket.reserved - media)
    data, tech, margin = fees_on(media, fees, won_ppm)
    data = min(data, left)
    tech = min(tech, left - data)
    margin = min(margin, left - data - tech)
    return Charge(media, data, tech, margin)


def impressions_won(ticket: Ticket, said_ppm: int | None) -> int:
    """Return by how many impressions a bid settles, in millionths: what is said, if that is some and no more than
    what was on offer (OpenRTB 2.6, 7.9.4); otherwise what was on offer.
    """
    if said_ppm is None or not 0 < said_ppm <= ticket.multiplier_ppm:
        return ticket.multiplier_ppm
    return said_ppm
