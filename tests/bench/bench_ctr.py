"""P7: what one scored candidate of exactly 8 costs, features included: `python -m tests.bench.bench_ctr`.

CPU time, best of several rounds, none of whose requests comes twice. A walk through trees looks three times
faster when the same request comes again and again, because the processor then knows every branch;
that figure is printed too, for comparison. Takes about half a minute, most of it for training.
"""

import math
import random
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import lightgbm
import msgspec
import numpy as np
from msgspec.structs import replace

from adserver.domain.candidate import Candidate
from adserver.domain.opportunity import Auction, Opportunity
from adserver.domain.seen import NOT_SEEN, Seen
from adserver.ports import ClickModel
from models.ctr.booster import BoosterModel, NativeTrees
from models.ctr.boosting import upon
from models.ctr.compiled import CompiledModel
from models.ctr.counters import Counters
from models.ctr.dataset import dataset
from models.ctr.encoder import Encoder
from models.ctr.encoding import encode
from models.ctr.features import COLUMNS, SERVED, WORDS
from models.ctr.forest import Forest
from models.ctr.probability import Calibration
from models.ctr.rows import Rows
from models.ctr.trees import read_trees
from models.events import Tally
from tests.bench.figures import Bench, Figure
from tests.unit.models_ctr.world import Shown, bid_event, candidate, shown

IMPRESSIONS, CANDIDATES, REQUESTS, ROUNDS = 60_000, 256, 500, 15
TREES, LEAVES, SCORED, TOPICS = 200, 63, 8, 40
BAR_US, BAR_DIFFERENCE = 6.0, 1e-12
_UNCHANGED = Calibration(1.0, 0.0)


class Request(NamedTuple):
    """One call of the model."""

    auction: Auction
    opportunity: Opportunity
    candidates: Sequence[Candidate]
    now_s: float


def dressed(seen: Shown, dice: random.Random) -> Shown:
    """Return an impression with all that models see beyond the small market's own: browser, space, contacts and segments."""
    about = f"topic-{seen.candidate.index % TOPICS}"
    audience = tuple(f"topic-{each}" for each in dice.sample(range(TOPICS), dice.randrange(TOPICS)))
    known = dice.random() < 0.7
    contacts = {each: dice.randrange(1, 5) for each in dice.sample(range(CANDIDATES), 20)}
    told = Seen(sum(contacts.values()), contacts, audience) if known else NOT_SEEN
    auction = replace(
        seen.auction,
        browser=dice.choice(("chrome", "safari", "firefox", "")),
        seen=told,
    )
    opportunity = replace(seen.opportunity, tag_id=dice.choice(("top", "side", "end", "")))
    factor = 2.0 if about in (told.audience or ()) else 1.0
    factor *= 0.8 ** (told.of(seen.candidate.line_item_number) or 0)
    return seen._replace(
        auction=auction, opportunity=opportunity, probability=min(seen.probability * factor, 0.9)
    )


def grow() -> tuple[lightgbm.Booster, Encoder]:
    """Train exactly 200 trees of 63 leaves on the small market, without stopping early."""
    dice = random.Random(1)
    rows = Rows()
    for plain in shown(IMPRESSIONS, candidates=CANDIDATES):
        seen = dressed(plain, dice)
        clicked = dice.random() < seen.probability
        rows.add(_line(seen), seen.now_s + 9 if clicked else math.inf)
    data = dataset(rows, Tally())
    tables, matrix = encode(data, len(data.at) - 1, linear=1)
    parameters = {
        "objective": "binary",
        "num_leaves": LEAVES,
        "learning_rate": 0.05,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 2,
        "verbosity": -1,
    }
    splittable, begins = upon(matrix, SERVED)
    learned = lightgbm.Dataset(
        splittable,
        data.clicked,
        init_score=begins,
        feature_name=list(COLUMNS),
        categorical_feature=list(WORDS),
    )
    booster = lightgbm.train(parameters, learned, TREES)
    return booster, Encoder(tables)


