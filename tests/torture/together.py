"""R6: two servers share a ledger in PostgreSQL and people in Redis; one is killed, restarted, frozen and thawed under load.

An exchange asks them in turn and tells each notice to either. At the end the ledger's entries must equal its books.
"""

import signal
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

from tests.endpoints.catalogs import advertiser, banner, line_item
from tests.endpoints.client import EXCHANGE
from tests.endpoints.server import Json, Server, wait
from tests.servers.postgres import PostgresServer, postgres_server
from tests.servers.redis import LACKING, PROGRAM, RedisServer, redis_server
from tests.torture.agreement import judge
from tests.torture.figures import Figure, Missing, Scale, none_of
from tests.torture.priority import first
from tests.torture.replay import Replay
from tests.torture.shared import (
    EXPECTED,
    in_postgres,
    kill,
    needs_postgres,
    of_database,
    processes,
    share_keys,
    tell,
)
from tests.torture.trading import OK, Asked, Books, Habits, Trading

MODES = ("lease", "strict")
CAP, PEOPLE = 3, 24
CPM = 900
PRICE = CPM * 10**6
BUDGETS = {"scarce": 12, "scanty": 90}
"""Impressions: what is used up on the way."""
SIZES = {"capped": "300x250", "scarce": "728x90", "scanty": "160x600", "ample": "320x50"}
LIMITS = {f"line_item/{name}/life": count * PRICE for name, count in BUDGETS.items()}
EXPIRY_S = 4
HOST_TERM_S = 10
"""The least that may be set."""
DEAD_S = HOST_TERM_S + 5
"""Then the others take a server for dead."""
GRACE_S = 10
GONE_S = DEAD_S + 30 + EXPIRY_S + 2 * GRACE_S
"""Then all that its workers may have promised is over: a worker's own term, the longest life of a bid, and margins."""
SPENT_S = 6 * (EXPIRY_S + GRACE_S)
"""What came back is spent by then: of a budget's last bids half lose, and some hold their money to the end."""
LAG_S = 2.0
"""So long after an impression was acknowledged every server knows of it."""
LEAST_SERVED = 0.95
HABITS = Habits(
    rate=70,
    won=0.5,
    lost=0.3,
    contradicted=0.0,
    soon_s=1.0,
    cheapest=0.5,
    people=PEOPLE,
    life_s=EXPIRY_S,
)


def run(scale: Scale) -> list[Figure]:
    """Let one of two servers die and come back, in each mode. Raises `Missing` without PostgreSQL or Redis."""
    needs_postgres()
    if PROGRAM is None:
        raise Missing(LACKING)
    modes = MODES if scale.full else MODES[:1]
    return [figure for mode in modes for figure in _run(mode, scale)]


def _run(mode: str, scale: Scale) -> list[Figure]:
    frozen_s = DEAD_S + 5.0 if scale.full else 3.0
    calm_s = 8.0 if scale.full else 2.0
    returned = []
    with (
        first(inherited=True),
        postgres_server() as database,
        redis_server() as redis,
        _pair(mode, database, redis) as (shaken, steady),
    ):
        servers = [shaken, steady]
        imps = [_imp(size) for size in SIZES.values()]
        trading = Trading([each.port for each in servers], [HABITS], scale.seed, imps)
        with trading.open(15.0) as books:
            wait(lambda: len(books.paid) > 5, 10.0, shaken.text)
            time.sleep(calm_s)
            began_s = time.monotonic()
            kill(shaken)
            time.sleep(calm_s)
            shaken.start()
            time.sleep(calm_s)
            pids = processes(shaken)
            tell(pids, signal.SIGSTOP)
            time.sleep(frozen_s)
            tell(reversed(pids), signal.SIGCONT)
            time.sleep(calm_s)
            if scale.full:
                returned = _returned(mode, shaken, steady, database)
                came_s = time.monotonic()
                wait(lambda: _spent(books, time.monotonic() - came_s), SPENT_S + 5.0)
            ended_s = time.monotonic()
        if scale.full:
            shaken.start()
        read = of_database(database)
        figures, replay = judge("R6", f"two servers, {mode}", books, servers, read, LIMITS)
    return [
        *figures,
        *_budgets(mode, replay, books, scale),
        *returned,
        _capped(mode, books),
        *_served(mode, books, began_s, ended_s),
    ]


def _spent(books: Books, for_s: float) -> bool:
    """Tell whether the budgets are, or had long enough to be."""
    left = [count * PRICE - books.owed(name) for name, count in BUDGETS.items()]
    return max(left) < PRICE or for_s > SPENT_S


@contextmanager
def _pair(
    mode: str, database: PostgresServer, redis: RedisServer
) -> Iterator[tuple[Server, Server]]:
    """Start two servers; when left both must end well."""
    with tempfile.TemporaryDirectory(prefix="torture-") as folder:
        pair = [
            Server(Path(folder, host), _catalog(), _settings(mode, host, database, redis))
            for host in ("shaken", "steady")
        ]
        try:
            pair[0].start()
            share_keys(pair[0], pair[1])
            pair[1].start()
            yield pair[0], pair[1]
        finally:
            for server in pair:
                server.stop(*EXPECTED)


def _settings(mode: str, host: str, database: PostgresServer, redis: RedisServer) -> Json:
    return {
        "workers": 2,
        "exchanges": [{"name": EXCHANGE, "expiry_s": EXPIRY_S, "keep_percent": 100}],
        "money": {"mode": mode, "host_term_s": HOST_TERM_S},
        "ledger": in_postgres(database, host),
        "profiles": {
            "kind": "redis",
            "urls": [redis.url],
            "timeout_ms": 100,
            "connect_timeout_ms": 100,
        },
    }


