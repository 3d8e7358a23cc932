"""R4: kill -9 of workers, the owner and the supervisor at random moments while money moves.

Killing a process loses no bytes that it wrote, so a torn end of the ledger is made afterwards, in copies.
"""

import json
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from random import Random
from statistics import median
from typing import NamedTuple

from tests.endpoints.catalogs import advertiser, banner, line_item
from tests.endpoints.client import EXCHANGE
from tests.endpoints.server import Json, Server, wait
from tests.torture.agreement import differences, judge, own_ledger
from tests.torture.figures import Figure, Scale, none_of
from tests.torture.priority import first
from tests.torture.replay import Replay, entries, whole_frames
from tests.torture.running import serving
from tests.torture.trading import OK, Books, Habits, Trading

BRIEF = "brief"
EXPIRY_S = 1
LATE_S = EXPIRY_S + 6.5
"""Beyond the billing life and the owner's grace."""
ONE_S, ALL_S = 2.0, 5.0
BACK_S = 20.0
LULL_S = 0.6
DECK = ("worker 0", "worker 1", "worker", "owner", "owner", "supervisor")
"""Shuffled again and again. Who dies time after time begins again after longer and longer pauses, which is another matter:
from deck to deck nobody dies more than four times before the supervisor does, and with it the memory of that."""
FEES = {"data_cpm": "0.2", "tech_percent": "5", "margin_percent": "12.5"}
SCARCE = 400
"""Units of the house currency for the line item whose money runs out on the way: its bids cost at most one."""
LIMITS = {"line_item/scarce/life": SCARCE * 10**9, "line_item/ample/life": 10**15}
SETTINGS = {"exchanges": [{"name": EXCHANGE}, {"name": BRIEF, "expiry_s": EXPIRY_S}]}
EXPECTED = ("worker_died", "owner_died", "process_refused")
HABITS = (
    Habits(rate=50),
    Habits(rate=15, exchange=BRIEF, late=0.5, late_s=LATE_S, life_s=EXPIRY_S),
)


class Back(NamedTuple):
    """How long somebody's death was felt."""

    victim: str
    one_s: float
    """Until a bid request was answered with a bid that was sent after it; for the supervisor, after the restart."""
    all_s: float
    """Until all workers were ready, and money of a notice sent after it was durable."""


def run(scale: Scale) -> list[Figure]:
    """Kill, look how long it is felt, and compare the books at the end; then tear the ledger's end."""
    dice = Random(scale.seed)
    box = scale.time(0.75)
    backs: list[Back] = []
    with first(inherited=True), serving(catalog(), *EXPECTED, settings=SETTINGS) as server:
        with Trading([server.port], HABITS, scale.seed).open(LATE_S + BACK_S) as books:
            wait(lambda: len(books.paid) > 5, BACK_S)
            for victim in _victims(dice, scale.count(200, 10)):
                if box.over():
                    break
                time.sleep(dice.uniform(0.0, LULL_S))
                backs.append(_kill(server, victim, books, dice))
        figures, replay = judge("R4", "at the end", books, [server], own_ledger(server), LIMITS)
        server.stop(*EXPECTED)
        figures.append(_logged(server))
        figures += _torn(server.state, dice, scale.count(10, 1))
    return [*_felt(backs), *_moved(replay, books, len(backs)), *figures]


def catalog() -> Json:
    """Return a line item with fees and money for ever, and a dearer one whose money soon ends."""
    ample = line_item("ample", ["ample-ad"], fees=FEES, goal={"cpm": 400})
    scarce = line_item("scarce", ["scarce-ad"], lifetime_budget=SCARCE)
    return {
        **advertiser("ample", [banner("ample-ad")], [ample]),
        **advertiser("scarce", [banner("scarce-ad")], [scarce]),
    }


def _victims(dice: Random, count: int) -> Iterator[str]:
    deck: list[str] = []
    for _ in range(count):
        if not deck:
            deck = list(DECK)
            dice.shuffle(deck)
        victim = deck.pop()
        yield f"worker {dice.randrange(2)}" if victim == "worker" else victim


def _kill(server: Server, victim: str, books: Books, dice: Random) -> Back:
    """Kill somebody and wait until all is as before."""
    who, _, slot = victim.partition(" ")
    if who == "supervisor":
        server.kill()
        time.sleep(dice.uniform(0.0, 0.1))
        began = time.monotonic()
        server.start()
    else:
        find = partial(server.worker_pid, int(slot)) if who == "worker" else server.owner_pid
        pid = find()
        began = time.monotonic()
        os.kill(pid, signal.SIGKILL)
        wait(lambda: find() != pid, BACK_S, server.text)
    wait(lambda: server.is_ready() and _told_since(books, began), BACK_S, server.text)
    all_s = time.monotonic() - began
    wait(lambda: _bid_since(books, began) < float("inf"), BACK_S, server.text)
    return Back(who, _bid_since(books, began) - began, all_s)


