"""What the values of each dimension look like: one row per dimension."""

import re
from collections.abc import Callable, Collection, Mapping

from adapters.campaigns.authoring.cursor import Cursor, did_you_mean, shown
from adapters.campaigns.authoring.targeting_ranges import circle, number_range, version_range
from adapters.campaigns.authoring.values import choice, domain, published, size
from adserver.domain.countries import ALPHA3, ALPHA3_BY_ALPHA2
from adserver.domain.sensitive import SENSITIVE_TOPICS
from adserver.domain.targeting import Dimension
from adserver.domain.venues import VENUES
from adserver.domain.vocabulary import WORDS

Read = Callable[[Cursor], str]
_HABITS = {**ALPHA3_BY_ALPHA2, "UK": "GBR", "GER": "DEU", "SUI": "CHE"}
_REGION = re.compile(r"([A-Za-z]{2,3})-([A-Za-z0-9]{1,3})")
_CITY = re.compile(r"([A-Za-z]{2,3})/(\S.*)")
_POSTCODE = re.compile(r"([A-Za-z]{2,3})/([A-Za-z0-9][A-Za-z0-9 -]{1,11})")
_PUBLICATION = re.compile(r"(?!www\.|id[0-9]{5,}$)[a-z0-9][a-z0-9._-]{0,99}")
_CATEGORY = re.compile(r"IAB(?:[1-9]|1\d|2[0-6])(?:-[1-9]\d?)?|(?!IAB|iab)[A-Za-z0-9]{1,16}")
_METRO = re.compile(r"[A-Za-z0-9-]{1,20}")
_LANGUAGE = re.compile(r"[a-z]{2}")
_ID = re.compile(r"[!-~](?:[ -~]{0,198}[!-~])?")
_NAME = re.compile(r"[^\s\x00-\x1f,][^\x00-\x1f,]{0,99}")
_KEY_VALUE = re.compile(r"[^\s=,][^=,]{0,98}=[^,\x00-\x1f]{1,100}")


def _closed(known: Collection[str]) -> Read:
    return lambda cursor: choice(cursor, known)


def _patterned(pattern: re.Pattern[str], what: str, tidy: Callable[[str], str]) -> Read:
    def read(cursor: Cursor) -> str:
        word = cursor.text()
        if not pattern.fullmatch(word):
            better = tidy(word)
            hint = f"; did you mean {better!r}?" if pattern.fullmatch(better) else ""
            cursor.fault(f"{shown(word)} is no {what}{hint}")
        return word

    return read


def _same(word: str) -> str:
    return word


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


def _postcode(cursor: Cursor) -> str:
    word = cursor.text()
    found = _POSTCODE.fullmatch(word)
    right = f"{_alpha3(found[1])}/{found[2].upper().replace(' ', '')}" if found else ""
    return _placed(cursor, word, right, "postcode", "USA/53202")


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


def _name(cursor: Cursor) -> str:
    """Read what a request's text is compared with in lower case."""
    word = cursor.text()
    low = word.lower()
    if not _NAME.fullmatch(word) or word != low:
        hint = f"; did you mean {low!r}?" if _NAME.fullmatch(low) else ""
        cursor.fault(
            f"{shown(word)} is no name in lower case, without commas, of at most 100 characters{hint}"
        )
    return word


_id = _patterned(_ID, "id: letters, digits and signs, at most 200", _same)

READERS: Mapping[Dimension, Read] = {
    **{dimension: _closed(words) for dimension, words in WORDS.items()},
    Dimension.COUNTRY: _country,
    Dimension.REGION: _region,
    Dimension.CITY: _city,
    Dimension.METRO: _patterned(_METRO, "code of a metropolitan area such as 501", _same),
    Dimension.POSTCODE: _postcode,
    Dimension.NEAR: circle,
    Dimension.PUBLICATION: _patterned(_PUBLICATION, "domain or bundle in lower case", published),
    Dimension.CATEGORY: _patterned(_CATEGORY, "content category such as IAB19-5", str.upper),
    Dimension.SIZE: _size,
    Dimension.OS_VERSION: version_range,
    Dimension.DEVICE_LANGUAGE: _patterned(_LANGUAGE, "language: two letters, en", str.lower),
    Dimension.CARRIER: _name,
    Dimension.MAKER: _name,
    Dimension.MODEL: _name,
    Dimension.SITE_ID: _id,
    Dimension.APP_ID: _id,
    Dimension.PUBLISHER: _id,
    Dimension.CHANNEL: _name,
    Dimension.TV_NETWORK: _name,
    Dimension.GENRE: _name,
    Dimension.RATING: _name,
    Dimension.KEYWORD: _name,
    Dimension.SENSITIVE: _closed(SENSITIVE_TOPICS),
    Dimension.VENUE: _closed(tuple(VENUES.values())),
    Dimension.SELLER: domain,
    Dimension.HOPS: number_range(32, "of sellers"),
    Dimension.TAG_ID: _id,
    Dimension.GPID: _id,
    Dimension.KEY_VALUE: _patterned(_KEY_VALUE, "key and value such as section=sport", _same),
    Dimension.VIEWABILITY: number_range(100, "per cent"),
    Dimension.SLOT_DURATION: number_range(7_200, "of seconds"),
}
"""Exchanges and deals are read from what there is: see `targeting`."""
