"""Public logs in their own formats, for evaluation; where they lie is told, and nothing of them is copied."""

import csv
from pathlib import Path

from adserver.errors import Fault, InvalidConfig
from models.ctr.dataset import Dataset
from models.events import Tally
from models.tables import UNREADABLE, Mapping, TableRows, Time, opened

_CLICKED = "clicked"
IPINYOU_COLUMNS = (
    "bid", "timestamp", "logtype", "ipinyou_id", "user_agent", "ip", "region", "city", "exchange", "domain", "url",
    "anonymous_url", "slot", "width", "height", "visibility", "format", "floor", "creative", "bidding_price",
    "paying_price", "key_page", "advertiser", "tags",
)  # fmt: skip
"""Of an impression, separated by tabs (season 3)."""
IPINYOU = Mapping(
    time=Time("timestamp", "%Y%m%d%H%M%S%f"),
    click=_CLICKED,
    words={
        "region": "region", "city": "city", "exchange": "exchange", "publication": "domain", "tag": "slot",
        "visibility": "visibility",
    },
    numbers={"floor": "floor"},
    candidate_words={"creative": "creative", "advertiser": "advertiser"},
    crosses={"size": ("width", "height")},
    clock=("hour", "weekday"),
    rated=("publication", "tag", "creative"),
    segments="tags",
    slots=32,
)  # fmt: skip
"""No id of a person, address or user agent becomes a column."""


def ipinyou(impressions: Path, clicks: Path) -> Dataset:
    """Return the impressions of the iPinYou log with the clicks of its other file, joined by the id of the bid.

    Lines of another number of columns are counted as damaged. Raises `InvalidConfig` for files that cannot be read.
    """
    try:
        clicked = {row[0] for row in _rows(clicks) if row}
        rows, tally = TableRows(IPINYOU), Tally()
        places = [
            IPINYOU_COLUMNS.index(column) if column != _CLICKED else -1
            for column in IPINYOU.columns
        ]
        for row in _rows(impressions):
            tally.lines += 1
            if len(row) != len(IPINYOU_COLUMNS):
                tally.damaged += 1
                continue
            cells = [*(cell if cell != "null" else "" for cell in row), str(int(row[0] in clicked))]
            tally.damaged += not rows.add(tuple(cells[place] for place in places))
    except UNREADABLE as error:
        raise InvalidConfig([Fault(str(impressions), "$", f"cannot be read: {error}")]) from error
    return rows.dataset(tally)


def _rows(path: Path) -> list[list[str]]:
    with opened(path) as text:
        return list(csv.reader(text, delimiter="\t", quoting=csv.QUOTE_NONE))
