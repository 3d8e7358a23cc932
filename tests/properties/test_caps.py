"""Frequency caps of all levels at once, by the code that serves, against a plain list of what happened."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count

from hypothesis import given, settings
from hypothesis import strategies as st

from adserver.background.contacts import PENDING_S, PendingContacts
from adserver.catalog.compiler import compile_snapshot
from adserver.catalog.snapshot import Snapshot
from adserver.decision import frequency
from adserver.decision.tracing import Traced
from adserver.domain.campaign import Advertiser, Campaign, Cap, Catalog, InsertionOrder, LineItem
from adserver.domain.person import PersonKey, Touch
from adserver.domain.week import HOUR_S
from tests.fakes.profiles import FakeProfiles
from tests.unit.decision.made import NOW_S, auction, banner, line_item, moment

IDS = tuple(bytes([number]) * 16 for number in range(1, 5))
HOMES = tuple(bytes([number]) * 16 for number in range(11, 13))
ITEMS = 6
START_S = NOW_S - 86_000

caps = st.lists(
    st.builds(
        Cap,
        st.sampled_from((1, 1, 2, 3)),
        st.integers(1, 5),
        st.sampled_from(("person", "household")),
    ),
    max_size=2,
).map(tuple)
steps = st.one_of(
    st.tuples(st.just("wait"), st.sampled_from((1, 30, 59, 60, 61, 1_800, 3_599, 3_600, 7_200))),
    st.tuples(st.just("bid"), st.integers(0, 3), st.integers(0, 1), st.integers(0, ITEMS - 1)),
    st.tuples(st.just("see"), st.integers(0, 9)),
    st.tuples(st.just("see"), st.integers(0, 9)),
    st.tuples(st.just("lose"), st.integers(0, 9)),
    st.tuples(st.just("link"), st.integers(0, 3), st.integers(0, 3)),
)


@dataclass
class Shown:
    """One bid, and what became of it."""

    person: PersonKey
    """The id that the request had."""
    home: PersonKey
    line_item: LineItem
    at_s: float
    touch: Touch
    key: PersonKey
    """Under which the server keeps it."""
    state: str = "pending"


@dataclass
class Oracle:
    """All that happened, in a list."""

    snapshot: Snapshot
    shown: list[Shown] = field(default_factory=list)
    same: dict[PersonKey, PersonKey] = field(default_factory=dict)

    def root(self, key: PersonKey) -> PersonKey:
        """Return whose id this is by now."""
        while key in self.same:
            key = self.same[key]
        return key

    def counts(self, each: Shown, now_s: float) -> bool:
        """Tell whether a bid counts as an impression at this moment."""
        if each.state == "pending":
            return now_s < each.at_s + PENDING_S
        return each.state == "seen"

    def allowed(self, person: PersonKey, home: PersonKey, now_s: float) -> set[str]:
        """Return the line items that have reached no cap of their own or of those above."""
        found = set()
        for advertiser in self.snapshot.catalog.advertisers:
            for campaign in advertiser.campaigns:
                for order in campaign.insertion_orders:
                    for item in order.line_items:
                        owners: list[tuple[Sequence[Cap], set[int]]] = [
                            (item.caps, {item.number}),
                            (order.caps, _numbers([order])),
                            (campaign.caps, _numbers(campaign.insertion_orders)),
                            (advertiser.caps, _numbers([o for c in advertiser.campaigns for o in c.insertion_orders])),
                        ]  # fmt: skip
                        if all(
                            self._below(cap, numbers, person, home, now_s)
                            for limits, numbers in owners
                            for cap in limits
                        ):
                            found.add(item.id)
        return found

    def _below(
        self, cap: Cap, numbers: set[int], person: PersonKey, home: PersonKey, now_s: float
    ) -> bool:
        seen = sum(
            each.line_item.number in numbers
            and self.counts(each, now_s)
            and each.touch.at_s > now_s - cap.hours * HOUR_S
            and (each.home == home if cap.per == "household" else self.root(each.person) == self.root(person))
            for each in self.shown
        )  # fmt: skip
        return seen < cap.impressions


def _numbers(orders: Sequence[InsertionOrder]) -> set[int]:
    return {item.number for order in orders for item in order.line_items}


def _catalog(limits: Sequence[tuple[Cap, ...]]) -> Snapshot:
    """Three orders of two line items in two campaigns, each level with its caps."""
    given_caps = iter(limits)
    items = [line_item(f"item-{number}", caps=next(given_caps)) for number in range(ITEMS)]
    orders = [
        InsertionOrder(id=f"order-{at}", caps=next(given_caps), line_items=tuple(items[2 * at : 2 * at + 2]))
        for at in range(3)
    ]  # fmt: skip
    campaigns = (
        Campaign(id="first", caps=next(given_caps), insertion_orders=tuple(orders[:2])),
        Campaign(id="second", caps=next(given_caps), insertion_orders=tuple(orders[2:])),
    )
    shop = Advertiser(
        id="shop", domain="shop.example", timezone="UTC", creatives=(banner(),),
        campaigns=campaigns, caps=next(given_caps),
    )  # fmt: skip
    return compile_snapshot(Catalog((shop,)))


class Server:
    """The code that serves, and the list beside it."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.oracle = Oracle(snapshot)
        self.profiles = FakeProfiles()
        self.contacts = PendingContacts(
            snapshot.frequency.line_items | snapshot.household_frequency.line_items
        )
        self.now_s = float(START_S)
        self._items = {each.id: each for each in snapshot.line_items}
        self._serials = count(1)

    def alive(self, person: PersonKey, home: PersonKey) -> set[str]:
        """Return the line items that may be shown."""
        snapshot, contacts = self.snapshot, self.contacts
        who = self.profiles.find([person], self.now_s)
        where = self.profiles.find([home], self.now_s)
        left = frequency.hold_back(
            snapshot,
            auction(person=who.person, household=where.person),
            moment(
                snapshot,
                now_s=self.now_s,
                touches=contacts.merged(who.person, who.profile.touches, who.profile.aliases),
                household_touches=contacts.merged(where.person, where.profile.touches),
            ),
            snapshot.everyone,
            Traced(),
        )
        return {each.line_item for each in snapshot.candidates if left >> each.index & 1}

    def wait(self, seconds: int) -> None:
        """Let time pass."""
        self.now_s += seconds
        self.contacts.expire(self.now_s)

    def bid(self, at: int, home_at: int, number: int) -> None:
        """Bid, whatever the caps say: bids of other workers are made all the same."""
        person, home = IDS[at], HOMES[home_at]
        item = self._items[f"item-{number}"]
        touch = self._touch(item, next(self._serials).to_bytes(16))
        key = self.profiles.find([person], self.now_s).person
        self.contacts.expect(key, touch, self.now_s)
        self.contacts.expect(home, touch, self.now_s)
        self.oracle.shown.append(Shown(person, home, item, self.now_s, touch, key))

    def see(self, at: int) -> None:
        """Report the impression of one of the last bids, a lost one's too."""
        for each in self.oracle.shown[-1 - at :][:1]:
            if each.state != "seen":
                each.state = "seen"
                each.touch = self._touch(each.line_item, each.touch.bid)
                for key in (each.key, each.home):
                    self.profiles.add_touches([(key, each.touch)])
                    self.contacts.report(key, each.touch, self.now_s)

    def lose(self, at: int) -> None:
        """Report that one of the last bids lost."""
        for each in self.oracle.shown[-1 - at :][:1]:
            if each.state == "pending":
                each.state = "lost"
            self.contacts.forget(each.touch.bid)

    def link(self, first: int, second: int) -> None:
        """Join two ids, and whatever each of them was joined with."""
        root, other = self.oracle.root(IDS[first]), IDS[second]
        if root != other and self.oracle.root(other) == other:
            self.profiles.link([(IDS[first], other)])
            self.oracle.same[other] = root

    def _touch(self, item: LineItem, bid: bytes) -> Touch:
        return Touch("impression", int(self.now_s), item.number, 1, bid)


@settings(max_examples=100, deadline=None)
@given(st.lists(caps, min_size=12, max_size=12), st.lists(steps, min_size=8, max_size=30))
def test_whoever_may_be_shown_is_whom_the_list_says(
    limits: list[tuple[Cap, ...]], happened: list[tuple[str, *tuple[int, ...]]]
) -> None:
    """At every step, for each id of every person, in each household; also when ids are joined later."""
    server = Server(_catalog(limits))
    for name, *numbers in happened:
        getattr(server, name)(*numbers)
        for person in IDS:
            for home in HOMES:
                said = server.oracle.allowed(person, home, server.now_s)
                assert server.alive(person, home) == said
