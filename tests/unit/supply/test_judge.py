"""Who may sell what: authorised, or a named reason."""

from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any

import pytest

from adserver.domain.reasons import Reason
from adserver.supply import ads_txt, sellers
from adserver.supply.compiling import add_ads_txt, add_missing, add_sellers
from adserver.supply.index import SALT_BYTES, Table, TableWriter, empty_table
from adserver.supply.judge import MOST_REMEMBERED_CHARS, Asked, PathJudge
from adserver.supply.rules import RULES, Action, Policy

R = Reason
ALL_REFUSED: Mapping[Reason, Action] = dict.fromkeys(RULES, "refuse")
POLICY = Policy(
    actions=ALL_REFUSED,
    max_hops=2,
    domains=frozenset({"exchange.example"}),
    blocked=frozenset({"bad.example", "ssp.example/666"}),
)
ADS_TXT = {
    "pub.example": "ssp.example,1,DIRECT\nexchange.example,9,RESELLER\nexchange.example,8,DIRECT\n"
    "exchange.example,7,DIRECT\nexchange.example,7,RESELLER\nSUBDOMAIN=own.pub.example\n"
    "INVENTORYPARTNERDOMAIN=partner.example",
    "own.pub.example": "exchange.example,5,DIRECT",
    "partner.example": "exchange.example,4,DIRECT",
}
APP_ADS_TXT = {"dev.example": "exchange.example,9,DIRECT\nINVENTORYPARTNERDOMAIN=partner.example"}
SELLERS = {"ssp.example": ("1",), "exchange.example": ("9", "8", "7", "5", "4")}


def table() -> Table:
    writer = TableWriter(bytes(SALT_BYTES))
    for kind, files in (("ads.txt", ADS_TXT), ("app-ads.txt", APP_ADS_TXT)):
        for domain, text in files.items():
            add_ads_txt(writer, kind, domain, ads_txt.parse(text.encode()))
    for domain, accounts in SELLERS.items():
        listed = {name: sellers.Seller(name, "BOTH", "x.example") for name in accounts}
        add_sellers(writer, domain, sellers.Sellers(listed))
    add_missing(writer, "ads.txt", "none.example")
    add_missing(writer, "sellers.json", "hidden.example")
    writer.application("com.app", "dev.example")
    file = BytesIO()
    writer.write(file, 0.0)
    return Table(file.getvalue())


def judge(**policy: Any) -> PathJudge:
    fields = {name: getattr(POLICY, name) for name in POLICY.__struct_fields__}
    return PathJudge({"x": Policy(**{**fields, **policy})}, table())


def asked(**fields: Any) -> Asked:
    good = Asked(
        "x", "site", "pub.example", "", "", "9",
        (("ssp.example", "1"), ("exchange.example", "9")), complete=True,
    )  # fmt: skip
    return good._replace(**fields)


def app(**fields: Any) -> Asked:
    return asked(inventory_type="app", publication="com.app", **fields)


def ends(*sid: str) -> tuple[tuple[str, str], ...]:
    return (("ssp.example", "1"), *(("exchange.example", each) for each in sid))


GOOD: dict[str, tuple[Asked, str]] = {
    "a reseller": (asked(), "reseller"),
    "a direct account": (asked(publisher="8", nodes=ends("8")), "direct"),
    "an account that is both": (asked(publisher="7", nodes=ends("7")), "both"),
    "an account that only the chain names": (asked(publisher=""), "reseller"),
    "names in capitals, with a dot, with blanks": (
        asked(publication="PUB.example.", nodes=(("SSP.Example", "1 "), ("Exchange.Example.", "9"))),
        "reseller",
    ),
    "a subdomain, by the file of the root": (asked(publication="a.b.pub.example"), "reseller"),
    "a subdomain with a file of its own": (
        asked(publication="own.pub.example", publisher="5", nodes=ends("5")), "direct",
    ),
    "a partner that the publisher names": (
        asked(partner="partner.example", publisher="4", nodes=ends("4")), "direct",
    ),
    "an application whose developer we know": (app(developer="liar.example"), "direct"),
    "an application that names its developer": (
        app(developer="dev.example")._replace(publication="com.unknown"), "direct",
    ),
    "an application's partner, by its ads.txt": (
        app(partner="partner.example", publisher="4", nodes=ends("4")), "direct",
    ),
    "a screen out of home, which has no such file": (asked(inventory_type="out_of_home"), ""),
}  # fmt: skip


@pytest.mark.parametrize("case", GOOD)
def test_who_may_sell_is_let_through(case: str) -> None:
    question, relation = GOOD[case]
    found = judge().judge(question)
    assert (found.reason, found.findings, found.relation) == (None, (), relation)
    assert found.path == "ssp.example>exchange.example"


