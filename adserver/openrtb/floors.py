"""The floors of imps and deals, and the deals themselves; a floor is never undercut.

`mincpmpersec` and `durfloors` stand in place of `bidfloor` for videos and sounds; outside all ranges of `durfloors` the
`bidfloor` applies (OpenRTB 2.6, 3.2.12). An entry with both ends is taken as written, though the text says "not both".
"""

from adserver.domain.money import Nanos, Rates
from adserver.domain.opportunity import AuctionType, DealTerms, DurationFloors
from adserver.openrtb.place import bare_domain
from adserver.openrtb.request import Deal, Imp, Player, Pmp

MAX_DEALS = 100
MAX_BANDS = 32
FOREVER_S = 1 << 31
DEFAULT_CURRENCY = "USD"

DEAL_AUCTION_TYPES = {kind.value: kind for kind in AuctionType}


def imp_floor(imp: Imp, rates: Rates) -> Nanos | None:
    """Return the floor of an open bid in house nanos; `None` if we cannot know it (then do not bid)."""
    return _convert(imp.bidfloor, imp.bidfloorcur, rates)


def duration_floors(
    source: Player | Deal, currency: str | None, rates: Rates
) -> DurationFloors | None:
    """Return the floors that depend on the duration, or `None` if there are none.

    Raises `ValueError` if there are some that we cannot know.
    """
    if not (source.mincpmpersec or source.durfloors):
        return None
    bands = source.durfloors or ()
    if len(bands) > MAX_BANDS:
        raise ValueError("more floors by duration than anybody means")
    per_1000_s = _known((source.mincpmpersec or 0) * 1_000, currency, rates)
    return DurationFloors(
        tuple(
            [
                (
                    each.mindur or 0,
                    FOREVER_S if each.maxdur is None else each.maxdur,
                    _known(each.bidfloor, currency, rates),
                )
                for each in bands
            ]
        ),
        per_1000_s,
    )


def deal_terms(pmp: Pmp, seat: str, rates: Rates) -> tuple[DealTerms, ...]:
    """Return the deals that our seat may use and whose floor we understand."""
    usable: list[DealTerms] = []
    for deal in (pmp.deals or ())[:MAX_DEALS]:
        if deal.id is None or deal.id == "":
            continue
        if deal.wseat and seat not in map(str, deal.wseat):
            continue
        try:
            # A deal does not inherit the imp's currency.
            floor = _known(deal.bidfloor, deal.bidfloorcur, rates)
            floors = duration_floors(deal, deal.bidfloorcur, rates)
        except ValueError:
            continue
        usable.append(
            DealTerms(
                str(deal.id),
                floor,
                DEAL_AUCTION_TYPES.get(deal.at) if deal.at is not None else None,
                frozenset(map(bare_domain, deal.wadomain)) if deal.wadomain else None,
                floors,
                guaranteed=deal.guar == 1,
            )
        )
    return tuple(usable)


def _known(cpm: float | None, currency: str | None, rates: Rates) -> Nanos:
    floor = _convert(cpm, currency, rates)
    if floor is None:
        raise ValueError("a floor in a currency without a rate, or beyond belief")
    return floor


def _convert(cpm: float | None, currency: str | None, rates: Rates) -> Nanos | None:
    if not cpm or cpm < 0:
        return 0  # a negative floor is none
    try:
        return rates.floor_to_house(cpm, currency.upper() if currency else DEFAULT_CURRENCY)
    except (KeyError, ValueError):  # a currency without a rate; not a number, or beyond belief
        return None
