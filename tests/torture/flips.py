"""For each reason that a situation can produce: what spoils one, and the flip of that one condition.

A spoiler is drawn at random and breaks a good situation; a flip is chosen by nothing but the reason that the
explanation names, and mends that condition alone.
"""

from collections.abc import Callable, Mapping
from random import Random
from typing import Any, NamedTuple

import msgspec

from adserver.domain.reasons import Reason
from tests.endpoints.client import EXCHANGE
from tests.torture import selling, strict

Json = dict[str, Any]


class Situation(msgspec.Struct):
    """A request and what is true when it comes."""

    media: str
    request: Json
    base: Json
    """The same request, unspoiled."""
    exchange: str = EXCHANGE
    hour: int = 12
    stopped: bool = False
    """Somebody stopped everything."""
    advertiser_stopped: bool = False
    hasty: bool = False
    """The id comes more often than people do."""
    funded: bool = True
    claimable: bool = True
    covered: bool = True
    """The hourly ceiling leaves something."""
    covered_at_claim: bool = True
    seen: int = 0
    """So often the person saw this line item in the last hour."""


Change = Callable[[Situation, Random], None]


class Spoiler(NamedTuple):
    """One condition broken."""

    reason: Reason
    place: str
    """Spoilers of one place exclude each other."""
    spoil: Change
    media: tuple[str, ...] = strict.MEDIA
    on_the_wire: bool = True
    """Does the request carry it?"""


def _put(path: str, *values: Any) -> Change:
    """Set a path of the request to one of these; `$` stands for the media type."""

    def change(situation: Situation, dice: Random) -> None:
        *way, last = path.replace("$", situation.media).split(".")
        at: Any = situation.request
        for step in way:
            at = at[int(step)] if isinstance(at, list) else at.setdefault(step, {})
        at[last] = dice.choice(values)

    return change


def _be(**fields: Any) -> Change:
    """Set a field of the situation; a tuple is a choice."""
    ((field, given),) = fields.items()
    values = given if isinstance(given, tuple) else (given,)
    return lambda situation, dice: setattr(situation, field, dice.choice(values))


def _restore(*paths: str) -> Change:
    """Make these paths what they were in the good request, or take them away."""

    def change(situation: Situation, _: Random) -> None:
        for path in paths:
            *way, last = path.replace("$", situation.media).split(".")
            at: Any = situation.request
            good: Any = situation.base
            for step in way:
                key: Any = int(step) if isinstance(at, list) else step
                at = at[key] if isinstance(at, list) else at.get(key, {})
                good = good[key] if isinstance(good, list) else good.get(key, {})
            if last in good:
                at[last] = good[last]
            else:
                at.pop(last, None)

    return change


def _other_media(situation: Situation, dice: Random) -> None:
    imp = situation.request["imp"][0]
    del imp[situation.media]
    other = dice.choice([media for media in strict.MEDIA if media != situation.media])
    imp[other] = strict.SPACES[other]


def _excluded(situation: Situation, _: Random) -> None:
    ours = {"buyer_creative_id": f"{situation.media}-ad"}
    situation.request["imp"][0]["ext"]["excluded_creatives"] = [{"buyer_creative_id": "x"}, ours]


def _own_media(situation: Situation, _: Random) -> None:
    imp = situation.request["imp"][0]
    for media in strict.MEDIA:
        imp.pop(media, None)
    imp[situation.media] = situation.base["imp"][0][situation.media]


def _unsold(situation: Situation, _: Random) -> None:
    imp = situation.request["imp"][0]
    del imp[situation.media]
    imp["audio"] = {"maxduration": 30}


def _sold(situation: Situation, _: Random) -> None:
    imp = situation.request["imp"][0]
    if imp.get("audio") == {"maxduration": 30} or not imp.keys() & set(strict.MEDIA):
        imp.pop("audio", None)
        imp[situation.media] = situation.base["imp"][0][situation.media]
    imp.pop("qty", None)
    imp.pop("bidfloorcur", None)


def _as_app(situation: Situation, _: Random) -> None:
    """An application of the same name, about the same things."""
    bundle = f"{situation.media}.example"
    situation.request["app"] = {"bundle": bundle, "cat": situation.base["site"]["cat"]}


