"""Real bid requests, damaged: in their values, in their bytes, in their packing and in their HTTP.

Values that JSON libraries would not write (duplicated keys, lone surrogates, numbers of 400 digits) are put
into the text in place of a mark.
"""

import copy
import gzip
import json
import os
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from tests.bench.bench_openrtb import REQUEST
from tests.endpoints.wire import person, request
from tests.torture import strict
from tests.torture.kinds import MEDIA
from tests.torture.lines import post
from tests.unit.privacy.vectors import DAY_2023_11, core

Json = dict[str, Any]

PATH = "/openrtb2/open"
_MARK = "@@raw@@"
_LARGE = 100_000
_RAW = (
    "1" * 400, "-" + "9" * 400, "1e400", "1e-400", "-0", "0.1" + "3" * 400, "NaN", "Infinity", "1E+308", "00", "+1", "9007199254740993",
    "18446744073709551616", "-9223372036854775809", '"\\ud800"', '"\\udc00\\ud800"', '"\\u0000"', '"\x00"', '"\\x"', '"' + "x" * 9_000 + '"',
    '"' + "é🦊" * 2_000 + '"', "[" * 60 + "]" * 60, "[" * 2_000 + "]" * 2_000, '{"a":' * 500 + "1" + "}" * 500, "[[[[", "}", "",
    '{"id":1,"id":2}', '{"id":"a","ID":"b"}', "true", "false", "null", "tru", "'x'", "/**/1", "[1,]", "[,1]", '{"a"}', '{"a":1,}', "\ufeff1",
)  # fmt: skip
_VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2**31, 2**53, 2**63, -(2**63), 0.5, -0.0, 1e300, 5e-324, "", " ", "0", "1", "NaN", "null", "USD", "xx",
    "${AUCTION_PRICE}", "\u0000", "\u202e", "a" * 300, "9" * 400, [], [[]], {}, [None], [0], [""], [{}], {"": ""}, {"id": None}, [[[[[[[[]]]]]]]],
    [1, "1", None, {}], ["a"] * 300, {"ext": {"ext": {"ext": {}}}}, -5, 999, "1e9", "2026-01-01", "\\", '"', "<b>", "%s",
)  # fmt: skip


class Mutant(NamedTuple):
    """One thing to say to the server."""

    data: bytes
    last: bool
    """Its HTTP is damaged: nothing can be said behind it on the same connection."""


