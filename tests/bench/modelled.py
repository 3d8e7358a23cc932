"""A click model for the servers of the benches: P1 and P2 with all that scoring candidates takes.

Its trees are as many and as large as P7 measures, learned from made-up clicks on the benches' own requests and candidates, and so
ask all that a trained model would.
"""

import json
from math import exp
from pathlib import Path
from random import Random
from zlib import crc32

import lightgbm
from msgspec.structs import replace

from adserver import bootstrap
from adserver.background.served_clicks import ServedClicks
from adserver.config import load_settings
from adserver.decision.pipeline import look_ahead
from adserver.domain.bid import Bid
from adserver.domain.candidate import Candidate
from adserver.domain.opportunity import Auction, MediaType
from adserver.domain.reasons import Reason
from adserver.domain.seen import Seen
from adserver.endpoints.events import bid_event
from adserver.openrtb import inbound
from adserver.openrtb.codec import decode
from adserver.privacy.permission import ALLOWED
from loadtest import traffic
from models.ctr import encoding
from models.ctr.artifact import KIND, publish
from models.ctr.boosting import upon
from models.ctr.dataset import dataset
from models.ctr.features import COLUMNS, MEDIA, SERVED, WORDS
from models.ctr.probability import Calibration
from models.ctr.rows import Rows
from models.events import Tally
from models.registry.manifest import Manifest
from tests.bench.catalogs import SEGMENTS
from tests.fakes.click_model import FakeClickModel

TREES, LEAVES = 200, 63
REQUESTS, EACH = 4_000, 8
"""So many requests, each shown to so many candidates, are learned from."""
CALM = 0.0
"""The spread with which a model is asked about 8 candidates; 1: about as many as it ever is."""
_MONDAY_S = 1_795_392_000
_DECIDER = ServedClicks(FakeClickModel())


def equip(settings_file: Path, spread: float = CALM) -> None:
    """Train a model for a prepared folder and publish it; it serves whoever is built from there next."""
    loaded = load_settings(settings_file)
    snapshot = bootstrap.load_snapshot(loaded)
    dice = Random(5)
    rows = Rows()
    for number, body in enumerate(traffic.requests(REQUESTS, 7)):
        auction = inbound.auction(decode(body).request, loaded.terms["demo"], loaded.rates, ALLOWED)
        if isinstance(auction, Reason):
            continue
        now_s = _MONDAY_S + number * 151.0
        names = dice.sample(SEGMENTS, 30)
        fit = look_ahead(snapshot, auction)[0]
        for candidate in dice.sample(snapshot.candidates, min(EACH, len(snapshot.candidates))):
            if fit >> candidate.index & 1 or dice.random() < 0.1:
                seen = Seen(
                    dice.randrange(9), {candidate.line_item_number: dice.randrange(3)}, tuple(names)
                )
                clicked = dice.random() < _truth(replace(auction, seen=seen), candidate)
                line = _line(replace(auction, seen=seen), candidate, now_s)
                rows.add(line, now_s + 1 if clicked else float("inf"))
    data = dataset(rows, Tally())
    tables, matrix = encoding.encode(data, len(data.at) - 1, linear=1)
    splittable, begins = upon(matrix, SERVED)
    learned = lightgbm.Dataset(
        splittable, data.clicked, init_score=begins, feature_name=list(COLUMNS), categorical_feature=list(WORDS)
    )  # fmt: skip
    parameters = {
        "objective": "binary", "num_leaves": LEAVES, "learning_rate": 0.05, "min_data_in_leaf": 5, "min_data_per_group": 10,
        "deterministic": True, "force_row_wise": True, "num_threads": 1, "verbosity": -1,
    }  # fmt: skip
    booster = lightgbm.train(parameters, learned, TREES)
    day = "2026-11-23T00:00:00Z"
    manifest = Manifest(
        kind=KIND, created=day, columns=COLUMNS, learned_from=day, learned_until=day, rows=len(data.at),
        positives=int(data.clicked.sum()), metrics={}, parameters={"spread": spread},
    )  # fmt: skip
    publish(
        bootstrap.places(loaded).models, manifest, replace(tables, spread=spread), Calibration(1.0, 0.0),
        booster.model_to_string().encode(),
    )  # fmt: skip


def _line(auction: Auction, candidate: Candidate, now_s: float) -> bytes:
    bid = Bid(
        opportunity=auction.opportunities[0], candidate=candidate, media_type=MediaType[MEDIA[type(candidate.creative)].upper()],
        deal=None, click_probability=0.01, value=2, price=1, reserved=1,
    )  # fmt: skip
    bid_hex = f"{crc32(auction.id.encode()):032x}"
    return bid_event(
        auction, bid, bid_hex, now_s, _DECIDER.decider(auction), measured=True, trainable=True
    )


def _truth(auction: Auction, candidate: Candidate) -> float:
    """Return a probability that hangs on a bit of everything."""
    about = SEGMENTS[candidate.line_item_number % len(SEGMENTS)]
    told = json.dumps((auction.country, auction.publication, auction.os, candidate.line_item))
    log_odds = -3.0 + crc32(told.encode()) % 1_000 / 700
    log_odds += 1.0 if about in (auction.seen.audience or ()) else 0.0
    return 1 / (1 + exp(-log_odds + 0.1 * (auction.seen.contacts or 0)))
