"""An independent judge of bid responses, written from the OpenRTB 2.6 specification.

It shares nothing with the server: it reads plain dictionaries, decimals and XML, and says in words
what a strict exchange would complain about. `problems` is all that others need.
"""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from adserver.certification.markup import markup_problems

Json = Mapping[str, Any]

RESPONSE_FIELDS = {
    "id": "string!", "seatbid": "objects", "bidid": "string", "cur": "string", "customdata": "string",
    "nbr": "integer", "ext": "object",
}  # fmt: skip
SEATBID_FIELDS = {"bid": "objects!", "seat": "string", "group": "integer", "ext": "object"}
BID_FIELDS = {
    "id": "string!", "impid": "string!", "price": "float!", "nurl": "string", "burl": "string",
    "lurl": "string", "adm": "string", "adid": "string", "adomain": "strings", "bundle": "string",
    "iurl": "string", "cid": "string", "crid": "string", "tactic": "string", "cattax": "integer",
    "cat": "strings", "attr": "integers", "apis": "integers", "api": "integer", "protocol": "integer",
    "qagmediarating": "integer", "language": "string", "langb": "string", "dealid": "string",
    "w": "integer", "h": "integer", "wratio": "integer", "hratio": "integer", "exp": "integer",
    "dur": "integer", "mtype": "integer", "slotinpod": "integer", "ext": "object",
}  # fmt: skip
"""Name -> type; `!` marks what is required, a plural an array."""

SKIPPABLE = 16
"""AdCOM: the advertisement brings its own button to skip."""
MEDIA = {1: "banner", 2: "video", 3: "audio", 4: "native"}


def problems(
    request: Json, response: Json, rates: Mapping[str, str | Decimal] | None = None
) -> list[str]:
    """Return everything that is wrong with a response to a request; an empty list is a pass.

    `rates` says what one unit of a common currency buys in each currency; a comparison between
    currencies that it does not name is itself a problem.
    """
    found = list(_types(response, RESPONSE_FIELDS, "response"))
    if found:
        return found
    if response["id"] != str(request["id"]):
        found.append("response.id does not echo the request's id")
    if not response.get("seatbid") and "nbr" not in response:
        found.append("response has neither seatbid nor nbr")
    currency = response.get("cur", "USD")
    if request.get("cur") and currency not in request["cur"]:
        found.append(f"cur {currency} is not among {request['cur']}")
    seen: set[str] = set()
    for number, seatbid in enumerate(response.get("seatbid", [])):
        at = f"seatbid[{number}]"
        wrong = list(_types(seatbid, SEATBID_FIELDS, at))
        found += wrong or _seat(request, seatbid, at)
        if wrong:
            continue
        for position, bid in enumerate(seatbid["bid"]):
            where = f"{at}.bid[{position}]"
            wrong = list(_types(bid, BID_FIELDS, where))
            found += wrong
            if wrong:
                continue
            if bid["id"] in seen:
                found.append(f"{where}.id is used twice")
            seen.add(bid["id"])
            complaints = _bid(request, bid, seatbid.get("seat"), currency, rates or {})
            found += [f"{where}: {complaint}" for complaint in complaints]
    return found


def _types(thing: Json, fields: Mapping[str, str], where: str) -> Iterator[str]:
    for name in thing.keys() - fields.keys():
        yield f"{where}.{name} is no field of OpenRTB 2.6"
    for name, spec in fields.items():
        if name not in thing:
            if spec.endswith("!"):
                yield f"{where}.{name} is required"
        elif not _is(thing[name], spec.rstrip("!")):
            yield f"{where}.{name} is not of type {spec.rstrip('!')}"
        elif spec.endswith("s!") and not thing[name]:
            yield f"{where}.{name} is empty"


def _is(value: Any, spec: str) -> bool:
    if spec.endswith("s"):
        return isinstance(value, list) and all(_is(each, spec[:-1]) for each in value)
    if spec == "float":
        return isinstance(value, int | float) and not isinstance(value, bool)
    if spec == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, str if spec == "string" else dict)


def _seat(request: Json, seatbid: Json, at: str) -> list[str]:
    seat = seatbid.get("seat")
    found = []
    if (
        isinstance(request.get("wseat"), list)
        and request["wseat"]
        and seat not in _texts(request["wseat"])
    ):
        found.append(f"{at}.seat {seat} is not among wseat")
    if request.get("bseat") and seat in _texts(request["bseat"]):
        found.append(f"{at}.seat {seat} is blocked")
    return found


def _bid(
    request: Json, bid: Json, seat: str | None, currency: str, rates: Mapping[str, str | Decimal]
) -> Iterator[str]:
    imp = next((each for each in request["imp"] if str(each.get("id")) == bid["impid"]), None)
    if imp is None:
        yield f"impid {bid['impid']} is not in the request"
        return
    pmp = imp.get("pmp") or {}
    offered = {str(each.get("id")): each for each in pmp.get("deals") or ()}
    deal = offered.get(bid.get("dealid", ""))
    if "dealid" not in bid:
        if pmp.get("private_auction") == 1:
            yield "a private auction takes deal bids only"
    elif deal is None:
        yield f"dealid {bid['dealid']} is not offered"
    else:
        yield from _deal(deal, bid, seat)
    yield from _price(imp, deal, bid, currency, rates)
    yield from _blocks(request, bid)
    yield from _notices(imp, bid)
    media = _media(imp, bid)
    if media is None:
        yield f"mtype {bid.get('mtype')} is not what the imp asks for"
        return
    blocked = set(imp[media].get("battr") or ()) & set(bid.get("attr", ()))
    if blocked:
        yield f"attr {sorted(blocked)} is blocked"
    if media == "video" and imp["video"].get("skip") == 1 and SKIPPABLE in bid.get("attr", ()):
        yield "attr 16 is said though the player adds the button to skip (7.4)"
    if media == "banner":
        yield from _size(imp["banner"], bid)
    yield from markup_problems(imp, media, bid)


