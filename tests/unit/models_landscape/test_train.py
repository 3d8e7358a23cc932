"""From a log to prices: in a market whose rivals are known."""

from pathlib import Path

import pytest

from adserver.domain.creative import Banner
from adserver.domain.opportunity import Auction, AuctionType, Opportunity
from adserver.errors import InvalidConfig
from models.landscape.artifact import read
from models.landscape.contest import retrain
from models.landscape.serving import LearnedLandscape
from models.landscape.train import train
from models.registry.state import read_state
from tests.unit.models_landscape.market import (
    CPM,
    MONDAY_S,
    Auctioned,
    auctions,
    bid_line,
    log,
    notice_line,
    write,
)

VALUE = 10 * CPM
BIDS = list(auctions(3_000))
BANNER = Banner(
    id="b",
    landing_url="https://shop.example/",
    width=300,
    height=250,
    image_url="https://shop.example/i",
)


def surplus(landscape: LearnedLandscape, market: list[Auctioned]) -> tuple[float, float]:
    """Return what a landscape's prices leave, and what is left to who knows the minimum."""
    ours = best = 0
    for each in market:
        auction = Auction(
            id="1", exchange="ssp", opportunities=(), auction_type=AuctionType.FIRST_PRICE,
            country="USA", publication=each.publication,
        )  # fmt: skip
        opportunity = Opportunity(id="1", floor=each.floor, tag_id="top")
        offer = landscape.offer(auction, opportunity, BANNER, None, each.floor, VALUE, MONDAY_S)
        assert offer is not None
        assert each.floor <= offer.price <= VALUE
        ours += (VALUE - offer.price) * (offer.price >= each.minimum)
        best += max(0, VALUE - each.minimum)
    return ours, best


def response(market: list[Auctioned]) -> float:
    """Return what the best single price per page leaves: nobody can do much better who knows the page alone."""
    total = 0.0
    for page in {each.publication for each in market}:
        minima = [each.minimum for each in market if each.publication == page]
        total += max(
            (VALUE - p) * sum(m <= p for m in minima) for p in range(0, VALUE, VALUE // 200)
        )
    return total


@pytest.mark.parametrize(("told", "share"), [(True, 0.98), (False, 0.93)])
def test_prices_are_nearly_the_best_there_are(tmp_path: Path, told: bool, share: float) -> None:  # noqa: FBT001
    train(log(tmp_path / "events.jsonl", BIDS, told=told), tmp_path / "models")
    later = list(auctions(2_000, seed=2))
    ours, _ = surplus(read(tmp_path / "models"), later)
    assert ours >= share * response(later)


def test_a_log_without_enough_is_refused_and_says_what_to_do(tmp_path: Path) -> None:
    few = log(tmp_path / "few.jsonl", BIDS[:100])
    with pytest.raises(InvalidConfig, match="no exchange has 200 bids to learn from"):
        train(few, tmp_path)
    lost = write(tmp_path / "lost.jsonl", [bid_line(each) for each in BIDS])
    with pytest.raises(InvalidConfig, match=r"none of .* bids was won"):
        train(lost, tmp_path)
    (tmp_path / "empty.jsonl").write_text("")
    with pytest.raises(InvalidConfig, match="no exchange has 200 bids"):
        train(tmp_path / "empty.jsonl", tmp_path)


def test_everything_won_or_all_at_one_price_is_learned_from(tmp_path: Path) -> None:
    one = [each._replace(price=5 * CPM, minimum=5 * CPM) for each in BIDS[:300]]
    report = train(log(tmp_path / "one.jsonl", one), tmp_path / "models")
    assert (report.rows, report.wins) == (298, 298)
    ours, best = surplus(read(tmp_path / "models"), one)
    assert ours == best


def test_the_same_log_teaches_the_same(tmp_path: Path) -> None:
    file = log(tmp_path / "events.jsonl", BIDS[:500])
    one, two = train(file, tmp_path / "one"), train(file, tmp_path / "two")
    assert (one.folder / "curves.json").read_bytes() == (two.folder / "curves.json").read_bytes()
    assert "judged on the latest" in str(one)


def test_a_market_that_moved_is_learned_anew_and_the_new_landscape_serves(tmp_path: Path) -> None:
    root = tmp_path / "models"
    first = retrain(log(tmp_path / "old.jsonl", BIDS), root, lambda *_: None)
    assert (first.better, first.why) == (False, "the first of its kind: it serves")
    moved = [each._replace(at=each.at + 10_000) for each in auctions(3_000, seed=3, scale=1.7)]
    second = retrain(log(tmp_path / "new.jsonl", moved), root, lambda *_: None)
    assert second.better, second.why
    assert read_state(root).roles("landscape").champion == first.model, "who calls promotes it"


def test_the_share_of_wins_that_is_billed_is_kept(tmp_path: Path) -> None:
    bids = BIDS[:600]
    lines = [bid_line(each) for each in bids]
    for number, each in enumerate(filter(lambda each: each.won, bids)):
        lines.append(notice_line(each, "win"))
        if number % 2:
            lines.append(notice_line(each, "billing", cleared=each.price))
    lines[:300] = [line | {"p_win": 0.9} for line in lines[:300]]
    report = train(write(tmp_path / "e.jsonl", lines), tmp_path / "models")
    assert report.metrics["served_calibration"] == pytest.approx(
        0.9 * 300 / sum(each.won for each in bids[:300])
    )
    assert "as they were bid" in str(report)
    assert read(tmp_path / "models", report.name).paid["ssp"] == pytest.approx(0.5, abs=0.01)
