"""Chunks: sizes, extensions, line ends and trailers as nobody should write them."""

from tests.smuggling.vectors import (
    BOTH,
    CHUNKED,
    FILL,
    INNER,
    LAST,
    NO_MORE,
    REFUSED,
    WAITING,
    Fate,
    Vector,
    named,
    post,
)

_LONG = 100_000
_ENDLESS = 2_000_000


def _sized(name: str, size: bytes, fate: Fate = REFUSED) -> Vector:
    """Who reads the size as 5 sees a second request."""
    return _body(name, size + b"\r\n" + FILL + b"\r\n" + NO_MORE, fate)


def _body(name: str, body: bytes, fate: Fate = REFUSED) -> Vector:
    return Vector(name, post(CHUNKED, body + INNER), fate, (400, 413, 431))


CHUNKS = named(
    "chunk",
    [
        _sized("plain", b"5", BOTH),
        _sized("noughts before it", b"0005", BOTH | REFUSED),
        _sized("a plus sign", b"+5"),
        _sized("a minus sign", b"-5"),
        _sized("0x", b"0x5"),
        _sized("an underscore", b"0_5"),
        _sized("a space before it", b" 5"),
        _sized("a space behind it", b"5 ", BOTH | REFUSED),
        _sized("a tab behind it", b"5\t", BOTH | REFUSED),
        _sized("a word behind it", b"5 5"),
        _sized("a NUL behind it", b"5\x00"),
        _sized("no digit", b"g"),
        _sized("a letter behind it", b"5h"),
        _sized("empty", b""),
        _sized("2^32 + 5", b"100000005", WAITING | REFUSED),
        _sized("2^64 + 5", b"10000000000000005"),
        _sized("a hundred digits", b"f" * 100),
        _sized("noughts for ever", b"0" * _ENDLESS + b"5"),
        _sized("many noughts", b"0" * _LONG + b"5", BOTH | REFUSED),
        _sized("an extension", b"5;a=b", BOTH | REFUSED),
        _sized("an extension in quotes", b'5;a="b;c"', BOTH | REFUSED),
        _sized("a nameless extension", b"5;", BOTH | REFUSED),
        _sized("an extension without end", b"5;a=" + b"b" * _ENDLESS),
        _sized("a long extension", b"5;a=" + b"b" * _LONG, BOTH | REFUSED),
        _sized("an extension with a bare LF", b"5;a\nb"),
        _sized("an extension with a bare CR", b"5;a\rb"),
        _sized("an extension with a NUL", b"5;a\x00"),
        _sized("an extension with line ends in quotes", b'5;a="\r\n0\r\n\r\n"'),
        _body("a size ended by LF", b"5\n" + FILL + b"\r\n" + NO_MORE),
        _body("a size ended by CR", b"5\r" + FILL + b"\r\n" + NO_MORE),
        _body("a size ended by CR CR LF", b"5\r\r\n" + FILL + b"\r\n" + NO_MORE),
        _body("an extension ended by LF, more in it", b"2;\nxx\r\n0\r\n\r\n"),
        _body("no line end behind the chunk", b"5\r\n" + FILL + NO_MORE),
        _body("LF behind the chunk", b"5\r\n" + FILL + b"\n" + NO_MORE),
        _body("CR behind the chunk", b"5\r\n" + FILL + b"\r" + NO_MORE),
        _body("two letters behind the chunk", b"5\r\n" + FILL + b"XX" + NO_MORE),
        _body("a longer chunk than said", b"5\r\n" + FILL + b"A\r\n" + NO_MORE),
        _body("a shorter chunk than said", b"6\r\n" + FILL + b"\r\n" + NO_MORE),
        _body("ended by LF only", b"5\n" + FILL + b"\n0\n\n"),
        _body("the last one ended by LF LF", b"0\n\n"),
        _body("the last one ended by CR LF LF", b"0\r\n\n"),
        _body("the last one ended by CR CR", b"0\r\r"),
        _body("the last one negative", b"-0\r\n\r\n"),
        _body("the last one with many noughts", b"00000\r\n\r\n", BOTH | REFUSED),
        _body("the last one with an extension", b"0;a=b\r\n\r\n", BOTH | REFUSED),
        _body("no last one", b"5\r\n" + FILL + b"\r\n"),
        _body("a trailer", b"0\r\nX: y\r\n\r\n", BOTH | REFUSED),
        _body("a length as a trailer", b"0\r\nContent-Length: 60\r\n\r\n", BOTH | REFUSED),
        _body("a coding as a trailer", b"0\r\nTransfer-Encoding: chunked\r\n\r\n", BOTH | REFUSED),
        _body("a host as a trailer", b"0\r\nHost: other.example\r\n\r\n", BOTH | REFUSED),
        _body("a compression as a trailer", b"0\r\nContent-Encoding: br\r\n\r\n", BOTH | REFUSED),
        _body("a closing as a trailer", b"0\r\nConnection: close\r\n\r\n", BOTH | LAST | REFUSED),
        _body(
            "an upgrade as a trailer",
            b"0\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n",
            BOTH | REFUSED,
        ),
        _body("a trailer without a colon", b"0\r\nXX\r\n\r\n"),
        _body("a trailer with a bare LF", b"0\r\nX: y\n\r\n"),
        _body("a trailer with a bare CR", b"0\r\nX: y\rZ: z\r\n\r\n"),
        _body("a trailer of folded lines", b"0\r\nX: y\r\n z\r\n\r\n"),
        _body("a trailer without end", b"0\r\nX: " + b"y" * _ENDLESS + b"\r\n\r\n"),
        _body("a long trailer", b"0\r\nX: " + b"y" * _LONG + b"\r\n\r\n", BOTH | REFUSED),
    ],
)
