"""Small requests that are much work, or would be: what each costs the server, and what it answers."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.endpoints.client import PATIENCE_S
from tests.endpoints.footprint import cpu_s
from tests.endpoints.server import Server
from tests.endpoints.wire import request
from tests.torture.figures import Figure, none_of
from tests.torture.lines import get, post
from tests.torture.running import worker_pids
from tests.torture.talking import talk
from tests.unit.privacy.vectors import core

BODY = 250_000
"""Just below the largest body that is read at all: the worst that gets as far as the decoder."""
MAX_CPU_S = 0.150
MAX_BYTES = 16 << 20
_PATH = "/openrtb2/open"
_PRIME = (1 << 61) - 1
"""Python's integers that differ by it have the same hash."""
_RESET_PEAK = "5"
"""See proc(5), clear_refs."""


class Bomb(NamedTuple):
    """One request as it goes over the wire."""

    name: str
    data: bytes
    statuses: frozenset[int]
    """What may be answered; 0 is a line closed without a word."""


class Blast(NamedTuple):
    """What a bomb did to the worker that took it."""

    status: int
    cpu_s: float
    """Of all workers, the most of some tries."""
    grown_bytes: int
    """By how much a worker's memory rose above what it had before, at the most."""


def measure(server: Server, tries: int = 1) -> list[Figure]:
    """Throw every bomb at a server and return the figures of R8 about them; with one try in some 5 s.

    The server should have an exchange named `open`; what others ask meanwhile is counted in.
    """
    blasts = [(bomb, _blast(server, bomb, tries)) for bomb in bombs()]
    wrong = [
        f"{bomb.name}: {blast.status}"
        for bomb, blast in blasts
        if blast.status not in bomb.statuses
    ]
    slow, dearest = max(blasts, key=lambda each: each[1].cpu_s)
    fat, largest = max(blasts, key=lambda each: each[1].grown_bytes)
    return [
        none_of("R8", "bombs not refused or answered as they should be", len(blasts), wrong),
        Figure("R8", f"CPU of the dearest of {len(blasts)} bombs ({slow.name})",
               f"{dearest.cpu_s * 1_000:.0f} ms", f"<= {MAX_CPU_S * 1_000:.0f} ms", dearest.cpu_s <= MAX_CPU_S),
        Figure("R8", f"memory that the largest took ({fat.name})", f"{largest.grown_bytes / (1 << 20):.1f} MB",
               f"<= {MAX_BYTES >> 20} MB", largest.grown_bytes <= MAX_BYTES),
    ]  # fmt: skip


def _blast(server: Server, bomb: Bomb, tries: int) -> Blast:
    pids = worker_pids(server)
    status, spent, grown = 0, 0.0, 0
    for _ in range(tries):
        for pid in pids:
            Path(f"/proc/{pid}/clear_refs").write_text(_RESET_PEAK, "ascii")
        before_s, before = sum(map(cpu_s, pids)), [_peak(pid) for pid in pids]
        status = talk(server.port, bomb.data, PATIENCE_S)
        spent = max(spent, sum(map(cpu_s, pids)) - before_s)
        peaks = [_peak(pid) - old for pid, old in zip(pids, before, strict=True)]
        grown = max(grown, *peaks)
    return Blast(status, spent, grown)


def _peak(pid: int) -> int:
    """Return the most memory that a process had since its peak was reset, in bytes."""
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if "VmHWM" in line) << 10


def bombs() -> Iterator[Bomb]:
    """Yield all of them; those of JSON both with good types and with wrong ones, which are repaired."""
    yield from _packed()
    yield from _framed()
    for name, body in _bodies():
        yield Bomb(name, post(_PATH, body), frozenset({200, 204, 400, 413}))
        broken = body.replace(b'"at": 1', b'"at": {}', 1)
        if broken != body:
            yield Bomb(f"{name}, repaired", post(_PATH, broken), frozenset({200, 204, 400, 413}))


def _packed() -> Iterator[Bomb]:
    encoding = b"Content-Encoding: gzip\r\n"
    for name, plain in (("gzip 1000:1", b" " * 50_000_000), ("gzip, full", b"[" * 240_000_000)):
        yield Bomb(name, post(_PATH, gzip.compress(plain, mtime=0), encoding), frozenset({413}))
    members = gzip.compress(b"", mtime=0) * 10_000
    yield Bomb("10^4 gzip members", post(_PATH, members, encoding), frozenset({400}))


def _framed() -> Iterator[Bomb]:
    """Heads, queries and forms."""
    heads = b"".join(b"X-%d: 1\r\n" % number for number in range(1_500))
    yield Bomb("1,500 headers", post(_PATH, b"{}", heads), frozenset({0, 400, 431}))
    same = b"X: 1\r\n" * 2_500
    yield Bomb("a header 2,500 times", post(_PATH, b"{}", same), frozenset({0, 400, 431}))
    query = "&".join(f"k{number}" for number in range(2_500))
    yield Bomb("2,500 query fields", get(f"/c/tents?{query}"), frozenset({0, 400, 404, 431}))
    form = b"&".join(b"k%d" % number for number in range(700))
    yield Bomb("700 form fields", post("/c/tents", form), frozenset({400, 404}))
    kind = b"Content-Type: application/json\r\n"
    number = b'{"order": ' + b"9" * 4_000 + b"}"
    yield Bomb("an order of 4,000 digits", post("/c/tents", number, kind), frozenset({400, 404}))
    nested = b"[" * 4_000
    yield Bomb("a nested order", post("/c/tents", nested, kind), frozenset({400, 404}))
    yield Bomb("2 MB", post(_PATH, b"x" * (2 << 20)), frozenset({413}))
    chunks = b"1\r\n \r\n" * 80_000 + b"0\r\n\r\n"
    head = b"POST /openrtb2/open HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    yield Bomb("80,000 chunks of a byte", head + chunks, frozenset({0, 400, 413}))


