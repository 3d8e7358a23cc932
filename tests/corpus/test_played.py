"""Every request of the corpus with videos, sounds or pods gets the bids that the specification describes, or a named reason."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from itertools import product
from typing import Any

import pytest

from adapters.channels import prepare
from adserver.catalog.compiler import compile_snapshot
from adserver.catalog.snapshot import Snapshot
from adserver.certification.judge import problems
from adserver.decision.pipeline import decide, look_ahead
from adserver.decision.tracing import Untraced
from adserver.domain.bid import Bid
from adserver.domain.campaign import Catalog
from adserver.domain.creative import AnyCreative, Audio, AudioFile, MediaFile, Video
from adserver.domain.opportunity import Auction
from adserver.domain.reasons import Reason
from adserver.openrtb import codec, outbound
from tests.corpus.corpus import corpus
from tests.corpus.played_oracle import Json, Stocked, Verdict, number, room, verdict
from tests.corpus.test_requests import TERMS, UNITS, read
from tests.unit.adapters_channels.played import named
from tests.unit.adapters_channels.schema import Answer, faults
from tests.unit.decision.made import advertiser, cpm, line_item, moment, world
from tests.unit.openrtb.wire import RATES

DURATIONS_S = (2, 6, 15, 30, 60, 120)
SHOPS = 6
"""So many that a pod of the corpus can have another in each of its slots."""
MOST_OF_OURS = 8
FILES = {
    "video": (("video/mp4", 1_000, "progressive"), ("video/webm", 1_000, "progressive"), ("application/x-mpegurl", 1_000, "streaming")),
    "audio": (("audio/mpeg", 128, "progressive"), ("audio/mp4", 128, "progressive"), ("audio/mp4", 64, "streaming")),
}  # fmt: skip
STOCK = [
    *(Stocked(medium, seconds, *file) for medium in FILES for seconds, file in product(DURATIONS_S, FILES[medium])),
    *(Stocked(medium, seconds, "", 0, "", wrapped=True) for medium in FILES for seconds in DURATIONS_S),
]  # fmt: skip
EXCUSES = {"seat_excluded", "currency", "deal", "below_floor", "no_opportunity"}
"""Why a whole request or imp may be passed over though something fits: nobody of ours has its deals, or its floor is
in a currency without a rate; none of it is about what is played.
"""


def creative(name: str, stocked: Stocked) -> AnyCreative:
    """Return a creative of this kind in the stock."""
    common: dict[str, Any] = {
        "id": name, "landing_url": "https://shop.example/", "duration_s": stocked.seconds, "wrapped_version": "2.0",
        "wrapped_url": "https://third.example/vast" if stocked.wrapped else None,
    }  # fmt: skip
    file: dict[str, Any] = {
        "url": f"https://cdn.example/{name}", "mime": stocked.mime, "bitrate_kbps": stocked.kbps, "delivery": stocked.delivery,
    }  # fmt: skip
    if stocked.medium == "video":
        media = () if stocked.wrapped else (MediaFile(width=640, height=480, **file),)
        return Video(**common, media_files=media)
    return Audio(**common, audio_files=() if stocked.wrapped else (AudioFile(**file),))


@cache
def market() -> tuple[Snapshot, dict[str, Stocked], outbound.BidWriter]:
    """Return advertisers who have everything in the stock, what each creative is, and a writer of bids."""
    stocked: dict[str, Stocked] = {}
    shops = []
    for shop in range(SHOPS):
        names = {f"shop{shop}-{i}": each for i, each in enumerate(STOCK)}
        stocked |= names
        items = [line_item(f"item-{name}", creatives=(name,), goal=cpm(90_000)) for name in names]
        creatives = tuple(creative(name, each) for name, each in names.items())
        shops.append(advertiser(f"shop{shop}", *items, creatives=creatives))
    compiled = compile_snapshot(Catalog(tuple(shops)))
    markups = {each.creative.id: prepare(each.creative) for each in compiled.candidates}
    return compiled, stocked, outbound.BidWriter("https://ads.example", markups)


def played(document: Json) -> Iterator[Json]:
    """Yield the imps with a video or a sound."""
    for imp in document.get("imp") or ():
        if isinstance(imp, dict) and any(
            isinstance(imp.get(each), dict) for each in ("video", "audio")
        ):
            yield imp


@cache
def requests() -> dict[str, Json]:
    """Return the requests of the corpus that have any, by their files' names."""
    files = sorted(corpus("openrtb", "open", "requests").iterdir())
    documents = {file.name: json.loads(file.read_bytes()) for file in files}
    return {name: document for name, document in documents.items() if any(played(document))}


def answered(document: Json) -> tuple[Auction | Reason, list[Bid], dict[str, Reason]]:
    """Return what is on offer, the bids, and why there are none for the other imps."""
    decoded = codec.decode(json.dumps(document).encode())
    seats = tuple(map(str, decoded.request.wseat or ())) or TERMS.seats
    auction = read(decoded, seats=seats)
    if isinstance(auction, Reason):
        return auction, [], {}
    compiled, _, _ = market()
    trace = Untraced()
    fits = look_ahead(compiled, auction)
    bids = decide(world(compiled), auction, fits, moment(compiled, terms=TERMS), trace)
    return auction, bids, trace.missed


@cache
def outcomes() -> dict[tuple[str, str], tuple[Verdict, list[Bid], str]]:
    """Return for each imp what the oracle says, what was bid, and the reason if nothing was."""
    found = {}
    for name, document in requests().items():
        auction, bids, missed = answered(document)
        for imp in played(document):
            key = str(imp["id"])
            own = [bid for bid in bids if bid.opportunity.id == key]
            reason = (
                auction if isinstance(auction, Reason) else missed.get(key, Reason.NO_OPPORTUNITY)
            )
            found[name, key] = (verdict(imp, STOCK), own, "" if own else reason.value)
    return found


