"""A worker's click models: what the registry and the corrections say, and what goes on when they are damaged."""

from functools import partial
from pathlib import Path

import pytest

from adserver.bootstrap.click_models import ClickTaker
from adserver.config import load_settings
from models.ctr.artifact import read
from models.ctr.evidence import TableEvidence
from models.registry import roles
from models.registry.corrections import FILE_NAME, Corrections, Evidence, write_corrections
from models.registry.keeping import KEPT
from models.registry.state import change, read_state
from tests.unit.commands import shop
from tests.unit.models_ctr.world import shown
from tests.unit.models_registry.hostile_parts import prepare

SEEN = next(shown(1))


@pytest.fixture
def taker(root: Path) -> ClickTaker:
    """The place of one that keeps copies, in a state folder around the registry."""
    (root.parent / "state").mkdir()
    root.rename(root.parent / "state" / "models")
    return ClickTaker(load_settings(shop.write(root.parent)), keeps=True)


@pytest.fixture
def models(root: Path) -> Path:
    """Where the registry is then."""
    return root.parent / "state" / "models"


def follow(taker: ClickTaker, models: Path) -> list[str]:
    """Do what a worker does when the registry has changed; return what is wrong."""
    fetched = taker.fetch(read_state(models).roles("click"))
    fetched.swap()
    return list(fetched.problems)


def test_the_champion_serves_and_is_kept(taker: ClickTaker, models: Path) -> None:
    assert taker.served.name == "constant"
    assert follow(taker, models) == []
    champion = read_state(models).roles("click").champion
    assert taker.served.name == f"lightgbm/{champion}"
    assert [path.name for path in (models / KEPT / "click").iterdir()] == [champion]


def test_nothing_was_ever_trained_and_nothing_is_wrong(tmp_path: Path) -> None:
    nobody = ClickTaker(load_settings(shop.write(tmp_path)), keeps=True)
    assert follow(nobody, tmp_path / "state" / "models") == []
    assert nobody.served.name == "constant"


def test_shares_are_taken_up_and_who_serves_already_is_not_read_again(
    taker: ClickTaker, models: Path
) -> None:
    follow(taker, models)
    before = taker.served.decider(SEEN.auction).model
    second = prepare(models)
    change(models, "click", partial(roles.canaried, model=second, percent=50.0))
    change(models, "click", partial(roles.shadowed, model=second, percent=100.0))
    assert follow(taker, models) == []
    shadow = taker.served.watcher(SEEN.auction)
    assert shadow is not None
    assert shadow.name == f"lightgbm/{second}"
    change(models, "click", partial(roles.promoted, model=second, at="", why=""))
    follow(taker, models)
    assert taker.served.decider(SEEN.auction).model is shadow
    change(models, "click", partial(roles.rolled_back, at="", why=""))
    follow(taker, models)
    assert taker.served.decider(SEEN.auction).model is not before, "who serves nowhere is let go of"


def test_a_damaged_canary_is_left_out_and_the_champion_serves_on(
    taker: ClickTaker, models: Path
) -> None:
    second = prepare(models)
    change(models, "click", partial(roles.canaried, model=second, percent=50.0))
    (models / "click" / second / "model.txt").write_text("x")
    (problem,) = follow(taker, models)
    assert "there is no canary" in problem
    assert "wrong SHA-256" in problem
    champion = read_state(models).roles("click").champion
    assert taker.served.name == f"lightgbm/{champion}"


def test_corrections_are_taken_up_and_damaged_ones_are_dropped_with_a_word(
    taker: ClickTaker, models: Path
) -> None:
    champion = f"lightgbm/{read_state(models).roles('click').champion}"
    here = {SEEN.auction.exchange: {"banner": Evidence(2.0, 10.0, 20.0, 1_000.0)}}
    write_corrections(models, Corrections("2026-01-01T00:00:00Z", {champion: here}))
    assert follow(taker, models) == []
    assert taker.served.decider(SEEN.auction).correction(SEEN.auction.exchange, "banner") == 2.0
    (models / FILE_NAME).write_text("{")
    (problem,) = follow(taker, models)
    assert "nothing is corrected" in problem
    assert taker.served.decider(SEEN.auction).correction(SEEN.auction.exchange, "banner") == 1.0


def test_a_registry_that_is_gone_leaves_who_serves(taker: ClickTaker, models: Path) -> None:
    follow(taker, models)
    serving = taker.served.name
    (models / "registry.json").unlink()
    (problem,) = follow(taker, models)
    assert "which served before, goes on" in problem
    assert taker.served.name == serving


def test_a_copy_that_stands_in_tells_what_it_doubts(
    taker: ClickTaker, models: Path, tmp_path: Path
) -> None:
    follow(taker, models)
    (models / "registry.json").unlink()
    again = ClickTaker(load_settings(tmp_path / "server.yaml"), keeps=False)
    (problem,) = follow(again, models)
    assert "which served before, goes on" in problem
    _, (own,) = again.evidence.doubts(SEEN.auction, SEEN.opportunity, [SEEN.candidate])
    assert own > 0


def test_what_is_doubted_is_told_by_the_champions_tables(taker: ClickTaker, models: Path) -> None:
    def doubts() -> tuple[float, list[float]]:
        shared, own = taker.evidence.doubts(SEEN.auction, SEEN.opportunity, [SEEN.candidate])
        return shared, list(own)

    assert doubts() == (0.0, [0.0]), "a constant doubts nothing"
    follow(taker, models)
    known = TableEvidence(read(models).tables)
    told = known.doubts(SEEN.auction, SEEN.opportunity, [SEEN.candidate])
    assert doubts() == (told[0], list(told[1]))
    assert doubts()[1][0] > 0
    (models / "registry.json").unlink()
    follow(taker, models)
    assert doubts() == (told[0], list(told[1])), "as the model, which goes on"
