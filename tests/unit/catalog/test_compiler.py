"""Catalogs compiled: order by promise, statuses, bounds, fees."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adserver.catalog.candidates import GENEROUS_CLICKS_PPM
from adserver.catalog.compiler import compile_snapshot
from adserver.catalog.placed import active_line_items
from adserver.domain.campaign import Campaign, Catalog, Fees, Goal, InsertionOrder
from adserver.domain.fees import media_value, with_fees
from adserver.domain.targeting import Dimension, ListRule
from tests.unit.decision.made import CPM, advertiser, banner, cpm, line_item, snapshot

fees = st.builds(
    Fees,
    data_cpm=st.integers(0, 3 * CPM),
    tech_ppm=st.integers(0, 400_000),
    margin_ppm=st.integers(0, 900_000),
)


@given(st.integers(0, 10**12), fees)
@example(3, Fees(0, 500_000, 500_000))
@example(100, Fees(3, 50_000, 70_000))
def test_media_with_its_fees_exceeds_the_gross_by_one_nano_at_most(gross: int, rates: Fees) -> None:
    """Two fees are rounded half-even, each up by half a nano at most; nothing else rounds up."""
    media = media_value(gross, rates)
    assert 0 <= media <= gross
    if media:
        assert with_fees(media, rates) <= gross + 1
        more = media + 2
        assert with_fees(more, rates) > gross - 1, "and hardly more could have been offered"


def test_media_of_what_fees_eat_up_is_nothing() -> None:
    assert media_value(5, Fees(data_cpm=5)) == 0
    assert media_value(4, Fees(data_cpm=5)) == 0
    assert media_value(0, Fees()) == 0


def test_candidates_are_numbered_by_falling_promise() -> None:
    clicks = Goal("cpc", 150 * CPM, 50 * CPM)
    orders = Goal("cpa", 10_000 * CPM, 50 * CPM, orders_per_click=0.01)
    compiled = snapshot(
        line_item("low", goal=cpm(0.5)),
        line_item("orders", goal=orders),
        line_item("high", goal=cpm(9)),
        line_item("clicks", goal=clicks),
        line_item("fees", goal=cpm(9), fees=Fees(data_cpm=8 * CPM)),
    )
    assert [c.line_item for c in compiled.candidates] == ["high", "clicks", "orders", "fees", "low"]
    assert [c.index for c in compiled.candidates] == list(range(5))
    promises = [c.promise for c in compiled.candidates]
    assert promises == sorted(promises, reverse=True)
    by_name = {c.line_item: c for c in compiled.candidates}
    assert by_name["clicks"].promise == 150 * CPM * GENEROUS_CLICKS_PPM // 1_000_000
    assert by_name["clicks"].bound == 50 * CPM
    assert by_name["orders"].promise == 2 * CPM


@given(
    st.sampled_from(["cpm", "cpc", "cpa"]),
    st.integers(1, 10**9),
    st.integers(1, 10**8),
    st.floats(0.0001, 1),
    fees,
)
def test_a_promise_is_never_above_the_bound(
    kind: str, amount: int, max_cpm: int, rate: float, rates: Fees
) -> None:
    goal = Goal(kind, amount, max_cpm, rate)  # type: ignore[arg-type] # sampled from the literal
    (candidate,) = snapshot(line_item(goal=goal, fees=rates)).candidates
    assert 0 <= candidate.promise <= candidate.bound <= max_cpm


@pytest.mark.parametrize("status", ["draft", "paused", "archived"])
@pytest.mark.parametrize("level", range(4))
def test_whoever_is_not_active_takes_all_below_along(status: str, level: int) -> None:
    statuses = ["active"] * 4
    statuses[level] = status
    items = (line_item("a", status=statuses[3]),)
    order = InsertionOrder(id="o", status=statuses[2], line_items=items)  # type: ignore[arg-type] # a status
    campaign = Campaign(id="k", status=statuses[1], insertion_orders=(order,))  # type: ignore[arg-type] # a status
    shop = advertiser("shop", status=statuses[0], campaigns=(campaign,))
    other = advertiser("other", line_item("b"))
    catalog = Catalog((shop, other))
    assert [placed.line_item.id for placed in active_line_items(catalog)] == ["b"]
    compiled = compile_snapshot(catalog)
    assert [c.line_item for c in compiled.candidates] == ["b"]
    assert compiled.everyone == 1


def test_pairs_are_of_line_item_and_creative_and_sizes_choose_banners_at_load() -> None:
    wide = banner("wide", width=728, height=90)
    item = line_item(
        creatives=("banner", "wide"), targeting={Dimension.SIZE: ListRule(("728x90", "1x1"))}
    )
    compiled = snapshot(item, creatives=(banner(), wide))
    assert [c.creative.id for c in compiled.candidates] == ["wide"]
    without = line_item(
        creatives=("banner", "wide"), targeting={Dimension.SIZE: ListRule((), ("728x90",))}
    )
    compiled = snapshot(without, creatives=(banner(), wide))
    assert [c.creative.id for c in compiled.candidates] == ["banner"]


def test_domains_block_with_their_subdomains_and_only_those() -> None:
    blocked = snapshot(line_item(), domain="De.Shop.Example").advertiser_domains
    assert blocked.holding(["shop.example"]) == 1
    assert blocked.holding(["de.shop.example"]) == 1
    assert not blocked.holding(["example", "p.example", "fr.shop.example", "x.de.shop.example"])


def test_members_are_known_by_line_item_and_advertiser() -> None:
    items = (line_item("a", creatives=("banner", "second")), line_item("b", goal=cpm(3)))
    pair = (banner(), banner("second"))
    compiled = compile_snapshot(
        Catalog((advertiser("shop", *items, creatives=pair), advertiser("rival", line_item("c"))))
    )
    names = [c.line_item for c in compiled.candidates]
    for position, item in enumerate(compiled.line_items):
        run = compiled.line_item_members[position]
        assert run.bits == sum(1 << index for index in run.indices)
        assert {i for i, name in enumerate(names) if name == item.id} == {*run.indices}
    assert compiled.advertiser_members["shop"].bit_count() == 3
    assert compiled.advertiser_members["shop"] ^ compiled.advertiser_members["rival"] == 0b1111


def test_an_empty_catalog_compiles() -> None:
    compiled = compile_snapshot(Catalog())
    assert (compiled.everyone, list(compiled.candidates)) == (0, [])
