"""Addresses of networks: many ranges, sorted once, so that asking takes a few comparisons."""

import socket
from bisect import bisect_right
from collections.abc import Iterable

IPV4_BYTES, IPV6_BYTES = 4, 16
_MAPPED = bytes(10) + b"\xff\xff"
"""What an IPv6 address begins with that means an IPv4 address."""

Range = tuple[int, int, int]
"""Length of its addresses in bytes, first and last address as numbers."""


def packed(text: str) -> bytes | None:
    """Return an address as 4 or 16 bytes, or nothing for a text that is none (or `1.2.3`, `010.0.0.1`).

    An IPv4 address written as an IPv6 one (`::ffff:192.0.2.1`) is the IPv4 address.
    """
    try:
        if ":" in text:
            found = socket.inet_pton(socket.AF_INET6, text)
            return found[12:] if found.startswith(_MAPPED) else found
        return socket.inet_pton(socket.AF_INET, text)
    except (OSError, ValueError):  # a NUL or a lone surrogate is a ValueError
        return None


def network(text: str) -> Range:
    """Return the range of `192.0.2.0/24`, `2001:db8::/32` or one address. Raises `ValueError` saying what is wrong."""
    address, slash, prefix = text.partition("/")
    raw = None if "%" in address else _unmapped(address)
    if raw is None:
        raise ValueError(f"{address[:50]!r} is no IPv4 or IPv6 address")
    bits = 8 * len(raw)
    if not slash:
        length = bits
    elif not (prefix.isascii() and prefix.isdigit()) or int(prefix[:4]) > bits:
        raise ValueError(f"'/{prefix[:20]}' must be between /0 and /{bits}")
    else:
        length = int(prefix)
    first = int.from_bytes(raw, "big")
    hosts = (1 << (bits - length)) - 1
    if first & hosts:
        right = _written(first & ~hosts, len(raw))
        raise ValueError(f"{text[:50]!r} has bits behind its prefix; write {right}/{length}")
    return len(raw), first, first | hosts


class Networks:
    """A set of ranges; `packed(text) in networks` looks at two sorted lists."""

    def __init__(self, ranges: Iterable[Range]) -> None:
        """Take ranges in any order; what overlaps or touches becomes one."""
        self._first: dict[int, list[int]] = {IPV4_BYTES: [], IPV6_BYTES: []}
        self._last: dict[int, list[int]] = {IPV4_BYTES: [], IPV6_BYTES: []}
        for length, first, last in sorted(ranges):
            ends = self._last[length]
            if ends and first <= ends[-1] + 1:
                ends[-1] = max(ends[-1], last)
            else:
                self._first[length].append(first)
                ends.append(last)

    def __contains__(self, address: bytes) -> bool:
        """Tell whether an address of 4 or 16 bytes lies in one of the ranges."""
        length = len(address)
        number = int.from_bytes(address, "big")
        at = bisect_right(self._first[length], number)
        return at > 0 and number <= self._last[length][at - 1]

    def __len__(self) -> int:
        """Return how many separate ranges there are."""
        return sum(map(len, self._first.values()))


def _unmapped(text: str) -> bytes | None:
    """Return what is written: a network of mapped addresses is too odd to guess what is meant."""
    found = packed(text)
    return None if found is not None and ":" in text and len(found) == IPV4_BYTES else found


def _written(number: int, length: int) -> str:
    family = socket.AF_INET if length == IPV4_BYTES else socket.AF_INET6
    return socket.inet_ntop(family, number.to_bytes(length, "big"))
