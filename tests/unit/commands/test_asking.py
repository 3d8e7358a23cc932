"""What commands show of the books."""

from pathlib import Path

import msgspec
import pytest

from adserver.background.report_rows import LineReport
from adserver.commands.asking import money_table
from adserver.commands.terminal import UNUSABLE
from tests.unit.commands import shop
from tests.unit.commands.test_command_line import run

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


def test_an_unknown_exchange_is_told_with_those_that_there_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = shop.write(tmp_path)
    code, told = run(capsys, "explain", "r.json", "--exchange", "nort", "-c", settings)
    assert code == UNUSABLE
    assert told["faults"][0]["message"] == "name one of: north"
