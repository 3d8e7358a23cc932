"""Leases by themselves: numbers, breaks, ends; every decision is an entry."""

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from adserver.background.protocol import Hello
from adserver.background.spending import RELEASE_AFTER_S
from adserver.domain.campaign import Budget
from adserver.domain.entries import (
    Closed,
    Expired,
    Granted,
    LateLiability,
    Leased,
    Opened,
    Returned,
    Seen,
    Wanted,
)
from adserver.domain.ledger import BUDGET
from adserver.processes.owner.grants import TERM_S, Grants
from tests.unit.processes.grants_world import ITEM, LIFE_S, NOON, OTHER, billed, world


def test_lease_numbers_go_up_and_say_whose_they_are() -> None:
    made = world(Budget(), host="blue")
    made.enter(Leased(7, 1, "green"))
    assert [made.grants.lease(NOON + 0.9), made.grants.lease(NOON)] == [8, 9]
    assert made.told()[1:] == [Leased(8, NOON, "blue"), Leased(9, NOON, "blue")]


def test_only_leases_of_this_host_are_closed_at_a_start_and_each_once() -> None:
    made = world(Budget(), host="blue")
    for lease, host in enumerate(("blue", "green", "blue"), start=1):
        made.enter(Leased(lease, 1, host))
    made.grants.close(1, NOON + 0.9)
    made.told()
    made.grants.close(1, NOON)
    made.grants.close(99, NOON)
    made.grants.close_all(NOON + 5.5)
    assert made.told() == [Closed(3, NOON + 5)]
    alone = world(Budget())
    alone.enter(Leased(1, 1))
    alone.grants.close_all(NOON)
    assert alone.told() == [Leased(1, 1), Closed(1, NOON)]


def test_a_closed_lease_expires_when_none_of_its_bids_can_be_billed_and_an_open_one_never() -> None:
    made = world(Budget())
    for entry in (Leased(1, 1), Leased(2, 1), Closed(1, NOON)):
        made.enter(entry)
    made.told()
    over_s = NOON + TERM_S + LIFE_S + 2 * RELEASE_AFTER_S
    made.grants.expire(over_s)
    assert made.told() == []
    made.grants.expire(over_s + 0.5)
    assert made.told() == [Expired(1)]
    made.grants.expire(over_s + 10**6)
    assert made.told() == []


def test_among_several_hosts_a_closed_lease_expires_by_our_steady_clock_as_well() -> None:
    """Another machine's clock may have said when it was closed; and who came back begins anew."""
    made, steady_s = world(Budget(), host="blue"), 5_000.0
    grants = Grants(made.ledger, made.enter, made.lines, LIFE_S, lambda: steady_s, "blue")
    for entry in (Leased(2, 1, "blue"), Leased(1, 1, "green"), Closed(1, NOON - 10**6)):
        made.enter(entry)
    made.told()
    wait_s = TERM_S + LIFE_S + 2 * RELEASE_AFTER_S
    grants.expire(NOON)
    steady_s += wait_s
    grants.expire(NOON + 10**6)
    assert made.told() == []
    steady_s += 1
    grants.expire(NOON - 10**6 + wait_s)
    assert made.told() == [], "nor before the other's clock says so"
    for entry in (Leased(1, 1, "green"), Closed(2, NOON)):
        made.enter(entry)
    grants.expire(NOON + 10**6)
    made.enter(Closed(1, NOON))
    made.told()
    grants.expire(NOON + 10**6)
    steady_s += wait_s
    grants.expire(NOON + 10**6)
    assert made.told() == []
    steady_s += 1
    grants.expire(NOON + 10**6)
    assert sorted(made.told(), key=repr) == [Expired(1), Expired(2)]
    assert grants._closed_at == {}


def test_a_clock_set_forward_gives_closed_leases_as_much_longer() -> None:
    made = world(Budget())
    for entry in (Leased(1, 1), Leased(2, 1), Leased(3, 1), Closed(1, NOON), Closed(3, NOON - 9)):
        made.enter(entry)
    made.told()
    gone = made.grants.gone()
    assert gone == {1: NOON, 3: NOON - 9}
    made.grants.clock_set(-50, gone)
    made.grants.clock_set(0, gone)
    assert made.told() == []
    made.enter(Closed(2, NOON + 60))
    made.told()
    made.grants.clock_set(0.6, gone)
    assert made.told() == [Closed(1, NOON + 1), Closed(3, NOON - 8)], "not who went by the new time"
    made.enter(Leased(1, 1))
    made.enter(Expired(3))
    made.told()
    made.grants.clock_set(60, gone)
    assert made.told() == [], "nor who came back, or is forgotten"


def test_money_is_taken_back_as_far_as_the_lease_has_it() -> None:
    made = world(Budget())
    for entry in (Opened(1, ITEM, ("a",), 0, 1), Granted(1, 1, 50)):
        made.enter(entry)
    made.told()
    for amount in (20, 0, -5, 1, 100, 3):
        made.grants.give_back(1, 1, amount)
    assert made.told() == [Returned(1, 1, 20), Returned(1, 1, 1), Returned(1, 1, 29)]