def _bid_since(books: Books, moment: float) -> float:
    """Return when the first bid came of those that were asked for since."""
    asked = [each for each in books.asked if each.at_s > moment and each.status == OK]
    return min((each.at_s + each.took_s for each in asked), default=float("inf"))


def _told_since(books: Books, moment: float) -> bool:
    return any(each.at_s > moment for each in books.told[-50:])


def _felt(backs: Sequence[Back]) -> list[Figure]:
    figures = []
    for who in ("worker", "owner", "supervisor"):
        own = [each for each in backs if each.victim == who]
        one_s = max((each.one_s for each in own), default=float("inf"))
        usual_s = median([each.one_s for each in own] or [one_s])
        all_s = max((each.all_s for each in own), default=float("inf"))
        since = "since the restart" if who == "supervisor" else "since its death"
        what = f"{len(own)} kills of the {who}, the longest, {since}"
        figures += [
            Figure("R4", f"{what}: until some worker bids", f"{one_s:.2f} s (median {usual_s:.2f} s)", f"< {ONE_S:.0f} s", one_s < ONE_S),
            Figure("R4", f"{what}: until all serve and money moves", f"{all_s:.2f} s", f"< {ALL_S:.0f} s",
                   all_s < ALL_S),
        ]  # fmt: skip
    return figures


def _logged(server: Server) -> Figure:
    """Look through the logs of all its lives, of which `stop` judges the last."""
    lines = [
        json.loads(line)
        for line in (server.folder / "server.log").read_text("utf-8").splitlines()
        if line.startswith("{")
    ]
    wrong = [
        str(line)
        for line in lines
        if line["level"] in {"error", "critical"} and line["event"] not in EXPECTED
    ]
    return none_of("R4", "errors logged beside the deaths", len(lines), wrong)


def _moved(replay: Replay, books: Books, kills: int) -> list[Figure]:
    """Say that there was something to lose: money of both exchanges, and a budget near its end."""
    scarce = replay.settled["line_item/scarce/life"] + replay.outstanding["line_item/scarce/life"]
    late = sum(replay.late.get(f"line_item/{name}/life", 0) for name in ("ample", "scarce"))
    return [
        Figure("R4", "bids billed per kill", f"{len(books.paid) / max(1, kills):.0f}", ">= 5",
               len(books.paid) >= 5 * kills),
        Figure("R4", "of the scarce budget, settled or held", f"{scarce / SCARCE / 10**9:.1%}", "reported", met=True),
        Figure("R4", "booked as late, beside what was billed late or after a loss on purpose",
               f"{len(replay.late_bids)} bids, {late:,} nanos, beside {len(books.lateness & books.paid.keys())}",
               "reported", met=True),
    ]  # fmt: skip


def _torn(whole: Path, dice: Random, count: int) -> list[Figure]:
    """Start servers on copies of a state whose ledger's last block is torn: cut off, or damaged, somewhere."""
    wrong = []
    ledger = (whole / "ledger").read_bytes()
    ends = [end for _, end in whole_frames(ledger)]
    for number in range(count):
        last = dice.randrange(len(ends) // 2, len(ends))
        begin, end = ends[last - 1], ends[last]
        torn = bytearray(ledger[:end])
        if number % 2:
            torn[dice.randrange(begin, end)] ^= 1 << dice.randrange(8)
        else:
            del torn[dice.randrange(begin + 1, end) :]
        wrong += _starts_on(whole, bytes(torn), ledger[:begin])
    what = (
        "servers begun on a ledger whose last block is torn, that lost more or less than this block"
    )
    return [none_of("R4", what, count, wrong)]


def _starts_on(whole: Path, torn: bytes, good: bytes) -> list[str]:
    """Begin with this ledger; return where it differs from what its good part says."""
    with tempfile.TemporaryDirectory(prefix="torn-") as folder:
        server = Server(Path(folder, "server"), catalog(), SETTINGS)
        shutil.copytree(whole, server.state)
        (server.state / "ledger").write_bytes(torn)
        server.start()
        replay = Replay(LIMITS).all(entries(payload for payload, _ in whole_frames(good)))
        report = server.report()
        now = (server.state / "ledger").read_bytes()
        server.stop()
    found = [] if now.startswith(good) else ["what was good is no longer there"]
    found += [f"{key} differs" for key in _lasting(replay, report)]
    return found


def _lasting(replay: Replay, report: Json) -> list[str]:
    """Return differences in what is for good; new workers have been granted money since."""
    return [each for each in differences(replay, report) if "outstanding" not in each]
