"""Heads: line ends, versions, targets, hosts, methods, and answers that come before the body was read."""

from tests.smuggling.vectors import (
    BOTH,
    FILL,
    HEAD,
    HOST,
    INNER,
    LAST,
    LINE,
    NEITHER,
    NO_MORE,
    OUTER,
    REFUSED,
    TARGET,
    Fate,
    Vector,
    length,
    named,
)

_ALL = length(len(INNER))
_UNKNOWN = (400, 404, 405, 421, 431, 501, 505)


def _with(name: str, headers: bytes, fate: Fate = REFUSED) -> Vector:
    """A head with something strange in it, and the other request as its body."""
    return Vector(name, HEAD + headers + _ALL + b"\r\n" + INNER, fate)


def _first(name: str, line: bytes, fate: Fate = REFUSED) -> Vector:
    """A strange first line; the other request is the body."""
    return Vector(name, line + b"\r\n" + HOST + _ALL + b"\r\n" + INNER, fate, _UNKNOWN)


def _early(name: str, line: bytes, headers: bytes = b"") -> Vector:
    """A request that is answered without a look at its body, which is the other one."""
    return Vector(name, line + b" HTTP/1.1\r\n" + HOST + headers + _ALL + b"\r\n" + INNER, NEITHER)


def _hosted(name: str, headers: bytes, fate: Fate = REFUSED) -> Vector:
    return Vector(name, LINE + headers + length(5) + b"\r\n" + FILL + INNER, fate)


LINES = named(
    "line",
    [
        Vector("ended by LF", HEAD.replace(b"\r\n", b"\n") + b"\n" + INNER, REFUSED),
        Vector("ended by CR", HEAD.replace(b"\r\n", b"\r") + b"\r" + INNER, REFUSED),
        Vector("a head ended by LF LF", HEAD + b"X: y\n\n" + INNER, REFUSED),
        Vector("a head ended by CR LF LF", HEAD + b"X: y\r\n\n" + INNER, REFUSED),
        Vector("a head ended by LF CR LF", HEAD + b"X: y\n\r\n" + INNER, REFUSED),
        Vector("a head ended by CR CR", HEAD + b"X: y\r\r" + INNER, REFUSED),
        Vector("a CR before the next header", HEAD + b"\rX: y\r\n\r\n" + INNER, REFUSED),
        Vector("empty lines first", b"\r\n\r\n" + HEAD + b"\r\n" + INNER, BOTH | REFUSED),
        Vector("a space first", b" " + HEAD + b"\r\n" + INNER, REFUSED),
        _with("folded", b"X: y\r\n z\r\n"),
        _with("folded with a tab", b"X: y\r\n\tz\r\n"),
        Vector("folded at once", LINE + b" X: y\r\n" + HOST + _ALL + b"\r\n" + INNER, REFUSED),
        _with("a NUL in a value", b"X: a\x00b\r\n"),
        _with("a NUL in a name", b"X\x00: a\r\n"),
        _with("a bare CR in a value", b"X: a\rb\r\n"),
        _with("a control character in a value", b"X: a\x01b\r\n"),
        _with("a deletion in a value", b"X: a\x7fb\r\n"),
        _with("high bytes in a value", b"X: \xff\xfe\r\n", OUTER | REFUSED),
        _with("high bytes in a name", b"X\xff: a\r\n"),
        _with("a space in a name", b"X Y: a\r\n"),
        _with("a space before the colon", b"X : a\r\n"),
        _with("a name in brackets", b"(X): a\r\n"),
        _with("no name", b": a\r\n"),
        _with("no colon", b"X\r\n"),
        _with("an empty value", b"X:\r\n", OUTER),
    ],
)

