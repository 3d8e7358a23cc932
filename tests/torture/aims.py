"""The dimensions of targeting that a request says in one place: what is wanted there, what satisfies it, what does not."""

from typing import Any, NamedTuple

from adserver.domain.targeting import Dimension
from tests.torture import selling
from tests.torture.kinds import ALL, showing, within


class Aim(NamedTuple):
    """One dimension, as line items of some kinds want it."""

    dimension: Dimension
    wanted: Any
    """As a campaign file has it."""
    path: str
    """Of the request; see `kinds.way`."""
    good: Any
    bad: tuple[Any, ...]
    """Nothing of these is wanted; `None` is what is not said."""
    kinds: tuple[str, ...] = ALL


D = Dimension
_NAMED: tuple[Any, ...] = ({"name": "News"}, {"name": ""}, {}, "one", 7, None)
AIMS: tuple[Aim, ...] = (
    Aim(D.COUNTRY, ["USA", "CAN"], "device.geo.country", "USA", ("BRA", "JPN", "", "??")),
    Aim(D.REGION, ["USA-WI", "CAN-WI"], "device.geo.region", "WI", ("CA", "", 7)),
    Aim(D.CITY, ["USA/milwaukee", "CAN/milwaukee"], "device.geo.city", "Milwaukee", ("Oslo", "")),
    Aim(D.METRO, ["617"], "device.geo.metro", 617, ("616", "", None)),
    Aim(D.POSTCODE, ["USA/53202", "CAN/53202"], "device.geo.zip", "53 202", ("53203", "", None)),
    Aim(
        D.NEAR, [{"latitude": 43.0389, "longitude": -87.9065, "km": 5}],
        "device.geo.lat", 43.04, (43.1, -43.04, 91, "north", None),
    ),
    Aim(D.DEVICE_TYPE, ["phone"], "device.devicetype", 4, (2, 3, 99, None)),
    Aim(D.OS, ["ios"], "device.os", "iOS", ("Android", "beos", "")),
    Aim(
        D.OS_VERSION, [{"os": "ios", "at_least": "16.4", "below": 18}],
        "device.osv", "16.10", ("16.3", "18", "18.0.1", "", "new", None),
    ),
    Aim(
        D.BROWSER, ["chrome"], "device.sua.browsers",
        [{"brand": "Not:A-Brand"}, {"brand": "Chromium"}, {"brand": "Google Chrome"}],
        ([], [{"brand": "Firefox"}], [{"brand": "Chromium"}], None),
    ),
    Aim(D.DEVICE_LANGUAGE, ["de"], "device.language", "de-AT", ("fr", "", None)),
    Aim(D.CONNECTION, ["cellular"], "device.connectiontype", 6, (1, 2, 0, 99, None)),
    Aim(D.CARRIER, ["310-005"], "device.mccmnc", "310-005", ("310-006", "", None)),
    Aim(D.MAKER, ["apple"], "device.make", "Apple", ("Samsung", "", None)),
    Aim(D.MODEL, ["iphone"], "device.model", " iPhone ", ("iPad", "", None)),
    Aim(D.CATEGORY, ["IAB17"], "@.cat", ["IAB17-4"], (["IAB1"], [], None)),
    Aim(D.SITE_ID, ["site-7"], "site.id", "site-7", ("site-8", 7, "", None), within("site")),
    Aim(D.APP_ID, ["7"], "app.id", 7, ("70", "app-7", "", None), within("app")),
    Aim(D.PUBLISHER, ["1", selling.THIEF], "@.publisher.id", 1, ("", None)),
    Aim(
        D.VENUE, ["transit"], "dooh.venuetype", ["transit.airports.gates"],
        (["retail.malls"], ["nowhere"], [], "transit", None), within("dooh"),
    ),
    Aim(D.SELLER, {"exclude": ["third.example"]}, "source", selling.GOOD, (selling.THIRD,)),
    Aim(D.SUPPLY, ["reseller"], "source", selling.GOOD, (selling.DIRECT,)),
    Aim(D.HOPS, [{"below": 3}], "source", selling.GOOD, (selling.LONGER,)),
    Aim(D.CHANNEL, ["sport one"], "@.content.channel", {"name": "Sport One"}, _NAMED),
    Aim(D.TV_NETWORK, ["sport.example"], "@.content.network", {"domain": "Sport.example"}, _NAMED),
    Aim(D.GENRE, ["9:325"], "@.content.genres", [1, 325], ([1], [], "325", None)),
    Aim(D.RATING, ["tv-pg"], "@.content.contentrating", "TV-PG", ("TV-MA", "", 7, None)),
    Aim(D.LIVE, ["yes"], "@.content.livestream", 1, (0, 2, None)),
    Aim(
        D.SENSITIVE, {"exclude": ["floor"]}, "@.pagecat", ["IAB2"],
        (["IAB2", "IAB26"], ["IAB25-3"], ["IAB25"]),
    ),
    Aim(
        D.KEYWORD, ["cycling"], "@.keywords", "tours, Cycling",
        ("", "knitting,tours", ["cyclings"], 7, None),
    ),
    Aim(D.TAG_ID, ["top"], "imp.0.tagid", "top", ("Top", "", 7, None)),
    Aim(D.GPID, ["/1/home#top"], "imp.0.ext.gpid", "/1/home#top", ("/1/home", "", None)),
    Aim(D.POSITION, ["above_fold"], "imp.0.$.pos", 1, (3, 0, 99, None), showing("banner", "video")),
    Aim(D.VIDEO_PLACEMENT, ["instream"], "imp.0.$.plcmt", 1, (2, 4, 99, 0, None), showing("video")),
    Aim(
        D.START_DELAY, ["pre"], "imp.0.$.startdelay", 0, (5, -1, -2, -3, None),
        showing("video", "audio"),
    ),
    Aim(D.SKIPPABLE, ["yes"], "imp.0.$.skip", 1, (0, None), showing("video")),
    Aim(
        D.SLOT_DURATION, [{"at_least": 5, "below": 60}], "imp.0.$.maxduration", 30,
        (60, 90, None), showing("video", "audio"),
    ),
    Aim(D.REWARDED, ["yes"], "imp.0.rwdd", 1, (0, 2, None)),
    Aim(D.INTERSTITIAL, ["no"], "imp.0.instl", 0, (1,)),
    Aim(
        D.VIEWABILITY, [{"at_least": 70}], "imp.0.metric", [{"type": "viewability", "value": 0.7}],
        ([{"type": "viewability", "value": 0.69}], [{"type": "click_through", "value": 0.9}], [], 7, None),
    ),
    Aim(
        D.KEY_VALUE, ["section=sport"], "imp.0.ext.data", {"section": ["news", "sport"]},
        ({"section": "news"}, {"sport": "section"}, {}, 7, None),
    ),
    Aim(D.SIZE, ["300x250"], "imp.0.$.w", 300, (301, 1), showing("banner")),
    Aim(D.SIZE, ["640x480"], "imp.0.$.w", 640, (641, 1), showing("video")),
)  # fmt: skip
"""Exchange, inventory type, publication and deal are said by more than one place: see `strict` and `flips`."""


def aims(kind: str) -> list[Aim]:
    """Return those of one kind."""
    return [each for each in AIMS if kind in each.kinds]
