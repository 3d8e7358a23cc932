"""Paces follow money, and cost nothing where none moves."""

from adserver.domain.campaign import Budget, Flight
from adserver.domain.entries import AnyEntry
from adserver.domain.ledger import Ledger
from adserver.processes.owner.grants import Grants
from adserver.processes.owner.lines import Lines
from adserver.processes.owner.paces import Paces
from tests.unit.processes.owner_world import NOW, TENT, Source


def world(pacing: str) -> tuple[Grants, Paces]:
    source = Source(
        pacing=pacing, flight=Flight(NOW, NOW + 1_000), budget=Budget(lifetime=1_000_000)
    )
    ledger = Ledger()

    def enter(entry: AnyEntry) -> None:
        ledger.apply(entry)

    grants = Grants(ledger, enter, Lines(source.load(), {}), 3_600)
    return grants, Paces(ledger, grants)


def test_line_item_ahead_of_its_plan_is_held_back_and_let_go_again() -> None:
    grants, paces = world("even")
    lease = grants.lease(NOW)
    assert grants.grant(lease, TENT, 0, NOW + 1) is not None
    first = paces.step(NOW + 1)[TENT]
    assert first < 1.0
    assert paces.step(NOW + 1)[TENT] < first
    assert paces.current() == {TENT: paces.value(TENT)}
    told = [paces.step(NOW + 500) for _ in range(100)]
    assert paces.value(TENT) == 1.0
    assert [step[TENT] for step in told if step][-1] == 1.0
    assert told[-1] == paces.current() == {}


def test_as_fast_as_possible_is_never_held_back() -> None:
    grants, paces = world("asap")
    assert grants.grant(grants.lease(NOW), TENT, 0, NOW + 1) is not None
    assert paces.step(NOW + 1) == {}
