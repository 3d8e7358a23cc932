"""What is known holds as long as its grant says, and never from the future."""

import pytest

from adserver.domain.grant import Grant


@pytest.mark.parametrize(
    ("day", "holds"), [(100, True), (91, True), (90, False), (0, False), (101, False)]
)
def test_a_membership_holds_for_so_many_days(day: int, holds: bool) -> None:  # noqa: FBT001 - a table's column
    assert Grant("crm", keep_days=10).holds(day, today=100) is holds
