"""What a publisher refuses is not bid: first a bid is asked for, then all that it declares is refused."""

from functools import partial
from typing import Any

from adserver.certification import samples
from adserver.certification.check import Check, NotShownError, bids_for, judged
from adserver.certification.wire import Bidder, Json

MOST_ROUNDS = 50
"""Of refusing what is offered, until nothing more is."""


async def _blocked(field: str, declared: str, bidder: Bidder) -> list[str]:
    """Refuse what each bid declares in a field, until there is no bid left or nothing that is declared."""
    refused: list[Any] = []
    for _ in range(MOST_ROUNDS):
        request = samples.request(samples.banner(), **({field: refused} if refused else {}))
        answer = await bidder.ask(request)
        wrong = judged(request, answer)
        if wrong:
            return wrong
        news = {name for bid in answer.bids for name in bid.get(declared) or ()} - set(refused)
        if not refused and not news:
            raise NotShownError(f"no bid that declares {declared}")
        if not news:
            return []
        refused += sorted(news)
    return []


async def _attributes(bidder: Bidder) -> list[str]:
    every = list(range(1, 24))
    space = samples.banner()
    request = samples.request(space | {"banner": space["banner"] | {"battr": every}})
    return judged(request, await bidder.ask(request))


async def _seats(bidder: Bidder) -> list[str]:
    request = samples.request(samples.banner(), wseat=["certify-no-such-seat"])
    answer = await bidder.ask(request)
    return judged(request, answer) + (["a bid from a seat that is not asked"] if answer.bids else [])  # fmt: skip


async def _secure(bidder: Bidder) -> list[str]:
    if bidder.url.startswith("http://") and not bidder.public_url:
        raise NotShownError("the bidder itself is reached by http; name its --public-url")
    found: list[str] = []
    for kind, imp in samples.MEDIA.items():
        request = samples.request(imp(secure=1))
        found += [f"{kind}: {wrong}" for wrong in judged(request, await bidder.ask(request))]
    return found


async def _declared(bidder: Bidder) -> list[str]:
    bids: list[Json] = await bids_for(bidder, samples.request(samples.banner()), "a banner")
    return [
        f"{field} is missing: exchanges throw such bids away"
        for bid in bids
        for field in ("crid", "adomain", "cid")
        if not bid.get(field)
    ]


BLOCKS = (
    Check("declared", "A bid says what exchanges check: crid, adomain, cid.", "OpenRTB 2.6, 4.2.3", _declared),
    Check("advertisers", "Blocked advertisers do not bid (badv).", "OpenRTB 2.6, 3.2.1 (badv)", partial(_blocked, "badv", "adomain")),
    Check("categories", "Blocked categories do not bid (bcat).", "OpenRTB 2.6, 3.2.1 (bcat)", partial(_blocked, "bcat", "cat")),
    Check("attributes", "Blocked creative attributes do not bid (battr).", "OpenRTB 2.6, 3.2.6 (battr)", _attributes),
    Check("seats", "Only seats that are asked bid (wseat).", "OpenRTB 2.6, 3.2.1 (wseat)", _seats),
    Check("secure", "With secure=1 nothing is loaded over http.", "OpenRTB 2.6, 3.2.4 (secure)", _secure),
)  # fmt: skip