def _old_player_must_tell(situation: Situation, dice: Random) -> None:
    """VAST 2.0 has no place for our link."""
    situation.request["imp"][0].setdefault("video", {})["protocols"] = [2]
    situation.request["regs"] = {"ext": {"dsa": {"dsarequired": dice.choice((2, 3))}}}


def _covered(situation: Situation, _: Random) -> None:
    situation.covered = situation.covered_at_claim = True


def _private(**deal: Any) -> Json:
    return {"private_auction": 1, "deals": [{"id": strict.DEAL, **deal}]}


_DEALS = (
    {"private_auction": 1, "deals": [{"id": "another"}]},
    _private(wadomain=["rival.example"]),
    _private(at=3),
)
_NOBODY_WOULD_TELL = (
    {"ext": {"dsa": {"dsarequired": 2, "pubrender": 0}}},
    {"ext": {"dsa": {"dsarequired": 3, "datatopub": 2}}},
    {"ext": {"dsa": 3}},
)
_GIVEN_OPT_OUT = ({"gdpr": 1}, {"gdpr": 1, "ext": {"gdpr": 1}})
R = Reason

SPOILERS: tuple[Spoiler, ...] = (
    Spoiler(R.STOPPED, "stopped", _be(stopped=True), on_the_wire=False),
    Spoiler(R.TIME_OUT, "tmax", _put("tmax", 0, 1, 5)),
    Spoiler(R.SEAT_EXCLUDED, "seat", _put("wseat", ["rival"], ["a", "b"])),
    Spoiler(R.SEAT_EXCLUDED, "seat", _put("bseat", ["adserver"])),
    Spoiler(R.CURRENCY, "cur", _put("cur", ["XXX"], ["EUR", "JPY"])),
    Spoiler(R.NO_LEGAL_BASIS, "regs", _put("regs", *_GIVEN_OPT_OUT)),
    Spoiler(R.CRAWLER, "ua", _put("device.ua", *strict.CRAWLERS)),
    Spoiler(R.NETWORK, "ip", _put("device.ip", *strict.LISTED)),
    Spoiler(R.NON_HUMAN, "hasty", _be(hasty=True), on_the_wire=False),
    Spoiler(R.NO_OPPORTUNITY, "space", _unsold),
    Spoiler(R.NO_OPPORTUNITY, "qty", _put("imp.0.qty", {"multiplier": 3.5})),
    Spoiler(R.NO_OPPORTUNITY, "currency", _put("imp.0.bidfloorcur", "XXX")),
    Spoiler(R.CEILING, "claim", _be(covered=False), on_the_wire=False),
    Spoiler(R.CEILING, "claim", _be(covered_at_claim=False), on_the_wire=False),
    Spoiler(R.CLAIM_FAILED, "claim", _be(claimable=False), on_the_wire=False),
    Spoiler(R.SCHEDULE, "hour", _be(hour=23), on_the_wire=False),
    Spoiler(R.BUDGET, "funded", _be(funded=False), on_the_wire=False),
    Spoiler(R.ADVERTISER_STOPPED, "advertiser", _be(advertiser_stopped=True), on_the_wire=False),
    Spoiler(R.EXCHANGE, "exchange", _be(exchange="elsewhere")),
    Spoiler(R.COUNTRY, "country", _put("device.geo.country", "BRA", "JPN", "", "??")),
    Spoiler(R.REGION, "region", _put("device.geo.region", "CA", "", 7)),
    Spoiler(R.CITY, "city", _put("device.geo.city", "Oslo", "")),
    Spoiler(R.DEVICE_TYPE, "devicetype", _put("device.devicetype", 2, 3, 99, None)),
    Spoiler(R.OS, "os", _put("device.os", "Android", "beos", "")),
    Spoiler(R.INVENTORY_TYPE, "app", _as_app),
    Spoiler(R.PUBLICATION, "domain", _put("site.domain", "rival.example", "x.y")),
    Spoiler(R.CATEGORY, "cat", _put("site.cat", ["IAB1"], [], None)),
    Spoiler(
        R.AUDIENCE, "data", _put("user.data", [], [{"id": "dmp", "segment": [{"id": "owner"}]}])
    ),
    Spoiler(R.BLOCKED_ADVERTISER, "badv", _put("badv", ["shop.example"], ["www.Shop.example"])),
    Spoiler(R.BLOCKED_CATEGORY, "bcat", _put("bcat", ["IAB19"])),
    Spoiler(R.BLOCKED_CATEGORY, "acat", _put("acat", ["IAB1"])),
    Spoiler(R.BLOCKED_APP, "bapp", _put("bapp", ["com.shop"])),
    Spoiler(R.LANGUAGE, "wlang", _put("wlang", ["fr"], ["en", "fr"])),
    Spoiler(R.MEDIA_TYPE, "space", _other_media),
    Spoiler(R.INSECURE, "secure", _put("imp.0.secure", 1)),
    Spoiler(R.BLOCKED_ATTRIBUTE, "battr", _put("imp.0.$.battr", [6], [1, 6])),
    *(
        Spoiler(reason, place, _put(f"imp.0.ext.{place}", *values), on_the_wire=False)
        for reason, place, values in (
            (R.BLOCKED_VENDOR, "allowed_vendor_type", ([], [13], "152", None)),
            (R.BLOCKED_SUBJECT, "allowed_restricted_category", ([], [35], {}, None)),
        )
    ),
    Spoiler(R.BLOCKED_CREATIVE, "excluded", _excluded, on_the_wire=False),
    Spoiler(R.BLOCKED_TYPE, "btype", _put("imp.0.$.btype", [2]), ("banner",)),
    Spoiler(R.MIME, "mimes", _put("imp.0.$.mimes", ["text/css"]), ("banner",)),
    Spoiler(R.MIME, "mimes", _put("imp.0.$.mimes", ["video/ogg"]), ("video", "audio")),
    Spoiler(R.SIZE, "size", _put("imp.0.$.w", 301, 1), ("banner",)),
    Spoiler(R.DURATION, "duration", _put("imp.0.$.maxduration", 10), ("video", "audio")),
    Spoiler(R.DURATION, "duration", _put("imp.0.$.minduration", 16), ("video", "audio")),
    Spoiler(R.PROTOCOL, "protocols", _put("imp.0.$.protocols", [1], [9]), ("video", "audio")),
    Spoiler(R.BITRATE, "bitrate", _put("imp.0.$.minbitrate", 1001), ("video", "audio")),
    Spoiler(R.BITRATE, "bitrate", _put("imp.0.$.maxbitrate", 127), ("video", "audio")),
    Spoiler(R.DELIVERY, "delivery", _put("imp.0.$.delivery", [1]), ("video", "audio")),
    Spoiler(R.API, "api", _put("imp.0.$.api", [], [1, 2], None), ("video",)),
    Spoiler(R.LINEARITY, "linearity", _put("imp.0.$.linearity", 2), ("video",)),
    Spoiler(
        R.NATIVE_ASSETS, "assets", _put("imp.0.$.request", strict.IMPOSSIBLE_NATIVE), ("native",)
    ),
    Spoiler(R.DSA, "regs", _put("regs", *_NOBODY_WOULD_TELL), ("native", "audio")),
    Spoiler(R.DSA, "regs", _old_player_must_tell, ("video",)),
    Spoiler(R.FREQUENCY_CAP, "person", _be(seen=(2, 3)), on_the_wire=False),
    Spoiler(R.FREQUENCY_UNKNOWN, "person", _put("user.buyeruid", "", None)),
    Spoiler(R.BELOW_FLOOR, "floor", _put("imp.0.bidfloor", 5.01, 900, 1e9)),
    Spoiler(R.DEAL, "pmp", _put("imp.0.pmp", *_DEALS)),
    *(
        Spoiler(reason, "source", _put("source", *values), on_the_wire=False)
        for reason, values in selling.BAD.items()
    ),
    Spoiler(R.CHAIN_MISMATCH, "seller", _put("site.publisher", {"id": "2"}), on_the_wire=False),
    Spoiler(R.ADS_TXT_MISSING, "domain", _put("site.domain", selling.HIDDEN), on_the_wire=False),
)

