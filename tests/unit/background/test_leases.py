"""A lease asks for as much as lasts a while: more if the last grant went quickly, less if it lay about."""

import pytest

from adserver.background.leases import SLOW, Lease
from adserver.catalog.bits import Run


def test_a_new_lease_has_nothing_and_asks_for_as_much_as_is_usual() -> None:
    lease = Lease(7)
    assert (lease.key, lease.free, lease.low, lease.pot, lease.until_s) == (7, 0, 0, 0, 0)
    assert lease.asked is False
    assert lease.run == Run(0, 0)
    assert [lease.want(now_s, 1.0) for now_s in (0.5, 5.0, 1_000.0)] == [0, 0, 0]


@pytest.mark.parametrize(
    ("lasted_s", "want"),
    [(0.0, 202), (1.9, 202), (2.0, 101), (2.0 * SLOW, 101), (2.0 * SLOW + 0.1, 50)],
)
def test_what_is_asked_for_follows_how_long_the_last_grant_lasted(
    lasted_s: float, want: int
) -> None:
    lease = Lease(7)
    lease.grant(5, 40, 9_000, 100.0)
    lease.grant(5, 101, 9_000, 500.0)
    assert lease.want(500.0 + lasted_s, 2.0) == want


def test_a_grant_answers_what_was_asked_and_adds_to_what_is_left() -> None:
    lease = Lease(7)
    lease.asked = True
    lease.grant(5, 40, 8_000, 100.0)
    assert lease.asked is False
    assert (lease.pot, lease.until_s, lease.free, lease.low) == (5, 8_000, 40, 20)
    lease.grant(5, 61, 9_000, 100.0)
    assert (lease.pot, lease.until_s, lease.free, lease.low) == (5, 9_000, 101, 50)
    assert str(lease.low) == "50", "whole nanos"


def test_an_emptied_lease_is_as_new() -> None:
    lease = Lease(7)
    lease.grant(5, 40, 8_000, 100.0)
    lease.asked = True
    assert lease.empty() == (5, 40)
    assert (lease.free, lease.low, lease.pot, lease.until_s) == (0, 0, 0, 0)
    assert lease.asked is False
    assert lease.empty() == (0, 0)
