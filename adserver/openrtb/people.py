"""The person behind a request, their household, and what the request says of them; called only where that is allowed."""

from ipaddress import ip_address

from adserver.domain.networks import IPV4_BYTES, packed
from adserver.openrtb.partners import (
    MAX_ID_LENGTH,
    NO_SOURCES,
    IdSources,
    partner_ids,
    stands_for_somebody,
)
from adserver.openrtb.request import BidRequest, Device, User

MAX_SEGMENTS = 1_000
MAX_IDS = 8
"""So many ids of a person are looked up; a real request rarely has more that we can use."""
TELEVISIONS = frozenset({3, 6, 7})
"""AdCOM device types that stand in a home: television, connected device, set-top box."""
_SITE_BYTES = 8
"""Of an IPv6 address a home has at least the last 8 bytes to itself (RFC 6177)."""


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


def household(request: BidRequest, sources: IdSources = NO_SOURCES) -> str:
    """Return what the household is known by, or nothing.

    Call it only where `Permission.identify`. An id of a listed source of households goes first. On a television it
    is the address that it is reached at, unless that is shortened, private, or the person wants no tracking: phones
    and computers move between homes, so theirs says nothing.
    """
    user, device = request.user, request.device
    if user is not None and sources and (user.eids or (user.ext is not None and user.ext.eids)):
        found = partner_ids(user, sources, place(request), 1)
        if found:
            return ":".join(found[0])
    if device is None or device.devicetype not in TELEVISIONS or device.lmt or device.dnt:
        return ""
    return _home_address(device)


def _home_address(device: Device) -> str:
    """Return the public address of a home, of IPv6 the part that all its devices share."""
    for text in (device.ip, device.ipv6):
        raw = packed(text) if text else None
        if raw is None:
            continue
        address = ip_address(raw)
        if not address.is_global or address.is_multicast:
            continue
        if len(raw) == IPV4_BYTES:
            if raw[-1]:  # many exchanges write 0 in place of the last byte
                return raw.hex()
        elif any(raw[_SITE_BYTES - 2 : _SITE_BYTES]):
            return raw[:_SITE_BYTES].hex()
    return ""


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
