"""Circles by a grid against every circle asked, the date line and the poles included."""

import time

from hypothesis import given
from hypothesis import strategies as st

from adserver.catalog.radius import RadiusIndex
from adserver.domain.circles import Circle, Point, distance_km, parse_circle
from adserver.domain.targeting import ListRule

latitudes = st.one_of(st.floats(-90, 90), st.sampled_from([-90.0, -89.95, 0.0, 89.9, 90.0]))
longitudes = st.one_of(st.floats(-180, 180), st.sampled_from([-180.0, -179.99, 0.0, 179.95, 180.0]))
circles = st.builds(
    lambda latitude, longitude, km: str(Circle(round(latitude, 4), round(longitude, 4), km)),
    latitudes,
    longitudes,
    st.sampled_from([0.1, 1.0, 5.0, 20.0, 120.0, 600.0, 1_000.0]),
)
rules = st.lists(
    st.builds(
        ListRule,
        st.lists(circles, max_size=3, unique=True).map(tuple),
        st.lists(circles, max_size=2, unique=True).map(tuple),
    ),
    max_size=5,
)


def accepts(rule: ListRule, point: Point | None) -> bool:
    """Ask every circle."""

    def inside(text: str) -> bool:
        circle = parse_circle(text)
        return (
            point is not None
            and distance_km((circle.latitude, circle.longitude), point) <= circle.km
        )

    return not any(map(inside, rule.exclude)) and (
        not rule.include or any(map(inside, rule.include))
    )


@given(rules, st.data())
def test_grid_agrees_with_asking_every_circle(made: list[ListRule], data: st.DataObject) -> None:
    index = RadiusIndex(enumerate(made), len(made))
    centres = [parse_circle(text)[:2] for rule in made for text in (*rule.include, *rule.exclude)]
    near = [
        (max(-90.0, min(90.0, latitude + dy)), (longitude + dx + 180) % 360 - 180)
        for latitude, longitude in centres
        for dy, dx in data.draw(
            st.lists(st.tuples(st.floats(-9.5, 9.5), st.floats(-12, 12)), max_size=3)
        )
    ]
    for point in [None, *centres, *near, data.draw(st.tuples(latitudes, longitudes))]:
        wanted = sum(accepts(rule, point) << number for number, rule in enumerate(made))
        assert index.of(point) == wanted, point


def test_distances_are_those_of_the_map() -> None:
    milwaukee, chicago = (43.0389, -87.9065), (41.8781, -87.6298)
    assert abs(distance_km(milwaukee, chicago) - 131.1) < 0.5
    assert abs(distance_km((0, 179.9), (0, -179.9)) - 22.24) < 0.01
    assert distance_km(milwaukee, milwaukee) == 0


def test_a_chain_of_ten_thousand_shops_is_asked_without_asking_each() -> None:
    shops = tuple(
        str(Circle(30 + number % 100 / 7, -120 + number // 100 / 3, 2.0))
        for number in range(10_000)
    )
    index = RadiusIndex([(0, ListRule(shops)), (1, ListRule(exclude=shops))], 2)
    home = parse_circle(shops[4_321])[:2]
    assert index.of(home) == 0b01
    assert index.of((80.0, 10.0)) == 0b10
    centres = [parse_circle(shop)[:2] for shop in shops]
    began = time.process_time()
    for _ in range(100):
        index.of(home)
    asked = time.process_time()
    for centre in centres:
        distance_km(centre, home)
    assert (asked - began) / 100 < (time.process_time() - asked) / 5
