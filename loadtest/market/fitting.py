"""Fits the market's laws to logs: prices to beat, and how traffic and prices go through the day.

Prices: what stands out of its neighbours is an atom (usual floors); the rest is a mixture of log-normals, fitted by
expectation and maximisation over the histogram (Dempster, Laird and Rubin 1977). Hours: least squares of logarithms on
waves, with a level for each campaign. Nothing of the logs is kept but these parameters.
"""

import argparse
import csv
import gzip
import math
from collections import defaultdict
from datetime import date, datetime
from pathlib import Path

import msgspec
import numpy as np

from loadtest.market import laws
from loadtest.market.chance import Floats
from loadtest.market.laws import Hours, Price

ATOMS, PARTS, ROUNDS = 20, 3, 300
_STANDS_OUT = 0.004
"""An atom has at least this share more than its neighbours."""
_WAVES = 3
_SLOT_S = 300
_BROKEN_OFF = 0.05
"""A slot with less than this share of its hour's largest was broken off in the log."""
_FEWEST = 24
"""Slots that an hour of a campaign needs to count: two whole days of it."""
_HOURS = 24


class Slot(msgspec.Struct, frozen=True):
    """Five minutes of a campaign."""

    campaign: str
    at: datetime
    requests: int
    price: float


def read_prices(folder: Path) -> dict[str, Floats]:
    """Return the logged histograms by campaign: impressions by what was paid, fen per mille, from 0."""
    found = {}
    for file in sorted((folder / "ipinyou_price_histograms").glob("*.info.json")):
        counts = msgspec.json.decode(file.read_bytes())["price_counter_train"]
        found[file.name.partition(".")[0]] = np.array(counts, dtype=np.float64)
    if not found:
        raise ValueError(f"{folder}: no price histograms here")
    return found


def read_slots(folder: Path) -> list[Slot]:
    """Return the logged slots that are whole."""
    with gzip.open(folder / "ipinyou_5min_trace" / "train_5min.csv.gz", "rt") as lines:
        slots = [
            Slot(
                row["campaign"],
                datetime.fromisoformat(row["datetime"]),
                int(row["total_bids_cur"]),
                float(row["cur_avg_bid_price"]),
            )
            for row in csv.DictReader(lines)
        ]
    most: defaultdict[tuple[str, datetime], int] = defaultdict(int)
    for slot in slots:
        hour = (slot.campaign, slot.at.replace(minute=0))
        most[hour] = max(most[hour], slot.requests)
    return [
        slot
        for slot in slots
        if slot.requests > _BROKEN_OFF * most[slot.campaign, slot.at.replace(minute=0)]
    ]


def fit_price(campaign: str, counts: Floats) -> Price:
    """Return the law of one histogram."""
    shares = counts / counts.sum()
    rest = shares.copy()
    usual = np.array([np.median(shares[max(0, i - 5) : i + 6]) for i in range(len(shares))])
    excess = shares - usual
    atoms = [int(i) for i in np.argsort(-excess)[:ATOMS] if excess[i] > _STANDS_OUT]
    rest[atoms] = usual[atoms]
    centres = np.log(np.arange(len(shares)) + 0.5)
    weights, means, deviations = _mixture(centres, rest / rest.sum())
    return Price(
        campaign,
        tuple((i, round(float(excess[i]), 5)) for i in sorted(atoms)),
        tuple(
            (round(float(w), 5), round(float(m), 5), round(float(d), 5))
            for w, m, d in zip(weights, means, deviations, strict=True)
        ),
    )


def _mixture(at: Floats, shares: Floats) -> tuple[Floats, Floats, Floats]:
    middle = at[np.searchsorted(np.cumsum(shares), [0.15, 0.5, 0.9])]
    weights, means, deviations = np.full(PARTS, 1 / PARTS), middle, np.full(PARTS, 0.5)
    for _ in range(ROUNDS):
        distance = (at[:, None] - means) / deviations
        density = weights / deviations * np.exp(-(distance**2) / 2)
        mine = shares[:, None] * density / density.sum(axis=1, keepdims=True)
        weights = mine.sum(axis=0)
        means = (mine * at[:, None]).sum(axis=0) / weights
        deviations = np.sqrt((mine * (at[:, None] - means) ** 2).sum(axis=0) / weights)
        deviations = np.maximum(deviations, 0.02)
    return weights / weights.sum(), means, deviations


