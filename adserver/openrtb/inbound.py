"""A bid request as an auction with opportunities: the wire's words end here.

`signals` is read first; what it leads to, the permission, decides whether `auction` looks at ids and
segments at all.
"""

from typing import Any

from msgspec.structs import replace

from adserver.domain.consent import NO_MACROS, Permission
from adserver.domain.exchange import ExchangeTerms
from adserver.domain.fees import PPM
from adserver.domain.money import Rates
from adserver.domain.opportunity import NO_FACTS, Auction, AuctionType, Opportunity
from adserver.domain.reasons import Reason
from adserver.domain.space_name import space_name
from adserver.domain.wanted import NOTHING_MORE, Wanted
from adserver.openrtb.device import known_browser
from adserver.openrtb.facts import facts, imp_facts, point
from adserver.openrtb.floors import deal_terms, duration_floors, imp_floor
from adserver.openrtb.native import native_space
from adserver.openrtb.people import segments
from adserver.openrtb.place import device_type, geography, publication, system
from adserver.openrtb.request import BidRequest, Device, Imp, Player
from adserver.openrtb.signals import macros, signals
from adserver.openrtb.skadnetwork import app_install
from adserver.openrtb.spaces import audio_space, banner_space, pod, video_space
from adserver.openrtb.transparency import transparency

__all__ = ["auction", "signals", "time_left_ms"]

MAX_IMPS = 100
MAX_CATEGORIES = 100
MAX_MULTIPLIER = 1_000_000
"""No screen is looked at by more people at once; it also guards the arithmetic against hostile numbers."""
LONGEST_TMAX_MS = 10_000

_NO_DEVICE = Device()


def auction(
    request: BidRequest,
    terms: ExchangeTerms,
    rates: Rates,
    permission: Permission,
    wanted: Wanted = NOTHING_MORE,
) -> Auction | Reason:
    """Return what is on offer, or why nothing is: SEAT_EXCLUDED, CURRENCY, NO_OPPORTUNITY.

    Of what only some campaigns need, only what is `wanted`. Segments are read only where `permission.personalise`, and what models are told of
    a space's name, in which anything may stand, only where `permission.identify`; the person is not read here at all.
    """
    seat = _seat(request, terms)
    if seat is None:
        return Reason.SEAT_EXCLUDED
    currency = _currency(request, terms, rates)
    if currency is None:
        return Reason.CURRENCY
    opportunities = _opportunities(request, seat, rates, permission, wanted)
    if not opportunities:
        return Reason.NO_OPPORTUNITY

    device = request.device or _NO_DEVICE
    country, region, city = geography(device.geo)
    inventory_type, published_in = publication(request)
    badv = request.badv
    # In the order of the fields, because more than 15 keywords cost a microsecond (CPython then packs
    # them into a dict). A test gives every field a value of its own.
    found = Auction(
        str(request.id),
        terms.name,
        opportunities,
        _auction_type(request.at),
        currency,
        seat,
        request.test == 1,
        country,
        region,
        city,
        device_type(device),
        system(device),
        inventory_type,
        published_in,
        _categories(request),
        _languages(request) if request.wlang or request.wlangb else (),
        tuple([each.lower().removeprefix("www.") for each in badv]) if badv else (),
        tuple(request.bcat) if request.bcat else (),
        tuple(request.acat) if request.acat else (),
        request.cattax or 1,
        tuple(request.bapp) if request.bapp else (),
        segments(request.user) if permission.personalise and request.user else (),
        0,
        None,
        transparency(request.regs),
        facts(request, wanted, permission) if wanted.dimensions else NO_FACTS,
        point(request, permission) if wanted.point else None,
        macros(request) if wanted.macros and request.dooh is None else NO_MACROS,
    )
    if device.sua is not None:
        found.browser = known_browser(device)
    return found


def time_left_ms(request: BidRequest, terms: ExchangeTerms) -> int:
    """Return how long answering may take: `tmax` (or what the terms believe) less the network's part."""
    tmax = terms.default_tmax_ms if request.tmax is None else request.tmax
    return max(0, min(tmax, LONGEST_TMAX_MS) - terms.network_margin_ms)


def _seat(request: BidRequest, terms: ExchangeTerms) -> str | None:
    """Return the first of our seats that may bid."""
    if not request.wseat and not request.bseat:
        return terms.seats[0]
    allowed = set(map(str, request.wseat or ()))
    blocked = set(map(str, request.bseat or ()))
    for seat in terms.seats:
        if (not allowed or seat in allowed) and seat not in blocked:
            return seat
    return None


def _currency(request: BidRequest, terms: ExchangeTerms, rates: Rates) -> str | None:
    """Return the first of our currencies that the request takes and that we have a rate for."""
    allowed = request.cur
    for currency in terms.currencies:
        if (not allowed or currency in allowed) and rates.knows(currency):
            return currency
    return None


