"""Bodies that say they are gzip."""

import gzip
import zlib

from adserver.errors import InvalidBidRequest
from adserver.openrtb.codec import inflate
from tests.fuzz.target import Target

_LIMIT = 2_000


def check(body: bytes) -> None:
    """What comes out is what Python's own module makes of it, and never more than the limit."""
    try:
        plain = inflate(body, _LIMIT)
    except InvalidBidRequest as refusal:
        assert refusal.reason in {"not_gzip", "too_large"}, refusal
        return
    assert len(plain) <= _LIMIT
    assert plain == zlib.decompress(body, 31)
    assert inflate(gzip.compress(plain), _LIMIT) == plain


def seeds() -> list[bytes]:
    """Return packed texts, a bomb, an empty one, two members, one cut short."""
    small = gzip.compress(b'{"id":"1","imp":[{"id":"1"}]}', mtime=0)
    stored = gzip.compress(b"abc" * 100, 0, mtime=0)
    bomb = gzip.compress(b" " * 1_000_000, mtime=0)
    named = small[:3] + b"\x1e" + small[4:10] + b"\x02\x00xyname\0comment\0\0\0" + small[10:]
    return [small, stored, bomb, named, gzip.compress(b"", mtime=0), small + small, small[:-5]]


TARGET = Target(check, seeds)
