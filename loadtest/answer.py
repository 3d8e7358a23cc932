"""Reading a bid response as a wary exchange does: what can take part, and a name for every fault."""

from typing import Any, NamedTuple

import orjson

from loadtest.market.publishers import DOLLARS, Deal, Placement, Publisher
from loadtest.request import Terms

_ROUNDING = 0.999_99
_OTHER_RATES = 0.95
"""The buyer's exchange rates may differ from ours by a twentieth before we complain."""
_PROFILING = 1  # of the DSA's parameters
_MTYPES = {"banner": 1, "video": 2, "native": 4}


class Bid(NamedTuple):
    """One usable bid; prices are integer micros of a CPM, which are nanos per impression."""

    imp: int
    """Index of the placement."""
    price: int
    """In the bid's currency."""
    currency: str
    markup: str
    domain: str
    creative: str
    line: str
    """`cid`: whatever the buyer calls its campaign."""
    size: str
    deal: Deal | None
    macros: dict[str, str]
    """What is known of the auction's macros before it is decided."""
    personal: bool | None
    """Whether it was chosen by what is known of the person, as `ext.dsa` says; `None`: it does not say."""
    win_url: str
    billing_url: str
    loss_url: str

    def dollars(self, micros: int) -> int:
        """Convert an amount in the bid's currency to micros of dollars."""
        return round(micros * DOLLARS[self.currency])

    def own(self, dollar_micros: int) -> int:
        """Convert micros of dollars to the bid's currency, never above the bid's price."""
        return min(self.price, round(dollar_micros / DOLLARS[self.currency]))


class Asked(NamedTuple):
    """What was asked, to hold the answer against."""

    identifier: str
    publisher: Publisher
    placements: tuple[Placement, ...]
    terms: Terms


class Fault(NamedTuple):
    """What is wrong with an answer: a short fixed kind, and the particulars."""

    kind: str
    detail: str = ""


def read(body: bytes, asked: Asked) -> tuple[list[Bid], list[Fault]]:
    """Return the bids that may compete, and the faults of the others or of the whole answer."""
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        return [], [Fault("not_json", str(error))]
    if not isinstance(answer, dict):
        return [], [Fault("not_an_object")]
    if answer.get("id") != asked.identifier:
        return [], [Fault("wrong_id", str(answer.get("id"))[:80])]
    currency = answer.get("cur", "USD")
    if currency not in asked.terms.currencies:
        return [], [Fault("wrong_currency", str(currency)[:80])]
    bids: list[Bid] = []
    faults: list[Fault] = []
    try:
        for seat in answer.get("seatbid") or ():
            for wire in seat.get("bid") or ():
                found = _bid(wire, answer, str(seat.get("seat", "")), asked)
                if isinstance(found, Bid):
                    bids.append(found)
                else:
                    faults.append(found)
    except (AttributeError, KeyError, TypeError) as error:
        faults.append(Fault("wrong_type", repr(error)))
    return bids, faults


def floor_dollars(placement: Placement, publisher: Publisher, deal: Deal | None) -> int:
    """Return the floor that binds a bid, in micros of dollars: the deal's own, else the placement's."""
    if deal:
        return round(deal.floor * 1e6 * DOLLARS[deal.currency])
    return round(placement.floor * 1e6 * DOLLARS[publisher.floor_currency])


def _bid(wire: dict[str, Any], answer: dict[str, Any], seat: str, asked: Asked) -> Bid | Fault:
    index = next((i for i in range(len(asked.placements)) if str(i + 1) == wire.get("impid")), None)
    if index is None:
        return Fault("unknown_imp", str(wire.get("impid"))[:80])
    placement, price = asked.placements[index], wire.get("price")
    if not isinstance(price, int | float) or not 0 < price < 1e6:  # noqa: PLR2004 - a mad price
        return Fault("bad_price", str(price)[:80])
    deal = next((deal for deal in placement.deals if deal.id == wire.get("dealid")), None)
    if wire.get("dealid") and deal is None:
        return Fault("unknown_deal", str(wire["dealid"])[:80])
    missing = [name for name in ("id", "adm", "adomain", "crid") if not wire.get(name)]
    if missing:
        return Fault("missing_field", " ".join(missing))
    bid = Bid(
        index, round(price * 1e6), answer.get("cur", "USD"), wire["adm"], wire["adomain"][0].lower(),
        str(wire["crid"]), str(wire.get("cid", "")), _size(wire), deal,
        {
            "AUCTION_ID": asked.identifier,
            "AUCTION_BID_ID": str(answer.get("bidid", "")),
            "AUCTION_IMP_ID": str(index + 1),
            "AUCTION_SEAT_ID": seat,
            "AUCTION_AD_ID": str(wire.get("adid", "")),
            "AUCTION_CURRENCY": answer.get("cur", "USD"),
        },
        _personal(wire), wire.get("nurl", ""), wire.get("burl", ""), wire.get("lurl", ""),
    )  # fmt: skip
    return _refusal(bid, wire, placement, asked.publisher) or bid


def _refusal(
    bid: Bid, wire: dict[str, Any], placement: Placement, publisher: Publisher
) -> Fault | None:
    """Return why the publisher will not have this bid."""
    floor = floor_dollars(placement, publisher, bid.deal)
    floor_currency = bid.deal.currency if bid.deal else publisher.floor_currency
    mercy = _ROUNDING if bid.currency == floor_currency else _OTHER_RATES
    if bid.dollars(bid.price) < floor * mercy:
        return Fault("below_floor", f"{bid.price / 1e6} {bid.currency}, floor USD {floor / 1e6}")
    for blocked in publisher.blocked_domains:
        if bid.domain == blocked or bid.domain.endswith(f".{blocked}"):
            return Fault("blocked_domain", bid.domain)
    if wire.get("mtype", _MTYPES[placement.media]) != _MTYPES[placement.media]:
        return Fault("wrong_media", str(wire["mtype"]))
    if placement.media == "banner" and bid.size not in {f"{w}x{h}" for w, h in placement.sizes}:
        return Fault("wrong_size", bid.size)
    return None


def _personal(wire: dict[str, Any]) -> bool | None:
    told = (wire.get("ext") or {}).get("dsa") or {}
    parameters = [each for one in told.get("transparency") or () for each in one["dsaparams"]]
    return _PROFILING in parameters if parameters else None


def _size(wire: dict[str, Any]) -> str:
    return f"{wire['w']}x{wire['h']}" if wire.get("w") and wire.get("h") else ""
