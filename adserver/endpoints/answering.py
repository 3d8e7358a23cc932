"""Act: give each bid an identity, set its money aside, write its markup, and say so in the event log."""

import os
from collections.abc import Mapping, Sequence
from typing import Protocol

from adserver.domain.bid import Bid
from adserver.domain.consent import Permission
from adserver.domain.money import Rates
from adserver.domain.opportunity import Auction
from adserver.domain.person import Touch
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

    def answer(
        self,
        desk: Desk,
        auction: Auction,
        permission: Permission,
        bids: Sequence[Bid],
        now_s: float,
    ) -> bytes:
        """Return the response for at least one bid."""
        unique = os.urandom(_ID_BYTES * len(bids))
        answers = []
        for position, bid in enumerate(bids):
            bid_id = unique[position * _ID_BYTES : (position + 1) * _ID_BYTES]
            answers.append(self._answer(desk, auction, permission, bid, bid_id, now_s))
        return respond(auction, answers, answers[0].bid_id, desk.terms, self._rates)

    def withdraw(self, auction: Auction, bids: Sequence[Bid]) -> None:
        """Put back what was claimed for bids that will not be sent."""
        if not auction.test:
            for bid in bids:
                index = bid.candidate.line_item_index
                self._purse.put_back(index, auction.exchange, bid.reserved)

    def _answer(
        self,
        desk: Desk,
        auction: Auction,
        permission: Permission,
        bid: Bid,
        bid_id: bytes,
        now_s: float,
    ) -> Answer:
        terms = desk.terms
        candidate = bid.candidate
        creative = candidate.creative
        at_s = int(now_s)
        expiry_s = bid.opportunity.expiry_s
        until_s = at_s + (terms.expiry_s if expiry_s is None else min(expiry_s, terms.expiry_s))
        person = auction.person if permission.identify and auction.person is not None else b""
        ticket = Ticket(
            bid_id,
            at_s,
            terms.name,
            candidate.line_item_number,
            creative.number,
            bid.media_type.value,
            bid.reserved,
            bid.price,
            wire_price(bid, auction.currency, self._rates),
            self._leaseholder.lease,
            until_s,
            at_s + self._click_s,
            person,
            permission.measure,
            auction.test,
        )
        token = self._vault.seal(ticket)
        billable = terms.billable(bid.media_type)
        markup = self._markups[creative.id].render(
            markup_links(self._base_url, token, billable), bid.opportunity
        )
        if not auction.test:
            index = candidate.line_item_index
            self._purse.hold(bid_id, index, auction.exchange, bid.reserved, until_s)
            if person:
                touch = Touch(
                    "impression", at_s, candidate.line_item_number, creative.number, bid_id
                )
                self._contacts.expect(person, touch, now_s)
            bid_hex = bid_id.hex()
            self._events.write(
                bid_event(auction, bid, bid_hex, now_s, self._model, measured=permission.measure)
            )
            desk.bids[bid.media_type].inc()
            desk.offered.inc(bid.price)
        else:
            bid_hex = bid_id.hex()
        return Answer(bid, bid_hex, markup, notice_urls(self._base_url, token, billable))
