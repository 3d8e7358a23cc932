"""The oracle that sees no more than the wire, against sums over people made up by the million."""

from datetime import date

import numpy as np
import pytest

from loadtest.market import clicks, oracle, provider
from loadtest.market.advertising import Ad, Lineup
from loadtest.market.chance import Floats
from loadtest.market.clicks import Contacts
from loadtest.market.interests import TOPICS, kin, usual
from loadtest.market.laws import laws
from loadtest.market.oracle import Told, p_wire
from loadtest.market.past import Past
from loadtest.market.people import KINDS, Population
from loadtest.market.publishers import PUBLISHERS
from loadtest.market.views import Views
from loadtest.market.wandering import PLACE, SPACES, about, roads

NOW = 1_795_000_000.0
SAMPLE = 200_000
ADS = [Ad("s", f"{topic}-line", f"{topic}-a", "banner", "300x250", topic) for topic in TOPICS]
OTHER = Ad("s", "line", "x", "banner", "300x250", "other")


@pytest.fixture(scope="module")
def made_up() -> Floats:
    """Levels of people as they usually are: rows of person and topic."""
    dice = np.random.default_rng(3)
    rising = np.cumsum(usual(), axis=1)
    return np.array([np.searchsorted(row, dice.random(SAMPLE)) for row in rising]).T.clip(0, 3)


def expected(
    levels: Floats, topic: int, segments: np.ndarray | None, page: int, kind: int
) -> float:
    """Return the hidden factors' mean over people, each weighted by how likely all that is told is, if it is them."""
    law, place = laws(), PLACE[kind]
    weights = np.zeros(len(levels))
    for mood in range(len(TOPICS)):  # each as likely
        goes = np.array(law.drawn)[levels[:, mood]] * roads().has[place, mood]
        weights += (
            goes * roads().home[place, mood, page] + (1 - goes) * roads().general[place, page]
        )
    dice = np.random.default_rng(4)
    customer = dice.random(len(levels)) < law.people.customers
    says = customer & (dice.random(len(levels)) < law.people.opted_in)
    known = dice.random(len(levels)) < law.people.known
    if segments is not None:  # a screen with an id: what is told of it
        heard = np.ones(len(levels))
        for place_, segment in enumerate(law.segments.values()):
            if segment.topic:
                told = np.array(segment.told)[levels[:, TOPICS.index(segment.topic)]]
            else:
                told = says.astype(float)
            heard *= told if segments[place_] else 1 - told
        weights *= np.where(known, heard, 0.0 if segments.any() else 1.0)
    factor = np.array(law.clicks.interest)[levels[:, topic]]
    factor = factor * np.array(law.clicks.kin)[levels[:, kin()[topic]]]
    factor = factor * np.where(customer, law.clicks.customer, 1.0)
    return float(np.average(factor, weights=weights))


@pytest.mark.parametrize("told", [None, (), ("ski",), ("ski", "hiking", "loyal-customer")])
@pytest.mark.parametrize("page", ["powder-report.example", "daily-courier.example"])
def test_bayes_by_topics_is_the_mean_over_people(
    made_up: Floats, told: tuple[str, ...] | None, page: str
) -> None:
    population, lineup = Population(1, 10, day=date(2026, 1, 1)), Lineup(ADS)
    topic = TOPICS.index("ski")
    place = next(i for i, each in enumerate(SPACES) if each.publisher.name == page)
    found = np.array([segment in (told or ()) for segment in provider.SEGMENTS])
    one = np.zeros(1, np.int64)
    kind = next(i for i, each in enumerate(KINDS) if each.device_type == "computer")
    views = Views(
        one, np.array([NOW]), one, one if told is not None else one - 1, one + kind,
        one + SPACES[place].page, one + place,
    )  # fmt: skip
    contacts = Contacts(one, one)
    ads = one + topic
    chance = p_wire(
        views, ads, lineup, contacts, population, Told(found[None], one > int(told is None) - 1)
    )
    if told is None:
        chance = p_wire(views, ads, lineup, contacts, population, Told(found[None], one > 0))
    plain = clicks.visible(views, ads, lineup, contacts, population)
    page_number = [publisher.name for publisher in PUBLISHERS].index(page)
    segments = None if told is None else found
    mean = expected(made_up, topic, segments, page_number, kind)
    rare = 0.25 if told and len(told) > 1 else 0.03  # few made-up people are like that
    assert float(chance[0] / plain[0]) == pytest.approx(mean, rel=rare)


def test_contacts_tire_as_the_law_says() -> None:
    population, lineup = Population(1, 10, day=date(2026, 1, 1)), Lineup([OTHER])
    law, zeros = laws(), np.zeros(3, np.int64)
    place = next(i for i, each in enumerate(SPACES) if lineup.counts[i])
    views = Views(
        zeros, np.full(3, NOW), zeros, zeros, zeros, zeros + SPACES[place].page, zeros + place
    )
    contacts = Contacts(np.array([0, 10, 99]), np.array([0, 2, 99]))
    nothing = np.zeros((3, len(provider.SEGMENTS)), np.bool_)
    chances = p_wire(views, zeros, lineup, contacts, population, Told(nothing, zeros == 0))
    touchy, most = law.people.touchy, law.clicks.contacts
    for row, (all_, own) in enumerate([(0, 0), (10, 2), (most, most)]):
        left = law.clicks.fatigue**own * (1 - touchy + touchy * law.clicks.annoyance**all_)
        assert chances[row] / chances[0] == pytest.approx(left)


def test_lived_through_the_oracle_is_right_on_the_average() -> None:
    """Each person once, so that rows are independent; nothing that the oracle knows tells where it is wrong."""
    population = Population(9, 24_000, day=date(2026, 1, 1))
    past = Past(population, Lineup([*ADS, OTHER]), NOW, 24_000)
    step = next(past.steps(1))
    _, rows = np.unique(step.shown.views.people, return_index=True)
    wrong, wire = (step.p_click - step.p_wire)[rows], step.p_wire[rows]
    views, told = step.shown.views, step.shown.told.segments
    assert len(rows) > 4_000
    slices = {
        "all": np.ones(len(rows), np.bool_),
        "likely": wire > np.quantile(wire, 0.8),
        "unlikely": wire < np.quantile(wire, 0.2),
        "told nothing": ~told[rows].any(axis=1),
        "told much": told[rows].sum(axis=1) > 2,
        "without an id": views.screens[rows] < 0,
        "general pages": np.isin(
            views.pages[rows], [i for i, p in enumerate(PUBLISHERS) if not p.about]
        ),
        "own pages": about()[views.pages[rows], Lineup([*ADS, OTHER]).topics[step.shown.ads[rows]]],
    }
    for name, chosen in slices.items():
        luck = wrong[chosen].std() / np.sqrt(chosen.sum())
        assert abs(wrong[chosen].mean()) < 4 * luck, name
    assert abs(step.clicked.mean() - step.p_click.mean()) < 4 * np.sqrt(
        step.p_click.mean() / len(wrong)
    )


def test_rows_are_judged_alike_in_any_company(monkeypatch: pytest.MonkeyPatch) -> None:
    population = Population(9, 500, day=date(2026, 1, 1))
    lineup = Lineup([*ADS, OTHER])
    step = next(Past(population, lineup, NOW, 400).steps(1))
    shown = step.shown
    monkeypatch.setattr(oracle, "_ROWS", 7)
    again = p_wire(shown.views, shown.ads, lineup, shown.contacts, population, shown.told)
    assert np.allclose(again, step.p_wire, rtol=1e-12)
