"""Champion, canary and shadow as the request path sees them: one model, always the same for the same request."""

import msgspec
import pytest

from adserver.background.served_clicks import ServedClicks
from adserver.domain.candidate import Candidate
from adserver.domain.opportunity import Auction
from tests.fakes.click_model import FakeClickModel
from tests.unit.models_ctr.world import candidate, shown

SEEN = next(shown(1))
BANNER, VIDEO = candidate(0), candidate(6)


class Named(FakeClickModel):
    """A fake with a name."""

    def __init__(self, name: str, probability: float) -> None:
        super().__init__(probability)
        self.name = name


CHAMPION, CANARY, SHADOW = Named("a", 0.1), Named("b", 0.2), Named("c", 0.3)


def asked(served: ServedClicks, request: str = "1", *candidates: Candidate) -> list[float]:
    """What it says of a request."""
    auction = msgspec.structs.replace(SEEN.auction, id=request)
    found = served.click_probabilities(
        auction, SEEN.opportunity, candidates or (BANNER,), SEEN.now_s
    )
    return list(found)


def requests(count: int) -> list[Auction]:
    """Requests that differ in nothing but their ids."""
    return [
        msgspec.structs.replace(SEEN.auction, id=f"request-{number}") for number in range(count)
    ]


def test_alone_the_champion_itself_is_asked() -> None:
    """Nothing stands in between: swapping costs the request path nothing."""
    served = ServedClicks(CHAMPION)
    assert served.click_probabilities == CHAMPION.click_probabilities
    assert (served.name, served.decider(SEEN.auction).model) == ("a", CHAMPION)
    served.serve(CANARY)
    assert served.click_probabilities == CANARY.click_probabilities
    assert (served.name, served.decider(SEEN.auction).model) == ("b", CANARY)


def test_a_canary_decides_its_share_and_always_the_same_requests() -> None:
    served = ServedClicks(CHAMPION)
    served.serve(CHAMPION, canary=CANARY, canary_percent=5)
    deciders = {each.id: served.decider(each).model for each in requests(20_000)}
    share = sum(model is CANARY for model in deciders.values()) / len(deciders)
    assert 0.045 < share < 0.055
    for request, model in list(deciders.items())[:500]:
        assert asked(served, request) == [0.2 if model is CANARY else 0.1]
    served.serve(CHAMPION, canary=CANARY, canary_percent=10)
    wider = {each.id for each in requests(20_000) if served.decider(each).model is CANARY}
    assert {request for request, model in deciders.items() if model is CANARY} < wider
    served.serve(CHAMPION)
    assert served.click_probabilities == CHAMPION.click_probabilities


def test_a_shadow_looks_at_its_share_and_decides_nothing() -> None:
    served = ServedClicks(CHAMPION)
    served.serve(CHAMPION, shadow=SHADOW, shadow_percent=10)
    watched = [each for each in requests(10_000) if served.watcher(each) is SHADOW]
    assert 0.09 < len(watched) / 10_000 < 0.11
    SHADOW.asked.clear()
    assert {tuple(asked(served, each.id)) for each in watched} == {(0.1,)}
    assert SHADOW.asked == []


def test_who_is_watched_does_not_depend_on_who_is_a_canary_s() -> None:
    served = ServedClicks(CHAMPION)
    served.serve(CHAMPION, canary=CANARY, canary_percent=50, shadow=SHADOW, shadow_percent=50)
    both = sum(
        served.decider(each).model is CANARY and served.watcher(each) is SHADOW
        for each in requests(10_000)
    )
    assert 0.23 < both / 10_000 < 0.27


def test_odds_are_multiplied_where_there_is_evidence_and_nowhere_else() -> None:
    served = ServedClicks(CHAMPION)
    exchange = SEEN.auction.exchange
    served.serve(
        CHAMPION, factors={"a": {exchange: {"banner": 2.0}}, "b": {exchange: {"banner": 9.0}}}
    )
    odds = 2 * 0.1 / 0.9
    assert asked(served, "1", BANNER, VIDEO) == [pytest.approx(odds / (1 + odds)), 0.1]
    arm = served.decider(SEEN.auction)
    assert arm.correction(exchange, "banner") == 2.0
    assert (arm.correction(exchange, "video"), arm.correction("other", "banner")) == (1.0, 1.0)
    served.serve(CHAMPION, factors={"a": {"other": {"banner": 2.0}}})
    assert asked(served) == [0.1]


def test_no_correction_lifts_a_probability_above_what_may_be_served() -> None:
    served = ServedClicks(CHAMPION)
    served.serve(Named("a", 0.45), factors={"a": {SEEN.auction.exchange: {"banner": 5.0}}})
    assert asked(served) == [0.5]


def test_each_is_corrected_by_what_was_said_of_it() -> None:
    served = ServedClicks(CHAMPION)
    here = SEEN.auction.exchange
    factors = {"a": {here: {"banner": 0.5}}, "b": {here: {"banner": 2.0}}}
    served.serve(CHAMPION, canary=CANARY, canary_percent=50, factors=factors)
    for each in requests(50):
        arm = served.decider(each)
        assert arm.correction(here, "banner") == (2.0 if arm.model is CANARY else 0.5)
