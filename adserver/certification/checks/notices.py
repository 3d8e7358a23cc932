"""Notices and markup with their macros filled in: called, called again, called with nonsense."""

import re
from html import unescape

from adserver.certification import samples
from adserver.certification.check import Check, NotShownError, judged
from adserver.certification.macros import LEFT, filled, values
from adserver.certification.wire import Bidder, Json

NOTICES_OF_A_BID = ("nurl", "burl", "lurl")
ODD_PRICES = ("", "AUDIT", "${AUCTION_PRICE}", "-1", "1e400", "NaN", "0", "999999999", "%00")
_ADDRESS = re.compile(r"""https?://[^\s"'<>\\\]]+""")
_GOOD = range(200, 300)
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,}")


async def _offer(bidder: Bidder) -> tuple[Json, Json, Json]:
    """Return a request, its response and the first bid. Raises `NotShownError`."""
    request = samples.request(samples.banner())
    answer = await bidder.ask(request)
    if not answer.bids or answer.response is None:
        raise NotShownError("no bid for a banner")
    if judged(request, answer):
        raise NotShownError("the bid itself is wrong, as another check says")
    return request, answer.response, answer.bids[0]


async def _called(bidder: Bidder) -> list[str]:
    request, response, bid = await _offer(bidder)
    known = values(request, response, bid)
    found = []
    for name in NOTICES_OF_A_BID:
        if name not in bid:
            continue
        url = filled(bid[name], known)
        if LEFT.search(url):
            found.append(f"{name} has a macro that no standard knows: {LEFT.findall(url)[0]}")
        for time in ("first", "second"):
            answer = await bidder.call(url)
            if answer.status not in _GOOD:
                found.append(f"{name}, the {time} time: {answer.trouble or answer.status}")
    return found


async def _odd(bidder: Bidder) -> list[str]:
    request, response, bid = await _offer(bidder)
    found = []
    for name in NOTICES_OF_A_BID:
        for price in ODD_PRICES if name in bid else ():
            answer = await bidder.call(filled(bid[name], values(request, response, bid, price)))
            if answer.trouble or answer.status >= 500:  # noqa: PLR2004 - their fault, whatever was sent
                found.append(f"{name} with price {price!r}: {answer.trouble or answer.status}")
    return found


async def _forged(bidder: Bidder) -> list[str]:
    request, response, bid = await _offer(bidder)
    name = next((each for each in NOTICES_OF_A_BID if each in bid), None)
    if name is None:
        raise NotShownError("no notice is asked for")
    url = filled(bid[name], values(request, response, bid))
    tokens = _TOKEN.findall(_path(url))
    if not tokens:
        return []  # nothing that could be forged
    longest = max(tokens, key=len)
    altered = url.replace(longest, longest[:-4] + "AAAA" if longest[-4:] != "AAAA" else longest[4:])
    answer = await bidder.call(altered)
    if answer.trouble or answer.status >= 500:  # noqa: PLR2004 - HTTP's own number
        return [f"an altered notice: {answer.trouble or answer.status}"]
    return []


async def _markup(bidder: Bidder) -> list[str]:
    request, response, bid = await _offer(bidder)
    markup = filled(str(bid.get("adm", "")), values(request, response, bid))
    if not markup:
        raise NotShownError("the markup is not in the bid")
    found = [f"macro {left} stays in the markup" for left in sorted(set(LEFT.findall(markup)))]
    for url in sorted({unescape(each) for each in _ADDRESS.findall(markup)}):
        if not bidder.is_ours(url):
            continue  # somebody else's; not ours to call
        answer = await bidder.call(url)
        if answer.trouble or answer.status not in range(200, 400):
            found.append(f"{_path(url)[:30]}... in the markup: {answer.trouble or answer.status}")  # fmt: skip
    return found


def _path(url: str) -> str:
    """Return what follows the server's name; the address may be broken."""
    return url.partition("://")[2].partition("/")[2]


NOTICES = (
    Check("notices", "Notices are answered with 2xx, the second time, too.", "OpenRTB 2.6, 4.3 and 7.2", _called),
    Check("odd-prices", "No price, AUDIT, a macro that stayed, nonsense: no notice makes the server fall over.", "OpenRTB 2.6, 4.4", _odd),
    Check("altered", "An altered notice is refused, or ignored, quietly.", "Exchanges' practice", _forged),
    Check("markup", "Macros in the markup are the standard's; links and pixels of the bidder answer.", "OpenRTB 2.6, 4.4", _markup),
)  # fmt: skip
