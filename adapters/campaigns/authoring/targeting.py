"""Whom and where: lists to include and exclude, and the audience."""

import re
from collections.abc import Callable, Collection, Mapping

from adapters.campaigns.authoring.cursor import Cursor, did_you_mean, shown
from adapters.campaigns.authoring.names import Names
from adapters.campaigns.authoring.values import bare_host, choice, size
from adserver.domain.countries import ALPHA3, ALPHA3_BY_ALPHA2
from adserver.domain.targeting import (
    DEVICE_TYPES,
    INVENTORY_TYPES,
    OPERATING_SYSTEMS,
    Dimension,
    Expression,
    ListRule,
    parse_audience,
    segment_names,
)

Targeting = dict[Dimension, ListRule]
_HABITS = {**ALPHA3_BY_ALPHA2, "UK": "GBR", "GER": "DEU", "SUI": "CHE"}
_REGION = re.compile(r"([A-Za-z]{2,3})-([A-Za-z0-9]{1,3})")
_CITY = re.compile(r"([A-Za-z]{2,3})/(\S.*)")
_PUBLICATION = re.compile(r"(?!www\.)[a-z0-9][a-z0-9._-]{0,99}")
_CATEGORY = re.compile(r"IAB(?:[1-9]|1\d|2[0-6])(?:-[1-9]\d?)?|(?!IAB|iab)[A-Za-z0-9]{1,16}")


def targeting(cursor: Cursor, names: Names) -> tuple[Targeting, Expression | None]:
    """Read rules by dimension; a bare list means include. `audience` is an expression over segments."""
    readers = {
        **_READERS,
        Dimension.EXCHANGE: names.exchange,
        Dimension.DEAL: names.known_deal,
    }
    rules: Targeting = {}
    who: Expression | None = None
    for key, part in cursor.fields((*Dimension, "audience")).items():
        if key == "audience":
            who = audience(part, names)
        else:
            rules[Dimension(key)] = _rule(part, readers[Dimension(key)])
    if Dimension.DEAL in rules and Dimension.EXCHANGE in rules:
        _check_reachable(cursor, rules[Dimension.DEAL], rules[Dimension.EXCHANGE], names)
    return rules, who


def audience(cursor: Cursor, names: Names) -> Expression | None:
    """Read `camera-intent and not camera-owner`."""
    try:
        expression = parse_audience(cursor.text())
    except ValueError as error:
        cursor.fault(str(error))
        return None
    for name in sorted(set(segment_names(expression))):
        names.segment(name, cursor)
    return expression


def _check_reachable(cursor: Cursor, deals: ListRule, exchanges: ListRule, names: Names) -> None:
    for deal in deals.include:
        homes = names.deals.get(deal, set())
        reached = homes & set(exchanges.include) if exchanges.include else homes
        if homes and not reached - set(exchanges.exclude):
            where = " and ".join(sorted(homes))
            cursor.fault(f"deal {deal!r} is at exchange {where}, which this targeting leaves out")


def _rule(cursor: Cursor, read: Callable[[Cursor], str]) -> ListRule:
    if not cursor.is_group():
        return ListRule(include=_values(cursor, read))
    found = cursor.fields(("include", "exclude"))
    rule = ListRule(**{key: _values(part, read) for key, part in found.items()})
    for value in sorted(set(rule.include) & set(rule.exclude)):
        cursor.fault(f"{shown(value)} is both included and excluded")
    return rule


def _values(cursor: Cursor, read: Callable[[Cursor], str]) -> tuple[str, ...]:
    values = tuple(dict.fromkeys(read(part) for part in cursor.items()))
    if not values:
        cursor.fault("lists nothing; give values or remove the key")
    return values


def _closed(known: Collection[str]) -> Callable[[Cursor], str]:
    return lambda cursor: choice(cursor, known)


def _patterned(
    pattern: re.Pattern[str], what: str, tidy: Callable[[str], str]
) -> Callable[[Cursor], str]:
    def read(cursor: Cursor) -> str:
        word = cursor.text()
        if not pattern.fullmatch(word):
            better = tidy(word)
            hint = f"; did you mean {better!r}?" if pattern.fullmatch(better) else ""
            cursor.fault(f"{shown(word)} is no {what}{hint}")
        return word

    return read


def _country(cursor: Cursor) -> str:
    word = cursor.text()
    if word not in ALPHA3:
        habit = _HABITS.get(word.upper(), word.upper())
        hint = f"; did you mean {habit!r}?" if habit in ALPHA3 else did_you_mean(word, ALPHA3)
        cursor.fault(f"{shown(word)} is no country: three capital letters of ISO 3166{hint}")
    return word


def _region(cursor: Cursor) -> str:
    word = cursor.text()
    found = _REGION.fullmatch(word)
    right = f"{_alpha3(found[1])}-{found[2].upper()}" if found else ""
    return _placed(cursor, word, right, "region", "USA-WI")


def _city(cursor: Cursor) -> str:
    word = cursor.text()
    found = _CITY.fullmatch(word)
    right = f"{_alpha3(found[1])}/{found[2].lower()}" if found else ""
    return _placed(cursor, word, right, "city", "USA/milwaukee")


def _placed(cursor: Cursor, word: str, right: str, what: str, example: str) -> str:
    if right[:3] not in ALPHA3:
        cursor.fault(f"{shown(word)} is no {what}: write a country and a {what}, {example}")
    elif word != right:
        cursor.fault(f"{shown(word)} is not how a {what} is written; did you mean {right!r}?")
    return word


def _alpha3(country: str) -> str:
    return _HABITS.get(country.upper(), country.upper())


def _size(cursor: Cursor) -> str:
    width, height = size(cursor)
    return f"{width}x{height}"


_READERS: Mapping[Dimension, Callable[[Cursor], str]] = {
    Dimension.COUNTRY: _country,
    Dimension.REGION: _region,
    Dimension.CITY: _city,
    Dimension.DEVICE_TYPE: _closed(DEVICE_TYPES),
    Dimension.OS: _closed(OPERATING_SYSTEMS),
    Dimension.INVENTORY_TYPE: _closed(INVENTORY_TYPES),
    Dimension.PUBLICATION: _patterned(_PUBLICATION, "domain or bundle in lower case", bare_host),
    Dimension.CATEGORY: _patterned(_CATEGORY, "content category such as IAB19-5", str.upper),
    Dimension.SIZE: _size,
}
