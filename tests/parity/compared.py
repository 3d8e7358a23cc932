"""Are the features that models learn from those that they served by? Every decision is logged, read back and compared.

Real decisions through the real endpoint, in memory: the model that decides notes the rows it saw. What was logged of each bid is read by the
code that training reads with, coded by the artifact's tables, and held against those rows, column by column, exactly. Then
LightGBM's own package predicts from what was read back, and every engine from what was seen.
"""

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple
from zlib import crc32

import lightgbm
import msgspec
import numpy as np
from numpy.typing import NDArray

from adserver.domain.candidate import Candidate
from adserver.domain.exchange import ExchangeTerms
from adserver.domain.opportunity import Auction, Opportunity
from adserver.endpoints.answering import Draft
from adserver.endpoints.messages import Reply, Request
from adserver.ports import ClickModel
from models.ctr import encoding
from models.ctr.booster import NativeTrees
from models.ctr.boosting import upon
from models.ctr.compiled import CompiledModel
from models.ctr.counters import Counters
from models.ctr.dataset import Dataset, read
from models.ctr.encoder import Encoder
from models.ctr.features import COLUMNS, CONTEXT, SERVED, WORDS, Tables
from models.ctr.forest import Forest
from models.ctr.judging import stacked
from models.ctr.probability import HIGHEST, LOWEST, Calibration
from models.ctr.trees import read_trees
from tests.fakes.click_model import FakeClickModel
from tests.fakes.worker import FOREVER_S, PLENTY, FakeWorker, Parts
from tests.parity.traffic import EXCHANGE, Crowd, advertisers, requests
from tests.torture.figures import Figure, Scale, none_of

MONDAY_S = 1_795_392_000.0
STEP_S = 61.0
"""Between two requests, so that a few thousand of them see several days and all hours."""
GRANT_S = 40_000.0
"""So often money is granted anew: leases end."""
EQUAL = 1e-12
CLICKS = 0.05
TREES, LEAVES = 200, 63
_UNCHANGED = Calibration(1.0, 0.0)

Floats = NDArray[np.float64]
Row = list[float]


class Noting:
    """A model that notes what it was asked, row by row, and answers as another does."""

    breadth = 8

    def __init__(self) -> None:
        self.name = "noting"
        self.inner: ClickModel = FakeClickModel()
        self.encoder: Encoder | None = None
        self.rows: dict[tuple[str, int], Row] = {}
        """Of the latest request, by opportunity and candidate."""

    def click_probabilities(
        self,
        auction: Auction,
        opportunity: Opportunity,
        candidates: Sequence[Candidate],
        now_s: float,
    ) -> Sequence[float]:
        """Note and answer."""
        encoder = self.encoder
        if encoder is None:  # nothing is known yet: any answer will do
            return [
                0.001 + crc32(f"{auction.id} {each.index}".encode()) % 97 / 10_000
                for each in candidates
            ]
        context = encoder.context(auction, opportunity, now_s)
        rows = encoder.candidates(auction, candidates)
        for each, row in zip(candidates, rows, strict=True):
            self.rows[opportunity.id, each.index] = [*context, *row]
        return self.inner.click_probabilities(auction, opportunity, candidates, now_s)


class Exchange:
    """Asks a bidder in memory, whose clock goes on with each request, and writes down what it logs."""

    def __init__(self, folder: Path, dice: Random) -> None:
        self._now_s = MONDAY_S
        self._dice = dice
        self._asked = requests(dice)
        crowd = Crowd()
        self.model = Noting()
        terms = ExchangeTerms(name=EXCHANGE, contextual_without_consent=True)
        self._worker = FakeWorker(
            folder,
            terms,
            Parts(advertisers(), crowd, None, crowd, self.model),
            monotonic=lambda: 0.0,
            wall=lambda: self._now_s,
        )
        self._items = self._worker.world.snapshot.line_items
        crowd.line_items = [item.number for item in self._items]
        self._granted_s = self._now_s
        self._drafts: list[Draft] = []
        book = self._worker.answerer.book

        def noted(draft: Draft) -> None:
            self._drafts.append(draft)
            book(draft)

        self._worker.answerer.book = noted  # type: ignore[method-assign]  # who was chosen, beside what was logged

    def decisions(self, log: Path, wanted: int) -> Iterator[tuple[bytes, Row | None]]:
        """Yield bids that may be learned from as they are logged, each with the row that was seen; the log gets them as impressions, some clicked."""
        dice, done = self._dice, 0
        with log.open("wb") as file:
            while done < wanted:
                for line, row in self._ask():
                    file.write(line + b"\n")
                    bid = msgspec.json.decode(line, type=_Bid)
                    if not (bid.measured and bid.trainable):
                        continue
                    for kind in ("impression", "click")[: 1 + (dice.random() < CLICKS)]:
                        contact = {"event": kind, "at": bid.at + 1, "bid": bid.bid, "measured": True, "trainable": True}  # fmt: skip
                        file.write(json.dumps(contact).encode() + b"\n")
                    done += 1
                    yield line, row

    def _ask(self) -> Iterator[tuple[bytes, Row | None]]:
        self._now_s += STEP_S
        if self._now_s > self._granted_s + GRANT_S:
            self._granted_s = self._now_s
            for item in self._items:
                until_s = int(self._now_s) + FOREVER_S
                self._worker.purse.granted(item.number, 1, PLENTY, until_s, self._now_s)
        self._worker.purse.paces = [self._dice.choice((1.0, 0.7, 0.4, 0.1)) for _ in self._items]
        self._worker.events.clear()
        self._drafts.clear()
        self.model.rows.clear()
        body = msgspec.json.encode(next(self._asked))
        reply = self._worker.bid(
            Request("POST", f"/openrtb2/{EXCHANGE}", {}, body, 0.0), ("openrtb2", EXCHANGE)
        )
        assert isinstance(reply, Reply)
        if reply.confirm is None:
            return
        assert reply.confirm(True) is None  # noqa: FBT003 - a callback
        (draft,) = self._drafts
        for line, bid in zip(self._worker.events, draft.bids, strict=True):
            yield line, self.model.rows.get((bid.opportunity.id, bid.candidate.index))