def _notices(imp: Json, bid: Json) -> Iterator[str]:
    for name in ("nurl", "burl", "lurl", "iurl"):
        if name in bid and not bid[name].startswith(("http://", "https://")):
            yield f"{name} is no web address"
    if imp.get("exp") is not None and bid.get("exp", 0) > imp["exp"]:
        yield f"exp {bid['exp']} is longer than the imp's {imp['exp']}"
    if not bid.get("adm") and not bid.get("nurl"):
        yield "there is neither adm nor nurl to serve from"


def _media(imp: Json, bid: Json) -> str | None:
    """Return the kind of the bid: its `mtype`, or the imp's only kind if it does not say."""
    kinds = [kind for kind in MEDIA.values() if isinstance(imp.get(kind), dict)]
    if "mtype" not in bid:
        return kinds[0] if len(kinds) == 1 else None
    kind = MEDIA.get(bid["mtype"])
    return kind if kind in kinds else None


def _deal(deal: Json, bid: Json, seat: str | None) -> Iterator[str]:
    if deal.get("wseat") and seat not in _texts(deal["wseat"]):
        yield f"seat {seat} may not use deal {deal['id']}"
    allowed = [_plain(domain) for domain in deal.get("wadomain") or ()]
    for domain in bid.get("adomain", ()) if allowed else ():
        if not any(_within(_plain(domain), each) for each in allowed):
            yield f"adomain {domain} may not use deal {deal['id']}"


def _price(
    imp: Json,
    deal: Json | None,
    bid: Json,
    currency: str,
    rates: Mapping[str, str | Decimal],
) -> Iterator[str]:
    price = Decimal(str(bid["price"]))
    if not price.is_finite() or price <= 0:
        yield f"price {bid['price']} is none"
        return
    base = imp if deal is None else deal
    by_duration: Json = deal or (imp.get(_media(imp, bid) or "") or {})
    floor = Decimal(str(base.get("bidfloor") or 0))
    duration = bid.get("dur")
    for band in by_duration.get("durfloors") or ():
        if duration is not None and band.get("mindur", 0) <= duration <= band.get(
            "maxdur", 1 << 30
        ):
            floor = Decimal(str(band.get("bidfloor", 0)))
    if by_duration.get("mincpmpersec") and duration is not None:
        floor = Decimal(str(by_duration["mincpmpersec"])) * duration
    asked_in = base.get("bidfloorcur") or "USD"  # a deal does not inherit the imp's
    if floor <= 0:
        return
    if asked_in != currency:
        if asked_in not in rates or currency not in rates:
            yield f"no rate to compare a floor in {asked_in} with a price in {currency}"
            return
        price = price * Decimal(rates[asked_in]) / Decimal(rates[currency])
    if price < floor:
        yield f"price {bid['price']} {currency} is below the floor {floor} {asked_in}"


def _blocks(request: Json, bid: Json) -> Iterator[str]:
    blocked = [_plain(domain) for domain in request.get("badv") or ()]
    for domain in bid.get("adomain", ()):
        if any(_within(_plain(domain), each) for each in blocked):
            yield f"adomain {domain} is blocked"
    same_taxonomy = bid.get("cattax", 1) == (request.get("cattax") or 1)
    for category in bid.get("cat", ()) if same_taxonomy else ():
        if any(_is_under(category, each) for each in request.get("bcat") or ()):
            yield f"cat {category} is blocked"
        allowed = request.get("acat") or ()
        if allowed and not any(_is_under(category, each) for each in allowed):
            yield f"cat {category} is not allowed"
    if bid.get("bundle") in (request.get("bapp") or ()):
        yield f"bundle {bid['bundle']} is blocked"
    languages = request.get("wlang")
    if languages and "language" in bid and bid["language"] not in languages:
        yield f"language {bid['language']} is not among {languages}"


def _size(banner: Json, bid: Json) -> Iterator[str]:
    formats = banner.get("format") or ()
    sizes = _exact(formats) or _exact([banner])
    flexible = any(each.get("wratio") for each in formats)
    size = (bid.get("w"), bid.get("h"))
    if None in size:
        if len(sizes) > 1:
            yield "w and h do not say which of the sizes it is"
    elif sizes and size not in sizes and not flexible:
        yield f"size {size} is not among {sizes}"


def _exact(sized: Iterable[Json]) -> list[tuple[int, int]]:
    sizes = [(each.get("w"), each.get("h")) for each in sized]
    return [(w, h) for w, h in sizes if isinstance(w, int) and isinstance(h, int) and w and h]


def _texts(ids: Any) -> list[str]:
    """Ids as text; a list of seats that is no list restricts nobody."""
    return [str(each) for each in ids] if isinstance(ids, list) else []


def _plain(domain: str) -> str:
    return domain.lower().removeprefix("www.")


def _within(domain: str, parent: str) -> bool:
    return domain == parent or domain.endswith("." + parent)


def _is_under(category: str, parent: str) -> bool:
    return category == parent or category.startswith(parent + "-")
