"""What a billed bid costs, booked once: from its worker's lease, from what budgets have left, or as owed all the same."""

from typing import Literal, NamedTuple

import structlog

from adserver.domain.budget import EVERYWHERE, ceiling_key
from adserver.domain.campaign import Fees
from adserver.domain.entries import Granted, LateLiability, Quarantined, Settled
from adserver.domain.ledger import ABOVE, BUDGET, Ledger
from adserver.domain.money import Nanos
from adserver.domain.notice import Notice
from adserver.domain.seals import known_by
from adserver.domain.set_forward import SetForward
from adserver.domain.settlement import charge, impressions_won
from adserver.domain.ticket import Ticket
from adserver.metrics import SETTLED
from adserver.processes.owner.grants import Enter, Grants
from adserver.processes.owner.replays import is_replayed

LATE_AFTER_S = 5
"""Grace for notices under way when a bid lets go of its money; workers hold it a little longer."""
NO_FEES = Fees()

_log = structlog.get_logger()


class Payment(NamedTuple):
    """Who pays a bid, and where it counts."""

    pots: tuple[int, ...]
    by: Literal["lease", "budget", "nobody"]


class Settling:
    """Turns what bills into entries."""

    def __init__(self, ledger: Ledger, enter: Enter, grants: Grants) -> None:
        self._ledger = ledger
        self._enter = enter
        self._grants = grants
        self.set_forward = SetForward()

    def settle(
        self, notice: Notice, wire_price: int, now_s: int, until_s: int
    ) -> tuple[int, bytes, Nanos] | None:
        """Book what a bid costs, once; return its lease, the bid, and by how much less its worker has now."""
        ticket = notice.ticket
        if ticket.bid in self._ledger.charged or is_replayed(self._ledger, notice):
            return None
        chain = self._grants.lines.chains.get(ticket.line_item)
        if chain is None:
            _log.warning("settled_without_fees", line_item=ticket.line_item)
        fees = chain.line_item.fees if chain else NO_FEES
        cost = charge(ticket, wire_price, fees, notice.impressions_ppm)
        if cost is None:
            if not self._ledger.has_seen(ticket.bid, ABOVE):
                self._quarantine(notice, wire_price, until_s)
            return None
        total = sum(cost)
        payment = self._paying(ticket, total, now_s)
        kind = LateLiability if payment.by == "nobody" else Settled
        self._enter(
            kind(
                bid=ticket.bid,
                kind=notice.kind,
                line_item=ticket.line_item,
                exchange=ticket.exchange,
                lease=BUDGET if payment.by == "budget" else ticket.lease,
                pots=payment.pots,
                reserved=ticket.reserved,
                media=cost.media,
                data=cost.data,
                tech=cost.tech,
                margin=cost.margin,
                at_s=notice.at_s,
                until_s=until_s,
                seal=known_by(ticket.exchange, notice.seal),
                bid_s=ticket.at_s,
                wire_price=wire_price,
                currency=ticket.currency,
                rate_micros=ticket.rate_micros,
                impressions_ppm=impressions_won(ticket, notice.impressions_ppm),
            )
        )
        for name, amount in cost._asdict().items():
            SETTLED.labels(name).inc(amount)
        if payment.by == "nobody":
            SETTLED.labels("late_liability").inc(total)
        return (ticket.lease, ticket.bid, total if payment.by == "lease" else 0)

    def _paying(self, ticket: Ticket, total: Nanos, now_s: int) -> Payment:
        """Return who pays a bid: its lease until the worker let go of the money, whatever any clock says; then what its
        budgets have left.
        """
        ledger = self._ledger
        own = ledger.pot_at(ticket.line_item, ticket.at_s)
        above = {
            key: pot
            for key in (ceiling_key(ticket.exchange), ceiling_key(EVERYWHERE))
            if (pot := ledger.pot_at(key, ticket.at_s)) is not None
        }
        if own is not None and not ledger.has_seen(ticket.bid, "loss"):
            if ticket.held_until_s > ledger.released.get(ticket.lease, 0):
                for pot in ledger.pots_at(ticket.line_item, ticket.at_s):
                    if 0 < ledger.holds(ticket.lease, pot) >= total:
                        covered = [
                            p for p in above.values() if ledger.holds(ticket.lease, p) >= total
                        ]
                        return Payment((pot, *covered), "lease")
            if self._is_in_time(ticket, now_s) and self._grants.spare(
                ticket.line_item, own, total, ticket.at_s
            ):
                spared = [
                    p for key, p in above.items() if self._grants.spare(key, p, total, ticket.at_s)
                ]
                for pot in (own, *spared):
                    self._enter(Granted(BUDGET, pot, total))
                return Payment((own, *spared), "budget")
        return Payment((*(() if own is None else (own,)), *above.values()), "nobody")

    def _is_in_time(self, ticket: Ticket, now_s: int) -> bool:
        """Tell whether a bid is billed within its life; what the clock was set forward since makes none older."""
        age_s = now_s - self.set_forward.since(ticket.at_s) - ticket.at_s
        return age_s <= ticket.bill_until_s - ticket.at_s + LATE_AFTER_S

    def _quarantine(self, notice: Notice, wire_price: int, until_s: int) -> None:
        ticket = notice.ticket
        self._enter(
            Quarantined(
                ticket.bid, notice.kind, ticket.line_item, ticket.exchange, ticket.wire_price,
                wire_price, notice.at_s, ticket.currency, ticket.rate_micros, until_s,
            )
        )  # fmt: skip
        _log.warning(
            "price_above_bid",
            exchange=ticket.exchange,
            bid=ticket.bid.hex(),
            ours=ticket.wire_price,
            theirs=wire_price,
        )
