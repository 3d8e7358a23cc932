"""Which conversion model serves: counts, then the registry's champion, and what was good when the next is damaged."""

from pathlib import Path

import pytest

from adapters.campaigns.yaml_folder import Config
from adserver.bootstrap.conversions import ConversionTaker
from adserver.bootstrap.state import places
from adserver.config import Loaded, Settings
from adserver.domain.candidate import Candidate
from adserver.domain.identity import number
from models.cvr.baseline import Outcome, write_outcomes
from models.cvr.train import train
from models.registry.roles import Roles
from models.registry.state import read_state
from tests.unit.models_ctr.world import shown
from tests.unit.models_cvr.made import click, order, written
from tests.unit.models_cvr.test_model import DECLARED, wanting

CLICKS = 250
"""With ten orders: then the estimate of one in fifty, worth 250 clicks, is moved to three in a hundred."""


@pytest.fixture
def loaded(tmp_path: Path) -> Loaded:
    return Loaded(tmp_path / "server.yaml", Settings(campaigns=Config("campaigns")))


def rate(taker: ConversionTaker, chosen: Candidate) -> float:
    seen = next(shown(1))
    (found,) = taker.served.orders(seen.auction, seen.opportunity, [chosen], seen.now_s)
    return found.per_click


@pytest.fixture
def chosen() -> Candidate:
    return wanting(next(shown(1)).candidate)


def trained(tmp_path: Path, loaded: Loaded, chosen: Candidate, orders: int) -> str:
    events = [click(f"{each}", float(each), chosen.line_item) for each in range(CLICKS)]
    events += [order(f"{each}", f"{each}", float(each), chosen.line_item) for each in range(orders)]
    folder = tmp_path / f"log-{orders}"
    folder.mkdir()
    return train(written(folder, events), places(loaded).models).folder.name


def test_counts_serve_until_there_is_a_champion(
    tmp_path: Path, loaded: Loaded, chosen: Candidate
) -> None:
    places(loaded).models.mkdir(parents=True)
    line_item = number("line_item", chosen.line_item)
    write_outcomes(places(loaded).orders, {line_item: Outcome(CLICKS, 0)})
    taker = ConversionTaker(loaded)
    assert taker.served.name == "smoothed"
    assert rate(taker, chosen) == pytest.approx(DECLARED / 2)
    name = trained(tmp_path, loaded, chosen, 10)
    fetched = taker.fetch(read_state(places(loaded).models).roles("conversion"))
    assert rate(taker, chosen) == pytest.approx(DECLARED / 2), "in force with the swap"
    fetched.swap()
    assert (fetched.serves, list(fetched.problems)) == (f"conversion/{name}", [])
    assert taker.served.name == f"conversion/{name}"
    assert rate(taker, chosen) == pytest.approx(15 / 500, rel=0.01)
    taker.fetch(Roles()).swap()
    assert taker.served.name == "smoothed", "no champion any more"


def test_a_damaged_champion_leaves_the_one_before(
    tmp_path: Path, loaded: Loaded, chosen: Candidate
) -> None:
    first = trained(tmp_path, loaded, chosen, 10)
    taker = ConversionTaker(loaded)
    taker.fetch(Roles(champion=first)).swap()
    second = trained(tmp_path, loaded, chosen, 20)
    file = places(loaded).models / "conversion" / second / "outcomes.json"
    file.write_bytes(file.read_bytes().replace(b"20", b"99"))
    fetched = taker.fetch(Roles(champion=second))
    fetched.swap()
    (problem,) = fetched.problems
    assert f"conversion/{first} goes on" in problem
    assert taker.served.name == f"conversion/{first}"
    again = taker.fetch(Roles(champion=first))
    again.swap()
    assert list(again.problems) == []
