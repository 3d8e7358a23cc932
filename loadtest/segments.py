"""The data provider's file: who it believes to be in which segment, with its mistakes."""

import argparse
from pathlib import Path

import orjson

from loadtest.people import Population, segments_csv


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare this command's options."""
    parser.add_argument("--out", type=Path, required=True, help="CSV file")
    parser.add_argument("--people", type=int, default=5_000, help="size of the population")
    parser.add_argument("--share", type=float, default=0.8, help="of the people it knows, 0 to 1")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--refusers", type=Path, help="write the ids of those who refuse, one a line"
    )


def command(arguments: argparse.Namespace) -> int:
    """Write the file and say how many rows it has."""
    population = Population(arguments.seed, arguments.people)
    rows = segments_csv(arguments.out, arguments.share, population)
    if arguments.refusers:
        people = map(population.person, range(population.size))
        ids = [person.id for person in people if not person.consents]
        arguments.refusers.write_text("".join(f"{each}\n" for each in ids), encoding="utf-8")
    if arguments.json:
        print(orjson.dumps({"people": arguments.people, "rows": rows}).decode())
    else:
        print(f"{arguments.out}: segments of {rows} of {arguments.people} people")
    return 0
