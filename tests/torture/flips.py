"""For each reason that a situation can produce: what spoils one, and the flip of that one condition.

A spoiler is drawn at random and breaks a good situation; a flip is chosen by nothing but the reason that the
explanation names, and mends that condition alone.
"""

import copy
from collections.abc import Mapping
from random import Random
from typing import Any

from adserver.domain.reasons import Reason
from tests.torture import selling, strict
from tests.torture.aims import AIMS
from tests.torture.kinds import ELSEWHERE, KINDS, MEDIA, PEOPLE, showing, within
from tests.torture.situations import (
    NIGHT,
    NOON,
    Change,
    Json,
    Situation,
    Spoiler,
    be,
    both,
    put,
    restore,
)


def _other_media(situation: Situation, dice: Random) -> None:
    """Offer a good space of another media type."""
    del situation.imp[situation.media]
    other = dice.choice([media for media in MEDIA if media != situation.media])
    situation.imp[other] = strict.request(other, "")["imp"][0][other]


def _own_media(situation: Situation, _: Random) -> None:
    for media in MEDIA:
        situation.imp.pop(media, None)
    situation.imp[situation.media] = copy.deepcopy(situation.base["imp"][0][situation.media])


def _unsold(situation: Situation, _: Random) -> None:
    del situation.imp[situation.media]
    situation.imp["audio"] = {"maxduration": 30}


def _sold(situation: Situation, dice: Random) -> None:
    if situation.imp.get("audio") == {"maxduration": 30} or not situation.imp.keys() & set(MEDIA):
        _own_media(situation, dice)
    restore("imp.0.qty", "imp.0.bidfloorcur")(situation, dice)


def _excluded(situation: Situation, _: Random) -> None:
    excluded = ["x", *strict.creative_ids(situation.kind)]
    ids = [{"buyer_creative_id": each} for each in excluded]
    situation.imp["ext"]["excluded_creatives"] = ids


def _named(path: str, form: str) -> Change:
    """Set a path to a name with the situation's kind in it."""
    return lambda situation, dice: put(path, form.format(situation.kind))(situation, dice)


def _as_app(situation: Situation, _: Random) -> None:
    """An application of the same name, about the same things."""
    site = situation.base["site"]
    situation.request["app"] = {"bundle": f"{situation.kind}.example", "cat": site["cat"]}


def _as_screen(situation: Situation, _: Random) -> None:
    """A screen that says what the site says, whatever that comes to be."""
    situation.request["dooh"] = situation.request["site"]


def _matched(situation: Situation, dice: Random) -> None:
    """Name the publisher that the chain ends with."""
    if situation.request["source"] == selling.UNAUTHORISED:
        put("@.publisher.id", selling.THIEF)(situation, dice)
    else:
        restore("@.publisher.id")(situation, dice)


def _at_home(situation: Situation, _: Random) -> None:
    situation.exchange = KINDS[situation.kind].home


def _carefully(situation: Situation, _: Random) -> None:
    """The exchange that asks for approval, which nobody has given."""
    situation.exchange = KINDS[situation.kind].careful


def _deals(situation: Situation, dice: Random) -> None:
    """Deals only, and none that can be used: another's, for another, at no price."""
    ours = strict.deal(situation.kind)
    deals: list[Json] = [{"id": "another"}, {"id": ours, "wadomain": ["rival.example"]}]
    deals.append({"id": ours, "at": 3})
    situation.imp["pmp"] = {"private_auction": 1, "deals": [dice.choice(deals)]}


_GIVEN_OPT_OUT = ({"gdpr": 1}, {"gdpr": 1, "ext": {"gdpr": 1}})
_NOBODY_WOULD_TELL = (
    {"ext": {"dsa": {"dsarequired": 2, "pubrender": 0}}},
    {"ext": {"dsa": {"dsarequired": 3, "datatopub": 2}}},
    {"ext": {"dsa": 3}},
)
_OLD_PLAYER = put("imp.0.$.protocols", [2])
"""VAST 2.0 has no place for our link."""
_PLAIN_NATIVE = put("imp.0.$.request", strict.UNLABELLED_NATIVE)
_MUST_TELL = put("regs", *_NOBODY_WOULD_TELL)
_UNAUTHORISED = both(put("source", selling.UNAUTHORISED), put("@.publisher.id", selling.THIEF))
_PLAYED, _FILMS = showing("video", "audio"), showing("video")
_BANNERS, _NATIVES, _SOUNDS = showing("banner"), showing("native"), showing("audio")
_SITES, _APPS, _SCREENS = within("site"), within("app"), within("dooh")
R = Reason


