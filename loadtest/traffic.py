"""The fixed request set of the benches: built from a seed, the same bytes on every machine."""

import argparse
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from random import Random

import orjson

from loadtest import tcf
from loadtest.market.people import OUR_VENDOR, Person
from loadtest.market.publishers import Placement
from loadtest.regulars import regular, visited
from loadtest.request import Terms, bid_request

PEOPLE = 10_000
"""Known people are `person-0` to `person-9999`."""
NOBODYS_SIZE = (123, 457)
_CONSENT_DAY = date(2026, 10, 1)
_LIST_LENGTH, _LEFT_OUT = 900, 20
"""Vendors on the list and those not agreed to: their gaps make strings as long as real ones."""


def requests(n: int, seed: int, *, vendor: int = OUR_VENDOR, people: int = PEOPLE) -> list[bytes]:
    """Return `n` bid requests of 1.2 to 2 kB: known people, full consent, banner and video."""
    return [orjson.dumps(request) for request in _requests(n, seed, vendor, people, sellable=True)]


def unsellable(n: int, seed: int, *, vendor: int = OUR_VENDOR, people: int = PEOPLE) -> list[bytes]:
    """Return `n` requests just like those, but for a banner size that nobody sells and without deals."""
    return [orjson.dumps(request) for request in _requests(n, seed, vendor, people, sellable=False)]


def write(path: Path, n: int, seed: int = 1, *, sellable: bool = True) -> None:
    """Write `n` requests as JSON lines."""
    build = requests if sellable else unsellable
    path.write_bytes(b"".join(line + b"\n" for line in build(n, seed)))


def _requests(
    n: int, seed: int, vendor: int, people: int, *, sellable: bool
) -> Iterator[dict[str, object]]:
    dice = Random(f"{seed}/traffic")
    terms = Terms(tmax_ms=150)
    made = 0
    while made < n:
        somebody = regular(seed, dice.randrange(people))
        person, publisher = somebody.person, visited(somebody, dice)
        wanted = 2 if made % 5 == 0 else 1
        sold = [placement for placement in publisher.placements if placement.media != "native"]
        if not person.country.in_eu or len(sold) < wanted:
            continue
        placements = tuple(dice.sample(sold, wanted))
        if not sellable:
            placements = tuple(_nobodys(placement) for placement in placements)
        publisher = publisher._replace(old_fields=False)
        person = person._replace(consent=_consent(person, vendor, dice), consents=True)
        identifier = f"{dice.getrandbits(128):032x}"
        yield bid_request(identifier, person, publisher, placements, terms)
        made += 1


def _nobodys(placement: Placement) -> Placement:
    return placement._replace(media="banner", sizes=(NOBODYS_SIZE,), deals=())


def _consent(person: Person, vendor: int, dice: Random) -> str:
    """Consent to all purposes for nearly everyone on the list, and for us."""
    away = sorted(dice.sample(range(1, _LIST_LENGTH), _LEFT_OUT))
    edges = zip([0, *away], [*away, _LIST_LENGTH + 1], strict=True)
    ranges = [(before + 1, after - 1) for before, after in edges if before + 1 < after]
    ranges = [(first, last) for first, last in ranges if not first <= vendor <= last]
    ranges = sorted([*ranges, (vendor, vendor)])
    country = person.country
    everything = tcf.everything(
        _CONSENT_DAY, ranges, language=country.language.upper(), country=country.alpha2
    )
    return tcf.encode(everything)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare this command's options."""
    parser.add_argument("--out", type=Path, required=True, help="JSON lines")
    parser.add_argument("--requests", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--unsellable", action="store_true", help="a size that nobody sells")


def command(arguments: argparse.Namespace) -> int:
    """Write the set and say how large it is."""
    write(arguments.out, arguments.requests, arguments.seed, sellable=not arguments.unsellable)
    size = arguments.out.stat().st_size
    if arguments.json:
        print(orjson.dumps({"requests": arguments.requests, "bytes": size}).decode())
    else:
        print(f"{arguments.out}: {arguments.requests} requests, {size} bytes")
    return 0
