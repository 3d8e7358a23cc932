"""R6, the money's part: the ledger's PostgreSQL is stopped, started again and frozen, while bids and bills come in."""

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from tests.endpoints.catalogs import one_banner
from tests.endpoints.server import wait
from tests.servers.postgres import PostgresServer, postgres_server
from tests.torture.agreement import judge
from tests.torture.figures import Figure, Scale
from tests.torture.priority import first
from tests.torture.running import serving
from tests.torture.shared import EXPECTED, in_postgres, needs_postgres, of_database
from tests.torture.trading import LATER, OK, Asked, Books, Habits, Trading

GOOD, RECOVERY_S = 0.95, 5.0
USUAL = 0.8
"""Below, the machine has too much else to do for judging anything."""
WARM_S = 60.0
"""Servers that have served for a while: what workers are granted has grown to what they use."""
TMAX_S = 0.5
BACK_S = 30.0
PATIENT_S = 8.0
"""An outage leaves thousands of notices to be sent again; exchanges do so every ten seconds or so."""
HABITS = Habits(rate=50, won=0.3, lost=0.3)
LIMITS = {"line_item/tents/life": 10**15}


class Outage(NamedTuple):
    """What is done to the database, and undone."""

    name: str
    begin: Callable[[PostgresServer], object]
    end: Callable[[PostgresServer], object]


class Spell(NamedTuple):
    """One outage as it was, by the monotonic clock."""

    name: str
    began_s: float
    ended_s: float


OUTAGES = (
    Outage("stopped", PostgresServer.kill, PostgresServer.start),
    Outage("frozen", PostgresServer.freeze, PostgresServer.thaw),
)


def run(scale: Scale) -> list[Figure]:
    """Hurt the database in all ways, one after the other. Raises `Missing` without PostgreSQL."""
    needs_postgres()
    away_s = 60.0 if scale.full else 3.0
    calm_s = WARM_S if scale.full else 2.5
    with first(inherited=True), postgres_server() as database:
        settings = {"workers": 2, "ledger": in_postgres(database, "alone")}
        with serving(one_banner(), *EXPECTED, settings=settings) as server:
            trading = Trading([server.port], [HABITS], scale.seed, patient_s=PATIENT_S)
            with trading.open(BACK_S) as books:
                wait(lambda: len(books.paid) > 5, BACK_S, server.text)
                spells = []
                for outage in OUTAGES:
                    time.sleep(calm_s)
                    began_s = time.monotonic()
                    outage.begin(database)
                    time.sleep(away_s)
                    outage.end(database)
                    spells.append(Spell(outage.name, began_s, time.monotonic()))
                    wait(lambda: _recovered_s(books, spells[-1]) < BACK_S, BACK_S, server.text)
            figures, _ = judge(
                "R6", "the ledger away", books, [server], of_database(database), LIMITS
            )
    calm = [each for each in books.asked if not any(_within(each, spell) for spell in spells)]
    usual = _share(calm)
    told = [
        Figure("R6", "the ledger there: bids in time", f"{usual:.1%} of {len(calm):,}", f">= {USUAL:.0%}",
               usual >= USUAL)
    ]  # fmt: skip
    for spell in spells:
        told += _hurt(spell, books, usual)
    return [*told, *figures]


def _hurt(spell: Spell, books: Books, usual: float) -> list[Figure]:
    during = [each for each in books.asked if _within(each, spell)]
    share = _share(during)
    broken = [each for each in during if each.status not in {200, 204}]
    refused = [
        each
        for each in books.refused
        if each.status == LATER and spell.began_s < each.at_s < spell.ended_s
    ]
    back_s = _recovered_s(books, spell)
    what = f"the ledger {spell.name} for {spell.ended_s - spell.began_s:.0f} s"
    return [
        Figure("R6", f"{what}: bids in time, of those at other times", f"{share / usual:.1%} ({share:.1%} of {len(during):,})",
               f">= {GOOD:.0%}", share >= GOOD * usual),
        Figure("R6", f"{what}: bid requests answered by neither 200 nor 204", f"{len(broken)} of {len(during):,}", "0",
               not broken),
        Figure("R6", f"{what}: notices told to come again", f"{len(refused):,}", "> 0", bool(refused)),
        Figure("R6", f"{what}: a notice sent afterwards is acknowledged", f"after {back_s:.1f} s",
               f"<= {RECOVERY_S:.0f} s", back_s <= RECOVERY_S),
    ]  # fmt: skip


def _recovered_s(books: Books, spell: Spell) -> float:
    """Return how long after the end the first notice was acknowledged that was sent after it."""
    after = [each.at_s + each.took_s for each in books.told if each.at_s > spell.ended_s]
    return min(after, default=float("inf")) - spell.ended_s


def _within(each: Asked, spell: Spell) -> bool:
    return spell.began_s <= each.at_s < spell.ended_s


def _share(asked: Sequence[Asked]) -> float:
    good = [each for each in asked if each.status == OK and each.took_s <= TMAX_S]
    return len(good) / max(1, len(asked))
