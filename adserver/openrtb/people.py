"""The person behind a request, and what the request says of them; called only where that is allowed."""

from adserver.openrtb.partners import (
    MAX_ID_LENGTH,
    NO_SOURCES,
    IdSources,
    partner_ids,
    stands_for_somebody,
)
from adserver.openrtb.request import BidRequest, User

MAX_SEGMENTS = 1_000
MAX_IDS = 8
"""So many ids of a person are looked up; a real request rarely has more that we can use."""


def identifiers(request: BidRequest, sources: IdSources = NO_SOURCES) -> list[tuple[str, str]]:
    """Return the person's ids behind their kinds, the most lasting first, at most `MAX_IDS`.

    Call it only where `Permission.identify`. The device's id comes first (not where `lmt` or `dnt` is set, nor
    the zeros of somebody who turned it off), then ours, the exchange's, and those of the listed sources in the
    order of the list. An inferred id stands for nobody.
    """
    device, user = request.device, request.user
    found: list[tuple[str, str]] = []
    if device is not None and device.ifa and not (device.lmt or device.dnt):
        ifa = device.ifa.strip().lower()
        if ifa.strip("0-") and stands_for_somebody(ifa):
            found.append(("ifa", ifa))
    if user is None:
        return found
    if user.buyeruid is not None and stands_for_somebody(sent := str(user.buyeruid)):
        found.append(("buyeruid", sent))
    if user.id is not None and stands_for_somebody(sent := str(user.id)):
        found.append(("user", sent))
    if sources and (user.eids or (user.ext is not None and user.ext.eids)):
        found.extend(partner_ids(user, sources, place(request), MAX_IDS - len(found)))
    return found


def identifier(request: BidRequest) -> tuple[str, str] | None:
    """Return the most lasting id sent, partners' left aside."""
    found = identifiers(request)
    return found[0] if found else None


def place(request: BidRequest) -> str:
    """Return the domain or the application in which the advertisement will show, in lower case."""
    if request.site is not None:
        return (request.site.domain or "").lower()
    if request.app is not None:
        return str(request.app.bundle or "").lower()
    return ""


def segments(user: User) -> tuple[str, ...]:
    """Return the segments sent along as `provider:id`; without a provider an id means nothing."""
    found: list[str] = []
    for data in user.data or ():
        provider = data.id or data.name
        if not provider:
            continue
        for segment in data.segment or ():
            name = f"{provider}:{segment.id}"
            if segment.id and len(name) <= MAX_ID_LENGTH:
                found.append(name)
                if len(found) == MAX_SEGMENTS:
                    return tuple(found)
    return tuple(found)
