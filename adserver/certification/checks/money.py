"""Floors, currencies and deals."""

from adserver.certification import samples
from adserver.certification.check import Check, bids_for, judged
from adserver.certification.wire import Bidder

BEYOND_REACH = 100_000.0
"""CPM; nobody pays that."""


async def _floors(bidder: Bidder) -> list[str]:
    (best, *_) = sorted(
        await bids_for(bidder, samples.request(samples.banner()), "a banner without a floor"),
        key=lambda bid: -float(bid["price"]),
    )
    found = []
    for floor in (float(best["price"]) * 0.9, float(best["price"]) * 1.1, BEYOND_REACH):
        request = samples.request(samples.banner(bidfloor=floor, bidfloorcur="USD"))
        answer = await bidder.ask(request)
        found += judged(request, answer)
        if floor == BEYOND_REACH and answer.bids:
            found.append(f"a bid above a floor of {floor:,.0f} CPM")
    return found


async def _foreign(bidder: Bidder) -> list[str]:
    request = samples.request(samples.banner(), cur=["XTS"])  # ISO 4217's code for tests
    answer = await bidder.ask(request)
    return judged(request, answer) + (["a bid in a currency that does not exist"] if answer.bids else [])  # fmt: skip


async def _floor_in_nothing(bidder: Bidder) -> list[str]:
    request = samples.request(samples.banner(bidfloor=0.5, bidfloorcur="XTS"))
    answer = await bidder.ask(request)
    if answer.trouble or answer.status not in {200, 204}:
        return [answer.trouble or f"status {answer.status}"]
    return ["a bid although nobody can compare it with a floor in XTS"] if answer.bids else []


async def _private(bidder: Bidder) -> list[str]:
    deals = {"private_auction": 1, "deals": [{"id": "certify-no-such-deal", "bidfloor": 0.01}]}
    request = samples.request(samples.banner(pmp=deals))
    answer = await bidder.ask(request)
    found = judged(request, answer)
    if answer.bids:
        found.append("a bid in a private auction for a deal that was never made")
    return found


async def _open_beside_deals(bidder: Bidder) -> list[str]:
    deals = {"private_auction": 0, "deals": [{"id": "certify-no-such-deal", "bidfloor": 0.01}]}
    request = samples.request(samples.banner(pmp=deals))
    answer = await bidder.ask(request)
    return judged(request, answer)


MONEY = (
    Check("floors", "No bid is below its floor.", "OpenRTB 2.6, 3.2.4 (bidfloor)", _floors),
    Check("currency", "Nothing is bid in a currency that is not allowed.", "OpenRTB 2.6, 3.2.1 (cur)", _foreign),
    Check("floor-currency", "A floor in an unknown currency is not passed by.", "OpenRTB 2.6, 3.2.4 (bidfloorcur)", _floor_in_nothing),
    Check("private-auction", "A private auction takes bids for its deals only.", "OpenRTB 2.6, 3.2.11", _private),
    Check("deals-beside", "An open auction with deals takes bids without, too.", "OpenRTB 2.6, 7.3", _open_beside_deals),
)  # fmt: skip