def _bodies() -> Iterator[tuple[str, bytes]]:
    """JSON as large as may be; `@` stands for what is strange."""
    for name, field in _fields():
        yield name, field
    for name, value in _values():
        for place in ("ext", "imp", "user", "badv"):
            yield f"{name} as {place}", _with(f'"{place}": ', value, keep=place != "imp")
        yield f"{name} in an imp", _with('"imp": [{"id": "1", "banner": {"w": 300, "h": 250}, "ext": ', value, b"}]", keep=False)  # fmt: skip


def _values() -> Iterator[tuple[str, bytes]]:
    yield "nested lists", b"[" * (BODY // 2) + b"]" * (BODY // 2)
    yield "nested objects", b'{"a":' * (BODY // 6) + b"1" + b"}" * (BODY // 6)
    yield "a list of numbers", _list(b"1")
    yield "a list of objects", _list(b"{}")
    yield "a list of lists", _list(b"[]")
    yield "a list of texts", _list(b'"a"')
    yield "a list of nothing", _list(b"null")
    yield "a number of 400 digits", b"9" * 400
    yield "a number of 240,000 digits", b"9" * 240_000
    yield "a fraction of 240,000 digits", b"0." + b"3" * 240_000
    yield "an exponent of 240,000 digits", b"1e" + b"9" * 240_000
    yield "10^4 keys", b"{" + b",".join(b'"k%d":1' % key for key in range(BODY // 11)) + b"}"
    yield "a key 30,000 times", b"{" + b",".join([b'"kk":1'] * (BODY // 8)) + b"}"
    yield "escapes", b'"' + b"\\u00e9" * (BODY // 7) + b'"'
    yield "lone surrogates", b'"' + b"\\ud800" * (BODY // 7) + b'"'
    collide = [_PRIME * factor + rest for factor in (1, 2, 3) for rest in range(3_800)]
    yield "colliding numbers", json.dumps(collide[: BODY // 22]).encode()
    steps = [step << 40 for step in range(BODY // 20)]
    yield "numbers that share their last bits", json.dumps(steps).encode()


def _fields() -> Iterator[tuple[str, bytes]]:
    """Fields that we read, with more in them than anybody needs."""
    banner = {"w": 300, "h": 250}
    many = [{"id": str(number), "banner": banner} for number in range(BODY // 54)]
    yield "5,000 imps", _json(imp=many)
    deals = [{"id": f"d{number}", "bidfloor": 1} for number in range(BODY // 34)]
    yield "7,000 deals", _json(imp=[{"id": "1", "banner": banner, "pmp": {"deals": deals}}])
    formats = [{"w": 300, "h": size} for size in range(BODY // 22)]
    yield "11,000 sizes", _json(imp=[{"id": "1", "banner": {"format": formats}}])
    numbers = list(range(BODY // 8))
    yield "30,000 attributes", _json(imp=[{"id": "1", "banner": banner | {"battr": numbers}}])
    assets = [{"id": number, "title": {"len": 9}} for number in range(BODY // 45)]
    native = json.dumps({"assets": assets})
    yield "native, 5,000 assets", _json(imp=[{"id": "1", "native": {"request": native}}])
    deep = '{"assets":' + "[" * (BODY // 2)
    yield "native, nested", _json(imp=[{"id": "1", "native": {"request": deep}}])
    texts = [f"a{number}.example" for number in range(BODY // 18)]
    yield "14,000 blocked domains", _json(badv=texts, bcat=[])
    yield "14,000 blocked apps", _json(bapp=texts)
    yield "14,000 seats", _json(wseat=texts)
    yield "14,000 currencies", _json(cur=texts)
    yield "14,000 languages", _json(wlang=texts)
    yield "14,000 categories", _json(site={"domain": "x.example", "cat": texts})
    data = [{"id": "d", "segment": [{"id": f"s{number}"} for number in range(BODY // 18)]}]
    yield "13,000 segments", _json(user={"id": "u", "data": data})
    ids = [{"source": "x", "uids": [{"id": str(number)}]} for number in range(BODY // 48)]
    yield "5,000 ids", _json(user={"id": "u", "eids": ids})
    for name, text in (("a", "a"), ("dots", "."), ("slashes", "/"), ("brackets", "("), ("spaces", " "), ("words", "Mozilla/5.0 bot ")):  # fmt: skip
        long = text * (BODY // len(text))
        yield f"an agent of {name}", _json(device={"ua": long})
        yield (
            f"a page of {name}",
            _json(site={"domain": long[:1_000], "page": long[: BODY - 3_000]}),
        )
    rules = [(2, 1, [(1, 1)])] * 400
    consent = core(restrictions=rules)
    yield "consent, 400 restrictions", _json(regs={"gdpr": 1}, user={"consent": consent})
    longest = ("C" * 16_000, "." * 16_000, "CA" * 120_000)
    for number, text in enumerate(longest):
        yield f"consent, strange {number}", _json(regs={"gdpr": 1}, user={"consent": text})
    yield "tmax over and over", _json(ext={"x": '"tmax" ' * (BODY // 11)})


def _json(**fields: object) -> bytes:
    return json.dumps({**request(), **fields}).encode()


def _with(key: str, value: bytes, end: bytes = b"", *, keep: bool) -> bytes:
    """Return a request with one more member."""
    whole = request()
    if not keep:
        del whole["imp"]
    return json.dumps(whole).encode()[:-1] + b", " + key.encode() + value + end + b"}"


def _list(element: bytes) -> bytes:
    return b"[" + b",".join([element] * (BODY // (len(element) + 1))) + b"]"