def _said(reason: Reason, path: str, *values: Any, **more: Any) -> Spoiler:
    """Return the spoiler of what stands in one place of the request."""
    return Spoiler(reason, path, put(path, *values), **more)


def _true(
    reason: Reason, place: str, kinds: tuple[str, ...] = tuple(KINDS), **fields: Any
) -> Spoiler:
    """Return the spoiler of what no request says."""
    return Spoiler(reason, place, be(**fields), kinds, on_the_wire=False)


SPOILERS: tuple[Spoiler, ...] = (
    _true(R.STOPPED, "stopped", stopped=True),
    _said(R.TIME_OUT, "tmax", 0, 1, 5),
    _said(R.SEAT_EXCLUDED, "wseat", ["rival"], ["a", "b"]),
    _said(R.SEAT_EXCLUDED, "bseat", ["adserver"]),
    _said(R.CURRENCY, "cur", ["XXX"], ["EUR", "JPY"]),
    _said(R.NO_LEGAL_BASIS, "regs", *_GIVEN_OPT_OUT, kinds=PEOPLE),
    _said(R.CRAWLER, "device.ua", *strict.CRAWLERS, kinds=PEOPLE),
    _said(R.NETWORK, "device.ip", *strict.LISTED, kinds=PEOPLE),
    _true(R.NON_HUMAN, "hasty", PEOPLE, hasty=True),
    Spoiler(R.NO_OPPORTUNITY, "space", _unsold),
    _said(R.NO_OPPORTUNITY, "imp.0.qty", {"multiplier": 0}, {"multiplier": -1}, {"multiplier": 3.5e6}),
    _said(R.NO_OPPORTUNITY, "imp.0.bidfloorcur", "XXX"),
    _true(R.CEILING, "claim", covered=False),
    _true(R.CEILING, "claim", covered_at_claim=False),
    _true(R.CLAIM_FAILED, "claim", claimable=False),
    _true(R.SCHEDULE, "hour", hour=NIGHT),
    _true(R.BUDGET, "funded", funded=False),
    _true(R.ADVERTISER_STOPPED, "advertiser", advertiser_stopped=True),
    Spoiler(R.EXCHANGE, "exchange", be(exchange=ELSEWHERE)),
    Spoiler(R.NOT_APPROVED, "exchange", _carefully),
    *(_said(R(each.dimension.value), each.path, *each.bad, kinds=each.kinds) for each in AIMS),
    Spoiler(R.INVENTORY_TYPE, "app", _as_app, _SITES),
    Spoiler(R.GOAL, "dooh", _as_screen, ("banner",)),
    _said(R.PUBLICATION, "@.domain", "rival.example", "x.y", kinds=(*_SITES, *_SCREENS)),
    _said(R.PUBLICATION, "@.bundle", "rival.example", "x.y", kinds=_APPS),
    Spoiler(
        R.PUBLICATION_LIST, "@.domain", _named("@.domain", "www.blocked.{}.example"),
        (*_SITES, *_SCREENS),
    ),
    Spoiler(R.PUBLICATION_LIST, "@.bundle", _named("@.bundle", "blocked.{}.example"), _APPS),
    _said(R.RESTRICTED, "device.geo.country", "CAN", "CA"),
    _said(R.RESTRICTED, "regs", {"coppa": 1}, kinds=_SCREENS),
    _said(R.AUDIENCE, "user.data", [], [{"id": "dmp", "segment": [{"id": "owner"}]}], kinds=PEOPLE),
    _said(R.BLOCKED_ADVERTISER, "badv", ["shop.example"], ["www.Shop.example"]),
    _said(R.BLOCKED_CATEGORY, "bcat", ["IAB19"]),
    _said(R.BLOCKED_CATEGORY, "acat", ["IAB1"]),
    _said(R.BLOCKED_APP, "bapp", ["com.shop"]),
    _said(R.LANGUAGE, "wlang", ["fr"], ["en", "fr"]),
    Spoiler(R.MEDIA_TYPE, "space", _other_media),
    _said(R.INSECURE, "imp.0.secure", 1),
    _said(R.BLOCKED_ATTRIBUTE, "imp.0.$.battr", [6], [1, 6]),
    _said(R.BLOCKED_VENDOR, "imp.0.ext.allowed_vendor_type", [], [13], "152", None),
    _said(R.BLOCKED_SUBJECT, "imp.0.ext.allowed_restricted_category", [], [35], {}, None),
    Spoiler(R.BLOCKED_CREATIVE, "imp.0.ext.excluded_creatives", _excluded),
    _said(R.BLOCKED_TYPE, "imp.0.$.btype", [2], kinds=_BANNERS),
    _said(R.MIME, "imp.0.$.mimes", ["text/css"], kinds=_BANNERS),
    _said(R.MIME, "imp.0.$.mimes", ["video/ogg"], kinds=_PLAYED),
    _said(R.DURATION, "imp.0.$.maxduration", 10, kinds=_PLAYED),
    _said(R.DURATION, "imp.0.$.minduration", 16, kinds=_PLAYED),
    _said(R.PROTOCOL, "imp.0.$.protocols", [1], [9], kinds=_PLAYED),
    _said(R.BITRATE, "imp.0.$.minbitrate", 1001, kinds=_PLAYED),
    _said(R.BITRATE, "imp.0.$.maxbitrate", 127, kinds=_PLAYED),
    _said(R.DELIVERY, "imp.0.$.delivery", [1], kinds=_PLAYED),
    _said(R.API, "imp.0.$.api", [], [1, 2], None, kinds=_FILMS),
    _said(R.LINEARITY, "imp.0.$.linearity", 2, kinds=_FILMS),
    _said(R.NATIVE_ASSETS, "imp.0.$.request", strict.IMPOSSIBLE_NATIVE, kinds=_NATIVES),
    Spoiler(R.DSA, "regs", _MUST_TELL, _SOUNDS),
    Spoiler(R.DSA, "regs", both(_MUST_TELL, _OLD_PLAYER), _FILMS),
    Spoiler(R.DSA, "regs", both(_MUST_TELL, _PLAIN_NATIVE), _NATIVES),
    Spoiler(R.UNLABELLED, "imp.0.$.protocols", _OLD_PLAYER, _FILMS),
    Spoiler(R.UNLABELLED, "imp.0.$.request", _PLAIN_NATIVE, _NATIVES),
    _true(R.FREQUENCY_CAP, "person", PEOPLE, seen=(2, 3)),
    _said(R.FREQUENCY_UNKNOWN, "user.buyeruid", "", None, kinds=PEOPLE),
    _said(R.BELOW_FLOOR, "imp.0.bidfloor", 5.01, 900, 1e9),
    Spoiler(R.DEAL, "imp.0.pmp", _deals),
    *(_said(reason, "source", *values) for reason, values in selling.BAD.items()),
    Spoiler(R.SELLER_UNAUTHORISED, "source", _UNAUTHORISED, PEOPLE),
    _said(R.CHAIN_MISMATCH, "@.publisher.id", "2"),
    _said(R.ADS_TXT_MISSING, "@.domain", selling.HIDDEN, kinds=_SITES),
    _said(R.ADS_TXT_MISSING, "@.bundle", selling.HIDDEN, kinds=_APPS),
)  # fmt: skip


