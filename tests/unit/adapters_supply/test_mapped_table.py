"""Workers follow the table in its file, and keep the last good one."""

from io import BytesIO
from pathlib import Path

from structlog.testing import capture_logs

from adapters.supply.mapped_table import MappedTable
from adserver.durable import replacing
from adserver.supply.index import SALT_BYTES, Table, TableWriter


def test_a_new_table_is_followed_and_a_bad_one_is_not(tmp_path: Path) -> None:
    path = tmp_path / "paths.table"
    tables: list[Table] = []

    def use(content: memoryview) -> float:
        tables.append(Table(content))
        return tables[-1].made_s

    def put(content: bytes) -> None:
        with replacing(path) as file:
            file.write(content)

    follower = MappedTable(path, use)
    assert tables == []
    put(_table("one"))
    follower.poll()
    follower.poll()
    assert len(tables) == 1
    assert tables[-1].said("one") == 1
    with capture_logs() as logs:
        for bad in (b"", b"nonsense", _table("two")[:-1]):
            put(bad)
            follower.poll()
            follower.poll()
    assert [each["event"] for each in logs] == ["supply_table_refused"] * 3
    path.unlink()
    follower.poll()
    assert len(tables) == 1
    assert tables[-1].said("one") == 1, "the old one is still mapped"
    put(_table("two"))
    follower.poll()
    assert tables[-1].said("two") == 1


def _table(word: str) -> bytes:
    writer = TableWriter(bytes(SALT_BYTES))
    writer.say(1, word)
    file = BytesIO()
    writer.write(file, 1.0)
    return file.getvalue()
