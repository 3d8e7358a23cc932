"""What requests say and line items want beyond what every auction has: small alphabets, so that they meet often."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager
from typing import NamedTuple
from unittest.mock import patch

from hypothesis import strategies as st

from adserver.catalog import facts as catalog_facts
from adserver.domain.opportunity import Value
from adserver.domain.targeting import Dimension
from adserver.domain.vocabulary import WORDS

D = Dimension


class Alphabet(NamedTuple):
    """What a dimension is about."""

    said: list[Value]
    """By requests; nothing, too."""
    wanted: list[str]
    """By line items."""


def _one(*values: str) -> Alphabet:
    return Alphabet(["", *values, "another"], list(values))


def _some(*values: str) -> Alphabet:
    return Alphabet(
        [(), *((each,) for each in values), values, ("another", values[0])], list(values)
    )


FACTS: Mapping[Dimension, Alphabet] = {
    D.METRO: _one("501", "803"),
    D.POSTCODE: _one("USA/53202", "DEU/10115"),
    D.NEAR: Alphabet([], ["43.0389,-87.9065,5", "43,-88,60", "-16.5,179.99,30", "89.9,0,100"]),
    D.OS_VERSION: Alphabet(
        ["", "ios 16.3.9", "ios 16.4", "ios 18", "android 14", "android 9.0", "beos 5"],
        ["ios>=16.4", "ios<18", "android>=10<14.1", ">=9", "<16.4"],
    ),
    D.BROWSER: _one("safari", "chrome"),
    D.DEVICE_LANGUAGE: _one("en", "de"),
    D.CONNECTION: Alphabet(["", "wifi", "cellular", "4g", "5g"], ["wifi", "cellular", "5g"]),
    D.CARRIER: _some("verizon", "310-005"),
    D.MAKER: _one("apple", "samsung"),
    D.MODEL: _one("iphone", "sm-g991b"),
    D.SITE_ID: _one("1", "2"),
    D.APP_ID: _one("1", "2"),
    D.PUBLISHER: _one("1", "2"),
    D.CHANNEL: _some("news one", "news.example"),
    D.TV_NETWORK: _some("north", "south"),
    D.GENRE: _some("comedy", "9:325"),
    D.RATING: _some("tv-ma", "mature"),
    D.LIVE: _one(*WORDS[D.LIVE]),
    D.KEYWORD: _some("camera", "lens"),
    D.SENSITIVE: Alphabet(
        [(), ("adult",), ("social_issues",), ("any",), ("hate", "arms")],
        ["adult", "social_issues", "floor", "any"],
    ),
    D.VENUE: Alphabet(
        [(), ("transit.airports.gates",), ("transit",), ("retail.malls",)],
        ["transit", "transit.airports", "retail.malls"],
    ),
    D.SELLER: _some("exchange.example", "network.example"),
    D.SUPPLY: _one(*WORDS[D.SUPPLY]),
    D.HOPS: Alphabet(["", "1", "2", "3"], [">=2", "<3", ">=1<2"]),
    D.TAG_ID: _one("top", "side"),
    D.GPID: _one("/1/top", "/1/side"),
    D.KEY_VALUE: _some("section=sport", "section=news"),
    D.POSITION: _one("above_fold", "sidebar"),
    D.VIEWABILITY: Alphabet(["", "0", "69", "70", "100"], [">=70", ">=50<100", "<50"]),
    D.VIDEO_PLACEMENT: _one("instream", "standalone"),
    D.START_DELAY: _one(*WORDS[D.START_DELAY]),
    D.SKIPPABLE: _one(*WORDS[D.SKIPPABLE]),
    D.SLOT_DURATION: Alphabet(["", "6", "15", "30"], [">=15", "<30"]),
    D.REWARDED: _one(*WORDS[D.REWARDED]),
    D.INTERSTITIAL: _one(*WORDS[D.INTERSTITIAL]),
}
POINTS = [
    (43.04, -87.91), (43.3, -88.2), (-16.5, -179.9), (-16.6, 179.8), (89.95, 120.0), (89.2, 0.0), (52.5, 13.4),
]  # fmt: skip
"""In and out of the circles, across the date line and around the pole."""
LISTS = {"news": b"news.example\nplay.example", "games": b"example\nplay.example"}


def grouping(*, together: bool) -> AbstractContextManager[object]:
    """Let even small catalogs ask dimensions together, as large ones do, or none."""
    return patch.object(catalog_facts, "SMALL", 0 if together else 1 << 62)


@st.composite
def facts(draw: st.DrawFn, dimensions: AbstractSet[Dimension]) -> dict[Dimension, Value]:
    """Return what a request says in some of these dimensions, in any order."""
    asked = draw(st.lists(st.sampled_from(sorted(dimensions)), max_size=6, unique=True))
    return {each: draw(st.sampled_from(FACTS[each].said)) for each in asked}
