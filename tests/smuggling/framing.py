"""Two lengths, no length, strange lengths: Content-Length and Transfer-Encoding against each other."""

from tests.smuggling.vectors import (
    BOTH,
    CHUNKED,
    FILL,
    HEAD,
    INNER,
    NO_MORE,
    OUTER,
    REFUSED,
    WAITING,
    Fate,
    Vector,
    length,
    named,
    post,
)

_ENDED = NO_MORE + INNER
_UNREAD = (400, 501)
"""A coding may be said to be wrong, or not to be known."""
_IN_A_CHUNK = b"%x\r\n%b\r\n0\r\n\r\n" % (len(INNER), INNER)


def _coded(name: str, headers: bytes, fate: Fate = REFUSED) -> Vector:
    """Who believes the coding sees two requests, who believes the length sees one."""
    return Vector(name, post(length(len(_ENDED)) + headers, _ENDED), fate, _UNREAD)


def _alone(name: str, headers: bytes, fate: Fate) -> Vector:
    """A coding without a length beside it."""
    return Vector(name, post(headers, _ENDED), fate, _UNREAD)


def _long(name: str, value: str | bytes, fate: Fate = REFUSED, status: int = 400) -> Vector:
    """Who reads the length as 5 sees two requests."""
    return Vector(name, post(length(value), FILL + INNER), fate, (400, status))


def _te(value: bytes) -> bytes:
    return b"Transfer-Encoding: " + value + b"\r\n"


CODINGS = named(
    "coding",
    [
        _coded("CL.TE", CHUNKED),
        Vector("TE.CL", post(CHUNKED + length(4), _IN_A_CHUNK), REFUSED),
        Vector("TE before CL", post(CHUNKED + length(len(_ENDED)), _ENDED), REFUSED),
        Vector("TE with CL of 0", post(length(0) + CHUNKED, _ENDED), REFUSED),
        _alone("chunked", CHUNKED, BOTH),
        Vector("the other one is a chunk", post(CHUNKED, _IN_A_CHUNK), OUTER),
        _alone("upper case", _te(b"CHUNKED"), BOTH | REFUSED),
        _coded("upper case, with a length", _te(b"CHUNKED")),
        _alone("a tab before it", b"Transfer-Encoding:\tchunked\r\n", BOTH | REFUSED),
        _coded("a tab before it, with a length", b"Transfer-Encoding:\tchunked\r\n"),
        _alone("a tab behind it", _te(b"chunked\t"), BOTH | REFUSED),
        _coded("a tab behind it, with a length", _te(b"chunked\t")),
        _coded("a space before the colon", b"Transfer-Encoding : chunked\r\n"),
        _alone("a space before the colon, no length", b"Transfer-Encoding : chunked\r\n", REFUSED),
        _coded("a tab before the colon", b"Transfer-Encoding\t: chunked\r\n"),
        _coded("a folded line", b"Transfer-Encoding:\r\n chunked\r\n"),
        _alone("a folded line, no length", b"Transfer-Encoding:\r\n chunked\r\n", REFUSED),
        _coded("folded with a tab", b"Transfer-Encoding:\r\n\tchunked\r\n"),
        _coded("folded behind another header", b"X: y\r\n Transfer-Encoding: chunked\r\n"),
        _coded("folded by a bare LF", b"Transfer-Encoding:\n chunked\r\n"),
        _coded("behind a bare LF", b"X: y\nTransfer-Encoding: chunked\r\n"),
        _coded("behind a bare CR", b"X: y\rTransfer-Encoding: chunked\r\n"),
        _coded("behind two CR", b"X: y\r\r\nTransfer-Encoding: chunked\r\n"),
        _coded("xchunked", _te(b"xchunked")),
        _alone("xchunked, no length", _te(b"xchunked"), REFUSED),
        _coded("chunkedx", _te(b"chunkedx")),
        _coded("identity", _te(b"identity")),
        _alone("identity, no length", _te(b"identity"), REFUSED),
        _coded("chunked, identity", _te(b"chunked, identity")),
        _alone("chunked, identity; no length", _te(b"chunked, identity"), REFUSED),
        _coded("identity, chunked", _te(b"identity, chunked")),
        _alone("gzip, chunked; no length", _te(b"gzip, chunked"), REFUSED | BOTH),
        _alone("chunked twice in one", _te(b"chunked, chunked"), REFUSED),
        _coded("quoted", _te(b'"chunked"')),
        _coded("with a parameter", _te(b"chunked;q=1")),
        _coded("a comma before it", _te(b", chunked")),
        _coded("a comma behind it", _te(b"chunked,")),
        _coded("a vertical tab before it", _te(b"\x0bchunked")),
        _coded("a vertical tab behind it", _te(b"chunked\x0b")),
        _coded("a NUL behind it", _te(b"chunked\x00")),
        _coded("a no-break space before it", _te(b"\xa0chunked")),
        _coded("empty", _te(b"")),
        _alone("two headers", CHUNKED + CHUNKED, REFUSED),
        _coded("two headers, with a length", CHUNKED + CHUNKED),
        _coded("chunked and identity in two headers", CHUNKED + _te(b"identity")),
        _alone("identity and chunked in two headers", _te(b"identity") + CHUNKED, REFUSED),
        _coded("chunked and x in two headers", CHUNKED + _te(b"x")),
        _coded("another header's name", b"Transfer_Encoding: chunked\r\n", OUTER),
        _coded("a NUL in the name", b"Transfer-\x00Encoding: chunked\r\n"),
        _coded("named by Connection", b"Connection: Transfer-Encoding\r\n" + CHUNKED),
    ],
)

