"""Every native request of the corpus gets an answer that the judge accepts, or there is a reason with a name."""

import json
from collections import Counter
from typing import Any

import msgspec
import pytest

from adapters.channels.native import NativeChannel
from adserver.catalog.fitting.natives import native_misfit
from adserver.certification.judge import problems
from adserver.domain.bid import Bid
from adserver.domain.creative import NATIVE_TEXTS, MediaFile, Native, NativeImage, Video
from adserver.domain.opportunity import Auction, MediaType, NativeSpace
from adserver.domain.reasons import Reason
from adserver.openrtb import codec, inbound, outbound
from tests.bench.bench_openrtb import CANDIDATE
from tests.corpus.corpus import corpus
from tests.corpus.test_requests import TERMS
from tests.unit.openrtb.wire import EVERYTHING, RATES

UNANSWERABLE = {
    "no_opportunity": 13,
    # Parts without an id, by which alone an answer can name them; in one request two parts have the same id.
    "native_assets": 1,
    # A video of exactly 100 seconds and of the type "mp4", which is none, is required.
}
VIDEO = Video(
    id="film",
    landing_url="https://shop.example/",
    duration_s=8,
    media_files=(MediaFile(url="https://cdn.example/f.mp4", width=640, height=360),),
)


def listed() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(
        corpus("native", "native_requests_from_open.json").read_bytes()
    )
    return found


def creative(space: NativeSpace | None) -> Native:
    """Of an advertiser who has every text, a video, and pictures in just the sizes that are asked for."""
    sizes = {("main", 1200, 627), ("icon", 128, 128)}
    for asset in space.assets if space is not None else ():
        if asset.kind == "image":
            sizes.add(
                (asset.name, asset.width or asset.min_width or 300, asset.height or asset.min_height or 300)
            )  # fmt: skip
    return Native(
        id="boots",
        landing_url="https://shop.example/",
        title="Boots",
        texts=dict.fromkeys(NATIVE_TEXTS, "5"),
        images=tuple(
            NativeImage(url="https://cdn.example/i.png", width=w, height=h, kind=kind)  # type: ignore[arg-type] # icon or main
            for kind, w, h in sorted(sizes)
        ),
        video=VIDEO,
    )


def asked(text: str, **native: Any) -> dict[str, Any]:
    imp = {"id": "1", "secure": 1, "native": {"request": text, **native}}
    return {"id": "r", "imp": [imp]}


def answered(request: dict[str, Any]) -> dict[str, Any] | Reason:
    """Return the whole response to a request, or why there is none."""
    found = inbound.auction(
        codec.decode(msgspec.json.encode(request)).request, TERMS, RATES, EVERYTHING
    )
    if not isinstance(found, Auction):
        return found
    space = found.opportunities[0].native
    assert space is not None
    native = creative(space)
    reason = native_misfit(native, space)
    if reason is not None:
        return reason
    bid = Bid(
        opportunity=found.opportunities[0],
        candidate=msgspec.structs.replace(CANDIDATE, creative=native, categories=()),
        media_type=MediaType.NATIVE,
        deal=None,
        click_probability=0.001,
        value=2_000,
        price=1_000,
        reserved=2_000,
    )
    writer = outbound.BidWriter("https://ads.example", {native.id: NativeChannel().prepare(native)})
    written = writer.write(found, bid, TERMS, bid_id="b", token="token", wire_price=1_000)
    response: dict[str, Any] = json.loads(outbound.respond(found, [written], "b", TERMS))
    return response


def test_every_native_request_gets_an_accepted_answer_or_a_named_reason() -> None:
    reasons: Counter[str] = Counter()
    complaints: dict[str, list[str]] = {}
    for each in listed():
        request = asked(each["request_string"], ver=each["native_ver_outer"])
        response = answered(request)
        if isinstance(response, Reason):
            reasons[response] += 1
            continue
        reasons["answered"] += 1
        wrong = problems(request, response)
        if wrong:
            complaints[each["from"]] = wrong
    assert complaints == {}
    assert dict(reasons) == {"answered": 65 - sum(UNANSWERABLE.values()), **UNANSWERABLE}


@pytest.mark.parametrize("wrapped", [True, False])
@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2"])
def test_the_answer_has_the_form_and_the_version_of_the_request(
    version: str, *, wrapped: bool
) -> None:
    checked = 0
    for each in listed():
        decoded = each["decoded"]
        inner = {**decoded.get("native", decoded), "ver": version}
        request = asked(json.dumps({"native": inner} if wrapped else inner))
        response = answered(request)
        if isinstance(response, Reason):
            continue
        checked += 1
        assert problems(request, response) == []
        answer = json.loads(response["seatbid"][0]["bid"][0]["adm"])
        assert (set(answer) == {"native"}) is wrapped
        assert (answer["native"] if wrapped else answer)["ver"] == version
    assert checked > 40


def test_the_specification_s_own_examples_are_answered() -> None:
    examples = sorted(corpus("native", "examples").glob("*request*.json"))
    assert len(examples) >= 6
    for example in examples:
        request = asked(example.read_text("utf-8"))
        response = answered(request)
        assert not isinstance(response, Reason), example.name
        assert problems(request, response) == [], example.name
