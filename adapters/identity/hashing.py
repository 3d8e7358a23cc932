"""E-mail addresses and telephone numbers as each partner wants them before they are hashed, and hashed.

The address itself is nobody's business beyond this module: what is raised never repeats it. Partners differ in
small things (dots, plus signs, hex or Base64), and one small thing makes another person.
"""

import hashlib
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from typing import NamedTuple

MAX_EMAIL_CHARS = 254  # RFC 5321, 4.5.3.1.3
_DIGITS = range(
    7, 16
)  # E.164 has at most 15; no country's numbers with its code are shorter than 7
_UID2_MIN_DIGITS = 10  # uid2-client-python, tests/test_normalization.py
_PUNCTUATION = re.compile(r"[\s().\-/\u00a0\u2010-\u2015]")
_KEEP_LEADING_ZERO = frozenset({"39", "378", "379"})
"""Italy, San Marino and the Vatican: there the zero belongs to the number."""
_SHA256_HEX = re.compile(r"[0-9a-fA-F]{64}")


# --- e-mail addresses ---


def plain(address: str) -> str:
    """Return an address without the space around it and in lower case. Raises `ValueError` if it is none."""
    address = address.strip().lower()
    local, at, domain = address.rpartition("@")
    if (
        not at or not local or "@" in local or len(address) > MAX_EMAIL_CHARS
        or "." not in domain.strip(".") or any(sign.isspace() or not sign.isprintable() for sign in address)
    ):  # fmt: skip
        raise ValueError("is no e-mail address")
    return address


def without_aliases(address: str, domains: tuple[str, ...] = ("gmail.com",)) -> str:
    """Return the plain address; of Google's, which do not care about them, without dots and what follows a plus."""
    address = plain(address)
    local, _, domain = address.rpartition("@")
    if domain in domains:
        local = local.partition("+")[0].replace(".", "")
        if not local:
            raise ValueError("is no e-mail address")
    return f"{local}@{domain}"


def _spaceless(address: str) -> str:
    return plain("".join(address.split()))


def _of_google(address: str) -> str:
    return without_aliases(_spaceless(address), ("gmail.com", "googlemail.com"))


def _without_plus(address: str) -> str:
    local, _, domain = plain(address).rpartition("@")
    local = local.partition("+")[0]
    if not local:
        raise ValueError("is no e-mail address")
    return f"{local}@{domain}"


# --- telephone numbers ---


def e164(number: str, calling_code: str = "") -> str:
    """Return a number as `+`, country and the rest, digits only (ITU-T E.164); `calling_code` is what holds where
    it names no country: `49`. Raises `ValueError`: a guess would be somebody else's number.
    """
    digits = _PUNCTUATION.sub("", number)
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    if not digits.startswith("+"):
        if not calling_code:
            raise ValueError("is a telephone number without a country")
        if calling_code == "1":  # in North America the 1 that one dials is the country, too
            digits = digits.removeprefix("1")
        elif calling_code not in _KEEP_LEADING_ZERO:
            digits = digits.removeprefix("0")
        digits = f"+{calling_code}{digits}"
    digits = digits[1:]
    if (
        not (digits.isascii() and digits.isdigit())
        or len(digits) not in _DIGITS
        or digits[0] == "0"
    ):
        raise ValueError("is no telephone number")
    return f"+{digits}"


def _of_uid2(number: str, calling_code: str) -> str:
    found = e164(number, calling_code)
    if len(found) <= _UID2_MIN_DIGITS:
        raise ValueError("is a telephone number too short for UID2")
    return found


def _digits(number: str, calling_code: str) -> str:
    return e164(number, calling_code)[1:]


def _unpublished(_number: str, _calling_code: str) -> str:
    raise ValueError("is a telephone number, for which this partner publishes no rule")


def _without_country(number: str, calling_code: str) -> str:
    found = e164(number, calling_code)[1:]
    code = calling_code or ("1" if found.startswith("1") else "")
    if not code or not found.startswith(code):
        raise ValueError("is a telephone number of another country than the file's")
    return found[len(code) :]


# --- partners ---


class Rules(NamedTuple):
    """What one partner publishes."""

    email: Callable[[str], str]
    phone: Callable[[str, str], str]
    source: str
    """Where they say so."""
    digest: str = "sha256"
    """The hash of addresses."""
    phone_digest: str = "sha256"
    base64: bool = False
    """The hash as Base64 of its bytes; otherwise as lower-case hexadecimal digits."""


_UID2 = "github.com/IABTechLab/uid2docs docs/getting-started/gs-normalization-encoding.md"
PARTNERS: Mapping[str, Rules] = {
    "uid2": Rules(without_aliases, _of_uid2, _UID2, base64=True),
    "euid": Rules(without_aliases, _of_uid2, _UID2, base64=True),
    "google": Rules(_of_google, e164, "developers.google.com/data-manager/api/devguides/concepts/formatting"),
    "meta": Rules(
        plain, _digits, "developers.facebook.com/docs/marketing-api/conversions-api/parameters/customer-information-parameters"
    ),
    "snap": Rules(plain, _digits, "developers.snap.com/api/marketing-api/Conversions-API/BestPractices"),
    # Their text asks for E.164 with a plus; the hash that they publish is of the digits without it.
    "tiktok": Rules(_without_plus, _digits, "ads.tiktok.com/help/article/list-of-supported-ids-and-formats-for-a-customer-file"),
    "liveramp": Rules(
        _spaceless, _without_country, "docs.liveramp.com/connect/en/hashing-identifiers.html", phone_digest="sha1"
    ),
    "criteo": Rules(plain, _unpublished, "support.criteo.com: Cross Device Implementation", digest="md5"),
}  # fmt: skip
"""By name. Who is not here publishes no rule that we have read."""


def hashed_email(partner: str, address: str) -> str:
    """Return the hash of an address as this partner compares it. Raises `ValueError`, `KeyError` if unknown."""
    rules = PARTNERS[partner]
    return _written(rules, rules.digest, rules.email(address))


def hashed_phone(partner: str, number: str, calling_code: str = "") -> str:
    """Return the hash of a number as this partner compares it. Raises `ValueError`, `KeyError` if unknown."""
    rules = PARTNERS[partner]
    return _written(rules, rules.phone_digest, rules.phone(number, calling_code))


def sha256_of(text: str) -> str:
    """Return the SHA-256 of a text in UTF-8, as lower-case hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def sha256_hex(text: str) -> str:
    """Return a SHA-256 that somebody made, in hexadecimal or Base64, as lower-case hexadecimal digits.

    Raises `ValueError`: an address in the column of hashes must not pass for one.
    """
    text = text.strip()
    if _SHA256_HEX.fullmatch(text):
        return text.lower()
    try:
        raw = b64decode(text, validate=True)
    except ValueError:
        raw = b""
    if len(raw) != hashlib.sha256().digest_size:
        raise ValueError("is no SHA-256, neither 64 hexadecimal digits nor Base64")
    return raw.hex()


def _written(rules: Rules, digest: str, text: str) -> str:
    raw = hashlib.new(digest, text.encode(), usedforsecurity=False).digest()
    return b64encode(raw).decode("ascii") if rules.base64 else raw.hex()