LENGTHS = named(
    "length",
    [
        _long("plain", "5", BOTH),
        Vector("all of it", post(length(len(INNER)), INNER), OUTER),
        Vector("none", HEAD + b"\r\n" + INNER, BOTH),
        Vector("two that differ", post(length(5) + length(5 + len(INNER)), FILL + INNER), REFUSED),
        Vector("two that differ, 0 first", post(length(0) + length(len(INNER)), INNER), REFUSED),
        Vector("two that are equal", post(length(5) + length(5), FILL + INNER), REFUSED | BOTH),
        _long("a list of two", "5, 5", REFUSED | BOTH),
        _long("a list of two that differ", "5, 6"),
        _long("a sign", "+5"),
        _long("negative", "-5"),
        _long("negative nought", "-0"),
        _long("hexadecimal", "0x5"),
        _long("hexadecimal behind a space", " 0x5"),
        _long("a fraction", "5.0"),
        _long("an exponent", "5e0"),
        _long("an underscore", "0_5"),
        _long("a second number", "5 5"),
        _long("a parameter", "5;a"),
        _long("quoted", '"5"'),
        _long("empty", ""),
        _long("words", "five"),
        _long("nought before it", "05", REFUSED | BOTH),
        _long("spaces around it", "  5  ", REFUSED | BOTH),
        _long("a tab around it", "\t5\t", REFUSED | BOTH),
        _long("a vertical tab before it", "\x0b5"),
        _long("a NUL behind it", "5\x00"),
        _long("a no-break space before it", "\xa05"),
        _long("an Arabic digit", "\u0665".encode()),
        _long("a superscript digit", "\xb2"),
        _long("beyond 64 bits, 5 when cut", str(2**64 + 5)),
        _long("beyond 32 bits, 5 when cut", str(2**32 + 5), REFUSED | WAITING, 413),
        _long("of 31 digits", "9" * 31),
        _long("of 5,000 digits", "0" * 4_999 + "5", REFUSED | BOTH, 413),
        Vector("a space before the colon", post(b"Content-Length : 5\r\n", FILL + INNER), REFUSED),
        Vector("folded", post(b"Content-Length:\r\n 5\r\n", FILL + INNER), REFUSED),
        Vector("folded after a digit", post(b"Content-Length: 5\r\n 0\r\n", FILL + INNER), REFUSED),
        Vector("behind a bare LF", post(b"X: y\nContent-Length: 5\r\n", FILL + INNER), REFUSED),
        Vector("behind a bare CR", post(b"X: y\rContent-Length: 5\r\n", FILL + INNER), REFUSED),
        Vector("another's name", post(b"Content_Length: %d\r\n" % len(INNER), INNER), BOTH),
        Vector(
            "named by Connection",
            post(b"Connection: Content-Length\r\n" + length(len(INNER)), INNER),
            OUTER | REFUSED,
        ),
    ],
)
