"""Nothing that a request says of a person comes back in a bid, and refusals are obeyed without falling over."""

from adserver.certification import samples
from adserver.certification.check import Check, judged
from adserver.certification.wire import Bidder, Json

CANARIES: Json = {
    "user": {"id": "canary-user-71f3", "buyeruid": "canary-buyer-92aa", "keywords": "canary-word-5b1c"},
    "device": {
        "ifa": "7e1ec0de-0000-4000-8000-00c0ffee0001", "ip": "192.0.2.171", "ua": "canary-agent/1.0",
        "geo": {"lat": 48.137154, "lon": 11.576124, "country": "USA"}, "devicetype": 2,
    },
}  # fmt: skip
TELLTALES = (
    "canary-user-71f3", "canary-buyer-92aa", "canary-word-5b1c", "00c0ffee0001", "192.0.2.171",
    "canary-agent", "48.137154", "11.576124",
)  # fmt: skip


async def _nothing_personal(bidder: Bidder) -> list[str]:
    found = []
    for kind, imp in samples.MEDIA.items():
        answer = await bidder.ask(samples.request(imp(), **CANARIES))
        text = answer.body.decode("utf-8", "replace")
        found += [f"{kind}: the answer contains {word}" for word in TELLTALES if word in text]
    return found


async def _refusals(bidder: Bidder) -> list[str]:
    refusals: dict[str, Json] = {
        "children": {"regs": {"coppa": 1}},
        "GDPR without consent": {"regs": {"gdpr": 1}},
        "GDPR with an unreadable string": {"regs": {"gdpr": 1}, "user": {"consent": "x" * 80}},
        "an opt-out of sale": {"regs": {"us_privacy": "1YYN"}},
        "limited tracking": {"device": CANARIES["device"] | {"lmt": 1, "dnt": 1}},
    }
    found: list[str] = []
    for what, said in refusals.items():
        request = samples.request(samples.banner(), **(CANARIES | said))
        found += [f"{what}: {wrong}" for wrong in judged(request, await bidder.ask(request))]
    return found


PRIVACY = (
    Check("nothing-personal", "No id, address, place or word of a request comes back in a bid.", "FTC and GDPR practice; exchanges' policies", _nothing_personal),
    Check("refusals", "Signals of refusal are answered like any other request.", "OpenRTB 2.6, 3.2.3", _refusals),
)  # fmt: skip
