"""Simulated sites and apps: what they are about, the spaces they sell, what they refuse, their deals."""

from typing import NamedTuple

FIRST_PRICE, SECOND_PRICE, AGREED_PRICE = 1, 2, 3  # OpenRTB `at`
DOLLARS = {"USD": 1.0, "EUR": 1.08}
"""What one unit of a currency is worth to these exchanges, which keep their books in US dollars."""


class Deal(NamedTuple):
    """A private agreement that some placements offer; the floor is a CPM in `currency`."""

    id: str
    floor: float
    currency: str = "EUR"
    auction_type: int = FIRST_PRICE
    domains: tuple[str, ...] = ()


class Placement(NamedTuple):
    """One space; half of the time rivals offer less than `rivals_cpm` (US dollars)."""

    tag: str
    media: str
    sizes: tuple[tuple[int, int], ...]
    position: int
    floor: float
    rivals_cpm: float
    deals: tuple[Deal, ...] = ()


class Publisher(NamedTuple):
    """A site or an app; `about` are the topics whose people it draws."""

    name: str
    """Registrable domain of a site, bundle of an app."""
    kind: str
    categories: tuple[str, ...]
    placements: tuple[Placement, ...]
    about: tuple[str, ...] = ()
    popularity: float = 1.0
    floor_currency: str = "EUR"
    auction_type: int = FIRST_PRICE
    blocked_domains: tuple[str, ...] = ()
    blocked_categories: tuple[str, ...] = ()
    blocked_attributes: tuple[int, ...] = ()
    languages: tuple[str, ...] = ()
    old_fields: bool = False
    """Sends OpenRTB 2.5: privacy signals and the like in `ext`."""


OUTDOOR_PREMIUM = Deal("deal-outdoor-premium", 2.5)
CAMERA_REVIEW = Deal("deal-camera-review", 3.0, auction_type=AGREED_PRICE)
VIDEO_SPORT = Deal("deal-video-sport", 8.0, "USD")

_TOP = Placement("top", "banner", ((970, 250), (728, 90)), 1, 0.4, 3.5)
_SIDE = Placement("side", "banner", ((300, 250), (300, 600)), 1, 0.3, 3.2)
_BELOW = Placement("below", "banner", ((300, 250),), 3, 0.1, 1.6)
_TOWER = Placement("tower", "banner", ((160, 600),), 3, 0.1, 1.35)
_FOOT = Placement("foot", "banner", ((320, 50),), 1, 0.15, 1.6)
_FULL = Placement("full", "banner", ((300, 250), (320, 480)), 7, 0.6, 4.1)
_FEED = Placement("feed", "native", ((1200, 627),), 0, 0.5, 3.8)
_PRE = Placement("pre", "video", ((1280, 720),), 7, 3.0, 8.4)
_MID = Placement("mid", "video", ((640, 360),), 7, 2.0, 6.5)

_SITE = (_TOP, _SIDE, _BELOW)
_MAGAZINE = (_TOP, _SIDE, _FEED)
_APP = (_FOOT, _FULL)


def _offering(placement: Placement, deal: Deal) -> Placement:
    return placement._replace(tag=f"{placement.tag}-deal", deals=(deal,))


