"""Segments of privacy strings as bits: base64url without padding, read from the most significant bit."""

from binascii import a2b_base64

MAX_LENGTH = 16_384
"""Of any privacy string, in letters; what is longer is refused unread."""

_PLAIN = bytes.maketrans(
    b"-_+/=", b"+/!!!"
)  # what stands for nothing becomes what the decoder refuses
_PAIR = 1 << 16


class Bits:
    """One segment; every letter holds six bits."""

    __slots__ = ("length", "whole")

    def __init__(self, segment: str) -> None:
        """Decode a segment; raises `ValueError` unless every letter is of base64url."""
        letters = len(segment)
        spare = -letters % 4
        plain = segment.encode("ascii").translate(_PLAIN) + b"AAA"[:spare]
        self.length = letters * 6
        self.whole = int.from_bytes(a2b_base64(plain, strict_mode=True), "big") >> spare * 6

    def read(self, start: int, width: int) -> int:
        """Return an unsigned number; raises `ValueError` where the segment is cut off."""
        after = self.length - start - width
        if after < 0:
            raise ValueError(f"cut off: {-after} bits are missing")
        return (self.whole >> after) & ((1 << width) - 1)

    def text(self, start: int) -> str:
        """Return the bits from here to the end as zeros and ones."""
        left = self.length - start
        return f"{self.whole & ((1 << left) - 1):0{left}b}" if left > 0 else ""

    def vendors(self, start: int, vendor: int) -> tuple[bool, int]:
        """Return whether the vendor section starting here names a vendor, and where it ends."""
        head = self.read(start, 17)
        if head & 1:
            return self.ranges(start + 17, vendor)
        highest = head >> 1
        end = start + 17 + highest
        if end > self.length:
            raise ValueError("cut off in a vendor section")
        if vendor > highest:
            return False, end
        return bool(self.whole >> (self.length - start - 17 - vendor) & 1), end

    def ranges(  # noqa: C901 - the innermost loop of all: calls would double its time
        self, start: int, vendor: int, *, ascending: bool = False
    ) -> tuple[bool, int]:
        """Return whether the list of ranges starting here names a vendor, and where it ends.

        A range whose end comes before its beginning is empty; if they must be `ascending` it is an error.
        """
        entries = self.read(start, 12)
        left = self.length - start - 12
        if left < entries * 17:
            raise ValueError("cut off in a range")
        # Each entry is one or two vendors, behind a bit that says which. Dozens are usual, so that each is cut
        # out at once, and little is asked of those beyond ours. Room for a longest entry is made behind the last.
        whole = (self.whole & (1 << left) - 1) << 33
        pair = _PAIR | vendor
        named = False
        for _ in range(entries):
            entry = whole >> left & 0x1_FFFF_FFFF  # a negative shift is a ValueError, too
            first = entry >> 16
            if first >= _PAIR:
                left -= 33
                if first <= pair:
                    if first == _PAIR:
                        raise ValueError("vendors have numbers from 1")
                    if entry & 0xFFFF >= vendor:
                        named = True
                if ascending and first & 0xFFFF > entry & 0xFFFF:
                    raise ValueError("a range that ends before it begins")
            else:
                left -= 17
                if first <= vendor:
                    if not first:
                        raise ValueError("vendors have numbers from 1")
                    if first == vendor:
                        named = True
        if left < 0:
            raise ValueError("cut off in a range")
        return named, self.length - left


def _reversed(width: int) -> tuple[int, ...]:
    return tuple(int(f"{number:0{width}b}"[::-1], 2) << 1 for number in range(1 << width))


_TURNED = _reversed(12)


def numbered(field: int, width: int) -> int:
    """Return a bit field of 12 or 24 bits, the first for number 1, as a mask whose bit `n` stands for number `n`."""
    if width == 12:  # noqa: PLR2004 - half of the other
        return _TURNED[field]
    return _TURNED[field >> 12] | _TURNED[field & 0xFFF] << 12
