"""What every click model promises, whatever it is made of."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adserver.domain.candidate import Candidate
from adserver.ports import ClickModel
from models.ctr.artifact import load, read
from models.ctr.baseline import ConstantModel, RateModel
from models.ctr.train import train
from tests.fakes.click_model import FakeClickModel
from tests.unit.models_ctr.world import MONDAY_S, candidate, shown, write_log

MODELS: dict[str, Callable[[Path], ClickModel]] = {
    "compiled": lambda folder: load(folder, engine="compiled"),
    "lightgbm": load,
    "rates": lambda folder: RateModel("rates", read(folder).tables),
    "constant": lambda _: ConstantModel(),
    "fake": lambda _: FakeClickModel(0.01, {"creative-1": 0.2}),
}
POOL = [candidate(index) for index in range(12)]
SEEN = next(shown(1))
TEXTS = st.text(max_size=40)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    log = tmp_path_factory.mktemp("log")
    write_log(log, list(shown(4_000)))
    return train(log, tmp_path_factory.mktemp("models")).folder


@pytest.fixture(scope="module", params=MODELS)
def model(request: pytest.FixtureRequest, folder: Path) -> ClickModel:
    return MODELS[request.param](folder)


def test_it_has_a_name(model: ClickModel) -> None:
    assert model.name


def test_nobody_asked_nothing_answered(model: ClickModel) -> None:
    assert list(model.click_probabilities(SEEN.auction, SEEN.opportunity, [], SEEN.now_s)) == []


def test_one_probability_per_candidate_in_order(model: ClickModel) -> None:
    def ask(candidates: list[Candidate]) -> list[float]:
        return list(
            model.click_probabilities(SEEN.auction, SEEN.opportunity, candidates, SEEN.now_s)
        )

    together = ask(POOL)
    assert len(together) == len(POOL)
    assert all(0 < probability < 1 for probability in together)
    assert [ask([each])[0] for each in POOL] == pytest.approx(together, rel=1e-12)
    assert ask(POOL[::-1]) == together[::-1]


def test_the_same_question_has_the_same_answer(model: ClickModel) -> None:
    """Whatever was asked in between."""
    first = list(model.click_probabilities(SEEN.auction, SEEN.opportunity, POOL, SEEN.now_s))
    for other in shown(20, seed=3):
        model.click_probabilities(other.auction, other.opportunity, POOL[3:], other.now_s)
    again = model.click_probabilities(SEEN.auction, SEEN.opportunity, POOL, SEEN.now_s)
    assert list(again) == first


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_hostile_auctions_get_probabilities_all_the_same(
    model: ClickModel, data: st.DataObject
) -> None:
    """Texts of any kind, lone surrogates included, in every field that comes from a stranger."""
    text = TEXTS | st.sampled_from(["\ud800", "\0", "nan", "page1.example", "x" * 10_000])
    fields = ("exchange", "country", "region", "device_type", "os", "inventory_type", "publication")
    auction = msgspec.structs.replace(
        SEEN.auction,
        **{field: data.draw(text) for field in fields},
        categories=tuple(data.draw(st.lists(text, max_size=3))),
        segment_count=data.draw(st.integers()),
    )
    opportunity = msgspec.structs.replace(
        SEEN.opportunity, floor=data.draw(st.integers()), position=data.draw(st.integers())
    )
    now_s = data.draw(st.floats(0, 2 * MONDAY_S))
    served = model.click_probabilities(auction, opportunity, POOL, now_s)
    assert len(served) == len(POOL)
    assert all(0 < probability < 1 for probability in served)