PUBLISHERS = (
    Publisher("camera-review.example", "site", ("IAB9-23", "IAB19-5"),
              (_TOP, _offering(_SIDE, CAMERA_REVIEW), _FEED), ("camera",)),
    Publisher("photo-weekly.example", "site", ("IAB9-23",), (_TOP, _offering(_SIDE, CAMERA_REVIEW)),
              ("camera",), blocked_attributes=(1, 2)),
    Publisher("trailhead.example", "site", ("IAB17-16", "IAB20"),
              (_offering(_TOP, OUTDOOR_PREMIUM), _SIDE), ("hiking",)),
    Publisher("summit-news.example", "site", ("IAB17", "IAB20"),
              (_offering(_SIDE, OUTDOOR_PREMIUM), _BELOW), ("hiking", "ski")),
    Publisher("powder-report.example", "site", ("IAB17-33",), _SITE, ("ski",)),
    Publisher("com.example.runlog", "app", ("IAB17-32", "IAB7-44"), _APP, ("running", "health")),
    Publisher("com.example.peaks", "app", ("IAB17-16",),
              (_FOOT, _offering(_FULL, OUTDOOR_PREMIUM)), ("hiking",)),
    Publisher("sport-clips.example", "site", ("IAB17",),
              (_offering(_PRE, VIDEO_SPORT), _SIDE), ("running", "ski"), 1.5),
    Publisher("tv.example.sportlive", "app", ("IAB17",), (_offering(_PRE, VIDEO_SPORT), _MID),
              ("ski", "baby"), floor_currency="USD"),
    Publisher("wanderlust-notes.example", "site", ("IAB20",), _MAGAZINE, ("travel",)),
    Publisher("city-breaks.example", "site", ("IAB20-18",), _SITE, ("travel", "phone")),
    Publisher("newborn-guide.example", "site", ("IAB6-2",), _MAGAZINE, ("baby",),
              blocked_categories=("IAB25", "IAB26", "IAB14")),
    Publisher("com.example.babysteps", "app", ("IAB6-2",), _APP, ("baby",),
              blocked_categories=("IAB25", "IAB26", "IAB14")),
    Publisher("family-table.example", "site", ("IAB8", "IAB6"), _SITE, ("baby", "health")),
    Publisher("glow-magazine.example", "site", ("IAB18-1",), _MAGAZINE, ("beauty",)),
    Publisher("com.example.mirror", "app", ("IAB18-1",), (_FULL, _FEED), ("beauty",)),
    Publisher("well-being.example", "site", ("IAB7",), _SITE, ("health",),
              auction_type=SECOND_PRICE),
    Publisher("tariff-check.example", "site", ("IAB19-18", "IAB13"), _SITE,
              ("phone",), blocked_domains=("rival-telco.example",)),
    Publisher("handset-lab.example", "site", ("IAB19-6",), (_TOP, _SIDE, _MID),
              ("phone", "data")),
    Publisher("campus-life.example", "site", ("IAB5-10",), _SITE, ("data",),
              old_fields=True),
    Publisher("com.example.voucher", "app", ("IAB22",), _APP,
              ("phone",), 1.5, auction_type=SECOND_PRICE),
    Publisher("daily-courier.example", "site", ("IAB12",), (_TOP, _SIDE, _BELOW, _TOWER), (), 4.0),
    Publisher("evening-post.example", "site", ("IAB12-2",), _SITE, (), 3.0, old_fields=True),
    Publisher("le-quotidien.example", "site", ("IAB12",), _SITE, (), 2.0, languages=("fr", "en")),
    Publisher("weather-map.example", "site", ("IAB15-10",), (_SIDE, _TOWER), ("hiking",), 3.0,
              auction_type=SECOND_PRICE),
    Publisher("com.example.weather", "app", ("IAB15-10",), _APP, ("hiking",), 3.0),
    Publisher("com.example.puzzles", "app", ("IAB9-30",), (_FOOT, _FULL, _MID), (), 3.0, "USD"),
    Publisher("com.example.arcade", "app", ("IAB9-30",), _APP, ("data",), 2.0, "USD",
              SECOND_PRICE, old_fields=True),
    Publisher("stream-hub.example", "site", ("IAB1-7",), (_PRE, _MID), ("data",), 2.0),
    Publisher("tv.example.cinema", "app", ("IAB1-5",), (_PRE, _MID), ("baby",), 1.5, "USD"),
    Publisher("forum-of-all.example", "site", ("IAB19",), (_SIDE, _TOWER, _FEED), (), 2.0,
              blocked_domains=("drugstore.example", "casino.example")),
)  # fmt: skip
