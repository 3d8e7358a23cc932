"""Act: give each bid an identity, set its money aside, write its markup, and say so in the event log."""

import os
from collections.abc import Mapping, Sequence
from random import Random
from typing import NamedTuple, Protocol

from adserver.domain.bid import Bid
from adserver.domain.consent import Permission, Reach
from adserver.domain.fees import PPM
from adserver.domain.money import Rates
from adserver.domain.opportunity import OUT_OF_HOME, Auction
from adserver.domain.person import Touch
from adserver.domain.reasons import Reason
from adserver.domain.ticket import Ticket
from adserver.domain.week import DAY_S
from adserver.endpoints.desk import Desk
from adserver.endpoints.events import bid_event, shadow_event
from adserver.endpoints.tokens import TokenVault
from adserver.openrtb.outbound import BidWriter, respond, wire_price
from adserver.openrtb.skadnetwork import Signer
from adserver.ports import ClickModel, EventLog, Wallet
from adserver.ports.deciding import Decider, Deciding
from adserver.ports.landscape import PriceWatch
from adserver.ports.people import YoungContacts

_ID_BYTES = 16


class Draft(NamedTuple):
    """A response that is written and not yet sent."""

    body: bytes
    desk: Desk
    auction: Auction
    bids: Sequence[Bid]
    tickets: Sequence[Ticket]
    reach: Reach
    now_s: float
    decider: Decider
    """Whose probabilities it rests on."""
    shadow: ClickModel | None
    """Who is asked beside it, for the log alone."""


class Leaseholder(Protocol):
    """Who knows the number of the lease that our money comes from: the owner's client."""

    lease: int


class Answerer:
    """Turns decided bids into a response; the same for every exchange."""

    def __init__(
        self,
        *,
        rates: Rates,
        writer: BidWriter,
        vault: TokenVault,
        purse: Wallet,
        contacts: YoungContacts,
        events: EventLog,
        leaseholder: Leaseholder,
        clicks: Deciding,
        click_days: int,
        signer: Signer | None = None,
        watch: PriceWatch | None = None,
    ) -> None:
        self._rates = rates
        self._writer = writer
        self._vault = vault
        self._purse = purse
        self._contacts = contacts
        self._events = events
        self._leaseholder = leaseholder
        self._clicks = clicks
        self._click_s = click_days * DAY_S
        self._signer = signer
        self._watch = watch
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
    ) -> Draft:
        """Return the response for at least one bid; then `book` or `withdraw` it."""
        tickets = []
        written = []
        for bid in bids:
            bid_id = self._random.getrandbits(8 * _ID_BYTES).to_bytes(_ID_BYTES, "big")
            ticket = self._ticket(desk, auction, permission, bid, bid_id, now_s)
            tickets.append(ticket)
            written.append(
                self._writer.write(
                    auction,
                    bid,
                    desk.terms,
                    bid_id=bid_id.hex(),
                    token=self._vault.seal(ticket),
                    wire_price=ticket.wire_price,
                    profiled=permission.personalise
                    and (bid.candidate.by_audience or auction.segment_count > 0),
                    install="" if bid.candidate.app is None else self._install(bid, now_s),
                )
            )
        body = respond(auction, written, tickets[0].bid.hex(), desk.terms, missed)
        if not auction.test:  # before the next decision: caps count what is in flight
            for ticket in tickets:
                if ticket.person:
                    self._contacts.expect(ticket.person, _touch(ticket), now_s)
                if ticket.household:
                    self._contacts.expect(ticket.household, _touch(ticket), now_s)
        return Draft(
            body,
            desk,
            auction,
            bids,
            tickets,
            permission.reach,
            now_s,
            self._clicks.decider(auction),
            self._clicks.watcher(auction),
        )

    def book(self, draft: Draft) -> None:
        """Keep the money until the bids are resolved; log and count them."""
        if draft.auction.test:
            return
        desk, auction = draft.desk, draft.auction
        for bid, ticket in zip(draft.bids, draft.tickets, strict=True):
            index = bid.candidate.line_item_index
            self._purse.hold(
                ticket.bid,
                index,
                auction.exchange,
                bid.reserved,
                ticket.bill_until_s,
                ticket.at_s + ticket.held_s if ticket.held_s else 0,
            )
            if bid.offer is not None and self._watch is not None:
                self._watch.booked(ticket.bid, auction.exchange, bid.offer, draft.now_s)
            self._events.write(
                bid_event(
                    auction,
                    bid,
                    ticket.bid.hex(),
                    draft.now_s,
                    draft.decider,
                    measured=ticket.measured,
                    trainable=ticket.trainable,
                )
            )
            if draft.shadow is not None and ticket.measured and ticket.trainable:
                self._events.write(
                    shadow_event(auction, bid, ticket.bid.hex(), draft.now_s, draft.shadow)
                )
            desk.bids[bid.media_type].value += 1
            desk.bids_by_reach[draft.reach].value += 1
            desk.offered.value += bid.price * bid.opportunity.multiplier_ppm // PPM

    def withdraw(
        self, auction: Auction, bids: Sequence[Bid], tickets: Sequence[Ticket] = ()
    ) -> None:
        """Undo what was done for bids that will not be sent."""
        if not auction.test:
            for bid in bids:
                index = bid.candidate.line_item_index
                self._purse.put_back(index, auction.exchange, bid.reserved)
            for ticket in tickets:
                self._contacts.forget(ticket.bid)

    def _install(self, bid: Bid, now_s: float) -> str:
        """Return what lets Apple count an install: signing takes longer than all the rest, so only for who needs it."""
        app, install = bid.candidate.app, bid.opportunity.app_install
        if app is None or install is None or self._signer is None:
            return ""
        return self._signer.member(app, install, int(now_s * 1_000))

    def _ticket(
        self,
        desk: Desk,
        auction: Auction,
        permission: Permission,
        bid: Bid,
        bid_id: bytes,
        now_s: float,
    ) -> Ticket:
        terms = desk.terms
        at_s, at_ms = divmod(int(now_s * 1_000), 1_000)
        out_of_home = auction.inventory_type == OUT_OF_HOME
        life_s = terms.life_s(bid.opportunity.expiry_s, out_of_home=out_of_home)
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
            at_ms,
            permission.train,
            bid.opportunity.multiplier_ppm,
            out_of_home,
            auction.household if permission.identify and auction.household is not None else b"",
            bid.products,
            *self._rates.written(auction.currency),
            held_s=held_s if (held_s := self._purse.hold_s.get(terms.name, 0)) < life_s else 0,
        )


def _touch(ticket: Ticket) -> Touch:
    return Touch("impression", ticket.at_s, ticket.line_item, ticket.creative, ticket.bid)