def _line(seen: Shown) -> bytes:
    """Return the bid as it would be logged."""
    told = seen.auction.seen
    return msgspec.json.encode(
        bid_event(seen)
        | {
            "browser": seen.auction.browser,
            "tag": seen.opportunity.tag_id,
            "contacts": told.contacts,
            "line_item_contacts": told.of(seen.candidate.line_item_number),
            "audience": told.audience,
        }
    )


def requests() -> list[Request]:
    """Return auctions, each with 8 candidates at random; none comes twice."""
    dice = random.Random(3)
    pool = [candidate(index) for index in range(CANDIDATES)]
    found = [
        Request(seen.auction, seen.opportunity, dice.sample(pool, SCORED), seen.now_s)
        for seen in (dressed(each, dice) for each in shown(REQUESTS * ROUNDS, seed=4))
    ]
    dice.shuffle(found)
    return found


def microseconds(model: ClickModel, calls: Sequence[Request]) -> float:
    """Return CPU microseconds per scored candidate, the best round; each has other requests."""
    rounds = []
    for first in range(0, len(calls), REQUESTS):
        part = calls[first : first + REQUESTS]
        started = time.process_time()
        for call in part:
            model.click_probabilities(*call)
        rounds.append((time.process_time() - started) / len(part))
    return min(rounds) / SCORED * 1e6


def difference(
    model: ClickModel, booster: lightgbm.Booster, encoder: Encoder, calls: Sequence[Request]
) -> float:
    """Return how far the model's answers are from `Booster.predict`, at most."""
    worst = 0.0
    for call in calls:
        context = encoder.context(call.auction, call.opportunity, call.now_s)
        rows = np.array(
            [[*context, *row] for row in encoder.candidates(call.auction, call.candidates)]
        )
        trees = np.asarray(booster.predict(rows, raw_score=True))
        expected = np.clip(1 / (1 + np.exp(-trees - rows[:, -1])), 1e-6, 0.5)
        worst = max(worst, float(abs(expected - model.click_probabilities(*call)).max()))
    return worst


def click_model(bench: Bench) -> list[Figure]:
    """Return P7 for all engines, and how far their answers are from `Booster.predict`."""
    bench.say(f"click model: training {TREES} trees")
    booster, encoder = grow()
    figures = []
    calls = requests()
    same = calls[:1] * REQUESTS * 3
    for name, model in _engines(booster, encoder).items():
        bench.say(f"click model: {name}")
        each_us, repeated_us = microseconds(model, calls), microseconds(model, same)
        far = difference(model, booster, encoder, calls[:REQUESTS])
        figures += [
            Figure(
                "P7", f"one candidate of {SCORED} scored, {name}", each_us, "us", BAR_US,
                f"{TREES} trees x {LEAVES}; {repeated_us:.2f} us with the same request repeated",
            ),
            Figure("P7", f"unlike Booster.predict, {name}", far, "", BAR_DIFFERENCE),
        ]  # fmt: skip
    return figures


def _engines(booster: lightgbm.Booster, encoder: Encoder) -> dict[str, ClickModel]:
    text = booster.model_to_string()
    trees = read_trees(text, COLUMNS)
    counters, forest = Counters(trees, len(COLUMNS)), Forest(trees, len(COLUMNS))
    return {
        "counting (the default)": CompiledModel("counting", counters, encoder, _UNCHANGED),
        "compiled trees": CompiledModel("compiled", forest, encoder, _UNCHANGED),
        "LightGBM's C interface": BoosterModel(
            "lightgbm", NativeTrees(text.encode()), encoder, _UNCHANGED
        ),
    }


def main() -> None:
    """Print P7."""
    bench = Bench(Path(), 0, 0, frozenset({"P7"}), lambda _: None)
    for figure in click_model(bench):
        print(
            f"P7 {figure.what:50} {figure.value:8.3g} {figure.unit:3} (bar {figure.most:g}) {figure.note}"
        )


if __name__ == "__main__":
    main()
