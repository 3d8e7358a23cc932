"""What line items target beyond what every auction has, read only where one of them does.

One table for requests and one for imps, a reader per dimension. A reader returns one value or several in the form that
targeting compares with; nothing stands for what is not said, or not said in a way that can be read.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache

from adserver.domain.circles import Point, is_on_earth
from adserver.domain.consent import Permission
from adserver.domain.opportunity import OUT_OF_HOME, Auction, Value
from adserver.domain.targeting import Dimension
from adserver.domain.wanted import Wanted
from adserver.openrtb import content, device, spot
from adserver.openrtb.countries import alpha_3
from adserver.openrtb.place import MAX_NAME
from adserver.openrtb.request import BidRequest, Device, Geo, Imp
from adserver.openrtb.supply import chain

Reader = Callable[[BidRequest], Value]
ImpReader = Callable[[Imp, BidRequest], Value]
_NO_GEO = Geo()
_NO_DEVICE = Device()
_D = Dimension


def facts(request: BidRequest, wanted: Wanted, permission: Permission) -> Mapping[Dimension, Value]:
    """Return what the whole request says in the wanted dimensions; a postcode only as `point`, see there."""
    found = {each: read(request) for each, read in _readers(wanted.dimensions)}
    if _D.POSTCODE in found and not _exact(request, permission):
        found[_D.POSTCODE] = ""
    return found


def imp_facts(imp: Imp, request: BidRequest, wanted: Wanted) -> Mapping[Dimension, Value]:
    """Return what one imp says in the wanted dimensions, with what the request says for all its imps."""
    return {each: read(imp, request) for each, read in _imp_readers(wanted.dimensions)}


def point(request: BidRequest, permission: Permission) -> Point | None:
    """Return where the device is, if that may be known so exactly (TCF special feature 1); 0, 0 is nowhere.

    A rounded place would be none within a circle, so without permission there is none: the city is as near as it gets.
    Where a screen stands in public is no person's place.
    """
    geo = request.device.geo if request.device is not None else None
    if geo is None or geo.lat is None or geo.lon is None or not _exact(request, permission):
        return None
    found = geo.lat, geo.lon
    return found if is_on_earth(found) and found != (0, 0) else None


def coarsen(auction: Auction, *, located: bool) -> None:
    """Let go of what may not be known of a stranger: an exact place, and any that came from an address."""
    auction.point = None
    if auction.facts and auction.facts.get(_D.POSTCODE):
        auction.facts = {**auction.facts, _D.POSTCODE: ""}
    if located:
        auction.region = auction.city = ""


def is_exactly_placed(auction: Auction) -> bool:
    """Tell whether anything finer than a city was known of where a person is."""
    known = auction.point is not None or bool(auction.facts.get(_D.POSTCODE))
    return known and auction.inventory_type != OUT_OF_HOME


def _exact(request: BidRequest, permission: Permission) -> bool:
    return permission.precise or request.dooh is not None


def _geo(request: BidRequest) -> Geo:
    return (request.device and request.device.geo) or _NO_GEO


def _metro(request: BidRequest) -> Value:
    return str(_geo(request).metro or "")[:MAX_NAME]


def _postcode(request: BidRequest) -> Value:
    """Return country and code, `USA/53202`: without a country a code says nothing."""
    geo = _geo(request)
    country = alpha_3(geo.country)
    if not country or geo.zip is None or geo.zip == "":
        return ""
    return f"{country}/{''.join(str(geo.zip)[:MAX_NAME].upper().split())}"


def _sellers(request: BidRequest) -> Value:
    """Return the advertising systems that sold it, as the supply chain says."""
    nodes, _ = chain(request)
    return tuple([asi.strip().lower() for asi, _ in nodes if asi]) if nodes else ()


def _supply(request: BidRequest) -> Value:
    """Tell whether the publisher's own account sells, or others on its behalf."""
    nodes, complete = chain(request)
    if not nodes or not complete:
        return ""
    return "direct" if len(nodes) == 1 else "reseller"


def _hops(request: BidRequest) -> Value:
    nodes, _ = chain(request)
    return str(len(nodes)) if nodes else ""


def _of_device(read: Callable[[Device], Value]) -> Reader:
    return lambda request: read(request.device or _NO_DEVICE)


_OF_REQUESTS: Mapping[Dimension, Reader] = {
    _D.METRO: _metro,
    _D.POSTCODE: _postcode,
    _D.OS_VERSION: _of_device(device.os_version),
    _D.BROWSER: _of_device(device.browser),
    _D.DEVICE_LANGUAGE: _of_device(device.language),
    _D.CONNECTION: _of_device(device.connection),
    _D.CARRIER: _of_device(device.carrier),
    _D.MAKER: _of_device(device.maker),
    _D.MODEL: _of_device(device.model),
    _D.SITE_ID: content.site_id,
    _D.APP_ID: content.app_id,
    _D.PUBLISHER: content.publisher,
    _D.CHANNEL: content.channel,
    _D.TV_NETWORK: content.tv_network,
    _D.GENRE: content.genre,
    _D.RATING: content.rating,
    _D.LIVE: content.live,
    _D.KEYWORD: content.keywords,
    _D.SENSITIVE: content.sensitive,
    _D.VENUE: content.venue,
    _D.SELLER: _sellers,
    _D.SUPPLY: _supply,
    _D.HOPS: _hops,
}
_OF_IMPS: Mapping[Dimension, ImpReader] = {
    _D.TAG_ID: spot.tag_id,
    _D.GPID: spot.gpid,
    _D.KEY_VALUE: content.key_values,
    _D.POSITION: spot.position,
    _D.VIEWABILITY: spot.viewability,
    _D.VIDEO_PLACEMENT: spot.video_placement,
    _D.START_DELAY: spot.start_delay,
    _D.SKIPPABLE: spot.skippable,
    _D.SLOT_DURATION: spot.slot_duration,
    _D.REWARDED: spot.rewarded,
    _D.INTERSTITIAL: spot.interstitial,
}


@lru_cache(maxsize=4)
def _readers(dimensions: frozenset[Dimension]) -> list[tuple[Dimension, Reader]]:
    return [each for each in _OF_REQUESTS.items() if each[0] in dimensions]


@lru_cache(maxsize=4)
def _imp_readers(dimensions: frozenset[Dimension]) -> list[tuple[Dimension, ImpReader]]:
    return [each for each in _OF_IMPS.items() if each[0] in dimensions]
