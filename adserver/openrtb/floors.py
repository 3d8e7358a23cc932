"""The floors of imps and deals, and the deals themselves; a floor is never undercut.

Floors by duration (`mincpmpersec`, `durfloors`) are taken at their highest for this space: the price is
then above whichever applies to the creative that is chosen.
"""

from adserver.domain.money import Nanos, Rates
from adserver.domain.opportunity import AuctionType, DealTerms
from adserver.openrtb.place import bare_domain
from adserver.openrtb.request import Deal, Imp, Pmp, Video
from adserver.openrtb.spaces import longest_s

MAX_DEALS = 100
DEFAULT_CURRENCY = "USD"

DEAL_AUCTION_TYPES = {kind.value: kind for kind in AuctionType}


def imp_floor(imp: Imp, rates: Rates) -> Nanos | None:
    """Return the floor of an open bid in house nanos; `None` if we cannot know it (then do not bid)."""
    floor = _convert(imp.bidfloor, imp.bidfloorcur, rates)
    video = imp.video
    if floor is None or video is None or not (video.mincpmpersec or video.durfloors):
        return floor
    return _by_duration(floor, video, imp.bidfloorcur, imp, rates)


def deal_terms(pmp: Pmp, imp: Imp, seat: str, rates: Rates) -> tuple[DealTerms, ...]:
    """Return the deals that our seat may use and whose floor we understand."""
    usable: list[DealTerms] = []
    for deal in (pmp.deals or ())[:MAX_DEALS]:
        if deal.id is None or deal.id == "":
            continue
        if deal.wseat and seat not in map(str, deal.wseat):
            continue
        # A deal does not inherit the imp's currency.
        floor = _convert(deal.bidfloor, deal.bidfloorcur, rates)
        if floor is not None and (deal.mincpmpersec or deal.durfloors):
            floor = _by_duration(floor, deal, deal.bidfloorcur, imp, rates)
        if floor is None:
            continue
        usable.append(
            DealTerms(
                str(deal.id),
                floor,
                DEAL_AUCTION_TYPES.get(deal.at) if deal.at is not None else None,
                frozenset(map(bare_domain, deal.wadomain)) if deal.wadomain else None,
            )
        )
    return tuple(usable)


def _convert(cpm: float | None, currency: str | None, rates: Rates) -> Nanos | None:
    if not cpm or cpm < 0:
        return 0  # a negative floor is none
    try:
        return rates.floor_to_house(cpm, currency.upper() if currency else DEFAULT_CURRENCY)
    except (KeyError, ValueError):  # a currency without a rate; not a number, or beyond belief
        return None


def _by_duration(
    floor: Nanos,
    source: Video | Deal,
    currency: str | None,
    imp: Imp,
    rates: Rates,
) -> Nanos | None:
    candidates: list[Nanos | None] = [floor]
    if source.durfloors:
        candidates += [_convert(each.bidfloor, currency, rates) for each in source.durfloors]
    if source.mincpmpersec:
        longest = longest_s(imp.video) if imp.video else None
        if longest is None:
            return None
        candidates.append(_convert(source.mincpmpersec * longest, currency, rates))
    known = [each for each in candidates if each is not None]
    return max(known) if len(known) == len(candidates) else None
