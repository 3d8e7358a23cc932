"""Line items that would use data against its declared purposes are refused in words that a marketer understands."""

import pytest

from adserver.catalog.uses import refusals, refuse
from adserver.domain.campaign import Catalog
from adserver.domain.grant import Basis, Grant, Use
from adserver.domain.targeting import parse_audience
from adserver.errors import InvalidConfig
from adserver.privacy.policy import DEFAULT_POLICY, Policy, Source
from tests.unit.decision.made import advertiser, line_item

POLICY = Policy(
    sources=(
        Source(("crm-*",), Grant("crm", Basis.OPT_IN, (Use.SELECT,))),
        Source(("panel-*",), Grant("panel", Basis.OPT_IN, (Use.MEASURE, Use.TRAIN))),
        Source(("call-*",), Grant("hotline", Basis.CONTRACT, (Use.SERVICE,))),
        Source(("health-*",), Grant("sensitive", uses=()), sensitive=True),
    ),
    undeclared_refused=True,
)


def catalog(audience: str, status: str = "active") -> Catalog:
    item = line_item("spring", audience=parse_audience(audience), status=status)
    return Catalog((advertiser("shop", item),))


@pytest.mark.parametrize(
    ("audience", "words"),
    [
        ("crm-a and health-back", ("'health-back'", "sensitive", "Take it out of the audience")),
        ("crm-a and not health-back", ("'health-back'", "leave nobody out")),
        ("crm-a and (crm-b or not call-1)", ("collected by 'hotline'", "to serve customers")),
        ("panel-x", ("'panel'", "opt-in", "to measure what advertising did and improve models")),
        ("travel", ("'travel'", "do not say where it comes from", "Declare its source")),
    ],
)
def test_a_segment_is_refused_wherever_it_stands_in_the_audience(
    audience: str, words: tuple[str, ...]
) -> None:
    (refusal,) = refusals(POLICY, catalog(audience))
    assert refusal.line_item == "spring"
    assert refusal.message.startswith("line item 'spring' asks for the segment '")
    assert all(each in refusal.message for each in words), refusal.message


def test_what_is_declared_for_it_may_choose() -> None:
    assert not list(refusals(POLICY, catalog("crm-a or not crm-b")))
    assert not list(refusals(DEFAULT_POLICY, catalog("anything and not health-back")))


def test_each_refused_segment_is_named_and_archived_line_items_are_history() -> None:
    assert len(list(refusals(POLICY, catalog("travel and health-x", "paused")))) == 2
    assert not list(refusals(POLICY, catalog("travel", "archived")))


def test_a_snapshot_from_before_the_rules_is_refused_whole() -> None:
    with pytest.raises(InvalidConfig, match="'health-x'"):
        refuse(POLICY, catalog("health-x"), "snapshot.bin")
    refuse(POLICY, catalog("crm-x"), "snapshot.bin")
