"""What models are told of the person: made once per request, logged with the bid just as it was."""

from math import inf

from adserver.catalog.audience import Listener
from adserver.decision.world import Moment
from adserver.domain.opportunity import Auction
from adserver.domain.seen import MOST_SEGMENTS, NOT_SEEN, REMEMBERED_S, Seen


def see(auction: Auction, moment: Moment, listener: Listener) -> Seen:
    """Return what may be known; history and segments only where they may choose the advertisement."""
    if not moment.permission.personalise:
        return NOT_SEEN
    if auction.person is None:
        return Seen(audience=_audience(auction, listener)) if auction.segments else NOT_SEEN
    audience = _audience(auction, listener)
    if moment.counted_since_s == inf:  # nobody can tell
        return Seen(audience=audience)
    counts: dict[int, int] = {}
    since = moment.now_s - REMEMBERED_S
    for touch in moment.touches:
        if touch.kind == "impression" and touch.at_s > since:
            counts[touch.line_item] = counts.get(touch.line_item, 0) + 1
    return Seen(sum(counts.values()), counts, audience)


def _audience(auction: Auction, listener: Listener) -> tuple[str, ...]:
    """Return names, the profile's first, each once."""
    names = listener.names()
    if auction.segments:
        names = list(dict.fromkeys(names))
    return tuple(names[:MOST_SEGMENTS])
