"""Who must be told what of an advertisement: the request's side and the answer's."""

import json
from typing import Any

import msgspec
import pytest

from adapters.channels import prepare
from adserver.domain.bid import Bid
from adserver.domain.creative import AnyCreative, MediaFile, Native, Video
from adserver.domain.dsa import Disclosure, Label, Transparency, disclosure
from adserver.domain.labelling import can_label
from adserver.domain.opportunity import MediaType
from adserver.openrtb.outbound import BidWriter, respond, wire_price
from tests.bench.bench_openrtb import CANDIDATE, CREATIVE
from tests.corpus.corpus import corpus
from tests.unit.openrtb.wire import RATES, TERMS, auction, imp, opportunity, read, request

Json = dict[str, Any]
SHOP = Disclosure("Spoke and Chain", "Holding plc")
VIDEO = Video(
    id="film", landing_url="https://shop.example", duration_s=15,
    media_files=(MediaFile(url="https://i.example/f.mp4", width=640, height=480),),
)  # fmt: skip
NATIVE = Native(id="parts", landing_url="https://shop.example", title="Tents")
PLAYER = {"mimes": ["video/mp4"], "protocols": [2, 3]}
OLD_PLAYER = {"mimes": ["video/mp4"], "protocols": [2]}
ASSETS: Json = {"ver": "1.2", "assets": [{"id": 1, "required": 1, "title": {"len": 90}}]}


def parts(**fields: Any) -> Json:
    return {"request": json.dumps({**ASSETS, **fields})}


def asked(dsa: Any) -> Transparency | None:
    return auction(regs={"ext": {"dsa": dsa}}).transparency


def answered(
    dsa: Json,
    creative: AnyCreative = CREATIVE,
    media: MediaType = MediaType.BANNER,
    told: Disclosure = SHOP,
    *,
    profiled: bool = False,
    by_place: bool = False,
    point: tuple[float, float] | None = None,
    **imp_: Any,
) -> Json:
    """Return the bid for a request with this `dsa`."""
    found = auction(imp(**imp_), regs={"ext": {"dsa": dsa}})
    found.point = point
    bid = Bid(
        opportunity=found.opportunities[0],
        candidate=msgspec.structs.replace(
            CANDIDATE, creative=creative, disclosure=told, by_exact_place=by_place
        ),
        media_type=media, deal=None, click_probability=0.1, value=3, price=2, reserved=3,
    )  # fmt: skip
    writer = BidWriter("https://ads.example:8443/x", {creative.id: prepare(creative)})
    price = wire_price(bid, "USD", RATES)
    one = writer.write(
        found, bid, TERMS, bid_id="b", token="t", wire_price=price, profiled=profiled
    )
    response = json.loads(respond(found, [one], "r", TERMS))
    (only,) = response["seatbid"][0]["bid"]
    return dict(only)


def test_nothing_is_asked_where_nothing_is_said_or_nothing_is_required() -> None:
    assert auction().transparency is None
    assert asked({}) is None
    assert asked({"dsarequired": 0, "pubrender": 2}) is None


@pytest.mark.parametrize(
    ("code", "required"), [(1, False), (2, True), (3, True), (9, True), (-1, True)]
)
def test_what_is_on_no_list_is_required(code: int, required: bool) -> None:  # noqa: FBT001 - a table
    assert asked({"dsarequired": code, "pubrender": 1, "datatopub": 2}) == Transparency(
        required=required, publisher=Label.CAN, parameters=True
    )


@pytest.mark.parametrize("name", ["required", "dsainfo"])
def test_the_names_of_drafts_are_read_and_the_strictest_of_several_holds(name: str) -> None:
    early = asked({name: 2})
    assert early is not None
    assert early.required
    both = asked({name: 3, "dsarequired": 1})
    assert both is not None
    assert both.required


def test_a_publisher_that_does_not_say_whether_it_shows_anything_cannot() -> None:
    for pubrender in (None, 0, 7, "maybe"):
        found = asked({"dsarequired": 2, "pubrender": pubrender})
        assert found is not None
        assert found.publisher is Label.CANNOT


@pytest.mark.parametrize(
    "dsa", [7, [{"dsarequired": 0}], {"dsarequired": []}, {"dsarequired": 10**40}]
)
def test_what_cannot_be_read_is_required_and_restricts_nothing_else(dsa: Any) -> None:
    ids = {"user": {"data": [{"id": "dmp", "segment": [{"id": "a"}]}]}}
    found = read(request(regs={"ext": {"dsa": dsa}}, **ids))
    assert getattr(found, "transparency", None) == Transparency(
        required=True, publisher=Label.CANNOT, parameters=True
    )
    assert getattr(found, "segments", ()) == ("dmp:a",)


def test_extensions_that_cannot_be_read_may_have_required_it() -> None:
    unreadable: list[Any] = [7, {"ext": []}]
    for regs in unreadable:
        found = auction(regs=regs)
        assert found.transparency is not None
        assert found.transparency.required


def test_who_paid_and_for_whom_is_told_and_that_context_chose_it() -> None:
    bid = answered({"dsarequired": 3, "pubrender": 0, "datatopub": 2})
    assert bid["ext"] == {
        "dsa": {
            "behalf": "Spoke and Chain",
            "paid": "Holding plc",
            "adrender": 1,
            "transparency": [{"domain": "ads.example", "dsaparams": [2]}],
        }
    }
    assert "https://ads.example:8443/x/r/why/t" in bid["adm"]


