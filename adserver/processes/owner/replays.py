"""Prices that were copied from another bid's notice, which only the owner can know: it sees every worker's."""

import structlog

from adserver.domain.ledger import Ledger
from adserver.domain.notice import Notice
from adserver.domain.seals import known_by
from adserver.metrics import PRICES_UNREAD
from adserver.openrtb.dialect import Unread

_log = structlog.get_logger()


def is_replayed(ledger: Ledger, notice: Notice) -> bool:
    """Tell whether another bid was billed with this very price; count it and say so.

    Whoever is near markup reads what stands in its pixel. Put into another bid's notice, a cheap price would hide what
    that bid cost, and a dear one make it dearer.
    """
    ticket = notice.ticket
    another = ledger.seals.another(known_by(ticket.exchange, notice.seal), ticket.bid)
    if another is None:
        return False
    PRICES_UNREAD.labels(ticket.exchange, Unread.REPLAYED).inc()
    _log.warning(
        "price_replayed", exchange=ticket.exchange, bid=ticket.bid.hex(), first=another.hex()
    )
    return True
