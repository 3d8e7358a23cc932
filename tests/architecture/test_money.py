"""Money is whole: no float touches an amount, except where it leaves the arithmetic for good."""

import ast

import pytest

from tests.architecture.money_lint import fields, leaves, slips
from tests.architecture.sources import ROOT, read, sources

PACKAGES = ("adserver", "adapters", "models")
ESTIMATES = {
    "adserver/domain/money.py": "the one home of conversions to and from wire and people",
    "adserver/domain/pacing_aim.py": "what should be spent by now: it steers, and nobody pays it",
    "adserver/domain/pacing_meter.py": "a moving average of prices, which the plan is made with and nobody pays",
    "adserver/domain/performance.py": "a share of money, as a weight",
    "models/landscape/evidence.py": "observations of prices, for statistics; nobody pays them",
}
"""Where floats may meet amounts, and why nothing that anybody pays is made of them."""
LEAVING = {
    "adserver/commands/models/comparing.py": "shows what models took bids to be worth",
    "adserver/endpoints/explain.py": "shows amounts to people, as CPM",
    "adserver/endpoints/wishes.py": "tells a publisher's page what a bid offered",
    "adserver/openrtb/outbound.py": "the wire: prices in bid responses",
}
"""Who may call `units` and `wire_cpm`, which make floats of money."""
KNOWN = frozenset().union(*(fields(source.tree) for source in sources("adserver/domain")))


def test_no_float_touches_an_amount() -> None:
    found = {
        source.path: list(slips(source.tree, KNOWN))
        for source in sources(*PACKAGES)
        if source.path not in ESTIMATES
    }
    assert {path: lines for path, lines in found.items() if lines} == {}


def test_money_becomes_a_float_at_the_edge_only() -> None:
    found = {
        source.path: list(leaves(source.tree))
        for source in sources(*PACKAGES)
        if source.path not in LEAVING and source.path != "adserver/domain/money.py"
    }
    assert {path: lines for path, lines in found.items() if lines} == {}


@pytest.mark.parametrize("path", ESTIMATES)
def test_what_may_meet_floats_still_does(path: str) -> None:
    assert list(slips(read(ROOT / path).tree, KNOWN))


@pytest.mark.parametrize("path", LEAVING)
def test_what_may_make_floats_still_does(path: str) -> None:
    assert list(leaves(read(ROOT / path).tree))


def test_the_nouns_of_money_are_known() -> None:
    assert {
        "settled",
        "outstanding",
        "late",
        "media",
        "data",
        "tech",
        "margin",
        "reserved",
    } <= KNOWN


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("def f(price: Nanos): return price / 2", 1),
        ("def f(price: Nanos): return price // 2", 0),
        ("def f(price: Nanos): return float(price)", 1),
        ("class A:\n    left: Nanos | None\ndef f(a): return a.left * 0.5", 1),
        ("spent_nanos *= 1.5", 1),
        ("spent_nanos += seconds / 2", 1),
        ("x = a.cpm_micros / 1_000", 1),
        ("x = a.cpm_micros * 3 + 1", 0),
        ("x = seconds / 2", 0),
        ("x = account.settled / budget", 1),  # a field of a noun, read in another file
        ("account.settled = 0.0", 1),
        ("account.settled = int(total / 3)", 1),
        ("account.settled = round(total * 0.1)", 1),
        ("account.settled = max(0, float(total))", 1),
        ("account.settled = share(total, 1, 3)", 0),
        ("account.settled = nanos(1.5)", 0),  # the way in, which rounds once
        ("left: Nanos = 1.0", 1),
        ("left: Nanos = 1", 0),
        ("left: Nanos = a if b else c / 2", 1),
        ("if (left_nanos := total / 2): pass", 1),
        ("book(amount_nanos=total / 2)", 1),
        ("book(amount_nanos=total // 2)", 0),
        ("row['amount_nanos'] = total / 2", 1),
        ("x = row['amount_nanos'] / 2", 1),
        ("def f(a) -> Nanos: return a / 2", 1),
        ("def f(a) -> Nanos:\n    if a:\n        return 0.5\n    return 1", 1),
        ("def f(a) -> Nanos:\n    def g() -> float:\n        return 0.5\n    return 1", 0),
        ("def to_nanos(a): return a * 1e9", 1),
        ("def f(price: Nanos = 0.0): pass", 1),
        ("def f(*, price: Nanos = 1 / 2): pass", 1),
        ("def f(*, price: Nanos = 1): pass", 0),
    ],
)
def test_planted_slips_are_seen(text: str, found: int) -> None:
    assert len(list(slips(ast.parse(text), KNOWN))) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [("x = units(price)", 1), ("x = money.wire_cpm(price)", 1), ("x = cpm_nanos(text)", 0)],
)
def test_planted_leaks_are_seen(text: str, found: int) -> None:
    assert len(list(leaves(ast.parse(text)))) == found
