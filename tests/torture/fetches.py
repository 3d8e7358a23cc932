"""R10, the part of outbound fetches: names, addresses and redirects that lead to where nobody may be asked.

Every attempt to connect is seen by Python's own audit hook, below all that could be fooled. Traps listen on loopback,
and count who comes.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from random import Random
from typing import Any, NamedTuple

from adapters.supply.addresses import Refused
from adapters.supply.connecting import NO_ALLOWANCE, Allowance
from adapters.supply.fetching import Failed, Fetcher
from adapters.supply.manners import Manners
from tests.servers.web import LOOPBACK, Visit, Web, response, serving, text
from tests.torture.figures import Figure, Scale, none_of

GOOD = "pub.example"
"""Its name leads to the one server that may be asked."""
OTHER = "cdn.example"
"""Another root domain there."""
MOST = 100_000
LEAST_TRIES = 200
SECRET = b"secret of the inside"
FORBIDDEN = (
    "127.0.0.2", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1",
    "100.100.100.200", "169.254.169.254", "169.254.0.1", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.170",
    "192.0.2.1", "192.88.99.1", "192.168.0.1", "192.168.255.255", "198.18.0.1", "198.19.255.255", "198.51.100.1",
    "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "168.63.129.16", "::", "::1",
    "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::8.8.8.8",
    "64:ff9b:1::1", "100::1", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:10::1", "2001:db8::1",
    "2002:7f00:1::", "2002:a00:1::1", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%lo",
    "fec0::1", "ff02::1", "localhost", "", "127.1",
)  # fmt: skip
"""What a hostile name service may say of a name; 127.0.0.1 stands for the public internet here."""
HOSTS = (
    "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "017700000001",
    "127.0.0.1.", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[fe80::1%25lo]", "0", "0.0.0.0",
    "localhost", "localhost.", "LOCALHOST", "ip6-localhost", "169.254.169.254", "metadata", "2852039166", "[::]",
    "127.0.0.1%00.pub.example", "1.1.1.1", "[2606:4700:4700::1111]", "pub.example.127.0.0.1", "0x7f.1", "00.0.0.0",
    "127.0.0.1&pub.example", "pub..example", ".pub.example", "-", "%31%32%37.0.0.1", "127%2e0%2e0%2e1",
)  # fmt: skip
"""Hosts that are no names."""
URLS = (
    "http://pub.example@127.0.0.1/", "http://127.0.0.1@pub.example/", "http://a:b@pub.example/", "http://@pub.example/",
    "http://127.0.0.1#@pub.example/", "http://127.0.0.1?@pub.example/", "http://pub.example\\@127.0.0.1/",
    "http:\\\\127.0.0.1/", "http:/\\127.0.0.1/", "//127.0.0.1/", "\\\\127.0.0.1/", "///127.0.0.1/", "http:///127.0.0.1/",
    "http://pub.example:22/", "http://pub.example:8080/", "http://pub.example:443/", "https://pub.example:80/",
    "http://pub.example:65616/", "http://pub.example:-1/", "http://pub.example:0/", "http://pub.example:+80/",
    "file:///etc/passwd", "ftp://pub.example/", "gopher://pub.example/_x", "dict://pub.example/", "data:text/plain,x",
    "javascript:alert(1)", "unix:///run/x.sock", "ldap://pub.example/", "jar:http://pub.example!/", "http+unix://%2Frun/",
    "http://pub.example /", "http://pub.example\t/", "http://pub.example/\r\nHost: evil.example", "http://\u24db\u24de/",
    "http://\uff11\uff12\uff17.0.0.1/", "http://127\u30020\u30020\u30021/", "http://[::1", "http://]/", "http://", "http:",
    "http://pub.example" + "/a" * 2_000,
)  # fmt: skip
"""Whole addresses; what is relative counts as a redirect only."""


class Try(NamedTuple):
    """One fetch, and where it may be answered from."""

    what: str
    url: str
    names: Mapping[str, Sequence[Sequence[str]]]
    """By name, what the name service says the first time, the second ..., and then always."""


class Watch:
    """Notes every attempt of this process to connect, while it is on."""

    def __init__(self) -> None:
        self.seen: list[Any] = []
        self.on = False
        sys.addaudithook(self._hear)  # it cannot be taken away; it is off outside

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.on and event in {"socket.connect", "socket.getaddrinfo"}:
            self.seen.append(arguments[1] if event == "socket.connect" else arguments[0])

    @contextmanager
    def watching(self) -> Iterator[list[Any]]:
        """Yield what is attempted meanwhile."""
        self.seen, self.on = [], True
        try:
            yield self.seen
        finally:
            self.on = False


_watch = Watch()


def tries() -> Iterator[Try]:
    """Yield every fetch that leads astray, each in as many ways as there are."""
    good: dict[str, Sequence[Sequence[str]]] = {GOOD: [[LOOPBACK]], OTHER: [[LOOPBACK]]}
    for address in FORBIDDEN:
        yield Try(f"a name of {address}", "http://evil.example/", {"evil.example": [[address]]})
        yield Try(
            f"a redirect to a name of {address}",
            _to("http://evil.example/"),
            good | {"evil.example": [[address]]},
        )
        yield Try(f"rebinding to {address}", _to("/again"), {GOOD: [[LOOPBACK], [address]]})
        yield Try(f"one of two is {address}", f"http://{GOOD}/", {GOOD: [[LOOPBACK, address]]})
    for host in HOSTS:
        for scheme in ("http", "https"):
            yield Try(f"the host {host}", f"{scheme}://{host}/", good)
            yield Try(f"a redirect to the host {host}", _to(f"{scheme}://{host}/"), good)
    for url in URLS:
        if ":" in url.partition("/")[0]:
            yield Try(f"the address {url[:40]!r}", url, good)
        yield Try(f"a redirect to {url[:40]!r}", _to(url), good)
    for status in (300, 303, 304, 305, 306, 200, 201, 204, 401):
        yield Try(f"status {status} with a place", f"http://{GOOD}/{status}", good)
    yield Try("a circle", f"http://{GOOD}/circle", good)
    yield Try("out and out again", _to(f"http://{OTHER}/circle"), good)


def _to(url: str) -> str:
    return f"http://{GOOD}/to/{url.encode('utf-8').hex()}"


def _page(visit: Visit) -> bytes:
    """Redirect as the path says."""
    _, first, *rest = visit.path.split("/")
    if first == "to":
        return response(
            302, Location=bytes.fromhex(rest[0]).decode("utf-8").encode().decode("latin-1")
        )
    if first == "circle":
        return response(301, Location="/circle")
    if first.isdigit():
        return response(
            int(first), Location=f"http://trap.example/{first}", Refresh="0; url=http://127.0.0.1/"
        )
    return text(b"")


@asynccontextmanager
async def _traps() -> AsyncIterator[list[Web]]:
    """Listen where nobody may come."""
    async with serving(lambda _: text(SECRET)) as one, serving(lambda _: text(SECRET)) as two:
        yield [one, two]


def aim(each: Try, trap: int) -> Try:
    """Return the same fetch; where it leads to a port, to that of a trap."""
    return each._replace(url=each.url.replace(":8080/", f":{trap}/"))


async def fetched(each: Try, allowed: Web, careless: Allowance = NO_ALLOWANCE) -> list[str]:
    """Do one fetch; return what went wrong. What is `careless` is allowed too, so that it can be seen."""
    turns = {name: iter(said) for name, said in each.names.items()}

    async def lookup(name: str) -> Sequence[str]:
        if name not in each.names:
            raise OSError(f"no such name: {name}")
        return next(turns[name], each.names[name][-1])

    allowance = {(LOOPBACK, 80): allowed.port, (LOOPBACK, 443): allowed.port, **careless}
    wrong = []
    with _watch.watching() as seen:
        try:
            async with Fetcher(
                user_agent="torture",
                timeout_s=5.0,
                manners=Manners(0.0),
                lookup=lookup,
                allowance=allowance,
            ) as fetcher:
                answer = await fetcher.fetch(each.url, GOOD, most=MOST)
            if SECRET in answer.content:
                wrong.append(f"{each.what}: the inside was read")
        except (Refused, Failed):
            pass  # as it should be, and not enough: whatever it connected to is in `seen`
    wrong += [
        f"{each.what}: connected to {address}"
        for address in seen
        if address != (LOOPBACK, allowed.port)
    ]
    return wrong


async def _run(scale: Scale) -> Figure:
    dice, box = Random(scale.seed), scale.time()
    planned = list(tries())
    dice.shuffle(planned)
    wrong: list[str] = []
    done = 0
    async with serving(_page) as allowed, _traps() as traps:
        for each in planned:
            if box.over():
                break
            wrong += await fetched(aim(each, traps[0].port), allowed)
            done += 1
        wrong += [
            f"somebody came to a trap: {visit.path}" for trap in traps for visit in trap.visits
        ]
    if done < LEAST_TRIES:
        wrong.append(f"only {done} fetches were tried")
    return none_of("R10", "forbidden connections of outbound fetches", done, wrong)


def run(scale: Scale) -> Sequence[Figure]:
    """Return the figure."""
    return [asyncio.run(_run(scale))]
