"""Months in seconds: the same people as over HTTP, books that a plain loop would keep, traffic by its law."""

from collections import Counter
from datetime import date
from itertools import pairwise

import numpy as np
import pytest

from loadtest.market import clicks, hours
from loadtest.market.advertising import Ad, Lineup
from loadtest.market.clicks import Contacts
from loadtest.market.interests import TOPICS, step_of
from loadtest.market.laws import laws
from loadtest.market.live import Live, Visitor
from loadtest.market.past import Past, Step
from loadtest.market.people import SCREENS, Population
from loadtest.market.places import COUNTRIES, local_hours
from loadtest.market.publishers import PUBLISHERS
from loadtest.market.views import Views, draw, times
from loadtest.market.wandering import SPACES, pages, wander

BEGINS = 1_795_000_000.0
DAY = date(2026, 1, 1)
LINEUP = Lineup(
    [
        Ad("shop.example", f"{topic}-line", f"{topic}-{media}{size}", media, size, topic)
        for topic in TOPICS
        for media, size in (
            ("banner", "300x250"),
            ("banner", "320x50"),
            ("native", ""),
            ("video", ""),
        )
    ]
)


@pytest.fixture(scope="module")
def lived() -> tuple[Population, list[Step]]:
    population = Population(4, 300, day=DAY)
    past = Past(population, LINEUP, BEGINS, 1_000, loses=None)
    return population, list(past.steps(8))


def test_contacts_are_those_that_a_loop_counts(lived: tuple[Population, list[Step]]) -> None:
    every: Counter[int] = Counter()
    own: Counter[tuple[int, int]] = Counter()
    checked = 0
    for step in lived[1]:
        views = step.shown.views
        for row in range(len(views.at)):
            line_item = int(LINEUP.line_items[step.shown.ads[row]])
            screen = int(views.people[row] * SCREENS + views.screens[row])
            if views.screens[row] < 0:
                assert step.shown.contacts.all[row] == step.shown.contacts.line_item[row] == 0
                continue
            assert step.shown.contacts.all[row] == every[screen]
            assert step.shown.contacts.line_item[row] == own[screen, line_item]
            every[screen] += 1
            own[screen, line_item] += 1
            checked += 1
    assert checked > 1_000
    assert max(every.values()) > 20


def test_nobody_who_refused_is_in_the_log(lived: tuple[Population, list[Step]]) -> None:
    population, steps = lived
    assert 0.1 < 1 - population.consents.mean() < 0.3
    for step in steps:
        assert population.consents[step.shown.views.people].all()
        assert population.consents[step.lost.views.people].all()


def test_auctions_are_won_by_whoever_offers_more(lived: tuple[Population, list[Step]]) -> None:
    for step in lived[1]:
        won, lost = step.shown.prices, step.lost.prices
        assert (won.offered >= won.minimum).all()
        assert (lost.offered <= lost.minimum).all()
        assert (won.cleared <= won.offered).all()
        assert (won.offered >= won.floors).all()


def test_over_http_people_click_as_likely_as_without() -> None:
    """A visitor of the live market gets the probability that the arrays have for the same view."""
    live = Live(4, 300, lambda: BEGINS, day=DAY)
    population, checked = Population(4, 300, day=DAY), 0
    levels = population.levels(step_of(BEGINS))
    for number in range(150):
        visitor = live.visitor(number)
        place = SPACES.index(
            next(
                each
                for each in SPACES
                if each.placement == visitor.spaces[0] and each.publisher == visitor.publisher
            )
        )
        fitting = LINEUP.fitting[place]
        if fitting[0] < 0 or not visitor.person.id:
            continue
        shown = LINEUP.ads[fitting[0]]
        ad = live.ad(
            f"new-{number}.example", f"new-{number}", shown.creative, shown.media, shown.size
        )
        assert ad.topic == shown.topic
        before = int(
            live._seen[int(visitor.view.people[0]) * SCREENS + int(visitor.view.screens[0])]
        )
        contacts = Contacts(np.array([before]), np.zeros(1, np.int64))
        view = visitor.view
        assert view.spaces[0] == place
        expected = clicks.visible(view, fitting[:1], LINEUP, contacts, population)
        expected = expected * clicks.hidden(
            view, fitting[:1], LINEUP, contacts, population, levels[view.people]
        )
        assert live.sees(visitor, 0, ad) == pytest.approx(float(expected[0]), rel=1e-12)
        checked += 1
    assert checked > 60


