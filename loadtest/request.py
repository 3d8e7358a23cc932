"""A bid request, OpenRTB 2.6 (2.5 for old-fashioned publishers), from a person, a place and a moment."""

from typing import Any, NamedTuple

import orjson

from loadtest.market.people import Person
from loadtest.market.publishers import Deal, Placement, Publisher

Json = dict[str, Any]

DEVICE_TYPES = {"phone": 4, "tablet": 5, "computer": 2, "tv": 3}
_WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6"
_CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0"
_SYSTEMS = {
    "ios": (
        "iOS",
        "17.6",
        f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_6 like Mac OS X) {_WEBKIT} Mobile/15E148 Safari/604.1",
    ),
    "android": (
        "Android",
        "15",
        f"Mozilla/5.0 (Linux; Android 15; K) {_CHROME} Mobile Safari/537.36",
    ),
    "windows": (
        "Windows",
        "10",
        f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_CHROME} Safari/537.36",
    ),
    "macos": (
        "macOS",
        "14",
        f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {_WEBKIT} Safari/605.1.15",
    ),
}
_NATIVE = orjson.dumps({
    "ver": "1.2", "context": 1, "plcmttype": 1, "privacy": 0,
    "assets": [
        {"id": 1, "required": 1, "title": {"len": 90}},
        {"id": 2, "required": 1, "img": {"type": 3, "wmin": 600, "hmin": 313}},
        {"id": 3, "required": 0, "data": {"type": 1, "len": 25}},
        {"id": 4, "required": 0, "data": {"type": 2, "len": 140}},
    ],
    "eventtrackers": [{"event": 1, "methods": [1]}],
}).decode()  # fmt: skip


_TELL_IF_YOU_CAN = {"dsarequired": 1, "pubrender": 1, "datatopub": 2}


class Terms(NamedTuple):
    """What is the same for all requests of one exchange."""

    tmax_ms: int = 120
    currencies: tuple[str, ...] = ("USD", "EUR")
    curious: bool = False
    """Whether it wants to be told who paid, and by what an advertisement was chosen (DSA)."""


def bid_request(
    identifier: str,
    person: Person,
    publisher: Publisher,
    placements: tuple[Placement, ...],
    terms: Terms,
) -> Json:
    """Return the request as JSON values; imps are numbered from "1" in the order of the placements."""
    request: Json = {
        "id": identifier,
        "at": publisher.auction_type,
        "tmax": terms.tmax_ms,
        "cur": list(terms.currencies),
        "imp": [
            _imp(str(index), placement, publisher) for index, placement in enumerate(placements, 1)
        ],
        publisher.kind: _inventory(publisher),
        "device": _device(person, publisher),
        "user": _user(person),
        "source": {"fd": 0, "tid": f"t-{identifier}"},
    }
    if publisher.blocked_domains:
        request["badv"] = list(publisher.blocked_domains)
    if publisher.blocked_categories:
        request["bcat"] = list(publisher.blocked_categories)
    if publisher.languages:
        request["wlang"] = list(publisher.languages)
    _privacy(request, person, publisher)
    if terms.curious:
        request["regs"].setdefault("ext", {})["dsa"] = _TELL_IF_YOU_CAN
    return request


def _user(person: Person) -> Json:
    if not person.id:  # a private window, or somebody else's screen
        return {}
    name = f"u-{person.number:x}-{person.screen + 1:x}" if person.screen else f"u-{person.number:x}"
    return {"id": name, "buyeruid": person.id}


def _privacy(request: Json, person: Person, publisher: Publisher) -> None:
    regs: Json = {"gdpr": int(person.country.in_eu)}
    if person.us_privacy:
        regs["us_privacy"] = person.us_privacy
    request["regs"] = {"coppa": 0, "ext": regs} if publisher.old_fields else {"coppa": 0, **regs}
    if person.consent:
        place = request["user"].setdefault("ext", {}) if publisher.old_fields else request["user"]
        place["consent"] = person.consent


def _imp(identifier: str, placement: Placement, publisher: Publisher) -> Json:
    imp: Json = {
        "id": identifier,
        "tagid": f"{publisher.name}/{placement.tag}",
        "bidfloor": placement.floor,
        "bidfloorcur": publisher.floor_currency,
        "secure": 1,
        placement.media: _space(placement, publisher),
    }
    if placement.media == "banner" and placement.position == 7:  # noqa: PLR2004 - full screen
        imp["instl"] = 1
    if placement.deals:
        imp["pmp"] = {"private_auction": 0, "deals": [_deal(deal) for deal in placement.deals]}
    return imp


def _space(placement: Placement, publisher: Publisher) -> Json:
    if placement.media == "native":
        return {"request": _NATIVE, "ver": "1.2"}
    width, height = placement.sizes[0]
    space: Json = {"w": width, "h": height, "pos": placement.position}
    if placement.media == "banner":
        space["format"] = [{"w": w, "h": h} for w, h in placement.sizes]
    else:
        space |= {
            "mimes": ["video/mp4", "video/webm"], "minduration": 5, "maxduration": 30,
            "protocols": [2, 3, 5, 6, 7, 8, 11, 12, 13, 14], "linearity": 1, "startdelay": 0,
            "plcmt": 1, "playbackmethod": [1, 2],
        }  # fmt: skip
    if publisher.blocked_attributes:
        space["battr"] = list(publisher.blocked_attributes)
    return space


def _deal(deal: Deal) -> Json:
    wire: Json = {
        "id": deal.id, "bidfloor": deal.floor, "bidfloorcur": deal.currency, "at": deal.auction_type,
    }  # fmt: skip
    if deal.domains:
        wire["wadomain"] = list(deal.domains)
    return wire


def _inventory(publisher: Publisher) -> Json:
    name = publisher.name
    common: Json = {
        "id": f"pub-{name}",
        "name": name,
        "cat": list(publisher.categories),
        "publisher": {"id": f"p-{name}", "domain": "house.example"},
    }
    if publisher.kind == "app":
        return {**common, "bundle": name, "storeurl": f"https://store.example/{name}"}
    return {
        **common,
        "domain": name,
        "page": f"https://{name}/today",
        "ref": "https://search.example/",
    }


def _device(person: Person, publisher: Publisher) -> Json:
    system, version, agent = _SYSTEMS[person.os]
    return {
        "devicetype": DEVICE_TYPES[person.device_type],
        "os": system,
        "osv": version,
        "ua": agent,
        "ip": f"203.0.113.{person.number % 254 + 1}",  # a range kept for documentation
        "language": person.country.language,
        "lmt": 0,
        "geo": {
            "country": person.country.code,
            "region": person.region,
            "city": person.city,
            "type": 2,
            "utcoffset": person.country.utc_offset_hours * 60,
        },
        "js": int(publisher.kind == "site"),
    }
