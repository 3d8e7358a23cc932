"""M4: what first-price bids leave when the landscape shades them, against the best of what knows no keys.

Everything was chosen within the first half of the log, by its own earlier and later parts: the order of the words in
`keys.LEVELS`, `hierarchy.STRENGTH` and `LEAST`. Then the second half was opened.

Both rivals are tuned on the same half, on the very sum that is compared, and the better of each one's forms counts: the
best response to one win-rate curve of all auctions, and the best fixed fraction of the value or of what lies above the floor.
"""

import time
from collections.abc import Callable
from math import inf
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from adserver.decision import shading
from adserver.domain.creative import Banner
from adserver.domain.exchange import ExchangeTerms
from adserver.domain.opportunity import Auction, AuctionType, BannerSpace, Opportunity
from models.landscape.artifact import served
from models.landscape.curve import Curve
from models.landscape.evidence import Evidence
from models.landscape.train import learn
from tests.quality.intervals import interval
from tests.quality.shaded import Auctions, Counts, Floats, exchanges_only, heard, raw, told
from tests.torture.figures import Figure, Scale

MORE = 0.07
MOST_US = 5.0
FRACTIONS = np.linspace(0.0, 1.0, 201)
KEPT = 0.7
"""The fixed share that a server begins with."""
ROUNDS = 2_000
PASSES = 8
ROUND = 500


class Priced(NamedTuple):
    """Prices, and what one took to work out."""

    prices: Counts
    us: float


def ours(evidence: Evidence, auctions: Auctions, *, passes: int = PASSES) -> Priced:
    """Return what the decision's own shading offers, having learned from evidence."""
    landscape = served(learn(evidence))
    asked = [
        (
            Auction(
                id="1",
                exchange=str(words[0]),
                opportunities=(),
                auction_type=AuctionType.FIRST_PRICE,
                publication=str(words[5]),
            ),
            Opportunity(id="1", banner=BannerSpace((size,)), floor=floor, tag_id=str(words[6])),
            Banner(
                id=f"{size[0]}x{size[1]}",
                landing_url="https://shop.example/",
                width=size[0],
                height=size[1],
                image_url="https://shop.example/1.png",
            ),
            floor,
            value,
            at,
        )
        for words, size, floor, value, at in zip(
            auctions.words,
            auctions.sizes,
            auctions.floor.tolist(),
            auctions.value.tolist(),
            auctions.at.tolist(),
            strict=True,
        )
    ]
    terms = ExchangeTerms(name="any", keep_ppm=int(KEPT * shading.PPM))
    quickest = inf
    found: list[int] = []
    for _ in range(passes):  # what else runs here takes time, too
        began = time.thread_time()
        found = [
            shading.price(
                landscape, terms, auction, opportunity, creative, None,
                AuctionType.FIRST_PRICE, floor, value, at, seed,
            )[0]
            for seed, (auction, opportunity, creative, floor, value, at) in enumerate(asked)
        ]  # fmt: skip
        quickest = min(quickest, time.thread_time() - began)
    return Priced(np.array(found, np.int64), quickest / len(asked) * 1e6)


def rivals(early: Auctions, late: Auctions) -> dict[str, Counts]:
    """Return the prices of every form of both rivals, tuned on the early auctions."""
    unique, counts = np.unique(early.minimum, return_counts=True)
    curve = Curve(unique.tolist(), (np.cumsum(counts) / counts.sum()).tolist(), "all", len(unique))
    response = []
    for value, floor in zip(late.value.tolist(), late.floor.tolist(), strict=True):
        offer = curve.best(value, floor)
        response.append(floor if offer is None else offer.price)
    of_value, above = _tuned(early, _of_value), _tuned(early, _above)
    return {
        "win-rate curve": np.array(response, np.int64),
        f"{of_value:.4g} of the value": _of_value(late, of_value),
        f"{above:.4g} above the floor": _above(late, above),
    }


def run(scale: Scale) -> list[Figure]:
    """Learn from the first half, open the second, compare; in short without times and what is only reported.

    Raises `Missing` without the logs.
    """
    whole = raw()
    half = len(whole.at) // 2
    early, late = whole.part(0, half), whole.part(half, len(whole.at))
    barred = _compared(
        "2821, worth its logged bid",
        early,
        late,
        scale.seed,
        barred=True,
        rounds=scale.count(ROUNDS, 200),
    )
    if not scale.full:
        return barred[:2]
    return [
        *barred,
        *_spread(early, late, scale.seed),
        *_censored(early, late),
        *_compared(
            "1458, knowing only the exchange",
            exchanges_only("train"),
            exchanges_only("test"),
            scale.seed,
            barred=False,
        ),
    ]