def test_over_http_as_without_the_same_view_is_the_same_person_at_the_same_place() -> None:
    live = Live(4, 300, lambda: BEGINS, day=DAY)
    population = Population(4, 300, day=DAY)
    views = draw(population, np.arange(200), np.full(200, BEGINS))
    for number in range(200):
        visitor: Visitor = live.visitor(number)
        assert visitor.person.number == views.people[number]
        assert visitor.publisher == PUBLISHERS[views.pages[number]]
        assert visitor.person.screen == views.screens[number]
        assert visitor.spaces[0] == SPACES[views.spaces[number]].placement


def test_every_contact_over_http_tires() -> None:
    live = Live(4, 300, lambda: BEGINS, day=DAY)
    visitor = next(each for number in range(50) if (each := live.visitor(number)).person.id)
    ad = live.ad("shop.example", "line", "ski-300x250", "banner", "300x250")
    chances = [live.sees(visitor, 0, ad) for _ in range(5)]
    assert all(later < earlier for earlier, later in pairwise(chances))


def test_people_come_when_the_law_says() -> None:
    """At a moment countries have the shares that their local hours give them."""
    population, count = Population(4, 20_000, day=DAY), 20_000
    weights = np.array([country.weight for country in COUNTRIES])
    for at_s in (BEGINS, BEGINS + 6 * 3_600, BEGINS + 12 * 3_600):
        views = draw(population, np.arange(count), np.full(count, at_s))
        up = [
            hours.requests()[local_hours(at_s, np.array([index]))[0] % 24]
            for index in range(len(COUNTRIES))
        ]
        expected = weights * up / (weights * up).sum()
        countries = population.countries[views.people]
        found = np.bincount(countries, minlength=len(COUNTRIES)) / count
        assert np.allclose(found, expected, atol=0.03)


def test_traffic_goes_through_the_day_by_its_wave() -> None:
    """Over weeks: the swings of five minutes level out."""
    slots = np.arange(288 * 40) + int(BEGINS // 86_400 * 288)
    swung = hours.swings(4, slots).reshape(40, 288).mean(axis=0)
    assert abs(np.log(swung)).mean() < 0.15
    for step in range(step_of(BEGINS), step_of(BEGINS) + 8):
        at_s = times(4, step, 5_000)
        assert (np.diff(at_s) >= 0).all()
        assert {step_of(float(each)) for each in at_s[[0, -1]]} == {step}
        assert np.ptp(at_s) > 20_000


def test_pages_draw_those_who_care() -> None:
    """Pages in their shares for people of one kind, as `pages` has them, which the oracle rests on."""
    count, levels = 60_000, np.zeros((60_000, len(TOPICS)), np.int8)
    levels[:, TOPICS.index("ski")] = 2
    found = np.bincount(
        wander("test", np.arange(count), np.zeros(count, np.int64), levels),
        minlength=len(PUBLISHERS),
    )
    base, addends = pages()
    expected = base[0] + addends[0] @ np.array(laws().drawn)[levels[0]]
    assert expected.sum() == pytest.approx(1.0)
    assert np.allclose(found / count, expected, atol=4 * np.sqrt(0.25 / count))
    none = base[0] + addends[0] @ np.full(len(TOPICS), laws().drawn[0])
    ski = [publisher.name for publisher in PUBLISHERS].index("powder-report.example")
    assert expected[ski] > 2 * none[ski]


def test_views_are_the_same_alone_and_together() -> None:
    population = Population(4, 300, day=DAY)
    together = draw(population, np.arange(50), np.full(50, BEGINS))
    alone = [draw(population, np.array([number]), np.array([BEGINS])) for number in range(50)]
    again = Views._make(np.concatenate(column) for column in zip(*alone, strict=True))
    assert all(np.array_equal(one, other) for one, other in zip(together, again, strict=True))
