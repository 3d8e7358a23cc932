"""`ledger reconcile --book`: differences as corrections, through the owner."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

from adserver import bootstrap
from adserver.background.money_messages import Amendment
from adserver.background.owner_query import amend
from adserver.commands.ledger.comparing import Compared
from adserver.commands.ledger.exchange_file import Report
from adserver.commands.ledger.sold import for_each
from adserver.config import Loaded
from adserver.domain.week import DAY_S
from adserver.errors import Fault, InvalidConfig


def must_be_bookable(report: Report) -> None:
    """Raise `InvalidConfig` if corrections cannot be made of a report."""
    problem = ""
    if report.bad:
        problem = "mend the report first: some of its rows cannot be read"
    elif not report.tells_money:
        problem = "the report tells no money"
    elif report.by in {"creative", "deal"}:
        problem = f"corrections are by line item, which a report by {report.by} does not tell; ask for one by campaign"
    if problem:
        raise InvalidConfig([Fault("reconcile", "--book", problem)])


def book(
    loaded: Loaded, exchange: str, file: str, content: bytes, rows: Sequence[Compared]
) -> list[dict[str, Any]]:
    """Have the owner book the differences, shared among the line items behind them; the same file never twice.

    Raises `Unavailable` if no owner runs.
    """
    content_hash = blake2b(content, digest_size=16).digest()
    amendments = []
    for row in rows:
        for line_item, amount in for_each(row.sold, row.difference).items():
            said = f"{exchange}\0{row.day_s}\0{row.key}\0{line_item}\0".encode()
            day = datetime.fromtimestamp(row.day_s, UTC).date().isoformat()
            (wire,) = amount.wire or ((row.currency, 0),)
            amendments.append(
                Amendment(
                    number=blake2b(said + content_hash, digest_size=16).digest(),
                    line_item=line_item,
                    exchange=exchange,
                    about_s=row.day_s + DAY_S // 2,
                    media=amount.media,
                    impressions_ppm=amount.impressions_ppm,
                    wire=wire[1],
                    currency=wire[0],
                    why=f"{file}, {exchange}, {day}",
                )
            )
    if not amendments:
        return []
    outcomes = asyncio.run(amend(bootstrap.places(loaded).socket, amendments))
    return [
        {"line_item": each.line_item, "media": each.media, "outcome": outcome}
        for each, outcome in zip(amendments, outcomes, strict=True)
    ]
