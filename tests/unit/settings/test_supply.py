"""The section `supply`: what may be written there, and what it comes to."""

from decimal import Decimal
from pathlib import Path

import pytest

from adserver.domain.reasons import Reason
from adserver.errors import InvalidConfig
from adserver.settings.supply import Rules, Seat, Supply
from adserver.supply.rules import RULES


def test_every_rule_has_its_setting() -> None:
    assert set(Rules.__struct_fields__) == {rule.value for rule in RULES}


def test_an_exchange_follows_its_own_rules_then_the_common_ones_then_the_usual() -> None:
    supply = Supply(
        rules=Rules(chain_missing="refuse", ads_txt_missing="allow"),
        max_hops=3,
        blocked_nodes=("Bad.Example", "ssp.example/7A"),
        exchanges=(
            Seat(
                exchange="north", domains=("North.Example.",), rules=Rules(chain_missing="allow"), max_hops=2
            ),
        ),
    )  # fmt: skip
    policies = supply.policies(["north", "south"])
    north, south = policies["north"], policies["south"]
    assert (north.actions[Reason.CHAIN_MISSING], south.actions[Reason.CHAIN_MISSING]) == (
        "allow",
        "refuse",
    )
    assert north.actions[Reason.ADS_TXT_MISSING] == "allow"
    assert south.actions[Reason.CHAIN_INCOMPLETE] == RULES[Reason.CHAIN_INCOMPLETE]
    assert (north.max_hops, south.max_hops) == (2, 3)
    assert north.domains == {"north.example"}
    assert not south.domains
    assert north.blocked == south.blocked == {"bad.example", "ssp.example/7A"}


@pytest.mark.parametrize(
    ("supply", "at"),
    [
        (Supply(exchanges=(Seat(exchange="east"),)), "$.supply.exchanges[0].exchange"),
        (Supply(exchanges=(Seat(exchange="north"),) * 2), "$.supply.exchanges"),
        (
            Supply(exchanges=(Seat(exchange="north", domains=("10.0.0.1",)),)),
            "$.supply.exchanges[0].domains",
        ),
        (Supply(blocked_nodes=("bad",)), "$.supply.blocked_nodes[0]"),
        (Supply(fees={"no domain": Decimal(1)}), "$.supply.fees.no domain"),
        (Supply(fees={"a.example": Decimal(101)}), "$.supply.fees.a.example"),
        (Supply(fees={"a.example": Decimal("nan")}), "$.supply.fees.a.example"),
        (Supply(contact="a\r\nX: y"), "$.supply.contact"),
    ],
)
def test_what_cannot_be_is_named_with_its_place(supply: Supply, at: str) -> None:
    assert [path for path, _ in supply.problems(["north"])] == [at]
    assert list(Supply().problems(["north"])) == []


def test_fees_become_millionths() -> None:
    assert Supply(fees={"A.example": Decimal("12.5")}).fees_ppm == {"a.example": 125_000}


def test_developers_are_read_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "apps.csv").write_text(
        "\ufeffbundle,domain\nCom.App , www.Dev.example\n123,dev2.example,x\n\n", "utf-8"
    )
    found = Supply(applications="apps.csv").developers(tmp_path)
    assert found == {"com.app": "www.dev.example", "123": "dev2.example"}
    assert Supply().developers(tmp_path) == {}


@pytest.mark.parametrize(
    "row", ["com.app", "com.app,dev", ",dev.example", f"{'x' * 101},dev.example"]
)
def test_a_bad_line_of_developers_is_named(tmp_path: Path, row: str) -> None:
    (tmp_path / "apps.csv").write_text(f"com.good,dev.example\n{row}\n", "utf-8")
    with pytest.raises(InvalidConfig, match=r"apps\.csv:2"):
        Supply(applications="apps.csv").developers(tmp_path)


def test_files_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match=r"\$\.supply\.applications"):
        Supply(applications="none").developers(tmp_path)
    with pytest.raises(InvalidConfig, match=r"\$\.supply\.public_suffixes"):
        Supply(public_suffixes="none").suffixes(tmp_path)


def test_public_suffixes_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "list").write_text("// x\nexample\nblogs.example\n", "utf-8")
    suffixes = Supply(public_suffixes="list").suffixes(tmp_path)
    assert suffixes.root("a.b.blogs.example") == "b.blogs.example"
