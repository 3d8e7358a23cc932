"""R6, the caps' part: two servers share a Redis that is flushed while people see what is capped.

Clients bid at both servers for the same people, see what wins a moment later, and count for themselves who saw how
much. A cap may be exceeded only by what one server cannot know of yet: bids of the other one for the same person,
asked for or in flight when it decided.
"""

import shutil
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from adapters.profiles.redis_store import names as keys_of
from tests.endpoints.catalogs import advertiser, banner, line_item
from tests.endpoints.server import Server, wait
from tests.endpoints.wire import links, person, request
from tests.servers.redis import RedisServer, redis_server
from tests.torture.figures import Figure, Scale

CAP = 3
TMAX_MS = 500
CLIENTS = 2
"""Of each server."""
LOOK_S = 0.02
SLOWEST_S = 0.05
"""Until the impression comes."""
RECOVERY_S = 5.0
CLOSED = ("profile_store_lost", "profile_store_waits", "caps_closed", "contacts_unavailable")
COUNTED = "adserver_contacts_counted_since_timestamp_seconds"


class People:
    """What people really saw, and what was on its way to them."""

    def __init__(self) -> None:
        self.seen = Counter[str]()
        self.unknown = Counter[str]()
        """The most bids for somebody that were under way elsewhere when another was asked for."""
        self.capped_at: list[float] = []
        """When a bid for what is capped was answered."""
        self.answered = 0
        self.wrong: list[int] = []
        self._under_way = Counter[tuple[str, int]]()
        self._lock = threading.Lock()

    def ask(self, name: str, server: int) -> None:
        """Note that a bid is asked for."""
        with self._lock:
            elsewhere = sum(
                count
                for (who, at), count in self._under_way.items()
                if who == name and at != server
            )
            self.unknown[name] = max(self.unknown[name], elsewhere)
            self._under_way[name, server] += 1

    def end(self, name: str, server: int, *, seen: bool) -> None:
        """Note that nothing more comes of it."""
        with self._lock:
            self._under_way[name, server] -= 1
            self.seen[name] += seen


def counted(scale: Scale) -> list[Figure]:
    """Let people see what is capped, flush the Redis in the middle, and count."""
    names = [f"person-{number}" for number in range(scale.count(600, 60))]
    before_s, after_s = (10.0, 20.0) if scale.full else (2.0, 5.0)
    with ExitStack() as stack:
        redis, keys = (stack.enter_context(redis_server()) for _ in range(2))
        servers = _servers(stack, redis, keys)
        people, over = People(), threading.Event()
        crowd = [
            threading.Thread(target=_live, args=(servers, at, names, people, over, scale.seed))
            for at in range(CLIENTS * len(servers))
        ]
        for each in crowd:
            each.start()
        try:
            time.sleep(before_s)
            before = sum(people.seen.values())
            flushed = time.monotonic()
            redis.call("FLUSHALL")
            back_s = _back_s(redis)
            open_s = wait(lambda: all(map(_is_counted, servers)), 10 * RECOVERY_S) + back_s
            time.sleep(after_s)
        finally:
            over.set()
            for each in crowd:
                each.join()
        for server in servers:
            server.stop(*CLOSED)
    # An answer that was under way when the Redis was flushed is none of the time after. Marks come back one by one; the
    # last look that found none of them was somewhat sooner.
    silent = [
        each for each in people.capped_at if flushed + 2 * SLOWEST_S < each < flushed + back_s
    ]
    excess = {name: people.seen[name] - CAP for name in names if people.seen[name] > CAP}
    beyond = [name for name, more in excess.items() if more > people.unknown[name]]
    reached = sum(people.seen[name] >= CAP for name in names)
    return [
        Figure("R6", "flushed, two servers: contacts are counted anew", f"after {back_s:.1f} s",
               f"<= {RECOVERY_S:.0f} s", back_s <= RECOVERY_S),
        Figure("R6", "flushed, two servers: what is capped is shown again", f"after {open_s:.1f} s",
               f"<= {RECOVERY_S:.0f} s", open_s <= RECOVERY_S),
        Figure("R6", "flushed, two servers: bids for what is capped meanwhile", f"{len(silent)}", "0",
               not silent),
        Figure("R6", f"people at their cap of {CAP}, {before:,} impressions before the flush",
               f"{reached} of {len(names)}", ">= 50%", reached >= len(names) / 2 and before > 0),
        Figure("R6", "people beyond their cap by more than was in flight elsewhere for them",
               f"{len(beyond)}; beyond it at all {len(excess)}, by {max(excess.values(), default=0)} at most,"
               f" where {max(people.unknown.values(), default=0)} at most were in flight",
               "0", not beyond),
        Figure("R6", "two servers: neither 200 nor 204", f"{len(people.wrong)} of {people.answered:,}", "0",
               not people.wrong),
    ]  # fmt: skip


def _servers(stack: ExitStack, redis: RedisServer, keys: RedisServer) -> list[Server]:
    """Start two that know the same people."""
    settings: dict[str, Any] = {
        "workers": 1,
        "profiles": {
            "kind": "redis", "urls": [redis.url], "keys_url": keys.url, "timeout_ms": 100,
            "connect_timeout_ms": 100,
        },
    }  # fmt: skip
    folder = Path(stack.enter_context(TemporaryDirectory(prefix="torture-")))
    found: list[Server] = []
    for name in ("one", "two"):
        server = Server(folder / name, _catalog(), settings)
        if found:
            server.state.mkdir()
            shutil.copy(found[0].state / "person.key", server.state / "person.key")
        stack.callback(server.stop, *CLOSED)
        found.append(server.start())
    return found


def _live(
    servers: Sequence[Server],
    at: int,
    names: Sequence[str],
    people: People,
    over: threading.Event,
    seed: int,
) -> None:
    """Ask for bids, and see what is capped."""
    dice = Random(f"{seed} {at}")
    number = at % len(servers)
    with servers[number].client() as client:
        while not over.is_set():
            name = dice.choice(names)
            people.ask(name, number)
            reply = client.bid(request(tmax=TMAX_MS, **person(name)))
            people.answered += 1
            seen = False
            if reply.status == 200 and (bid := reply.bid())["crid"] == "known":
                people.capped_at.append(time.monotonic())
                time.sleep(dice.random() * SLOWEST_S)
                seen = client.follow(links(bid)[0]).status == 200
            elif reply.status not in {200, 204}:
                people.wrong.append(reply.status)
            people.end(name, number, seen=seen)


def _back_s(redis: RedisServer) -> float:
    """Wait until people are known again; return how long after the call the last look was that found nobody."""
    began = looked = time.monotonic()
    while redis.call("EXISTS", keys_of.MARKS[0]) == 0:
        assert looked - began < 10 * RECOVERY_S, "nobody brought anything back"
        time.sleep(LOOK_S)
        looked = time.monotonic()
    return looked - began - LOOK_S


def _is_counted(server: Server) -> bool:
    text = server.private("GET", "/metrics/owner").body.decode()
    return f"{COUNTED} 0.0" in text


def _catalog() -> dict[str, dict[str, Any]]:
    ads = [banner("known"), banner("anybody")]
    known = line_item("known", ["known"], frequency_caps=[f"{CAP} per day"], pacing="asap")
    return advertiser(
        "tents", ads, [known, line_item("anybody", ["anybody"], goal={"cpm": 500}, pacing="asap")]
    )
