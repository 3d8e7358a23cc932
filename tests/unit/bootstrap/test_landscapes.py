"""Which landscape serves: none, the registry's champion, and what was good when the next is damaged."""

from pathlib import Path

import pytest

from adapters.campaigns.yaml_folder import Config
from adserver.bootstrap.landscapes import LandscapeTaker
from adserver.bootstrap.state import SystemClock, places
from adserver.config import Loaded, Settings
from adserver.domain.creative import Banner
from adserver.domain.offer import Offer
from adserver.domain.opportunity import Auction, Opportunity
from models.landscape.train import train
from models.registry.roles import Roles
from models.registry.state import read_state
from tests.unit.models_landscape.market import CPM, MONDAY_S, auctions, log

BANNER = Banner(id="b", landing_url="https://shop.example/", width=300, height=250, image_url="https://shop.example/i")  # fmt: skip


@pytest.fixture
def loaded(tmp_path: Path) -> Loaded:
    return Loaded(tmp_path / "server.yaml", Settings(campaigns=Config("campaigns")))


def offered(taker: LandscapeTaker) -> Offer | None:
    auction = Auction(
        id="1", exchange="ssp", opportunities=(), country="USA", publication="dear.example"
    )
    space = Opportunity(id="1", tag_id="top")
    return taker.served.offer(auction, space, BANNER, None, 0, 10 * CPM, MONDAY_S)


def take(taker: LandscapeTaker, roles: Roles) -> list[str]:
    fetched = taker.fetch(roles)
    fetched.swap()
    return list(fetched.problems)


def test_a_champion_serves_with_the_swap_and_a_damaged_one_leaves_the_one_before(
    tmp_path: Path, loaded: Loaded
) -> None:
    root = places(loaded).models
    taker = LandscapeTaker(loaded, SystemClock())
    assert take(taker, Roles()) == []
    assert offered(taker) is None, "nothing is learned"
    first = train(log(tmp_path / "log.jsonl", list(auctions(400))), root)
    roles = read_state(root).roles("landscape")
    fetched = taker.fetch(roles)
    assert offered(taker) is None, "in force with the swap"
    fetched.swap()
    before = offered(taker)
    assert before is not None
    assert before.told
    assert taker.served.paid("ssp") == 1.0
    second = train(log(tmp_path / "log.jsonl", list(auctions(600))), root)
    curves = second.folder / "curves.json"
    curves.write_bytes(curves.read_bytes()[:-1])
    (problem,) = take(taker, Roles(champion=second.name))
    assert "wrong SHA-256" in problem
    assert problem.endswith(f"{first.name}, which served before, goes on")
    assert offered(taker) == before
    assert take(taker, roles) == []
    assert take(taker, Roles()) == []
    assert offered(taker) is None, "it was rolled back to none"


def test_a_damaged_first_one_leaves_the_fixed_share(tmp_path: Path, loaded: Loaded) -> None:
    report = train(log(tmp_path / "log.jsonl", list(auctions(400))), places(loaded).models)
    (report.folder / "curves.json").write_bytes(b"{}")
    taker = LandscapeTaker(loaded, SystemClock())
    (problem,) = take(taker, Roles(champion=report.name))
    assert problem.endswith("the fixed share goes on")
    assert offered(taker) is None
