"""The obvious way to compare what a request says with what a line item wants; shares nothing with the indexes."""

import math
from collections.abc import Iterable, Mapping
from functools import lru_cache

from adserver.domain.campaign import Advertiser, Catalog
from adserver.domain.opportunity import Auction, Value
from adserver.domain.targeting import Dimension, ListRule

Targeting = Mapping[Dimension, ListRule]
D = Dimension
RANGES = {D.OS_VERSION, D.VIEWABILITY, D.SLOT_DURATION, D.HOPS}
OF_SPACES = {
    D.TAG_ID, D.GPID, D.KEY_VALUE, D.POSITION, D.VIEWABILITY, D.VIDEO_PLACEMENT, D.START_DELAY,
    D.SKIPPABLE, D.SLOT_DURATION, D.REWARDED, D.INTERSTITIAL,
}  # fmt: skip
OF_AUCTIONS = {
    D.METRO, D.POSTCODE, D.OS_VERSION, D.BROWSER, D.DEVICE_LANGUAGE, D.CONNECTION, D.CARRIER, D.MAKER,
    D.MODEL, D.SITE_ID, D.APP_ID, D.PUBLISHER, D.CHANNEL, D.TV_NETWORK, D.GENRE, D.RATING, D.LIVE,
    D.KEYWORD, D.SENSITIVE, D.VENUE, D.SELLER, D.SUPPLY, D.HOPS,
}  # fmt: skip


def wants(targeting: Targeting, facts: Mapping[Dimension, Value], asked: set[Dimension]) -> bool:
    """Tell whether every rule about these dimensions takes what is said."""
    return all(
        _takes(dimension, rule, facts.get(dimension, ""))
        for dimension, rule in targeting.items()
        if dimension in asked
    )


def wants_point(targeting: Targeting, point: tuple[float, float] | None) -> bool:
    """Tell whether the circles take a place."""
    rule = targeting.get(D.NEAR, ListRule())
    inside = [] if point is None else [text for text in rule.exclude if _within(text, point)]
    if inside:
        return False
    return not rule.include or (
        point is not None and any(_within(text, point) for text in rule.include)
    )


def may_publish(catalog: Catalog, advertiser: Advertiser, auction: Auction) -> bool:
    """Tell whether the advertiser's lists take the publication."""

    def listed(name: str) -> bool:
        text = catalog.publication_lists[name]
        return _is_listed(text, auction.publication, auction.inventory_type == "app")

    if advertiser.block_list and listed(advertiser.block_list):
        return False
    return not advertiser.allow_list or listed(advertiser.allow_list)


@lru_cache  # a long list, asked for every candidate
def _is_listed(text: bytes, said: str, is_app: bool) -> bool:  # noqa: FBT001 - of a key
    names = text.decode().split("\n")
    if is_app:
        return said in names
    return any(said == each or said.endswith("." + each) for each in names if "." in each)


def _takes(dimension: Dimension, rule: ListRule, value: Value) -> bool:
    said = [] if value == "" else [value] if isinstance(value, str) else list(value)
    if dimension in RANGES:
        matches = [(text, each) for text in rule.include for each in said if _in_range(text, each)]
        refused = any(_in_range(text, each) for text in rule.exclude for each in said)
        return not refused and (not rule.include or bool(matches))
    names = {name for each in said for name in _meaning(dimension, each)}
    if names & set(rule.exclude):
        return False
    return not rule.include or bool(names & set(rule.include))


def _meaning(dimension: Dimension, value: str) -> Iterable[str]:
    yield value
    if dimension is D.CONNECTION and value in {"2g", "3g", "4g", "5g"}:
        yield "cellular"
    if dimension is D.VENUE:
        while "." in value:
            value = value[: value.rindex(".")]
            yield value
    if dimension is D.SENSITIVE:
        yield "any"
        if value not in {"social_issues", "drugs_tobacco_alcohol", "death_injury_war"}:
            yield "floor"


def _in_range(rule: str, said: str) -> bool:
    scope, low, high = rule, "", ""
    if "<" in scope:
        scope, high = scope.split("<")
    if ">=" in scope:
        scope, low = scope.split(">=")
    system, _, version = said.rpartition(" ")
    if scope and scope != system:
        return False
    number = _number(version)
    return (not low or number >= _number(low)) and (not high or number < _number(high))


def _number(version: str) -> list[int]:
    found = [int(part) for part in version.split(".")]
    return found + [0] * (4 - len(found))


def _within(text: str, point: tuple[float, float]) -> bool:
    """Compare the straight line through the Earth with that of the radius."""
    latitude, longitude, km = map(float, text.split(","))
    chord = math.dist(_on_sphere(latitude, longitude), _on_sphere(*point))
    return chord <= 2 * math.sin(km / 6_371.0088 / 2)


def _on_sphere(latitude: float, longitude: float) -> tuple[float, float, float]:
    phi, theta = math.radians(latitude), math.radians(longitude)
    return (
        math.cos(phi) * math.cos(theta),
        math.cos(phi) * math.sin(theta),
        math.sin(phi),
    )
