"""What an explanation tells of a person: how much, never what, unless it is to be revealed."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from adserver.domain.choices import NO_CHOICES, Choices
from adserver.domain.exchange import ExchangeTerms
from adserver.domain.identity import segment_number
from adserver.domain.person import Found, PersonKey, Profile
from adserver.endpoints.explain import HIDDEN, Explainer
from adserver.ports.landscape import UNKNOWN, Landscape
from tests.endpoints.catalogs import advertiser, banner, line_item
from tests.endpoints.client import EXCHANGE
from tests.endpoints.wire import request
from tests.fakes.click_model import FakeEvidence
from tests.fakes.landscape import FakeLandscape
from tests.fakes.worker import FakeWorker, Parts

Json = dict[str, Any]
KNOWN, SENT = "crm:expecting", "dmp:in-debt"
SECRETS = (KNOWN, SENT, "an-ifa", "a-buyer", "192.0.2.77", "43.0389", "87.9065", "my-query")
ASKED: Json = {
    "site": {"domain": "news.example", "page": "https://news.example/a?q=my-query", "search": "my-query"},
    "device": {
        "ifa": "an-ifa", "ip": "192.0.2.77", "ua": "my-query",
        "geo": {"country": "USA", "region": "WI", "lat": 43.0389, "lon": -87.9065},
    },
    "user": {"buyeruid": "a-buyer", "data": [{"id": "dmp", "segment": [{"id": "in-debt"}]}]},
}  # fmt: skip


class Known:
    """Everybody is in one segment, and decided the same."""

    def __init__(self) -> None:
        self.choices = NO_CHOICES

    def find(self, ids: Sequence[PersonKey], now_s: float) -> Found:
        """Return them."""
        return Found(ids[0], Profile((segment_number(KNOWN),)), self.choices)


def _advertisers() -> dict[str, Json]:
    items = [
        line_item("for-all", ["tile"]),
        line_item("for-them", ["tile"], targeting={"audience": f"{KNOWN} and {SENT}"}),
        line_item("for-others", ["tile"], targeting={"audience": f"not {KNOWN}"}),
    ]
    return advertiser("shop", [banner("tile")], items)


@pytest.fixture
def known() -> Known:
    return Known()


@pytest.fixture
def explainer(tmp_path: Path, known: Known) -> Explainer:
    return _explainer(tmp_path, known, UNKNOWN)


def _explainer(
    tmp_path: Path, known: Known, landscape: Landscape, advertisers: dict[str, Json] | None = None
) -> Explainer:
    terms = ExchangeTerms(name=EXCHANGE)
    parts = Parts(advertisers or _advertisers(), known)
    worker = FakeWorker(tmp_path / "w", terms, parts, monotonic=lambda: 0.0, wall=lambda: 1.8e9)
    return Explainer(
        world=replace(worker.world, landscape=landscape), terms={EXCHANGE: terms}, gatherer=worker.gatherer,
        purse=worker.purse, stopped=worker.stopped, clock=worker,
    )  # fmt: skip


def _explain(explainer: Explainer, *, reveal: bool = False, **fields: Any) -> Json:
    body = json.dumps(request(**ASKED | fields)).encode()
    return asyncio.run(explainer.explain(body, reveal=reveal))


def _falls(walk: Json) -> Json:
    return {each["line_item"]: each for each in walk["fallen_candidates"]}


def test_by_default_segments_are_counted_and_nothing_else_of_the_person_is_told(
    explainer: Explainer,
) -> None:
    walk = _explain(explainer)
    told = json.dumps(walk, default=str)
    assert (walk["person"], walk["segments"]) == ("known", 2)
    assert walk["permission"].basis == "none_required"
    assert [secret for secret in SECRETS if secret in told] == []
    other = _falls(walk)["for-others"]
    assert (other["reason"], other["wanted"], other["got"]) == ("audience", HIDDEN, HIDDEN)


def test_revealed_it_names_segments_and_who_asked_for_them_but_still_no_id(
    explainer: Explainer,
) -> None:
    walk = _explain(explainer, reveal=True)
    assert sorted(walk["segment_names"]) == sorted([KNOWN, SENT])
    assert KNOWN in _falls(walk)["for-others"]["wanted"]
    told = json.dumps(walk, default=str)
    assert [secret for secret in SECRETS[2:] if secret in told] == []


@pytest.mark.parametrize(
    "restriction", [{"regs": {"coppa": 1}}, {"regs": {"us_privacy": "1YYN"}}, {"regs": {"gdpr": 0, "ext": {"gpc": 1}}}]
)  # fmt: skip
def test_of_somebody_who_restricted_it_there_is_nothing_to_reveal(
    explainer: Explainer, restriction: Json
) -> None:
    walk = _explain(explainer, reveal=True, **restriction)
    assert (walk["person"], walk["segments"], walk["segment_names"]) == ("unknown", 0, [])


def test_of_somebody_who_opted_out_or_objected_what_they_refused_is_not_there(
    explainer: Explainer, known: Known
) -> None:
    known.choices = Choices(opted_out=True)
    walk = _explain(explainer, reveal=True)
    assert (walk["permission"].basis, walk["segment_names"]) == ("opted_out", [])
    known.choices = Choices(objections=(segment_number(KNOWN),))
    walk = _explain(explainer, reveal=True)
    assert (walk["segments"], walk["segment_names"]) == (1, [SENT])


def test_a_price_says_what_it_was_learned_from(
    explainer: Explainer, tmp_path: Path, known: Known
) -> None:
    (plain,) = _explain(explainer, at=1)["bids"]
    assert (plain["price_from"], plain["win_chance"]) == ("", None)
    learned = _explainer(tmp_path / "learned", known, FakeLandscape(1_000_000))
    (bid,) = _explain(learned, at=1)["bids"]
    assert (bid["price_from"], bid["win_chance"]) == ("1,234 bids of ssp / USA", 0.5)
    assert bid["price_cpm"] < plain["price_cpm"]


def test_a_goal_by_orders_says_what_a_click_is_expected_to_bring_and_what_was_drawn(
    tmp_path: Path, known: Known
) -> None:
    items = [
        line_item("returns", ["tile"], goal={"roas": 4, "order_value": 60, "max_cpm": 9}),
        line_item("views", ["tile"]),
    ]
    plain = _explainer(tmp_path, known, UNKNOWN, advertiser("shop", [banner("tile")], items))
    rows = {each["line_item"]: each for each in _explain(plain)["valued"]}
    assert rows["returns"]["goal"] == "roas 4.00"
    assert (rows["returns"]["orders_per_click"], rows["returns"]["order_worth"]) == (0.02, 50.0)
    assert (rows["views"]["orders_per_click"], rows["views"]["order_worth"]) == (None, None)
    assert {each["draw"] for each in rows.values()} == {1.0}
    assert _explain(plain)["order_model"] == "fake"
    plain._world = replace(plain._world, learn_ppm=1_000_000, evidence=FakeEvidence(otherwise=0.5))
    drawn = {each["line_item"]: each["draw"] for each in _explain(plain)["valued"]}
    assert drawn["views"] == 1.0
    assert drawn["returns"] != 1.0