def _compared(
    what: str, early: Auctions, late: Auctions, seed: int, *, barred: bool, rounds: int = ROUNDS
) -> list[Figure]:
    priced = ours(told(early), late)
    mine = late.surplus(priced.prices)
    others = {name: late.surplus(prices) for name, prices in rivals(early, late).items()}
    name, best = max(others.items(), key=lambda each: float(each[1].sum()))
    low, high = interval(
        lambda rows: mine[rows].sum() / best[rows].sum() - 1, len(mine), seed, rounds
    )
    more = float(mine.sum() / best.sum()) - 1
    shares = ", ".join(
        f"{each} {surplus.sum() / late.oracle:.1%}" for each, surplus in others.items()
    )
    figures = [
        Figure(
            "M4",
            f"{what}: surplus, against {name}",
            f"{more:+.1%} ({low:+.1%} to {high:+.1%}); of the oracle's: ours {mine.sum() / late.oracle:.1%}, {shares}",
            f">= {MORE:.0%}" if barred else "reported",
            more >= MORE and low > 0 if barred else True,
        )
    ]
    if barred:
        outside = int(((priced.prices > late.value) | (priced.prices < late.floor)).sum())
        figures += [
            Figure("M4", f"{what}: prices above value or below floor", f"{outside} of {len(mine):,}", "0", outside == 0),
            Figure("M4", f"{what}: one price", f"{priced.us:.1f} us", f"< {MOST_US:.0f} us", priced.us < MOST_US),
        ]  # fmt: skip
    return figures


def _spread(early: Auctions, late: Auctions, seed: int) -> list[Figure]:
    """Compare where values differ: between a third of the logged bid and all of it, by the impression's id."""
    spread = [
        part.with_values((part.value * (1 / 3 + 2 / 3 * part.drawn)).astype(np.int64))
        for part in (early, late)
    ]
    return _compared(
        "2821, worth 1/3 to all of its logged bid", spread[0], spread[1], seed, barred=False
    )


def _censored(early: Auctions, late: Auctions) -> list[Figure]:
    """Report what is left to who learned only from its own outcomes, having offered by shares before."""
    fixed, varied = _above(early, KEPT), _above(early, early.drawn)
    before = late.surplus(_above(late, KEPT)).sum()
    figures = []
    for what, evidence in (
        ("own wins told, losses not", heard(early, fixed, wins_told=True)),
        ("nothing told, prices spread evenly before", heard(early, varied, wins_told=False)),
        ("nothing told, one fixed share before", heard(early, fixed, wins_told=False)),
    ):
        surplus = late.surplus(ours(evidence, late).prices).sum()
        figures.append(
            Figure(
                "M4",
                f"2821, {what}",
                f"{surplus / late.oracle:.1%} of the oracle's; the share of {KEPT:.0%} leaves {before / late.oracle:.1%}",
                "reported",
                met=True,
            )
        )
    return [*figures, _round_by_round(early, late, fixed)]


def _round_by_round(early: Auctions, late: Auctions, fixed: Counts) -> Figure:
    """Report what is left to who learns anew every so often from its own outcomes alone, beginning after one fixed share."""
    shares, whole, prices = [], early, fixed
    for begin in range(0, len(late.at), ROUND):
        part = late.part(begin, begin + ROUND)
        found = ours(heard(whole, prices, wins_told=False), part, passes=1).prices
        shares.append(part.surplus(found).sum() / part.oracle)
        whole, prices = whole.joined(part), np.concatenate([prices, found])
    return Figure(
        "M4",
        f"2821, nothing told, one fixed share before, learning anew every {ROUND} auctions",
        f"of the oracle's, round by round: {', '.join(f'{share:.0%}' for share in shares)}",
        "reported",
        met=True,
    )


def _tuned(early: Auctions, offer: Callable[[Auctions, float], Counts]) -> float:
    """Return the fraction that leaves most."""
    sums = [early.surplus(offer(early, share)).sum() for share in FRACTIONS.tolist()]
    return float(FRACTIONS[int(np.argmax(sums))])


def _of_value(auctions: Auctions, share: float) -> Counts:
    return _whole(auctions, auctions.value * share)


def _above(auctions: Auctions, share: float | Floats) -> Counts:
    return _whole(auctions, auctions.floor + np.asarray(auctions.value - auctions.floor) * share)


def _whole(auctions: Auctions, prices: NDArray[np.floating[Any]]) -> Counts:
    """Return prices between floor and value, in whole nanos."""
    whole: Counts = np.clip(prices, auctions.floor, auctions.value).astype(np.int64)
    return whole
