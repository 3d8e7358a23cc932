"""Whom an exchange pays: sellers.json (IAB Tech Lab, Sellers.json 1.0).

An entry that is wrong costs that entry, and is named; a file that is no JSON is refused with the place.
"""

from typing import Any

import msgspec

from adserver.domain.hosts import host_name
from adserver.supply.texts import decoded

TYPES = ("PUBLISHER", "INTERMEDIARY", "BOTH")
MAX_FAULTS = 100
MAX_ID = 200


class Seller(msgspec.Struct, frozen=True):
    """One account that is paid."""

    id: str
    type: str
    """Of `TYPES`: it owns what it sells, sells for others, or both. Empty: it does not say."""
    domain: str = ""
    name: str = ""
    confidential: bool = False
    """Who it is is not told."""
    passthrough: bool = False
    """Of an intermediary: the exchange pays the publisher's account through it."""


class EntryFault(msgspec.Struct, frozen=True):
    """What is wrong with one entry, counted from 1."""

    entry: int
    message: str


class Sellers(msgspec.Struct, frozen=True):
    """What a file says."""

    sellers: dict[str, Seller]
    """By id."""
    version: str = ""
    faults: tuple[EntryFault, ...] = ()
    fault_count: int = 0


class _File(msgspec.Struct):
    sellers: list[msgspec.Raw]
    version: Any = None


class _Entry(msgspec.Struct):
    seller_id: str | int | None = None
    seller_type: Any = None
    domain: Any = None
    name: Any = None
    is_confidential: Any = None
    is_passthrough: Any = None


_BAD = (msgspec.DecodeError, UnicodeError, RecursionError)
_file = msgspec.json.Decoder(_File).decode
_entry = msgspec.json.Decoder(_Entry).decode


def parse(content: bytes) -> Sellers:
    """Return what a file says. Raises `ValueError` with what it is instead of a sellers.json."""
    text = decoded(content).lstrip("\ufeff").encode("utf-8", "replace")
    try:
        found = _file(text)
    except _BAD as error:
        raise ValueError(f"is no sellers.json: {str(error) or 'nested too deeply'}") from None
    sellers: dict[str, Seller] = {}
    faults: list[EntryFault] = []
    count = 0
    for number, raw in enumerate(found.sellers, 1):
        try:
            seller, messages = _seller(_entry(raw))
        except _BAD as error:
            seller, messages = None, [str(error) or "nested too deeply"]
        if seller is not None and sellers.setdefault(seller.id, seller) is not seller:
            messages.append(f"{seller.id[:60]!r} stands there twice; the first counts")
        count += len(messages)
        faults += [
            EntryFault(number, each) for each in messages[: max(0, MAX_FAULTS - len(faults))]
        ]
    version = found.version if isinstance(found.version, str | int | float) else ""
    return Sellers(sellers, str(version)[:20], tuple(faults), count)


def _seller(entry: _Entry) -> tuple[Seller | None, list[str]]:
    """Return a seller and what is wrong with it; without an id there is none."""
    name = "" if entry.seller_id is None else str(entry.seller_id).strip()
    if not name or len(name) > MAX_ID:
        return None, ["has no `seller_id`, or one that is too long"]
    messages = []
    kind = entry.seller_type.strip().upper() if isinstance(entry.seller_type, str) else ""
    if kind not in TYPES:
        messages.append("`seller_type` is neither PUBLISHER nor INTERMEDIARY nor BOTH")
        kind = ""
    confidential = _flag(entry.is_confidential)
    domain = host_name(entry.domain) if isinstance(entry.domain, str) else ""
    if not domain and not confidential:
        messages.append("has no `domain`, and is not confidential")
    called = entry.name.strip()[:MAX_ID] if isinstance(entry.name, str) else ""
    return Seller(name, kind, domain, called, confidential, _flag(entry.is_passthrough)), messages


def _flag(value: object) -> bool:
    """Tell whether it says yes: 1 by the specification; "1" and true are common."""
    return value in (1, "1", "true")
