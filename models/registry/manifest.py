"""What is said of a trained model: one form for every kind, signed as a whole."""

import re
from typing import Literal, TypeVar, get_args

import msgspec

FORMAT = 2
Kind = Literal["click", "conversion", "landscape"]
KINDS: tuple[Kind, ...] = get_args(Kind)
NAME = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{16}")
"""When it was trained, and the beginning of the SHA-256 of its manifest."""
FILE_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}\.(txt|json)")
"""Text and JSON alone: reading them runs nothing."""
MAX_FILES = 16
MAX_FILE_BYTES = 64 * 1024 * 1024

_Struct = TypeVar("_Struct", bound=msgspec.Struct)


class Digest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a file must be."""

    sha256: str
    bytes: int


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whoever trains fills in what has no default; `publish` the rest."""

    format: int = FORMAT
    kind: Kind
    created: str
    """RFC 3339, UTC: `2026-01-31T12:00:00Z`."""
    columns: tuple[str, ...]
    """What the model looks at, in order."""
    learned_from: str
    """Time of the first row that was learned from, RFC 3339, UTC."""
    learned_until: str
    rows: int
    """How many were learned from."""
    positives: int
    """Clicks, orders or wins among them."""
    metrics: dict[str, float]
    """As measured on later rows, which training did not see."""
    parameters: dict[str, int | float | str | bool]
    """With which it was trained."""
    files: dict[str, Digest] = {}
    key: str = ""
    """The public key of whoever signed it."""


def written(value: msgspec.Struct) -> bytes:
    """Return a value as JSON that people can read; equal values give equal bytes."""
    return msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n"


def decoded(content: bytes, kind: type[_Struct]) -> _Struct:
    """Read what `written` wrote, and nothing else: no key twice, no other order, nothing behind it.

    Raises `ValueError` saying what is wrong.
    """
    try:
        found = msgspec.json.decode(content, type=kind)
    except RecursionError:
        raise ValueError("is nested too deeply") from None
    if written(found) != content:
        raise ValueError("is not written as we write it (a key twice, another order or form)")
    return found