FLIPS: Mapping[Reason, Change] = {
    R.STOPPED: _be(stopped=False),
    R.TIME_OUT: _restore("tmax"),
    R.SEAT_EXCLUDED: _restore("wseat", "bseat"),
    R.CURRENCY: _restore("cur"),
    R.NO_LEGAL_BASIS: _restore("regs"),
    R.CRAWLER: _restore("device.ua"),
    R.NETWORK: _restore("device.ip"),
    R.NON_HUMAN: _be(hasty=False),
    R.NO_OPPORTUNITY: _sold,
    R.CEILING: _covered,
    R.CLAIM_FAILED: _be(claimable=True),
    R.SCHEDULE: _be(hour=12),
    R.BUDGET: _be(funded=True),
    R.ADVERTISER_STOPPED: _be(advertiser_stopped=False),
    R.EXCHANGE: _be(exchange=EXCHANGE),
    R.COUNTRY: _restore("device.geo.country"),
    R.REGION: _restore("device.geo.region"),
    R.CITY: _restore("device.geo.city"),
    R.DEVICE_TYPE: _restore("device.devicetype"),
    R.OS: _restore("device.os"),
    R.INVENTORY_TYPE: _restore("app"),
    R.PUBLICATION: _restore("site.domain"),
    R.CATEGORY: _restore("site.cat"),
    R.AUDIENCE: _restore("user.data"),
    R.BLOCKED_ADVERTISER: _restore("badv"),
    R.BLOCKED_CATEGORY: _restore("bcat", "acat"),
    R.BLOCKED_APP: _restore("bapp"),
    R.LANGUAGE: _restore("wlang"),
    R.MEDIA_TYPE: _own_media,
    R.INSECURE: _restore("imp.0.secure"),
    R.BLOCKED_ATTRIBUTE: _restore("imp.0.$.battr"),
    R.BLOCKED_TYPE: _restore("imp.0.$.btype"),
    R.BLOCKED_VENDOR: _restore("imp.0.ext.allowed_vendor_type"),
    R.BLOCKED_SUBJECT: _restore("imp.0.ext.allowed_restricted_category"),
    R.BLOCKED_CREATIVE: _restore("imp.0.ext.excluded_creatives"),
    R.MIME: _restore("imp.0.$.mimes"),
    R.SIZE: _restore("imp.0.$.w"),
    R.DURATION: _restore("imp.0.$.maxduration", "imp.0.$.minduration"),
    R.PROTOCOL: _restore("imp.0.$.protocols"),
    R.BITRATE: _restore("imp.0.$.minbitrate", "imp.0.$.maxbitrate"),
    R.DELIVERY: _restore("imp.0.$.delivery"),
    R.API: _restore("imp.0.$.api"),
    R.LINEARITY: _restore("imp.0.$.linearity"),
    R.NATIVE_ASSETS: _restore("imp.0.$.request"),
    R.DSA: _restore("regs", "imp.0.$.protocols"),
    R.FREQUENCY_CAP: _be(seen=0),
    R.FREQUENCY_UNKNOWN: _restore("user.buyeruid"),
    R.BELOW_FLOOR: _restore("imp.0.bidfloor"),
    R.DEAL: _restore("imp.0.pmp"),
    **dict.fromkeys(selling.BAD, _restore("source")),
    R.CHAIN_MISMATCH: _restore("site.publisher"),
    R.ADS_TXT_MISSING: _restore("site.domain"),
}

NEVER: Mapping[str, str] = {
    "server_fault": "only a bug of ours produces it",
    "quota": "the exchange's rate produces it, before the request is read",
    "overloaded": "load produces it, before the request is read",
    "audience_too_small": "counting the people in it produces it, before there is a request",
    "not_shortlisted": "somebody else was shortlisted, so it never empties the field",
    "outbid": "somebody else bids, so it never empties the field",
    "separation": "the line item bids on another imp: it concerns an imp, not the request",
}
"""Why these name no no-bid that a flip of the request or the catalog could mend."""
