"""What a notice or an order changes: counted once, settled once, credited once."""

from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import NamedTuple

import msgspec
import structlog

from adserver.background.money_messages import Amendment, Booked
from adserver.domain.attribution import CLICK_WINDOW_S, NOBODYS, Credit, last_touch
from adserver.domain.campaign import Fees
from adserver.domain.entries import (
    Corrected,
    Ordered,
    Seen,
)
from adserver.domain.ledger import Ledger
from adserver.domain.money import Nanos
from adserver.domain.notice import Conversion, Notice
from adserver.domain.person import Interest, PersonKey, Touch
from adserver.domain.validity import Correction
from adserver.metrics import CONVERSIONS
from adserver.processes.owner.amendments import amend
from adserver.processes.owner.event_lines import notice_line, order_line
from adserver.processes.owner.grants import Enter
from adserver.processes.owner.lines import Lines
from adserver.processes.owner.settling import Settling

LATE_AFTER_S = 5
"""Grace for notices under way when the billing life ends; workers hold the money a little longer."""
REMEMBER_S = 600
"""Repetitions are recognised for so long after the last life of a token is over."""
NO_FEES = Fees()

_log = structlog.get_logger()
_json = msgspec.json.Encoder().encode


class Outcome(NamedTuple):
    """What follows from a fact, once it is durable."""

    first: bool
    line: bytes = b""
    """For the event log; empty for a repetition."""
    resolved: tuple[int, bytes, Nanos] | None = None
    """Lease, bid and nanos charged, for the worker that holds the money."""
    touch: tuple[PersonKey, Touch] | None = None
    household: tuple[PersonKey, Touch] | None = None
    """The same impression as one of a household, if a cap counts those."""
    interest: tuple[PersonKey, Interest] | None = None


REPEATED = Outcome(first=False)


class Notices:
    """Turns facts into entries."""

    def __init__(self, ledger: Ledger, enter: Enter, lines: Lines, settling: Settling) -> None:
        self._ledger = ledger
        self._enter = enter
        self.lines = lines
        self._settling = settling

    def notice(self, notice: Notice, now_s: float) -> Outcome:
        """Count a notice; settle its bid if this is the event that bills and its price can be read.

        Settling does not hang on the notice being the first of its kind: a repetition that brings
        the price at last is worth having. Bids of `test=1` leave no trace. An invalid notice settles like
        any other, is counted apart, and gives its place to the first valid one: somebody may have looked at the
        advertisement before the person did.
        """
        ticket = notice.ticket
        until_s = max(ticket.bill_until_s, ticket.click_until_s) + REMEMBER_S
        if ticket.test:
            return Outcome(first=True)
        # What may have been forgotten while the clock was ahead cannot be told from a repetition either.
        if max(now_s, self._ledger.forgotten_s) > until_s:
            return REPEATED  # too old to be told from one
        first = not self._ledger.has_seen(ticket.bid, notice.kind) or (
            not notice.rule and self._ledger.is_marked(ticket.bid, notice.kind)
        )
        resolved = None
        if notice.settles and notice.wire_price is not None:
            resolved = self._settling.settle(notice, notice.wire_price, int(now_s), until_s)
        elif notice.kind == "loss" and first and ticket.bid not in self._ledger.charged:
            resolved = (ticket.lease, ticket.bid, 0)
        if not first:
            return Outcome(first=False, resolved=resolved)
        self._enter(
            Seen(
                ticket.bid,
                notice.kind,
                ticket.line_item,
                until_s,
                notice.rule,
                notice.at_s,
                self.lines.arms(ticket),
                ticket.lease if notice.kind == "loss" else 0,
            )
        )
        touch = home = interest = None
        # Impressions are counted for caps: a basic ad's purpose, not a profile's.
        is_contact = notice.kind == "impression" or (notice.kind == "click" and ticket.profiled)
        if ticket.person and is_contact and not notice.rule:
            touch = (
                ticket.person,
                Touch(
                    notice.kind,
                    notice.at_s,
                    ticket.line_item,
                    ticket.creative,
                    ticket.bid,
                    ticket.measured,
                    ticket.trainable,
                ),
            )
            topic = self.lines.topic(ticket.line_item) if notice.kind == "click" else None
            if topic is not None:
                interest = (ticket.person, Interest("click", notice.at_s, topic))
        if ticket.household and notice.kind == "impression" and not notice.rule:
            # For counting alone: no order is ever credited to a household.
            seen = Touch(
                notice.kind,
                notice.at_s,
                ticket.line_item,
                ticket.creative,
                ticket.bid,
                measured=False,
            )
            home = (ticket.household, seen)
        line = notice_line(notice, self.lines)
        return Outcome(
            first=True, line=line, resolved=resolved, touch=touch, household=home, interest=interest
        )

    def conversion(
        self, order: Conversion, touches: Callable[[PersonKey], Sequence[Touch]]
    ) -> Outcome:
        """Count an order once per advertiser and credit it to the last touch."""
        hashed = blake2b(f"{order.advertiser}\0{order.order}".encode(), digest_size=16).digest()
        if self._ledger.has_order(order.advertiser, hashed):
            CONVERSIONS.labels("repeated").inc()
            return REPEATED
        credit = self._credit(order, touches)
        rule = self._ledger.invalid_by(credit.bid, "click") if credit.contact == "click" else ""
        self._enter(
            Ordered(
                order.advertiser, hashed, order.at_s, order.value, credit.line_item, credit.contact, rule,
            )
        )  # fmt: skip
        CONVERSIONS.labels(credit.contact).inc()
        return Outcome(first=True, line=order_line(order, hashed, credit, rule, self.lines))

    def amend(self, amendment: Amendment, now_s: float) -> Booked:
        """Correct money, once."""
        return amend(self._ledger, self._enter, self.lines, amendment, now_s)

    def correct(self, correction: Correction) -> bytes:
        """Correct the books and return the line for the event log."""
        self._enter(Corrected(correction))
        return _json(
            {
                "event": "correction",
                "at": correction.at_s,
                "rule": correction.rule,
                "from": correction.start_s,
                "to": correction.end_s,
                "valid": correction.valid,
            }
        )

    def _credit(self, order: Conversion, touches: Callable[[PersonKey], Sequence[Touch]]) -> Credit:
        own = self.lines.of_advertiser.get(order.advertiser, set())
        click = order.click
        if (
            click is not None
            and not click.test
            and click.line_item in own
            and self._ledger.has_seen(click.bid, "click")  # the token is in the markup too
            and order.at_s - click.at_s <= CLICK_WINDOW_S
        ):
            return Credit(click.line_item, click.creative, "click", click.bid, click.trainable)
        if order.person:
            return last_touch(touches(order.person), own, order.at_s)
        return NOBODYS
