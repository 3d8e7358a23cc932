"""Replayed auctions against the obvious loop, and what a bidder may not do."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.quality import bidding
from tests.quality.auctions import FOLDER, Log, Start, constant, multiplier, paced
from tests.quality.bidding import SHARES, bidders, calibrated, compare, freeze
from tests.torture.figures import Missing, Scale


def made(seed: int, count: int = 6_000, dearer: float = 1.0) -> Log:
    """Return auctions whose clicks are as predicted; the second half costs more, if wanted."""
    dice = np.random.default_rng(seed)
    chances = np.exp(dice.normal(-4.5, 0.8, count)).clip(0, 1)
    prices = np.round(dice.gamma(2.0, 30.0, count) + 1)
    prices[count // 2 :] *= dearer
    return Log(dice.random(count) < chances, np.round(prices), chances)


rows = st.lists(
    st.tuples(st.booleans(), st.integers(0, 20), st.floats(0.001, 0.5)), min_size=1, max_size=30
)


@settings(max_examples=200, deadline=None)
@given(rows, st.floats(0.1, 200.0), st.integers(0, 300))
def test_a_replay_is_the_obvious_loop(
    auctions: list[tuple[bool, int, float]], base: float, budget: int
) -> None:
    clicked, prices, chances = map(np.array, zip(*auctions, strict=True))
    log = Log(clicked, prices.astype(float), chances)
    left, wanted = float(budget), []
    for _, price, chance in auctions:
        won = price <= min(base * chance, left) or (price == 0 and left <= 0)
        left -= price if won else 0
        wanted.append(won)
    assert constant(log, base * chances, budget).tolist() == wanted


def test_the_multiplier_in_hindsight_just_spends_the_budget() -> None:
    log = made(1)
    for share in SHARES:
        budget = log.cost / share
        wins = log.chances * multiplier(log, budget) >= log.prices
        assert log.prices[wins].sum() == pytest.approx(budget, rel=0.01)


def test_our_pacing_spends_the_budget_and_never_more() -> None:
    log = made(2, dearer=1.5)
    for share in (16, 2):
        budget = log.cost / share
        wins, learned = paced(log, 60_000 * log.chances, budget, Start(0.3))
        assert 0.9 * budget <= log.prices[wins].sum() <= budget
        assert learned.pace == 0.3


def test_calibrated_chances_rise_and_agree_with_the_clicks_of_train() -> None:
    log = made(3)
    frozen = freeze(log)
    expected = calibrated(log.chances, frozen)
    assert expected.sum() == pytest.approx(log.clicked.sum())
    assert np.all(np.diff(expected[np.argsort(log.chances)]) >= 0)


def test_a_bidder_that_is_worse_is_seen_to_be() -> None:
    train, test = made(4), made(5)
    frozen = freeze(train)
    wins = {share: bidders(test, frozen, share) for share in SHARES}
    for each in wins.values():
        each["ours"] = np.zeros_like(each["ours"])
    figures = compare(test, frozen, wins, 7)
    assert not any(figure.met for figure in figures if "against linear" in figure.what)


def test_the_test_file_is_opened_last(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    def load(name: str) -> Log:
        opened.append(name)
        return made(len(opened), 400)

    def frozen(log: Log) -> bidding.Frozen:
        assert opened == ["train"]
        return freeze(log)

    monkeypatch.setattr(bidding, "load", load)
    monkeypatch.setattr(bidding, "freeze", frozen)
    assert bidding.run(Scale())
    assert opened == ["train", "test"]


def test_without_the_logs_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADSERVER_CORPUS", f"nowhere/{FOLDER}")
    with pytest.raises(Missing):
        bidding.run(Scale())
