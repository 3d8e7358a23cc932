"""The data provider's file: who it believes to be in which segment, with its mistakes."""

import argparse
import csv
import time
from pathlib import Path

import orjson

from loadtest.market import provider
from loadtest.market.laws import laws
from loadtest.market.people import Population, screen_id


def write(path: Path, share: float, population: Population, at_s: float) -> int:
    """Write what is believed at a moment (`id_kind,id,segments`) of this share of screens; return the rows."""
    rows = provider.rows(population, share, at_s)
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(("id_kind", "id", "segments"))
        table.writerows(("buyeruid", name, "|".join(segments)) for name, segments in rows)
    return len(rows)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare this command's options."""
    parser.add_argument("--out", type=Path, required=True, help="CSV file")
    parser.add_argument("--people", type=int, default=5_000, help="size of the population")
    parser.add_argument("--share", type=float, default=laws().people.known, help="of the screens it knows, 0 to 1")  # fmt: skip
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--at", type=float, help="the moment, seconds since the epoch")
    parser.add_argument(
        "--refusers", type=Path, help="write the ids of those who refuse, one a line"
    )


def command(arguments: argparse.Namespace) -> int:
    """Write the file and say how many rows it has."""
    population = Population(arguments.seed, arguments.people)
    rows = write(arguments.out, arguments.share, population, arguments.at or time.time())
    if arguments.refusers:
        ids = [
            screen_id(number, screen)
            for number in range(population.size)
            if not population.consents[number]
            for screen in range(int(population.screens[number]))
        ]
        arguments.refusers.write_text("".join(f"{each}\n" for each in ids), encoding="utf-8")
    if arguments.json:
        print(orjson.dumps({"people": arguments.people, "rows": rows}).decode())
    else:
        print(f"{arguments.out}: {rows} screens of {arguments.people} people")
    return 0
