"""Clicks with what was known when we bid, and whether an order followed so far."""

from math import inf
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from models.ctr.dataset import Dataset, Floats, dataset
from models.ctr.rows import Rows
from models.cvr.clicks import Found, worths
from models.events import Head, Tally, lines, segments
from models.progress import Progress

_HEAD = msgspec.json.Decoder(Head)


class Clicked(NamedTuple):
    """One row per click whose bid is in the log, by time of the bid."""

    data: Dataset
    """Its `clicked_at` is when the order was reported that the click is credited with: infinite if none was."""
    ages_s: Floats
    """Of each click, when the log ends."""
    worth: Floats
    """Of the first order, nanos; NaN where there is none, or it did not tell."""


def read(events: Path, found: Found, on_progress: Progress) -> Clicked:
    """Find the bids of clicks. Memory grows with the clicks of the log. Raises `InvalidConfig` if it cannot be read."""
    worth = {order.bid: float(taken) for order, taken in worths(found)}
    waiting = dict(found.clicks)
    rows = Rows()
    clicked_at: list[float] = []
    told: list[float] = []
    files = segments(events)
    for done, file in enumerate(files):
        on_progress("reading bids", done / len(files))
        for line in lines(file, Tally()):  # damaged ones were counted before
            try:
                head = _HEAD.decode(line)
            except (ValueError, RecursionError):
                continue
            if head.event != "bid" or not head.teaches:
                continue
            click = waiting.pop(head.bid, None)
            if click is None:
                continue
            if rows.add(line, click.ordered_at):
                clicked_at.append(click.at)
                told.append(worth.get(head.bid, np.nan) if click.ordered_at < inf else np.nan)
            else:
                found.tally.damaged += 1
    data = dataset(
        rows,
        found.tally,
        invalid=found.invalid,
        without_bid=len(waiting),
        limit=len(clicked_at) + 1,
    )
    order = np.argsort(rows.arrays().at, kind="stable")  # as `dataset` sorts
    return Clicked(data, found.ends - np.array(clicked_at)[order], np.array(told)[order])
