"""R10, the part of redirects: whatever is asked of a click's link, it leads to the catalog's page and nowhere else.

Requests go over a real line, byte by byte as written here. And landing pages that somebody may have written: what
is accepted must mean to a browser what it means to us.
"""

import asyncio
import re
from collections.abc import Iterator, Sequence
from itertools import product
from urllib.parse import quote, urlsplit

from adserver.domain.web_address import web_address
from adserver.endpoints.replies import redirect
from tests.browser.chromium import chromium
from tests.endpoints.catalogs import one_banner
from tests.endpoints.server import Server
from tests.endpoints.wire import links, request
from tests.torture.figures import Figure, Scale, none_of
from tests.torture.payloads import PAYLOADS
from tests.torture.running import serving

LANDING = "https://shop.example/tents-banner"
PARAMETERS = ("url", "u", "redirect", "redirect_url", "next", "to", "r", "p", "dest", "landing", "adclick", "click", "rurl", "link")  # fmt: skip
TARGETS = (
    "https://evil.example/", "//evil.example/", "/\\evil.example/", "\\\\evil.example", "javascript:alert(1)",
    "data:text/html,x", "https:evil.example", "%0d%0aLocation:%20https://evil.example/", "https://shop.example@evil.example/",
    "https://shop.example.evil.example/", "https%3A%2F%2Fevil.example", "@evil.example", "?https://evil.example/", "#//evil.example/",
)  # fmt: skip
PATHS = (
    "/t/click/{token}/https://evil.example/", "/t/click/{token}//evil.example/", "/t/click/{token}%2f..%2f..%2fevil.example",
    "/t/click//evil.example/", "//evil.example/t/click/{token}", "/\\evil.example/t/click/{token}", "/t/click/https://evil.example/",
    "/t/click/{token}@evil.example", "/t/click/{token};//evil.example", "/t/click/{token}%0d%0aLocation:%20https://evil.example/",
    "/t/click/{token}%00//evil.example", "/t/click/{token}\\evil.example", "/t/click/../click/{token}", "/t/./click/{token}",
    "http://evil.example/t/click/{token}", "https://evil.example/", "/t/click/{token}?{token}", "/t/click/{token}#//evil.example/",
    "/t/click/{token}&url=//evil.example/", "/T/CLICK/{token}", "/t/click/{token}.evil.example", "/t/click/evil.example",
)  # fmt: skip
HEADERS = (
    "Host", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Server", "X-Host", "Forwarded", "X-Original-URL",
    "X-Rewrite-URL", "Referer", "Origin", "Location", "X-Forwarded-Prefix", "Via", "Content-Location", "Refresh",
)  # fmt: skip
CLAIMS = (
    "evil.example",
    "https://evil.example/",
    "shop.example, evil.example",
    "host=evil.example",
    "/\\evil.example",
)
PAGES = (
    "https://shop.example\\@evil.example/", "https://shop.example\\.evil.example/", "https://evil.example\\shop.example/",
    "https://shop.example#@evil.example/", "https://shop.example?@evil.example/", "https://a@evil.example/", "https://shop.example:443@evil.example/",
    "https:///evil.example/", "https:evil.example", "https:/evil.example", "//evil.example/", "/evil", "\\\\evil.example", "javascript:alert(1)",
    "java\tscript:alert(1)", " https://evil.example/", "https://evil.example/\r\nX: y", "https://evil.example/\x00", "data:text/html,x",
    "https://[::1]/", "https://[evil.example]/", "https://evil.example:65536/", "https://evil.example:x/", "https://%65vil.example/",
    "https://shop.example%2eevil.example/", "https://shop.example%00.evil.example/", "https://\uff45vil.example/", "https://shop\u3002example/",
    "HTTPS://SHOP.EXAMPLE/A", "https://shop.example./", "https://shop..example/", "https://-.example/", "https://0x7f.1/", "https://2130706433/",
    "https://shop.example|evil.example/", "https://shop.example^evil/", "https://shop.example{evil}/", "https://shop.example/;@evil", "ftp://shop.example/",
    "https://shop.example/%0d%0aLocation:evil", "https://shop.example/?a=https://evil.example/", "https://shop.example/#javascript:alert(1)",
)  # fmt: skip


