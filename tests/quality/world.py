"""M3: the click model against the market's own truth, on people whom it has never met.

Trained on the events of some seeds, judged on others. Learner and market share no code: the market writes lines as the server
documents them, the learner reads them as it reads any log. What is to be reached is `p_wire`, the probability of a click given
all that the line of the bid says; nobody who sees no more can do better. What hidden knowledge would bring stands beside it.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import msgspec
import numpy as np

from loadtest.market import laws
from loadtest.market.advertising import OTHERS, Ad, Lineup
from loadtest.market.chance import Floats, Whole
from loadtest.market.eventlog import Log
from loadtest.market.interests import TOPICS
from loadtest.market.past import Past, Step
from loadtest.market.people import Population, Truths
from models.ctr.artifact import read as read_artifact
from models.ctr.audiences import Audiences
from models.ctr.dataset import Dataset
from models.ctr.judging import probabilities
from models.ctr.train import train, train_rows
from tests.quality.columns import rows
from tests.quality.judging import Judged, compare
from tests.torture.figures import Figure, Scale

BEGINS_S = 1_790_000_000.0
STEPS = 112
"""Four weeks of six hours."""
FEWEST_STEPS = 30
TRAINED, UNSEEN = (11,), (7_301, 7_302)
AUC_WITHIN, ENTROPY_WITHIN = 0.003, 0.005
LITTLE = 0.18, 0.08
"""The same after two hundred clicks: a model that can tell nothing apart is 0.187 and 4.8 % away."""
_APART_S = 1e8
"""Between the weeks of one seed and of the next."""
_SIZES = ("300x250", "728x90", "320x50", "970x250", "160x600", "300x600", "320x480")
_FORMATS = (*(("banner", size) for size in _SIZES), ("video", ""), ("native", ""))


class Amount(NamedTuple):
    """How much is lived through."""

    people: int
    views: int
    """Per step; more than half of them are shown something."""
    steps: int = STEPS


FULL, FULL_JUDGED = Amount(192_000, 66_000), Amount(16_000, 5_500)
SHORT = SHORT_JUDGED = Amount(3_000, 1_000, FEWEST_STEPS)


class Truth(NamedTuple):
    """What only the judge knows, by impression."""

    clicked: Truths
    p_click: Floats
    p_wire: Floats
    people: Whole


def lineup() -> Lineup:
    """Return two line items for each topic, with a creative for each format."""
    return Lineup(
        [
            Ad(f"{topic}-shop", f"{topic}-{index}", f"{topic}-{index}-{media}{size}", media, size, topic)
            for topic in (*TOPICS, OTHERS)
            for index in range(2)
            for media, size in _FORMATS
        ]
    )  # fmt: skip


def live(seed: int, amount: Amount) -> tuple[Population, Iterator[Step]]:
    """Return the people and the steps of a seed, in which any creative that fits is as likely."""
    population = Population(seed, amount.people)
    past = Past(population, lineup(), BEGINS_S, amount.views)
    return population, past.steps(amount.steps)


def learnable(seeds: tuple[int, ...], amount: Amount) -> tuple[Dataset, Truth]:
    """Return these seeds' impressions as the learner reads them, one seed's weeks after the other's, and the truth by row."""
    parts: list[Dataset] = []
    truths: list[Truth] = []
    for seed in seeds:
        population, steps = live(seed, amount)
        parts.append(rows(population, lineup(), _witnessed(steps, seed, truths)))
    return joined(parts), Truth(*map(np.concatenate, zip(*truths, strict=True)))


def _witnessed(steps: Iterator[Step], seed: int, truths: list[Truth]) -> Iterator[Step]:
    """Yield steps, and keep of each no more than its truth."""
    for step in steps:
        people = step.shown.views.people + (seed << 32)
        truths.append(Truth(step.clicked, step.p_click, step.p_wire, people))
        yield step


def joined(parts: list[Dataset]) -> Dataset:
    """Return rows of the same vocabularies as one."""
    first = parts[0]
    if len(parts) == 1:
        return first
    weeks = np.arange(len(parts)) * _APART_S
    audiences = [part.audiences for part in parts]
    ends = np.cumsum([0, *(len(each.members) for each in audiences)])
    return replace(
        first,
        at=np.concatenate([part.at + later for part, later in zip(parts, weeks, strict=True)]),
        clicked_at=np.concatenate(
            [part.clicked_at + later for part, later in zip(parts, weeks, strict=True)]
        ),
        words=np.concatenate([part.words for part in parts]),
        numbers=np.concatenate([part.numbers for part in parts]),
        audiences=Audiences(
            np.concatenate([each.known for each in audiences]),
            np.concatenate(
                [[0], *(each.starts[1:] + end for each, end in zip(audiences, ends, strict=False))]
            ),
            np.concatenate([each.members for each in audiences]),
            first.audiences.vocabulary,
        ),
    )


def write(folder: Path, seed: int, amount: Amount) -> None:
    """Write the event log of a seed, orders and all."""
    population, steps = live(seed, amount)
    log = Log(population, lineup())
    with (folder / "events-20000101T000000Z-0.jsonl").open("wb") as file:
        for step in steps:
            file.writelines(msgspec.json.encode(event) + b"\n" for event in log.events(step))


def run(scale: Scale) -> list[Figure]:
    """Train and judge; the short form goes through files and only shows that all of it works."""
    with TemporaryDirectory() as folder:
        out = Path(folder, "models")
        if scale.full:
            data, _ = learnable(TRAINED, FULL)
            count = len(data.at)
            train_rows(data, out, "the market")
        else:
            events = Path(folder, "events")
            events.mkdir()
            write(events, TRAINED[0], SHORT)
            count = train(events, out).impressions
        judged = judge(
            out, FULL_JUDGED if scale.full else SHORT_JUDGED, UNSEEN if scale.full else UNSEEN[:1]
        )
    return _figures(judged, count, scale)


def judge(out: Path, amount: Amount, seeds: tuple[int, ...]) -> Judged:
    """Return the champion's probabilities for unseen seeds beside the truth."""
    data, known = learnable(seeds, amount)
    artifact = read_artifact(out)
    predicted = probabilities(data, artifact.tables, artifact.calibration, artifact.model.decode())
    if not np.array_equal(data.clicked, known.clicked):
        raise AssertionError("the truth is not that of the learner's rows")
    return Judged(predicted, known.p_wire, known.p_click, known.clicked, known.people)


def _figures(judged: Judged, count: int, scale: Scale) -> list[Figure]:
    found = compare(judged, scale.seed)
    seen = f"{count:,} impressions learned from, {len(judged.clicked):,} judged"
    auc, entropy = (AUC_WITHIN, ENTROPY_WITHIN) if scale.full else LITTLE
    return [
        Figure(
            "M3",
            f"AUC below the oracle's ({seen}; laws {laws.digest()[:12]})",
            f"{found.auc_gap:.4f} ({found.auc_low:.4f} to {found.auc_high:.4f}): {found.auc:.4f}, "
            f"oracle {found.auc_wire:.4f}, all-knowing {found.auc_click:.4f}",
            f"<= {auc}",
            found.auc_gap <= auc,
        ),
        Figure(
            "M3",
            "normalised entropy above the oracle's",
            f"{found.entropy_gap:.2%} ({found.entropy_low:.2%} to {found.entropy_high:.2%}): "
            f"{found.entropy:.4f}, oracle {found.entropy_wire:.4f}, all-knowing {found.entropy_click:.4f}",
            f"<= {entropy:.1%}",
            found.entropy_gap <= entropy,
        ),
    ]
