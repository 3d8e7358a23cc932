"""A made-up exchange for the parity of features: requests that say everything models look at, and the people behind them."""

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any
from zlib import crc32

from adserver.domain.choices import Choices
from adserver.domain.identity import segment_number
from adserver.domain.person import Found, PersonKey, Profile, Touch
from tests.endpoints.catalogs import everything, line_item
from tests.torture.strict import SPACES

Json = dict[str, Any]

SEGMENTS = tuple(f"dmp:topic-{each}" for each in range(60))
"""All of them targeted; some more are not."""
EXCHANGE = "openrtb"
_STATES = {"USA": ("WI", "CA", "NY"), "DEU": ("BE", "BY"), "FRA": ("IDF",), "BRA": ("SP", "RJ")}
_MAKERS = (
    "Google Chrome",
    "Safari",
    "Firefox",
    "Microsoft Edge",
    "Chromium",
    "Something Else 9",
    "Not A;Brand",
)
_KINDS = {"posters": "banner", "films": "video", "stories": "native"}
_AGES_S = (60, 3_600, 86_400, 20 * 86_400, 31 * 86_400)


def advertisers() -> Json:
    """Return campaigns for banners, videos and native ads, some for everybody and most for a segment, paid by click."""
    found: Json = everything()
    for place, name in enumerate(_KINDS):
        order = found[name]["campaigns"][0]["insertion_orders"][0]
        found[name]["creatives"] = found[name]["creatives"][:6]
        ids = [creative["id"] for creative in found[name]["creatives"]]
        goals = [{"cpc": 20 + each % 7, "max_cpm": 900} for each in range(len(SEGMENTS))]
        order["line_items"] = [
            line_item(f"{name}-{each}", ids, goal=goals[each], targeting={"audience": segment})
            for each, segment in enumerate(SEGMENTS)
            if each % 3 == place
        ] + [line_item(f"{name}-all-{each}", ids, goal=goals[each]) for each in range(4)]
    return {name: found[name] for name in _KINDS}


def requests(dice: Random) -> Iterator[Json]:
    """Yield requests with every combination of what is said and what is not, and every state of permission."""
    number = 0
    while True:
        number += 1
        country = dice.choice((*_STATES, ""))
        geo = {"country": country, "region": dice.choice(_STATES[country])} if country else {}
        device: Json = {"geo": geo, "devicetype": dice.choice((1, 2, 3, 4, 5, 99))}
        if dice.random() < 0.8:
            device["os"] = dice.choice(("iOS", "Android", "Windows", "BeOS"))
        if dice.random() < 0.7:
            brands = dice.sample(_MAKERS, dice.randint(1, 3))
            device["sua"] = {"browsers": [{"brand": brand, "version": ["1"]} for brand in brands]}
        source = {"cat": dice.sample(("IAB1", "IAB2", "IAB12", "IAB17"), dice.randint(0, 2))}
        page = f"page-{int(dice.paretovariate(0.7)) % 400}.example"
        request: Json = {
            "id": f"parity-{number}", "at": dice.choice((1, 2)), "device": device,
            "imp": [_imp(str(n), dice) for n in range(dice.choice((1, 1, 1, 2)))],
            **dice.choice(({"site": {"domain": page, **source}}, {"app": {"bundle": page, **source}})),
        }  # fmt: skip
        user: Json = {}
        if dice.random() < 0.85:
            user["buyeruid"] = f"person-{dice.randrange(3_000)}"
        if dice.random() < 0.3:
            told = dice.sample((*(each.partition(":")[2] for each in SEGMENTS), "strange"), 3)
            user["data"] = [{"id": "dmp", "segment": [{"id": each} for each in told]}]
        if dice.random() < 0.2:
            request["regs"] = dice.choice(({"gdpr": 1}, {"coppa": 1}, {"us_privacy": "1YYN"}))
        yield {**request, "user": user}


def _imp(name: str, dice: Random) -> Json:
    media = dice.choice(tuple(_KINDS.values()))
    space = {**SPACES[media]}
    if media == "banner":
        space = {"w": 300, "h": dice.choice((250, 600)), "pos": dice.choice((0, 1, 3, 7))}
    imp: Json = {"id": name, media: space}
    if dice.random() < 0.8:
        imp["bidfloor"] = round(dice.uniform(0, 3), dice.randint(0, 6))
    if dice.random() < 0.8:
        imp["tagid"] = dice.choice(
            ("top", "side", "article-1", "ü" * 50, "x" * 500, f"reader-{dice.randrange(10**8)}")
        )
    return imp


class Crowd:
    """The people in the store, each the same whenever looked up; and no contact is younger than what is stored."""

    counted_since_s = 0.0

    def find(self, ids: Sequence[PersonKey], now_s: float) -> Found:
        """Return somebody drawn by their key."""
        dice = Random(crc32(ids[0]))
        names = dice.sample(SEGMENTS, dice.choice((0, 1, 5, 30)))
        segments = [segment_number(each) for each in (*names, "dmp:untargeted")]
        touches = tuple(
            Touch(
                dice.choice(("impression", "impression", "click")),
                int(now_s) - dice.choice(_AGES_S),
                dice.choice(self.line_items),
                1,
                dice.randbytes(16),
            )
            for _ in range(dice.choice((0, 0, 1, 4, 40)))
        )
        choices = Choices(objections=tuple(segments[:1])) if dice.random() < 0.1 else Choices()
        return Found(ids[0], Profile(tuple(segments), touches), choices, dice.random() < 0.9)

    def __init__(self) -> None:
        self.line_items: Sequence[int] = ()
        """Numbers of those that people may have seen."""

    def merged(
        self, person: PersonKey, stored: tuple[Touch, ...], aliases: Sequence[PersonKey] = ()
    ) -> tuple[Touch, ...]:
        """Return what is stored."""
        return stored

    def expect(self, person: PersonKey, touch: Touch, now_s: float) -> None:
        """There is nobody to tell."""

    def forget(self, bid: bytes) -> None:
        """There is nothing."""
