"""What commands show of the books."""

import msgspec
import pytest

from adserver.background.protocol import LineReport
from adserver.commands.asking import money_table

LINE = LineReport(
    line_item="trail", advertiser="maps", budget_lifetime=None, budget_daily=None, settled=0, settled_today=0,
    outstanding=0, late=0, media=0, data=0, tech=0, margin=0, pace=1.0, planned=None, impressions=9, clicks=3, orders=2,
)  # fmt: skip


@pytest.mark.parametrize("installs", [0, 7])
def test_installs_have_a_column_where_there_are_any(installs: int) -> None:
    line = msgspec.to_builtins(msgspec.structs.replace(LINE, installs=installs))
    table = money_table([line])
    shown = {str(column.header): list(column.cells) for column in table.columns}
    assert (shown["clicks"], shown["orders"]) == (["3"], ["2"])
    assert shown.get("installs") == (["7"] if installs else None)