def _catalog() -> Json:
    found: Json = {}
    for name, size in SIZES.items():
        budget = (
            {"lifetime_budget": f"{BUDGETS[name] * PRICE / 10**9:.9f}"} if name in BUDGETS else {}
        )
        caps = {"frequency_caps": [f"{CAP} per day"]} if name == "capped" else {}
        item = line_item(name, [f"{name}-ad"], goal={"cpm": CPM}, **budget, **caps)
        found |= advertiser(name, [banner(f"{name}-ad", size)], [item])
    return found


def _imp(size: str) -> Json:
    width, _, height = size.partition("x")
    return {"id": "1", "banner": {"w": int(width), "h": int(height)}, "bidfloor": 0.5}


def _budgets(mode: str, replay: Replay, books: Books, scale: Scale) -> list[Figure]:
    """Nothing is settled beyond a budget; what is booked as late was billed late, by the exchange's own clock."""
    late = sum(replay.late[account] for account in LIMITS)
    tardy = sum(
        sale.offered
        for bid, sale in books.paid.items()
        if sale.seller in BUDGETS and books.paid_s[bid] - sale.at_s > EXPIRY_S
    )
    figures = [
        Figure("R6", f"two servers, {mode}: booked as late, nanos; the bound is the price of bids billed after their life",
               f"{late:,}", f"<= {tardy:,}", late <= tardy)
    ]  # fmt: skip
    for account, limit in LIMITS.items():
        over = max(0, replay.settled[account] - limit)
        left = (limit - replay.settled[account] - replay.late[account]) / PRICE
        what = f"two servers, {mode}: nanos settled beyond a budget of {limit // PRICE} impressions"
        figures += [
            Figure("R6", what, f"{over:,}", "0", over == 0),
            Figure("R6", f"two servers, {mode}: impressions left of it", f"{left:.2f}", "< 1" if scale.full else "reported",
                   left < 1 or not scale.full),
        ]  # fmt: skip
    return figures


def _capped(mode: str, books: Books) -> Figure:
    """Who has seen enough is asked for no more, once every server can know it."""
    shown: dict[str, list[float]] = {}
    for bid, at_s in books.shown.items():
        sale = books.sales[bid]
        if sale.seller == "capped":
            shown.setdefault(sale.person, []).append(at_s)
    full_s = {
        person: sorted(times)[CAP - 1] for person, times in shown.items() if len(times) >= CAP
    }
    wrong = [
        f"{sale.person} {sale.at_s - full_s[sale.person]:.1f} s after"
        for sale in books.sales.values()
        if sale.seller == "capped" and sale.at_s > full_s.get(sale.person, float("inf")) + LAG_S
    ]
    over = sum(max(0, len(times) - CAP) for times in shown.values())
    what = f"two servers, {mode}: bids for somebody {LAG_S:g} s after {CAP} impressions were acknowledged"
    what += f" ({over} impressions beyond, from bids in flight; {len(full_s)} people of {PEOPLE})"
    return none_of("R6", what, sum(map(len, shown.values())), wrong)


def _served(mode: str, books: Books, began_s: float, ended_s: float) -> list[Figure]:
    """Of the server that nobody hurt, as long as the other was hurt: it answers, and money moves."""
    asked = [each for each in books.asked if each.server == 1 and began_s < each.at_s < ended_s]
    status = Counter(each.status for each in asked)
    answered = (status[OK] + status[204]) / max(1, len(asked))
    width = int(SIZES["ample"].partition("x")[0])
    pause_s = _unbid([each for each in asked if each.width == width])
    told = [each.at_s + each.took_s for each in books.told if each.server == 1]
    silent_s = _longest([began_s, *(each for each in told if began_s < each < ended_s), ended_s])
    return [
        Figure("R6", f"two servers, {mode}: requests answered by the other one meanwhile", f"{answered:.1%} of {len(asked):,}",
               f">= {LEAST_SERVED:.0%}", answered >= LEAST_SERVED),
        Figure("R6", f"two servers, {mode}: its longest pause in bids where there is money", f"{pause_s:.2f} s", "<= 1 s", pause_s <= 1),
        Figure("R6", f"two servers, {mode}: its longest pause between two notices acknowledged", f"{silent_s:.2f} s",
               "<= 5 s", silent_s <= 5),
    ]  # fmt: skip


def _unbid(asked: Sequence[Asked]) -> float:
    """Return the longest time from a request that got no bid to the next bid."""
    longest, since = 0.0, None
    for each in sorted(asked):
        since = each.at_s if since is None else since
        longest = max(longest, each.at_s + each.took_s - since)
        if each.status == OK:
            since = None
    return longest


def _longest(moments: Sequence[float]) -> float:
    return max(later - earlier for earlier, later in pairwise(sorted(moments)))


def _returned(mode: str, shaken: Server, steady: Server, database: PostgresServer) -> list[Figure]:
    """Kill one for good, and wait until its money is back."""
    kill(shaken)
    began_s = time.monotonic()

    def theirs() -> int:
        replay = Replay().all(of_database(database)())
        mine = {each["lease"] for each in steady.events("worker_joined")}
        return sum(amount for lease, amount in replay.held_by().items() if lease not in mine)

    before = theirs()
    wait(lambda: time.monotonic() - began_s > GONE_S + 10 or not theirs(), GONE_S + 20)
    after_s = time.monotonic() - began_s
    rest = theirs()
    return [
        Figure("R6", f"two servers, {mode}: held by a dead server after {after_s:.0f} s, of {before:,} nanos",
               f"{rest:,}", f"0 within {GONE_S + 10} s", rest == 0 < before)
    ]  # fmt: skip