class _Bid(msgspec.Struct):
    at: float
    bid: str
    p_click: float
    measured: bool
    trainable: bool


class Seen(NamedTuple):
    """Decisions in the order in which they were made."""

    rows: Floats
    probabilities: Floats


def run(scale: Scale) -> list[Figure]:
    """Learn from some decisions, and compare features and answers of those that follow."""
    with tempfile.TemporaryDirectory() as name:
        return _compare(Path(name), scale)


def _compare(folder: Path, scale: Scale) -> list[Figure]:
    exchange = Exchange(folder / "state", Random(scale.seed))
    for _ in exchange.decisions(folder / "before.jsonl", scale.count(20_000, 1_500)):
        pass
    tables, booster = _learn(_read(folder / "before.jsonl"), scale.count(TREES, 20))
    text = booster.model_to_string()
    trees = read_trees(text, COLUMNS)
    encoder = Encoder(tables)
    compiled = {
        "counting": CompiledModel("counting", Counters(trees, len(COLUMNS)), encoder, _UNCHANGED),
        "compiled": CompiledModel("compiled", Forest(trees, len(COLUMNS)), encoder, _UNCHANGED),
    }
    exchange.model.encoder, exchange.model.inner = encoder, compiled["counting"]
    wanted = scale.count(100_000, 2_000)
    seen = _seen(exchange.decisions(folder / "after.jsonl", wanted))
    back = encoding.apply(tables, _read(folder / "after.jsonl"))
    trees_alone = np.asarray(booster.predict(back, raw_score=True))
    expected = _chances(stacked(trees_alone, back, SERVED))
    figures = [_features(seen.rows, back), _varied(back)]
    served = abs(np.clip(expected, LOWEST, HIGHEST) - seen.probabilities).max()
    figures.append(_difference("as logged", served, wanted))
    engines: Mapping[str, CompiledModel | NativeTrees] = {
        **compiled, "LightGBM's C interface": NativeTrees(text.encode())
    }  # fmt: skip
    for engine, model in engines.items():
        log_odds = [
            model.log_odds(row[: len(CONTEXT)], [row[len(CONTEXT) :]])[0]
            for row in seen.rows.tolist()
        ]
        far = abs(_chances(np.array(log_odds)) - _chances(trees_alone)).max()
        figures.append(_difference(engine, far, wanted))
    return figures


def _chances(log_odds: Floats) -> Floats:
    return 1 / (1 + np.exp(-log_odds))


def _seen(decisions: Iterator[tuple[bytes, Row | None]]) -> Seen:
    rows, probabilities = [], []
    for line, row in decisions:
        assert row is not None
        rows.append(row)
        probabilities.append(msgspec.json.decode(line, type=_Bid).p_click)
    return Seen(np.array(rows), np.array(probabilities))


def _read(log: Path) -> Dataset:
    return read(log, mature_s=0.0, on_progress=lambda _stage, _done: None)


def _learn(data: Dataset, trees: int) -> tuple[Tables, lightgbm.Booster]:
    tables, matrix = encoding.encode(data, len(data.at) - 1, linear=1)
    splittable, begins = upon(matrix, SERVED)
    rows = lightgbm.Dataset(
        splittable, data.clicked, init_score=begins, feature_name=list(COLUMNS), categorical_feature=list(WORDS)
    )  # fmt: skip
    parameters = {
        "objective": "binary", "num_leaves": LEAVES, "min_data_in_leaf": 5, "feature_fraction": 0.3, "deterministic": True,
        "force_row_wise": True, "num_threads": 1, "verbosity": -1,
    }  # fmt: skip
    return tables, lightgbm.train(parameters, rows, trees)


def _features(seen: Floats, back: Floats) -> Figure:
    """Return in how many columns of how many rows training would see something else than serving saw."""
    assert seen.shape == back.shape
    unlike = ~((seen == back) | (np.isnan(seen) & np.isnan(back)))
    wrong = [
        f"{name}: {count} rows, first {seen[unlike[:, place], place][0]} and read back {back[unlike[:, place], place][0]}"
        for place, name in enumerate(COLUMNS)
        if (count := int(unlike[:, place].sum()))
    ]
    return none_of(
        "parity",
        f"columns of {len(COLUMNS)} that differ between serving and training",
        len(seen),
        wrong,
    )


def _varied(back: Floats) -> Figure:
    """Return the columns that never vary: of these the comparison would say nothing."""
    constant = [name for place, name in enumerate(COLUMNS) if len(np.unique(back[:, place])) < 2]
    return Figure(
        "parity", "columns that are always the same", ", ".join(constant) or "none", "exchange, weather",
        set(constant) <= {"exchange", "weather"},
    )  # fmt: skip


def _difference(who: str, far: float, tried: int) -> Figure:
    return Figure(
        "parity", f"probabilities unlike Booster.predict on what was read back, {who}, {tried:,} decisions",
        f"{far:.2g}", f"<= {EQUAL:g}", far <= EQUAL,
    )  # fmt: skip
