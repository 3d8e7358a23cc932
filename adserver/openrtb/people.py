"""The person behind a request, and what the request says of them; called only where that is allowed."""

from collections.abc import Callable

from adserver.domain.person import PersonKey
from adserver.openrtb.request import BidRequest, User

MAX_SEGMENTS = 1_000
MAX_ID_LENGTH = 200
"""Longer ids are no ids; they are ignored, not cut, because a part of an id is another id."""


def person_key(request: BidRequest, pseudonym: Callable[[str, str], PersonKey]) -> PersonKey | None:
    """Return the person's key by the most lasting id sent: the device's, ours, the exchange's."""
    found = identifier(request)
    return None if found is None else pseudonym(*found)


def identifier(request: BidRequest) -> tuple[str, str] | None:
    """Return the most lasting id sent, behind its kind."""
    device, user = request.device, request.user
    if device is not None and device.ifa and not (device.lmt or device.dnt):
        ifa = device.ifa.strip().lower()
        if ifa.strip("0-") and len(ifa) <= MAX_ID_LENGTH:  # all zeros: the person turned it off
            return "ifa", ifa
    if user is not None:
        for kind, sent in (("buyeruid", user.buyeruid), ("user", user.id)):
            if sent is not None and sent != "" and len(str(sent)) <= MAX_ID_LENGTH:
                return kind, str(sent)
    return None


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