BAD: dict[str, tuple[Asked, Reason]] = {
    "no chain": (asked(nodes=None), R.CHAIN_MISSING),
    "a chain that says that it is not whole": (asked(complete=False), R.CHAIN_INCOMPLETE),
    "a chain of nobody": (asked(nodes=()), R.CHAIN_INCOMPLETE),
    "a node without a system": (asked(nodes=(("", "1"), *ends("9"))), R.CHAIN_INCOMPLETE),
    "a node at an address": (asked(nodes=(("10.0.0.1", "1"), *ends("9"))), R.CHAIN_INCOMPLETE),
    "a node without an account": (asked(nodes=(("ssp.example", " "),)), R.CHAIN_INCOMPLETE),
    "three hops": (asked(nodes=(*ends("9"), ("exchange.example", "9"))), R.CHAIN_TOO_LONG),
    "a blocked system": (asked(nodes=(("bad.example", "1"), *ends("9")[1:])), R.CHAIN_BLOCKED_NODE),
    "a blocked account": (asked(nodes=(("ssp.example", "666"), *ends("9")[1:])), R.CHAIN_BLOCKED_NODE),
    "a chain that ends elsewhere": (asked(nodes=(("ssp.example", "1"),)), R.CHAIN_MISMATCH),
    "a chain that ends with another account": (asked(publisher="8"), R.CHAIN_MISMATCH),
    "an account that its system does not list": (
        asked(nodes=(("ssp.example", "2"), *ends("9")[1:])), R.CHAIN_UNRESOLVED,
    ),
    "a system without a sellers.json": (
        asked(nodes=(("hidden.example", "1"), *ends("9")[1:])), R.CHAIN_UNRESOLVED,
    ),
    "a system at which nobody looked": (
        asked(nodes=(("new.example", "1"), *ends("9")[1:])), R.SUPPLY_UNKNOWN,
    ),
    "a publisher without an ads.txt": (asked(publication="none.example"), R.ADS_TXT_MISSING),
    "a publisher at whom nobody looked": (asked(publication="new.example"), R.SUPPLY_UNKNOWN),
    "no publisher": (asked(publication=""), R.SUPPLY_UNKNOWN),
    "an application of nobody knows whom": (
        app()._replace(publication="com.unknown"), R.SUPPLY_UNKNOWN,
    ),
    "an account that the publisher does not list": (
        asked(publisher="4", nodes=ends("4")), R.SELLER_UNAUTHORISED,
    ),
    "the root's account on a subdomain with a file of its own": (
        asked(publication="own.pub.example"), R.SELLER_UNAUTHORISED,
    ),
    "a partner whom the publisher does not name": (
        asked(partner="stranger.example"), R.SELLER_UNAUTHORISED,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_who_may_not_sell_is_refused_by_name(case: str) -> None:
    question, reason = BAD[case]
    found = judge().judge(question)
    assert found.reason == reason
    assert reason in found.findings


def test_every_rule_has_a_case() -> None:
    assert {reason for _, reason in BAD.values()} == set(RULES)


@pytest.mark.parametrize("case", BAD)
def test_what_is_only_reported_is_let_through_and_told(case: str) -> None:
    question, reason = BAD[case]
    found = judge(actions=dict.fromkeys(RULES, "report")).judge(question)
    assert found.reason is None
    assert reason in found.findings


@pytest.mark.parametrize("case", BAD)
def test_what_is_allowed_is_not_even_told(case: str) -> None:
    found = judge(actions=dict.fromkeys(RULES, "allow")).judge(BAD[case][0])
    assert (found.reason, found.findings) == (None, ())


def test_a_refusal_is_not_hidden_behind_what_is_only_reported() -> None:
    actions = {**ALL_REFUSED, R.CHAIN_INCOMPLETE: "report"}
    found = judge(actions=actions).judge(asked(complete=False, publication="none.example"))
    assert found.reason == R.ADS_TXT_MISSING
    assert found.findings == (R.CHAIN_INCOMPLETE, R.ADS_TXT_MISSING)


def test_an_exchange_that_declares_no_domain_is_whoever_ends_the_chain() -> None:
    assert judge(domains=frozenset()).judge(asked()).reason is None
    assert judge(domains=frozenset()).judge(asked(nodes=None)).findings == (
        R.CHAIN_MISSING, R.SUPPLY_UNKNOWN,
    )  # fmt: skip


def test_another_table_brings_other_verdicts() -> None:
    told = judge()
    assert told.judge(asked()).findings == ()
    told.use(empty_table())
    assert told.judge(asked()).findings == (R.SUPPLY_UNKNOWN,)


@pytest.mark.parametrize(
    "make", [lambda n: asked(publication=f"{n}.example"), lambda n: asked(publisher="9" * n)]
)
def test_memory_is_bounded_whatever_strangers_send(
    make: Callable[[int], Asked], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adserver.supply.judge.MOST_REMEMBERED", 100)
    told = judge()
    for number in range(1_000):
        told.judge(make(number))
    assert len(told._remembered) <= 100
    before = len(told._remembered)
    told.judge(asked(publisher="9" * MOST_REMEMBERED_CHARS))
    assert len(told._remembered) == before


def test_names_that_are_none_are_not_passed_on() -> None:
    found = judge().judge(asked(nodes=(("evil>\n<b>", "1"), *ends("9")[1:])))
    assert found.path == "?>exchange.example"