def test_other_hosts_are_told_of_what_is_wanted_if_there_are_any() -> None:
    alone, shared = world(Budget()), world(Budget(), host="blue")
    alone.grants.want(4)
    shared.grants.want(4)
    assert (alone.told(), shared.told()) == ([], [Wanted(4)])


def test_a_worker_comes_back_to_its_lease_with_what_it_believes_and_hears_of_its_bids() -> None:
    made = world(Budget(), host="blue")
    for entry in (
        Leased(1, 1), Opened(1, ITEM, ("a",), 0, 1), Opened(2, OTHER, ("b",), 0, 1), Granted(1, 1, 500), Granted(1, 2, 70),
        billed(b"1" * 16), billed(b"2" * 16, (), LateLiability), Seen(b"3" * 16, "loss", ITEM, NOON + 9_000),
        Seen(b"4" * 16, "click", ITEM, NOON + 9_000),
    ):  # fmt: skip
        made.enter(entry)
    made.told()
    holds = tuple(bytes([each]) * 16 for each in b"1234")
    lease, resolved = made.grants.resume(Hello(0, 1, 1, ((1, 450), (2, 70)), holds), NOON + 0.5)
    assert lease == 1
    assert resolved == ((b"1" * 16, 130), (b"2" * 16, 0), (b"3" * 16, 0))
    assert made.told() == [Leased(1, NOON, "blue"), Returned(1, 1, 50)], "of 500, 130 are billed"


def test_what_budgets_paid_beside_a_lease_is_no_part_of_what_its_worker_believes() -> None:
    made = world(Budget())
    beside = replace(billed(b"1" * 16), lease=BUDGET)
    for entry in (Leased(1, 1), Opened(1, ITEM, ("a",), 0, 1), Granted(1, 1, 500), Granted(BUDGET, 1, 130), beside):  # fmt: skip
        made.enter(entry)
    made.told()
    assert made.grants.resume(Hello(0, 1, 1, ((1, 500),), (b"1" * 16,)), NOON) == (1, ((b"1" * 16, 0),))  # fmt: skip
    assert made.told() == [Leased(1, NOON)]


def test_a_worker_that_believes_in_nothing_gives_back_what_it_holds_and_no_more() -> None:
    made = world(Budget())
    for entry in (
        Leased(1, 1),
        Opened(1, ITEM, ("a",), 0, 1),
        Granted(1, 1, 500),
        billed(b"1" * 16),
    ):
        made.enter(entry)
    made.told()
    assert made.grants.resume(Hello(0, 1, 1, (), (b"1" * 16,)), NOON) == (1, ((b"1" * 16, 130),))
    assert made.told() == [Leased(1, NOON), Returned(1, 1, 370)]


@pytest.mark.parametrize(("believed", "back"), [((), 500), (((1, 499),), 1), (((1, 500),), 0)])
def test_what_a_lease_holds_beyond_what_its_worker_believes_goes_back(
    believed: tuple[tuple[int, int], ...], back: int
) -> None:
    made = world(Budget())
    for entry in (Leased(1, 1), Opened(1, ITEM, ("a",), 0, 1), Granted(1, 1, 500)):
        made.enter(entry)
    made.told()
    made.grants.resume(Hello(0, 1, 1, believed), NOON)
    assert made.told()[1:] == ([Returned(1, 1, back)] if back else [])


def test_a_bid_that_cost_nothing_is_resolved_and_takes_nothing() -> None:
    made = world(Budget())
    free = replace(billed(b"1" * 16), media=0, data=0, tech=0, margin=0)
    for entry in (Leased(1, 1), Opened(1, ITEM, ("a",), 0, 1), Granted(1, 1, 500), free):
        made.enter(entry)
    made.told()
    assert made.grants.resume(Hello(0, 1, 1, (), (b"1" * 16,)), NOON) == (1, ((b"1" * 16, 0),))
    assert made.told() == [Leased(1, NOON), Returned(1, 1, 500)]


def test_a_worker_whose_lease_has_nothing_comes_back_to_it() -> None:
    made = world(Budget())
    made.enter(Leased(1, 1))
    assert made.grants.resume(Hello(0, 1, 1), NOON) == (1, ())


def test_a_server_alone_has_no_name() -> None:
    made = world(Budget())
    alone = Grants(made.ledger, made.enter, made.lines, LIFE_S)
    alone.lease(NOON)
    alone.want(1)
    assert made.told() == [Leased(1, NOON)]


def test_a_worker_that_believes_too_much_gets_nothing_and_is_told_of() -> None:
    made = world(Budget())
    for entry in (Leased(1, 1), Opened(1, ITEM, ("a",), 0, 1), Granted(1, 1, 500)):
        made.enter(entry)
    made.told()
    with capture_logs() as logs:
        made.grants.resume(Hello(0, 1, 1, ((1, 501),)), NOON)
        made.grants.resume(Hello(0, 1, 1, ((1, 500),)), NOON)
    assert made.told() == [Leased(1, NOON), Leased(1, NOON)]
    assert [(log["event"], log["by_nanos"]) for log in logs] == [("lease_overstated", 1)]


def test_a_worker_whose_lease_is_over_gets_a_fresh_one() -> None:
    made = world(Budget())
    assert made.grants.resume(Hello(0, 1, 5, ((1, 9),), (b"1" * 16,)), NOON) == (1, ())
    assert made.told() == [Leased(1, NOON)]