VERSIONS = named(
    "version",
    [
        Vector("0.9", b"GET " + TARGET + b"\r\n" + INNER, REFUSED),
        Vector("0.9 with a head", b"GET " + TARGET + b"\r\n" + HOST + b"\r\n" + INNER, REFUSED, _UNKNOWN),
        Vector(
            "1.0 with a coding",
            b"POST " + TARGET + b" HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n" + NO_MORE + INNER,
            LAST | REFUSED,
        ),
        Vector("1.0", b"GET " + TARGET + b" HTTP/1.0\r\n\r\n" + INNER, LAST | REFUSED),
        Vector(
            "1.0 kept alive",
            b"GET " + TARGET + b" HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" + INNER,
            BOTH | LAST | REFUSED,
        ),
        Vector("2.0, its preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + INNER, REFUSED, _UNKNOWN),
        _first("2.0", b"POST " + TARGET + b" HTTP/2.0"),
        _first("1.2", b"POST " + TARGET + b" HTTP/1.2"),
        _first("9.9", b"POST " + TARGET + b" HTTP/9.9"),
        _first("1.10", b"POST " + TARGET + b" HTTP/1.10"),
        _first("01.1", b"POST " + TARGET + b" HTTP/01.1"),
        _first("1,1", b"POST " + TARGET + b" HTTP/1,1"),
        _first("lower case", b"POST " + TARGET + b" http/1.1"),
        _first("another protocol", b"POST " + TARGET + b" ICY/1.1"),
        _first("words behind it", b"POST " + TARGET + b" HTTP/1.1 x"),
        _first("a tab before it", b"POST " + TARGET + b"\tHTTP/1.1"),
        _first("two spaces before it", b"POST " + TARGET + b"  HTTP/1.1", OUTER | REFUSED),
        _first("a CR behind it", b"POST " + TARGET + b" HTTP/1.1\r"),
        Vector(
            "an upgrade to h2c",
            HEAD + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n" + INNER,
            BOTH | LAST | REFUSED,
        ),
        Vector(
            "an upgrade with a body",
            HEAD + b"Connection: Upgrade\r\nUpgrade: h2c\r\n" + _ALL + b"\r\n" + INNER,
            OUTER | REFUSED,
        ),
        Vector(
            "an upgrade to a web socket",
            b"GET " + TARGET + b" HTTP/1.1\r\n" + HOST + b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n" + INNER,
            BOTH | LAST | REFUSED,
        ),
    ],
)  # fmt: skip

TARGETS = named(
    "target",
    [
        _first("absolute", b"POST http://other.example" + TARGET + b" HTTP/1.1", OUTER | NEITHER),
        _first("absolute, https", b"POST https://x" + TARGET + b" HTTP/1.1", OUTER | NEITHER),
        _first("absolute, no host", b"POST http:" + TARGET + b" HTTP/1.1", NEITHER | REFUSED),
        _first("authority", b"POST ads.example:80 HTTP/1.1", NEITHER | REFUSED),
        _first("no slash", b"POST " + TARGET[1:] + b" HTTP/1.1", NEITHER | REFUSED),
        _first("asterisk", b"OPTIONS * HTTP/1.1", NEITHER | REFUSED),
        _first("connect", b"CONNECT ads.example:80 HTTP/1.1", NEITHER | REFUSED),
        _first("connect to a path", b"CONNECT " + TARGET + b" HTTP/1.1", NEITHER | REFUSED),
        _first("empty", b"POST  HTTP/1.1", OUTER | REFUSED),
        _first("a space in it", b"POST " + TARGET + b"&a=b c HTTP/1.1"),
        _first("a NUL in it", b"POST " + TARGET + b"\x00 HTTP/1.1"),
        _first("a CR in it", b"POST " + TARGET + b"\r HTTP/1.1"),
        _first("high bytes in it", b"POST " + TARGET + b"&a=\xff HTTP/1.1", OUTER | REFUSED),
        _first("a fragment", b"POST " + TARGET + b"#x HTTP/1.1", OUTER | NEITHER | REFUSED),
        _first("encoded line ends", b"POST " + TARGET + b"&a=%0d%0a%0d%0aGET%20/ HTTP/1.1", OUTER),
        _first("encoded slashes", b"POST /c%2ftents?order=outer-0000 HTTP/1.1", NEITHER),
        _first("dots", b"POST /x/../c/tents?order=outer-0000 HTTP/1.1", NEITHER),
        _first("two slashes", b"POST /" + TARGET + b" HTTP/1.1", NEITHER),
        _first("a long one", b"POST " + TARGET + b"&a=" + b"b" * 70_000 + b" HTTP/1.1"),
    ],
)

HOSTS = named(
    "host",
    [
        _hosted("one", HOST, BOTH),
        _hosted("none", b""),
        _hosted("two that differ", HOST + b"Host: other.example\r\n"),
        _hosted("two that are equal", HOST + HOST),
        _hosted("a list", b"Host: ads.example, other.example\r\n", REFUSED | BOTH),
        _hosted("a space in it", b"Host: ads.example other.example\r\n", REFUSED | BOTH),
        _hosted("a path in it", b"Host: ads.example/c/tents\r\n", REFUSED | BOTH),
        _hosted("empty", b"Host:\r\n", REFUSED | BOTH),
        _hosted("a space before the colon", b"Host : ads.example\r\n"),
    ],
)

_WAITING = HEAD + b"Expect: 100-continue\r\n"
EARLY = named(
    "early",
    [
        _early("an unknown path", b"POST /nowhere"),
        _early("an unknown exchange", b"POST /openrtb2/nobody"),
        _early("a method of no use", b"PUT /c/tents?order=outer-0000"),
        _early("deleting", b"DELETE /openrtb2/open"),
        _early("a pixel", b"POST /t/impression/x"),
        _early("a notice", b"POST /n/win/x"),
        _early("a notice that is got", b"GET /n/win/x"),
        _early("an unknown compression", b"POST /openrtb2/open", b"Content-Encoding: br\r\n"),
        _early("no bid request", b"POST /openrtb2/open"),
        Vector(
            "a body too large",
            HEAD + length(300_000) + b"\r\n" + INNER * (300_000 // len(INNER) + 1), NEITHER | REFUSED, (413,),
        ),
        Vector(
            "a large body to nowhere",
            b"POST /nowhere HTTP/1.1\r\n" + HOST + length(300_000) + b"\r\n" + INNER * (300_000 // len(INNER)), NEITHER | REFUSED, (404, 413),
        ),
        Vector("a body that is got", b"GET " + TARGET + b" HTTP/1.1\r\n" + HOST + _ALL + b"\r\n" + INNER, OUTER),
        Vector(
            "a body that is got, more behind it",
            b"GET " + TARGET + b" HTTP/1.1\r\n" + HOST + length(5) + b"\r\n" + FILL + INNER, BOTH,
        ),
        Vector(
            "chunks that are got",
            b"GET " + TARGET + b" HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n" + NO_MORE + INNER, BOTH,
        ),
        Vector("closing", HEAD + b"Connection: close\r\n\r\n" + INNER, LAST | REFUSED),
        Vector("closing, among others", HEAD + b"Connection: x, close\r\n\r\n" + INNER, LAST | REFUSED),
        Vector("expecting", _WAITING + length(5) + b"\r\n" + FILL + INNER, BOTH),
        Vector("expecting, no body", _WAITING + b"\r\n" + INNER, BOTH),
        Vector("expecting, all of it", _WAITING + _ALL + b"\r\n" + INNER, OUTER),
        Vector("expecting more", HEAD + b"Expect: y 100-continue\r\n" + _ALL + b"\r\n" + INNER, OUTER | REFUSED, (400, 417)),
        Vector("expecting what nobody knows", HEAD + b"Expect: x\r\n" + _ALL + b"\r\n" + INNER, OUTER | REFUSED, (400, 417)),
    ],
)  # fmt: skip