def test_profiling_is_told_only_where_it_was_done() -> None:
    bid = answered({"dsarequired": 2, "datatopub": 1}, profiled=True)
    assert bid["ext"]["dsa"]["transparency"][0]["dsaparams"] == [1, 2]


@pytest.mark.parametrize(
    ("by_place", "point", "parameters"),
    [(True, (1.0, 2.0), [2, 3]), (True, None, [2]), (False, (1.0, 2.0), [2])],
)
def test_an_exact_place_is_told_only_where_it_was_known_and_had_a_part(
    by_place: bool,  # noqa: FBT001 - a table
    point: tuple[float, float] | None,
    parameters: list[int],
) -> None:
    bid = answered({"dsarequired": 2, "datatopub": 1}, by_place=by_place, point=point)
    assert bid["ext"]["dsa"]["transparency"][0]["dsaparams"] == parameters


def test_another_domain_is_told_where_the_advertiser_names_who_chooses() -> None:
    told = Disclosure("a", "b", "agency.example")
    bid = answered({"dsarequired": 2}, told=told)
    assert bid["ext"]["dsa"]["transparency"][0]["domain"] == "agency.example"


def test_supported_is_answered_and_not_required_is_not() -> None:
    assert "dsa" in answered({"dsarequired": 1})["ext"]
    assert "ext" not in answered({"dsarequired": 0})


def test_a_publisher_that_tells_people_itself_gets_no_link_of_ours_and_all_it_must_tell() -> None:
    """Even if it wants no data for its files: without them it has nothing to show."""
    bid = answered({"dsarequired": 2, "pubrender": 2, "datatopub": 0})
    assert bid["ext"]["dsa"]["adrender"] == 0
    assert bid["ext"]["dsa"]["transparency"] == [{"domain": "ads.example", "dsaparams": [2]}]
    assert "/r/why/" not in bid["adm"]


def test_where_our_link_tells_people_no_parameters_are_sent_that_nobody_wants() -> None:
    bid = answered({"dsarequired": 2, "pubrender": 1, "datatopub": 0}, profiled=True)
    assert bid["ext"]["dsa"] == {"behalf": "Spoke and Chain", "paid": "Holding plc", "adrender": 1}


@pytest.mark.parametrize(
    ("creative", "media", "space", "labels"),
    [
        (VIDEO, MediaType.VIDEO, {"video": PLAYER}, 1),
        (VIDEO, MediaType.VIDEO, {"video": OLD_PLAYER}, 0),
        (NATIVE, MediaType.NATIVE, {"native": parts(privacy=1)}, 1),
        (NATIVE, MediaType.NATIVE, {"native": parts(privacy=0)}, 0),
        (NATIVE, MediaType.NATIVE, {"native": parts()}, 0),
    ],
)
def test_what_is_said_of_the_link_is_true_of_the_markup(
    creative: AnyCreative, media: MediaType, space: Json, labels: int
) -> None:
    bid = answered({"dsarequired": 2, "pubrender": 1}, creative, media, **space)
    assert bid["ext"]["dsa"]["adrender"] == labels
    assert ("/r/why/t" in bid["adm"]) == bool(labels)
    assert can_label(media, opportunity(**space)) == bool(labels)


def test_an_answer_that_would_be_refused_is_left_out_where_none_is_needed() -> None:
    supported = {"dsarequired": 1, "pubrender": 0}
    assert "ext" not in answered(supported, NATIVE, MediaType.NATIVE, native=parts())


def test_hostile_names_stay_text() -> None:
    told = Disclosure('"}],"x":[{"', "\\\n</script>")
    assert answered({"dsarequired": 2}, told=told)["ext"]["dsa"]["behalf"] == told.behalf


def test_what_is_not_declared_is_the_advertiser_s_name_or_for_want_of_one_the_domain() -> None:
    assert disclosure(None, "Shop", "shop.example") == Disclosure("Shop", "Shop")
    assert disclosure(None, "", "shop.example") == Disclosure("shop.example", "shop.example")
    half = disclosure(Disclosure("", "Holding plc", "agency.example"), "Shop", "shop.example")
    assert half == Disclosure("Shop", "Holding plc", "agency.example")
    assert len(disclosure(None, "x" * 240, "").paid) == 100


def test_the_specification_s_own_samples_are_read_and_answered_alike() -> None:
    folder = corpus("supplychain", "dsa")
    sample = json.loads((folder / "dsa_sample_line101.json").read_text("utf-8"))
    dsa = sample["regs"]["ext"]["dsa"]
    assert asked(dsa) == Transparency(required=True, publisher=Label.CANNOT, parameters=True)
    theirs = json.loads((folder / "dsa_sample_line212.json").read_text("utf-8"))
    wanted = theirs["seatbid"][0]["bid"][0]["ext"]["dsa"]
    told = Disclosure("Advertiser", "Advertiser", "dsp1domain.com")
    assert answered(dsa, told=told, profiled=True)["ext"]["dsa"] == wanted