def _mended() -> dict[Reason, Change]:
    """Return for each reason the flip that mends all places that can spoil it."""
    places: dict[Reason, list[str]] = {}
    for each in SPOILERS:
        places.setdefault(each.reason, []).append(each.place)
    return {reason: restore(*dict.fromkeys(paths)) for reason, paths in places.items()}


FLIPS: Mapping[Reason, Change] = {
    **_mended(),
    R.STOPPED: be(stopped=False),
    R.NON_HUMAN: be(hasty=False),
    R.NO_OPPORTUNITY: _sold,
    R.CEILING: both(be(covered=True), be(covered_at_claim=True)),
    R.CLAIM_FAILED: be(claimable=True),
    R.SCHEDULE: be(hour=NOON),
    R.BUDGET: be(funded=True),
    R.ADVERTISER_STOPPED: be(advertiser_stopped=False),
    R.EXCHANGE: _at_home,
    R.NOT_APPROVED: _at_home,
    R.PUBLISHER: _matched,
    R.CHAIN_MISMATCH: _matched,
    R.MEDIA_TYPE: _own_media,
    R.DSA: restore("regs", "imp.0.$.protocols", "imp.0.$.request"),
    R.RESTRICTED: restore("device.geo.country", "regs.coppa"),
    R.FREQUENCY_CAP: be(seen=0),
    R.SELLER_UNAUTHORISED: restore("source", "@.publisher.id"),
}
"""What most conditions are about stands in one place of the request."""

NEVER: Mapping[str, str] = {
    "server_fault": "only a bug of ours produces it",
    "quota": "the exchange's rate produces it, before the request is read",
    "overloaded": "load produces it, before the request is read",
    "audience_too_small": "counting the people in it produces it, before there is a request",
    "rotation": "another creative of the line item goes on in its place, so it never empties the field",
    "not_shortlisted": "somebody else was shortlisted, so it never empties the field",
    "outbid": "somebody else bids, so it never empties the field",
    "separation": "the line item bids on another imp: it concerns an imp, not the request",
}
"""Why these name no no-bid that a flip of the request or the catalog could mend."""
