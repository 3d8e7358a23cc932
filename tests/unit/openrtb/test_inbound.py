"""From a request to an auction: what is on offer, and why sometimes nothing is."""

from typing import Any

import pytest

from adserver.domain.consent import Permission
from adserver.domain.exchange import ExchangeTerms
from adserver.domain.opportunity import (
    Auction,
    AuctionType,
    BannerSpace,
    DealTerms,
    Opportunity,
    VideoSpace,
)
from adserver.domain.reasons import Reason
from adserver.domain.targeting import Dimension
from adserver.domain.wanted import Wanted
from adserver.openrtb import inbound
from adserver.openrtb.inbound import MAX_IMPS, time_left_ms
from tests.bench.bench_openrtb import REQUEST
from tests.unit.openrtb.wire import (
    BANNER,
    CONTEXT,
    EVERYTHING,
    RATES,
    TERMS,
    auction,
    decode,
    imp,
    opportunity,
    read,
    request,
)


def test_every_field_arrives_in_its_place() -> None:
    document = REQUEST | {
        "test": 1, "wlang": ["EN", "de-AT"], "acat": ["IAB20"], "cattax": 2, "bapp": ["com.rival"],
        "wseat": ["two"],
    }  # fmt: skip
    assert read(document) == Auction(
        id="80ce30c53c16e6ede735f123ef6e32361bfc7b22",
        exchange="test",
        auction_type=AuctionType.FIRST_PRICE,
        currency="USD",
        seat="two",
        test=True,
        country="USA",
        region="USA-WI",
        city="USA/milwaukee",
        device_type="phone",
        os="ios",
        inventory_type="site",
        publication="daily-lens.example",
        categories=("IAB20", "IAB20-18", "IAB20"),
        languages=("en", "de"),
        blocked_domains=("casino.example", "lottery.example", "vapes.example"),
        blocked_categories=("IAB25", "IAB26", "IAB7-39"),
        allowed_categories=("IAB20",),
        category_taxonomy=2,
        blocked_apps=("com.rival",),
        segments=("dmp:101", "dmp:7044", "dmp:88"),
        opportunities=(
            Opportunity(
                id="1",
                banner=BannerSpace(
                    sizes=((300, 250), (336, 280)),
                    blocked_attributes=(1, 3, 6, 8, 13),
                    blocked_types=(3, 4),
                    apis=(5, 7),
                ),
                floor=450_000,
                deals=(DealTerms("deal-spring", 1_200_000, AuctionType.FIRST_PRICE),),
                secure=True,
                tag_id="article-top",
                position=1,
                expiry_s=300,
            ),
        ),
    )


@pytest.mark.parametrize("permission", [EVERYTHING, CONTEXT])
def test_the_person_is_for_others_to_find_and_segments_need_permission(
    permission: Permission,
) -> None:
    found = read(REQUEST, permission)
    assert isinstance(found, Auction)
    assert found.person is None
    assert bool(found.segments) == permission.personalise


@pytest.mark.parametrize(
    ("fields", "seat"),
    [
        ({}, "one"),
        ({"wseat": []}, "one"),
        ({"wseat": ["x", "two"]}, "two"),
        ({"bseat": ["one"]}, "two"),
        ({"bseat": ["x"]}, "one"),
        ({"wseat": ["x"]}, None),
        ({"bseat": ["one", "two"]}, None),
    ],
)
def test_the_seat_is_the_first_of_ours_that_may_bid(
    fields: dict[str, Any], seat: str | None
) -> None:
    found = read(request(**fields))
    assert (found.seat if isinstance(found, Auction) else None) == seat
    assert isinstance(found, Auction) or found is Reason.SEAT_EXCLUDED


@pytest.mark.parametrize(
    ("cur", "currency"),
    [(None, "USD"), ([], "USD"), (["EUR", "USD"], "USD"), (["EUR"], "EUR"), (["SEK"], None)],
)
def test_the_currency_is_the_first_of_ours_that_is_taken(
    cur: list[str] | None, currency: str | None
) -> None:
    found = read(request(cur=cur))
    assert (found.currency if isinstance(found, Auction) else None) == currency
    assert isinstance(found, Auction) or found is Reason.CURRENCY


def test_a_currency_of_ours_without_a_rate_is_none() -> None:
    assert read(request(), terms=ExchangeTerms(name="x", currencies=("SEK",))) is Reason.CURRENCY


