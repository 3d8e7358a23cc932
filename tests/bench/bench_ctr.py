"""P7: what one scored candidate of exactly 8 costs, features included: `python -m tests.bench.bench_ctr`.

CPU time, best of several rounds over many different requests. A walk through trees looks three times
faster when the same request comes again and again, because the processor then knows every branch;
that figure is printed too, for comparison. Takes about 15 s, most of it for training.
"""

import random
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import lightgbm
import numpy as np

from adserver.domain.candidate import Candidate
from adserver.domain.opportunity import Auction, Opportunity
from adserver.ports import ClickModel
from models.ctr.booster import BoosterModel, NativeTrees
from models.ctr.compiled import CompiledModel
from models.ctr.dataset import read
from models.ctr.encoding import encode
from models.ctr.features import COLUMNS, WORDS, Encoder
from models.ctr.forest import Forest
from models.ctr.probability import Calibration
from models.ctr.trees import read_trees
from tests.bench.figures import Bench, Figure
from tests.unit.models_ctr.world import candidate, shown, write_log

IMPRESSIONS, CANDIDATES, REQUESTS, ROUNDS = 60_000, 256, 500, 15
TREES, LEAVES, SCORED = 200, 63, 8
BAR_US, BAR_DIFFERENCE = 6.0, 1e-12
_UNCHANGED = Calibration(1.0, 0.0)


class Request(NamedTuple):
    """One call of the model."""

    auction: Auction
    opportunity: Opportunity
    candidates: Sequence[Candidate]
    now_s: float


def grow() -> tuple[lightgbm.Booster, Encoder]:
    """Train exactly 200 trees of 63 leaves on the small market, without stopping early."""
    with tempfile.TemporaryDirectory() as folder:
        write_log(Path(folder), list(shown(IMPRESSIONS, candidates=CANDIDATES)))
        data = read(Path(folder), on_progress=lambda _stage, _done: None)
    tables, matrix = encode(data, len(data.at) - 1)
    parameters = {
        "objective": "binary",
        "num_leaves": LEAVES,
        "learning_rate": 0.05,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 2,
        "verbosity": -1,
    }
    rows = lightgbm.Dataset(
        matrix, data.clicked, feature_name=list(COLUMNS), categorical_feature=list(WORDS)
    )
    booster = lightgbm.train(parameters, rows, TREES)
    return booster, Encoder(tables)


def requests() -> list[Request]:
    """Return different auctions, each with 8 candidates at random."""
    dice = random.Random(3)
    pool = [candidate(index) for index in range(CANDIDATES)]
    return [
        Request(seen.auction, seen.opportunity, dice.sample(pool, SCORED), seen.now_s)
        for seen in shown(REQUESTS, seed=4)
    ]


def microseconds(model: ClickModel, calls: Sequence[Request]) -> float:
    """Return CPU microseconds per scored candidate, the best round."""
    rounds = []
    for _ in range(ROUNDS):
        started = time.process_time()
        for call in calls:
            model.click_probabilities(*call)
        rounds.append(time.process_time() - started)
    return min(rounds) / len(calls) / SCORED * 1e6


def difference(
    model: ClickModel, booster: lightgbm.Booster, encoder: Encoder, calls: Sequence[Request]
) -> float:
    """Return how far the model's answers are from `Booster.predict`, at most."""
    worst = 0.0
    for call in calls:
        context = encoder.context(call.auction, call.opportunity, call.now_s)
        rows = [[*context, *encoder.candidate(each)] for each in call.candidates]
        expected = np.clip(np.asarray(booster.predict(np.array(rows))), 1e-6, 0.5)
        worst = max(worst, float(abs(expected - model.click_probabilities(*call)).max()))
    return worst


def click_model(bench: Bench) -> list[Figure]:
    """Return P7 for both engines, and how far their answers are from `Booster.predict`."""
    bench.say(f"click model: training {TREES} trees")
    booster, encoder = grow()
    figures = []
    calls = requests()
    same = calls[:1] * REQUESTS
    for name, model in _engines(booster, encoder).items():
        bench.say(f"click model: {name}")
        each_us, repeated_us = microseconds(model, calls), microseconds(model, same)
        far = difference(model, booster, encoder, calls)
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
    forest = Forest(read_trees(text, COLUMNS), len(COLUMNS))
    return {
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