class Mutants:
    """An endless supply; the same seed gives the same mutants."""

    def __init__(self, dice: Random) -> None:
        self._dice = dice
        self._seeds = _seeds()

    def next(self) -> Mutant:
        """Return the next mutant."""
        dice = self._dice
        seed = json.loads(dice.choice(self._seeds))
        if dice.random() < 0.9:
            seed["test"] = 1  # decided and answered like any other, but holds no money
        kind = dice.random()
        if kind < 0.65:
            return _plain(self._values(seed))
        body = json.dumps(seed).encode()
        if kind < 0.83:
            return _plain(self._bytes(body))
        if kind < 0.92:
            return self._packed(body)
        if kind < 0.925:
            return _plain(self._large(seed))
        return self._http(body)

    def fresh(self, number: int) -> Mutant:
        """Return a good one whose device, space and consent are unlike all before: what is remembered fills up with them."""
        made = strict.request(("native", "video")[number % 2], f"fresh-{number}") | {"test": 1}
        made["device"] |= {"ua": f"Fresh/{number} " + "x" * 120, "os": f"os {number}"}
        made["regs"] = {"gdpr": 1}
        made["user"]["consent"] = core(created=DAY_2023_11 + number)
        space = made["imp"][0]
        if number % 2:
            space["video"]["maxduration"] = 30 + number
        else:
            space["native"]["request"] = _native(90 + number)
        return _plain(json.dumps(made).encode())

    def largest(self) -> Mutant:
        """Return one that makes the server remember or throw away as much as it ever will."""
        seed = json.loads(self._dice.choice(self._seeds))
        return _plain(self._large(seed | {"test": 1}))

    def _values(self, seed: Json) -> bytes:
        dice = self._dice
        raw = []
        for _ in range(dice.choice((1, 1, 1, 2, 3, 8))):
            holder, key = _somewhere(seed, dice)
            way = dice.random()
            if way < 0.4:
                holder[key] = copy.deepcopy(dice.choice(_VALUES))
            elif way < 0.7:
                holder[key] = _MARK
                raw.append(dice.choice(_RAW))
            elif way < 0.8:
                del holder[key]
            elif way < 0.9:
                other, place = _somewhere(seed, dice)
                holder[key] = copy.deepcopy(other[place])
            elif isinstance(holder, dict):
                holder[dice.choice(("id", "ext", "", "imp", "\x00", str(key).upper()))] = (
                    copy.deepcopy(holder[key])
                )
            else:
                holder.append(copy.deepcopy(holder[key]))
        text = json.dumps(seed)
        for each in raw:
            text = text.replace(f'"{_MARK}"', each, 1)
        if dice.random() < 0.05:  # a key twice
            text = text[:-1] + f', "{dice.choice(tuple(seed) or ("id",))}": {dice.choice(_RAW)}}}'
        return text.encode("utf-8", "surrogatepass")

    def _bytes(self, body: bytes) -> bytes:
        dice = self._dice
        damaged = bytearray(body)
        for _ in range(dice.choice((1, 1, 2, 5, 30))):
            at = dice.randrange(len(damaged) + 1)
            match dice.randrange(6):
                case 0 if at < len(damaged):
                    damaged[at] ^= 1 << dice.randrange(8)
                case 1 if at < len(damaged):
                    damaged[at] = dice.randrange(256)
                case 2:
                    del damaged[at:]
                case 3:
                    del damaged[at : at + dice.randint(1, 20)]
                case 4:
                    damaged[at:at] = dice.randbytes(dice.randint(1, 8))
                case _:
                    damaged[at:at] = damaged[dice.randrange(len(damaged) + 1) :][:200]
        return bytes(damaged)

    def _packed(self, body: bytes) -> Mutant:
        dice = self._dice
        packed = gzip.compress(body, 1)
        match dice.randrange(5):
            case 0:
                packed = self._bytes(packed)
            case 1:
                packed = packed[: dice.randrange(len(packed))]
            case 2:
                packed += dice.choice((packed, b"x", b"\x00" * 8))
            case 3:
                packed = gzip.compress(b" " * dice.choice((10**5, 10**6)), 1)
        encoding = dice.choice(
            (b"gzip", b"gzip", b"gzip", b"GZIP", b"deflate", b"br", b"gzip, gzip", b"\xff", b"")
        )
        return Mutant(post(PATH, packed, b"Content-Encoding: " + encoding + b"\r\n"), last=False)

    def _large(self, seed: Json) -> bytes:
        dice = self._dice
        holder, key = _somewhere(seed, dice)
        holder[key] = dice.choice(
            (
                [0] * _LARGE,
                [[]] * (_LARGE // 4),
                ["a"] * (_LARGE // 3),
                "y" * 2 * _LARGE,
                [{}] * (_LARGE // 4),
            )
        )
        return json.dumps(seed, separators=(",", ":")).encode()

    def _http(self, body: bytes) -> Mutant:
        """Damage the head, or say something odd but allowed in it."""
        dice = self._dice
        length = b"Content-Length: %d\r\n" % len(body)
        line = b"POST %b HTTP/1.1\r\nHost: x\r\n" % PATH.encode()
        odd = dice.choice(_HEADERS)
        match dice.randrange(7):
            case 0:
                data = line + odd + length + b"\r\n" + body
            case 1:
                wrong = len(body) + dice.choice((-5, -1, 1, 5, 10**6, 10**30, -(10**6)))
                data = line + b"Content-Length: %d\r\n\r\n" % wrong + body
            case 2:
                data = line + length + b"Transfer-Encoding: chunked\r\n\r\n" + body
            case 3:
                size = dice.choice(
                    (b"%x" % len(body), b"zz", b"-1", b"fffffffffffffffff", b"0x5", b"")
                )
                data = (
                    line
                    + b"Transfer-Encoding: chunked\r\n\r\n"
                    + size
                    + b"\r\n"
                    + body
                    + b"\r\n0\r\n\r\n"
                )
            case 4:
                head = self._bytes(line + length)
                data = head + b"\r\n" + body
            case 5:
                method = dice.choice(
                    (
                        b"GET",
                        b"PUT",
                        b"HEAD",
                        b"OPTIONS",
                        b"CONNECT",
                        b"TRACE",
                        b"P\x00ST",
                        b"post",
                        b"X" * 300,
                    )
                )
                path = dice.choice(
                    (
                        b"/openrtb2/open",
                        b"*",
                        b"http://x/openrtb2/open",
                        b"/%00",
                        b"/openrtb2/%ff",
                        b"//",
                        b"/" + b"a" * 20_000,
                    )
                )
                data = method + b" " + path + b" HTTP/1.1\r\nHost: x\r\n" + length + b"\r\n" + body
            case _:
                version = dice.choice((b"HTTP/1.0", b"HTTP/9.9", b"HTTP/2", b"", b"HTTP/1.1 x"))
                data = b"POST /openrtb2/open " + version + b"\r\n" + length + b"\r\n" + body
        return Mutant(data, last=True)


_HEADERS = (
    b"X: " + b"a" * 20_000 + b"\r\n", b"".join(b"X-%d: 1\r\n" % each for each in range(300)), b"X : 1\r\n", b": 1\r\n", b"X\r\n", b" X: 1\r\n",
    b"Host: y\r\n", b"Content-Length: 5\r\n", b"Content-Length: 0x10\r\n", b"Content-Length: +5\r\n", b"Connection: close\r\n", b"Expect: 100-continue\r\n",
    b"Connection: upgrade\r\nUpgrade: websocket\r\n", b"Content-Type: \xff\xfe\r\n", b"X: a\x00b\r\n", b"X: \x7f\x01\r\n", b"X: 1\n", b"X: a\r\n b\r\n",
    b"Accept-Encoding: gzip\r\n", b"Content-Encoding: \r\n", b"Cookie: " + b"a=b; " * 1_000 + b"\r\n", b"Transfer-Encoding: identity\r\n",
)  # fmt: skip


def _native(title_chars: int) -> str:
    assets = [{"id": 1, "required": 1, "title": {"len": title_chars}}]
    return json.dumps({"ver": "1.2", "assets": assets})


def _plain(body: bytes) -> Mutant:
    return Mutant(post(PATH, body), last=False)


def _seeds() -> list[bytes]:
    """Return the corpus's requests if `ADSERVER_CORPUS` names it, and a few of our own."""
    ours = [strict.request(media, media) for media in MEDIA]
    ours += [request(), request(**person("ada")), REQUEST]
    root = os.environ.get("ADSERVER_CORPUS")
    files = sorted(Path(root, "openrtb/open/requests").iterdir()) if root else []
    return [json.dumps(each).encode() for each in ours] + [file.read_bytes() for file in files]


def _somewhere(root: Any, dice: Random) -> tuple[Any, Any]:
    """Return a container and a key in it, anywhere in a document, seldom at the top."""
    holder: Any = root
    while True:
        keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        if not keys:
            root.setdefault("ext", {})["x"] = 1
            return root["ext"], "x"
        key = dice.choice(keys)
        inner = holder[key]
        if not isinstance(inner, dict | list) or not inner or dice.random() < 0.2:
            return holder, key
        holder = inner
