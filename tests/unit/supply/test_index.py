"""The table of what is said: nothing is lost, nothing is invented, nothing torn is taken."""

from io import BytesIO
from random import Random

import pytest

from adserver.supply.index import MAGIC, SALT_BYTES, Table, TableWriter, empty_table

SALT = bytes(range(SALT_BYTES))


def written(writer: TableWriter) -> bytes:
    file = BytesIO()
    writer.write(file, 1_000.5)
    return file.getvalue()


def test_a_table_says_what_was_said_and_nothing_else() -> None:
    dice = Random(3)
    writer = TableWriter(SALT)
    said: dict[tuple[str, ...], int] = {}
    for _ in range(5_000):
        key = ("account", f"{dice.randrange(2_000)}.example", str(dice.randrange(50)))
        value = dice.choice((1, 2))
        writer.say(value, *key)
        said[key] = said.get(key, 0) | value
    table = Table(written(writer))
    assert (len(table), table.made_s) == (len(said), 1_000.5)
    assert all(table.said(*key) == value for key, value in said.items())
    others = [("account", f"{number}.example", "x") for number in range(5_000)]
    assert not any(table.said(*key) for key in others)


def test_names_cannot_run_into_each_other() -> None:
    writer = TableWriter(SALT)
    writer.say(1, "a", "bc")
    assert Table(written(writer)).said("ab", "c") == 0


def test_applications_lead_to_their_developers() -> None:
    writer = TableWriter(SALT)
    names = {f"com.app{number}": f"dev{number % 7}.example" for number in range(500)}
    for bundle, domain in names.items():
        writer.application(bundle, domain)
    table = Table(written(writer))
    assert all(table.developer(bundle) == domain for bundle, domain in names.items())
    assert table.developer("com.other") == ""


def test_another_key_gives_other_numbers() -> None:
    tables = []
    for salt in (SALT, SALT[::-1]):
        writer = TableWriter(salt)
        writer.say(1, "a")
        tables.append(written(writer))
    assert tables[0][64:] != tables[1][64:]


def test_a_table_that_is_cut_or_foreign_is_refused() -> None:
    writer = TableWriter(SALT)
    writer.say(1, "a")
    writer.application("com.app", "dev.example")
    whole = written(writer)
    Table(whole)
    bad = [whole[:size] for size in range(len(whole))]
    bad += [whole + b"\0", b"x" + whole[1:], whole[:40] + b"\xff" + whole[41:], whole + MAGIC]
    for content in bad:
        with pytest.raises(ValueError, match="is no"):
            Table(content)


def test_in_an_empty_table_nothing_is_said() -> None:
    assert len(empty_table()) == 0
    assert empty_table().said("a") == 0
    assert empty_table().developer("com.app") == ""
