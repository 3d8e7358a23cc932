"""How little is known, from how often things were seen and clicked."""

from math import sqrt
from random import Random

import pytest

from adserver.domain.gamma import trigamma
from models.ctr.evidence import USUAL_VARIANCE, TableEvidence, deviations
from models.ctr.features import SERVED, Tables
from tests.unit.models_ctr.world import candidate, shown


def tables(column: str, counts: list[tuple[int, int]]) -> Tables:
    """Tables that know of one column how often each word was seen and clicked, the unknown first."""
    rates = {name: [0.01] for name in SERVED.rated}
    codes: dict[str, dict[str, int]] = {name: {} for name in SERVED.words}
    rates[column] = [0.01] * len(counts)
    codes[column] = {
        f"{column.replace('_item', '')}-{place}": place + 1 for place in range(len(counts) - 1)
    }
    return Tables(
        codes=codes,
        rates=rates,
        base_rate=0.01,
        views={column: [views for views, _ in counts]},
        clicks={column: [clicks for _, clicks in counts]},
    )


def test_doubt_falls_with_clicks_and_is_greatest_for_what_was_never_seen() -> None:
    found = deviations(
        tables("creative", [(0, 0), (1_000, 10), (10_000, 100), (100_000, 1_000)]), "creative"
    )
    assert found == sorted(found, reverse=True)
    assert found[-1] < 0.05


@pytest.mark.parametrize(("spread", "least", "most"), [(0.0, 0.0, 0.2), (0.5, 0.4, 0.7)])
def test_how_much_words_differ_is_learned_from_them(
    spread: float, least: float, most: float
) -> None:
    """Rates spread by a gamma law of that deviation: what is new is doubted by it, and hardly at all where all are alike."""
    dice = Random(3)
    shape = 1 / spread**2 if spread else 0.0
    counts = [(0, 0)]
    for _ in range(60):
        rate = 0.01 * (dice.gammavariate(shape, 1 / shape) if shape else 1.0)
        counts.append((20_000, sum(dice.random() < rate for _ in range(20_000))))
    assert least < deviations(tables("creative", counts), "creative")[0] < most


def test_without_anything_seen_the_usual_spread_is_taken() -> None:
    usual = sqrt(trigamma(1 / USUAL_VARIANCE))
    assert deviations(tables("creative", [(0, 0)] * 3), "creative") == [pytest.approx(usual)] * 3


def test_older_tables_without_counts_doubt_nothing() -> None:
    old = Tables(
        codes={name: {} for name in SERVED.words},
        rates={name: [0.01] for name in SERVED.rated},
        base_rate=0.01,
    )
    seen = next(shown(1))
    assert TableEvidence(old).doubts(seen.auction, seen.opportunity, [candidate(1)]) == (0.0, [0.0])


def test_the_place_is_doubted_for_all_and_each_candidate_for_itself() -> None:
    known = TableEvidence(tables("creative", [(0, 0), (50_000, 500), (50_000, 480)]))
    seen = next(shown(1))
    shared, own = known.doubts(seen.auction, seen.opportunity, [candidate(0), candidate(5)])
    assert shared == 0.0, "these tables count no places"
    assert own[1] > own[0] > 0.0
