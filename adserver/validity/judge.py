"""Who is no person: requests before the bid, impressions and clicks after it."""

import copy
from collections.abc import Callable, Sequence
from typing import NamedTuple, Self

from adserver.domain.networks import IPV6_BYTES, Networks, network, packed
from adserver.domain.notice import Kind
from adserver.domain.reasons import Reason
from adserver.domain.ticket import Ticket
from adserver.domain.validity import (
    CLICKS_PER_ADDRESS,
    CLICKS_PER_PERSON,
    CRAWLERS,
    FAST_CLICKS,
    network_rule,
)
from adserver.ports import Crawlers, ListedNetworks
from adserver.validity.rates import RateTable

INSIDE = Networks(
    network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.168.0.0/16", "::/127", "fc00::/7", "fe80::/10",
    )
)  # fmt: skip
"""Addresses that are nobody's in particular: many people share each, or a proxy of ours stands behind it."""
HOUSEHOLD_BYTES = 8
"""Of an IPv6 address this half is the household's; the other its devices change as they like."""


class Lists(NamedTuple):
    """A list of networks by its name."""

    name: str
    networks: ListedNetworks


class RequestJudge:
    """Before the bid. Cheap rules come first; whatever is not switched on costs nothing."""

    def __init__(
        self,
        *,
        crawlers: Crawlers | None = None,
        lists: Sequence[Lists] = (),
        per_id: RateTable | None = None,
        per_address: RateTable | None = None,
        monotonic: Callable[[], float],
    ) -> None:
        self.asks_id = per_id is not None
        """Whether the person's id is looked at."""
        self.asks_address = bool(lists) or per_address is not None
        self._is_crawler = crawlers.is_crawler if crawlers is not None else _nobody
        self._lists = lists
        self._per_id = per_id
        self._per_address = per_address
        self._monotonic = monotonic
        self._counts = True

    def looking(self) -> Self:
        """Return a judge of the same memory that counts nothing: for explanations."""
        found = copy.copy(self)
        found._counts = False  # noqa: SLF001 - our own
        return found

    def judge(self, user_agent: str, addresses: Sequence[str], person: str) -> Reason | None:
        """Return why a request does not come from a person, or nothing; what is empty is not judged."""
        if user_agent and self._is_crawler(user_agent):
            return Reason.CRAWLER
        if not addresses and not person:
            return None
        found = [raw for raw in map(packed, addresses) if raw is not None] if addresses else ()
        for _, networks in self._lists:
            for raw in found:
                if raw in networks:
                    return Reason.NETWORK
        return self._rated(found, person)

    def _rated(self, addresses: Sequence[bytes], person: str) -> Reason | None:
        too_often = False
        if person and self._per_id is not None:
            who = person.encode("utf-8", "surrogatepass")
            too_often = self._per_id.exceeds(who, self._monotonic(), counts=self._counts)
        if addresses and self._per_address is not None and addresses[0] not in INSIDE:
            who = household(addresses[0])
            if self._per_address.exceeds(who, self._monotonic(), counts=self._counts):
                too_often = True
        return Reason.NON_HUMAN if too_often else None


class ContactJudge:
    """After the bid: what a device tells us of impressions, clicks and watching."""

    def __init__(
        self,
        *,
        crawlers: Crawlers | None = None,
        lists: Sequence[Lists] = (),
        fastest_click_ms: int = 0,
        per_person: RateTable | None = None,
        per_address: RateTable | None = None,
        monotonic: Callable[[], float],
    ) -> None:
        """`fastest_click_ms` 0 lets any click be as fast as it likes."""
        self._crawlers = crawlers
        self._lists = [(network_rule(name), networks) for name, networks in lists]
        self._fastest_click_s = fastest_click_ms / 1_000
        self._per_person = per_person
        self._per_address = per_address
        self._monotonic = monotonic

    @property
    def rules(self) -> tuple[str, ...]:
        """The names of all rules that `judge` can return."""
        return (
            *((CRAWLERS,) if self._crawlers is not None else ()),
            *(rule for rule, _ in self._lists),
            *((FAST_CLICKS,) if self._fastest_click_s else ()),
            *((CLICKS_PER_PERSON,) if self._per_person is not None else ()),
            *((CLICKS_PER_ADDRESS,) if self._per_address is not None else ()),
        )

    def judge(self, kind: Kind, ticket: Ticket, now_s: float, user_agent: str, address: str) -> str:
        """Return the name of the rule that a contact breaks, or nothing.

        Clicks are counted even if another rule speaks first, so that who is told apart by it stays so.
        """
        raw = packed(address) if address else None
        repeated = self._repeated(ticket, raw) if kind == "click" else ""
        if user_agent and self._crawlers is not None and self._crawlers.is_crawler(user_agent):
            return CRAWLERS
        if raw is not None:
            for rule, networks in self._lists:
                if raw in networks:
                    return rule
        if kind == "click" and 0 <= now_s - ticket.bid_s < self._fastest_click_s:
            return FAST_CLICKS
        return repeated

    def _repeated(self, ticket: Ticket, address: bytes | None) -> str:
        rule = ""
        of_address, of_person = self._per_address, self._per_person
        if of_address is not None and address is not None and address not in INSIDE:  # noqa: SIM102 - it counts
            if of_address.exceeds(household(address), self._monotonic()):
                rule = CLICKS_PER_ADDRESS
        if of_person is not None and ticket.person:  # noqa: SIM102 - it counts
            if of_person.exceeds(ticket.person, self._monotonic()):
                rule = CLICKS_PER_PERSON
        return rule


def _nobody(user_agent: str) -> bool:  # noqa: ARG001 - as a `Crawlers` asks
    """Tell that this is no crawler: the rule is off."""
    return False


def household(address: bytes) -> bytes:
    """Return what of an address stands for those who use it."""
    return address[:HOUSEHOLD_BYTES] if len(address) == IPV6_BYTES else address
