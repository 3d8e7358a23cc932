"""Simulated people, what is told of them, and what their requests carry."""

import csv
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from loadtest import segments
from loadtest.market.advertising import topic_of
from loadtest.market.interests import step_of
from loadtest.market.live import Live, clock_of
from loadtest.market.people import SCREENS, Population
from loadtest.market.provider import SEGMENTS
from loadtest.market.publishers import PUBLISHERS
from loadtest.request import Terms, bid_request

DAY = date(2026, 11, 1)
NOW = 1_795_000_000.0


def test_one_seed_makes_one_population_in_any_order() -> None:
    forwards, backwards = Population(3, 50, day=DAY), Population(3, 50, day=DAY)
    there = [forwards.person(number) for number in range(50)]
    back = [backwards.person(number) for number in reversed(range(50))]
    assert there == back[::-1]
    assert there != [Population(4, 50, day=DAY).person(number) for number in range(50)]


def test_more_people_are_the_same_people_and_others() -> None:
    few, many = Population(3, 20, day=DAY), Population(3, 200, day=DAY)
    assert [few.person(number) for number in range(20)] == [
        many.person(number) for number in range(20)
    ]
    step = step_of(NOW)
    assert np.array_equal(few.levels(step), many.levels(step)[:20])


def test_the_provider_knows_most_screens_but_not_all(tmp_path: Path) -> None:
    population = Population(1, 1_000, day=DAY)
    rows = segments.write(tmp_path / "a.csv", 0.5, population, NOW)
    segments.write(tmp_path / "b.csv", 0.5, Population(1, 1_000, day=DAY), NOW)
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    with (tmp_path / "a.csv").open() as file:
        table = list(csv.DictReader(file))
    assert rows == len(table)
    owned = int(population.screens.sum())
    assert 0.35 * owned < rows < 0.5 * owned
    for row in table:
        number, _, screen = row["id"].removeprefix("person-").partition("-")
        assert int(screen or 1) <= population.screens[int(number)] <= SCREENS
        assert {row["id_kind"], *row["segments"].split("|")} <= {"buyeruid", *SEGMENTS}


def test_topics_come_from_the_most_particular_name() -> None:
    assert topic_of("ski-300x250", "outdoor.example") == "ski"
    assert topic_of("x1", "camera-shop.example") == "camera"
    assert topic_of("drug-skin-300x250", "drugstore.example") == "beauty"
    assert topic_of("mob-film", "mobile.example") == "phone"
    assert topic_of("x1", "nothing.example") == "other"


def test_every_request_carries_the_signals_of_its_person_and_no_secret() -> None:
    live = Live(1, 300, lambda: NOW, day=DAY)
    seen = {"old": 0, "new": 0, "without id": 0, "second screen": 0, "two spaces": 0}
    for number in range(300):
        visitor = live.visitor(number)
        person, publisher = visitor.person, visitor.publisher
        wire = bid_request("r", person, publisher, visitor.spaces, Terms())
        regs = wire["regs"]["ext"] if publisher.old_fields else wire["regs"]
        user = wire["user"].get("ext", {}) if publisher.old_fields else wire["user"]
        seen["old" if publisher.old_fields else "new"] += 1
        assert regs["gdpr"] == int(person.country.in_eu)
        assert regs.get("us_privacy", "") == person.us_privacy
        assert user.get("consent", "") == person.consent
        assert wire["user"].get("buyeruid", "") == person.id
        seen["without id"] += not person.id
        seen["second screen"] += person.screen > 0
        seen["two spaces"] += len(wire["imp"]) == 2
        text = str({**wire, "site": 0, "app": 0, "imp": 0})
        assert not any(f"'{segment}'" in text for segment in SEGMENTS)
    assert all(seen.values()), seen


def test_screens_show_what_they_can() -> None:
    live = Live(1, 300, lambda: NOW, day=DAY)
    for number in range(500):
        visitor = live.visitor(number)
        television = visitor.publisher.name.startswith("tv.")
        assert television == (visitor.person.device_type == "tv")
        if visitor.person.device_type == "computer":
            assert visitor.publisher.kind == "site"


def test_publishers_offer_every_media_type_both_auctions_and_three_deals() -> None:
    placements = [placement for publisher in PUBLISHERS for placement in publisher.placements]
    assert {placement.media for placement in placements} == {"banner", "video", "native"}
    assert {deal.id for placement in placements for deal in placement.deals} == {
        "deal-outdoor-premium", "deal-camera-review", "deal-video-sport",
    }  # fmt: skip
    assert {publisher.auction_type for publisher in PUBLISHERS} == {1, 2}
    assert len({publisher.name for publisher in PUBLISHERS}) == len(PUBLISHERS) >= 30


def test_a_clock_may_run_at_any_speed() -> None:
    real = iter((100.0, 101.0, 102.5))
    clock = clock_of(3_600.0, 5_000.0, lambda: next(real))
    assert clock() == pytest.approx(8_600.0)
    assert clock() == pytest.approx(5_000.0 + 2.5 * 3_600)
