"""Exchanges that list whom and what they allow: who falls, and for which reason."""

from typing import Any

import pytest

from adserver.decision.pipeline import decide, look_ahead
from adserver.decision.tracing import Traced
from adserver.domain.creative import Restriction
from adserver.endpoints.wishes import wanted
from tests.unit.decision.made import (
    auction,
    banner,
    line_item,
    moment,
    opportunity,
    snapshot,
    world,
)

ALCOHOL, DATING = Restriction.ALCOHOL, Restriction.DATING


def fallen(vendors: Any = (), **here: Any) -> str:
    """Return why a creative with these declarations does not bid; nothing if it does."""
    compiled = snapshot(line_item(), creatives=(banner(vendors=vendors),))
    asked = auction(opportunity(**here))
    trace = Traced()
    bids = decide(world(compiled), asked, look_ahead(compiled, asked), moment(compiled), trace)
    if bids:
        return ""
    (fall,) = trace.falls
    assert wanted(compiled, 0, fall.reason)
    return str(fall.reason)


@pytest.mark.parametrize(
    ("vendors", "allowed", "reason"),
    [
        ((), None, ""),
        ((), frozenset(), ""),
        ((7,), None, ""),
        ((7,), frozenset({7, 8}), ""),
        ((7,), frozenset({8}), "blocked_vendor"),
        ((7, 8), frozenset({8}), "blocked_vendor"),
        ((7,), frozenset(), "blocked_vendor"),
    ],
)
def test_everybody_whom_a_creative_loads_from_must_be_listed(
    vendors: tuple[int, ...], allowed: frozenset[int] | None, reason: str
) -> None:
    assert fallen(vendors=vendors, allowed_vendors=allowed) == reason


@pytest.mark.parametrize(
    ("blocked", "reason"),
    [(frozenset(), ""), (frozenset({"x"}), ""), (frozenset({"x", "banner"}), "blocked_creative")],
)
def test_a_creative_is_excluded_by_its_id(blocked: frozenset[str], reason: str) -> None:
    assert fallen(blocked_creatives=blocked) == reason


def test_what_several_line_items_show_is_excluded_for_all() -> None:
    items = [line_item(f"item-{n}", creatives=("banner", "other")) for n in range(3)]
    compiled = snapshot(*items, creatives=(banner(), banner("other")))
    declared = compiled.fit.declared
    assert declared.named(["banner"]).bit_count() == 3
    assert declared.named(["banner", "other", "third"]) == compiled.everyone
    assert declared.named([]) == 0


def test_every_subject_of_a_creative_must_be_listed() -> None:
    compiled = snapshot(line_item(), creatives=(banner(restrictions=(ALCOHOL, DATING)),))
    declared = compiled.fit.declared
    assert declared.with_subjects_beyond({ALCOHOL}) == compiled.everyone
    assert declared.with_subjects_beyond({ALCOHOL, DATING}) == 0
    assert declared.with_subjects_beyond(frozenset()) == compiled.everyone