def fit_hours(slots: list[Slot]) -> Hours:
    """Return the waves of a day and the swings around them."""
    requests = hourly(slots, "requests")
    prices = hourly(slots, "price")
    waves = _waves(requests)
    swing, memory = _swings(slots, waves)
    return Hours(waves, _waves(prices), swing, memory)


def hourly(slots: list[Slot], field: str) -> dict[str, Floats]:
    """Return by campaign the median of each hour of the day; NaN where too little was logged."""
    found: defaultdict[tuple[str, int], list[float]] = defaultdict(list)
    for slot in slots:
        found[slot.campaign, slot.at.hour].append(float(getattr(slot, field)))
    return {
        campaign: np.array(
            [
                np.median(found[campaign, hour])
                if len(found[campaign, hour]) >= _FEWEST
                else math.nan
                for hour in range(_HOURS)
            ]
        )
        for campaign in sorted({slot.campaign for slot in slots})
    }


def _waves(by_campaign: dict[str, Floats]) -> tuple[tuple[float, float], ...]:
    rows, logs = [], []
    for index, values in enumerate(by_campaign.values()):
        for hour, value in enumerate(values.tolist()):
            if value > 0:
                level = [float(index == other) for other in range(len(by_campaign))]
                rows.append([*level, *_wave_row(hour + 0.5)])
                logs.append(math.log(value))
    solved = np.linalg.lstsq(np.array(rows), np.array(logs), rcond=None)[0][len(by_campaign) :]
    pairs = solved.reshape(-1, 2).round(5).tolist()
    return tuple((cosine, sine) for cosine, sine in pairs)


def _wave_row(hour: float) -> list[float]:
    turns = [2 * math.pi * hour / _HOURS * n for n in range(1, _WAVES + 1)]
    return [part for turn in turns for part in (math.cos(turn), math.sin(turn))]


def _swings(slots: list[Slot], waves: tuple[tuple[float, float], ...]) -> tuple[float, float]:
    """Return deviation and memory of what remains of the logarithm in five minutes, within each day's own level."""
    by_day: defaultdict[tuple[str, date], dict[int, float]] = defaultdict(dict)
    for slot in slots:
        clock = slot.at.hour * 60 + slot.at.minute
        by_day[slot.campaign, slot.at.date()][clock] = math.log(slot.requests) - wave(
            waves, clock / 60
        )
    away: list[float] = []
    pairs: list[tuple[float, float]] = []
    for day in by_day.values():
        level = float(np.median(list(day.values())))
        away.extend(left - level for left in day.values())
        pairs.extend(
            (left - level, day[clock + 5] - level)
            for clock, left in day.items()
            if clock + 5 in day
        )
    first, second = np.array(pairs).T
    memory = float((first * second).sum() / (first**2).sum())
    return round(float(np.std(away)), 5), round(memory, 5)


def wave(waves: tuple[tuple[float, float], ...], hour: float) -> float:
    """Return the logarithm of the factor at a local time of day."""
    turn = 2 * math.pi * hour / _HOURS
    return sum(
        cosine * math.cos(turn * n) + sine * math.sin(turn * n)
        for n, (cosine, sine) in enumerate(waves, 1)
    )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare this command's options."""
    parser.add_argument("--data", type=Path, required=True, help="folder of the logs (ipinyou_...)")


def command(arguments: argparse.Namespace) -> int:
    """Fit, write the file, and say which laws these are."""
    prices = read_prices(arguments.data)
    fitted = msgspec.structs.replace(
        laws.laws(),
        rivals=tuple(fit_price(campaign, counts) for campaign, counts in prices.items()),
        hours=fit_hours(read_slots(arguments.data)),
    )
    laws.FILE.write_bytes(msgspec.json.format(msgspec.json.encode(fitted), indent=1) + b"\n")
    laws.laws.cache_clear()
    print(f"{laws.FILE.name}: {laws.digest()}")
    return 0
