"""Paces follow money and what workers report; grants run no further ahead of the plan than reports come."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from adserver.background.money_messages import Flow, LineFlow
from adserver.domain.campaign import Budget, Flight
from adserver.domain.entries import AnyEntry, Granted, Settled
from adserver.domain.ledger import Ledger
from adserver.domain.supply_profile import EVEN
from adserver.processes.owner.grants import Grants
from adserver.processes.owner.lines import Lines, Payer
from adserver.processes.owner.paces import Paces
from adserver.processes.owner.past import Past
from adserver.processes.owner.supply import Supply
from tests.unit.processes.owner_world import NOW, TENT, Source

BUDGET = 1_000_000
LENGTH_S = 1_000


class World:
    """An owner's money without its socket, and one worker's reports."""

    def __init__(self, pacing: str, supply: Supply | None = None, length_s: int = LENGTH_S) -> None:
        flight = Flight(NOW, NOW + length_s)
        source = Source(pacing=pacing, flight=flight, budget=Budget(lifetime=BUDGET))
        self.ledger = Ledger()
        self.now_s = float(NOW)
        supply = supply or Supply()
        lines = Lines(source.load(), {}, Past(self.ledger, supply))
        self.grants = Grants(self.ledger, self._enter, lines, 3_600, lambda: self.now_s)
        self.paces = Paces(self.ledger, self.grants, supply)
        self.grants.allowance = self.paces.allowance
        self.lease = self.grants.lease(self.now_s)

    def _enter(self, entry: AnyEntry) -> None:
        self.ledger.apply(entry)

    @property
    def payer(self) -> Payer:
        """The line item today."""
        found = self.grants.lines.payer(TENT, self.now_s)
        assert found is not None
        return found

    def report(
        self, bids: int, claimed: int, free: int = 10**6, chances: float = 100.0
    ) -> dict[int, float]:
        """Five seconds later the worker says what it did; return what is told to workers."""
        self.now_s += 5.0
        line = LineFlow(TENT, chances, bids, claimed, free)
        self.paces.flowed(self.lease, Flow(5.0, 300, 50, (line,)), self.now_s)
        return self.paces.step(self.now_s)

    def bill(self, number: int, amount: int) -> None:
        """A bill comes at once, paid by the lease."""
        pot = self.grants._open(self.payer)
        self._enter(Granted(self.lease, pot, amount))
        at_s = int(self.now_s)
        entry = Settled(
            bid=number.to_bytes(16), kind="billing", line_item=TENT, exchange="north", lease=self.lease,
            pots=(pot,), reserved=amount, media=amount, data=0, tech=0, margin=0, at_s=at_s, until_s=at_s, bid_s=at_s,
        )  # fmt: skip
        self._enter(entry)
        self.paces.entered(entry, self.now_s)


def test_who_claims_too_much_is_held_back_and_let_go_again() -> None:
    world = World("even")
    told = [world.report(50, 50_000).get(TENT, 1.0) for _ in range(4)]
    assert told[0] < 1.0
    assert told == sorted(told, reverse=True)
    assert world.paces.current() == {TENT: world.paces.value(TENT)}
    low = world.paces.value(TENT)
    for _ in range(30):
        world.report(10, int(10_000 * world.paces.value(TENT)))
    assert world.paces.value(TENT) > low


def test_without_supply_nothing_is_learned_and_the_multiplier_stays() -> None:
    world = World("even")
    for _ in range(5):
        world.report(50, 50_000)
    before = world.paces.value(TENT)
    for _ in range(60):
        world.now_s += 5.0
        world.paces.flowed(world.lease, Flow(5.0, 0, 0, ()), world.now_s)
        assert world.paces.step(world.now_s) == {}
    assert world.paces.value(TENT) == before


def test_as_fast_as_possible_is_never_held_back() -> None:
    world = World("asap")
    assert world.report(50, 50_000) == {}
    assert world.paces.allowance(world.payer, world.now_s) is None


def test_money_in_bids_is_not_money_spent() -> None:
    """A tenth of the claims is billed, so ten times the plan may be in bids."""
    world = World("even")
    for number in range(100):
        world.report(50, 50_000)
        world.bill(number, 5_000)
    share = world.paces.share(TENT)
    assert 0.05 < share < 0.2, (
        "as the multiplier that is aimed at now, which is not that of all those bids"
    )
    assert world.paces.expected(TENT) < 50_000
    allowed = world.paces.allowance(world.payer, world.now_s)
    assert allowed is not None
    assert allowed > BUDGET / LENGTH_S * 8 / share, "the next seconds' spend, at full price"


def test_what_is_free_already_is_not_granted_again() -> None:
    world = World("even")
    world.report(50, 50_000)
    before = world.paces.allowance(world.payer, world.now_s)
    grant = world.grants.grant(world.lease, TENT, 2_000, world.now_s)
    after = world.paces.allowance(world.payer, world.now_s)
    assert grant is not None
    assert before is not None
    assert after == before - grant[1]


def test_a_budget_for_life_is_planned_anew_each_morning() -> None:
    """What yesterday left is spread over the days that are left."""
    source = Source(
        pacing="even",
        flight=Flight(NOW - 86_400 * 2, NOW + 86_400 * 2),
        budget=Budget(lifetime=4_000),
    )

    class Known(Past):
        def spent_before(self, _account: str, _day: str) -> int:
            return 1_000

    lines = Lines(source.load(), {}, Known(Ledger(), Supply()))
    payer = lines.payer(TENT, NOW)
    assert payer is not None
    begins_s = payer.window.start_s
    left_s = NOW + 86_400 * 2 - begins_s
    assert payer.plan(payer.bounds[0], begins_s) == 1_000
    expected = 1_000 + 3_000 * 43_200 / left_s
    assert payer.plan(payer.bounds[0], begins_s + 43_200) == pytest.approx(expected, abs=1)


def test_supply_is_learned_by_the_hour_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "chances.bin"
    supply = Supply(path)
    assert supply.rates(TENT) is EVEN
    world = World("even", supply, 10 * 3_600)
    chains = world.grants.lines.chains
    supply.turn(chains, NOW)
    for hour, chances in ((1, 500.0), (2, 100.0)):
        supply.count(TENT, chances)
        supply.observed(1_000.0)
        assert supply.is_over(NOW + hour * 3_600.0)
        supply.turn(chains, NOW + hour * 3_600.0)
    learned = supply.rates(TENT)
    assert sum(each > learned[0] for each in learned) == 7, (
        "that hour has more than usual, on whatever day"
    )
    supply.save(supply.encoded([(TENT, 0.4, 3.0, 0.1)]))
    again = Supply(path)
    assert list(again.rates(TENT)) == list(learned)
    assert (again.learned[TENT].pace, again.learned[TENT].slope) == (0.4, 3.0)
    assert World("even", again).report(1, 100) != {}, "it goes on at the multiplier it had"


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\x81\xa6supply\x81\x01\x94\xc4\x01x\xcb"])
def test_a_damaged_file_is_told_of_and_begun_anew(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "chances.bin"
    path.write_bytes(content)
    with capture_logs() as logs:
        supply = Supply(path)
    assert [each["event"] for each in logs] == ["supply_forgotten"]
    assert supply.rates(TENT) is EVEN


def test_a_newcomer_is_measured_by_the_traffic_since_it_came() -> None:
    world = World("even")
    for _ in range(100):
        world.now_s += 5.0
        world.paces.flowed(world.lease, Flow(5.0, 300, 50, ()), world.now_s)
    world.report(10, 10_000, chances=150.0)
    meter = world.paces._meters[TENT]
    assert meter.chances_per_s(60.0) == pytest.approx(30.0), "half of the requests"


def test_the_rest_of_a_report_belongs_to_its_traffic() -> None:
    world = World("even")
    world.now_s += 5.0
    line = LineFlow(TENT, 150.0, 10, 10_000, 10**6)
    world.paces.flowed(world.lease, Flow(5.0, 300, 50, ()), world.now_s)
    other = world.grants.lease(world.now_s)
    world.paces.flowed(other, Flow(5.0, 300, 50, ()), world.now_s)
    world.paces.flowed(world.lease, Flow(5.0, 0, 0, (line,), is_more=True), world.now_s)
    world.paces.step(world.now_s)
    assert world.paces._meters[TENT].chances_per_s(120.0) == pytest.approx(30.0)


def test_the_rest_of_what_another_owner_was_told_is_not_heard() -> None:
    world = World("even")
    line = LineFlow(TENT, 150.0, 10, 10_000, 10**6)
    world.paces.flowed(world.lease, Flow(5.0, 0, 0, (line,), is_more=True), world.now_s)
    assert not world.paces._meters


def test_who_never_bid_costs_no_meter_and_its_supply_is_counted() -> None:
    world = World("asap")
    world.report(0, 0)
    assert not world.paces._meters
    assert world.paces.supply._chances == {TENT: 100.0}
    world.report(1, 1_000)
    assert list(world.paces._meters) == [TENT]
    assert world.paces.supply._chances == {TENT: 200.0}
