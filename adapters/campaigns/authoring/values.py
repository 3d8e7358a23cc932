"""Single values: names, choices, numbers, money, sizes, addresses. A fault yields a harmless value."""

import re
from collections.abc import Callable, Collection
from decimal import Decimal
from urllib.parse import urlsplit

from adapters.campaigns.authoring.cursor import Cursor, did_you_mean, shown
from adserver.domain.money import MICROS_PER_UNIT, Nanos
from adserver.domain.store_ids import app_id
from adserver.domain.web_address import web_address

MAX_NAME_BYTES = 240
MAX_SLUG_LENGTH = 64
MAX_URL_LENGTH = 2_000
_SLUG = re.compile(r"[a-z0-9]+(?:[-_.][a-z0-9]+)*")
_DOMAIN = re.compile(
    r"(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{1,62}"
)
_GROUPED = re.compile(r"[1-9][0-9]{0,2}(,[0-9]{3})+")
_NUMBER = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,9})?")
_WHOLE = re.compile(r"[0-9]{1,12}")
_SIZE = re.compile(r"([1-9][0-9]{0,3})x([1-9][0-9]{0,3})")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff]")  # bidi overrides too
_UNSAFE = set("\"'<>\\^`{|}")


def slug(cursor: Cursor) -> str:
    """Read an id: lower-case letters and digits, parted by `-`, `_` or `.`, at most 64 characters."""
    word = cursor.text()
    if not _SLUG.fullmatch(word) or len(word) > MAX_SLUG_LENGTH:
        tidy = "-".join(re.findall(r"[a-z0-9]+", word.lower()))[:MAX_SLUG_LENGTH]
        hint = f"; did you mean {tidy!r}?" if tidy else ""
        cursor.fault(
            f"{shown(word)} is no id: use lower-case letters and digits, parted by '-'{hint}"
        )
    return word


def label(cursor: Cursor) -> str:
    """Read a text for people: one line of at most 240 bytes."""
    word = cursor.text()
    if _CONTROL.search(word):
        cursor.fault("holds line breaks or control characters; write one line of plain text")
    elif len(word.encode()) > MAX_NAME_BYTES:
        cursor.fault(f"is longer than {MAX_NAME_BYTES} bytes")
    return word


def choice(cursor: Cursor, known: Collection[str]) -> str:
    """Read one of a closed list of words."""
    word = cursor.text()
    if word not in known:
        hint = did_you_mean(word, known) or f"; known are {', '.join(known)}"
        cursor.fault(f"{shown(word)} is not known here{hint}")
    return word


def yes_no(cursor: Cursor) -> bool:
    """Read `true` or `false` (`yes` and `no` will do)."""
    return choice(cursor, ("true", "false", "yes", "no")) in {"true", "yes"}


def whole(cursor: Cursor, low: int, high: int) -> int:
    """Read a whole number between two bounds, both included."""
    word = cursor.text()
    if not _WHOLE.fullmatch(word) or not low <= int(word) <= high:
        cursor.fault(f"{shown(word)} is no whole number from {low} to {high}")
        return low
    return int(word)


def decimal(cursor: Cursor, high: int, what: str) -> Decimal:
    """Read a positive decimal number of at most `high`, exactly as written."""
    word = cursor.text()
    if not _NUMBER.fullmatch(word):
        comma = word.replace(",", ".")
        hint = f"; did you mean {comma}?" if comma != word and _NUMBER.fullmatch(comma) else ""
        if _GROUPED.fullmatch(word):  # a thousand, or one with three decimals?
            other = f", or {comma}" if hint else ""
            hint = f"; did you mean {word.replace(',', '')}{other}?"
        cursor.fault(f"{shown(word)} is not {what}: write a plain number such as 2.50{hint}")
        return Decimal(1)
    amount = Decimal(word)
    if not 0 < amount <= high:
        cursor.fault(f"{word} is not {what}: it must be above 0 and at most {high}")
        return Decimal(1)
    return amount


def money(cursor: Cursor, convert: Callable[[Decimal], Nanos], high: int, what: str) -> Nanos:
    """Read an amount in the house currency; `convert` makes nanos of it (`nanos` or `cpm_nanos`)."""
    amount = convert(decimal(cursor, high, what))
    if amount == 0:
        cursor.fault("is less than the smallest amount that can be counted")
    return amount


def parts_per_million(cursor: Cursor) -> int:
    """Read per cent, 0 to 100 with at most four decimals."""
    word = cursor.text()
    ppm = Decimal(word) * 10_000 if _NUMBER.fullmatch(word) else Decimal(-1)
    if not 0 <= ppm <= MICROS_PER_UNIT or ppm % 1:
        cursor.fault(f"{shown(word)} is no percentage from 0 to 100 with at most four decimals")
        return 0
    return int(ppm)


def size(cursor: Cursor) -> tuple[int, int]:
    """Read a size in pixels, `300x250`."""
    word = cursor.text()
    found = _SIZE.fullmatch(word)
    if found is None:
        loose = re.fullmatch(r"\s*([1-9]\d{0,3})\s*[xX*\u00d7]\s*([1-9]\d{0,3})\s*", word)
        hint = f"; did you mean '{loose[1]}x{loose[2]}'?" if loose else " such as 300x250"
        cursor.fault(f"{shown(word)} is no size{hint}")
        return 1, 1
    return int(found[1]), int(found[2])


def domain(cursor: Cursor) -> str:
    """Read a registrable domain, lower case, without scheme or path: `camera.example`."""
    word = cursor.text()
    if not _DOMAIN.fullmatch(word):
        bare = bare_host(word)
        hint = f"; did you mean {bare!r}?" if bare != word and _DOMAIN.fullmatch(bare) else ""
        cursor.fault(f"{shown(word)} is no domain{hint}")
    return word


def bare_host(word: str) -> str:
    """Return the host of an address, lower case and without `www.`: what people meant by a domain."""
    return re.sub(r"^(?:[a-z]+://)?(?:www\.)?|(?s:[/?#:].*)", "", word.lower())


def published(word: str) -> str:
    """Return how requests name a publication: by the store's id of an application, or by the host of an address."""
    return bare_host(app_id(word))


def url(cursor: Cursor, *, secure: bool) -> str:
    """Read an absolute web address; `https` only if `secure`."""
    word = cursor.text()
    check_url(cursor, word, secure=secure)
    return word


def check_url(cursor: Cursor, word: str, *, secure: bool) -> None:
    """Complain about what is no absolute web address, or none that may stand in markup."""
    try:
        parts = urlsplit(web_address(word, secure=secure))
        _ = parts.port  # raises ValueError for what is no port
        if "@" in parts.netloc:
            cursor.fault("holds a user name or password; remove it")
    except ValueError as error:
        hint = "; or write `secure: false` for the creative" if word.startswith("http:") else ""
        cursor.fault(f"is no web address: {error}{hint}")
    if set(word) & _UNSAFE or len(word) > MAX_URL_LENGTH:
        cursor.fault(
            f"holds quotes, brackets or backslashes, or more than {MAX_URL_LENGTH} characters"
        )


def pattern(cursor: Cursor, expression: str, what: str) -> str:
    """Read a word that must match a regular expression in full; `what` says it in words."""
    word = cursor.text()
    if not re.fullmatch(expression, word):
        cursor.fault(f"{shown(word)} is not {what}")
    return word
