"""The table of grants: an index means the same for ever."""

import pytest

from adapters.profiles.grants import MAX_GRANTS, GrantTable
from adserver.domain.grant import Grant, Use

DMP, CRM = Grant("dmp", keep_days=5), Grant("crm", uses=(Use.SERVICE,))


def test_a_grant_has_one_index_for_ever() -> None:
    table, dmp = GrantTable().index(DMP)
    longer, crm = table.index(CRM)
    assert (dmp, crm) == (0, 1)
    assert longer.index(DMP) == (longer, 0)
    again = GrantTable.read(longer.written())
    assert (again.get(0), again.get(1), again.get(2)) == (DMP, CRM, None)
    assert table.get(1) is None
    assert GrantTable.read(None).get(0) is None


def test_all_declarations_of_a_source_are_its_own() -> None:
    table, _ = GrantTable([DMP, CRM]).index(Grant("dmp"))
    assert table.of_source("dmp") == {0, 2}
    assert table.of_source("nobody") == frozenset()


def test_segments_choose_only_by_a_known_right_to_do_so_that_holds() -> None:
    table = GrantTable([DMP, CRM])
    assert table.is_usable(0, 100, 104)
    assert not table.is_usable(0, 100, 105)
    assert not table.is_usable(0, 101, 100)
    assert not table.is_usable(1, 100, 100)
    assert not table.is_usable(2, 100, 100)


def test_what_was_said_tomorrow_is_not_used_and_not_thrown_away() -> None:
    table = GrantTable([DMP])
    assert not table.has_lapsed(0, 101, 100)
    assert not table.has_lapsed(0, 100, 104)
    assert table.has_lapsed(0, 100, 105)
    assert table.has_lapsed(1, 100, 100)


def test_a_damaged_table_and_a_full_one_are_errors() -> None:
    with pytest.raises(ValueError, match="table of grants"):
        GrantTable.read(b"\xc1")
    full = GrantTable([DMP] * MAX_GRANTS)
    assert full.index(DMP) == (full, 0)
    with pytest.raises(ValueError, match="65535"):
        full.index(CRM)
