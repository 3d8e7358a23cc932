"""What an explanation tells of a person: how much, never what, unless it is to be revealed."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from adserver.domain.choices import NO_CHOICES, Choices
from adserver.domain.exchange import ExchangeTerms
from adserver.domain.identity import segment_number
from adserver.domain.person import Found, PersonKey, Profile
from adserver.endpoints.explain import HIDDEN, Explainer
from tests.endpoints.catalogs import advertiser, banner, line_item
from tests.endpoints.client import EXCHANGE
from tests.endpoints.wire import request
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
    terms = ExchangeTerms(name=EXCHANGE)
    parts = Parts(_advertisers(), known)
    worker = FakeWorker(tmp_path / "w", terms, parts, monotonic=lambda: 0.0, wall=lambda: 1.8e9)
    return Explainer(
        world=worker.world, terms={EXCHANGE: terms}, gatherer=worker.gatherer,
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
