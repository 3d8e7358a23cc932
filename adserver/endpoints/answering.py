"""Act: give each bid an identity, set its money aside, write its markup, and say so in the event log."""

import os
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Protocol

from adserver.domain.bid import Bid
from adserver.domain.consent import Permission
from adserver.domain.money import Rates
from adserver.domain.opportunity import Auction
from adserver.domain.person import Touch
from adserver.domain.reasons import Reason
from adserver.domain.ticket import Ticket
from adserver.endpoints.desk import Desk
from adserver.endpoints.events import bid_event
from adserver.endpoints.tokens import TokenVault
from adserver.openrtb.links import markup_links, notice_urls
from adserver.openrtb.outbound import Answer, respond, wire_price
from adserver.ports import EventLog, Markup, Wallet, YoungContacts

DAY_S = 86_400
_ID_BYTES = 16


class Leaseholder(Protocol):
    """Who knows the number of the lease that our money comes from: the owner's client."""

    lease: int


class Answerer:
    """Turns decided bids into a response; the same for every exchange."""

    def __init__(
        self,
        *,
        rates: Rates,
        base_url: str,
        vault: TokenVault,
        markups: Mapping[str, Markup],
        purse: Wallet,
        contacts: YoungContacts,
        events: EventLog,
        leaseholder: Leaseholder,
        model: str,
        click_days: int,
    ) -> None:
        self._rates = rates
        self._base_url = base_url
        self._vault = vault
        self._markups = markups
        self._purse = purse
        self._contacts = contacts
        self._events = events
        self._leaseholder = leaseholder
        self._model = model
        self._click_s = click_days * DAY_S
        # Ids must be unique, not secret: a system call per bid would buy nothing. Built after the fork.
        self._random = Random(os.urandom(_ID_BYTES))  # noqa: S311

    def answer(
        self,
        desk: Desk,
        auction: Auction,
        permission: Permission,
        bids: Sequence[Bid],
        missed: Mapping[str, Reason],
        now_s: float,
        is_in_time: Callable[[], bool],
    ) -> bytes | None:
        """Return the response for at least one bid, or nothing if it is not in time once it is written.

        Books nothing unless it returns a response.
        """
        tickets = []
        answers = []
        for bid in bids:
            bid_id = self._random.getrandbits(8 * _ID_BYTES).to_bytes(_ID_BYTES, "big")
            ticket = self._ticket(desk, auction, permission, bid, bid_id, int(now_s))
            tickets.append(ticket)
            answers.append(self._dress(desk, bid, ticket))
        body = respond(auction, answers, answers[0].bid_id, desk.terms, self._rates, missed)
        if not is_in_time():
            return None
        if not auction.test:
            for ticket, answer in zip(tickets, answers, strict=True):
                self._book(desk, auction, answer, ticket, now_s)
        return body

    def withdraw(self, auction: Auction, bids: Sequence[Bid]) -> None:
        """Put back what was claimed for bids that will not be sent."""
        if not auction.test:
            for bid in bids:
                index = bid.candidate.line_item_index
                self._purse.put_back(index, auction.exchange, bid.reserved)

    def _ticket(
        self,
        desk: Desk,
        auction: Auction,
        permission: Permission,
        bid: Bid,
        bid_id: bytes,
        at_s: int,
    ) -> Ticket:
        terms = desk.terms
        life_s = terms.life_s(bid.opportunity.expiry_s)
        return Ticket(
            bid_id,
            at_s,
            terms.name,
            bid.candidate.line_item_number,
            bid.candidate.creative.number,
            bid.media_type.value,
            bid.reserved,
            bid.price,
            wire_price(bid, auction.currency, self._rates),
            self._leaseholder.lease,
            at_s + life_s,
            at_s + self._click_s,
            auction.person if permission.identify and auction.person is not None else b"",
            permission.measure,
            permission.profile,
            auction.test,
        )

    def _dress(self, desk: Desk, bid: Bid, ticket: Ticket) -> Answer:
        """Give a bid its token, its markup and its notice URLs."""
        token = self._vault.seal(ticket)
        billable = desk.terms.billable(bid.media_type)
        markup = self._markups[bid.candidate.creative.id].render(
            markup_links(self._base_url, token, billable), bid.opportunity
        )
        return Answer(bid, ticket.bid.hex(), markup, notice_urls(self._base_url, token, billable))

    def _book(
        self, desk: Desk, auction: Auction, answer: Answer, ticket: Ticket, now_s: float
    ) -> None:
        """Keep the money until the bid is resolved, expect the contact, log, count."""
        bid = answer.bid
        index = bid.candidate.line_item_index
        self._purse.hold(ticket.bid, index, auction.exchange, bid.reserved, ticket.bill_until_s)
        if ticket.person:
            touch = Touch("impression", ticket.at_s, ticket.line_item, ticket.creative, ticket.bid)
            self._contacts.expect(ticket.person, touch, now_s)
        self._events.write(
            bid_event(auction, bid, answer.bid_id, now_s, self._model, measured=ticket.measured)
        )
        desk.bids[bid.media_type].inc()
        desk.offered.inc(bid.price)
