"""The best price on a curve, against trying every price."""

from hypothesis import given
from hypothesis import strategies as st

from models.landscape.curve import Curve

CURVES = st.lists(
    st.tuples(st.integers(1, 60), st.sampled_from((0.0, 0.1, 0.25, 0.3, 0.5, 0.7, 0.99, 1.0))),
    min_size=1,
    max_size=14,
    unique_by=lambda point: point[0],
)


@given(CURVES, st.integers(0, 70), st.integers(0, 90))
def test_no_price_leaves_more(points: list[tuple[int, float]], floor: int, above: int) -> None:
    prices = sorted(price for price, _ in points)
    chances = sorted(chance for _, chance in points)
    curve, value = Curve(prices, chances, "", 1), floor + above

    def chance(price: int) -> float:
        return max((won for at, won in zip(prices, chances, strict=True) if at <= price), default=0)

    best = max((value - price) * chance(price) for price in range(floor, value + 1))
    offer = curve.best(value, floor)
    if offer is None:
        assert best <= 1e-9
        return
    assert floor <= offer.price <= value
    assert offer.chance == chance(offer.price) == curve.chance(offer.price) > 0
    assert abs((value - offer.price) * offer.chance - best) < 1e-9


def test_a_price_that_costs_more_than_it_brings_is_not_offered() -> None:
    curve = Curve([10, 20, 30], [0.4, 0.5, 1.0], "x / y", 7)
    assert curve.best(35, 0) == (10, 0.4, "x / y", 7, True), (
        "30 leaves 5, 20 leaves 7.5, 10 leaves 10"
    )
    assert curve.best(100, 0) == (30, 1.0, "x / y", 7, True)
    assert curve.best(35, 21) == (21, 0.5, "x / y", 7, True), (
        "the floor wins as 20 does, and leaves 7"
    )
    assert curve.best(9, 0) is None, "nothing so cheap ever won"
