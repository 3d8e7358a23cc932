"""Places and words through the whole gathering: what of them is known of whom, and what an explanation repeats."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from adserver.domain.choices import NO_CHOICES, Choices
from adserver.domain.exchange import ExchangeTerms
from adserver.domain.opportunity import Auction
from adserver.domain.person import NOBODY, Found, PersonKey
from adserver.domain.place import Place
from adserver.domain.targeting import Dimension
from adserver.endpoints.explain import Explainer
from adserver.endpoints.gathered import Gathered
from adserver.errors import Unavailable
from adserver.openrtb.completing import Completer
from tests.endpoints.catalogs import advertiser, banner, line_item
from tests.endpoints.client import EXCHANGE
from tests.endpoints.wire import request
from tests.fakes.worker import FakeWorker, Parts

Json = dict[str, Any]
SHOP = {"latitude": 43.0389, "longitude": -87.9065, "km": 5}
TARGETING: Json = {
    "near": {"near": [SHOP]},
    "far": {"near": [{**SHOP, "latitude": 10}]},
    "posted": {"postcode": ["USA/53203"]},
    "worded": {"keyword": {"exclude": ["camera"]}},
    "valued": {"key_value": {"exclude": ["section=sport"]}},
}
SAID: Json = {
    "site": {
        "domain": "news.example", "keywords": "camera,my-illness",
        "ext": {"data": {"section": "sport", "reader": "my-name"}},
    },
    "device": {"geo": {"country": "USA", "lat": 43.04, "lon": -87.91, "zip": "53202-9999"}},
}  # fmt: skip


class Known:
    """Everybody is known, and decided the same; or the store does not answer."""

    def __init__(self) -> None:
        self.choices: Choices | None = NO_CHOICES

    def find(self, ids: Sequence[PersonKey], now_s: float) -> Found:
        """Return them."""
        if self.choices is None:
            raise Unavailable("away")
        return Found(ids[0], NOBODY, self.choices)


class Somewhere:
    """Every address is in Milwaukee."""

    def place(self, address: str) -> Place | None:
        """Return it."""
        return Place("USA", "WI", "Milwaukee") if address else None


@pytest.fixture
def known() -> Known:
    return Known()


@pytest.fixture
def worker(tmp_path: Path, known: Known) -> FakeWorker:
    items = [line_item(name, ["tile"], targeting=wish) for name, wish in TARGETING.items()]
    parts = Parts(advertiser("shop", [banner("tile")], items), known)
    made = FakeWorker(
        tmp_path / "w", ExchangeTerms(name=EXCHANGE), parts, monotonic=lambda: 0.0, wall=lambda: 1.8e9
    )  # fmt: skip
    made.gatherer._completer = Completer(Somewhere(), None, frozenset())
    return made


def gathered(worker: FakeWorker, **fields: Any) -> Auction:
    body = json.dumps(request(**fields)).encode()
    found = worker.gatherer.gather(body, "", ExchangeTerms(name=EXCHANGE))
    assert isinstance(found, Gathered)
    if found.ids:
        worker.gatherer.meet(found)
    return found.auction


PERSON: Json = {"user": {"buyeruid": "somebody"}}


def test_whoever_opted_out_with_us_is_nowhere_exact(worker: FakeWorker, known: Known) -> None:
    """Only the look-up tells that they did, after the place was read."""
    assert gathered(worker, **SAID, **PERSON).point == (43.04, -87.91)
    for choices in (Choices(opted_out=True), Choices(erased=True), None):
        known.choices = choices
        found = gathered(worker, **SAID, **PERSON)
        assert found.point is None
        assert found.facts[Dimension.POSTCODE] == ""
        assert found.country == "USA"


def test_a_place_of_an_address_goes_with_the_permission_to_read_ids(
    worker: FakeWorker, known: Known
) -> None:
    asked: Json = {"device": {"ip": "192.0.2.1"}, **PERSON}
    assert gathered(worker, **asked).city == "USA/milwaukee"
    restricted = {**asked, "device": {"ip": "192.0.2.1", "lmt": 1}}
    assert gathered(worker, **restricted).city == ""
    assert gathered(worker, **restricted).country == "USA"
    known.choices = Choices(opted_out=True)
    found = gathered(worker, **asked)
    assert (found.country, found.region, found.city) == ("USA", "", "")


def test_the_name_of_a_space_goes_with_the_permission_to_read_ids(
    worker: FakeWorker, known: Known
) -> None:
    """Anything may stand there, so that a refusal that is found later takes it away again."""
    asked: Json = {"imp": [{**each, "tagid": "top"} for each in request()["imp"]], **PERSON}

    def names(**fields: Any) -> list[str]:
        return [each.tag_id for each in gathered(worker, **asked, **fields).opportunities]

    assert names() == ["top"]
    assert names(device={"lmt": 1}) == [""]
    for known.choices in (Choices(opted_out=True), Choices(erased=True), None):
        assert names() == [""]


def test_an_explanation_repeats_no_coordinate_no_postcode_and_no_words_but_the_campaigns_own(
    worker: FakeWorker,
) -> None:
    explainer = Explainer(
        world=worker.world, terms={EXCHANGE: ExchangeTerms(name=EXCHANGE)}, gatherer=worker.gatherer,
        purse=worker.purse, stopped=worker.stopped, clock=worker,
    )  # fmt: skip
    body = json.dumps(request(**SAID, **PERSON)).encode()
    walk = asyncio.run(explainer.explain(body, reveal=True))
    text = json.dumps(walk, default=str)
    for secret in ("43.04", "87.91", "53202", "my-illness", "my-name"):
        assert secret not in text, secret
    falls = {each["line_item"]: (each["reason"], each["got"]) for each in walk["fallen_candidates"]}
    assert falls == {
        "far": ("near", "a place"),
        "posted": ("postcode", ""),
        "worded": ("keyword", "camera"),
        "valued": ("key_value", "section=sport"),
    }