def _auction_type(at: int | None) -> AuctionType:
    """Second price where nothing is said, as the standard has it; what is unknown may cost all we bid."""
    return AuctionType.SECOND_PRICE if at is None or at == 2 else AuctionType.FIRST_PRICE  # noqa: PLR2004 - the wire's number


def _opportunities(
    request: BidRequest, seat: str, rates: Rates, permission: Permission, wanted: Wanted
) -> tuple[Opportunity, ...]:
    found: list[Opportunity] = []
    seen: set[str] = set()
    for imp in (request.imp or ())[:MAX_IMPS]:
        name = str(imp.id)
        if name in seen:
            continue  # A bid for this id would mean the first one of that name.
        seen.add(name)
        opportunity = _opportunity(imp, name, request, seat, rates, permission, wanted)
        if opportunity is not None:
            found.append(opportunity)
    return tuple(found)


def _opportunity(
    imp: Imp,
    name: str,
    request: BidRequest,
    seat: str,
    rates: Rates,
    permission: Permission,
    wanted: Wanted,
) -> Opportunity | None:
    """Return the imp as we see it; `None` if it offers nothing we sell or at a price we cannot know."""
    banner = banner_space(imp.banner, imp.instl) if imp.banner else None
    video = video_space(imp.video) if imp.video else None
    audio = audio_space(imp.audio) if imp.audio else None
    native = native_space(imp.native) if imp.native else None
    if not (banner or video or audio or native):
        return None
    rare: dict[str, Any] = {}
    if imp.qty is not None:
        multiplier_ppm = _millionths(imp.qty.multiplier)
        if multiplier_ppm is None:
            return None  # What cannot be counted cannot be paid for.
        rare["multiplier_ppm"] = multiplier_ppm
    floor = imp_floor(imp, rates)
    try:
        if video and imp.video:
            _note_player(rare, imp.video, name, imp.bidfloorcur, rates, "video_floors")
        if audio and imp.audio:
            rare["audio"] = audio
            _note_player(rare, imp.audio, name, imp.bidfloorcur, rates, "audio_floors")
    except ValueError:
        floor = None
    if wanted.app_installs and imp.ext is not None and imp.ext.skadn:
        rare["app_install"] = app_install(imp.ext.skadn)
    deals = deal_terms(imp.pmp, seat, rates) if imp.pmp else ()
    deals_only = floor is None or (imp.pmp is not None and imp.pmp.private_auction == 1)
    if deals_only and not deals:
        return None
    opportunity = Opportunity(
        id=name,
        banner=banner,
        video=video,
        native=native,
        floor=floor or 0,
        deals=deals,
        deals_only=deals_only,
        secure=imp.secure == 1,
        tag_id=space_name(str(imp.tagid)) if imp.tagid is not None and permission.identify else "",
        position=(imp.banner.pos if imp.banner else imp.video.pos if imp.video else None) or 0,
        expiry_s=imp.exp,
        facts=imp_facts(imp, request, wanted) if wanted.dimensions else NO_FACTS,
    )
    # Written apart, because more than 15 keywords cost a microsecond, and mostly there are none.
    return replace(opportunity, **rare) if rare else opportunity


def _note_player(
    rare: dict[str, Any],
    player: Player,
    name: str,
    currency: str | None,
    rates: Rates,
    key: str,
) -> None:
    """Note the break that a player stands in (if there are two, the video's), and its floors by duration.

    Raises `ValueError` if those cannot be known.
    """
    if "pod" not in rare and (found := pod(player, name)) is not None:
        rare["pod"] = found
    floors = duration_floors(player, currency, rates)
    if floors is not None:
        rare[key] = floors


def _millionths(multiplier: float | None) -> int | None:
    """Return how many impressions are sold as one (OpenRTB 2.6, `Qty`); `None` for what is no such number."""
    if multiplier is None or not 0 < multiplier <= MAX_MULTIPLIER:
        return None
    return round(multiplier * PPM) or None


def _categories(request: BidRequest) -> tuple[str, ...]:
    """Return what the site, its section, its page and the content are about."""
    source = request.app or request.dooh or request.site
    if source is None:
        return ()
    found: list[str] = []
    if source.cat:
        found += source.cat
    if source.sectioncat:
        found += source.sectioncat
    if source.pagecat:
        found += source.pagecat
    if source.content and source.content.cat:
        found += source.content.cat
    return tuple(found[:MAX_CATEGORIES])


def _languages(request: BidRequest) -> tuple[str, ...]:
    """Return two-letter codes; `wlangb` has longer tags, of which the first part is the language."""
    tags = request.wlang or request.wlangb or ()
    return tuple([tag.strip().partition("-")[0].lower() for tag in tags])
