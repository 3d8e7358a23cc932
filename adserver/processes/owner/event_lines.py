"""What the event log says of notices and orders: one line of JSON each."""

import msgspec

from adserver.domain.attribution import Credit
from adserver.domain.fees import PPM
from adserver.domain.money import Nanos
from adserver.domain.notice import Conversion, Notice
from adserver.domain.settlement import impressions_won
from adserver.domain.ticket import Ticket
from adserver.processes.owner.lines import Lines

_json = msgspec.json.Encoder().encode


def notice_line(notice: Notice, lines: Lines) -> bytes:
    """Return the line of a notice."""
    ticket = notice.ticket
    said = notice.impressions_ppm
    return _json(
        {
            "event": notice.kind,
            "at": notice.at_s,
            "bid": ticket.bid.hex(),
            "line_item": lines.name(ticket.line_item),
            "creative": lines.creatives.get(ticket.creative, str(ticket.creative)),
            "exchange": ticket.exchange,
            "measured": ticket.measured,
            "trainable": ticket.trainable,
            "invalid": notice.rule,
            "loss": notice.loss or "",
            "impressions": impressions_won(ticket, said) / PPM,
            "impressions_said": None if said is None else said / PPM,
            "cleared": None if notice.kind == "loss" else _house(ticket, notice.wire_price),
            "minimum": _house(ticket, notice.wire_minimum),
        }
    )


def _house(ticket: Ticket, wire: int | None) -> Nanos | None:
    """Return house nanos per impression, rounded up: who offers less than what it took has lost."""
    if wire is None or not ticket.wire_price:
        return None
    return -(-wire * ticket.price // ticket.wire_price)


def order_line(order: Conversion, hashed: bytes, credit: Credit, rule: str, lines: Lines) -> bytes:
    """Return the line of an order; `hashed` stands for its id, `rule` says why it does not count.

    Which bid led to it is told only of a click that models may learn from.
    """
    learned = credit.contact == "click" and credit.trainable
    return _json(
        {
            "event": "conversion",
            "at": order.at_s,
            "advertiser": order.advertiser,
            "order_hash": hashed.hex(),
            "value": order.value,
            "line_item": lines.name(credit.line_item) if credit.line_item else "",
            "credit": credit.contact,
            "trainable": credit.trainable,
            "bid": credit.bid.hex() if learned else "",
            "invalid": rule,
        }
    )