@pytest.mark.parametrize(
    ("at", "kind"),
    [(None, 2), (1, 1), (2, 2), (3, 1), (0, 1), (501, 1)],
)
def test_an_auction_of_an_unknown_kind_may_cost_what_we_bid(at: int | None, kind: int) -> None:
    assert auction(at=at).auction_type is AuctionType(kind)


@pytest.mark.parametrize(
    "unusable",
    [
        imp(audio={}),
        imp(banner=None),
        imp(video={}),
        imp(video={"mimes": []}),
        imp(native={"request": "{"}),
        imp(native={}),
        imp(banner={"format": [{"wratio": 16, "hratio": 0, "wmin": 300}]}),
        imp(banner={"w": 300}),
        imp(banner={"w": -1, "h": 50}),
        imp(qty={"multiplier": 0}),
        imp(qty={"multiplier": -3.5}),
        imp(qty={"multiplier": 1e-9}),
        imp(qty={"multiplier": 1e7}),
        imp(qty={}),
        imp(bidfloor=1, bidfloorcur="XXX"),
        imp(bidfloor="nan"),
        imp(bidfloor=1e30),
        imp(pmp={"private_auction": 1}),
        imp(pmp={"private_auction": 1, "deals": [{"bidfloor": 1}]}),
        imp(pmp={"private_auction": 1, "deals": [{"id": "d", "wseat": ["x"]}]}),
        imp(
            pmp={"private_auction": 1, "deals": [{"id": "d", "bidfloor": 1, "bidfloorcur": "XXX"}]}
        ),
        imp(video={"mimes": ["video/mp4"], "mincpmpersec": 0.1}, bidfloorcur="XXX"),
    ],
)
def test_an_imp_that_offers_nothing_we_can_buy_is_no_opportunity(unusable: dict[str, Any]) -> None:
    assert read(request(unusable)) is Reason.NO_OPPORTUNITY
    assert [each.id for each in auction(unusable, imp(id=2)).opportunities] == ["2"]


def test_a_broken_media_object_costs_only_itself() -> None:
    found = opportunity(banner=BANNER, video={"w": 1}, native={"request": 7})
    assert found.banner is not None
    assert (found.video, found.native) == (None, None)


def test_the_second_imp_of_a_name_is_not_there() -> None:
    found = auction(imp(tagid="first"), imp(tagid="second"), imp(id=1, tagid="third"))
    assert [each.tag_id for each in found.opportunities] == ["first"]


def test_only_so_many_imps_are_read() -> None:
    found = auction(*[imp(id=number) for number in range(MAX_IMPS + 50)])
    assert len(found.opportunities) == MAX_IMPS


@pytest.mark.parametrize(
    ("banner", "sizes"),
    [
        ({}, ()),
        (BANNER, ((300, 250),)),
        ({"w": 1, "h": 1, "format": [BANNER, {"w": 728, "h": 90}]}, ((300, 250), (728, 90))),
        ({"w": 300, "h": 250, "format": [{"wratio": 6, "hratio": 5, "wmin": 9}]}, ((300, 250),)),
        ({"w": 300, "h": 250, "format": []}, ((300, 250),)),
    ],
)
def test_sizes(banner: dict[str, Any], sizes: tuple[tuple[int, int], ...]) -> None:
    found = opportunity(banner=banner).banner
    assert found is not None
    assert found.sizes == sizes


def test_ratios_are_named_with_their_least_width_where_no_size_is() -> None:
    flexible = {"wratio": 16, "hratio": 9, "wmin": 320}
    both = {"w": 200, "h": 20, "wratio": 200, "hratio": 30, "wmin": 3}
    half = [{"wratio": 30}, {"hratio": 9, "wmin": 5}, {"wratio": 0, "hratio": 0}]
    found = opportunity(
        banner={"format": [flexible, {"wratio": 4, "hratio": 1}, both, *half]}
    ).banner
    assert found is not None
    assert found.sizes == ((200, 20),)
    assert found.ratios == ((16, 9, 320), (4, 1, 0))
    alone = opportunity(banner={"format": [flexible]}).banner
    assert alone is not None
    assert (alone.sizes, alone.ratios) == ((), ((16, 9, 320),))
    assert read(request(imp(banner={"format": half}))) is Reason.NO_OPPORTUNITY


def test_what_a_space_has_is_kept_and_filling_the_screen_changes_no_size() -> None:
    found = opportunity(banner={**BANNER, "api": [3, 5, 7]}, instl=1).banner
    assert found == BannerSpace(((300, 250),), apis=(3, 5, 7), interstitial=True)
    assert opportunity(banner=BANNER, instl=0).banner == BannerSpace(((300, 250),))


