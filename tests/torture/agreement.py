"""Whether three books agree to the nano: the exchange's, the ledger's entries replayed by other code, the owner's report."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from tests.endpoints.server import Server
from tests.torture.figures import Figure, none_of
from tests.torture.replay import Entry, Replay, of_file
from tests.torture.trading import Books

QUIET_S = 10.0
_AMOUNTS = ("media", "data", "tech", "margin")


def own_ledger(server: Server) -> Callable[[], Iterable[Entry]]:
    """Return what reads the ledger in a server's state folder."""
    return lambda: of_file(server.state / "ledger")


def judge(
    bar: str,
    what: str,
    books: Books,
    servers: Sequence[Server],
    read: Callable[[], Iterable[Entry]],
    limits: Mapping[str, int],
) -> tuple[list[Figure], Replay]:
    """Compare when nothing moves any more; `read` yields the entries that are durable. The servers run."""
    replay, wrong = settled(servers, read, limits)
    owed = {bid: sale.price for bid, sale in books.paid.items()}
    unlike = [
        f"{bid}: {price} was acknowledged, {replay.media.get(bid, 'nothing')} is booked"
        for bid, price in owed.items()
        if replay.media.get(bid) != price
    ]
    unasked = [f"{bid} for {media}" for bid, media in replay.media.items() if bid not in owed]
    unlike += [f"the impression of {bid}" for bid in books.shown.keys() - replay.shown]
    unasked += [
        f"the impression of {bid}" for bid in replay.shown - books.shown.keys() - books.unsure
    ]
    told = f"{len(owed):,} bids for {sum(owed.values()):,} nanos"
    return [
        none_of(bar, f"{what}: acknowledged and not booked like that, to the nano ({told})", len(owed), unlike),
        none_of(bar, f"{what}: booked, and never acknowledged", len(replay.media), unasked),
        none_of(bar, f"{what}: entries that break a rule of the ledger (budgets among them)", replay.count, replay.wrong),
        none_of(bar, f"{what}: rows of the report unlike an independent replay", len(replay.items), wrong),
        none_of(bar, f"{what}: notices answered strangely, or never acknowledged", books.answers.total(),
                books.strange() + [f"{books.undelivered} given up"] * bool(books.undelivered)),
    ], replay  # fmt: skip


def settled(
    servers: Sequence[Server],
    read: Callable[[], Iterable[Entry]],
    limits: Mapping[str, int],
) -> tuple[Replay, list[str]]:
    """Return the ledger's replay at a moment at which nothing moves, and where a report says otherwise."""
    until = time.monotonic() + QUIET_S
    while True:
        before = [server.report() for server in servers]
        replay = Replay(limits).all(read())
        after = [server.report() for server in servers]
        wrong = [each for report in after for each in differences(replay, report)]
        if (before == after and not wrong) or time.monotonic() > until:
            return replay, wrong
        time.sleep(0.2)  # workers still hand back, or let go of, what nobody bills


def differences(replay: Replay, report: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return every amount of a report that the replay has otherwise."""
    found = []
    for number, name in replay.items.items():
        row = report.get(name)
        if row is None:
            continue  # no longer in the catalog
        account = f"line_item/{name}/life"
        mine = {
            "settled": replay.settled[account],
            "outstanding": replay.outstanding[account],
            "late": replay.late[account],
            **dict(zip(_AMOUNTS, replay.parts[number], strict=True)),
            "impressions": replay.seen[number, "impression"] - row["invalid_impressions"],
        }
        found += [
            f"{name}: {key} is {row[key]} in the report, {value} in the entries"
            for key, value in mine.items()
            if row[key] != value
        ]
    return found
