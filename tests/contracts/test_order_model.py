"""What every order model promises, whatever it is made of."""

from collections.abc import Callable
from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adserver.background.served_orders import ServedOrders
from adserver.domain.campaign import Goal
from adserver.domain.candidate import Candidate
from adserver.ports import OrderModel, Orders
from models.ctr.baseline import ConstantModel
from models.cvr.baseline import Outcome, SmoothedOrders
from models.cvr.model import ConversionModel
from tests.fakes.click_model import FakeClickModel, FakeOrderModel
from tests.unit.models_ctr.world import candidate, shown

UNIT = 1_000_000_000
DICE = Random(2)
KNOWN = {
    index: Outcome(
        DICE.randrange(10_000), DICE.randrange(300), -1.0, 100, DICE.randrange(10**15), f"advertiser-{index // 4}"
    )
    for index in range(0, 12, 2)
}  # fmt: skip
MODELS: dict[str, Callable[[], OrderModel]] = {
    "fake": FakeOrderModel,
    "declared": SmoothedOrders,
    "smoothed": lambda: SmoothedOrders(KNOWN),
    "trees": lambda: ConversionModel(
        "trees", SmoothedOrders(KNOWN), ConstantModel(0.3), FakeClickModel(1.7)
    ),
    "served": lambda: ServedOrders(SmoothedOrders(KNOWN)),
}
SEEN = next(shown(1))


def goal(index: int) -> Goal:
    """A goal by orders."""
    if index % 3:
        return Goal("roas", 40 * UNIT, UNIT, 0.02, 4_000_000)
    return Goal("cpa", 20 * UNIT, UNIT, 0.05)


POOL = [msgspec.structs.replace(candidate(index), goal=goal(index)) for index in range(12)]


@pytest.fixture(scope="module", params=MODELS)
def model(request: pytest.FixtureRequest) -> OrderModel:
    return MODELS[request.param]()


def ask(model: OrderModel, candidates: list[Candidate]) -> list[Orders]:
    return list(model.orders(SEEN.auction, SEEN.opportunity, candidates, SEEN.now_s))


def test_it_has_a_name(model: OrderModel) -> None:
    assert model.name


def test_nobody_asked_nothing_answered(model: OrderModel) -> None:
    assert ask(model, []) == []


def test_one_answer_per_candidate_in_order_and_the_same_again(model: OrderModel) -> None:
    together = ask(model, POOL)
    assert len(together) == len(POOL)
    assert [ask(model, [each])[0] for each in POOL] == together
    assert ask(model, POOL[::-1]) == together[::-1]


def test_rates_are_rates_worth_is_whole_and_doubt_is_not_negative(model: OrderModel) -> None:
    for each in ask(model, POOL):
        assert 0 < each.per_click <= 1
        assert type(each.worth) is int
        assert each.worth >= 0
        assert each.doubt >= 0


@given(st.floats(1e-9, 1.0), st.integers(1, 10**14), st.integers(0, 10**9), st.integers(0, 10**9))
def test_no_counts_and_no_estimate_lead_outside(
    declared: float, worth: int, clicks: int, orders: int
) -> None:
    chosen = msgspec.structs.replace(
        POOL[1], goal=Goal("roas", worth, UNIT, declared, 1), line_item_number=1
    )
    outcome = Outcome(clicks, orders, valued=orders, worth=orders * 10**18)
    for model in (SmoothedOrders({1: outcome}), SmoothedOrders({2: outcome, 3: outcome})):
        (found,) = ask(model, [chosen])
        assert 0 < found.per_click <= 1
        assert worth // 20 <= found.worth <= worth * 20
