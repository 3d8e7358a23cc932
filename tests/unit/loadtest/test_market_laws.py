"""The laws: frozen, hashed, and such that chances are chances; the fit against logs that are made up, and the real ones."""

import math
from itertools import pairwise

import msgspec
import numpy as np
import pytest

from loadtest.__main__ import main
from loadtest.market import fitting, hours, laws, rivals
from loadtest.market.chance import uniform
from loadtest.market.laws import Price
from tests.corpus.corpus import corpus

FROZEN = "f8c209e22b4966bb1d56a19e58cdbb4429ea59fc9f50d2b70e803f3d0fad8c9a"


def test_the_laws_are_the_frozen_ones() -> None:
    """Whoever changes a number says so here, and measures M3 anew: the learner was never shown these laws before."""
    assert laws.digest() == FROZEN
    again = msgspec.json.format(msgspec.json.encode(laws.laws()), indent=1) + b"\n"
    assert laws.FILE.read_bytes() == again


def test_no_click_is_ever_certain() -> None:
    law, people = laws.laws().clicks, laws.laws().people

    def widest(deviation: float) -> float:
        return math.exp(deviation * 12**0.5 / 2)

    placed = {
        "banner": max(law.sizes.values()) * law.positions["1"],
        "video": law.positions["7"],
        "native": 1.0,
    }
    for media, base in law.media.items():
        highest = base * placed[media] * max(law.devices.values()) * (1 + law.evening)
        highest *= law.weekend * law.thriving * law.at_home * law.customer
        highest *= max(law.interest) * max(law.kin) * max(people.eagerness)
        highest *= widest(law.creatives) * widest(law.tags) * widest(law.publications)
        assert highest < 1, media
    assert law.sizes["300x250"] * law.positions["7"] < placed["banner"]


def test_shares_are_shares() -> None:
    law = laws.laws()
    assert np.mean(law.people.eagerness) == 1.0
    assert sum(law.weather.values()) == pytest.approx(1.0)
    assert sum(law.people.screens) == pytest.approx(1.0)
    for price in law.rivals:
        assert sum(weight for weight, _, _ in price.mixture) == pytest.approx(1.0, abs=1e-4)
        assert 0 < sum(share for _, share in price.atoms) < 1
        below = rivals.distribution(price, np.arange(0.0, rivals.DEAREST + 2.0))
        assert below[-1] == pytest.approx(1.0, abs=1e-6)
        assert all(earlier <= later for earlier, later in pairwise(below.tolist()))


def test_half_of_the_offers_are_below_what_is_usual() -> None:
    dice, rows = uniform("test", np.arange(20_000)), np.arange(20_000)
    pages = rows % 31
    found = rivals.offers(dice, pages, np.full(20_000, 3.0), rows % 24)
    assert np.median(found / hours.prices()[rows % 24]) == pytest.approx(3.0, rel=0.03)


def test_a_made_up_law_of_prices_is_found_again() -> None:
    truth = Price("x", ((50, 0.2), (80, 0.1)), ((0.6, 3.5, 0.5), (0.3, 4.6, 0.3), (0.1, 5.3, 0.1)))
    grid = np.arange(0.0, rivals.DEAREST + 2.0)
    shares = np.diff(rivals.distribution(truth, grid))
    found = fitting.fit_price("x", shares * 1e6)
    assert dict(found.atoms)[50] == pytest.approx(0.2, abs=0.01)
    apart = rivals.distribution(found, grid) - rivals.distribution(truth, grid)
    assert abs(apart).max() < 0.01


def test_swings_of_five_minutes_are_as_wide_and_as_lasting_as_the_law_says() -> None:
    law = laws.laws().hours
    logs = np.log(hours.swings(1, np.arange(50_000)))
    assert logs.std() == pytest.approx(law.swing, rel=0.05)
    memory = np.corrcoef(logs[1:], logs[:-1])[0, 1]
    assert memory == pytest.approx(law.memory, abs=0.03)
    assert hours.swings(1, np.arange(200_000)).mean() == pytest.approx(1.0, abs=0.03)


def test_the_fitted_part_is_what_the_logs_say(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command, run on the corpus, finds what is frozen (to the fifth digit, and some for other machines)."""
    root = corpus()
    frozen = laws.laws()
    copy = tmp_path_factory.mktemp("laws") / "laws.json"
    copy.write_bytes(laws.FILE.read_bytes())
    monkeypatch.setattr(laws, "FILE", copy)
    assert main(["fit-laws", "--data", str(root / "ml")]) == 0
    fitted = msgspec.json.decode(copy.read_bytes(), type=laws.Laws)
    laws.laws.cache_clear()
    grid = np.arange(0.0, rivals.DEAREST + 2.0)
    for before, after in zip(frozen.rivals, fitted.rivals, strict=True):
        apart = rivals.distribution(before, grid) - rivals.distribution(after, grid)
        assert abs(apart).max() < 0.002
    assert np.allclose(frozen.hours.requests, fitted.hours.requests, atol=1e-3)
    assert fitted.hours.swing == pytest.approx(frozen.hours.swing, abs=1e-3)
