"""Simulated people, the provider's file and the laws that nobody sees."""

import csv
from datetime import date
from pathlib import Path
from random import Random

from loadtest import laws
from loadtest.laws import Showing, topic_of
from loadtest.people import INTERESTS, Population, segments_csv
from loadtest.publishers import PUBLISHERS, spaces, visit
from loadtest.request import Terms, bid_request

DAY = date(2026, 11, 1)


def test_one_seed_makes_one_population_in_any_order() -> None:
    forwards, backwards = Population(3, 50, today=DAY), Population(3, 50, today=DAY)
    there = [forwards.person(number) for number in range(50)]
    back = [backwards.person(number) for number in reversed(range(50))]
    assert there == back[::-1]
    assert there != [Population(4, 50, today=DAY).person(number) for number in range(50)]


def test_the_provider_knows_most_but_not_all_and_is_sometimes_wrong(tmp_path: Path) -> None:
    population = Population(1, 1_000, today=DAY)
    rows = segments_csv(tmp_path / "a.csv", 0.5, population)
    segments_csv(tmp_path / "b.csv", 0.5, Population(1, 1_000, today=DAY))
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    with (tmp_path / "a.csv").open() as file:
        table = list(csv.DictReader(file))
    assert rows == len(table)
    assert 400 < rows < 520
    missed = wrong = 0
    for row in table:
        assert row["id_kind"] == "buyeruid"
        person = population.person(int(row["id"].removeprefix("person-")))
        known = set(row["segments"].split("|"))
        assert known <= set(INTERESTS)
        missed += len(person.interests - known)
        wrong += len(known - person.interests)
    assert missed > 50
    assert wrong > 50


def test_interest_position_and_repetition_move_the_click_rate_as_they_should() -> None:
    person = (
        Population(1, 10, today=DAY)
        .person(0)
        ._replace(interests=frozenset({"camera-intent"}), device_type="phone")
    )
    best = Showing("camera", "banner", "300x250", 1, 20)
    chance = laws.click_probability(person, best)
    assert chance > laws.click_probability(person, best._replace(topic="baby")) * 3
    assert chance > laws.click_probability(person, best._replace(position=3))
    assert chance > laws.click_probability(person, best._replace(local_hour=8))
    assert chance > laws.click_probability(person, best._replace(seen=2))
    assert laws.order_probability(person, "camera") > laws.order_probability(person, "baby")


def test_topics_come_from_the_most_particular_name() -> None:
    assert topic_of("ski-300x250", "outdoor.example") == "ski"
    assert topic_of("x1", "camera-shop.example") == "camera"
    assert topic_of("drug-skin-300x250", "drugstore.example") == "beauty"
    assert topic_of("mob-film", "mobile.example") == "phone"
    assert topic_of("x1", "nothing.example") == "other"


def test_every_request_carries_the_signals_of_its_person_and_no_secret() -> None:
    population, dice = Population(1, 300, today=DAY), Random(1)
    old = new = 0
    for number in range(300):
        person = population.person(number)
        publisher = visit(person, dice)
        wire = bid_request("r", person, publisher, spaces(publisher, dice), Terms())
        regs = wire["regs"]["ext"] if publisher.old_fields else wire["regs"]
        user = wire["user"].get("ext", {}) if publisher.old_fields else wire["user"]
        old, new = old + publisher.old_fields, new + (not publisher.old_fields)
        assert regs["gdpr"] == int(person.country.in_eu)
        assert regs.get("us_privacy", "") == person.us_privacy
        assert user.get("consent", "") == person.consent
        assert wire["user"]["buyeruid"] == f"person-{number}"
        text = str({**wire, "site": 0, "app": 0, "imp": 0})
        assert not any(f"'{interest}'" in text for interest in INTERESTS)
    assert old
    assert new


def test_publishers_offer_every_media_type_both_auctions_and_three_deals() -> None:
    placements = [placement for publisher in PUBLISHERS for placement in publisher.placements]
    assert {placement.media for placement in placements} == {"banner", "video", "native"}
    assert {deal.id for placement in placements for deal in placement.deals} == {
        "deal-outdoor-premium", "deal-camera-review", "deal-video-sport",
    }  # fmt: skip
    assert {publisher.auction_type for publisher in PUBLISHERS} == {1, 2}
    assert len({publisher.name for publisher in PUBLISHERS}) == len(PUBLISHERS) >= 30