def run(scale: Scale) -> Sequence[Figure]:
    """Ask in every way, and look where each answer leads."""
    with serving(one_banner("tents")) as server:
        with server.client() as exchange:
            _, click = links(exchange.bid(request()).bid())
        asked = list(_requests(urlsplit(click).path.rpartition("/")[2]))
        if not scale.full:
            asked = asked[::5]
        wrong = [f"{each[:120]!r}: {said}" for each in asked if (said := _ask(server, each))]
    pages = [
        *PAGES,
        *(f"https://shop.example/{each}" for each in PAYLOADS[:: 1 if scale.full else 20]),
    ]
    misread = asyncio.run(_misread(pages))
    return [
        none_of("R10", "open redirects of a click's link", len(asked), wrong),
        none_of("R10", "landing pages that a browser reads otherwise than we", len(pages), misread),
    ]


def _requests(token: str) -> Iterator[bytes]:
    """Yield requests as bytes."""
    good = f"/t/click/{token}"
    for name, target in product(PARAMETERS, TARGETS):
        yield _request(f"{good}?{name}={target}")
    for path in PATHS:
        yield _request(path.format(token=token))
    for name, claim in product(HEADERS, CLAIMS):
        yield _request(good, (name, claim))
    for target in TARGETS:
        yield _request(f"/t/click/{quote(target, safe='')}")
        yield _request(f"{good}?{target}")


def _request(target: str, header: tuple[str, str] = ("Host", "ads.example")) -> bytes:
    host = "" if header[0] == "Host" else "Host: ads.example\r\n"
    return f"GET {target} HTTP/1.1\r\n{host}{header[0]}: {header[1]}\r\nConnection: close\r\n\r\n".encode()


def _ask(server: Server, asked: bytes) -> str:
    """Return what is wrong with an answer: a way to elsewhere, or a header that we did not write."""
    head = server.raw(asked, hang_up=False).partition(b"\r\n\r\n")[0].decode("latin-1")
    if not head:
        return ""  # the line was closed: nothing leads anywhere
    ways = re.findall(r"(?im)^(?:location|refresh|content-location|link):\s*(.*?)\r?$", head)
    if len(ways) > 1 or (ways and not re.fullmatch(rf"{LANDING}\?adclick=[\w-]+", ways[0])):
        return str(ways)
    status = head.split(" ")[1]
    return f"status {status}" if ways and status != "302" else ""


async def _misread(pages: Sequence[str]) -> list[str]:
    """Return the landing pages that would be put into `Location` and lead a browser to another host than we believe."""
    accepted = {}
    for page in pages:
        try:
            address = web_address(page, secure=False)
        except ValueError:
            continue  # refused when the campaign is loaded
        sent = re.search(rb"Location: (.*?)\r\n", bytes(redirect(address).head))
        assert sent
        host = urlsplit(address).hostname or ""
        accepted[page] = (f"[{host}]" if ":" in host else host, sent[1].decode())
    async with chromium() as browser:
        tab = await browser.new_page()
        read = await tab.evaluate(
            "pages => pages.map(page => { try { const url = new URL(page, 'https://us.example/');"
            " return [url.protocol, url.hostname]; } catch { return ['', '']; } })",
            [sent for _, sent in accepted.values()],
        )
        await tab.close()
    return [
        f"{page[:80]!r}: {host} but {theirs}"
        for (page, (host, _)), theirs in zip(accepted.items(), read, strict=True)
        if theirs != ["", ""] and (theirs[0] not in {"https:", "http:"} or theirs[1] != host)
    ]
