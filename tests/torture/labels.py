"""R14: strangers' texts make no metric series and break no log line."""

import asyncio
import json
from collections.abc import Iterator
from itertools import islice
from random import Random
from urllib.parse import quote

from tests.endpoints.catalogs import one_banner
from tests.endpoints.server import Server
from tests.endpoints.wire import request
from tests.torture.figures import Box, Figure, Scale, none_of
from tests.torture.lines import Ask, Line, flood, get, post
from tests.torture.running import serving

FORGED = "forged_by_a_stranger"
HOSTILE = (
    f'x\n{{"event":"{FORGED}","level":"critical"}}\n', f'"}}\r\n{{"event": "{FORGED}"}}', '"}\n# HELP x y\nx 1',
    "{" * 500, "a" * 5_000, "\x00\x01\x1b[31mred\x1b[0m", "\u2028\u2029\x85", "\ud800", "%s%d%n{0}{event}", "%0d%0aX: y",
    "../../etc/passwd", "<script>alert(1)</script>", "'; DROP TABLE x; --", "${jndi:ldap://x/y}", "\x7f\t\x0b", "🦊" * 99,
    "\u202eevil", "open\x00", "le", "+Inf", "NaN", "", " ", "open ", "OPEN", 'adserver_bids_total{exchange="x"} 1',
)  # fmt: skip
"""New lines, ends of objects, colours, line separators that only some programs see, and other people's tricks."""


def run(scale: Scale) -> list[Figure]:
    """Say hostile things in every place that takes text."""
    with serving(one_banner("tents")) as server:
        return asyncio.run(_torment(server, scale))


async def _torment(server: Server, scale: Scale) -> list[Figure]:
    dice = Random(scale.seed)
    warm = [_ask(post("/openrtb2/open", json.dumps(request()).encode())) for _ in range(50)]
    await flood(server.port, iter(warm), width=16)
    before = _series(server)
    asks = islice(_asks(dice, scale.time()), scale.count(100_000, 1_000))
    tally = await flood(server.port, asks)
    new = sorted(_series(server) - before)
    fives = [f"{count} of {status}" for status, count in tally.statuses.items() if status >= 500]
    lines = server.text().splitlines()
    return [
        none_of("R14", f"new metric series, of {len(before)}, after hostile texts", tally.asked, new),
        none_of("R14", "log lines that are no JSON object of ours", len(lines), _damaged(server)),
        none_of("R14", "answers of 5xx to hostile texts", tally.asked, fives),
    ]  # fmt: skip


def _series(server: Server) -> set[str]:
    """Return every series of every worker and of the owner, as they are written."""
    found = set()
    for worker in range(server.workers):
        for path in ("/metrics", "/metrics/owner"):
            text = server.private("GET", path, worker=worker).body.decode()
            lines = [line for line in text.split("\n") if line and not line.startswith("#")]
            found |= {f"{path} {worker} {line.rpartition(' ')[0]}" for line in lines}
    return found


def _damaged(server: Server) -> list[str]:
    wrong = []
    for line in server.text().split("\n"):
        if not line:
            continue
        try:
            event = json.loads(line)["event"]
        except (ValueError, TypeError, KeyError):
            wrong.append(line[:200])
        else:
            if event == FORGED or not str(event).replace("_", "").isalnum():
                wrong.append(line[:200])
    return wrong


def _asks(dice: Random, box: Box) -> Iterator[Ask]:
    while not box.over():
        yield _ask(dice.choice(_PLACES)(dice.choice(HOSTILE), dice))


def _ask(data: bytes) -> Ask:
    async def ask(line: Line) -> int:
        return (await line.ask(data)).status

    return ask


def _in_path(text: str, dice: Random) -> bytes:
    spelled = quote(text.encode("utf-8", "surrogatepass"), safe="")
    return get(
        dice.choice(
            [
                f"/openrtb2/{spelled}", f"/{spelled}", f"/n/{spelled}/x", f"/n/win/{spelled}?p={spelled}",
                f"/t/click/{spelled}", f"/v/x/{spelled}", f"/c/{spelled}?order=1",
                f"/c/tents?order={spelled}&value={spelled}&adclick={spelled}&ifa={spelled}",
            ]
        )
    )  # fmt: skip


def _as_exchange(text: str, _: Random) -> bytes:
    spelled = quote(text.encode("utf-8", "surrogatepass"), safe="")
    return post(f"/openrtb2/{spelled}", json.dumps(request()).encode())


def _in_request(text: str, dice: Random) -> bytes:
    asked = request()
    imp = asked["imp"][0]
    hostile = (
        (asked, {"id": text}),
        (imp, {"id": text, "tagid": text}),
        (asked, {"site": {"domain": text, "page": text, "cat": [text], "ref": text}}),
        (asked, {"device": {"ua": text, "os": text, "ifa": text, "geo": {"city": text}}}),
        (asked, {"user": {"id": text, "buyeruid": text, "keywords": text}}),
        (asked, {"cur": [text]}),
        (asked, {"regs": {"us_privacy": text, "gpp": text}}),
        (imp, {"pmp": {"deals": [{"id": text}]}}),
    )
    for holder, fields in dice.choices(hostile, k=dice.randint(1, 4)):
        holder.update(fields)
    return post("/openrtb2/open", json.dumps(asked).encode())


def _as_header(text: str, dice: Random) -> bytes:
    """A header's value can hold no line end; everything else can be tried."""
    value = text.encode("utf-8", "surrogatepass").translate(None, b"\r\n\x00")[:4_000]
    name = dice.choice([b"User-Agent", b"X-Forwarded-For", b"Content-Type", b"Referer", b"Cookie"])
    return post("/openrtb2/open", json.dumps(request()).encode(), name + b": " + value + b"\r\n")


def _as_body(text: str, _: Random) -> bytes:
    return post("/openrtb2/open", text.encode("utf-8", "surrogatepass"))


def _as_order(text: str, _: Random) -> bytes:
    order = {"order": text, "value": text, "user": text}
    return post("/c/tents", json.dumps(order).encode(), b"Content-Type: application/json\r\n")


_PLACES = (_in_path, _as_exchange, _in_request, _as_header, _as_body, _as_order)