def test_a_player_s_terms() -> None:
    video = {
        "mimes": ["video/MP4 "], "minduration": 5, "maxduration": 30, "protocols": [2, 3], "w": 640,
        "h": 360, "linearity": 1, "battr": [4], "api": [7], "rqddurs": [], "protocol": 7,
    }  # fmt: skip
    assert opportunity(video=video).video == VideoSpace(
        mimes=("video/mp4",),
        min_duration_s=5,
        max_duration_s=30,
        protocols=(2, 3),
        size=(640, 360),
        linearity=1,
        blocked_attributes=(4,),
        apis=(7,),
    )


@pytest.mark.parametrize(
    ("fields", "longest"),
    [
        ({}, None),
        ({"maxduration": 0}, None),
        ({"maxduration": 30, "poddur": 90}, 30),
        ({"maxduration": 60, "poddur": 45}, 45),
        ({"poddur": 45}, 45),
        ({"maxduration": 10, "rqddurs": [15, 30]}, 30),
    ],
)
def test_the_longest_duration(fields: dict[str, int], longest: int | None) -> None:
    found = opportunity(video={"mimes": ["video/mp4"], **fields}).video
    assert found is not None
    assert found.max_duration_s == longest


def test_the_deprecated_single_protocol_counts_where_the_list_is_missing() -> None:
    found = opportunity(video={"mimes": ["video/mp4"], "protocol": 3}).video
    assert found is not None
    assert found.protocols == (3,)


def test_an_app_with_all_its_categories() -> None:
    app = {
        "bundle": "com.App", "cat": ["IAB1"], "sectioncat": ["IAB2"], "pagecat": ["IAB3"],
        "content": {"cat": ["IAB4"]},
    }  # fmt: skip
    found = auction(app=app)
    assert (found.inventory_type, found.publication) == ("app", "com.app")
    assert found.categories == ("IAB1", "IAB2", "IAB3", "IAB4")


@pytest.mark.parametrize(("tmax", "left"), [(None, 135), (100, 85), (5, 0), (0, 0), (10**6, 9_985)])
def test_the_time_that_is_left(tmax: int | None, left: int) -> None:
    assert time_left_ms(decode(request(tmax=tmax)).request, TERMS) == left


def test_segments_need_a_provider_and_an_id() -> None:
    user = {
        "data": [
            {"id": "a", "name": "A", "segment": [{"id": 1}, {"id": "2"}, {}]},
            {"name": "B", "segment": [{"id": "3"}]},
            {"segment": [{"id": "4"}]},
            {"id": "c"},
        ]
    }
    assert auction(user=user).segments == ("a:1", "a:2", "B:3")


@pytest.mark.parametrize(
    ("brands", "name"),
    [(["Chromium", "Google Chrome"], "chrome"), (["Chromium"], "chromium"), (["My Own 1.2"], "")],
)
def test_models_are_told_well_known_browsers_alone(brands: list[str], name: str) -> None:
    """Nobody targets them here; a rare one might tell whose it is."""
    sua = {"browsers": [{"brand": brand, "version": ["1"]} for brand in brands]}
    assert auction(device={"sua": sua}).browser == name
    assert auction(device={}).browser == ""


@pytest.mark.parametrize(
    ("said", "permission", "told"),
    [
        ("article-top", EVERYTHING, "article-top"),
        (12, EVERYTHING, "12"),
        ("x" * 900, EVERYTHING, ""),
        ("anna@example.org", EVERYTHING, ""),
        ("article-top", CONTEXT, ""),
    ],
)
def test_models_are_told_a_spaces_name_if_it_looks_like_one_and_somebody_may_be_recognised(
    said: str | int, permission: Permission, told: str
) -> None:
    found = read(request(imp(tagid=said)), permission)
    assert isinstance(found, Auction)
    assert [space.tag_id for space in found.opportunities] == [told]


def test_line_items_target_the_id_of_a_space_as_it_was_said() -> None:
    wanted = Wanted(dimensions=frozenset({Dimension.TAG_ID}))
    asked = decode(request(imp(tagid="slot 12345678"))).request
    found = inbound.auction(asked, TERMS, RATES, CONTEXT, wanted)
    assert isinstance(found, Auction)
    (space,) = found.opportunities
    assert (space.tag_id, space.facts) == ("", {Dimension.TAG_ID: "slot 12345678"})