def test_each_imp_gets_a_bid_where_anything_fits_and_else_the_reason_that_the_specification_has() -> (
    None
):
    wrong = []
    tally: Counter[str] = Counter()
    for key, (said, bids, reason) in outcomes().items():
        _, stocked, _ = market()
        if bids:
            fine = all(stocked[bid.candidate.creative.id] in said.fitting for bid in bids)
        elif said.fitting:
            fine = reason in EXCUSES
        else:
            fine = reason in said.against or reason in EXCUSES
        tally["bid" if bids else reason] += 1
        if not fine:
            wrong.append((key, reason, sorted(said.against), len(said.fitting)))
    assert wrong == []
    assert tally.total() == len(outcomes())
    fitting = sum(bool(said.fitting) for said, _, _ in outcomes().values())
    excused = sum(bool(said.fitting) and not bids for said, bids, _ in outcomes().values())
    assert tally["bid"] == fitting - excused
    assert tally["bid"] > 0.8 * tally.total(), tally


def test_the_excuses_are_what_they_say() -> None:
    """What fits and is not bid on has a private deal, another currency, or a second imp of the same id."""
    for (name, key), (said, bids, reason) in outcomes().items():
        if bids or not said.fitting:
            continue
        document = requests()[name]
        imps = [imp for imp in document["imp"] if str(imp.get("id")) == key]
        private = any((imp.get("pmp") or {}).get("private_auction") == 1 for imp in imps)
        currencies = {str(imp.get("bidfloorcur") or "USD").upper() for imp in imps}
        unknown = not currencies <= set(UNITS) or (
            document.get("cur") and not set(document["cur"]) & set(UNITS)
        )
        assert private or unknown or document.get("bseat") or len(imps) > 1, (name, key, reason)


def test_every_bid_satisfies_the_judge_and_the_schema() -> None:
    _, _, writer = market()
    bids = 0
    for name, document in requests().items():
        auction, decided, _ = answered(document)
        if isinstance(auction, Reason) or not decided:
            continue
        written = [
            writer.write(
                auction, bid, TERMS, bid_id=f"b{i}", token="token",
                wire_price=outbound.wire_price(bid, auction.currency, RATES),
            )
            for i, bid in enumerate(decided)
        ]  # fmt: skip
        response = json.loads(outbound.respond(auction, written, "response", TERMS))
        assert problems(document, response, UNITS) == [], name
        for bid, said in zip(decided, response["seatbid"][0]["bid"], strict=True):
            assert said["dur"] == bid.candidate.creative.duration_s  # type: ignore[union-attr]  # only such are in the market
            (root,) = named(said["adm"], "VAST")
            assert faults(Answer(root.get("version") or "", said["adm"])) == []
            bids += 1
    assert bids >= sum(bool(bids) for _, bids, _ in outcomes().values())


def pods() -> dict[tuple[str, str], list[Json]]:
    """Return the breaks of the corpus: the imps of each."""
    found = defaultdict(list)
    for name, document in requests().items():
        for imp in played(document):
            if room(imp)[0]:
                found[name, room(imp)[0]].append(imp)
    return found


def test_slots_of_a_pod_go_to_different_advertisers_and_a_pod_without_slots_is_filled() -> None:
    kinds: Counter[str] = Counter()
    for (name, pod), imps in pods().items():
        everybody: list[str] = []
        for imp in imps:
            _, seconds, most = room(imp)
            said, bids, reason = outcomes()[name, str(imp["id"])]
            assert bool(bids) == bool(said.fitting), (name, pod, reason)
            everybody += [bid.candidate.advertiser for bid in bids]
            if seconds is None:
                assert len(bids) <= 1, "there are no deals in these"
                kinds["slot"] += 1
                continue
            kinds["break"] += 1
            lasting = [market()[1][bid.candidate.creative.id].seconds for bid in bids]
            left, places = (
                seconds - sum(lasting),
                min(most or MOST_OF_OURS, MOST_OF_OURS) - len(bids),
            )
            assert left >= 0
            assert places >= 0
            others = SHOPS - len(everybody)
            shortest = min((each.seconds for each in said.fitting), default=seconds + 1)
            assert not (others and places and shortest <= left), (
                f"{name}: room for another of {shortest} s"
            )
        assert len(set(everybody)) == len(everybody), (name, pod)
    named_ids = sum(
        bool(room(imp)[0]) for document in requests().values() for imp in played(document)
    )
    assert kinds.total() == named_ids > 0
    assert kinds["slot"] > 0
    assert kinds["break"] > 0


def test_what_is_tried_is_what_the_corpus_lists() -> None:
    """The list of features that came with the corpus names the same requests."""
    lines = corpus("openrtb", "MANIFEST.tsv").read_text("utf-8").splitlines()
    head = lines[0].split("\t")
    rows = [dict(zip(head, line.split("\t"), strict=False)) for line in lines[1:]]
    listed = {
        row["file"].rpartition("/")[2]
        for row in rows
        if row["split"] == "open" and {"video", "audio", "pod"} & set(row["features"].split(","))
    }
    present = {file.name for file in corpus("openrtb", "open", "requests").iterdir()}
    assert listed & present == set(requests())


@pytest.mark.parametrize(
    ("value", "read_as"), [(3, 3), ("30", 30), (True, None), ([2, 3], None), ("x", None), (-1, -1)]
)
def test_the_oracle_reads_numbers_as_decoders_do(value: object, read_as: int | None) -> None:
    assert number(value) == read_as
