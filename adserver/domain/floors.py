"""Which floor an advertisement has to reach: the deal's or the open auction's, and for its duration."""

from adserver.domain.creative import AnyCreative, Audio, Video
from adserver.domain.money import Nanos
from adserver.domain.opportunity import DealTerms, DurationFloors, Opportunity


def floor_for(opportunity: Opportunity, deal: DealTerms | None, creative: AnyCreative) -> Nanos:
    """Return the floor of this creative here (OpenRTB 2.6, 3.2.12 and 3.2.35); house nanos per impression."""
    otherwise = opportunity.floor if deal is None else deal.floor
    if not isinstance(creative, Video | Audio):
        return otherwise
    floors: DurationFloors | None
    if deal is not None:
        floors = deal.floors
    else:
        floors = (
            opportunity.video_floors if isinstance(creative, Video) else opportunity.audio_floors
        )
    return otherwise if floors is None else floors.at(creative.duration_s, otherwise)


def lowest_floor(opportunity: Opportunity, deal: DealTerms | None) -> Nanos:
    """Return a bound that `floor_for` is never below, whatever the creative."""
    if deal is not None:
        return deal.floor if deal.floors is None else deal.floors.lowest(deal.floor)
    floor = opportunity.floor
    played = (opportunity.video_floors, opportunity.audio_floors)
    return min([floor, *(each.lowest(floor) for each in played if each is not None)])
